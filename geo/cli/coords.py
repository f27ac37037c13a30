"""`coords`: a CSV of points from one coordinate system into another; no database is needed."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo import crs
from geo.cli.exits import DONE, FAILED
from geo.cli.session import print_json, tell
from geo.errors import Invalid
from geo.i18n import text
from geo.importer.findings import FIELDS
from geo.importer.textfile import decode_text

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from geo.crs import System

#: What the two columns may be called, by pairs: x or longitude first.
_PAIRS: Final = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("x", "y"))
_OUT: Final = ("lon", "lat")
_BOM: Final = "\ufeff"
#: Digits behind the point: a tenth of a millimetre, in degrees and in metres.
_DIGITS: Final = {False: 10, True: 4}
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class _Table:
    """The file: header, rows of one width, where the two columns are, and whether it began with a byte order mark."""

    header: list[str]
    rows: list[list[str]]
    at: tuple[int, int]
    bom: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Rows (1 is the first) left without a point with the reason, and rows that a shift leaves as they are."""

    lost: dict[int, str]
    unmoved: list[int]


def run_coords(options: argparse.Namespace) -> int:
    """Convert the columns lon, lat (or x, y) of a CSV; exit code 1 when some rows hold something that is no point.

    Those rows are written too, with both columns empty, and named with the reason on stderr. A row without a point
    stays without one.
    """
    if not options.file.is_file():
        raise Invalid("cli.no_file", path=options.file.name)
    table = _read(options.file)
    outcome = _convert(table, options.source, options.target)
    if options.out is not None:
        options.out.write_text(_write(table), encoding="utf-8", newline="")
    if options.json:
        print_json(_answer(table, outcome, options))
    elif options.out is None:
        sys.stdout.write(_write(table))
    _tell(table, outcome, (options.source, options.target))
    return FAILED if outcome.lost else DONE


def _answer(table: _Table, outcome: _Outcome, options: argparse.Namespace) -> dict[str, object]:
    answer: dict[str, object] = {
        "from": options.source.name, "to": options.target.name, "rows_total": len(table.rows),
        "rows_ok": len(table.rows) - len(outcome.lost), "rows_bad": list(outcome.lost),
        "reasons": [{"row": row, "reason": reason} for row, reason in outcome.lost.items()],
        "rows_unmoved": outcome.unmoved,
    }  # fmt: skip
    if options.out is None:
        answer["rows"] = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    return answer


def _tell(table: _Table, outcome: _Outcome, systems: tuple[System, ...]) -> None:
    if outcome.lost:
        tell(text("cli.coords.lost", n=len(outcome.lost), rows=_list_rows([*outcome.lost])))
    names = text("list.comma").join(one.name for one in systems if one.is_shifted)
    for reason in dict.fromkeys(outcome.lost.values()):
        rows = [row for row, why in outcome.lost.items() if why == reason]
        tell(text(f"cli.coords.why.{reason}", rows=_list_rows(rows), source=systems[0].name, target=systems[1].name))
    if outcome.unmoved:
        tell(text("cli.coords.unmoved", n=len(outcome.unmoved), rows=_list_rows(outcome.unmoved), names=names))
    unknown = [one.name for one in systems if not one.datum_is_known]
    if unknown:
        tell(text("cli.coords.datum", names=text("list.comma").join(unknown)))
    tell(text("cli.coords.done", n=len(table.rows) - len(outcome.lost)))


def _list_rows(rows: list[int]) -> str:
    return text("list.comma").join(map(str, rows[:_SHOWN])) + (text("cli.import.more") if rows[_SHOWN:] else "")


def _read(path: Path) -> _Table:
    raw = decode_text(path.read_bytes())
    lines = list(csv.reader(io.StringIO(raw.removeprefix(_BOM), newline="")))
    if not lines:
        raise Invalid("cli.coords.columns", path=path.name)
    header = lines[0]
    names = [name.strip().lower() for name in header]
    for x, y in (*_PAIRS, (FIELDS["lon"].header, FIELDS["lat"].header)):
        if x in names and y in names:
            at = names.index(x), names.index(y)
            rows = [(line + [""] * len(header))[: len(header)] for line in lines[1:] if line]
            return _Table(header, rows, at, path.read_bytes().startswith(_BOM.encode()))
    raise Invalid("cli.coords.columns", path=path.name)


def _convert(table: _Table, source: System, target: System) -> _Outcome:
    """Put the converted points into the rows; rows that hold something else are left without a point."""
    cells = [tuple(row[one].strip() for one in table.at) for row in table.rows]
    pairs = [_read_pair(*pair) for pair in cells]
    numbers = np.array([pair if isinstance(pair, tuple) else (np.nan, np.nan) for pair in pairs], dtype=np.float64)
    carried = crs.carry(*numbers.reshape(-1, 2).T, source=source, target=target)
    good = np.isfinite(carried.x) & np.isfinite(carried.y)
    digits = _DIGITS[target.is_metric]
    found = zip(carried.x.round(digits).tolist(), carried.y.round(digits).tolist(), good.tolist(), strict=True)
    for row, (x, y, fine) in zip(table.rows, found, strict=True):
        row[table.at[0]], row[table.at[1]] = (_say(x, digits), _say(y, digits)) if fine else ("", "")
    if not target.is_metric:
        for index, name in zip(table.at, _OUT, strict=True):
            table.header[index] = name if table.header[index].strip().lower() in _PAIRS[-1] else table.header[index]
    faults = [pair if isinstance(pair, str) else fault for pair, fault in zip(pairs, carried.faults, strict=True)]
    lost = {nth: fault or "nowhere" for nth, fault in enumerate(faults, 1) if any(cells[nth - 1]) and not good[nth - 1]}
    return _Outcome(lost, (np.flatnonzero(carried.unmoved) + 1).tolist())


def _read_pair(x: str, y: str) -> tuple[float, float] | str:
    """Return both numbers, x first even where the cells say otherwise (N27°43′ under lon); else why there are none."""
    if not x or not y:
        return "half"
    first, second = crs.read_angle(x), crs.read_angle(y)
    if first is None or second is None:
        return "text"
    axes = first.axis, second.axis
    if axes == ("lat", "lon"):
        return second.value, first.value
    return "axis" if axes[0] == "lat" or axes[1] == "lon" else (first.value, second.value)


def _say(number: float, digits: int) -> str:
    return f"{number:.{digits}f}".rstrip("0").rstrip(".")


def _write(table: _Table) -> str:
    sheet = io.StringIO(newline="")
    csv.writer(sheet, lineterminator="\n").writerows([table.header, *table.rows])
    return (_BOM if table.bom else "") + sheet.getvalue()

"""`coords`: a CSV of points from one coordinate system into another; no database is needed."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo import crs
from geo.cli.session import print_json, tell
from geo.errors import Invalid
from geo.i18n import text
from geo.importer.findings import FIELDS
from geo.importer.textfile import decode_text
from geo.validate import parse_degrees

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from geo.crs import System
    from geo.crs.shifted import Floats

DONE: Final = 0
FAILED: Final = 1
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


def run_coords(options: argparse.Namespace) -> int:
    """Convert the columns lon, lat (or x, y) of a CSV; exit code 1 when some rows hold something that is no point.

    Those rows are written too, with both columns empty, and named on stderr. A row without a point stays without one.
    """
    if not options.file.is_file():
        raise Invalid("cli.no_file", path=options.file.name)
    table = _read(options.file)
    lost = _convert(table, options.source, options.target)
    if options.out is not None:
        options.out.write_text(_write(table), encoding="utf-8", newline="")
    if options.json:
        rows = None if options.out is not None else [dict(zip(table.header, row, strict=True)) for row in table.rows]
        answer = {"from": options.source.name, "to": options.target.name, "rows_total": len(table.rows)}
        print_json(
            answer | {"rows_ok": len(table.rows) - len(lost), "rows_bad": lost} | ({"rows": rows} if rows else {})
        )
    elif options.out is None:
        sys.stdout.write(_write(table))
    _tell(table, lost, (options.source, options.target))
    return FAILED if lost else DONE


def _answer(table: _Table, lost: list[int], options: argparse.Namespace) -> dict[str, object]:
    answer: dict[str, object] = {
        "from": options.source.name, "to": options.target.name, "rows_total": len(table.rows),
        "rows_ok": len(table.rows) - len(lost), "rows_bad": lost,
    }  # fmt: skip
    if options.out is None:
        answer["rows"] = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    return answer


def _tell(table: _Table, lost: list[int], systems: tuple[System, ...]) -> None:
    if lost:
        shown = text("list.comma").join(map(str, lost[:_SHOWN])) + (text("cli.import.more") if lost[_SHOWN:] else "")
        tell(text("cli.coords.lost", n=len(lost), rows=shown))
    unknown = [one.name for one in systems if not one.datum_is_known]
    if unknown:
        tell(text("cli.coords.datum", names=text("list.comma").join(unknown)))
    tell(text("cli.coords.done", n=len(table.rows) - len(lost)))


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
            rows = [(line + [""] * len(header))[: len(header)] for line in lines[1:] if any(line)]
            return _Table(header, rows, at, path.read_bytes().startswith(_BOM.encode()))
    raise Invalid("cli.coords.columns", path=path.name)


def _convert(table: _Table, source: System, target: System) -> list[int]:
    """Put the converted points into the rows; return the rows (1 is the first) that hold something else."""
    says = np.array([any(row[one].strip() for one in table.at) for row in table.rows], dtype=bool)
    x, y = (_numbers([row[one] for row in table.rows]) for one in table.at)
    if crs.zone_of(source) is not None:
        east, y, _ = crs.orient(x, y)
        x = crs.fit_zone(source, east)
    elif not source.is_metric:
        off_globe = (np.abs(x) > 180) | (np.abs(y) > 90)  # noqa: PLR2004 - degrees of the globe
        x[off_globe] = np.nan
    x, y = crs.convert(x, y, source=source, target=target)
    good = np.isfinite(x) & np.isfinite(y)
    digits = _DIGITS[target.is_metric]
    for row, lon, lat, fine in zip(table.rows, x.round(digits).tolist(), y.round(digits).tolist(), good, strict=True):
        row[table.at[0]], row[table.at[1]] = (_say(lon, digits), _say(lat, digits)) if fine else ("", "")
    if not target.is_metric:
        for index, name in zip(table.at, _OUT, strict=True):
            table.header[index] = name if table.header[index].strip().lower() in _PAIRS[-1] else table.header[index]
    return (np.flatnonzero(~good & says) + 1).tolist()


def _numbers(cells: list[str]) -> Floats:
    found = [parse_degrees(cell)[0] for cell in cells]
    return np.array([np.nan if one is None else one for one in found], dtype=np.float64)


def _say(number: float, digits: int) -> str:
    return f"{number:.{digits}f}".rstrip("0").rstrip(".")


def _write(table: _Table) -> str:
    sheet = io.StringIO(newline="")
    csv.writer(sheet, lineterminator="\n").writerows([table.header, *table.rows])
    return (_BOM if table.bom else "") + sheet.getvalue()

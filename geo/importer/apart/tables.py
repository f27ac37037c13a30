"""Tables: the asking end, the end that reads, and sheets as frames between them.

`sheet` begins a sheet, `rows` adds to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.apart import ask
from geo.importer.progress import step
from geo.importer.sheets import Layout, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_ROWS: Final = 4_000


def read_sheets(path: Path, *, name: str = "", wanted: str = "") -> list[Sheet]:
    """Return the sheets of a table as `readers.read_sheets` does, read in a process of its own.

    Raises `FileRefused`; E_CORRUPT where the file ended that process, E_TOO_LARGE where it needed more time or memory
    than it may have.
    """
    sheets: list[Sheet] = []
    for frame in ask(__name__, path, name=name or path.name, wanted=wanted):
        if "sheet" in frame:
            sheets.append(_hear_sheet(frame))
        else:
            rows = sheets[-1].rows
            rows.extend(frame["rows"])
            if len(rows) < frame["of"]:
                step("read", len(rows), frame["of"])
    return sheets


def prepare(_name: str) -> None:
    """Load what reads tables, over there."""
    import geo.importer.readers  # noqa: F401, PLC0415 - only there


def answer(path: Path, *, name: str, wanted: str) -> Iterator[dict[str, Any]]:
    """Read the sheets, over there; yield their frames."""
    from geo.importer import readers  # noqa: PLC0415 - only there

    return _say_sheets(readers.read_sheets(path, name=name, wanted=wanted))


def _say_sheets(sheets: Iterable[Sheet]) -> Iterator[dict[str, Any]]:
    for one in sheets:
        layout = one.layout
        faults = [[*cell, *said] for cell, said in layout.faults.items()]
        spans = [layout.merged, layout.hidden_rows, layout.hidden_columns]
        yield {
            "sheet": one.name, "ragged": one.ragged, "hidden": one.hidden, "notes": one.notes, "spans": spans,
            "faults": faults, "epoch_days": layout.epoch_days,
        }  # fmt: skip
        for start in range(0, len(one.rows), _ROWS):
            yield {"rows": one.rows[start : start + _ROWS], "of": len(one.rows)}


def _hear_sheet(said: dict[str, Any]) -> Sheet:
    """Return a sheet without its rows yet."""
    merged, rows, columns = ([tuple(one) for one in some] for some in said["spans"])
    faults = {(row, column): (code, shown) for row, column, code, shown in said["faults"]}
    layout = Layout(tuple(merged), tuple(rows), tuple(columns), faults, said["epoch_days"])
    notes = tuple((code, what) for code, what in said["notes"])
    return Sheet(said["sheet"], [], ragged=said["ragged"], hidden=said["hidden"], layout=layout, notes=notes)

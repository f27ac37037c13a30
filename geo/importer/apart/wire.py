"""What crosses between the process that parses a file and the one that asked: frames of JSON, never pickles.

A frame is its length (4 bytes, big-endian) and a JSON object. `sheet` begins a sheet, `rows` adds to it; `layer` begins
a layer, `features` adds to it; `layers` names several; `refused` says why nothing comes; `failed` is a defect of ours;
`end` is the last one, and an answer without it was cut off.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from geo.errors import FileRefused, Key
from geo.importer.sheets import Layout, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LENGTH: Final = 4
#: Most bytes of one frame: rows of one sheet's part, far above what they take.
_MOST: Final = 1 << 30
_ROWS: Final = 4_000
_FORMS: Final[dict[str, Any]] = {
    "datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
}  # fmt: skip


class CutOffError(Exception):
    """The answer ended before its last frame."""


def write_frame(stream: BinaryIO, frame: dict[str, Any]) -> None:
    """Write one frame."""
    said = json.dumps(frame, default=_write_cell, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(len(said).to_bytes(_LENGTH, "big") + said)


def read_frames(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the frames, `end` the last. Raises `CutOffError` where that is missing."""
    while True:
        length = int.from_bytes(_read_exactly(stream, _LENGTH), "big")
        if length > _MOST:
            raise CutOffError
        frame = json.loads(_read_exactly(stream, length).decode("utf-8", "surrogatepass"), object_hook=_read_cell)
        yield frame
        if "end" in frame:
            return


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    said = stream.read(length)
    if len(said) < length:
        raise CutOffError
    return said


def _write_cell(cell: Any) -> dict[str, Any]:
    if isinstance(cell, timedelta):
        return {"timedelta": cell.total_seconds()}
    return {type(cell).__name__: cell.isoformat()}


def _read_cell(said: dict[str, Any]) -> Any:
    if len(said) == 1:
        ((form, value),) = said.items()
        if form in _FORMS:
            return _FORMS[form](value)
    return said


def say_sheets(sheets: Iterable[Sheet]) -> Iterator[dict[str, Any]]:
    """Yield the frames of sheets, their rows in parts."""
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


def hear_sheet(said: dict[str, Any]) -> Sheet:
    """Return a sheet without its rows yet."""
    merged, rows, columns = ([tuple(one) for one in some] for some in said["spans"])
    faults = {(row, column): (code, shown) for row, column, code, shown in said["faults"]}
    layout = Layout(tuple(merged), tuple(rows), tuple(columns), faults, said["epoch_days"])
    notes = tuple((code, what) for code, what in said["notes"])
    return Sheet(said["sheet"], [], ragged=said["ragged"], hidden=said["hidden"], layout=layout, notes=notes)


def say_refused(refused: FileRefused) -> dict[str, Any]:
    """Return the frame that says why a file is refused; `said` is a key of the catalogue."""
    return {"refused": refused.code, "params": {name: str(value) if isinstance(value, Key) else value
                                                for name, value in refused.params.items()}}  # fmt: skip


def hear_refused(said: dict[str, Any]) -> FileRefused:
    """Return why a file is refused."""
    params = dict(said["params"])
    if "said" in params:
        params["said"] = Key(params["said"])
    return FileRefused(str(said["refused"]), **params)

"""What crosses between the process that works on a file and the one that asked: frames of JSON, never pickles.

A frame is its length (4 bytes, big-endian) and a JSON object. What is in it is between the two ends of a kind of work
(`geo.importer.apart`, `geo.photos`), but for three: `refused` says why nothing comes; `failed` is a defect of ours;
`end` is the last one, and an answer without it was cut off.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from geo.errors import FileRefused, Key

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH: Final = 4
#: Most bytes of one frame: rows of one sheet's part, far above what they take.
_MOST: Final = 1 << 30
_FORMS: Final[dict[str, Any]] = {
    "datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
}  # fmt: skip


class CutOffError(Exception):
    """The answer ended before its last frame."""


def write_frame(stream: BinaryIO, frame: dict[str, Any]) -> None:
    """Write one frame."""
    # ASCII is written faster than UTF-8, and says half a character, too; rows do not lead back to themselves.
    said = json.dumps(frame, default=_write_cell, check_circular=False).encode("ascii")
    stream.write(len(said).to_bytes(_LENGTH, "big") + said)


def read_frames(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the frames, `end` the last. Raises `CutOffError` where that is missing."""
    while True:
        length = int.from_bytes(_read_exactly(stream, _LENGTH), "big")
        if length > _MOST:
            raise CutOffError
        frame = json.loads(_read_exactly(stream, length).decode("ascii"), object_hook=_read_cell)
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

"""Reading an old workbook (.xls) in a process of its own: a damaged one can end the process that parses it.

`read_apart` starts this very file as a program; only what stands under `main` runs there, and it knows nothing of the
product.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

_SECONDS: Final = 60
_MOST_MEMORY: Final = 2 * 1024**3
_LOCKED, _BROKEN = 3, 4
_FORMS: Final[dict[str, Any]] = {
    "datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
}  # fmt: skip


class Locked(Exception):
    """The workbook has a password."""


class Broken(Exception):
    """The workbook could not be read to its end."""


def read_apart(path: Path) -> list[dict[str, Any]]:
    """Return name, kind, visible, rows and merged ranges of each sheet. Raises `Locked`, `Broken`."""
    try:
        said = subprocess.run(  # noqa: S603 - this file, by this Python
            [sys.executable, "-I", __file__, str(path)], capture_output=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise Broken from error
    if said.returncode == _LOCKED:
        raise Locked
    if said.returncode:
        raise Broken
    sheets: list[dict[str, Any]] = json.loads(said.stdout, object_hook=_read_cell)
    return sheets


def _read_cell(said: dict[str, Any]) -> Any:
    if len(said) == 1:
        ((form, value),) = said.items()
        if form in _FORMS:
            return _FORMS[form](value)
    return said


def _write_cell(cell: Any) -> dict[str, Any]:
    if isinstance(cell, timedelta):
        return {"timedelta": cell.total_seconds()}
    return {type(cell).__name__: cell.isoformat()}


def main(path: str) -> int:  # pragma: no cover - runs in the other process
    """Print the sheets of a workbook as JSON; return an exit code."""
    from python_calamine import CalamineWorkbook, PasswordError  # noqa: PLC0415 - only the other process needs it

    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [
            {
                "name": meta.name,
                "kind": str(meta.typ),
                "visible": str(meta.visible),
                "rows": (sheet := book.get_sheet_by_name(meta.name)).to_python(skip_empty_area=False),
                "merged": sheet.merged_cell_ranges,
            }
            for meta in book.sheets_metadata
        ]
    except PasswordError:
        return _LOCKED
    except BaseException:  # noqa: BLE001 - a panic of the parser is no `Exception`
        return _BROKEN
    sys.stdout.buffer.write(json.dumps(sheets, default=_write_cell, ensure_ascii=False).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

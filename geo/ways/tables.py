"""Small tables that commands are given: a CSV (also .gz) with a header, row by row, and cells read as numbers."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geo.errors import Invalid
from geo.importer.textfile import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


#: A packed table may become so large, in bytes.
_MOST_BYTES: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: where it stands, and its cells by the header in small letters."""

    file: str
    line: int
    cells: dict[str, str]

    def word(self, name: str) -> str:
        """Return a cell without blanks around it, '' where there is none."""
        return self.cells.get(name, "").strip()

    def number(self, name: str, default: float | None = None) -> float:
        """Return a cell as a finite number; an empty one is the default. Raises `Invalid`."""
        written = self.word(name)
        if not written and default is not None:
            return default
        try:
            value = float(written)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise Invalid("table.no_number", file=self.file, line=str(self.line), column=name, value=written)
        return value

    def whole(self, name: str, default: int = 0) -> int:
        """Return a cell as a whole number that is not negative; an empty one is the default. Raises `Invalid`."""
        value = self.number(name, float(default))
        if value < 0 or value != int(value):
            raise Invalid("table.no_whole", file=self.file, line=str(self.line), column=name, value=self.word(name))
        return int(value)


def read_table(path: Path, *, needed: Iterable[str] = ()) -> list[Row]:
    """Return the rows of a CSV; lines count from 1, the header's. Raises `Invalid` for a file that is none."""
    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    lines = csv.reader(io.StringIO(decode_text(_read_bytes(path)), newline=""))
    header = [name.strip().lower() for name in next(lines, [])]
    if not header:
        raise Invalid("table.empty", file=path.name)
    missing = [name for name in needed if name not in header]
    if missing:
        raise Invalid("table.no_column", file=path.name, columns=", ".join(missing))
    numbered = enumerate(lines, start=2)
    return [Row(path.name, at, dict(zip(header, line, strict=False))) for at, line in numbered if any(line)]


def _read_bytes(path: Path) -> bytes:
    raw = path.read_bytes()
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            content = file.read(_MOST_BYTES + 1)
    except (EOFError, zlib.error, OSError) as error:
        raise Invalid("table.damaged", file=path.name) from error
    if len(content) > _MOST_BYTES:
        raise Invalid("table.damaged", file=path.name)
    return content

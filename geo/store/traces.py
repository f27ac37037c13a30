"""Where words still are: the file rewritten so that nothing erased is left in it, and files searched byte by byte."""

from __future__ import annotations

import mmap
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geo.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from geo.store.database import Database

_ENCODINGS: Final = ("utf-8", "gb18030", "utf-16-le")
#: Kinds of files whose text is packed in a way that a search for bytes does not see.
_PACKED: Final = frozenset({".pdf", ".gz", ".png", ".jpg"})
_ZIPPED: Final = frozenset({".xlsx", ".zip", ".kmz", ".ods", ".qgz"})
_LARGEST: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Traces:
    """Files searched, those that still hold one of the words, and those that cannot be searched."""

    searched: int
    found: tuple[str, ...]
    unread: tuple[str, ...]


def rewrite_file(db: Database) -> None:
    """Write the database anew without its free pages, and empty the write-ahead log. Raises `Busy` while it is read."""
    db.engine.dispose()
    try:
        with closing(sqlite3.connect(db.path, isolation_level=None, timeout=10)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("VACUUM")
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise Busy("erase.busy")
    except sqlite3.OperationalError as error:
        raise Busy("erase.busy") from error


def files_of(db: Database) -> list[Path]:
    """Return the database's own files that are there: itself, its write-ahead log, the index of that."""
    names = (db.path, *(db.path.with_name(f"{db.path.name}{end}") for end in ("-wal", "-shm", "-journal")))
    return [path for path in names if path.is_file()]


def search_files(paths: Iterable[Path], values: Iterable[str]) -> Traces:
    """Search files, and every file below folders, for words in UTF-8, GB 18030 and UTF-16; zipped ones are opened."""
    words = [value.encode(encoding) for value in values if value for encoding in _ENCODINGS]
    found, unread, count = [], [], 0
    for path in _walk(paths):
        count += 1
        if path.suffix.lower() in _PACKED:
            unread.append(str(path))
        elif _holds(path, words):
            found.append(str(path))
    return Traces(count, tuple(found), tuple(unread))


def _walk(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _holds(path: Path, words: list[bytes]) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if any(content.find(word) >= 0 for word in words):
            return True
    return path.suffix.lower() in _ZIPPED and _holds_inside(path, words)


def _holds_inside(path: Path, words: list[bytes]) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if one.file_size < _LARGEST]
            return any(word in content for one in members for content in [archive.read(one)] for word in words)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return False

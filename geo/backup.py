"""A copy of a database that is in use: one consistent moment in one file, opened and counted before it is called good.

SQLite's own backup is used, because a plain copy of the file misses what is still in its write-ahead log.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Invalid
from geo.schema import metadata
from geo.store.files import copy_files

if TYPE_CHECKING:
    from pathlib import Path

    from geo.model import Scope
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: where it is, its size in bytes, and how many rows each table holds in it."""

    path: Path
    size: int
    rows: dict[str, int]


def write_backup(db: Database, scope: Scope, *, target: Path) -> Backup:
    """Copy the database into a new file and check the copy: it is whole, and holds as many rows as its source did.

    The photos it names are copied into the folder `TARGET.files` beside it, each compared by its hash.
    Readers and writers go on meanwhile. The file appears whole or not at all.
    Raises `Invalid` when the target exists, cannot be written, or the copy is not as good as its source.
    """
    require_right(scope, "operate")
    if target.exists():
        raise Invalid("backup.exists", path=target.name)
    with db.write() as connection:
        require_whole(connection, scope, "operate")
        log_change(connection, scope, action="backup", object_id=target.name)
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        expected = _copy(db.path, draft)
        found = verify_backup(draft)
        if found != expected:
            raise Invalid("backup.differs", path=target.name)
        copy_files(db.path, target, _photos_of(draft))
        draft.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise Invalid("backup.failed", path=str(target)) from error
    finally:
        draft.unlink(missing_ok=True)
    return Backup(target, target.stat().st_size, found)


def verify_backup(path: Path) -> dict[str, int]:
    """Return the rows of each table of a backup. Raises `Invalid` when the file is damaged or is no such database."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            answer = connection.execute("PRAGMA quick_check").fetchone()
            if answer != ("ok",):
                raise Invalid("backup.damaged", path=path.name)
            return _count_rows(connection)
    except sqlite3.Error as error:
        raise Invalid("backup.damaged", path=path.name) from error


def _photos_of(path: Path) -> list[str]:
    """Return the hash of every photo that a copied database names."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [str(row[0]) for row in connection.execute("SELECT DISTINCT sha256 FROM attachment")]


def _copy(source_path: Path, draft: Path) -> dict[str, int]:
    """Copy, and return the rows of the source at the moment of the copy."""
    with (
        contextlib.closing(sqlite3.connect(source_path, isolation_level=None)) as source,
        contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as copy,
    ):
        # One read transaction around counting and copying: both see the same moment.
        source.execute("BEGIN")
        rows = _count_rows(source)
        source.backup(copy)
        source.execute("ROLLBACK")
        # One file, without a log beside it, whatever it is copied to next.
        copy.execute("PRAGMA journal_mode=DELETE")
    return rows


def _count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    return {
        table: int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
        for table in sorted(metadata.tables)
    }

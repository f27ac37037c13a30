"""A copy of a database that is in use: one consistent moment in one file, opened and counted before it is called good.

SQLite's own backup is used, because a plain copy of the file misses what is still in its write-ahead log. Restoring
puts a verified copy in the database's place and keeps what was there beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Invalid
from geo.schema import metadata
from geo.store.create import open_database
from geo.store.files import copy_files
from geo.store.ways import WAYS_SETTING

if TYPE_CHECKING:
    from pathlib import Path

    from geo.model import Scope
    from geo.store.database import Database


#: Tables that every database of ours has had from its first revision on.
_ALWAYS: Final = frozenset({"place", "household", "visit", "setting", "audit_log"})


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: where it is, its size in bytes, and how many rows each table holds in it."""

    path: Path
    size: int
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was restored: where it is, where the old one was kept, how many rows each table holds."""

    path: Path
    kept: Path | None
    rows: dict[str, int]


def write_backup(db: Database, scope: Scope, *, target: Path) -> Backup:
    """Copy the database into a new file and check the copy: it is whole, and holds as many rows as its source did.

    The photos and files of ways it names are copied into the folder `TARGET.files` beside it, compared by their hashes.
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
        copy_files(db.path, target, _files_of(draft))
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


def find_damage(path: Path) -> str:
    """Return what SQLite says is wrong with a database file, '' when it is whole; for the log, not for people."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            answers = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
            _count_rows(connection)
    except sqlite3.Error as error:
        return str(error)
    return "" if answers == ["ok"] else "; ".join(answers)


def restore_backup(scope: Scope, source: Path, *, target: Path) -> Restored:
    """Put a backup in the place of a database that nobody has open, compare both, and log the act in it.

    The photos and files of ways it names come back from `SOURCE.files`. What was there is kept beside it as
    NAME.MOMENT.before, its write-ahead log too, and comes back if anything fails.
    Raises `Invalid`: the backup is damaged, is the database itself, the database is in use, or cannot be written.
    """
    require_right(scope, "operate")
    if target.exists() and source.exists() and source.samefile(target):
        raise Invalid("backup.itself", path=source.name)
    expected = verify_backup(source)
    _require_unused(target)
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        _copy_file(source, draft)
        if verify_backup(draft) != expected:
            raise Invalid("backup.differs", path=source.name)
        copy_files(source, target, _files_of(draft))
        kept = _exchange(draft, target)
    except OSError as error:
        raise Invalid("backup.failed", path=target.name) from error
    finally:
        draft.unlink(missing_ok=True)
    database = open_database(target)
    with database.write() as connection:
        log_change(connection, scope, action="restore", object_id=source.name, diff={"rows": sum(expected.values())})
    database.close()
    return Restored(target, kept, expected)


def _require_unused(target: Path) -> None:
    """Refuse a database that some program has open: its writes would go to the file that is put aside.

    Leaving the write-ahead log needs the file for oneself; of a damaged one nobody can tell.
    """
    if not target.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(target, isolation_level=None, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Invalid("backup.in_use", path=target.name) from error
    except sqlite3.DatabaseError:
        return


def _copy_file(source: Path, draft: Path) -> None:
    shutil.copyfile(source, draft)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())


def _exchange(draft: Path, target: Path) -> Path | None:
    """Put the draft in the target's place; return where the old file is now. On failure everything is as it was."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    kept = target.with_name(f"{target.name}.{moment}-{secrets.token_hex(2)}.before")
    moved: list[tuple[Path, Path]] = []
    try:
        for suffix in ("", "-wal", "-shm"):
            old = target.with_name(target.name + suffix)
            if old.exists():
                old.rename(kept.with_name(kept.name + suffix))
                moved.append((old, kept.with_name(kept.name + suffix)))
        draft.rename(target)
    except OSError:
        for old, new in moved:
            new.rename(old)
        raise
    return kept if moved else None


def _files_of(path: Path) -> list[str]:
    """Return the key of every file that a copied database names: photos, ways; an older program's names none."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        ways = connection.execute("SELECT value FROM setting WHERE key = ?", (WAYS_SETTING,)).fetchone()
        keys = [one["file"] for one in json.loads(ways[0]).values()] if ways else []
        if "attachment" in _count_rows(connection):
            keys += [str(row[0]) for row in connection.execute("SELECT DISTINCT sha256 FROM attachment")]
        return keys


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
    """Count the tables that there are: an older program's file lacks the newer ones, a stranger's nearly all."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not there >= _ALWAYS:
        raise sqlite3.DatabaseError(*sorted(_ALWAYS - there))
    return {
        table: int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
        for table in sorted(there & set(metadata.tables))
    }

"""What the start looks at before anybody is served: is the file whole and ours, is there room, is the clock right.

What cannot be lived with (`fatal`) leaves only the page of restoring; what can (`held`) makes the app read-only.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geo.backup import find_damage
from geo.store.create import known_revisions

if TYPE_CHECKING:
    from pathlib import Path

#: Room that a day of work and a backup's beginnings need.
ROOM_BYTES: Final = 200 * 1024 * 1024
#: A clock may differ by this much from the one that wrote the last act.
_DRIFT: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Health:
    """What is wrong, as words of the catalogue (`health.<word>`), '' for nothing; `detail` is for the log only."""

    fatal: str = ""
    held: str = ""
    detail: str = ""


def look_at(path: Path, *, room: int = ROOM_BYTES) -> Health:
    """Return how a database file stands: `damaged` or `newer` are fatal; `unwritable`, `full`, `clock` hold writes."""
    if detail := find_damage(path):
        return Health(fatal="damaged", detail=detail)
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
        last = connection.execute("SELECT max(at) FROM audit_log").fetchone()[0]
    if revision is not None and revision[0] not in known_revisions():
        return Health(fatal="newer", detail=f"revision {revision[0]}")
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return Health(held="unwritable", detail=str(path))
    free = shutil.disk_usage(path.parent).free
    if free < room:
        return Health(held="full", detail=f"{free} bytes free")
    if last and _moment(last) > datetime.now(UTC) + _DRIFT:
        return Health(held="clock", detail=f"the last act is of {last}")
    return Health()


def is_open_to_others(path: Path) -> bool:
    """Say whether other accounts of this machine may read the file, folder included; not told on Windows."""
    if os.name == "nt":
        return False
    return bool(path.stat().st_mode & 0o044) and bool(path.parent.stat().st_mode & 0o011)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

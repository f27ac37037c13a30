"""Tries to come in, counted before the check: of one name and of one address; then more are refused unchecked.

The count is a row written and committed before a password is looked at, so that forty tries at once are not checked
forty times. A try that succeeds takes the rows of its name back.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from geo import config
from geo.errors import NotAllowed
from geo.schema import login_attempt

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geo.store.database import Database


def count_attempt(db: Database, *, name: str, address: str) -> None:
    """Count one try of a folded name from an address. Raises `NotAllowed` when there were too many: do not check."""
    moment = datetime.now(UTC)
    since = _iso(moment - timedelta(minutes=config.ATTEMPT_MINUTES))
    key = _hash(name)
    with db.write(counts=False) as connection:
        connection.execute(login_attempt.delete().where(login_attempt.c.at <= since))
        of_name = _count(connection, login_attempt.c.name_hash == key)
        of_address = _count(connection, login_attempt.c.address == address)
        locked = of_name >= config.ATTEMPTS_OF_NAME or of_address >= config.ATTEMPTS_OF_ADDRESS
        if not locked:
            connection.execute(login_attempt.insert().values(name_hash=key, address=address, at=_iso(moment)))
    if locked:
        raise NotAllowed("login.locked", n=config.ATTEMPT_MINUTES)


def forget_attempts(connection: Connection, *, name: str) -> None:
    """Take back the tries of a folded name: it came in, or somebody unlocked it."""
    connection.execute(login_attempt.delete().where(login_attempt.c.name_hash == _hash(name)))


def _count(connection: Connection, condition: object) -> int:
    counted = select(func.count()).select_from(login_attempt).where(condition)  # type: ignore[arg-type]
    return int(connection.execute(counted).scalar_one())


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

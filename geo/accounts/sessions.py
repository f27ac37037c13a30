"""Sessions: what a browser holds is 256 random bits; the file holds their hash, the stage and when it was last used.

A session is `full` when everything was shown that its account must show; before that it opens only the page of its
stage. It ends by an act (logout, disable, password), after `config.IDLE_MINUTES` without one, or after
`config.SESSION_HOURS`; whatever ends it, it is found ended by the next question.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import ColumnElement, func, select

from geo import config
from geo.model import Scope
from geo.schema import account, account_area, account_session

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, ScalarSelect

    from geo.store.database import Database

#: `password`: must choose one · `enrol`: must set up codes from a phone · `second`: must show one · `full`: is in.
Stage = Literal["password", "enrol", "second", "full"]


@dataclass(frozen=True, slots=True)
class Entered:
    """Who holds a session: its id, its stage, and the account's id, name, role, areas and right to take names away."""

    id: str
    stage: str
    account: str
    name: str
    person_name: str
    role: str
    area: str
    has_codes: bool
    exports_personal: bool
    further: tuple[str, ...] = ()

    def scope(self, owner: str = "") -> Scope:
        """Return what its holder may do and where; `owner` is the browser that owns what is made for it."""
        return Scope(self.name, self.role, self.area, owner, self.further, granted(self.exports_personal))


def granted(exports_personal: bool) -> frozenset[str]:  # noqa: FBT001 - one column of a row
    """Return the actions an account may do because somebody gave it the right, not its role alone."""
    return frozenset({"export_personal"}) if exports_personal else frozenset()


def further_areas() -> ScalarSelect[str | None]:
    """Choose the areas of an account besides its first, with commas between their ids; to be read by `split_areas`."""
    here = select(func.aggregate_strings(account_area.c.place, ",")).where(account_area.c.account == account.c.id)
    return here.correlate(account).scalar_subquery()


def split_areas(found: str | None) -> tuple[str, ...]:
    """Return the areas that `further_areas` found."""
    return tuple(sorted(found.split(","))) if found else ()


def session_id(token: str) -> str:
    """Return the id of the session a browser's token opens: SHA-256, in 43 signs of base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def open_session(connection: Connection, *, account_id: str, stage: Stage, address: str) -> str:
    """Open a session and return the token its browser will hold."""
    token, moment = secrets.token_urlsafe(32), _iso(datetime.now(UTC))
    values = {"id": session_id(token), "account": account_id, "stage": stage, "address": address}
    connection.execute(account_session.insert().values(**values, opened_at=moment, seen_at=moment))
    return token


def find_session(db: Database, sid: str) -> Entered | None:
    """Return who holds a live session; None when there is none, it has ended, or its account is disabled."""
    columns = (
        account_session.c.id, account_session.c.stage, account.c.id.label("account"), account.c.name,
        account.c.person_name, account.c.role, account.c.area, account.c.totp_secret.is_not(None).label("has_codes"),
        account.c.exports_personal, further_areas().label("further"),
    )  # fmt: skip
    joined = account_session.join(account, account.c.id == account_session.c.account)
    asked = select(*columns).select_from(joined).where(account_session.c.id == sid, is_live())
    with db.read() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        return None
    return Entered(**{**row._mapping, "further": split_areas(row.further)})  # noqa: SLF001 - SQLAlchemy's public name


def list_ended(db: Database, ids: Collection[str]) -> set[str]:
    """Return which of these sessions have ended."""
    joined = account_session.join(account, account.c.id == account_session.c.account)
    asked = select(account_session.c.id).select_from(joined).where(account_session.c.id.in_(list(ids)), is_live())
    with db.read() as connection:
        return set(ids) - set(connection.execute(asked).scalars())


def touch_session(db: Database, sid: str) -> None:
    """Note that the session was used now."""
    used = account_session.update().where(account_session.c.id == sid, account_session.c.ended_at.is_(None))
    with db.write(counts=False) as connection:
        connection.execute(used.values(seen_at=_iso(datetime.now(UTC))))


def end_session(connection: Connection, sid: str, *, why: str) -> None:
    """End one session."""
    _end(connection, account_session.c.id == sid, why)


def end_sessions(connection: Connection, account_id: str, *, why: str) -> None:
    """End every session of an account."""
    _end(connection, account_session.c.account == account_id, why)


def _end(connection: Connection, whose: ColumnElement[bool], why: str) -> None:
    live = account_session.update().where(whose, account_session.c.ended_at.is_(None))
    connection.execute(live.values(ended_at=_iso(datetime.now(UTC)), ended_by=why))


def is_live() -> ColumnElement[bool]:
    """Whether a session, joined with its account, is good now."""
    moment = datetime.now(UTC)
    return (
        account_session.c.ended_at.is_(None)
        & account.c.disabled_at.is_(None)
        & (account_session.c.seen_at > _iso(moment - timedelta(minutes=config.IDLE_MINUTES)))
        & (account_session.c.opened_at > _iso(moment - timedelta(hours=config.SESSION_HOURS)))
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Who is logged in: the live sessions of the accounts somebody manages, and the way to end one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.accounts.people import list_accounts, require_account
from geo.accounts.sessions import end_session, is_live
from geo.audit import log_change
from geo.errors import NotFound
from geo.schema import account, account_session

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class Online:
    """One live session: its id (no browser's token), whose, from which address, since when and last used (UTC)."""

    id: str
    name: str
    person_name: str
    stage: str
    address: str
    opened_at: str
    seen_at: str


def list_online(db: Database, scope: Scope) -> list[Online]:
    """Return the live sessions of the accounts that the scope manages, the last used first. Raises `NotAllowed`."""
    mine = [one.id for one in list_accounts(db, scope)]
    asked = (
        select(
            account_session.c.id, account.c.name, account.c.person_name, account_session.c.stage,
            account_session.c.address, account_session.c.opened_at, account_session.c.seen_at,
        )
        .join(account, account.c.id == account_session.c.account)
        .where(account.c.id.in_(mine), is_live())
        .order_by(account_session.c.seen_at.desc())
    )  # fmt: skip
    with db.read() as connection:
        return [Online(*row) for row in connection.execute(asked)]


def revoke_session(db: Database, scope: Scope, *, session: str) -> None:
    """End one session of an account that the scope manages: its windows are blank within a second.

    Raises `NotAllowed`, `NotFound`.
    """
    whose = select(account_session.c.account).where(account_session.c.id == session)
    with db.write(counts=False) as connection:
        found = connection.execute(whose).scalar()
        if found is None:
            raise NotFound("account.no_session")
        name = require_account(connection, scope, found)
        end_session(connection, session, why="revoked")
        log_change(connection, scope, action="revoke_session", object_id=found, diff={"name": name})

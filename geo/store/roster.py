"""Roster rows of a running round: households that join, and exclusions that are proposed, approved or dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError

from geo.access import require_area, require_right
from geo.audit import log_change
from geo.errors import Conflict, NotFound
from geo.schema import round_roster
from geo.store.cells import refresh_cells
from geo.store.database import read_today

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database


def add_to_roster(connection: Connection, *, round_id: str, household_id: str, place_id: str, on: date) -> None:
    """Enter a household into a running round as 新增户 from a day. Raises `Conflict` when it is in it already."""
    try:
        connection.execute(
            round_roster.insert().values(
                round=round_id, household=household_id, place=place_id, baseline=False, added_on=on
            )
        )
    except IntegrityError as error:
        raise Conflict("err.in_roster", household=household_id) from error


def roster_places(connection: Connection, household_id: str) -> list[tuple[str, str]]:
    """Return (round id, frozen place) of every roster row of a household."""
    rows = connection.execute(
        select(round_roster.c.round, round_roster.c.place).where(round_roster.c.household == household_id)
    )
    return [(row.round, row.place) for row in rows]


def decide_exclusion(db: Database, scope: Scope, *, round_id: str, household_id: str, approve: bool) -> None:
    """Approve a pending exclusion as of today, or dismiss it. Raises `NotFound` when none is pending."""
    require_right(scope, "manage_round")
    here = and_(round_roster.c.round == round_id, round_roster.c.household == household_id)
    with db.write() as connection:
        today = read_today(connection)
        row = connection.execute(
            select(round_roster).where(
                here, round_roster.c.excluded_on.is_not(None), round_roster.c.approved_on.is_(None)
            )
        ).first()
        if row is None:
            raise NotFound("err.no_exclusion", household=household_id)
        require_area(connection, scope, row.place)
        values: dict[str, object] = (
            {"approved_on": today, "approved_by": scope.actor}
            if approve
            else {"excluded_on": None, "excluded_reason": None}
        )
        connection.execute(round_roster.update().where(here).values(**values, rev=round_roster.c.rev + 1))
        log_change(
            connection,
            scope,
            action="roster.exclude",
            object_id=household_id,
            diff={"round": round_id, "approved": approve},
        )
        refresh_cells(connection, round_id, today, [row.place])

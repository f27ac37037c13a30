"""Roster rows of a running round: households that join, and where a household is on rosters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from geo.errors import Conflict
from geo.schema import round_roster

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


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

"""Counts of a round's leaf places as of a day, kept in the process and counted anew where something was done.

`coverage.roll_up` for a past day (同期), and for tomorrow: what is counted ahead makes the first look of a new
day as quick as any other.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.coverage import roll_up
from geo.schema import CELL_COUNTS, round_roster
from geo.store.picking import pick
from geo.store.rules import read_pace_days
from geo.store.since import Course, Followed, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import Connection

    from geo.coverage import Homes
    from geo.model import Round
    from geo.store.database import Database
    from geo.store.since import Mark
    from geo.store.touched import Touched

#: Leaf place → its counts, in the order of `schema.CELL_COUNTS`.
Leaves = dict[str, tuple[int, ...]]

_followed: Final[Followed[Leaves]] = Followed(16)


def count_leaves(db: Database, round_: Round, day: date) -> tuple[Mark, Leaves]:
    """Return the counts of every leaf place of a round as of a day, and how far the file was then.

    Nobody may change them.
    """
    with db.read() as connection:
        pace_days = read_pace_days(connection, round_)
    read = partial(_read, round_, day, pace_days)
    course = Course(read, partial(_amend, round_.id, read), _never)
    return _followed.read_marked(db, (shape_of(round_), day, pace_days), day, course=course)


def read_leaves(connection: Connection, round_: Round, day: date) -> Leaves:
    """Return the same, counted now."""
    return _read(round_, day, read_pace_days(connection, round_), connection)


def _read(round_: Round, day: date, pace_days: int, connection: Connection, *, homes: Homes | None = None) -> Leaves:
    counted = roll_up(round_, day, homes=homes, pace_days=pace_days).subquery("counted")
    rows = connection.execute(select(counted.c.place, *(counted.c[name] for name in CELL_COUNTS)))
    return {row[0]: tuple(row[1:]) for row in rows}


def _amend(
    round_id: str, read: Callable[..., Leaves], connection: Connection, kept: Leaves, touched: Touched
) -> Leaves:
    """Return the counts with those of the places where the touched households stand counted anew."""
    row = round_roster.c
    stood = select(row.place).where(row.round == round_id, row.household.in_(pick(connection, touched.homes)))
    places = frozenset(connection.execute(stood.distinct()).scalars())
    if not places:
        return kept
    rest = {place: counts for place, counts in kept.items() if place not in places}
    return rest | read(connection, homes=select(row.household).where(row.round == round_id, row.place.in_(places)))


def _never(_connection: Connection, _before: date, _day: date) -> None:
    """Counts of another day are counted anew: the households that entered lately are others everywhere."""

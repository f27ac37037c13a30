"""Rounds missed in a row (连漏), household by household, over the rounds of a programme that have ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import func, select

from geo.access import places_inside
from geo.coverage import fared
from geo.gaps import missed_in_a_row
from geo.schema import household, round_roster
from geo.store.picking import pick
from geo.store.remember import Remembered, stamp_round
from geo.store.rounds import rounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geo.coverage import Homes
    from geo.model import Round, Scope


def count_missed(path: str, connection: Connection, round_: Round, day: date, ids: Sequence[str]) -> list[int]:
    """Return 连漏 of each household over the rounds of the programme that ended before the day."""
    ended = list_ended(connection, round_, day)
    return missed_in_a_row(ids, (partial(ask_round, path, connection, one) for one in ended))


def count_missed_of_few(connection: Connection, round_: Round, day: date, ids: Sequence[str]) -> list[int]:
    """Return the same of a few households, of which alone the rounds are asked."""
    homes = pick(connection, ids)
    ended = list_ended(connection, round_, day)
    return missed_in_a_row(ids, (partial(_fates_of, connection, one, homes) for one in ended))


def list_ended(connection: Connection, round_: Round, day: date) -> list[Round]:
    """Return the rounds of the programme that ended before a day, newest first."""
    held = [one for one in rounds_of(connection, round_.programme) if one.status != "draft" and one.ends_on < day]
    return sorted(held, key=lambda one: one.ends_on, reverse=True)


def ask_round(path: str, connection: Connection, ended: Round, _ids: Sequence[str] = ()) -> dict[str, int]:
    """Return the households of an ended round's D, each with whether it was in C (`coverage.fared`)."""
    key = (path, ended, stamp_round(path, connection, ended.id))
    known = _fates.get(key)
    if known is None:
        known = _fates_of(connection, ended)
        _fates.put(key, known)
    return known


def _fates_of(
    connection: Connection, ended: Round, homes: Homes | None = None, _ids: Sequence[str] = ()
) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(fared(ended, homes=homes))}


def stamp_ended(path: str, connection: Connection, round_: Round, ended: Sequence[Round]) -> tuple[object, ...]:
    """Return what changes with the roster of a round, or with anything that some ended rounds rest on."""
    roster = select(func.count(), func.sum(round_roster.c.rev)).where(round_roster.c.round == round_.id)
    return (
        path, round_.id, tuple(connection.execute(roster).one()),
        *((one.id, one.ends_on, stamp_round(path, connection, one.id)) for one in ended),
    )  # fmt: skip


def read_roster(connection: Connection, scope: Scope, round_: Round) -> tuple[NDArray[np.uint32], list[str]]:
    """Return the numbers (sorted) and the ids of the households of a round's roster in the scope's area."""
    inside = places_inside(scope)
    rows = connection.execute(
        select(household.c.tile_id, household.c.id)
        .join(round_roster, round_roster.c.household == household.c.id)
        .where(round_roster.c.round == round_.id, round_roster.c.place.in_(inside))
        .order_by(household.c.tile_id)
    ).all()
    return np.array([row[0] for row in rows], dtype=np.uint32), [row[1] for row in rows]


_fates: Final[Remembered[dict[str, int]]] = Remembered()

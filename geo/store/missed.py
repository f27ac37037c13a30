"""Rounds missed in a row (连漏), household by household, over the rounds of a programme that have ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import func, select

from geo.access import places_inside, require_right
from geo.coverage import fared
from geo.gaps import missed_in_a_row
from geo.schema import household, round_roster
from geo.store.remember import Remembered, stamp_round
from geo.store.rounds import rounds_of, visible_round

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geo.model import Round, Scope
    from geo.store.database import Database


def read_missed(db: Database, scope: Scope, *, round_id: str, as_of: date) -> dict[int, NDArray[np.uint32]]:
    """Return k → the numbers (tile ids, sorted) of a round's roster in the scope's area that missed k rounds or more.

    连漏 k 轮 over the rounds of the programme that ended before the day; only k that somebody has.
    """
    require_right(scope, "view")
    with db.read() as connection:
        return find_missed(str(db.path), connection, scope, visible_round(connection, scope, round_id), as_of)


def find_missed(
    path: str, connection: Connection, scope: Scope, round_: Round, day: date
) -> dict[int, NDArray[np.uint32]]:
    """Return the same within a transaction, kept until something in an ended round or the roster changes."""
    ended = [one for one in rounds_of(connection, round_.programme) if one.ends_on < day]
    key = (scope.areas, *stamp_ended(path, connection, round_, ended))
    known = _runs.get(key)
    if known is None:
        numbers, ids = read_roster(connection, scope, round_)
        missed = np.array(count_missed(path, connection, round_, day, ids), dtype=np.int64)
        known = {k: numbers[missed >= k] for k in range(1, int(missed.max(initial=0)) + 1)}
        _runs.put(key, known)
    return known


def count_missed(path: str, connection: Connection, round_: Round, day: date, ids: Sequence[str]) -> list[int]:
    """Return 连漏 of each household over the rounds of the programme that ended before the day."""
    held = [one for one in rounds_of(connection, round_.programme) if one.status != "draft" and one.ends_on < day]
    newest_first = sorted(held, key=lambda one: one.ends_on, reverse=True)
    return missed_in_a_row(ids, (partial(ask_round, path, connection, one) for one in newest_first))


def ask_round(path: str, connection: Connection, ended: Round, _ids: Sequence[str] = ()) -> dict[str, int]:
    """Return the households of an ended round's D, each with whether it was in C (`coverage.fared`)."""
    key = (path, ended, stamp_round(path, connection, ended.id))
    known = _fates.get(key)
    if known is None:
        known = {row[0]: row[1] for row in connection.execute(fared(ended))}
        _fates.put(key, known)
    return known


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
_runs: Final[Remembered[dict[int, NDArray[np.uint32]]]] = Remembered()

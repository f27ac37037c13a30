"""Two rounds compared household by household: what an earlier one left behind, and whom this one has reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import func, select

from geo.access import places_inside, require_right
from geo.coverage import household_status
from geo.errors import Invalid
from geo.schema import household, place_path, round_roster, visit
from geo.store.matching import ask_round, count_missed
from geo.store.remember import Remembered, stamp_round
from geo.store.rounds import rounds_of, visible_round

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geo.model import Round, Scope
    from geo.store.database import Database

#: What an earlier round made of a household: not in its D, in D and missed, in C.
NOT_THERE, MISSED, REACHED = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Then:
    """How an earlier round left the households of a round's roster: one row each, by number (tile id), sorted.

    `fate` is NOT_THERE, MISSED or REACHED as of the earlier round's last day; `missed` counts the rounds missed in a
    row (连漏) before the later round began.
    """

    tile_id: NDArray[np.uint32]
    fate: NDArray[np.uint8]
    missed: NDArray[np.uint8]


def list_earlier(db: Database, scope: Scope, *, of: Round) -> list[Round]:
    """Return the rounds of the programme that ended before one began and concern the scope's area, newest first."""
    require_right(scope, "view")
    with db.read() as connection:
        visible_round(connection, scope, of.id)
        ended = [one for one in rounds_of(connection, of.programme) if _is_earlier(one, of)]
        related = [one for one in ended if _concerns(connection, scope, one)]
    return sorted(related, key=lambda one: one.ends_on, reverse=True)


def read_then(db: Database, scope: Scope, *, round_id: str, earlier_id: str) -> Then:
    """Return how an earlier round left the households of a round's roster in the scope's area.

    The same object while nothing it rests on has changed. Raises `Invalid` for a round that is not an earlier one of
    the same programme, `NotFound` for one of other places.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_, earlier = (visible_round(connection, scope, one) for one in (round_id, earlier_id))
        if not _is_earlier(earlier, round_):
            raise Invalid("err.not_earlier", number=earlier.number)
        ended = [one for one in rounds_of(connection, round_.programme) if _is_earlier(one, round_)]
        key = (scope.areas, earlier.id, *_stamp(str(db.path), connection, round_, ended))
        known = _thens.get(key)
        if known is None:
            known = _read(str(db.path), connection, scope, round_, earlier)
            _thens.put(key, known)
        return known


def read_reached_by_phone(db: Database, scope: Scope, *, round_id: str, as_of: date) -> NDArray[np.uint32]:
    """Return the numbers (sorted) of households that are in C without an effective visit in person.

    None are where the round does not count absent households that were reached by phone.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        if not round_.away_phone_counts:
            return np.zeros(0, dtype=np.uint32)
        # Nobody else can be in C that way, and they are few.
        phoned = select(visit.c.household).where(visit.c.round == round_.id, visit.c.mode != "in_person")
        status = household_status(round_, as_of, homes=phoned).subquery("status")
        inside = places_inside(scope)
        rows = connection.execute(
            select(status.c.tile_id)
            .where(status.c.complete == 1, status.c.effective == 0, status.c.place.in_(inside))
            .order_by(status.c.tile_id)
        ).scalars()
        return np.array(rows.all(), dtype=np.uint32)


def _is_earlier(one: Round, of: Round) -> bool:
    return one.programme == of.programme and one.status != "draft" and one.ends_on < of.starts_on


def _concerns(connection: Connection, scope: Scope, round_: Round) -> bool:
    above, below = place_path.alias("above"), place_path.alias("below")
    inside = select(above.c.depth).where(above.c.place.in_(scope.areas), above.c.ancestor == round_.scope)
    around = select(below.c.depth).where(below.c.place == round_.scope, below.c.ancestor.in_(scope.areas))
    return any(connection.execute(one).first() is not None for one in (inside, around))


def read_missed(db: Database, scope: Scope, *, round_id: str, as_of: date) -> dict[int, NDArray[np.uint32]]:
    """Return k → the numbers (tile ids, sorted) of a round's roster in the scope's area that missed k rounds or more.

    连漏 k 轮 over the rounds of the programme that ended before the day; only k that somebody has.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        ended = [one for one in rounds_of(connection, round_.programme) if one.ends_on < as_of]
        key = (scope.areas, *_stamp(str(db.path), connection, round_, ended))
        known = _runs.get(key)
        if known is None:
            numbers, ids = _read_roster(connection, scope, round_)
            missed = np.array(count_missed(str(db.path), connection, round_, as_of, ids), dtype=np.int64)
            known = {k: numbers[missed >= k] for k in range(1, int(missed.max(initial=0)) + 1)}
            _runs.put(key, known)
        return known


def _stamp(path: str, connection: Connection, round_: Round, ended: Sequence[Round]) -> tuple[object, ...]:
    """Return what changes with the roster of a round, or with anything that some ended rounds rest on."""
    roster = select(func.count(), func.sum(round_roster.c.rev)).where(round_roster.c.round == round_.id)
    return (
        path, round_.id, tuple(connection.execute(roster).one()),
        *((one.id, one.ends_on, stamp_round(path, connection, one.id)) for one in ended),
    )  # fmt: skip


def _read_roster(connection: Connection, scope: Scope, round_: Round) -> tuple[NDArray[np.uint32], list[str]]:
    """Return the numbers (sorted) and the ids of the households of a round's roster in the scope's area."""
    inside = places_inside(scope)
    rows = connection.execute(
        select(household.c.tile_id, household.c.id)
        .join(round_roster, round_roster.c.household == household.c.id)
        .where(round_roster.c.round == round_.id, round_roster.c.place.in_(inside))
        .order_by(household.c.tile_id)
    ).all()
    return np.array([row[0] for row in rows], dtype=np.uint32), [row[1] for row in rows]


def _read(path: str, connection: Connection, scope: Scope, round_: Round, earlier: Round) -> Then:
    numbers, ids = _read_roster(connection, scope, round_)
    fates = ask_round(path, connection, earlier)
    missed = count_missed(path, connection, round_, round_.starts_on, ids)
    return Then(
        numbers,
        np.array([MISSED + fates[one] if one in fates else NOT_THERE for one in ids], dtype=np.uint8),
        np.array([min(one, 255) for one in missed], dtype=np.uint8),
    )


_thens: Final[Remembered[Then]] = Remembered()
_runs: Final[Remembered[dict[int, NDArray[np.uint32]]]] = Remembered()

"""Two rounds compared household by household: what an earlier one left behind, and whom this one has reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import select

from geo.access import places_inside, require_right
from geo.coverage import household_status
from geo.errors import Invalid
from geo.schema import place_path, visit
from geo.store.missed import ask_round, count_missed, read_roster, stamp_ended
from geo.store.remember import Remembered
from geo.store.rounds import rounds_of, visible_round

if TYPE_CHECKING:
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
        key = (scope.areas, earlier.id, *stamp_ended(str(db.path), connection, round_, ended))
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


def _read(path: str, connection: Connection, scope: Scope, round_: Round, earlier: Round) -> Then:
    numbers, ids = read_roster(connection, scope, round_)
    fates = ask_round(path, connection, earlier)
    missed = count_missed(path, connection, round_, round_.starts_on, ids)
    return Then(
        numbers,
        np.array([MISSED + fates[one] if one in fates else NOT_THERE for one in ids], dtype=np.uint8),
        np.array([min(one, 255) for one in missed], dtype=np.uint8),
    )


_thens: Final[Remembered[Then]] = Remembered()

"""What the map's filters ask of households, as columns in memory: read once, then brought up to date save by save.

A filter over a million households is then a comparison of whole columns, where a question to the store takes seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
from sqlalchemy import and_, case, func, literal, or_, select, true

from geo.access import places_inside
from geo.coverage import is_live, last_effective
from geo.issues import issue_status
from geo.schema import assignment, household, household_tag, issue_household, round_roster
from geo.store.missed import count_missed, count_missed_of_few
from geo.store.since import read_mark
from geo.store.tile_reads import read_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray
    from sqlalchemy import Connection, Select

    from geo.model import Round, Scope
    from geo.store.database import Database
    from geo.store.since import Mark

Kind = Literal["class", "tag", "category", "answers", "seen", "missed"]
KINDS: Final[tuple[Kind, ...]] = ("class", "tag", "category", "answers", "seen", "missed")
#: Rounds, days and areas kept at once; the one asked for longest ago goes.
_KEPT: Final = 6
_NEVER: Final = 0
_HIGHEST: Final = 1 << 30
#: After a save that changed more households than this, reading all is the shorter way.
_MOST_CHANGED: Final = 5000


@dataclass(frozen=True, slots=True, eq=False)
class Trait:
    """Households and what they have: a row for each household (`number`, its tile id, ascending) and each value.

    `codes` are the numbers of values met so far. Of "seen" a code is the day of the last effective visit (proleptic
    ordinal; 0: never); of "missed" it is 连漏 over the rounds that ended before the day, of those who missed any.
    """

    number: NDArray[np.uint32]
    code: NDArray[np.int32]
    codes: dict[str, int]

    def having(self, values: Collection[str]) -> NDArray[np.uint32]:
        """Return the numbers (sorted) of the households that have one of some values."""
        wanted = np.zeros(len(self.codes) + 1, dtype=bool)
        wanted[[self.codes[one] for one in values if one in self.codes]] = True
        return self.number[wanted[self.code]]

    def between(self, lowest: int, highest: int = _HIGHEST) -> NDArray[np.uint32]:
        """Return the numbers (sorted) of the households whose code lies between two, both included."""
        return self.number[(self.code >= lowest) & (self.code <= highest)]

    def values_of(self, homes: Collection[int] | None) -> list[str]:
        """Return the values that somebody of some households (tile ids; None: of all) has."""
        code = self.code if homes is None else self.code[np.isin(self.number, np.fromiter(homes, dtype=np.uint32))]
        held = np.bincount(code, minlength=len(self.codes))
        return [value for value, nth in self.codes.items() if held[nth]]

    def split(self) -> dict[str, NDArray[np.uint32]]:
        """Return value → the numbers (sorted) of those who have it; only values that somebody has."""
        order = np.argsort(self.code, kind="stable")
        bounds = np.searchsorted(self.code[order], np.arange(len(self.codes) + 1))
        parts = {value: self.number[order[bounds[nth] : bounds[nth + 1]]] for value, nth in self.codes.items()}
        return {value: numbers for value, numbers in parts.items() if len(numbers)}

    def patched(self, fresh: Trait, homes: Collection[int]) -> Trait:
        """Return the trait in which the rows of some households (tile ids) are those of `fresh`."""
        keep = ~np.isin(self.number, np.fromiter(homes, dtype=np.uint32))
        number, code = self.number[keep], self.code[keep]
        at = np.searchsorted(number, fresh.number)
        return Trait(np.insert(number, at, fresh.number), np.insert(code, at, fresh.code), fresh.codes)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose traits: a round's roster within a scope's area, as of a day."""

    db: Database
    scope: Scope
    round: Round
    as_of: date


class Traits:
    """The traits of one round as of one day within one scope's area, never older than the store when asked for."""

    def __init__(self, asked: _Asked) -> None:
        """Read nothing yet: each trait is read when it is asked for first."""
        self.asked = asked
        self._locks = {kind: Lock() for kind in KINDS}
        self._held: dict[Kind, tuple[Trait, Mark]] = {}
        #: How often a whole trait was read: a save must not raise it.
        self.builds = 0

    def now(self, kind: Kind) -> Trait:
        """Return a trait as it is stored at this moment."""
        with self._locks[kind]:
            held = self._held.get(kind)
            if held is None or held[1].revision != self.asked.db.revision():
                held = self._held[kind] = self._catch_up(kind, held)
            return held[0]

    def _catch_up(self, kind: Kind, held: tuple[Trait, Mark] | None) -> tuple[Trait, Mark]:
        asked = self.asked
        if held is None:
            return self._build(kind)
        trait, since = held
        changed, stamp = read_changed(asked.db, asked.scope, round_id=asked.round.id, since=since)
        if changed is None or len(changed.homes) > _MOST_CHANGED:
            return self._build(kind)
        if not changed.homes:
            return trait, stamp
        # What is read may already hold a later save; that one is then read again, which changes nothing.
        with asked.db.read() as connection:
            fresh = _read(connection, asked, kind, homes=changed.homes, codes=trait.codes)
        return trait.patched(fresh, changed.homes), stamp

    def _build(self, kind: Kind) -> tuple[Trait, Mark]:
        self.builds += 1
        with self.asked.db.read() as connection:
            stamp = read_mark(connection)
            return _read(connection, self.asked, kind), stamp


_kept: Final[OrderedDict[tuple[object, ...], Traits]] = OrderedDict()
_lock: Final = Lock()


def keep_traits(db: Database, scope: Scope, round_: Round, as_of: date) -> Traits:
    """Return the traits that this process keeps of a round, a day and the scope's area."""
    key = (str(db.path), scope.areas, round_, as_of)
    with _lock:
        found = _kept.get(key)
        if found is None or found.asked.db is not db:
            found = _kept[key] = Traits(_Asked(db, scope, round_, as_of))
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return found


def _read(
    connection: Connection, asked: _Asked, kind: Kind, *, homes: Collection[int] | None = None,
    codes: dict[str, int] | None = None,
) -> Trait:  # fmt: skip
    """Read a trait of all households, or of some (tile ids); `codes` are numbers given to values before."""
    if kind == "missed":
        return _read_missed(connection, asked, homes)
    wanted = _SELECTS[kind](asked, homes)
    cursor = connection.execute(wanted.order_by(household.c.tile_id)).cursor
    rows = [] if cursor is None else cursor.fetchall()
    number = np.fromiter((row[0] for row in rows), dtype=np.uint32, count=len(rows))
    nth, values = pd.factorize(np.array([row[1] for row in rows], dtype=object), use_na_sentinel=False)
    if kind == "seen":
        days = [date.fromisoformat(one).toordinal() if isinstance(one, str) else _NEVER for one in values]
        return Trait(number, np.array(days, dtype=np.int32)[nth], {})
    known = dict(codes or {})
    for value in values:
        known.setdefault(value, len(known))
    return Trait(number, np.array([known[value] for value in values], dtype=np.int32)[nth], known)


def _read_missed(connection: Connection, asked: _Asked, homes: Collection[int] | None) -> Trait:
    rows = connection.execute(_of_roster(asked, homes, household.c.id).order_by(household.c.tile_id)).all()
    number, ids = np.array([row[0] for row in rows], dtype=np.uint32), [row[1] for row in rows]
    path, of = str(asked.db.path), (asked.round, asked.as_of, ids)
    counted = count_missed(path, connection, *of) if homes is None else count_missed_of_few(connection, *of)
    missed = np.array(counted, dtype=np.int32)
    return Trait(number[missed > 0], missed[missed > 0], {})


def _of_roster(asked: _Asked, homes: Collection[int] | None, value: Any) -> Select[Any]:
    """Choose the households that have joined the round by the day, with a value of each."""
    # Households that have not joined the round yet are on no list and on no map.
    joined = case(
        (round_roster.c.baseline == true(), literal(asked.as_of >= asked.round.starts_on)),
        else_=round_roster.c.added_on <= asked.as_of,
    )
    wanted = (
        select(household.c.tile_id, value)
        .join(round_roster, round_roster.c.household == household.c.id)
        .where(round_roster.c.round == asked.round.id, round_roster.c.place.in_(places_inside(asked.scope)), joined)
    )
    return wanted if homes is None else wanted.where(household.c.tile_id.in_(homes))


def _class(asked: _Asked, homes: Collection[int] | None) -> Select[Any]:
    return _of_roster(asked, homes, household.c.household_class)


def _tag(asked: _Asked, homes: Collection[int] | None) -> Select[Any]:
    held = or_(household_tag.c.until.is_(None), household_tag.c.until >= asked.as_of)
    return (
        _of_roster(asked, homes, household_tag.c.kind)
        .join(household_tag, household_tag.c.household == household.c.id)
        .where(household_tag.c.since <= asked.as_of, held)
        .distinct()
    )


def _category(asked: _Asked, homes: Collection[int] | None) -> Select[Any]:
    """The categories of each household's own open issues."""
    status = issue_status(asked.as_of).subquery("status")
    return (
        _of_roster(asked, homes, status.c.category)
        .join(issue_household, issue_household.c.household == household.c.id)
        .join(status, status.c.issue == issue_household.c.issue)
        .where(status.c.open == 1, status.c.scope == "household")
        .distinct()
    )


def _answers(asked: _Asked, homes: Collection[int] | None) -> Select[Any]:
    """Who answers for each household ("": nobody): its own live assignment counts before that of its group."""
    own, group, here = assignment.alias("own"), assignment.alias("for_group"), asked.round.id
    who = func.coalesce(own.c.person, own.c.team, group.c.person, group.c.team, "")
    return (
        _of_roster(asked, homes, who)
        .outerjoin(own, and_(own.c.round == here, own.c.household == household.c.id, is_live(own)))
        .outerjoin(group, and_(group.c.round == here, group.c.place == round_roster.c.place, is_live(group)))
    )


def _seen(asked: _Asked, homes: Collection[int] | None) -> Select[Any]:
    some = None if homes is None else select(household.c.id).where(household.c.tile_id.in_(homes))
    seen = last_effective(asked.round.programme, asked.as_of, homes=some).subquery("seen")
    return _of_roster(asked, homes, seen.c.last_effective_on).outerjoin(seen, seen.c.household == household.c.id)


_SELECTS: Final[dict[str, Callable[[_Asked, Collection[int] | None], Select[Any]]]] = {
    "class": _class, "tag": _tag, "category": _category, "answers": _answers, "seen": _seen,
}  # fmt: skip

"""Team-days as the engine sees them: kinds that are alike, when they are open, and what it costs to use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.plan.engine import Fleet, Task
from geo.plan.orders import load_of
from geo.plan.stops import Bounds, Slot, Stops, Terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Days lie so many lengths of a day apart on the engine's clock, so that no second belongs to two of them.
_APART: Final = 2
#: What a stop on a team-day that it must not be on costs, in lengths of a day: more than any prize.
_BARRED_DAYS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Kind:
    """Team-days between which no stop has a choice to make: one team or any (0), the days from `first` to `last`."""

    slots: tuple[Slot, ...]
    first: int = 1
    last: int = 1
    team: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """What the steps of a search share: stops that can be reached and fit a day, the seconds between them, the terms.

    `horizon` is the last day that may be used.
    """

    stops: Stops
    matrix: NDArray[np.int64]
    terms: Terms
    bounds: Bounds
    horizon: int
    taken: frozenset[Slot] = frozenset()

    @property
    def everything(self) -> tuple[int, ...]:
        """Return all stops."""
        return tuple(range(1, len(self.stops.ids)))

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Return the first and last day of stretches between whose days no stop has a choice to make.

        They end at deadlines, and around each day that a stop must, or must not, be on.
        """
        deadlines = {int(one) for one in self.stops.deadline_day[1:] if one}
        bound = {day for day, _ in self.bounds.fixed.values() if day} | {day for _, day in self.bounds.away}
        marks = deadlines | bound | {day - 1 for day in bound}
        ends = [*sorted(day for day in marks if 0 < day < self.horizon), self.horizon]
        return list(zip([1, *(end + 1 for end in ends[:-1])], ends, strict=True))

    @property
    def plain(self) -> bool:
        """Say whether any stop may be on any team-day."""
        return len(self.spans) == 1 and not self.bounds.by_team and not self.bounds.away

    def may_be(self, stop: int, kind: Kind) -> bool:
        """Say whether a stop may be on the team-days of a kind, and is in time there."""
        deadline = int(self.stops.deadline_day[stop])
        in_time = deadline == 0 or deadline >= min(kind.last, self.horizon) or deadline >= self.horizon
        return in_time and any(self.bounds.allow(stop, slot) for slot in kind.slots)

    def sum_load(self, routes: Sequence[tuple[int, ...]]) -> int:
        """Return the seconds of travel and service of some routes."""
        return sum(load_of(self.matrix, self.stops, route) for route in routes)


def list_kinds(work: Work) -> list[Kind]:
    """Return the kinds of team-days up to the horizon, without those that are shut or taken."""
    terms = work.terms
    teams = range(1, terms.teams + 1)
    groups = [(team, (team,)) for team in teams] if work.bounds.by_team else [(0, tuple(teams))]
    closed = terms.shut | work.taken
    kinds = [
        Kind(
            tuple((day, team) for day in range(first, last + 1) for team in some if (day, team) not in closed),
            first, last, one,
        )
        for first, last in work.spans
        for one, some in groups
    ]  # fmt: skip
    return [kind for kind in kinds if kind.slots]


def make_task(
    work: Work,
    kinds: Sequence[Kind],
    *,
    only: Sequence[int],
    prizes: NDArray[np.int64] | None = None,
    day_cost: int = 0,
    wanted_s: int | None = None,
    counts: Sequence[int] | None = None,
) -> Task:
    """Return what the engine solves: `only` some stops, on team-days of some kinds, of which `counts` may be used.

    `prizes` has a value for each of `only`, in their order.
    """
    inner = [0, *only]
    seconds = work.matrix[np.ix_(inner, inner)]
    profiles = sorted({_profile(work, kind) for kind in kinds})
    costs = [_add_costs(work, seconds, inner, profile) for profile in profiles]
    fleet = [
        _fleet(work, kind, count, profiles.index(_profile(work, kind)), day_cost=day_cost, wanted_s=wanted_s)
        for kind, count in zip(kinds, counts or [len(kind.slots) for kind in kinds], strict=True)
    ]
    earliest, latest = _windows(work, only)
    return Task(
        tuple(seconds for _ in profiles), work.stops.service_s[list(only)], tuple(fleet), costs=tuple(costs),
        prizes=prizes, earliest_s=earliest, latest_s=latest,
    )  # fmt: skip


def _profile(work: Work, kind: Kind) -> Slot:
    """Return the day and team by which the cost of a leg differs, 0 where it does not."""
    days = {day for _, day in work.bounds.away}
    return (kind.first if kind.first in days else 0, kind.team)


def _add_costs(work: Work, seconds: NDArray[np.int64], inner: list[int], profile: Slot) -> NDArray[np.int64]:
    """Return what legs cost on team-days of a profile: their seconds, and more to stops that should not be there."""
    day, team = profile
    bounds, barred = work.bounds, _BARRED_DAYS * work.terms.day_s
    extra = np.zeros(len(inner), dtype=np.int64)
    for nth, stop in enumerate(inner):
        forced = bounds.fixed.get(stop, (0, 0))[1]
        owner = bounds.owner_team.get(stop, 0)
        if (team and forced not in (0, team)) or (stop, team) in bounds.barred or (stop, day) in bounds.away:
            extra[nth] = barred
        elif team and owner not in (0, team):
            extra[nth] = work.terms.continuity_s
    if not extra.any():
        return seconds
    costs: NDArray[np.int64] = seconds + extra
    np.fill_diagonal(costs, 0)
    return costs


def _fleet(work: Work, kind: Kind, count: int, profile: int, *, day_cost: int, wanted_s: int | None) -> Fleet:
    day_s = work.terms.day_s
    opens = (kind.first - 1) * _APART * day_s
    closes = None if kind.last == work.horizon else (kind.last - 1) * _APART * day_s + day_s
    return Fleet(count, day_s, opens, closes, wanted_s, profile, day_cost)


def _windows(work: Work, only: Sequence[int]) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return the first and the last second at which service of each stop may begin, -1 = any; None = none has one."""
    day_s = work.terms.day_s
    if len(work.spans) == 1:
        return None, None
    earliest, latest = np.full(len(only), -1, dtype=np.int64), np.full(len(only), -1, dtype=np.int64)
    for nth, stop in enumerate(only):
        deadline, day = int(work.stops.deadline_day[stop]), work.bounds.fixed.get(stop, (0, 0))[0]
        if day:
            earliest[nth] = (day - 1) * _APART * day_s
        # Who fixed a day after the deadline wanted that.
        last = day or deadline
        if 0 < last < work.horizon:
            latest[nth] = (last - 1) * _APART * day_s + day_s
    return earliest, latest

"""Assembling a plan: which stops on which team-day in which order; the search itself is the engine's."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.plan.beginning import begin_by_deadline
from geo.plan.engine import Ask, Budget, search
from geo.plan.leveling import level
from geo.plan.orders import Frame, merge_shortest, nearest_neighbour
from geo.plan.slots import Kind, Work, list_kinds, make_task
from geo.plan.stops import UNREACHABLE, Bounds, Plan, Slot, Stops, Terms, band_priorities, list_late, make_team_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Balanced team-days are wanted no longer than this share of their mean.
_BALANCE: Final = 1.03
#: What leaving out a stop costs grows by this factor with each band of priority (flat prizes left urgent homes out).
_PRIZE_FACTOR: Final = 4
#: One team-day more costs more travel, in lengths of a day, than it could save.
_DAY_COST_DAYS: Final = 4
#: Where the days are not counted, leaving out a stop costs more than any team-day, in lengths of a day.
_SERVED_DAYS: Final = 100
#: Of so many team-days one is spare, where the days are not counted and not every stop may be on every one.
_SPARE: Final = 4
#: Iterations × stops of one step of a search, and the most iterations; where stops tell days apart each takes longer.
_ITERATIONS, _MOST_ITERATIONS = 3_000_000, 10_000
_BOUND_SHARE: Final = 0.15
#: A step gets at least so much, however little is left of the time.
_LEAST_SECONDS: Final = 0.05
#: So often a plan that left something out is sought again with more days, and the deadlines that it missed put off.
_MOST_TRIES: Final = 6
_NO_BOUNDS: Final = Bounds()


def assemble(
    stops: Stops, matrix: NDArray[np.int64], terms: Terms, *, bounds: Bounds = _NO_BOUNDS, ask: Ask | None = None
) -> Plan:
    """Return the plan of a set of stops.

    `matrix`: (n + 1) × (n + 1) whole seconds, row and column 0 the start point, `UNREACHABLE` where there is no way.
    Every stop is on exactly one team-day or listed as unserved with the reason. No team-day that is not locked is
    longer than a day. `ask` is told now and then what share of the search is done; True ends it with what is found.
    """
    kept = {stop for one in bounds.locked for stop in one.stops}
    possible, refused = _split_possible(stops, matrix, terms, kept)
    inner = np.concatenate([[0], possible]).astype(np.int64)
    work = _make_work(stops.take(inner), _close_gaps(matrix[np.ix_(inner, inner)], terms), terms, bounds, inner)
    slotless = {stop for stop in work.everything if not _may_be_somewhere(work, stop)}
    run = _Run(work, ask)
    routes = run.plan(tuple(stop for stop in work.everything if stop not in slotless))
    team_days = [
        replace(make_team_day(work.matrix, work.stops, route, slot=slot, day_s=terms.day_s),
                stops=tuple(int(inner[stop]) for stop in route))
        for slot, route in _schedule(work, routes)
    ]  # fmt: skip
    whole = tuple(sorted((*bounds.locked, *team_days), key=lambda one: (one.day, one.team)))
    served = {stop for one in whole for stop in one.stops}
    outer = {int(inner[stop]) for stop in slotless}
    left = [(int(stop), "no_slot" if int(stop) in outer else "no_time") for stop in possible if stop not in served]
    return Plan(whole, tuple(sorted([*refused, *left])), list_late(stops, whole), run.cut)


@dataclass(frozen=True, slots=True)
class _Route:
    """Stops in order of visit, on a team-day of a kind."""

    stops: tuple[int, ...]
    kind: Kind


def _split_possible(
    stops: Stops, matrix: NDArray[np.int64], terms: Terms, kept: set[int]
) -> tuple[NDArray[np.int64], list[tuple[int, str]]]:
    """Return the stops that a day can hold, and the others with the reason; those that are locked are in neither."""
    out, back = matrix[0, 1:], matrix[1:, 0]
    gone = (out == UNREACHABLE) | (back == UNREACHABLE)
    long = ~gone & (out + stops.service_s[1:] + back > terms.day_s)
    refused = [(int(nth) + 1, "unreachable") for nth in np.flatnonzero(gone)]
    refused += [(int(nth) + 1, "too_long") for nth in np.flatnonzero(long)]
    possible = np.flatnonzero(~(gone | long)) + 1
    free = [stop for stop in possible if int(stop) not in kept]
    return np.array(free, dtype=np.int64), [one for one in refused if one[0] not in kept]


def _close_gaps(matrix: NDArray[np.int64], terms: Terms) -> NDArray[np.int64]:
    """A leg without a way takes longer than a day, so that no team-day uses it."""
    seconds = np.where(matrix == UNREACHABLE, terms.day_s + 1, matrix).astype(np.int64)
    np.fill_diagonal(seconds, 0)
    return seconds


def _make_work(stops: Stops, matrix: NDArray[np.int64], terms: Terms, bounds: Bounds, inner: NDArray[np.int64]) -> Work:
    """Return the work, with a horizon that holds as many days as the simplest order needs, where none is given."""
    taken = frozenset((one.day, one.team) for one in bounds.locked)
    own = bounds.take(inner)
    if terms.days is not None:
        return Work(stops, matrix, terms, own, terms.days, taken)
    routes = nearest_neighbour(matrix, stops, day_s=terms.day_s, among=range(1, len(stops.ids)))
    fixed = [day for day, _ in own.fixed.values()] + [day for _, day in own.away]
    needed = len(routes) + len(terms.shut) + len(taken)
    if own.fixed or own.away or own.by_team or stops.deadline_day.any():
        # Some team-days are not filled then: nobody should be late for want of a last one.
        needed += -(-len(routes) // _SPARE) + terms.teams
    horizon = max([-(-needed // terms.teams), *fixed, 1])
    return Work(stops, matrix, terms, own, horizon, taken)


def _may_be_somewhere(work: Work, stop: int) -> bool:
    """Say whether there is a team-day that a stop may be on."""
    if not (work.bounds.fixed or work.bounds.barred or work.bounds.away or work.terms.shut or work.taken):
        return True
    closed = work.terms.shut | work.taken
    slots = ((day, team) for day in range(1, work.horizon + 1) for team in range(1, work.terms.teams + 1))
    return any(slot not in closed and work.bounds.allow(stop, slot) for slot in slots)


class _Run:
    """One search for a plan: its steps share what time there is and whom to ask."""

    def __init__(self, work: Work, ask: Ask | None) -> None:
        self._work = work
        self._ask = ask
        self._ends = time.perf_counter() + work.terms.seconds
        self.stopped = False
        self.cut = False

    def plan(self, among: tuple[int, ...]) -> list[_Route]:
        """Return the routes: as many as are needed, or the best use of the days that there are; balanced, if wanted."""
        if not among:
            return []
        kinds = list_kinds(self._work)
        plain = self._work.plain
        routes = self._search_plain(among, kinds[0]) if plain else self._search_bound(among, kinds)
        return self._balance(routes) if self._work.terms.mode == "balanced" else routes

    def _search_plain(self, among: tuple[int, ...], kind: Kind) -> list[_Route]:
        """Serve all on as few team-days as were found; where they are more than there are, make the best of those."""
        work, day_s = self._work, self._work.terms.day_s
        nearest = nearest_neighbour(work.matrix, work.stops, day_s=day_s, among=among)
        if work.sum_load(nearest) <= len(kind.slots) * day_s or len(nearest) <= len(kind.slots):
            open_kind = replace(kind, slots=kind.slots + tuple((0, 0) for _ in nearest))
            begin = [_Route(stops, open_kind) for stops in nearest]
            routes, _ = self._run(among, [open_kind], counts=[len(nearest)], day_cost=_DAY_COST_DAYS * day_s,
                                  start=begin, share=0.4)  # fmt: skip
            routes = self._shrink(among, routes)
            if len(routes) <= len(kind.slots):
                return [replace(one, kind=kind) for one in routes]
        return self._search_best(among, [kind])

    def _shrink(self, among: tuple[int, ...], routes: list[_Route]) -> list[_Route]:
        """Serve all; try one team-day less as long as that works, then look for less travel.

        The count is fixed and costs nothing: where team-days cost much, the search thinks little of travel.
        """
        work = self._work
        while len(routes) > 1 and work.sum_load([one.stops for one in routes]) <= (len(routes) - 1) * work.terms.day_s:
            begin = self._merge(routes)
            if len(begin) == len(routes):
                break
            # Where a team must not come to some stop, that is only dear: the first routes in time may do it.
            first = not (work.bounds.by_team or work.bounds.away)
            fewer, feasible = self._run_counted(among, begin, first=first)
            if not feasible:
                break
            routes = fewer
        polished, feasible = self._run_counted(among, routes, share=1.6 if work.terms.mode == "compact" else 0.6)
        return polished if feasible else routes

    def _merge(self, routes: list[_Route]) -> list[_Route]:
        """Return one route less, which may be too long; as many where a stop of the shortest may be on no other."""
        merged = merge_shortest([one.stops for one in routes], self._frame(routes))
        return [replace(one, stops=stops) for one, stops in zip(routes, merged, strict=True) if stops]

    def _frame(self, routes: Sequence[_Route]) -> Frame:
        """Return what routes are changed within."""
        work = self._work
        return Frame(work.matrix, work.stops, work.terms.day_s, None if work.plain else self._find_allowed(routes))

    def _find_allowed(self, routes: Sequence[_Route]) -> NDArray[np.bool_]:
        """Return which stop (column) may be on the kind of which route (row)."""
        work = self._work
        kinds = {one.kind for one in routes}
        row = {kind: [work.may_be(stop, kind) for stop in range(len(work.stops.ids))] for kind in kinds}
        return np.array([row[one.kind] for one in routes])

    def _run_counted(
        self, among: tuple[int, ...], routes: list[_Route], *, share: float = 1.0, wanted_s: int | None = None,
        first: bool = False,
    ) -> tuple[list[_Route], bool]:  # fmt: skip
        """Search from routes on as many team-days of each kind; say whether every time is kept and all are allowed."""
        kinds = list(dict.fromkeys(one.kind for one in routes))
        counts = [sum(one.kind == kind for one in routes) for kind in kinds]
        found, feasible = self._run(among, kinds, counts=counts, start=routes, share=share, wanted_s=wanted_s,
                                    first=first)  # fmt: skip
        return found, feasible and all(self._allowed(one) for one in found)

    def _search_bound(self, among: tuple[int, ...], kinds: list[Kind]) -> list[_Route]:
        """Where days or teams differ for some stop: first in time for every deadline, then those left out later.

        Where the days that there are do not hold all even so, make the best of them.
        """
        work = self._work
        prizes = np.full(len(among), _SERVED_DAYS * work.terms.day_s)
        day_cost = _DAY_COST_DAYS * work.terms.day_s
        begin = self._begin(among, kinds)
        if not _list_missing(among, begin):
            routes, feasible = self._run_counted(among, begin, share=0.6)
            return self._shrink(among, routes if feasible else begin)
        beyond = _list_missing(among, begin)
        routes, _ = self._run(among, kinds, prizes=prizes, day_cost=day_cost, start=begin)
        for _ in range(_MOST_TRIES):
            missed = _list_missing(among, routes)
            if not missed:
                return self._shrink(among, routes)
            if work.terms.days is not None:
                # Others are left out for want of days, not because they are due too soon.
                missed = [stop for stop in missed if stop in beyond and self._work.stops.deadline_day[stop]]
                if not missed:
                    break
            self._relax(missed)
            kinds = list_kinds(self._work)
            begin = self._append_left(among, self._carry(routes, kinds))
            if not _list_missing(among, begin):
                return self._shrink(among, begin)
            routes, _ = self._run(among, kinds, prizes=prizes, day_cost=day_cost, start=begin, share=0.3)
        if work.terms.days is not None:
            return self._search_best(among, list_kinds(self._work))
        if missed := _list_missing(among, routes):
            self._relax(missed)
            routes = self._append_left(among, self._carry(routes, list_kinds(self._work)))
        return routes

    def _begin(self, among: Sequence[int], kinds: Sequence[Kind]) -> list[_Route]:
        """Return routes to begin with: team-days in their order, each first with what is due."""
        return [_Route(stops, kind) for kind, stops in begin_by_deadline(self._work, among, kinds)]

    def _carry(self, routes: Sequence[_Route], kinds: Sequence[Kind]) -> list[_Route]:
        """Return the routes on the kinds that have taken the place of theirs since deadlines were put off.

        What finds no room there is left out, and put anew.
        """
        carried: list[_Route] = []
        for one in sorted(routes, key=lambda one: one.kind.last):
            options = [
                kind for kind in kinds
                if kind.team == one.kind.team and sum(other.kind == kind for other in carried) < len(kind.slots)
                and all(self._work.may_be(stop, kind) for stop in one.stops)
            ]  # fmt: skip
            if options:
                carried.append(replace(one, kind=options[0]))
        return carried

    def _append_left(self, among: Sequence[int], routes: list[_Route]) -> list[_Route]:
        """Return the routes, and more for the stops on none: in the first stretch of days where there is room."""
        left = _list_missing(among, routes)
        for kind in list_kinds(self._work):
            taken = sum(one.kind == kind for one in routes)
            some = [stop for stop in left if self._work.may_be(stop, kind)]
            nearest = nearest_neighbour(self._work.matrix, self._work.stops, day_s=self._work.terms.day_s, among=some)
            routes = [*routes, *(_Route(stops, kind) for stops in nearest[: max(0, len(kind.slots) - taken)])]
            left = _list_missing(left, routes)
        return routes

    def _relax(self, missed: list[int]) -> None:
        """Give up the deadlines of some stops; days that are not counted become more, because some may lie idle.

        Put off by days instead, they would push out those that are due then.
        """
        work = self._work
        deadlines = work.stops.deadline_day.copy()
        deadlines[missed] = 0
        more = 0 if work.terms.days is not None else -(-len(missed) // work.terms.teams)
        self._work = replace(work, stops=replace(work.stops, deadline_day=deadlines), horizon=work.horizon + more)

    def _search_best(self, among: tuple[int, ...], kinds: list[Kind]) -> list[_Route]:
        """Make the best of the team-days: first as many stops of the highest band as fit, then of the others."""
        work, day_s = self._work, self._work.terms.day_s
        bands = band_priorities(work.stops.priority[list(among)])
        prizes = day_s * _PRIZE_FACTOR**bands
        must = [stop for stop, band in zip(among, bands, strict=True) if band == bands.max()]
        begin = self._begin_best(must, kinds)
        if len(must) < len(among) and begin is not None:
            required = np.where(bands == bands.max(), 0, prizes)
            routes, feasible = self._run(among, kinds, prizes=required, start=begin)
            # What is required may have been put where it must not be: that is dearer than any prize, not impossible.
            if feasible and all(self._allowed(one) for one in routes):
                return routes
        start = None if work.plain else self._begin(among, kinds)
        return self._run(among, kinds, prizes=prizes, start=start)[0]

    def _begin_best(self, must: Sequence[int], kinds: Sequence[Kind]) -> list[_Route] | None:
        """Return routes that hold the most urgent stops, nothing where the simplest reckoning finds no room for all."""
        work = self._work
        if not work.plain:
            begin = self._begin(must, kinds)
            return None if _list_missing(must, begin) else begin
        nearest = nearest_neighbour(work.matrix, work.stops, day_s=work.terms.day_s, among=must)
        return [_Route(stops, kinds[0]) for stops in nearest] if len(nearest) <= len(kinds[0].slots) else None

    def _allowed(self, route: _Route) -> bool:
        """Say whether every stop of a route may be on some team-day of its kind."""
        bounds = self._work.bounds
        return all(any(bounds.allow(stop, slot) for slot in route.kind.slots) for stop in route.stops)

    def _balance(self, routes: list[_Route]) -> list[_Route]:
        """Return as many routes with loads alike: no longer than a little over their mean, where that can be."""
        work = self._work
        if len(routes) < 2:  # noqa: PLR2004 - one route is balanced
            return routes
        mean = work.sum_load([one.stops for one in routes]) / len(routes)
        among = tuple(sorted(stop for one in routes for stop in one.stops))
        wanted = min(round(mean * _BALANCE), work.terms.day_s)
        even, feasible = self._run_counted(among, routes, wanted_s=wanted)
        best = even if feasible and len(even) == len(routes) else routes
        levelled = level([one.stops for one in best], self._frame(best))
        return [replace(one, stops=stops) for one, stops in zip(best, levelled, strict=True)]

    def _run(
        self,
        among: tuple[int, ...],
        kinds: Sequence[Kind],
        *,
        counts: Sequence[int] | None = None,
        prizes: NDArray[np.int64] | None = None,
        day_cost: int = 0,
        wanted_s: int | None = None,
        start: list[_Route] | None = None,
        share: float = 1.0,
        first: bool = False,
    ) -> tuple[list[_Route], bool]:
        """Search among some stops on some team-days; return the routes, and whether they keep every time."""
        work = self._work
        task = make_task(work, kinds, only=among, prizes=prizes, day_cost=day_cost, wanted_s=wanted_s, counts=counts)
        place = {stop: nth for nth, stop in enumerate(among, start=1)}
        begin = None
        if start is not None:
            begin = [(kinds.index(one.kind), [place[stop] for stop in one.stops]) for one in start]
        budget = self._budget(len(among), share)
        found = search(task, budget, seed=work.terms.seed, start=begin, ask=self._asking, first=first)
        self.cut |= found.iterations < budget.iterations and not (self.stopped or (first and found.feasible))
        routes = [_Route(tuple(among[stop - 1] for stop in stops), kinds[kind]) for kind, stops in found.routes]
        return routes, found.feasible

    def _budget(self, count: int, share: float) -> Budget:
        """Return fewer iterations for more stops, because each takes longer there, and longer still with windows."""
        most = float(np.clip(_ITERATIONS / max(count, 1), 500, _MOST_ITERATIONS))
        if len(self._work.spans) > 1:
            most *= _BOUND_SHARE
        left = max(_LEAST_SECONDS, self._ends - time.perf_counter())
        return Budget(max(1, round(most * share * self._work.terms.effort)), left)

    def _asking(self, share: float) -> bool:
        if self._ask is not None and not self.stopped:
            self.stopped = self._ask(share)
        return self.stopped


def _list_missing(among: Iterable[int], routes: Sequence[_Route]) -> list[int]:
    """Return which stops are on no route."""
    return sorted(set(among) - {stop for one in routes for stop in one.stops})


def _schedule(work: Work, routes: list[_Route]) -> list[tuple[Slot, tuple[int, ...]]]:
    """Return the slot of each route: of its own kind, or an earlier one that is free and allowed."""
    closed = work.terms.shut | work.taken
    given: dict[Slot, tuple[int, ...]] = {}
    for one in sorted(routes, key=lambda one: (one.kind.first, one.kind.last, *_waits(work, one), one.stops)):
        own = [slot for slot in one.kind.slots if slot not in given]
        teams = (one.kind.team,) if one.kind.team else range(1, work.terms.teams + 1)
        days = range(1, own[0][0])
        earlier = ((day, team) for day in days for team in teams if (day, team) not in given | dict.fromkeys(closed))
        fits = (slot for slot in earlier if all(work.bounds.allow(stop, slot) for stop in one.stops))
        given[next(fits, own[0])] = one.stops
    return sorted(given.items())


def _waits(work: Work, route: _Route) -> tuple[int, float]:
    """Return what puts a route behind others of its kind: few stops that are late there, and a low mean priority."""
    stops = list(route.stops)
    deadlines = work.stops.deadline_day[stops]
    late = int(((deadlines > 0) & (deadlines < route.kind.last)).sum())
    return -late, -float(work.stops.priority[stops].mean())

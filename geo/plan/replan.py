"""Changing a plan by hand, and planning again what may still change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geo.plan.assemble import assemble
from geo.plan.engine import Ask, Budget, Fleet, Task, search
from geo.plan.orders import load_of
from geo.plan.stops import UNREACHABLE, Bounds, Plan, Slot, Stops, Terms, list_late, make_team_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What stays when a plan is planned again: the team-day of every stop, its team, or nothing.
Keep = Literal["routes", "teams", "nothing"]
KEEPS: Final[tuple[Keep, ...]] = ("routes", "teams", "nothing")
#: A way that is none, where the shortest order of one team-day is looked for.
_FAR_DAYS: Final = 100
_ITERATIONS: Final = 300
_SECONDS: Final = 5.0


def move_stop(plan: Plan, stop: int, slot: Slot, *, stops: Stops, matrix: NDArray[np.int64], terms: Terms) -> Plan:
    """Return the plan with a stop on the team-day of a slot, where it lengthens that one least; nothing else moves.

    A team-day that becomes too long stays so, with the excess; one that becomes empty is gone.
    """
    routes = {(one.day, one.team): [other for other in one.stops if other != stop] for one in plan.team_days}
    route = routes.setdefault(slot, [])
    route.insert(_cheapest(matrix, route, stop)[1], stop)
    return _rebuild(plan, routes, stops, matrix, terms, without=stop)


def replan(
    plan: Plan, keep: Keep, *, stops: Stops, matrix: NDArray[np.int64], terms: Terms, bounds: Bounds,
    ask: Ask | None = None,
) -> Plan:  # fmt: skip
    """Return the plan made anew, but for what is locked and for what is to be kept.

    routes: every stop stays on its team-day, in a new order, and stops that nobody visits go where there is room.
    teams: every stop stays with its team, on any day. nothing: all is free. Locked team-days and fixed stops stay.
    """
    if keep == "routes":
        return _reorder(plan, stops, matrix, terms, bounds)
    locked = {(one.day, one.team): one for one in plan.team_days}
    own = tuple(locked.get((one.day, one.team), one) for one in bounds.locked)
    fixed = dict(bounds.fixed)
    if keep == "teams":
        team_of = {stop: one.team for one in plan.team_days for stop in one.stops}
        # Who must not go there any more decides against the team that a stop has now.
        fixed = {stop: (0, team) for stop, team in team_of.items() if (stop, team) not in bounds.barred} | fixed
    return assemble(stops, matrix, terms, bounds=replace(bounds, fixed=fixed, locked=own), ask=ask)


def _reorder(plan: Plan, stops: Stops, matrix: NDArray[np.int64], terms: Terms, bounds: Bounds) -> Plan:
    kept = {(one.day, one.team) for one in bounds.locked}
    routes, waiting = {}, list(plan.unserved)
    for one in plan.team_days:
        slot = (one.day, one.team)
        if slot in kept:
            routes[slot] = list(one.stops)
            continue
        # What must not be there any more goes where it may.
        waiting += [(stop, "no_slot") for stop in one.stops if not bounds.allow(stop, slot)]
        routes[slot] = _shortest([stop for stop in one.stops if bounds.allow(stop, slot)], stops, matrix, terms)
    for stop, _ in waiting:
        options = [
            (*_cheapest(matrix, route, stop), slot)
            for slot, route in routes.items()
            if slot not in kept and bounds.allow(stop, slot)
        ]
        for longer, at, slot in sorted(options):
            if load_of(matrix, stops, tuple(routes[slot])) + longer + int(stops.service_s[stop]) <= terms.day_s:
                routes[slot].insert(at, stop)
                break
    return _rebuild(replace(plan, unserved=tuple(waiting)), routes, stops, matrix, terms)


def _shortest(given: list[int], stops: Stops, matrix: NDArray[np.int64], terms: Terms) -> list[int]:
    """Return stops in the shortest order that is found; never a longer one."""
    if len(given) < 2:  # noqa: PLR2004 - one stop is in order
        return given
    inner = [0, *given]
    seconds = matrix[np.ix_(inner, inner)]
    seconds = np.where(seconds == UNREACHABLE, _FAR_DAYS * terms.day_s, seconds)
    task = Task((seconds,), stops.service_s[given], (Fleet(1),))
    found = search(task, Budget(_ITERATIONS, _SECONDS), seed=terms.seed, start=[(0, list(range(1, len(inner))))])
    route = tuple(inner[stop] for _, some in found.routes for stop in some)
    shorter = len(route) == len(given) and load_of(matrix, stops, route) < load_of(matrix, stops, tuple(given))
    return list(route) if shorter else given


def _cheapest(matrix: NDArray[np.int64], route: list[int], stop: int) -> tuple[int, int]:
    """Return by how many seconds a stop lengthens a route at the best place, and that place."""
    far = np.iinfo(np.int64).max // 8
    legs = np.where(matrix == UNREACHABLE, far, matrix)
    path = np.array([0, *route, 0])
    added = legs[path[:-1], stop] + legs[stop, path[1:]] - legs[path[:-1], path[1:]]
    at = int(added.argmin())
    return int(added[at]), at


def _rebuild(
    plan: Plan, routes: dict[Slot, list[int]], stops: Stops, matrix: NDArray[np.int64], terms: Terms, *,
    without: int | None = None,
) -> Plan:  # fmt: skip
    team_days = tuple(
        make_team_day(matrix, stops, tuple(route), slot=slot, day_s=terms.day_s)
        for slot, route in sorted(routes.items())
        if route
    )
    served = {stop for one in team_days for stop in one.stops}
    unserved = tuple(one for one in plan.unserved if one[0] not in served and one[0] != without)
    return Plan(team_days, unserved, list_late(stops, team_days))

"""Two simpler orders to compare a plan with: as the register lists the households, and always to the nearest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from geo.plan.stops import Stops

Route = tuple[int, ...]
#: What a second beyond the length of a day weighs, in seconds of travel, where a route is taken apart.
_OVER_COST: Final = 20


def register_order(matrix: NDArray[np.int64], stops: Stops, *, day_s: int, among: Iterable[int]) -> list[Route]:
    """Return routes that take the stops `among` in the given order; a day ends before it would be too long."""
    routes: list[Route] = []
    route: list[int] = []
    clock = 0
    for stop in among:
        here = route[-1] if route else 0
        if route and clock + _through(matrix, stops, here, stop) > day_s:
            routes.append(tuple(route))
            route, clock, here = [], 0, 0
        clock += int(matrix[here, stop] + stops.service_s[stop])
        route.append(stop)
    return [*routes, tuple(route)] if route else routes


def nearest_neighbour(matrix: NDArray[np.int64], stops: Stops, *, day_s: int, among: Iterable[int]) -> list[Route]:
    """Return routes that always go on to the nearest stop that the day still holds; a day's first is the nearest left.

    Ties go to the stop that comes first.
    """
    left = np.zeros(len(stops.ids), dtype=bool)
    left[list(among)] = True
    back = stops.service_s + matrix[:, 0]
    routes: list[Route] = []
    while left.any():
        route: list[int] = []
        here = clock = 0
        while True:
            fits = left & (clock + matrix[here] + back <= day_s)
            if not fits.any():
                break
            stop = int(np.where(fits, matrix[here], np.iinfo(np.int64).max).argmin())
            clock += int(matrix[here, stop] + stops.service_s[stop])
            left[stop] = False
            route.append(stop)
            here = stop
        if not route:
            break
        routes.append(tuple(route))
    return routes


def _through(matrix: NDArray[np.int64], stops: Stops, here: int, stop: int) -> int:
    """Return the seconds from a stop to the next, its service, and home from there."""
    return int(matrix[here, stop] + stops.service_s[stop] + matrix[stop, 0])


@dataclass(frozen=True, slots=True)
class Frame:
    """What routes are changed within: the seconds between places, the stops, the length of a day in seconds.

    `can`: which stop (column) may be on which route (row), None = any.
    """

    matrix: NDArray[np.int64]
    stops: Stops
    day_s: int
    can: NDArray[np.bool_] | None = None


def merge_shortest(routes: Sequence[Route], frame: Frame) -> list[Route]:
    """Return the routes with the one with least to do empty: its stops go where they lengthen the others least.

    The others may become longer than a day: this is where a search for fewer team-days begins. Where a stop may be on
    no other, all routes stay as they are.
    """
    matrix, stops, can = frame.matrix, frame.stops, frame.can
    service = stops.service_s
    loads = [load_of(matrix, stops, route) for route in routes]
    gone = min(range(len(routes)), key=loads.__getitem__)
    left = [list(route) for route in routes]
    left[gone] = []
    for stop in sorted(routes[gone], key=lambda stop: -int(service[stop])):
        options = []
        for nth, route in enumerate(left):
            if nth == gone or not (can is None or can[nth, stop]):
                continue
            path = np.array([0, *route, 0])
            added = matrix[path[:-1], stop] + matrix[stop, path[1:]] - matrix[path[:-1], path[1:]]
            at = int(added.argmin())
            longer = int(added[at])
            over = max(0, loads[nth] + longer + int(service[stop]) - frame.day_s)
            options.append((longer + _OVER_COST * over, nth, at, longer))
        if not options:
            return list(routes)
        _, nth, at, longer = min(options)
        left[nth].insert(at, stop)
        loads[nth] += longer + int(service[stop])
    return [tuple(route) for route in left]


def load_of(matrix: NDArray[np.int64], stops: Stops, route: Route) -> int:
    """Return the seconds of travel and service of a route, from the start point back to it."""
    path = np.array([0, *route, 0])
    return int(matrix[path[:-1], path[1:]].sum() + stops.service_s[list(route)].sum())

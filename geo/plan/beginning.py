"""Where a search with deadlines and choices begins: team-days filled in the order of the days, what is due first.

The engine finds short ways quickly but hardly gets a stop into its window once the days are full; begun from here it
keeps every deadline that a plain reckoning can keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.plan.orders import Route, load_of, nearest_neighbour

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo.plan.slots import Kind, Work


def begin_by_deadline(work: Work, among: Iterable[int], kinds: Sequence[Kind]) -> list[tuple[Kind, Route]]:
    """Return routes on the team-days of kinds, in the order of the days; stops that no route holds are left out.

    A team-day first takes what can be done on no later one, and what is due later where the days until then are only
    just enough; then whatever lengthens it least.
    """
    filling = _Filling(work, kinds, set(among))
    for nth, kind in enumerate(kinds):
        if nth == len(kinds) - 1:
            filling.finish()
        else:
            for room in range(len(kind.slots), 0, -1):
                filling.fill(nth, room)
    return filling.routes


class _Filling:
    """Team-days being filled: what is left, and for each stop the last kind that it may be on."""

    def __init__(self, work: Work, kinds: Sequence[Kind], left: set[int]) -> None:
        self.work = work
        self.kinds = kinds
        self.left = left
        self.routes: list[tuple[Kind, Route]] = []
        self.may = np.array([[work.may_be(stop, kind) for stop in range(len(work.stops.ids))] for kind in kinds])
        # A stop that may be on every kind has no last one: it waits until the others are placed.
        ends = len(kinds) - 1 - self.may[::-1].argmax(axis=0)
        self.last = np.where(self.may.any(axis=0), ends, -1)

    def fill(self, nth: int, room: int) -> None:
        """Fill one more team-day of a kind, of which `room` are left."""
        here = [stop for stop in sorted(self.left) if self.may[nth, stop]]
        due = [stop for stop in here if self.last[stop] <= nth]
        until = self._find_pressing(nth, room)
        pressing = [stop for stop in here if self.last[stop] <= until]
        routes = self._nearest(due) or self._nearest(pressing)
        route = self._extend(self._extend(list(routes[0]) if routes else [], pressing), here)
        self._put(self.kinds[nth], tuple(route))

    def finish(self) -> None:
        """Fill the team-days of the last kind, always going on to the nearest stop."""
        kind = self.kinds[-1]
        for route in self._nearest([stop for stop in sorted(self.left) if self.may[-1, stop]])[: len(kind.slots)]:
            self._put(kind, route)

    def _put(self, kind: Kind, route: Route) -> None:
        if route:
            self.routes.append((kind, route))
            self.left -= set(route)

    def _find_pressing(self, nth: int, room: int) -> int:
        """Return the last kind until which the team-days are only just enough for what is due by then."""
        pressing, rooms = nth, room
        for later in range(nth, len(self.kinds) - 1):
            rooms += len(self.kinds[later].slots) if later > nth else 0
            due = [stop for stop in sorted(self.left) if nth <= self.last[stop] <= later]
            if due and len(self._nearest(due)) >= rooms:
                pressing = later
        return pressing

    def _nearest(self, among: Sequence[int]) -> list[Route]:
        work = self.work
        return nearest_neighbour(work.matrix, work.stops, day_s=work.terms.day_s, among=among) if among else []

    def _extend(self, route: list[int], here: Sequence[int]) -> list[int]:
        """Return the route with whatever lengthens it least, as long as the day holds one more."""
        matrix, service, day_s = self.work.matrix, self.work.stops.service_s, self.work.terms.day_s
        load = load_of(matrix, self.work.stops, tuple(route)) if route else 0
        waiting = np.array([stop for stop in here if stop not in set(route)], dtype=np.int64)
        while waiting.size:
            path = np.array([0, *route, 0])
            added = matrix[np.ix_(path[:-1], waiting)] + matrix[np.ix_(waiting, path[1:])].T
            added = added - matrix[path[:-1], path[1:]][:, None]
            at, least = added.argmin(axis=0), added.min(axis=0)
            fits = load + least + service[waiting] <= day_s
            if not fits.any():
                break
            best = int(np.where(fits, least, np.iinfo(np.int64).max).argmin())
            route.insert(int(at[best]), int(waiting[best]))
            load += int(least[best] + service[waiting[best]])
            waiting = np.delete(waiting, best)
        return route

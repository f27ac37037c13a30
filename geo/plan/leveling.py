"""Levelling: moving and swapping single stops between routes until their loads are alike, at little more travel.

The engine keeps team-days short of a wanted length but knows no least length; this evens out what stays too short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.plan.orders import Frame, Route

#: Loads within this ratio are alike.
_ALIKE: Final = 1.08
_MOST_MOVES: Final = 400


def level(routes: Sequence[Route], frame: Frame) -> list[Route]:
    """Return the same stops on as many routes, with loads alike where single moves and swaps can do it.

    A move is made where the spread of the loads, Σ (load − mean)² ÷ mean in seconds, falls by more than travel grows.
    No route becomes longer than a day, or longer than it was.
    """
    state = _State([list(route) for route in routes], frame)
    for _ in range(_MOST_MOVES):
        if state.loads.max() <= _ALIKE * state.loads.min():
            break
        order = np.argsort(state.loads, kind="stable")
        if not any(state.improve(int(nth)) for nth in (order[0], order[-1], order[1], order[-2])):
            break
    return [tuple(route) for route in state.routes]


class _State:
    """Routes with what is known of them: loads, and of each stop its route and neighbours."""

    def __init__(self, routes: list[list[int]], frame: Frame) -> None:
        self.matrix = frame.matrix
        self.service = service = frame.stops.service_s
        self.routes = routes
        self.day_s = frame.day_s
        self.can = np.ones((len(routes), len(service)), dtype=bool) if frame.can is None else frame.can
        self.loads = np.zeros(len(routes))
        self.route_of = np.full(len(service), -1)
        self.before, self.after = np.zeros(len(service), dtype=int), np.zeros(len(service), dtype=int)
        for nth in range(len(routes)):
            self._refresh(nth)

    def improve(self, nth: int) -> bool:
        """Make the best move or swap that changes route `nth`, if one is worth it."""
        others = np.flatnonzero((self.route_of >= 0) & (self.route_of != nth))
        found = [self._best_gift(nth, others), self._best_swap(nth, others)]
        gain, change = max(found, key=lambda one: one[0])
        if gain <= 1.0:
            return False
        for one, stops in change.items():
            self.routes[one] = stops
            self._refresh(one)
        return True

    def _refresh(self, nth: int) -> None:
        path = np.array([0, *self.routes[nth], 0])
        inner = path[1:-1]
        self.route_of[inner], self.before[inner], self.after[inner] = nth, path[:-2], path[2:]
        self.loads[nth] = self.matrix[path[:-1], path[1:]].sum() + self.service[inner].sum()

    def _gain(self, nth: int, own: NDArray[np.int64], other: NDArray[np.int64], rest: NDArray[np.int64],
              travel: NDArray[np.int64]) -> NDArray[np.float64]:  # fmt: skip
        """Return by how much the spread falls beyond the travel that is added: loads change by `own` and `rest`."""
        mean = self.loads.mean()
        mine, theirs = self.loads[nth], self.loads[other]
        before = (mine - mean) ** 2 + (theirs - mean) ** 2
        after = (mine + own - mean) ** 2 + (theirs + rest - mean) ** 2
        gain = (before - after) / mean - np.maximum(travel, 0)
        fits = (mine + own <= max(self.day_s, mine)) & (theirs + rest <= np.maximum(self.day_s, theirs))
        return np.where(fits, gain, -np.inf)

    def _best_gift(self, nth: int, others: NDArray[np.int64]) -> tuple[float, dict[int, list[int]]]:
        """The best stop of another route to take over, and where to put it; a route keeps at least one."""
        matrix, many = self.matrix, np.array([len(route) > 1 for route in self.routes])
        others = others[many[self.route_of[others]]]
        if not others.size:
            return -np.inf, {}
        before, after = self.before[others], self.after[others]
        saved = matrix[before, others] + matrix[others, after] - matrix[before, after]
        path = np.array([0, *self.routes[nth], 0])
        added = matrix[np.ix_(path[:-1], others)] + matrix[np.ix_(others, path[1:])].T
        added = added - matrix[path[:-1], path[1:]][:, None]
        at, least = added.argmin(axis=0), added.min(axis=0)
        work = self.service[others]
        gain = self._gain(nth, least + work, self.route_of[others], -saved - work, least - saved)
        gain = np.where(self.can[nth, others], gain, -np.inf)
        best = int(gain.argmax())
        stop, giver = int(others[best]), int(self.route_of[others[best]])
        mine = self.routes[nth].copy()
        mine.insert(int(at[best]), stop)
        return float(gain[best]), {nth: mine, giver: [one for one in self.routes[giver] if one != stop]}

    def _best_swap(self, nth: int, others: NDArray[np.int64]) -> tuple[float, dict[int, list[int]]]:
        """The best two stops to exchange, each in the place of the other."""
        own = np.array(self.routes[nth])
        if not (own.size and others.size):
            return -np.inf, {}
        here, there = self._replaced(own, others), self._replaced(others, own).T
        work = self.service[others][None, :] - self.service[own][:, None]
        gain = self._gain(nth, here + work, self.route_of[others][None, :], there - work, here + there)
        may = self.can[nth, others][None, :] & self.can[self.route_of[others]][:, own].T
        gain = np.where(may, gain, -np.inf)
        mine, theirs = np.unravel_index(int(gain.argmax()), gain.shape)
        give, take = int(own[mine]), int(others[theirs])
        partner = int(self.route_of[take])
        change = {
            nth: [take if one == give else one for one in self.routes[nth]],
            partner: [give if one == take else one for one in self.routes[partner]],
        }
        return float(gain[mine, theirs]), change

    def _replaced(self, old: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how much longer the travel is with each of `new` in the place of each of `old`."""
        matrix, before, after = self.matrix, self.before[old], self.after[old]
        longer = matrix[np.ix_(before, new)] + matrix[np.ix_(new, after)].T
        change: NDArray[np.int64] = longer - (matrix[before, old] + matrix[old, after])[:, None]
        return change

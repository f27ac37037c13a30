"""When the teams come: which groups a round has done and swept, and the day of each household's first visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.demo.parameters import RUNNING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.demo.village import Village

    Flags = NDArray[np.bool_]
    Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Schedule:
    """One round of a unit: per group whether it is done by the demo's day and swept; per household its first day."""

    number: int
    done: Flags
    swept: Flags
    first_days: Whole

    def unswept(self, groups: Whole) -> Flags:
        """Say which households lie in a group that is done and not swept."""
        return (self.done & ~self.swept)[groups]


def plan_round(village: Village, number: int) -> Schedule:
    """Plan one round of a unit."""
    rng = village.stream("schedule", number)
    if number == RUNNING:
        return _plan_running(village, rng)
    decided = village.world.decided["visits"]
    base, slope = decided["unswept_logit"]
    swept = rng.random(len(village.z)) >= _logistic(base + slope * village.z)
    first, last = village.world.rounds[number - 1]
    everywhere = np.ones(len(village.z), dtype=bool)
    order = rng.permutation(len(village.z))
    days = _spread(village, rng, everywhere, order, window=(first + 1, last - 9))
    return Schedule(number, everywhere, swept, days)


def _plan_running(village: Village, rng: np.random.Generator) -> Schedule:
    decided = village.world.decided["visits"]
    count = len(village.z)
    base, slope = decided["round4_done_logit"]
    done = (rng.random(count) < _logistic(base + slope * village.z)) | village.finished
    share = village.world.params["visits"]["swept_groups"]["share_of_done_groups"]["round_4"]
    swept = (rng.random(count) < share) | village.finished
    untouched = ~done & (rng.random(count) < decided["untouched_share"])
    order = rng.permutation(count)
    days = np.zeros(village.size, dtype=np.int64)
    kinds = (done, "r4_done_window"), (untouched, "r4_untouched_window"), (~done & ~untouched, "r4_under_way_window")
    for chosen, window in kinds:
        days += _spread(village, rng, chosen, order, window=village.world.window(decided[window]))
    # A group that is not done ends swept: the round ends complete.
    return Schedule(RUNNING, done, swept | ~done, days)


def _spread(
    village: Village, rng: np.random.Generator, chosen: Flags, order: Whole, *, window: tuple[int, int]
) -> Whole:
    """Return first days within a window for the households of chosen groups, group after group; 0 for the others."""
    rank = np.argsort(order)[village.groups] * 2.0 + rng.random(village.size)
    mine = np.flatnonzero(chosen[village.groups])
    days = np.zeros(village.size, dtype=np.int64)
    if len(mine):
        position = np.argsort(np.argsort(rank[mine], kind="stable"), kind="stable")
        days[mine] = window[0] + position * (window[1] - window[0] + 1) // len(mine)
    return days


def _logistic(value: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1 / (1 + np.exp(-value))
    return found

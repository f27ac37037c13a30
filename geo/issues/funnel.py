"""What is counted once per place and not summed from cells: the escalation funnel, and how long issues took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from geo import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Funnel:
    """研判上报漏斗: how many things (households or issues) got how far up, by `codes.ISSUE_LEVELS`.

    stopped(L) = highest level = L (止于本级); reached(L) = highest level ≥ L (进入本级); Σ stopped = reached(village).
    """

    stopped: tuple[int, ...]

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> Self:
        """Make a funnel from counts by rank of the highest level (0 village … 2 district)."""
        return cls(tuple(counts.get(rank, 0) for rank in range(len(codes.ISSUE_LEVELS))))

    @property
    def reached(self) -> tuple[int, ...]:
        """进入本级, by level: what stopped there or higher."""
        return tuple(sum(self.stopped[rank:]) for rank in range(len(self.stopped)))

    def rows(self) -> list[dict[str, int | str]]:
        """Return one row a level, lowest first: level, reached, stopped."""
        named = zip(codes.ISSUE_LEVELS, self.reached, self.stopped, strict=True)
        return [{"level": level, "reached": reached, "stopped": stopped} for level, reached, stopped in named]


@dataclass(frozen=True, slots=True)
class Spans:
    """办结用时: of `count` valid issues that stand resolved, the days from raising to the resolution that stands.

    `median` and `p90` are days that issues really took (nearest rank): at least half, and nine tenths, took no longer.
    None where nothing is resolved.
    """

    count: int
    median: int | None
    p90: int | None

    @classmethod
    def of(cls, days: Iterable[tuple[int, int]]) -> Self:
        """Make them from pairs of days and how many issues took them."""
        pairs = sorted(days)
        count = sum(times for _, times in pairs)
        return cls(count, _nearest(pairs, count, 5), _nearest(pairs, count, 9))


def _nearest(pairs: list[tuple[int, int]], count: int, tenths: int) -> int | None:
    """Return the least number of days that at least so many tenths of the issues took at most."""
    wanted, seen = -(-count * tenths // 10), 0
    for days, times in pairs:
        seen += times
        if seen >= wanted:
            return days
    return None

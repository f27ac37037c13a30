"""口径: the figures that somebody may choose, each with its bounds; what is chosen stands in the database.

Percentages are basis points, spans are days, weights are points, the rest is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from geo import config

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Kinds of choices, in the order they are shown.
GROUPS: Final = ("weight", "deadline", "threshold", "target")
UNITS: Final = ("points", "days", "bp", "times", "rounds", "homes")
#: The year of the figures that the software comes with.
USUAL_YEAR: Final = 2026


@dataclass(frozen=True, slots=True)
class Choice:
    """One figure to choose: its key, group and unit, what it is until somebody chooses, and its bounds."""

    key: str
    group: str
    unit: str
    usual: int
    most: int
    least: int = 0


_WEIGHTS: Final = tuple(one.name for one in fields(config.PriorityWeights))
CHOICES: Final[tuple[Choice, ...]] = (
    *(Choice(name, "weight", "points", getattr(config.PriorityWeights(), name), 1000) for name in _WEIGHTS),
    # Days in which a new issue to be solved by a deadline is due; 0: nobody proposes a day.
    Choice("due_days", "deadline", "days", 0, 3650),
    Choice("reopen_days", "deadline", "days", config.REOPEN_DAYS, 3650),
    Choice("assign_days", "deadline", "days", config.ASSIGN_DAYS, 3650),
    Choice("exclusion_warn", "threshold", "bp", config.EXCLUSION_WARN_BP, config.WHOLE_BP),
    Choice("misses_mark", "threshold", "times", config.MISSES_MARK, 100, 1),
    Choice("missed_rounds_mark", "threshold", "rounds", config.MISSED_ROUNDS_MARK, 100, 1),
    Choice("pace_days", "threshold", "days", config.PACE_DAYS, 365, 1),
    # Counts by a trait of people below this are not said of a wide place; 1 says all.
    Choice("small_count", "threshold", "homes", config.SMALL_COUNT, 100, 1),
    Choice("target", "target", "bp", config.TARGET_BP, config.WHOLE_BP, 1),
)
BY_KEY: Final = {one.key: one for one in CHOICES}


@dataclass(frozen=True, slots=True)
class Rules:
    """The figures in force: those that were chosen by key; `rules[key]` is the usual one where none was."""

    chosen: Mapping[str, int]

    def __getitem__(self, key: str) -> int:
        """Return a figure by the key of its choice, in the unit of that."""
        return self.chosen.get(key, BY_KEY[key].usual)

    @property
    def weights(self) -> config.PriorityWeights:
        """The weights of a gap row's priority."""
        return config.PriorityWeights(**{name: self[name] for name in _WEIGHTS})

    def as_dict(self) -> dict[str, int]:
        """Return every figure by its key."""
        return {one.key: self[one.key] for one in CHOICES}


USUAL: Final = Rules({})

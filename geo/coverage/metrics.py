"""Metrics from counts (domain §3): every percentage with its numerator, its denominator and its formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from geo import config
from geo.schema import CELL_COUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geo.model import Round


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage that never stands without its numerator and denominator; `formula` is its catalogue key."""

    formula: str
    numerator: int
    denominator: int
    good: bool = True

    @property
    def tenths(self) -> int | None:
        """Per-mille as printed: good shares rounded down, bad ones up, 1000 only when complete; None when empty."""
        if not self.denominator:
            return None
        if self.numerator == self.denominator:
            return 1000
        scaled = self.numerator * 1000
        down = scaled // self.denominator
        return down if self.good else min(999, -(-scaled // self.denominator))

    @property
    def percent(self) -> str:
        """The printed percentage with one decimal, or an em dash for an empty denominator."""
        return "—" if self.tenths is None else f"{self.tenths // 10}.{self.tenths % 10}%"

    @property
    def percent_fine(self) -> str:
        """The percentage with two decimals (满意度), rounded down; 100.00% only when complete."""
        if not self.denominator:
            return "—"
        scaled = self.numerator * 10_000 // self.denominator
        return f"{scaled // 100}.{scaled % 100:02d}%"

    def points_since(self, earlier: Share) -> float | None:
        """Percentage points between the two figures as printed (this minus the earlier one)."""
        if self.tenths is None or earlier.tenths is None:
            return None
        return (self.tenths - earlier.tenths) / 10


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one place (one coverage cell); fields are `schema.CELL_COUNTS`."""

    values: Mapping[str, int]

    @classmethod
    def empty(cls) -> Self:
        """Return the counts of a place without a roster row."""
        return cls(dict.fromkeys(CELL_COUNTS, 0))

    def __getattr__(self, name: str) -> int:
        """Return one count by its name."""
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    def share(self, formula: str) -> Share:
        """Return one of the metrics of `SHARES` by its catalogue key."""
        numerator, denominator, good = SHARES[formula]
        return Share(formula, self.values[numerator], self.values[denominator], good)


#: Metric → (numerator, denominator, is it good), each domain §3.
SHARES: dict[str, tuple[str, str, bool]] = {
    # 上门率 |{h ∈ D: any in-person visit}| / |D|
    "kpi.attempt": ("attempted", "roster", True),
    # 见面率 |{h ∈ D: in person, effective, partial_proxy, refused or postponed}| / |D|
    "kpi.contact": ("contacted", "roster", True),
    # 走访覆盖率 |{h ∈ D: in person, effective}| / |D|: the headline
    "kpi.coverage": ("effective", "roster", True),
    # 含电话走访率 effective ∪ absent households reached by phone / |D|
    "kpi.phone": ("phone", "roster", True),
    # 入户成功率 effective / attempted: diagnostic only
    "kpi.success": ("effective", "attempted", True),
    # 完成组 / 组: D ⊆ C; groups with an empty D are in neither
    "kpi.groups_complete": ("groups_complete", "groups", True),
    # 覆盖组 / 组: D ∩ C not empty
    "kpi.groups_touched": ("groups_touched", "groups", True),
    # 超期未访 h ∈ D, h ∉ C, t > due(h)
    "kpi.overdue": ("overdue", "roster", False),
    # 剔除率 rows that have left D / rows with added_on ≤ t
    "kpi.excluded": ("left", "rows", False),
    # 定位率 households with a coordinate / |D|
    "kpi.located": ("located", "roster", True),
    # 重点户覆盖率 effective coverage over the households with a care tag
    "kpi.priority": ("priority_effective", "priority", True),
}


def remaining_to_target(counts: Counts, target_bp: int) -> int:
    """距达标还差: max(0, ⌈target_bp · |D| / 10000⌉ − |C|), in households."""
    return max(0, (target_bp * counts.roster + 9999) // 10000 - counts.complete)


@dataclass(frozen=True, slots=True)
class Pace:
    """进度: days left d = e − t; households a day needed (None: —) and lately."""

    days_left: int
    needed: int | None
    lately: float


def pace(counts: Counts, round_: Round, as_of: date, *, days_lately: int = config.PACE_DAYS) -> Pace:
    """进度: needed a day = ⌈remaining ÷ d⌉, none when d ≤ 0; lately = entered C in (t − 7, t] ÷ 7 (7 as 口径 says)."""
    days = (round_.ends_on - as_of).days
    left = remaining_to_target(counts, round_.target_bp)
    return Pace(days, -(-left // days) if days > 0 else None, counts.entered_7d / days_lately)


def same_day_of(previous: Round, round_: Round, as_of: date) -> date:
    """同期: the day of the previous round that compares with t: min(e′, s′ + (t − s))."""
    return min(previous.ends_on, previous.starts_on + (as_of - round_.starts_on))


def is_much_excluded(counts: Counts, *, warn_bp: int = config.EXCLUSION_WARN_BP) -> bool:
    """剔除率 above a threshold in basis points: rows that have left D / rows with added_on ≤ t; to be looked into."""
    return counts.left * config.WHOLE_BP > warn_bp * counts.rows


def is_cleared(counts: Counts, *, valid_open: int) -> bool:
    """清零: every valid issue under the place closed and D ⊆ C; an empty D is not cleared."""
    return counts.roster > 0 and counts.complete == counts.roster and valid_open == 0

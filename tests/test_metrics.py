"""Metrics from counts, for every small count there is: rounding, targets, pace, the day of the last round."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

import pytest

from geo.coverage import SHARES, Counts, Share, is_cleared, pace, remaining_to_target, same_day_of
from geo.model import Round
from geo.schema import CELL_COUNTS

MOST = 130


def counts(**said: int) -> Counts:
    """Return counts that are zero but for some."""
    return Counts({**dict.fromkeys(CELL_COUNTS, 0), **said})


def plan(starts: date, ends: date, target_bp: int = 9500) -> Round:
    """Return a round of some days."""
    return Round("r", "visits", "轮", 1, "d", starts, ends, target_bp, "open", away_phone_counts=False)


@pytest.mark.parametrize("good", [True, False])
def test_every_small_share_is_rounded_against_itself(good):
    """Good shares go down, bad ones up, to a tenth; 100 % stands only for all, 0 % of a bad share only for none."""
    for whole in (*range(1, MOST), 999, 1000, 1001, 20_001):
        for part in {*range(min(whole, MOST) + 1), whole - 1, whole}:
            exact = Fraction(part * 1000, whole)
            share = Share("kpi.coverage", part, whole, good)
            wanted = floor(exact) if good else ceil(exact)
            assert share.tenths == (1000 if part == whole else min(wanted, 999))
            assert share.percent == f"{share.tenths // 10}.{share.tenths % 10}%"
            assert (share.percent == "100.0%") == (part == whole)
            assert good or (share.percent == "0.0%") == (part == 0)
    assert Share("kpi.coverage", 0, 0, good).percent == "—"


def test_remaining_is_the_least_that_reaches_the_target():
    """With what remains the target is reached, with one less it is not; 0 % asks for nobody, 100 % for everybody."""
    for target_bp in (0, 1, 3333, 5000, 9000, 9500, 9750, 9999, 10_000):
        for roster in range(MOST):
            for complete in {0, roster // 2, max(0, roster - 1), roster}:
                left = remaining_to_target(counts(roster=roster, complete=complete), target_bp)
                reached = lambda more: Fraction(complete + more) >= Fraction(target_bp * roster, 10_000)  # noqa: E731, B023
                assert reached(left)
                assert left == 0 or not reached(left - 1)
                assert 0 <= left <= roster - complete


def test_pace_over_the_last_days():
    """Needed a day is the least whole number that suffices; on the last day and after it is none."""
    one = plan(date(2019, 11, 1), date(2019, 11, 30), 10_000)
    for day in range(1, 40):
        as_of = date(2019, 11, 1) + timedelta(days=day)
        found = pace(counts(roster=100, complete=7, entered_7d=10), one, as_of)
        days = 29 - day
        assert (found.days_left, found.lately) == (days, 10 / 7)
        assert found.needed == (None if days <= 0 else ceil(Fraction(93, days)))


def test_the_same_day_of_the_last_round():
    """min(e′, s′ + (t − s)): never after the last round's end, and before its first day where this one has not begun."""
    now, before = plan(date(2019, 11, 1), date(2019, 12, 31)), plan(date(2019, 5, 1), date(2019, 5, 20))
    for offset in range(-20, 90):
        as_of = now.starts_on + timedelta(days=offset)
        assert same_day_of(before, now, as_of) == min(before.ends_on, before.starts_on + timedelta(days=offset))


def test_a_difference_is_that_of_the_printed_values():
    """19.9 % (from 19.96) after 19.8 % (from 19.89) is +0.1, whatever the exact shares say; an empty one has none."""
    now, then = Share("kpi.coverage", 1996, 10_000), Share("kpi.coverage", 1989, 10_000)
    assert (now.percent, then.percent, now.points_since(then)) == ("19.9%", "19.8%", 0.1)
    assert now.points_since(Share("kpi.coverage", 0, 0)) is None


def test_cleared_needs_somebody_everybody_and_no_open_issue():
    """清零 wants D not empty, D ⊆ C and no open issue."""
    assert is_cleared(counts(roster=2, complete=2), valid_open=0)
    for roster, complete, still_open in ((0, 0, 0), (2, 1, 0), (2, 2, 1)):
        assert not is_cleared(counts(roster=roster, complete=complete), valid_open=still_open)


def test_which_shares_are_bad():
    """Only 超期 and 剔除 are shares that are better the smaller they are."""
    assert {name for name, (_part, _whole, good) in SHARES.items() if not good} == {"kpi.overdue", "kpi.excluded"}

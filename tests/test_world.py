"""The small world's totals, as a person counts them by hand in `tests/world.py`, asserted for every metric."""

from __future__ import annotations

from datetime import date

import pytest

from geo.codes import GAP_STATES
from geo.coverage import Counts, Share, pace, remaining_to_target, same_day_of
from geo.gaps import group_gaps, list_todos, rank_gaps
from geo.issues import highest_levels
from geo.store.cells import differing_cells
from geo.store.reads import read_children, read_figures, read_homes, read_same_day
from tests.world import LEADER, PLANNER, TODAY

ROUND = "2"


@pytest.fixture
def district(world):
    return read_figures(world, PLANNER, round_id=ROUND, place_id="d")


@pytest.fixture
def homes(world):
    return read_homes(world, PLANNER, round_id=ROUND, place_id="d")


def test_denominator_by_hand(district):
    """59 rows have entered (h42 has not), 6 have left, 53 are due; h38 is the one added, h32 the one pending."""
    counts = district.counts
    assert (counts.rows, counts.left, counts.roster, counts.baseline, counts.added, counts.pending) == (
        59,
        6,
        53,
        52,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("formula", "numerator", "denominator", "percent"),
    [
        ("kpi.attempt", 29, 53, "54.7%"),
        ("kpi.contact", 24, 53, "45.2%"),
        ("kpi.coverage", 21, 53, "39.6%"),
        ("kpi.phone", 23, 53, "43.3%"),
        ("kpi.success", 21, 29, "72.4%"),
        ("kpi.groups_complete", 3, 11, "27.2%"),
        ("kpi.groups_touched", 9, 11, "81.8%"),
        ("kpi.overdue", 4, 53, "7.6%"),
        ("kpi.excluded", 6, 59, "10.2%"),
        ("kpi.located", 52, 53, "98.1%"),
        ("kpi.priority", 1, 3, "33.3%"),
        ("kpi.clear", 1, 6, "16.6%"),
        ("kpi.solved", 1, 1, "100.0%"),
        ("kpi.ontime", 2, 4, "50.0%"),
    ],
)
def test_every_share_by_hand(district, formula, numerator, denominator, percent):
    """Each metric has the numerator and denominator counted by hand; good shares round down, bad ones up."""
    share = district.share(formula)
    assert (share.numerator, share.denominator, share.percent) == (numerator, denominator, percent)


def test_states_by_hand_sum_to_the_denominator(district):
    """21 effective, 4 overdue, 1 refused, 2 partial, 5 missed, 20 unvisited: 53."""
    counts = district.counts
    by_state = {state: counts.values[state] for state in (*GAP_STATES, "effective")}
    assert by_state == {"overdue": 4, "unvisited": 20, "missed": 5, "refused": 1, "partial": 2, "effective": 21}
    assert sum(by_state.values()) == counts.roster


def test_target_pace_and_same_day_by_hand(world, district):
    """25 more homes reach 90 %; 20 days are left, so 2 a day; 2 entered in seven days; 39.6 % against 51.7 % before."""
    assert remaining_to_target(district.counts, district.round.target_bp) == 25
    speed = pace(district.counts, district.round, TODAY)
    assert (speed.days_left, speed.needed, speed.lately) == (20, 2, 2 / 7)
    before = read_same_day(world, PLANNER, figures=district)
    assert before is not None
    assert before.as_of == date(2019, 5, 31)
    assert (before.counts.effective, before.counts.roster) == (30, 58)
    assert district.share("kpi.coverage").points_since(before.share("kpi.coverage")) == -12.1


def test_pace_has_no_daily_need_after_the_end(district):
    """On the last day and later there is nothing a day could do: needed is empty."""
    assert pace(district.counts, district.round, date(2019, 12, 10)).needed is None
    assert same_day_of(district.round, district.round, date(2020, 1, 5)) == date(2019, 12, 10)


def test_absent_households_stand_beside_the_headline(district):
    """h18 was found away and h25 is tagged away: both are due, neither enters the headline."""
    assert district.counts.away == 2
    assert district.counts.complete - district.counts.effective == 2


def test_children_partition_the_parent(world):
    """Every count of the district is the sum over townships, and of a township over its villages."""
    for parent in ("d", "t1", "t2", "v1", "v4"):
        whole = read_figures(world, PLANNER, round_id=ROUND, place_id=parent).counts
        parts = [one.counts for one in read_children(world, PLANNER, round_id=ROUND, place_id=parent)]
        for name, value in whole.values.items():
            assert sum(part.values[name] for part in parts) == value, (parent, name)
    assert read_figures(world, PLANNER, round_id=ROUND, place_id="g12").share("kpi.coverage").percent == "—"


def test_issue_buckets_by_hand(district):
    """Of 6 valid issues 1 is closed; 2 overdue + 1 undated + 2 in time are the 5 open; 1 deferred, 1 unverified."""
    issues = district.issues
    assert (issues["valid"], issues["closed"], issues["open"]) == (6, 1, 5)
    assert (issues["overdue"], issues["undated"], issues["in_time"]) == (2, 1, 2)
    assert (issues["deferred"], issues["unverified"]) == (1, 1)


def test_issue_levels_by_hand(world):
    """Four households have an issue, one of them reached the township."""
    with world.read() as connection:
        levels = dict(connection.execute(highest_levels(TODAY)).all())
    assert levels == {"h01": 0, "h02": 0, "h07": 0, "h10": 1}


def test_state_of_an_earlier_day(world):
    """On 10-27 i3 is resolved but not closed, i5 not yet deferred, and nothing is overdue."""
    past = read_figures(world, PLANNER, round_id=ROUND, place_id="d", as_of=date(2019, 10, 27))
    assert (past.issues["closed"], past.issues["unverified"], past.issues["deferred"], past.issues["overdue"]) == (
        0,
        1,
        0,
        0,
    )
    assert (past.counts.effective, past.counts.roster) == (18, 58)


def test_gap_list_is_what_the_headline_lacks(homes, district):
    """The list has N − n rows, one a household, its states sum to it, and each priority is the sum of its terms."""
    gaps = rank_gaps(homes, TODAY)
    assert len(gaps) == district.counts.roster - district.counts.effective == 32
    assert gaps["household"].is_unique
    assert gaps["state"].value_counts().to_dict() == {
        "unvisited": 20,
        "missed": 5,
        "overdue": 4,
        "partial": 2,
        "refused": 1,
    }
    terms = [name for name in gaps.columns if name.startswith("p_")]
    assert (gaps[terms].sum(axis=1) == gaps["priority"]).all()
    assert gaps["priority"].is_monotonic_decreasing


def test_marks_and_priority_by_hand(homes):
    """h40 dibao, 10 days late, missed round 1: 30 + 10 + 5; h10 old and alone with an overdue issue: 30 + 10 + 5."""
    gaps = rank_gaps(homes, TODAY).set_index("household")
    assert gaps.loc["h40", ["p_tag", "p_overdue", "p_missed_rounds", "priority"]].tolist() == [30, 10, 5, 45]
    assert gaps.loc["h10", ["p_tag", "p_issue", "p_issue_overdue", "priority"]].tolist() == [30, 10, 5, 45]
    assert bool(gaps.loc["h08", "m_missed_twice"])
    assert not bool(gaps.loc["h07", "m_missed_twice"])
    assert gaps.index[gaps["m_revisit_on_return"]].tolist() == ["h18", "h25"]
    assert set(gaps.index[gaps["m_never"]]) == {"h46", "h47", "h48", "h49", "h50", "h51", "h58", "h59", "h60"}
    assert gaps.index[gaps["m_exclusion_pending"]].tolist() == ["h32"]
    assert gaps.loc["h32", "p_last_of_group"] == 5


def test_group_list_by_hand(homes):
    """Ten places have a gap, the untouched ones are g11 and g03, and what they lack sums to the list."""
    gaps = rank_gaps(homes, TODAY)
    groups = group_gaps(homes, gaps)
    assert len(groups) == 10
    assert set(groups.loc[groups["untouched"], "place"]) == {"g03", "g11"}
    assert groups["remaining"].sum() == len(gaps)
    assert (groups[list(GAP_STATES)].sum(axis=1) == groups["remaining"]).all()


def test_visited_homes_with_work_left_are_a_second_list(homes):
    """Visited homes without anybody responsible are listed apart; h43 has its group's cadre and is not among them."""
    todos = list_todos(homes)
    assert (todos["effective"] == 1).all()
    assert "h43" not in set(todos["household"])
    assert len(todos) == 20


def test_leader_sees_masked_names(world):
    """The same list for a leader carries a surname and an asterisk only."""
    names = read_homes(world, LEADER, round_id=ROUND, place_id="g01")["head_name"]
    assert set(names) == {"测*"}


def test_cells_equal_a_full_recompute(world):
    """After everything the builder did through the services no cell differs from a recompute."""
    with world.read() as connection:
        assert differing_cells(connection, "1") == []
        assert differing_cells(connection, "2") == []


@pytest.mark.parametrize(
    ("numerator", "denominator", "good", "percent"),
    [(999, 1000, True, "99.9%"), (9999, 10000, True, "99.9%"), (9999, 10000, False, "99.9%"), (1, 3000, False, "0.1%"),
     (1, 3000, True, "0.0%"), (7, 7, False, "100.0%"), (0, 0, True, "—")],
)  # fmt: skip
def test_rounding_never_flatters(numerator, denominator, good, percent):
    """Good shares round down, bad ones up, 100 % only when complete, nothing from nothing is a dash."""
    assert Share("kpi.coverage", numerator, denominator, good).percent == percent


def test_unknown_count_is_an_error():
    """A misspelt count never reads as zero."""
    with pytest.raises(AttributeError):
        _ = Counts.empty().effectiv


def test_round_one_is_closed_history(world):
    """Round 1 at its end: 30 of 58, every household of its baseline, no phone contact counted."""
    first = read_figures(world, PLANNER, round_id="1", place_id="d")
    assert (first.counts.effective, first.counts.roster, first.counts.attempted) == (30, 58, 43)

"""A round's roster changed by hand: who joins counts from today, who is proposed to leave stays until it is approved."""

from __future__ import annotations

import pytest

from geo.errors import Conflict, Invalid, NotFound
from geo.store.exclusions import decide_exclusions, read_exclusions
from geo.store.households import NewHousehold, add_household, find_code
from geo.store.reads import read_figures
from geo.store.roster_changes import join_round, propose_leaving
from tests.world import LEADER, PLANNER


def roster(db) -> tuple[int, int]:
    """Return D of g01 in round 2, and how many exclusions wait."""
    counts = read_figures(db, PLANNER, round_id="2", place_id="g01").counts
    return counts.roster, counts.pending


def test_a_household_joins_once(world):
    """It is in D from today; a second time is a conflict; one outside the round's scope or unknown is refused."""
    add_household(world, PLANNER, new=NewHousehold("new", "C-777", "g01", "测新"), join_round=False)
    assert roster(world) == (5, 0)
    join_round(world, PLANNER, round_id="2", household_id=find_code(world, PLANNER, code="C-777"))
    assert roster(world) == (6, 0)
    with pytest.raises(Conflict):
        join_round(world, PLANNER, round_id="2", household_id="new")
    with pytest.raises(NotFound):
        find_code(world, PLANNER, code="C-000")


def test_leaving_needs_evidence_and_approval(world):
    """Without evidence it is refused; proposed it stays in D, twice is a conflict; approved it leaves."""
    world_home = "h11"
    with pytest.raises(Invalid, match=r"err\.evidence"):
        propose_leaving(world, PLANNER, round_id="2", household_id=world_home, reason="vacant", evidence=" ")
    with pytest.raises(Invalid):
        propose_leaving(world, PLANNER, round_id="2", household_id=world_home, reason="refused", evidence="x")
    propose_leaving(world, PLANNER, round_id="2", household_id=world_home, reason="vacant", evidence="邻居说搬走两年")
    shown = read_exclusions(world, PLANNER, round_id="2", place_id="d").set_index("household")["evidence"]
    assert shown[world_home] == "邻居说搬走两年"
    assert set(read_exclusions(world, LEADER, round_id="2", place_id="d")["evidence"]) == {""}
    with pytest.raises(Conflict):
        propose_leaving(world, PLANNER, round_id="2", household_id=world_home, reason="vacant", evidence="x")
    before = read_figures(world, PLANNER, round_id="2", place_id="g03").counts
    assert (before.roster, before.pending) == (5, 1)
    listed = read_exclusions(world, PLANNER, round_id="2", place_id="g03")
    rev = int(listed.loc[listed["household"] == world_home, "rev"].iloc[0])
    decide_exclusions(world, PLANNER, round_id="2", revs={world_home: rev}, decision="approve")
    after = read_figures(world, PLANNER, round_id="2", place_id="g03").counts
    assert (after.roster, after.left) == (4, 1)

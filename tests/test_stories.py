"""The two cases of docs/stories.md, told from the first visit to the last measure."""

from __future__ import annotations

from datetime import date

from geo.store.clearance import read_clearance
from geo.store.issue_acts import get_issue, list_homes_of, list_unlike_their_events, read_history
from geo.store.measures import list_measures
from tests.stories import SQUARE, tell_school, tell_square
from tests.world import PLANNER

HOMES = ("h16", "h17", "h18", "h19", "h20")


def test_a_square_for_a_group(world):
    """One issue of the whole group, not one a household: up to the district, five units' measures, closed in a week."""
    before = read_clearance(world, PLANNER, place_id="g04")
    issue = tell_square(world, PLANNER, group="g04", homes=HOMES, on=date(2019, 11, 1))
    after = read_clearance(world, PLANNER, place_id="g04")
    assert (after.counts["valid"], after.counts["closed"]) == (before.counts["valid"] + 1, before.counts["closed"] + 1)
    assert after.households == before.households
    assert after.issues.stopped[2] == before.issues.stopped[2] + 1
    standing, events = read_history(world, PLANNER, issue_id=issue)
    assert (standing.state, standing.max_level, standing.satisfaction) == ("closed", "district", 1)
    assert (events[-1]["on"] - events[0]["on"]).days == 7
    measures = list_measures(world, PLANNER, issue_id=issue)
    assert {one["unit"] for one in measures} == {unit for unit, _, _ in SQUARE}
    assert all(one["done_on"] <= events[-1]["on"] for one in measures)
    assert [one["id"] for one in list_homes_of(world, PLANNER, issue_id=issue)] == list(HOMES)


def test_a_child_goes_back_to_school(world):
    """A household's issue passes village and township, the district settles it in time by its first term, and it is verified."""
    before = read_clearance(world, PLANNER, place_id="d")
    issue = tell_school(world, PLANNER, place="g03", home="h11", on=date(2019, 11, 1))
    after = read_clearance(world, PLANNER, place_id="d")
    assert after.households.stopped[2] == before.households.stopped[2] + 1
    assert after.counts["on_time_original"] == before.counts["on_time_original"] + 1
    standing, events = read_history(world, PLANNER, issue_id=issue)
    assert [one["to_level"] for one in events if one["kind"] == "escalated"] == ["township", "district"]
    assert (standing.state, standing.verified_by) == ("closed", "村监督委员会")
    number = get_issue(world, PLANNER, issue_id=issue)["number"]
    assert number not in list_unlike_their_events(world, PLANNER)

"""One call at a door: the visit, new issues and answers to open ones are stored together or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from geo.errors import Conflict, GeoError, Invalid
from geo.issues import Act
from geo.model import IssueEntry, VisitEntry
from geo.store.calls import Answer, Call, record_call
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue, get_issue, list_unlike_their_events, read_history
from geo.store.issues import raise_issue
from tests.world import PLANNER, TODAY

VISIT = VisitEntry("v", "h11", TODAY, "effective")
RAISED = (
    IssueEntry("spot", "g03", "household", "EDU", "缺课本", TODAY, ("h11",), route="on_spot"),
    IssueEntry("up", "g03", "group", "INF_R", "桥面塌了", TODAY, ("h11", "h12"), route="escalated"),
    IssueEntry("told", "v1", "village", "POL", "想多分地", TODAY, route="explained"),
    IssueEntry("term", "g03", "household", "WATER", "水管冻裂", TODAY, ("h11",), due_on=date(2019, 12, 1)),
)
ANSWERS = (
    Answer("old1", Act("progress", TODAY, note="已报水务"), "v:old1", 1),
    Answer("old2", Act("resolved", TODAY, close_kind="explained"), "v:old2", 1),
)
CALL = Call(VISIT, RAISED, ANSWERS)


@pytest.fixture
def village(world: Database) -> Database:
    """Return the world with two open issues of the household that is called on."""
    for one in ("old1", "old2"):
        entry = IssueEntry(one, "g03", "household", "MED", f"旧事{one}", date(2019, 11, 1), ("h11",))
        raise_issue(world, PLANNER, entry=entry)
    return world


def count_rows(db: Database) -> list[int]:
    """Return how many visits, issues and events there are."""
    with db.read() as connection:
        tables = ("visit", "issue", "issue_event", "visit_person", "issue_household")
        return [int(connection.exec_driver_sql(f"SELECT count(*) FROM {one}").scalar_one()) for one in tables]


def test_a_call_is_stored_whole(village: Database) -> None:
    """The visit, four new issues that name it and two answers are there at once; routes did what they say."""
    unlike = list_unlike_their_events(village, PLANNER)
    done = record_call(village, PLANNER, call=CALL)
    assert done.visit is not None
    assert (done.visit.created, len(set(done.numbers)), len(done.acted)) == (True, 4, 2)
    stands = {one: read_history(village, PLANNER, issue_id=one)[0] for one in ("spot", "up", "told", "term", "old2")}
    assert {one: (said.state, said.close_kind, said.level) for one, said in stands.items()} == {
        "spot": ("resolved", "solved_on_spot", "village"),
        "up": ("assigned", None, "township"),
        "told": ("resolved", "explained", "village"),
        "term": ("open", None, "village"),
        "old2": ("resolved", "explained", "village"),
    }
    rows = [get_issue(village, PLANNER, issue_id=one.id) for one in RAISED]
    assert {row["raised_by_visit"] for row in rows} == {"v"}
    assert list_unlike_their_events(village, PLANNER) == unlike


def test_a_call_sent_again_changes_nothing(village: Database) -> None:
    """Eight sends at once, and one later, make what one makes."""
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _n: record_call(village, PLANNER, call=CALL), range(8)))
    assert len({one.numbers for one in done}) == 1
    assert sum(one.visit.created for one in done if one.visit is not None) == 1
    before = count_rows(village)
    record_call(village, PLANNER, call=CALL)
    assert count_rows(village) == before


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"raised": (*RAISED, replace(RAISED[0], id="x", category=""))}, "err.issue_category"),
        ({"raised": (*RAISED, replace(RAISED[0], id="x", title=" "))}, "err.title_empty"),
        ({"raised": (*RAISED, replace(RAISED[3], id="x", due_on=date(2019, 1, 1)))}, "err.issue_due_past"),
        ({"answers": (*ANSWERS, Answer("old1", Act("closed", TODAY, verified_by="household"), "z"))}, "err.issue_state"),
        ({"answers": (*ANSWERS, Answer("nobody", Act("progress", TODAY), "z"))}, "err.no_issue"),
        ({"visit": replace(VISIT, visited_on=date(2019, 10, 20)), "raised": ()}, "err.issue_before"),
        ({"visit": replace(VISIT, outcome="not_home")}, "err.reason"),
    ],
    ids=["category", "title", "term", "state", "unknown", "before", "reason"],
)  # fmt: skip
def test_a_call_with_one_wrong_part_is_refused_whole(village: Database, changes: dict[str, Any], error: str) -> None:
    """Whatever part is refused, no visit, no issue and no event of the call is stored."""
    before = count_rows(village)
    call = replace(CALL, **changes)
    if error == "err.issue_before":
        call = replace(
            call, answers=tuple(replace(one, act=replace(one.act, on=date(2019, 10, 20))) for one in ANSWERS)
        )
    with pytest.raises(GeoError) as caught:
        record_call(village, PLANNER, call=call)
    assert caught.value.key == error
    assert count_rows(village) == before


def test_an_issue_that_moved_meanwhile_stops_the_call(village: Database) -> None:
    """Somebody resolved it after the form was read: conflict with who, and nothing stored; seen again, it fits or not."""
    act_on_issue(village, PLANNER, issue_id="old2", act=Act("resolved", TODAY), act_id="other")
    before = count_rows(village)
    with pytest.raises(Conflict) as caught:
        record_call(village, PLANNER, call=CALL)
    assert caught.value.params["who"] == PLANNER.actor
    assert count_rows(village) == before
    with pytest.raises(Invalid):
        record_call(village, PLANNER, call=replace(CALL, answers=(replace(ANSWERS[1], rev=2),)))
    assert (
        record_call(village, PLANNER, call=replace(CALL, answers=ANSWERS[:1])).acted[0].standing.state == "in_progress"
    )

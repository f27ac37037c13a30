"""研判: what comes before a review and why, and that each decision is an event of the issue."""

from __future__ import annotations

from datetime import date

import pytest

from geo.errors import Conflict, Invalid, NotAllowed
from geo.issues import Act
from geo.model import Scope
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue, get_issue, read_history
from geo.store.reviews import (
    Decision,
    ReviewEntry,
    decide,
    list_candidates,
    list_reviews,
    open_review,
    read_decided,
    write_minutes,
)
from tests.world import LEADER, PLANNER, TODAY


@pytest.fixture
def review(world) -> str:
    """Open a village-level review of the whole district's issues, with who took part."""
    open_review(world, PLANNER, entry=ReviewEntry("r1", "d", "village", TODAY, "周测、郑测"))
    return "r1"


def say(db: Database, issue: str, kind: str, *, review: str = "r1", **more):
    """Decide about an issue as it stands now."""
    rev = get_issue(db, PLANNER, issue_id=issue)["rev"]
    return decide(db, PLANNER, review_id=review, issue_id=issue, rev=rev, decision=Decision(kind, **more))


def test_candidates_come_with_their_reasons(world):
    """At village level the undated and the late deferred one, not what waits for its check; higher up the escalated one."""
    found = list_candidates(world, PLANNER, place_id="d", level="village").set_index("issue")["reasons"].to_dict()
    assert found == {"i2": "undated", "i5": "overdue"}
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = '2020-01-05' WHERE key = 'today'")
    found = list_candidates(world, PLANNER, place_id="d", level="village").set_index("issue")["reasons"].to_dict()
    assert found == {"i2": "undated", "i4": "overdue", "i5": "overdue"}
    (row,) = list_candidates(world, PLANNER, place_id="d", level="township").to_dict("records")
    assert (row["issue"], row["reasons"], row["history"]) == ("i1", "escalated,overdue", "raised,escalated")
    assert len(list_candidates(world, PLANNER, place_id="v4", level="township")) == 0


def test_decisions_are_events(world, review):
    """Each of the five is one event with its day, the review keeps what was decided, sending it again changes nothing."""
    assert say(world, "i2", "assign", unit="卫健局", due_on=date(2019, 12, 1)).standing.state == "assigned"
    assert say(world, "i4", "escalate", note="要资金").standing.level == "township"
    assert not say(world, "i4", "escalate", note="要资金").created
    with pytest.raises(Conflict):
        say(world, "i4", "explain")
    _, events = read_history(world, PLANNER, issue_id="i2")
    assert (events[-1]["kind"], events[-1]["on"], events[-1]["unit"]) == ("assigned", TODAY, "卫健局")
    decided = read_decided(world, PLANNER, review_id=review)
    assert decided["issue"].tolist() == ["i2", "i4"]
    assert decided["decision"].tolist() == ["assign", "escalate"]
    (held,) = list_reviews(world, PLANNER, place_id="d")
    assert (held["decided"], held["participants"]) == (2, "周测、郑测")


def test_explain_and_defer(world, review):
    """Explaining resolves and waits for a check; deferring names those who took part as approvers and needs a reason."""
    assert say(world, "i2", "explain").standing.close_kind == "explained"
    with pytest.raises(Invalid, match=r"err\.issue_reason"):
        say(world, "i4", "defer")
    say(world, "i4", "defer", note="等上级资金")
    assert read_history(world, PLANNER, issue_id="i4")[1][-1]["approved_by"] == "周测、郑测"
    assert say(world, "i5", "assign", unit="住建局").standing.state == "assigned"
    assert len(read_decided(world, PLANNER, review_id=review)) == 3


def test_only_issues_of_the_place_and_level_are_decided(world, review):
    """An issue that went up, and one of another village, are refused with the reason; nothing is decided about them."""
    open_review(world, PLANNER, entry=ReviewEntry("r2", "v4", "village", TODAY))
    with pytest.raises(Invalid, match=r"err\.review_level"):
        say(world, "i1", "assign")
    with pytest.raises(Invalid, match=r"err\.review_place"):
        say(world, "i2", "assign", review="r2")
    assert sum(len(read_decided(world, PLANNER, review_id=one)) for one in (review, "r2")) == 0


def test_an_issue_that_changed_meanwhile_is_told(world, review):
    """What somebody else did since the sheet was drawn is said, and nothing is decided over it."""
    seen = get_issue(world, PLANNER, issue_id="i2")["rev"]
    act_on_issue(world, PLANNER, issue_id="i2", act=Act("resolved", TODAY), act_id="x")
    with pytest.raises(Conflict):
        decide(world, PLANNER, review_id=review, issue_id="i2", rev=seen, decision=Decision("assign"))
    assert len(read_decided(world, PLANNER, review_id=review)) == 0


def test_minutes_and_rights(world, review):
    """Minutes are kept with a rev; a recorder and another village decide nothing; a leader reads no minutes."""
    rev = write_minutes(world, PLANNER, review_id=review, rev=1, participants="周测", minutes="先修路")
    with pytest.raises(Conflict):
        write_minutes(world, PLANNER, review_id=review, rev=1, participants="周测", minutes="先修桥")
    assert rev == 2
    assert list_reviews(world, LEADER, place_id="d")[0]["minutes"] == ""
    for scope in (Scope("r", "recorder", "d"), Scope("p", "planner", "v5")):
        with pytest.raises(NotAllowed):
            decide(world, scope, review_id=review, issue_id="i2", rev=1, decision=Decision("assign"))
    with pytest.raises(Invalid):
        open_review(world, PLANNER, entry=ReviewEntry("r2", "d", "village", date(2019, 11, 21)))

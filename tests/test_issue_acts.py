"""Acts on issues through the services: what is stored, who may, what happens twice and at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest

from geo import codes
from geo.accounts import create_account
from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.issues import Act
from geo.model import IssueEntry, Scope
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue, get_issue, read_history
from geo.store.issues import raise_issue
from geo.store.measures import MeasureEntry, add_measure, finish_measure, list_measures
from tests.gatehouse import BOSS, make_real
from tests.world import LEADER, PLANNER, TODAY

RECORDER = Scope("recorder", "recorder", "v1")
RAISED = date(2019, 11, 1)


@pytest.fixture
def issue(world) -> str:
    """Raise one issue of h01, due on 11-30, and return its id."""
    entry = IssueEntry(
        "n1", "g01", "household", "WATER", "水管冻裂", RAISED, ("h01",), due_on=date(2019, 11, 30), unit="水务局",
        responsible="吴测",
    )  # fmt: skip
    raise_issue(world, PLANNER, entry=entry)
    return "n1"


def act(
    db: Database, kind: str, day: date, scope: Scope = PLANNER, *, issue: str = "n1", rev: int | None = None, **said
):
    """Do one act under an id of its own."""
    return act_on_issue(db, scope, issue_id=issue, act=Act(kind, day, **said), act_id=f"{kind}-{day}", rev=rev)


def test_from_raising_to_closing(world, issue):
    """Each act is one event with its facts, the row is the last standing, and what is resolved waits for verification."""
    act(world, "assigned", date(2019, 11, 2), responsible="郑测")
    act(world, "extended", date(2019, 11, 10), due_on=date(2019, 12, 20), approved_by="周测", note="等管材")
    act(world, "resolved", date(2019, 11, 15), close_kind="solved")
    assert get_issue(world, PLANNER, issue_id=issue)["state"] == "resolved"
    done = act(world, "closed", date(2019, 11, 16), verified_by=codes.HOUSEHOLD, satisfaction=1)
    assert (done.seq, done.rev, done.created) == (5, 5, True)
    row = get_issue(world, PLANNER, issue_id=issue)
    assert (row["state"], row["close_kind"], row["satisfaction"]) == ("closed", "solved", 1)
    assert (row["due_on"], row["original_due_on"]) == (date(2019, 12, 20), date(2019, 11, 30))
    assert (row["unit"], row["responsible"]) == ("水务局", "郑测")
    standing, events = read_history(world, PLANNER, issue_id=issue)
    assert [one["kind"] for one in events] == ["raised", "assigned", "extended", "resolved", "closed"]
    assert standing.closed_on == date(2019, 11, 16)


def test_where_there_are_accounts_another_one_closes(world, issue, monkeypatch):
    """Who resolved it closes it under no name but by the household's answer, which is kept; another account may."""
    monkeypatch.setenv("GEO_ARGON2", "1,1024,1")
    make_real(world)
    for name, person in (("wu", "吴测"), ("zheng", "郑测")):
        create_account(world, BOSS, name=name, role="recorder", area="v1", person_name=person)
    wu, zheng = (replace(RECORDER, actor=name) for name in ("wu", "zheng"))
    act(world, "amended", date(2019, 11, 2), responsible="周测")
    act(world, "resolved", date(2019, 11, 15), wu, close_kind="solved")
    for who, name in (
        (wu, "郑测"),
        (wu, "村监督委员会"),
        (zheng, "吴测"),
        (zheng, " 吴 测"),
        (zheng, "wu"),
        (zheng, "周测"),
    ):
        with pytest.raises(Invalid, match=r"err\.issue_same_person"):
            act(world, "closed", TODAY, who, verified_by=name)
    act(world, "closed", TODAY, zheng, verified_by="郑测", satisfaction=1)
    act(world, "reopened", TODAY, wu, note="又坏了")
    act_on_issue(world, wu, issue_id=issue, act=Act("resolved", TODAY, close_kind="solved"), act_id="again")
    told = Act("closed", TODAY, verified_by=codes.HOUSEHOLD, satisfaction=0)
    act_on_issue(world, wu, issue_id=issue, act=told, act_id="told")
    row = get_issue(world, PLANNER, issue_id=issue)
    assert (row["state"], row["verified_by"], row["satisfaction"]) == ("closed", codes.HOUSEHOLD, 0)


def test_what_is_sent_a_hundred_times_is_one_event(world, issue):
    """The same act id again changes nothing and tells how the issue stands."""
    told = {act(world, "assigned", date(2019, 11, 2)).created for _ in range(100)}
    assert told == {True, False}
    assert len(read_history(world, PLANNER, issue_id=issue)[1]) == 2
    assert get_issue(world, PLANNER, issue_id=issue)["rev"] == 2


@pytest.mark.usefixtures("issue")
def test_who_may(world):
    """A leader acts on nothing; a recorder settles but does not defer, extend or strike out; nobody acts elsewhere."""
    with pytest.raises(NotAllowed):
        act(world, "progress", TODAY, LEADER)
    for kind, said in (("deferred", {"note": "x"}), ("extended", {"due_on": TODAY}), ("invalidated", {"note": "x"})):
        with pytest.raises(NotAllowed):
            act(world, kind, TODAY, RECORDER, approved_by="周测", **said)
    assert act(world, "defer_asked", TODAY, RECORDER, note="等上级资金").standing.deferral_asked
    with pytest.raises(NotAllowed):
        act(world, "progress", TODAY, Scope("other", "recorder", "v5"))
    with pytest.raises(NotFound):
        act(world, "progress", TODAY, issue="nobody")
    with pytest.raises(Invalid, match=r"err\.future"):
        act(world, "progress", date(2019, 11, 21))
    deferred = act(world, "deferred", TODAY, note="等上级资金", approved_by="周测").standing
    assert (deferred.state, deferred.deferral_asked) == ("deferred", False)


def test_two_people_on_one_issue(world, issue):
    """Who saw an older state is told what happened; where only the term was extended the act goes through and says so."""
    seen = get_issue(world, PLANNER, issue_id=issue)["rev"]
    act(world, "extended", date(2019, 11, 3), due_on=date(2019, 12, 20), approved_by="周测")
    assert act(world, "assigned", date(2019, 11, 3), rev=seen).merged
    with pytest.raises(Conflict) as told:
        act(world, "resolved", date(2019, 11, 4), rev=seen)
    assert told.value.params["who"] == "planner"
    assert not act(world, "resolved", date(2019, 11, 5), rev=seen + 2).merged


def test_duplicates_link(world, issue):
    """A duplicate points at a valid original, is no longer acted on, and cannot be an original itself."""
    raise_issue(world, PLANNER, entry=IssueEntry("n2", "g01", "household", "WATER", "水管坏了", RAISED, ("h01",)))
    with pytest.raises(Invalid):
        act(world, "duplicated", TODAY, duplicate_of="n1")
    act(world, "duplicated", TODAY, issue="n2", duplicate_of=issue)
    with pytest.raises(Invalid, match=r"err\.issue_is_duplicate"):
        act(world, "progress", TODAY, issue="n2")
    with pytest.raises(Invalid, match=r"err\.issue_original"):
        act(world, "duplicated", TODAY, duplicate_of="n2")


def test_a_problem_that_comes_back_late_follows(world, issue):
    """An issue may name the one it follows; one that is not there or elsewhere is refused."""
    entry = IssueEntry("n3", "g01", "household", "WATER", "又冻裂", TODAY, ("h01",), follows=issue)
    raise_issue(world, PLANNER, entry=entry)
    assert get_issue(world, PLANNER, issue_id="n3")["follows"] == issue
    with pytest.raises(NotFound):
        raise_issue(world, PLANNER, entry=IssueEntry("n4", "g01", "village", "WATER", "x", TODAY, follows="none"))


def test_measures(world, issue):
    """A measure has its own unit, person and days; twice is once; two people on one are told; a leader reads no text."""
    entry = MeasureEntry("m1", issue, "更换管道 30 米", date(2019, 11, 2), "水务局", "吴测", date(2019, 11, 9))
    assert [add_measure(world, PLANNER, entry=entry) for _ in range(2)] == [True, False]
    assert finish_measure(world, PLANNER, measure_id="m1", rev=1, done_on=date(2019, 11, 8)) == 2
    with pytest.raises(Conflict):
        finish_measure(world, PLANNER, measure_id="m1", rev=1, done_on=None)
    with pytest.raises(Invalid):
        finish_measure(world, PLANNER, measure_id="m1", rev=2, done_on=date(2019, 11, 1))
    (row,) = list_measures(world, PLANNER, issue_id=issue)
    assert (row["unit"], row["drawn_on"], row["done_on"]) == ("水务局", date(2019, 11, 2), date(2019, 11, 8))
    assert list_measures(world, LEADER, issue_id=issue)[0]["text"] == ""


def test_twenty_people_fifty_edits_each(world):
    """Twenty at once, fifty acts each, all on one issue after the other: what was saved and what conflicts are all attempts.

    Whoever waits longest is next, so nobody is turned away (`Busy`), however slow the machine.
    """
    issues = [f"n{nth}" for nth in range(5)]
    for one in issues:
        raise_issue(world, PLANNER, entry=IssueEntry(one, "g01", "household", "WATER", "水管冻裂", RAISED, ("h01",)))
    together = Barrier(20)

    def work(worker: int) -> list[tuple[str, bool]]:
        told = []
        for nth in range(50):
            issue = issues[nth // 10]
            if nth % 10 == 0:
                together.wait(300)
            rev = get_issue(world, PLANNER, issue_id=issue)["rev"]
            act_id = f"{worker}-{nth}"
            try:
                act_on_issue(world, PLANNER, issue_id=issue, act=Act("progress", TODAY), act_id=act_id, rev=rev)
                told.append((issue, True))
            except Conflict:
                told.append((issue, False))
        return told

    with ThreadPoolExecutor(20) as pool:
        told = Counter(one for worker in pool.map(work, range(20)) for one in worker)
    for one in issues:
        saved, conflicts = told[one, True], told[one, False]
        assert saved + conflicts == 200
        assert len(read_history(world, PLANNER, issue_id=one)[1]) == 1 + saved
        assert get_issue(world, PLANNER, issue_id=one)["rev"] == 1 + saved

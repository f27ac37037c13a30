"""My households and my work: whom one person answers for, what they did, and giving an assignment back."""

from __future__ import annotations

from datetime import date

import pytest

from geo.accounts import create_account
from geo.errors import Conflict, Invalid, NotAllowed
from geo.exports import ExportHead, tabulate_work, write_table
from geo.issues import Act
from geo.model import IssueEntry, Scope, VisitEntry
from geo.schema import assignment
from geo.store.assignments import assign, list_returned, return_assignment
from geo.store.database import Database, write_setting
from geo.store.issue_acts import act_on_issue
from geo.store.issues import raise_issue
from geo.store.matters import MatterEntry, add_matter
from geo.store.measures import MeasureEntry, add_measure, finish_measure
from geo.store.mywork import find_worker, list_own_homes, read_work
from geo.store.reads import read_homes
from geo.store.teams import MemberEntry, add_member
from geo.store.visits import record_visit, void_visit
from tests.world import LEADER, PLANNER, TODAY

ADMIN = Scope("guan", "admin", "d")
RECORDER = Scope("周测己", "recorder", "v1")


@pytest.fixture
def me(world: Database) -> str:
    """A cadre of g01 who helps h11 and has been given h06."""
    person = add_member(world, PLANNER, entry=MemberEntry("c", "g01", "group_cadre", date(2019, 3, 1), name="周测己"))
    helper = MemberEntry("h", "v1", "household_helper", date(2019, 3, 1), person=person, household="h11")
    add_member(world, PLANNER, entry=helper)
    assign(world, PLANNER, round_id="2", assignee=person, due_on=date(2019, 12, 1), households=["h06", "h07"])
    return person


def own(db: Database, person: str) -> dict[str, str]:
    """Return the person's households and why each is theirs."""
    frame = list_own_homes(db, RECORDER, person_id=person, round_id="2")
    return dict(zip(frame["household"], frame["via"], strict=True))


def test_my_households(world: Database, me: str) -> None:
    """Those given to me, those I help, those of my group; the name says who I am; others' area is refused."""
    cadre = {f"h0{nth}": "cadre" for nth in range(1, 6)}
    assert own(world, me) == {**cadre, "h06": "assigned", "h07": "assigned", "h11": "helper"}
    assert find_worker(world, RECORDER) == (me, "周测己")
    with world.write() as connection:
        write_setting(connection, "kind", "real")
    create_account(world, ADMIN, name="zhouceji", role="recorder", area="v1", person_name="周测己")
    assert find_worker(world, Scope("zhouceji", "recorder", "v1")) == (me, "周测己")
    assert find_worker(world, Scope("无此人", "recorder", "v1")) is None
    with pytest.raises(NotAllowed):
        list_own_homes(world, Scope("x", "recorder", "v5"), person_id=me, round_id="2")
    with pytest.raises(NotAllowed):
        list_own_homes(world, Scope("x", "leader", "v1"), person_id=me, round_id="2")


def test_an_assignment_goes_back_with_a_reason(world: Database, me: str) -> None:
    """Without a reason it stays; with one it is nobody's, whoever gave it reads why, until it is given again."""
    row = list_own_homes(world, RECORDER, person_id=me, round_id="2").set_index("household").loc["h06"]
    wanted = {"assignment_id": str(row["assignment_id"]), "rev": int(row["rev"])}
    with pytest.raises(Invalid, match=r"err\.reason_empty"):
        return_assignment(world, RECORDER, **wanted, reason="  ")
    with pytest.raises(NotAllowed):
        return_assignment(world, Scope("x", "recorder", "v5"), **wanted, reason="太远")
    return_assignment(world, RECORDER, **wanted, reason="住在县城，离得太远")
    with pytest.raises(Conflict):
        return_assignment(world, RECORDER, **wanted, reason="再退一次")
    assert "h06" not in own(world, me)
    (back,) = list_returned(world, PLANNER, round_id="2", place_id="v1")
    assert (back["household"], back["name"], back["reason"]) == ("h06", "周测己", "住在县城，离得太远")
    assert list_returned(world, LEADER, round_id="2", place_id="v1")[0]["reason"] == ""
    homes = read_homes(world, PLANNER, round_id="2", place_id="v1").set_index("household")
    assert homes.loc["h06", "assignee"] != "周测己"
    assign(world, PLANNER, round_id="2", assignee=me, due_on=date(2019, 12, 1), households=["h06"])
    assert list_returned(world, PLANNER, round_id="2", place_id="v1") == []
    with world.read() as connection:
        kept = (
            connection.execute(assignment.select().where(assignment.c.id == wanted["assignment_id"])).mappings().one()
        )
    assert kept["status"] == "returned"


def test_my_work_is_mine_to_keep(world: Database, me: str) -> None:
    """Visits I came to (voided ones not), issues I answered for and settled, measures and matters done; as a file."""
    for nth, home in enumerate(("h06", "h07"), start=1):
        entry = VisitEntry(f"w{nth}", home, date(2019, 11, 10 + nth), "effective", persons=(me,), note="拉家常")
        record_visit(world, PLANNER, entry=entry)
    void_visit(world, PLANNER, visit_id="w2", void_id="w2-void")
    issue = IssueEntry("iw", "g01", "household", "WATER", "水管漏", date(2019, 11, 12), ("h01",), responsible="周测己")
    raise_issue(world, PLANNER, entry=issue)
    add_measure(world, PLANNER, entry=MeasureEntry("mw", "iw", "换水管", date(2019, 11, 12), responsible="周测己"))
    finish_measure(world, PLANNER, measure_id="mw", rev=1, done_on=date(2019, 11, 14))
    assert read_work(world, RECORDER, person_id=me)["kind"].tolist() == ["measure", "visit"]
    act = Act("resolved", date(2019, 11, 15), close_kind="solved")
    for nth, before in enumerate(("assigned", "progress")):
        extra = {"due_on": date(2019, 11, 30), "responsible": "周测己"} if before == "assigned" else {}
        act_on_issue(world, PLANNER, issue_id="iw", act=Act(before, date(2019, 11, 13), **extra), act_id=f"a{nth}")
    act_on_issue(world, PLANNER, issue_id="iw", act=act, act_id="a9")
    matter = MatterEntry("kw", "v1", "INF_W", "修水窖", responsible="周测己", done_on=TODAY)
    add_matter(world, PLANNER, entry=matter)
    work = read_work(world, RECORDER, person_id=me)
    assert list(zip(work["kind"], work["on"].astype(str), work["result"], strict=True)) == [
        ("matter", "2019-11-20", "done"), ("issue", "2019-11-15", "solved"), ("measure", "2019-11-14", "done"),
        ("visit", "2019-11-11", "effective"),
    ]  # fmt: skip
    assert work["code"].tolist()[1] == "C-001"
    assert len(read_work(world, RECORDER, person_id=me, since=date(2019, 11, 15))) == 2
    rows = tabulate_work(work).as_frame().to_dict("records")
    assert (rows[3]["类型"], rows[3]["结果"], rows[3]["内容"]) == ("走访", "有效走访", "拉家常")
    head = ExportHead("我的工作", "东测村", "", TODAY, "", "周测己")
    assert write_table(tabulate_work(work), head=head, form="xlsx").startswith(b"PK")

"""Two people on one household or issue: what does not touch merges and says so; what does is told with both values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from geo.errors import Conflict
from geo.issues import Act
from geo.model import IssueEntry, Scope, VisitEntry
from geo.store.database import Database
from geo.store.households import edit_household, get_household, set_point
from geo.store.issue_acts import act_on_issue, get_issue, read_history
from geo.store.issues import raise_issue
from geo.store.visits import record_visit
from tests.world import PLANNER, TODAY

OTHER = Scope("周测", "planner", "d")


def test_facts_that_nobody_else_touched_merge(world: Database) -> None:
    """Size by one, class and point by the other, both from revision 1: all of it stands, and the revision says it merged."""
    assert edit_household(world, OTHER, household_id="h01", rev=1, changes={"size": 7}) == 2
    assert edit_household(world, PLANNER, household_id="h01", rev=1, changes={"household_class": "lifted"}) == 3
    assert set_point(world, OTHER, household_id="h01", rev=1, lon=109.2, lat=27.7) == 4
    row = get_household(world, PLANNER, household_id="h01")
    assert (row["size"], row["household_class"], row["lon"]) == (7, "lifted", 109.2)
    # The same value as the other's is no conflict either.
    assert edit_household(world, PLANNER, household_id="h01", rev=1, changes={"size": 7}) == 4


def test_a_fact_that_both_changed_is_told_with_who_and_when(world: Database) -> None:
    """Of three facts one is in conflict: it alone is named, with its author and time; nothing is stored until chosen."""
    edit_household(world, OTHER, household_id="h01", rev=1, changes={"size": 7})
    edit_household(world, PLANNER, household_id="h01", rev=2, changes={"residence": "part_away"})
    mine = {"size": 5, "note": "新记", "residence": "part_away"}
    with pytest.raises(Conflict) as told:
        edit_household(world, PLANNER, household_id="h01", rev=1, changes=mine)
    (field,) = told.value.params["fields"].items()
    assert (field[0], field[1][0]) == ("size", "周测")
    assert field[1][1].endswith("Z")
    assert get_household(world, PLANNER, household_id="h01")["note"] == ""
    assert edit_household(world, PLANNER, household_id="h01", rev=3, changes={"note": "新记"}) == 4


def test_what_the_log_does_not_tell_is_a_conflict(world: Database) -> None:
    """A revision raised without a line of the log (an import) might have touched anything: nothing is overwritten."""
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE household SET size = 9, rev = 2, updated_by = 'import' WHERE id = 'h01'")
    with pytest.raises(Conflict) as told:
        edit_household(world, PLANNER, household_id="h01", rev=1, changes={"size": 5})
    assert told.value.params["fields"]["size"][0] == "import"


def test_acts_on_an_issue_merge_fact_by_fact(world: Database) -> None:
    """A term by one, a person by the other: both stand. Two persons, two terms, a state that changed: told, both values."""
    entry = IssueEntry("n1", "g01", "household", "WATER", "水管", date(2019, 11, 1), ("h01",), due_on=date(2019, 12, 1))
    raise_issue(world, PLANNER, entry=entry)

    def act(kind: str, *, by: Scope, **said: object) -> bool:
        done = act_on_issue(
            world, by, issue_id="n1", act=Act(kind, TODAY, **said), act_id=f"{kind}{said}{by.actor}", rev=1
        )
        return done.merged

    assert not act("extended", by=OTHER, due_on=date(2019, 12, 9), approved_by="周测")
    assert act("amended", by=PLANNER, responsible="吴测")
    assert act("amended", by=OTHER, unit="水务局")
    with pytest.raises(Conflict) as told:
        act("amended", by=OTHER, responsible="郑测", unit="水务局")
    assert told.value.params["fields"] == {"responsible": ("planner", told.value.params["time"], "吴测", "郑测")}
    with pytest.raises(Conflict) as told:
        act("extended", by=PLANNER, due_on=date(2019, 12, 20), approved_by="周测")
    assert list(told.value.params["fields"]) == ["due_on"]
    with pytest.raises(Conflict):
        act("assigned", by=OTHER, responsible="郑测")
    assert act("progress", by=OTHER)
    with pytest.raises(Conflict, match="issue_changed"):
        act("resolved", by=PLANNER)
    # Who only adds a person to what somebody else took up changes nothing of the state.
    assert act("amended", by=OTHER, unit="水务局", responsible="吴测")


def test_twenty_people_fifty_edits_each_on_one_household(world: Database) -> None:
    """Twenty at once, fifty edits each of size or note: saved and told are all attempts, each saved one is a revision."""

    def work(worker: int) -> tuple[int, int]:
        saved = told = 0
        for nth in range(50):
            rev = get_household(world, PLANNER, household_id="h01")["rev"]
            change = {"size": 100 + worker * 50 + nth} if worker % 2 else {"note": f"{worker}-{nth}"}
            try:
                edit_household(world, PLANNER, household_id="h01", rev=rev, changes=change)
                saved += 1
            except Conflict:
                told += 1
        return saved, told

    start = get_household(world, PLANNER, household_id="h01")["rev"]
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(work, range(20)))
    saved, told = (sum(one[nth] for one in found) for nth in (0, 1))
    assert saved + told == 1000
    assert saved > 0 < told
    assert get_household(world, PLANNER, household_id="h01")["rev"] == start + saved


def test_a_hundred_resends_are_one_row(world: Database) -> None:
    """One form sent a hundred times at once, a visit and an act: one row each, one save and 99 repeats."""
    act, entry = Act("progress", TODAY), VisitEntry("v-once", "h01", TODAY, "effective")
    with ThreadPoolExecutor(20) as pool:
        acts = list(
            pool.map(lambda _: act_on_issue(world, PLANNER, issue_id="i1", act=act, act_id="once").created, range(100))
        )
        visits = list(pool.map(lambda _: record_visit(world, PLANNER, entry=entry).created, range(100)))
    assert (acts.count(True), visits.count(True)) == (1, 1)
    assert sum(one["act"] == "once" for one in read_history(world, PLANNER, issue_id="i1")[1]) == 1
    with world.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM visit WHERE id = 'v-once'").scalar() == 1
    assert get_issue(world, PLANNER, issue_id="i1")["state"] == "in_progress"

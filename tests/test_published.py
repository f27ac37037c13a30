"""A locked round: its figures have an id, and no later edit changes what that id says."""

from __future__ import annotations

import json
from datetime import date

import pytest

from geo.cli import main
from geo.errors import Invalid, NotAllowed, NotFound
from geo.issues import Act
from geo.model import Scope, VisitEntry
from geo.store.assignments import add_person, assign
from geo.store.check import check_database
from geo.store.exclusions import decide_exclusions
from geo.store.households import set_point
from geo.store.issue_acts import act_on_issue
from geo.store.published import close_round, lock_round, read_published, reopen_round
from geo.store.reads import read_children, read_figures
from geo.store.rounds import get_round
from geo.store.visits import record_visit, void_visit
from tests.world import PLANNER

LATE = VisitEntry("late", "h11", date(2019, 11, 1), "effective")


@pytest.fixture
def over(world):
    """Let the world stand at a day after round 2, and close it."""
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = '2019-12-20' WHERE key = 'today'")
    close_round(world, PLANNER, round_id="2")
    return world


def counts_of(db) -> dict[str, object]:
    """Return what the screens show of round 2, by village and for the district."""
    total = read_figures(db, PLANNER, round_id="2", place_id="d")
    below = read_children(db, PLANNER, round_id="2", place_id="d", level="village")
    return {one.place.id: (dict(one.counts.values), one.issues, one.as_of, one.cleared) for one in [total, *below]}


def edit_everything(db) -> None:
    """Do what can still be done after the lock: late visits, points, assignments, issues."""
    for nth, home in enumerate(("h11", "h12", "h10", "h57")):
        record_visit(
            db, PLANNER, entry=VisitEntry(f"late{nth}", home, date(2019, 11, 1), "effective", approved_by="区分管领导")
        )
    set_point(db, PLANNER, household_id="h51", rev=1, lon=109.2, lat=27.7)
    person = add_person(db, PLANNER, name="冯测一", place_id="v1")
    assign(db, PLANNER, round_id="2", assignee=person, due_on=date(2019, 11, 1), households=["h13"])
    act = Act("resolved", date(2019, 11, 29))
    act_on_issue(db, PLANNER, issue_id="i2", act=act, act_id="x")


def test_a_locked_round_keeps_its_figures(over):
    """Screens, the id and its rows are the same after every kind of edit; the late visits are on record, with approver."""
    before = counts_of(over)
    figures_id = lock_round(over, PLANNER, round_id="2")
    assert counts_of(over) == before
    published = read_published(over, PLANNER, figures_id=figures_id)
    edit_everything(over)
    assert counts_of(over) == before
    assert read_published(over, PLANNER, figures_id=figures_id).places == published.places
    assert lock_round(over, PLANNER, round_id="2") == figures_id
    with over.read() as connection:
        late = connection.exec_driver_sql("SELECT entry_kind, approved_by FROM visit WHERE id LIKE 'late%'").all()
    assert {tuple(row) for row in late} == {("late", "区分管领导")}
    assert check_database(over, PLANNER) == []


def test_what_a_lock_forbids(over):
    """No visit without an approver, none approved by who may not, no void, no decision about an exclusion."""
    lock_round(over, PLANNER, round_id="2")
    with pytest.raises(Invalid, match=r"err\.locked"):
        record_visit(over, PLANNER, entry=LATE)
    entry = VisitEntry("late", "h11", date(2019, 11, 1), "effective", approved_by="自己")
    with pytest.raises(NotAllowed):
        record_visit(over, Scope("r", "recorder", "v1"), entry=entry)
    with pytest.raises(Invalid, match=r"err\.locked"):
        void_visit(over, PLANNER, visit_id="v01-2019-10-20-in_person", void_id="x")
    with pytest.raises(Invalid, match=r"err\.locked"):
        decide_exclusions(over, PLANNER, round_id="2", revs={"h32": 1}, decision="approve")


def test_the_way_to_the_lock(world):
    """A running round is not closed, an open one not locked; a closed one may be opened again, a locked one not."""
    with pytest.raises(Invalid, match=r"err\.round_runs"):
        close_round(world, PLANNER, round_id="2")
    reopen_round(world, PLANNER, round_id="1")
    with pytest.raises(Invalid, match=r"err\.round_not_closed"):
        lock_round(world, PLANNER, round_id="1")
    assert get_round(world, PLANNER, round_id="1").status == "open"
    close_round(world, PLANNER, round_id="1")
    lock_round(world, PLANNER, round_id="1")
    for step in (close_round, reopen_round):
        with pytest.raises(Invalid, match=r"err\.round_status"):
            step(world, PLANNER, round_id="1")


def test_a_changed_figure_is_found(over, capsys):
    """Somebody who writes into the file itself is found by `figures` and by `check`."""
    figures_id = lock_round(over, PLANNER, round_id="2")
    with over.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER round_figures_append_only")
        connection.exec_driver_sql(
            "UPDATE round_figures SET counts = replace(counts, '\"effective\":', '\"effective\":1')"
        )
    assert not read_published(over, PLANNER, figures_id=figures_id).intact
    assert [(one.check, one.detail) for one in check_database(over, PLANNER)] == [("figures", figures_id)]
    assert main(["figures", figures_id, "--db", str(over.path), "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["intact"]


def test_on_the_command_line(over, capsys):
    """`rounds` lists the id, `figures ID` says the same before and after edits, and knows no other id."""

    def ask(*words: str):
        assert main([*words, "--db", str(over.path), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert ask("rounds", "lock", "2")["status"] == "locked"
    (figures_id,) = [one["figures"] for one in ask("rounds") if one["number"] == 2]
    before = ask("figures", figures_id), ask("coverage", "--round", "2")
    edit_everything(over)
    assert (ask("figures", figures_id), ask("coverage", "--round", "2")) == before
    assert before[0]["intact"]
    total = next(one for one in before[0]["places"] if one["level"] == "district")
    assert (total["roster"], total["effective"]) == (before[1]["total"]["roster"], before[1]["total"]["effective"])
    assert main(["figures", "R9-x", "--db", str(over.path)]) == 1


def test_an_area_sees_its_own(over):
    """A village's planner gets the rows of the village; one whose area was not in the round gets none."""
    figures_id = lock_round(over, PLANNER, round_id="2")
    found = read_published(over, Scope("p", "planner", "v1"), figures_id=figures_id)
    assert {one.level for one in found.places} == {"village", "group"}
    assert found.intact
    with pytest.raises(NotFound):
        read_published(over, Scope("p", "planner", "nowhere"), figures_id=figures_id)

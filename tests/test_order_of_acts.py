"""The figures do not depend on the order of acts: import before or after the round, moves, later files, corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from geo.backup import write_backup
from geo.errors import Invalid, NotAllowed, NotFound
from geo.importer import NewRound, find_undoable, list_refused, undo_last
from geo.model import Scope, VisitEntry
from geo.store.assignments import assign, list_assignees
from geo.store.cells import differing_cells
from geo.store.check import check_database
from geo.store.exportlog import list_exports
from geo.store.households import edit_household, get_household, set_point
from geo.store.reads import read_figures
from geo.store.rounds import RoundPlan, create_round, get_round, previous_round
from geo.store.unentered import count_unentered
from geo.store.visits import list_visits, record_visit, void_visit
from geo.units import parse_group
from tests.workbooks import bring, count, home, open_register, write_csv
from tests.world import LEADER, PLANNER, TODAY

DAYS = {"starts_on": date(2019, 10, 15), "ends_on": date(2019, 12, 10)}
VACANT = VisitEntry("e1", "h11", date(2019, 11, 1), "vacant", reason="house_gone")


def counts_of(db, scope, place=None):
    found = read_figures(db, scope, round_id="1", place_id=place or scope.area).counts
    return found.values


def test_a_round_made_after_the_import_counts_the_same(tmp_path: Path):
    """Import then round gives every count of round with import; visits outside the days stay outside."""
    rows = [home("A1"), home("A2", 走访状态="未见面"), home("A3", 走访日期="2019-03-01"), home("A4", 走访状态="未走访")]
    book = write_csv(tmp_path / "a.csv", rows)
    late, early = open_register(tmp_path / "late.sqlite"), open_register(tmp_path / "early.sqlite")
    bring(*late, book)
    made = create_round(late[0], late[1], plan=RoundPlan("第1轮", scope=late[1].area, **DAYS))
    bring(*early, book, round=NewRound("第1轮", DAYS["starts_on"], DAYS["ends_on"]))
    assert counts_of(*late) == counts_of(*early)
    assert (counts_of(*late)["attempted"], counts_of(*late)["effective"]) == (2, 1)
    with late[0].read() as connection:
        assert differing_cells(connection, made.id) == []
    before = count(late[0], "visit")
    bring(*late, book)
    assert count(late[0], "visit") == before


def test_another_villages_file_repairs_nothing_here(tmp_path: Path):
    """A file of the same name from another village leaves this village's refused row open; its own next version does not."""
    register = open_register(tmp_path / "r.sqlite")
    for folder in ("one", "two", "three"):
        (tmp_path / folder).mkdir()
    name = "台账.csv"
    first = write_csv(tmp_path / "one" / name, [home("A1"), home("")])
    bring(*register, first, good_rows=True, round=NewRound("第1轮", DAYS["starts_on"], DAYS["ends_on"]))
    other = write_csv(tmp_path / "two" / name, [home("B1", 村="陈家寨村"), home("B2", 村="陈家寨村")])
    bring(*register, other, round="1")
    assert [row["row"] for row in list_refused(*register)] == [2]
    assert count_unentered(*register, round_id="1") == 1
    bring(*register, write_csv(tmp_path / "three" / name, [home("A1"), home("A2")]), round="1")
    assert list_refused(*register) == []


def test_the_same_file_after_a_move_changes_nothing(tmp_path: Path):
    """Once a proposed move is taken, the file that proposed it asks nothing and adds nothing."""
    register = open_register(tmp_path / "r.sqlite")
    code = "5206022022030001"
    bring(
        *register,
        write_csv(tmp_path / "a.csv", [home(code)]),
        round=NewRound("第1轮", DAYS["starts_on"], DAYS["ends_on"]),
    )
    moved = write_csv(tmp_path / "b.csv", [home(code, 村="陈家寨村")])
    answers = {"unit:陈家寨村/520602202203": "陈家寨村"}
    first = bring(*register, moved, round="1", apply=frozenset({"move"}), answers=answers)
    assert first.stored
    rows = [count(register[0], table) for table in ("household", "round_roster", "visit")]
    again = bring(*register, moved, round="1", apply=frozenset({"move"}), answers=answers)
    assert again.outcome in {"accept", "accept_with_warnings"}
    assert [count(register[0], table) for table in ("household", "round_roster", "visit")] == rows == [1, 1, 1]
    assert bring(*register, moved, round="1").outcome != "ask"


def test_a_date_for_the_file_makes_no_second_issue(tmp_path: Path):
    """An issue without a day of its own stays the one issue when the file comes again with a date for its visits."""
    register = open_register(tmp_path / "r.sqlite")
    book = write_csv(tmp_path / "a.csv", [home("A1", 走访日期="", 问题类别="道路")])
    assert bring(*register, book).changes["issues_new"] == 1
    assert bring(*register, book, visit_date=date(2019, 11, 10)).changes["issues_new"] == 0
    assert count(register[0], "issue") == 1


def test_voiding_one_of_two_reasons_keeps_the_proposal(world):
    """Two visits found the house vacant: voiding either leaves the exclusion pending, voiding both takes it back."""
    record_visit(world, PLANNER, entry=VACANT)
    record_visit(world, PLANNER, entry=replace(VACANT, id="e2", visited_on=date(2019, 11, 8)))
    pending = lambda: read_figures(world, PLANNER, round_id="2", place_id="g03").counts.pending  # noqa: E731
    void_visit(world, PLANNER, visit_id="e1", void_id="w1")
    assert pending() == 1
    void_visit(world, PLANNER, visit_id="e2", void_id="w2")
    assert pending() == 0


def test_the_round_before_is_one_of_the_same_places(world):
    """A township's round is compared with its own or the district's last round, never with its neighbour's."""
    create_round(world, PLANNER, plan=RoundPlan("邻", date(2020, 1, 1), date(2020, 1, 20), "t2", number=7))
    mine = create_round(world, PLANNER, plan=RoundPlan("本", date(2020, 2, 1), date(2020, 2, 20), "t1", number=8))
    before = previous_round(world, PLANNER, of=mine)
    assert before is not None
    assert before.name == "第2轮"


def test_the_whole_file_is_for_those_who_hold_the_whole(world, tmp_path):
    """A planner of one village can neither back up, check, undo nor list what belongs to the whole district."""
    village = Scope("p", "planner", "v5")
    acts = [
        lambda scope: write_backup(world, scope, target=tmp_path / f"{scope.area}.sqlite"),
        lambda scope: check_database(world, scope),
        lambda scope: list_exports(world, scope),
        lambda scope: find_undoable(world, scope),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act(village)
        act(PLANNER)
    with pytest.raises(NotAllowed):
        undo_last(world, village)


def test_a_leader_is_never_handed_names_or_notes(world):
    """The services themselves give a leader a masked head and phone, and no free text of visits."""
    record_visit(world, PLANNER, entry=replace(VACANT, note="打给李测某"))
    row = get_household(world, LEADER, household_id="h11")
    assert (row["head_name"], row["phone"]) == ("测*", "199****0011")
    assert {one["note"] for one in list_visits(world, LEADER, household_id="h11")} == {""}
    assert "打给李测某" in {one["note"] for one in list_visits(world, PLANNER, household_id="h11")}


def test_what_no_list_allows_is_refused_in_words(world):
    """A class off the list, a group off the roster and a correction that changes the household are `Invalid`."""
    with pytest.raises(Invalid):
        edit_household(world, PLANNER, household_id="h01", rev=1, changes={"household_class": "rich"})
    person = list_assignees(world, PLANNER, place_id="v3")[0]["id"]
    with pytest.raises(Invalid):
        assign(world, PLANNER, round_id="2", assignee=person, due_on=TODAY, groups=["v1"])
    record_visit(world, PLANNER, entry=VACANT)
    with pytest.raises(Invalid):
        void_visit(world, PLANNER, visit_id="e1", void_id="w", replacement=replace(VACANT, id="e3", household="h12"))


def test_a_point_far_away_is_not_taken(tmp_path: Path):
    """A mistyped longitude is refused and nothing changes; the same point again keeps its source; a near one is taken."""
    db, scope = open_register(tmp_path / "r.sqlite")
    bring(db, scope, write_csv(tmp_path / "a.csv", [home("A1", 纬度=27.68)]))
    with db.read() as connection:
        household_id = connection.exec_driver_sql("SELECT id FROM household").scalar_one()
    with pytest.raises(Invalid, match="point_outside"):
        set_point(db, scope, household_id=household_id, rev=1, lon=10.0, lat=27.68)
    assert set_point(db, scope, household_id=household_id, rev=1, lon=109.15, lat=27.68) == 1
    assert get_household(db, scope, household_id=household_id)["coord_source"] == "import"
    assert set_point(db, scope, household_id=household_id, rev=1, lon=109.151, lat=27.68) == 2
    assert get_household(db, scope, household_id=household_id)["coord_source"] == "map_click"


def test_a_round_number_no_round_can_have(world):
    """A number longer than the database can hold is an unknown round, not a failure."""
    with pytest.raises(NotFound):
        get_round(world, PLANNER, round_id="9" * 24)


def test_groups_that_differ_in_brackets_are_different_groups():
    """Named groups keep what stands in brackets; a numbered group is known by its number."""
    east, west, plain = (parse_group(name) for name in ("大坪组（河东）", "大坪组（河西）", "大坪组"))
    assert len({east.key, west.key, plain.key}) == 3
    assert parse_group("第1组（新寨）").key == parse_group("1组").key

"""Visits find their round whenever either of them comes first: files, rounds, rosters, moves, one drop or several."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from geo.errors import Invalid
from geo.importer import ImportOptions, NewRound, import_files, list_refused, undo_last
from geo.model import VisitEntry
from geo.store.assignments import add_person
from geo.store.cells import differing_cells
from geo.store.households import NewHousehold, add_household
from geo.store.reads import read_figures, read_homes, read_same_day
from geo.store.rounds import RoundPlan, create_round, current_round
from geo.store.unentered import count_unentered
from geo.store.visits import list_persons, list_visits, record_visit
from tests import workbooks
from tests.workbooks import bring, home, write_csv
from tests.world import PLANNER

ROUND = NewRound("第1轮", date(2019, 10, 15), date(2019, 12, 10))
VILLAGE = "u2023-06-30-520602202203"
#: A district-wide code of 孟溪村.
WIDE = "5206022022030001"


@pytest.fixture
def register(tmp_path: Path):
    """Return an empty register of 2023's units on 2019-11-20, and a planner of the district."""
    return workbooks.open_register(tmp_path / "r.sqlite")


def select(db, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with db.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql, values)]


def house(db, code: str) -> str:
    """Return the id of a household."""
    return str(select(db, "SELECT id FROM household WHERE code = ?", code)[0][0])


def counts(register, round_id: str = "1") -> dict[str, int]:
    """Return the counts of a round in the whole district; its cells are the recompute."""
    db, scope = register
    found = read_figures(db, scope, round_id=round_id, place_id=scope.area).counts.values
    with db.read() as connection:
        assert differing_cells(connection, round_id) == []
    return dict(found)


def bare(code: str) -> list[object]:
    """Return a row that speaks of no visit."""
    return home(code, 走访日期="", 走访状态="")


def test_a_file_that_makes_the_round_brings_the_visits_of_earlier_files(register, tmp_path):
    """Visits of a first file count in the round that a second file, without visits, makes."""
    bring(*register, write_csv(tmp_path / "a.csv", [home("A1"), home("A2", 走访日期="2019-03-01")]))
    report = bring(*register, write_csv(tmp_path / "b.csv", [bare("A1"), bare("A2")]), round=ROUND)
    assert (report.changes["visits_joined"], counts(register)["effective"]) == (1, 1)
    assert not bring(*register, tmp_path / "b.csv", round="1").changed


def test_an_addition_brings_its_earlier_visit(register, tmp_path):
    """A household registered, visited and only later added to the round counts as visited."""
    bring(*register, write_csv(tmp_path / "a.csv", [home("A1")]), round=ROUND)
    bring(*register, write_csv(tmp_path / "b.csv", [home("A2")]))
    bring(*register, write_csv(tmp_path / "c.csv", [bare("A2")]), round="1")
    found = counts(register)
    assert (found["effective"], found["roster"], found["added"]) == (2, 2, 1)


def test_a_recorded_visit_joins_with_its_company_and_leaves_with_an_undo(register, tmp_path):
    """A visit entered by hand before the round keeps note, people and topics when it joins; undo puts it back outside."""
    db, scope = register
    bring(db, scope, write_csv(tmp_path / "a.csv", [bare("A1")]))
    cadre = add_person(db, scope, name="李测", place_id=VILLAGE)
    entry = VisitEntry(
        "v1", house(db, "A1"), date(2019, 11, 2), "effective", note="记", persons=(cadre,), topics=("x|y",)
    )
    record_visit(db, scope, entry=entry)
    bring(db, scope, write_csv(tmp_path / "b.csv", [home("A1", 走访日期="2019-11-02")]), round=ROUND)
    (kept,) = [row for row in list_visits(db, scope, household_id=entry.household) if not row["void"]]
    assert (kept["note"], kept["round_name"], kept["entry_kind"], counts(register)["effective"]) == (
        "记",
        "第1轮",
        "late",
        1,
    )
    assert list_persons(db, scope, visit_id=kept["id"]) == [cadre]
    undo_last(db, scope)
    assert [row["id"] for row in list_visits(db, scope, household_id=entry.household)] == ["v1"]
    assert select(db, "SELECT visit, topic FROM visit_topic") == [("v1", "x|y")]


def test_a_round_by_hand_takes_visits_of_its_scope_with_their_company(register, tmp_path):
    """`rounds add` brings earlier visits with people and topics, and those of households outside its given baseline."""
    db, scope = register
    bring(db, scope, write_csv(tmp_path / "a.csv", [home("A1"), home("A2")]))
    cadre = add_person(db, scope, name="李测", place_id=VILLAGE)
    record_visit(
        db, scope,
        entry=VisitEntry("v1", house(db, "A1"), date(2019, 11, 2), "effective", persons=(cadre,), topics=("t",)),
    )  # fmt: skip
    create_round(
        db, scope, plan=RoundPlan(ROUND.name, ROUND.starts_on, ROUND.ends_on, scope.area), baseline=[house(db, "A1")]
    )
    assert counts(register)["effective"] == 1
    bring(db, scope, write_csv(tmp_path / "b.csv", [bare("A2")]), round="1")
    assert counts(register)["effective"] == 2
    who = "SELECT count(*) FROM visit_person p JOIN visit v ON v.id = p.visit WHERE v.round IS NOT NULL"
    assert select(db, who) == [(1,)]


def test_a_draft_takes_no_visits_and_is_no_round_before(register, world, tmp_path):
    """A draft adopts nothing, is not the running round, not the round compared with and no round that was missed."""
    db, scope = register
    bring(db, scope, write_csv(tmp_path / "a.csv", [home("A1")]))
    plan = RoundPlan("稿", ROUND.starts_on, ROUND.ends_on, scope.area, status="draft")
    draft = create_round(db, scope, plan=plan)
    record_visit(db, scope, entry=VisitEntry("v1", house(db, "A1"), date(2019, 11, 2), "effective"))
    bring(db, scope, write_csv(tmp_path / "b.csv", [home("A1", 走访日期="2019-11-03")]))
    assert select(db, "SELECT count(*) FROM visit WHERE round IS NOT NULL") == [(0,)]
    with pytest.raises(Invalid):
        bring(db, scope, write_csv(tmp_path / "c.csv", [home("A2")]), round=draft.id)
    create_round(world, PLANNER, plan=RoundPlan("稿", date(2020, 1, 1), date(2020, 1, 20), "d", status="draft"))
    mine = create_round(world, PLANNER, plan=RoundPlan("本", date(2020, 2, 1), date(2020, 2, 20), "d"))
    homes = read_homes(world, PLANNER, round_id=mine.id, place_id="d", as_of=date(2020, 2, 20)).set_index("household")
    assert (homes.loc["h11", "missed_rounds"], homes.loc["h46", "missed_rounds"]) == (1, 2)
    assert (
        read_same_day(world, PLANNER, figures=read_figures(world, PLANNER, round_id=mine.id, place_id="d")).round.number
        == 2
    )
    assert current_round(world, PLANNER).number == 2


def test_the_same_day_is_compared_where_both_rounds_were_held(world):
    """The district is not compared with one township's round; that township is; a wider place is compared in the scope."""
    town = create_round(world, PLANNER, plan=RoundPlan("镇", date(2019, 12, 15), date(2019, 12, 20), "t1"))
    mine = create_round(world, PLANNER, plan=RoundPlan("区", date(2020, 2, 1), date(2020, 2, 20), "d"))
    before = {
        place: read_same_day(world, PLANNER, figures=read_figures(world, PLANNER, round_id=mine.id, place_id=place))
        for place in ("d", "t1", "v1", "t2")
    }
    assert [one.round.number for one in before.values()] == [2, town.number, town.number, 2]
    wide = read_same_day(world, PLANNER, figures=read_figures(world, PLANNER, round_id=town.id, place_id="d"))
    assert (wide.place.id, wide.round.number) == ("t1", 2)


def test_files_of_one_drop_share_a_baseline(register, tmp_path):
    """Two files of one village dropped together are one baseline; the same village in a later drop brings additions."""
    files = [write_csv(tmp_path / "a.csv", [home("A1")]), write_csv(tmp_path / "b.csv", [home("A2", 村民组="二组")])]
    import_files(*register, files, options=ImportOptions(round=ROUND))
    found = counts(register)
    assert (found["baseline"], found["added"], found["roster"]) == (2, 0, 2)
    later = write_csv(tmp_path / "c.csv", [home("A3", 村民组="三组")])
    reports, _ = import_files(*register, [*files, later], options=ImportOptions(round="1"))
    assert [report.changed for report in reports] == [False, False, True]
    assert (counts(register)["baseline"], counts(register)["added"]) == (2, 1)


def test_a_household_that_moved_away_keeps_its_round(register, tmp_path):
    """Moved into a township without the round, a household's visits still go to the round whose roster holds it.

    So say the file that moves it, a later file, and a visit by hand alike.
    """
    db, scope = register
    town = str(select(db, "SELECT parent FROM place WHERE id = ?", VILLAGE)[0][0])
    there = "SELECT v.name, t.name FROM place v JOIN place t ON t.id = v.parent WHERE v.level = 'village' AND t.id <> ?"
    village, township = select(db, there, town)[0]
    moved = {"乡镇": township, "村": village}
    bring(db, scope, write_csv(tmp_path / "a.csv", [bare(WIDE)]), round=replace(ROUND, scope=town))
    first = bring(
        db, scope, write_csv(tmp_path / "b.csv", [home(WIDE, **moved, 走访状态="未见面")]), apply=frozenset({"move"})
    )
    later = bring(db, scope, write_csv(tmp_path / "c.csv", [home(WIDE, **moved, 走访日期="2019-11-03")]))
    assert (first.outside, later.outside) == ((), ())
    assert (counts(register)["attempted"], counts(register)["effective"]) == (1, 1)
    record_visit(db, scope, entry=VisitEntry("v", house(db, WIDE), date(2019, 11, 4), "effective"))
    assert select(db, "SELECT count(*) FROM visit WHERE round IS NULL") == [(0,)]


def test_refused_rows_are_lacking_in_later_rounds(register, tmp_path):
    """Rows refused before a round was made are not on its roster, and it says so; an update of a running round does not."""
    bring(*register, write_csv(tmp_path / "a.csv", [home("A1"), home("")]), good_rows=True)
    create_round(*register, plan=RoundPlan("第1轮", ROUND.starts_on, ROUND.ends_on, register[1].area))
    bring(*register, write_csv(tmp_path / "b.csv", [home("A2"), home(""), home("")]), good_rows=True)
    assert count_unentered(*register, round_id="1") == 1
    assert [row["file_name"] for row in list_refused(*register, round_id="1")] == ["a.csv"]
    other = str(select(register[0], "SELECT id FROM place WHERE level = 'township' ORDER BY code")[0][0])
    create_round(*register, plan=RoundPlan("别处", date(2019, 12, 11), date(2019, 12, 20), other))
    assert count_unentered(*register, round_id="2") == 0


def test_another_groups_file_of_the_same_name_repairs_nothing(register, tmp_path):
    """Two groups of one village name their files alike: the second file leaves the first one's refused row open."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    bring(*register, write_csv(tmp_path / "one" / "表.csv", [home("A1"), home("")]), good_rows=True)
    second = [home("B1", 村民组="二组"), home("B2", 村民组="二组")]
    bring(*register, write_csv(tmp_path / "two" / "表.csv", second))
    assert [row["row"] for row in list_refused(*register)] == [2]
    bring(*register, write_csv(tmp_path / "one" / "表.csv", [home("A1"), home("A2")]))
    assert list_refused(*register) == []


def test_a_household_added_by_hand_joins_the_rounds_that_last(world):
    """A new household joins the running round from today and an open one to come from its first day, not one that is over."""
    create_round(world, PLANNER, plan=RoundPlan("第3轮", date(2019, 12, 20), date(2020, 1, 20), "d"))
    create_round(world, PLANNER, plan=RoundPlan("邻", date(2019, 12, 20), date(2020, 1, 20), "t2", programme="other"))
    add_household(world, PLANNER, new=NewHousehold("n1", "X1", "g01", "王测"))
    rows = "SELECT o.number, r.added_on, r.baseline FROM round_roster r JOIN round o ON o.id = r.round WHERE r.household = 'n1'"
    assert sorted(select(world, rows)) == [(2, "2019-11-20", 0), (3, "2019-12-20", 0)]
    for round_id in ("2", "3"):
        with world.read() as connection:
            assert differing_cells(connection, round_id) == []

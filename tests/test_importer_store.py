"""Storing a file: rounds and rosters, visits, issues, corrections, moves, re-import, rights."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.errors import Invalid, NotAllowed
from geo.importer import ImportOptions, NewRound, dismiss_refused, import_files, list_refused
from geo.model import Scope
from geo.store.cells import differing_cells
from geo.store.reads import read_figures
from tests import workbooks
from tests.workbooks import bring, count, dump, home, write_csv

ROUND = NewRound("第1轮", date(2019, 10, 15), date(2019, 12, 10))


@pytest.fixture
def register(tmp_path: Path):
    """Return an empty register of 2023's units on 2019-11-20, and a planner of the district."""
    return workbooks.open_register(tmp_path / "r.sqlite")


@pytest.fixture
def village(tmp_path: Path) -> Path:
    """Return a file of four households in two groups: three effective (one before the round), one nobody home, one issue."""
    rows = [
        home("HP1"), home("HP2", 问题类别="饮水"), home("HP3", 村民组="2组", 走访状态="未见面"),
        home("HP4", 村民组="第二组", 走访日期="2019-03-01"),
    ]  # fmt: skip
    return write_csv(tmp_path / "village.csv", rows)


def figures(register, place: str | None = None) -> tuple[int, int]:
    """Return effective and roster of round 1."""
    db, scope = register
    found = read_figures(db, scope, round_id="1", place_id=place or scope.area).counts
    return found.effective, found.roster


def select(db, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with db.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_a_first_file_makes_the_round_with_its_households(register, village):
    """The file's households are the baseline; visits of the round's days count, the others are listed as outside."""
    report = bring(*register, village, round=ROUND)
    assert (report.outcome, report.stored, report.households, report.persons) == ("accept", True, 4, 12)
    assert (report.changes["roster_baseline"], report.outside, report.round["number"]) == (4, (4,), 1)
    assert figures(register) == (2, 4)
    assert select(register[0], "SELECT count(*) FROM visit WHERE round IS NULL") == [(1,)]
    with register[0].read() as connection:
        assert differing_cells(connection, "1") == []


def test_groups_are_made_once_with_their_code(register, village):
    """2组 and 第二组 are one new group; its code is the village's with three digits."""
    bring(*register, village)
    groups = select(register[0], "SELECT code, name FROM place WHERE level = 'group' ORDER BY code")
    assert groups == [("520602202203001", "一组"), ("520602202203002", "二组")]


def test_the_same_file_again_changes_nothing(register, village):
    """A second import of a file, with or without its round, leaves every row and the revision as they were."""
    bring(*register, village, round=ROUND)
    before = dump(register[0])
    for options in ({}, {"round": "1"}, {"round": ROUND}):
        report = bring(*register, village, **options)
        assert (report.outcome, report.stored, report.changed) == ("accept", False, False)
    assert dump(register[0]) == before


def test_a_dry_run_stores_nothing_and_tells_the_same(register, village):
    """A dry run leaves the database as it was and counts what the import then does."""
    before = dump(register[0])
    dry = bring(*register, village, round=ROUND, dry_run=True)
    assert dump(register[0]) == before
    stored = bring(*register, village, round=ROUND)
    assert (dry.changes, dry.stored, dry.changed) == (stored.changes, False, True)


def test_a_file_without_a_round_leaves_rosters_alone(register, village, tmp_path: Path):
    """A further file without a round updates households and adds visits, which go to the round of their day."""
    bring(*register, village, round=ROUND)
    further = write_csv(
        tmp_path / "b.csv", [home("HP1", 人口="5"), home("HP9"), home("HP3", 村民组="2组", 走访日期="2019-11-03")]
    )
    report = bring(*register, further)
    assert (report.changes["households_changed"], report.changes["households_new"], report.changes["visits_new"]) == (
        1,
        1,
        2,
    )
    assert figures(register) == (3, 4)
    assert select(register[0], "SELECT size, rev FROM household WHERE code = 'HP1'") == [(5, 2)]


def test_a_new_village_joins_the_baseline(register, village, tmp_path: Path):
    """In a village without a roster row in the open round the file's households are baseline, not additions."""
    bring(*register, village, round=ROUND)
    report = bring(
        *register, write_csv(tmp_path / "b.csv", [home("LY1", 村="龙鱼村"), home("LY2", 村="龙鱼村")]), round="1"
    )
    assert (report.changes["roster_baseline"], report.changes["roster_added"], report.proposals) == (2, 0, ())
    assert figures(register) == (4, 6)


def test_unknown_households_of_a_known_village_are_additions(register, village, tmp_path: Path):
    """They are proposed as 新增户 from today (or a chosen day), or left out; missing households are only listed."""
    bring(*register, village, round=ROUND)
    path = write_csv(tmp_path / "b.csv", [home("HP1"), home("HP8")])
    refused = bring(*register, path, round="1", take_additions=False, dry_run=True)
    assert [(one.kind, one.code, one.taken) for one in refused.proposals if one.kind == "addition"] == [
        ("addition", "HP8", False)
    ]
    report = bring(*register, path, round="1", added_on=date(2019, 11, 2))
    assert sorted((one.kind, one.code) for one in report.proposals) == [
        ("addition", "HP8"),
        ("missing", "HP2"),
        ("missing", "HP3"),
        ("missing", "HP4"),
    ]
    assert select(register[0], "SELECT baseline, added_on FROM round_roster WHERE added_on IS NOT NULL") == [
        (0, "2019-11-02")
    ]
    assert figures(register) == (3, 5)
    assert count(register[0], "household") == 5


def test_another_outcome_is_a_proposed_correction(register, village, tmp_path: Path):
    """The same visit with another outcome changes nothing until it is chosen; then it is voided and replaced."""
    bring(*register, village, round=ROUND)
    path = write_csv(tmp_path / "b.csv", [home("HP3", 村民组="2组", 走访状态="见面")])
    proposed = bring(*register, path)
    assert ([(one.kind, one.before, one.after, one.taken) for one in proposed.proposals], proposed.stored) == (
        [("correction", "not_home", "effective", False)], False,
    )  # fmt: skip
    taken = bring(*register, path, apply=frozenset({"correction"}))
    assert (taken.changes["visits_corrected"], figures(register)) == (1, (3, 4))
    kinds = (
        "SELECT kind, count(*) FROM visit v JOIN household h ON h.id = v.household WHERE h.code = 'HP3' GROUP BY kind"
    )
    assert select(register[0], kinds) == [("visit", 2), ("void", 1)]
    assert not bring(*register, path).changed


def test_visits_from_before_the_round_was_made_join_it(register, village):
    """A file imported before its round exists brings its visits into the round when it comes again with it."""
    bring(*register, village)
    report = bring(*register, village, round=ROUND)
    assert (report.changes["visits_joined"], report.changes["visits_new"], figures(register)) == (3, 0, (2, 4))


def test_an_issue_is_known_again(register, village, tmp_path: Path):
    """One open issue a household and category: dated by its row; undated by the day of import, and not raised twice."""
    bring(*register, village)
    rows = [home("HP2", 问题类别="饮水"), home("HP1", 走访日期="", 走访状态="", 问题类别="道路")]
    path = write_csv(tmp_path / "b.csv", rows)
    report = bring(*register, path)
    assert (report.changes["issues_new"], report.changes["issues_same"]) == (1, 1)
    found = select(register[0], "SELECT category, raised_on, state, due_on FROM issue ORDER BY category")
    assert found == [("INF_R", "2019-11-20", "open", None), ("WATER", "2019-11-01", "open", None)]
    with register[0].write() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = '2019-11-27' WHERE key = 'today'")
    assert not bring(*register, path).changed


def test_refused_rows_wait_for_repair(register, tmp_path: Path):
    """Good rows enter only when asked for; refused ones stay on the list until a repaired file or a dismissal."""
    rows = [home(""), home("HP2"), home("HP3", 村民组="")]
    path = write_csv(tmp_path / "a.csv", rows)
    assert (bring(*register, path, round=ROUND).stored, count(register[0], "household")) == (False, 0)
    assert bring(*register, path, round=ROUND, good_rows=True).stored
    assert [(one["row"], one["field"], one["code"]) for one in list_refused(*register, round_id=select(register[0], "SELECT id FROM round")[0][0])] == [
        (1, "户编号", "R_REQUIRED"), (3, "村民组", "R_REQUIRED"),
    ]  # fmt: skip
    write_csv(path, [home("HP1"), home("HP2"), home("HP3", 村民组="")])
    bring(*register, path, round="1", good_rows=True)
    (left,) = list_refused(*register)
    assert (left["row"], count(register[0], "household")) == (3, 2)
    dismiss_refused(*register, batch=left["batch"], row=3, reason="旧户")
    assert list_refused(*register) == []


def test_nothing_of_a_refused_or_asking_file_is_stored(register, tmp_path: Path):
    """reject_file and ask leave the database as it was, even when good rows were asked for."""
    before = dump(register[0])
    for rows, header in (([home("HP1", 走访状态="外出")], None), ([["孟溪村", "王测"]], ["村", "户主"])):
        report = bring(*register, write_csv(tmp_path / "a.csv", rows, header=header), round=ROUND, good_rows=True)
        assert (report.stored, report.outcome in ("ask", "reject_file")) == (False, True)
    assert dump(register[0]) == before


def test_id_numbers_are_never_stored(register, tmp_path: Path):
    """The register keeps a keyed hash and the last four characters; the number itself is nowhere in the file."""
    bring(
        *register,
        write_csv(
            tmp_path / "a.csv", [home("HP1", 身份证号="52220119001018129x"), home("", 身份证号="52220119001018129x")]
        ),
        good_rows=True,
    )
    (row,) = select(register[0], "SELECT length(id_hash), id_last4 FROM household")
    assert row == (64, "129X")
    register[0].close()
    assert b"52220119001018129" not in register[0].path.read_bytes()


def test_id_numbers_in_notes_keep_their_last_four(register, tmp_path: Path):
    """A note or name with an ID number enters with its last four and is listed; the number is nowhere in the file."""
    number = "522201190002020015"
    rows = [
        home("HP1", 备注=f"证件 {number}"),
        home("HP2", 户主=f"王测{number}"),
        home("HP3", 备注="520602202203220301"),
    ]
    report = bring(*register, write_csv(tmp_path / "a.csv", rows), round=ROUND)
    found = [(one.row, one.field) for one in report.findings if one.code == "W_ID_HIDDEN"]
    assert sorted(found) == [(1, "备注"), (2, "户主")]
    assert not bring(*register, tmp_path / "a.csv", round="1").changed
    register[0].close()
    stored = register[0].path.read_bytes()
    assert (number.encode() in stored, b"520602202203220301" in stored) == (False, True)


def test_one_person_in_the_register_is_listed(register, tmp_path: Path):
    """A new household whose head's number heads another one already enters and is listed."""
    bring(*register, write_csv(tmp_path / "a.csv", [home("HP1", 身份证号="522201190002020015")]))
    report = bring(*register, write_csv(tmp_path / "b.csv", [home("HP2", 身份证号="522201190002020015", 户主="李测")]))
    assert (report.outcome, report.codes, report.changes["households_new"]) == (
        "accept_with_warnings",
        ["W_DUP_PERSON"],
        1,
    )


def test_a_district_wide_code_in_another_village_is_a_proposed_move(register, tmp_path: Path):
    """The household is not made twice; it moves only when the move is chosen. A village's own code is another household."""
    code = "520602202203001"
    bring(*register, write_csv(tmp_path / "a.csv", [home(code), home("HP1")]))
    path = write_csv(tmp_path / "b.csv", [home(code, 村="龙鱼村"), home("HP1", 村="龙鱼村")])
    report = bring(*register, path, dry_run=True)
    assert [(one.kind, one.before, one.after, one.taken) for one in report.proposals] == [
        ("move", "孟溪村", "龙鱼村", False)
    ]
    assert report.changes["households_new"] == 1
    bring(*register, path, apply=frozenset({"move"}))
    where = f"SELECT p.name FROM household h JOIN place p ON p.id = h.village WHERE h.code = '{code}'"
    assert (select(register[0], where), count(register[0], "household")) == ([("龙鱼村",)], 3)
    assert not bring(*register, path).changed


def test_blank_cells_leave_facts_alone_and_better_points_stay(register, tmp_path: Path):
    """A blank never empties a fact, and the file's point does not replace one set on the map."""
    bring(*register, write_csv(tmp_path / "a.csv", [home("HP1")]))
    with register[0].write() as connection:
        connection.exec_driver_sql("UPDATE household SET lon = 109.2, coord_source = 'map_click'")
    assert not bring(*register, write_csv(tmp_path / "b.csv", [home("HP1", 户主="", 人口="")])).changed
    assert select(register[0], "SELECT lon, head_name, size FROM household") == [(109.2, "王测HP1", 3)]


def test_an_outcome_that_proposes_an_exclusion(register, tmp_path: Path):
    """空户 marks the roster row as to be excluded, pending approval; it stays in the denominator."""
    bring(*register, write_csv(tmp_path / "a.csv", [home("HP1", 走访状态="空户")]), round=ROUND)
    assert select(register[0], "SELECT excluded_on, excluded_reason, approved_on FROM round_roster") == [
        ("2019-11-01", "vacant", None)
    ]
    assert figures(register) == (0, 1)


def test_several_files_share_one_round_and_one_sum(register, village, tmp_path: Path):
    """The first file makes the round, the others join it; the sum counts all of them."""
    other = write_csv(tmp_path / "b.csv", [home("LY1", 村="龙鱼村")])
    reports, total = import_files(*register, [village, other], options=ImportOptions(round=ROUND))
    assert ([one.stored for one in reports], total["households"], total["roster_baseline"]) == ([True, True], 5, 5)
    assert (count(register[0], "round"), figures(register)) == (1, (3, 5))


def test_who_may_import_what(register, village):
    """Leaders and recorders may not import; a planner of one village may not import another."""
    db, scope = register
    elsewhere = select(db, "SELECT id FROM place WHERE name = '龙鱼村'")[0][0]
    before = dump(db)
    for other in (
        Scope("x", "leader", scope.area),
        Scope("x", "recorder", scope.area),
        Scope("x", "planner", elsewhere),
    ):
        with pytest.raises(NotAllowed):
            bring(db, other, village)
    assert dump(db) == before


def test_demo_data_takes_no_real_file(tmp_path: Path, village):
    """Invented and real rows never share a database; looking at a file is allowed."""
    db, scope = workbooks.open_register(tmp_path / "d.sqlite")
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = 'demo' WHERE key = 'kind'")
    assert bring(db, scope, village, dry_run=True).outcome == "accept"
    with pytest.raises(Invalid):
        bring(db, scope, village)


def test_a_round_that_is_not_open_takes_no_roster(register, village):
    """A closed round is refused and nothing of the file is stored."""
    bring(*register, village, round=ROUND)
    with register[0].write() as connection:
        connection.exec_driver_sql("UPDATE round SET status = 'closed'")
    before = dump(register[0])
    with pytest.raises(Invalid):
        bring(*register, village, round="1")
    assert dump(register[0]) == before


def test_a_file_without_a_group_column_knows_its_households(register, village, tmp_path: Path):
    """A registered household keeps its group; a new one of a village with groups cannot be placed and stays out."""
    bring(*register, village)
    header = [name for name in workbooks.HEADER if name != "村民组"]
    rows = [
        [cell for name, cell in zip(workbooks.HEADER, row, strict=True) if name != "村民组"]
        for row in (home("HP3", 人口="7"), home("HP7"))
    ]
    report = bring(*register, write_csv(tmp_path / "b.csv", rows, header=header), good_rows=True)
    assert [(one.row, one.field, one.code) for one in report.rows_bad] == [(2, "村民组", "R_REQUIRED")]
    where = "SELECT h.size, p.name FROM household h JOIN place p ON p.id = h.place WHERE h.code = 'HP3'"
    assert select(register[0], where) == [(7, "二组")]


def test_days_after_today_are_refused(register, village):
    """Neither the day of undated visits nor that of additions may lie in the future."""
    for options in ({"visit_date": date(2019, 11, 21)}, {"added_on": date(2019, 11, 21)}):
        with pytest.raises(Invalid):
            bring(*register, village, **options)


def test_a_planner_of_one_village_moves_nothing_from_another(register, tmp_path: Path):
    """A district-wide code registered outside one's area is not touched by one's file."""
    code = "520602202203001"
    bring(*register, write_csv(tmp_path / "a.csv", [home(code)]))
    db, _ = register
    elsewhere = Scope("x", "planner", select(db, "SELECT id FROM place WHERE name = '龙鱼村'")[0][0])
    with pytest.raises(NotAllowed):
        bring(db, elsewhere, write_csv(tmp_path / "b.csv", [home(code, 村="龙鱼村")]), apply=frozenset({"move"}))
    assert select(db, "SELECT p.name FROM household h JOIN place p ON p.id = h.village") == [("孟溪村",)]

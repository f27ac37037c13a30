"""A file over a register that has gone on since: what people changed stays, what the file suggests is only proposed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.errors import Conflict
from geo.importer import NewRound, undo_last
from geo.model import VisitEntry
from geo.store.cells import differing_cells
from geo.store.exclusions import decide_exclusions
from geo.store.households import edit_household, get_household, move_household, set_tags
from geo.store.published import close_round, lock_round
from geo.store.reads import read_figures
from geo.store.visits import record_visit, void_visit
from tests import workbooks
from tests.workbooks import HEADER, bring, count, home, write_csv

ROUND = NewRound("第1轮", date(2019, 10, 15), date(2019, 12, 10))
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


def counts(register) -> dict[str, int]:
    """Return the counts of round 1 in the whole district; its cells are the recompute."""
    db, scope = register
    found = read_figures(db, scope, round_id="1", place_id=scope.area).counts.values
    with db.read() as connection:
        assert differing_cells(connection, "1") == []
    return dict(found)


def proposals(report, *kinds: str) -> list[tuple[str, str]]:
    """Return (kind, code) of what a report proposes, of some kinds."""
    return [(one.kind, one.code) for one in report.proposals if not kinds or one.kind in kinds]


def test_the_same_file_overwrites_nothing_newer(register, tmp_path):
    """Head, size, group and tags that people changed after an import stay when the very same file comes again."""
    db, scope = register
    rows = [[*home("A1"), "低保"], [*home("A2", 村民组="二组"), ""]]
    file = write_csv(tmp_path / "a.csv", rows, header=[*HEADER, "重点标签"])
    bring(db, scope, file, round=ROUND)
    one, second = house(db, "A1"), get_household(db, scope, household_id=house(db, "A2"))["place"]
    rev = edit_household(db, scope, household_id=one, rev=1, changes={"head_name": "新名", "size": 9})
    move_household(db, scope, household_id=one, rev=rev, place_id=second)
    set_tags(db, scope, household_id=one, kinds=["illness"])
    assert not bring(db, scope, file, round="1").changed
    assert select(db, "SELECT head_name, size FROM household WHERE code = 'A1'") == [("新名", 9)]


def test_an_older_file_again_overwrites_no_later_one(register, tmp_path):
    """A, then B with another size and group, then A again: what B said stays and A's facts are listed as conflicts.

    They are taken only when chosen; what nobody has told is filled in.
    """
    db, scope = register
    older = write_csv(tmp_path / "a.csv", [home("A1"), home("A2")])
    bring(db, scope, older)
    bring(db, scope, write_csv(tmp_path / "b.csv", [home("A1", 人口=5, 村民组="二组")]), apply=frozenset({"regroup"}))
    facts = "SELECT h.size, p.name FROM household h JOIN place p ON p.id = h.place WHERE h.code = 'A1'"
    report = bring(db, scope, older)
    assert (report.changed, proposals(report), select(db, facts)) == (False, [("conflict", "A1")] * 2, [(5, "二组")])
    chosen = bring(db, scope, older, apply=frozenset({"conflict"}))
    assert (chosen.changes["households_changed"], select(db, facts)) == (1, [(3, "一组")])
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE household SET size = NULL WHERE code = 'A2'")
    assert bring(db, scope, older).changes["households_changed"] == 1


def test_a_move_takes_the_group_along_whatever_was_edited(register, tmp_path):
    """A household moved between groups in the app still moves whole when a file's move to another village is taken."""
    db, scope = register
    bring(db, scope, write_csv(tmp_path / "a.csv", [home(WIDE), home("A2", 村民组="二组")]), round=ROUND)
    second = get_household(db, scope, household_id=house(db, "A2"))["place"]
    move_household(db, scope, household_id=house(db, WIDE), rev=1, place_id=second)
    moved = write_csv(tmp_path / "b.csv", [home(WIDE, 村="龙鱼村")])
    for _ in range(2):
        bring(db, scope, moved, round="1", apply=frozenset({"move"}))
        where = "SELECT v.name, p.parent = h.village FROM household h JOIN place p ON p.id = h.place JOIN place v ON v.id = h.village"
        assert select(db, f"{where} WHERE h.code = ?", WIDE) == [("龙鱼村", 1)]


def test_a_visit_that_was_taken_back_stays_so(register, tmp_path):
    """A voided visit does not come back with the same or a later file: it is proposed, and entered only when chosen."""
    db, scope = register
    file = write_csv(tmp_path / "a.csv", [home("A1")])
    bring(db, scope, file, round=ROUND)
    void_visit(db, scope, visit_id=str(select(db, "SELECT id FROM visit")[0][0]), void_id="w")
    later = write_csv(tmp_path / "b.csv", [home("A1"), home("A1", 走访日期="2019-11-02")])
    for path, changed in ((file, False), (later, True), (file, False)):
        report = bring(db, scope, path, round="1")
        assert (report.changed, proposals(report)) == (changed, [("correction", "A1")])
    assert counts(register)["effective"] == 1
    assert select(db, "SELECT count(*) FROM visit WHERE visited_on = '2019-11-01' AND kind = 'visit'") == [(1,)]
    assert bring(db, scope, file, round="1", apply=frozenset({"correction"})).changes["visits_corrected"] == 1
    assert not bring(db, scope, file, round="1").changed


def test_a_locked_round_keeps_its_visits_whatever_a_file_says(register, tmp_path):
    """A file corrects no visit of a locked round, chosen or not, and an import it was locked with is not taken back."""
    db, scope = register
    past = NewRound("第1轮", date(2019, 10, 15), date(2019, 11, 10))
    bring(db, scope, write_csv(tmp_path / "a.csv", [home("A1"), home("A2", 走访状态="")]), round=past)
    bring(db, scope, write_csv(tmp_path / "b.csv", [home("A2")]))
    close_round(db, scope, round_id=(round_id := str(select(db, "SELECT id FROM round")[0][0])))
    lock_round(db, scope, round_id=round_id)
    other = write_csv(tmp_path / "c.csv", [home("A1", 走访状态="未见面"), home("A2", 备注="另有说明")])
    report = bring(db, scope, other, apply=frozenset({"correction"}))
    assert [(one.kind, one.code, one.taken) for one in report.proposals if one.kind == "correction"] == [
        ("correction", "A1", False), ("correction", "A2", False),
    ]  # fmt: skip
    assert select(db, "SELECT count(*), sum(kind = 'void') FROM visit") == [(2, 0)]
    with pytest.raises(Conflict) as refused:
        undo_last(db, scope)
    assert refused.value.key == "import.undo_locked"


def test_two_visits_of_a_day_agree_with_either(register, tmp_path):
    """Where nobody was home in the morning and somebody in the evening, a file that says either changes nothing."""
    db, scope = register
    bring(db, scope, write_csv(tmp_path / "a.csv", [home("A1", 走访状态="")]), round=ROUND)
    for name, outcome in (("a", "effective"), ("b", "not_home")):
        record_visit(
            db, scope, entry=VisitEntry(name, house(db, "A1"), date(2019, 11, 1), outcome, reason="unknown")
        )  # fmt: skip
    for said in ("见面", "未见面"):
        report = bring(db, scope, write_csv(tmp_path / "b.csv", [home("A1", 走访状态=said)]), round="1")
        assert (report.changed, report.proposals) == (False, ())


def test_a_correction_in_a_file_keeps_the_other_reason(register, tmp_path):
    """Two rows say 空户; a file that corrects the first leaves the exclusion proposed by the second; undo restores it."""
    db, scope = register
    rows = [home("A1", 走访状态="空户", 走访日期="2019-11-05"), home("A1", 走访状态="空户")]
    bring(db, scope, write_csv(tmp_path / "a.csv", rows), round=ROUND)
    proposed = "SELECT excluded_on, excluded_reason, approved_on FROM round_roster"
    assert select(db, proposed) == [("2019-11-01", "vacant", None)]
    bring(db, scope, write_csv(tmp_path / "b.csv", [home("A1")]), apply=frozenset({"correction"}))
    assert select(db, proposed) == [("2019-11-05", "vacant", None)]
    assert (counts(register)["pending"], counts(register)["effective"]) == (1, 1)
    undo_last(db, scope)
    assert select(db, proposed) == [("2019-11-01", "vacant", None)]


def test_who_has_left_is_not_missing(register, tmp_path):
    """Households that have left, or whose exclusion is approved, are not listed as missing from a later file."""
    db, scope = register
    rows = [home("A1"), home("A2"), home("A3", 走访状态="空户"), home("A4"), home("A5", 走访状态="空户")]
    bring(db, scope, write_csv(tmp_path / "a.csv", rows), round=ROUND)
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE household SET exited_on = '2019-11-10' WHERE code = 'A2'")
    round_id = str(select(db, "SELECT id FROM round")[0][0])
    one = house(db, "A3")
    rev = int(str(select(db, "SELECT rev FROM round_roster WHERE household = ?", one)[0][0]))
    decide_exclusions(db, scope, round_id=round_id, revs={one: rev}, decision="approve")
    report = bring(db, scope, write_csv(tmp_path / "b.csv", [home("A1")]), round="1")
    assert proposals(report) == [("missing", "A4"), ("missing", "A5")]


def test_missing_are_only_those_of_villages_the_file_names(register, tmp_path):
    """A file that names one household of another village as moved here lists nobody of that village as missing."""
    bring(*register, write_csv(tmp_path / "a.csv", [home(WIDE), home("A2")]), round=ROUND)
    report = bring(
        *register, write_csv(tmp_path / "b.csv", [home(WIDE, 村="龙鱼村"), home("L1", 村="龙鱼村")]), round="1"
    )
    assert proposals(report) == [("move", WIDE)]
    assert counts(register)["baseline"] == 3


def test_a_move_that_is_not_taken_changes_nothing_of_the_home(register, tmp_path):
    """An untaken move leaves village, group and point; the household stays in the baseline of its own village."""
    db, scope = register
    bring(db, scope, write_csv(tmp_path / "a.csv", [home(WIDE)]))
    report = bring(db, scope, write_csv(tmp_path / "b.csv", [home(WIDE, 村="龙鱼村", 经度=109.2)]), round=ROUND)
    assert proposals(report) == [("move", WIDE)]
    where = "SELECT h.lon, v.name, r.place = h.place FROM household h JOIN place v ON v.id = h.village JOIN round_roster r ON r.household = h.id"
    assert select(db, where) == [(109.15, "孟溪村", 1)]


def test_moving_on_and_back(register, tmp_path):
    """A household that moved twice, and back, is asked about never and made once; its roster place stays."""
    db, scope = register
    bring(db, scope, write_csv(tmp_path / "a.csv", [home(WIDE)]), round=ROUND)
    for nth, village in enumerate(("龙鱼村", "陈家寨村", "孟溪村")):
        file = write_csv(tmp_path / f"m{nth}.csv", [home(WIDE, 村=village, 人口=4 + nth)])
        report = bring(db, scope, file, round="1", apply=frozenset({"move"}))
        assert (report.outcome, proposals(report)) == ("accept", [("move", WIDE)])
        assert not bring(db, scope, file, round="1").changed
    assert [count(db, table) for table in ("household", "round_roster", "visit")] == [1, 1, 1]
    places = "SELECT v.name FROM round_roster r JOIN place p ON p.id = r.place JOIN place v ON v.id = p.parent"
    assert select(db, places) == [("孟溪村",)]


def test_a_district_wide_code_names_one_household_of_a_file(register, tmp_path):
    """One wide code in two villages of a file is a conflict; a village's own code in two villages is two households."""
    rows = [home(WIDE), home(WIDE, 村="龙鱼村"), home("A1"), home("A1", 村="龙鱼村")]
    answers = {"unit:龙鱼村/520602202203": "520602202204"}
    report = bring(*register, write_csv(tmp_path / "a.csv", rows), answers=answers, good_rows=True)
    assert [(one.row, one.code) for one in report.rows_bad] == [(2, "R_DUP_KEY_CONFLICT")]
    assert count(register[0], "household") == 3


def test_codes_that_begin_with_a_township_or_the_district_are_wide(register, tmp_path):
    """A code that begins with any unit's code is the same household in another village, so a move is proposed."""
    codes = ["520602202-17", "520602000017"]
    bring(*register, write_csv(tmp_path / "a.csv", [home(code) for code in codes]))
    report = bring(*register, write_csv(tmp_path / "b.csv", [home(code, 村="龙鱼村") for code in codes]))
    assert proposals(report) == [("move", code) for code in codes]
    assert count(register[0], "household") == 2


def test_the_same_head_in_the_register_is_listed_and_kept(register, tmp_path):
    """Same name, group and size as a registered household: W_DUP_PERSON and two households; another group or size: none.

    Two different ID numbers are two persons; one known number and none may be one.
    """
    one, other = "522201190002020015", "522201190003030020"
    known = [home("A1", 户主="王测"), home("A2", 户主="李测", 身份证号=one), home("A3", 户主="赵测", 身份证号=other)]
    bring(*register, write_csv(tmp_path / "a.csv", known))
    rows = [
        home("B1", 户主="王测"), home("B2", 户主="王测", 村民组="二组"), home("B3", 户主="王测", 人口=4), home("B4", 户主="李测"),
        home("B5", 户主="赵测", 身份证号="522201190004040036"),
    ]  # fmt: skip
    report = bring(*register, write_csv(tmp_path / "b.csv", rows))
    listed = [(found.row, found.field) for found in report.findings if found.code == "W_DUP_PERSON"]
    assert (report.outcome, listed) == ("accept_with_warnings", [(1, "户主"), (4, "户主")])
    assert count(register[0], "household") == 8
    again = bring(*register, tmp_path / "b.csv")
    assert (again.changed, "W_DUP_PERSON" in again.codes) == (False, False)


def test_the_same_head_in_one_file_with_and_without_a_number(register, tmp_path):
    """Within a file, a number beside none is listed by name; two different numbers are not."""
    rows = [
        home("A1", 户主="王测", 身份证号="522201190002020015"), home("A2", 户主="王测"),
        home("A3", 户主="李测", 身份证号="522201190003030020"), home("A4", 户主="李测", 身份证号="522201190004040036"),
    ]  # fmt: skip
    report = bring(*register, write_csv(tmp_path / "a.csv", rows))
    assert [(found.row, found.code) for found in report.findings] == [(2, "W_DUP_PERSON")]


def test_a_tag_of_a_dated_row_holds_from_that_day(register, tmp_path):
    """A household tagged away that was phoned on the row's day counts as reached by phone, whenever the file comes."""
    row = [*home("A1", 走访状态="电话走访"), "举家外出"]
    bring(*register, write_csv(tmp_path / "a.csv", [row], header=[*HEADER, "重点标签"]), round=ROUND)
    found = counts(register)
    assert (found["phone"], found["away"], found["attempted"], found["effective"]) == (1, 1, 0, 0)


def test_persons_come_from_the_row_that_says_them(register, tmp_path):
    """人口 that stands only in a further row of a household is counted once, and stored."""
    rows = [home("A1", 人口=""), home("A1", 走访日期="2019-11-02", 人口=4), home("A1", 走访日期="2019-11-03", 人口=4)]
    report = bring(*register, write_csv(tmp_path / "a.csv", rows))
    assert (report.households, report.persons, select(register[0], "SELECT size FROM household")) == (1, 4, [(4,)])

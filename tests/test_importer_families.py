"""A newer roster: households moved, divided, joined and gone are proposed, carried out when chosen, and undone exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.audit import verify_log
from geo.importer import undo_last
from geo.importer.proposals import APPLICABLE
from geo.store.cells import differing_cells
from geo.store.reads import read_figures
from tests import workbooks
from tests.test_importer_store import ROUND, figures, select
from tests.workbooks import bring, dump, home, write_csv

#: What an undo leaves: the batch itself, marked; the log, which only grows; the counter of writes.
TRACES = ("import_batch", "audit_log", "setting")


@pytest.fixture
def register(tmp_path: Path):
    """Return a register of five households of 孟溪村 in round 1.

    First group: HP1 王一 (6 people, visited), HP2 王二 (2, visited, an issue), HP3 李三 (3, nobody home). Second group:
    HP4 王四 (2), HP5 赵五 (1), neither visited. No two share a point.
    """
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    rows = [
        home("HP1", 户主="王一", 人口="6"), home("HP2", 户主="王二", 人口="2", 问题类别="饮水"),
        home("HP3", 户主="李三", 走访状态="未见面"),
        home("HP4", 户主="王四", 人口="2", 村民组="二组", 走访状态="", 走访日期=""),
        home("HP5", 户主="赵五", 人口="1", 村民组="二组", 走访状态="", 走访日期=""),
    ]  # fmt: skip
    assert bring(db, scope, write_csv(tmp_path / "a.csv", rows), round=ROUND).stored
    return db, scope


def newer(register, folder: Path, *rows: list[object], without: tuple[str, ...] = (), **options: object):
    """Import a newer roster: these rows, and everybody else as they are but for some codes."""
    codes = {str(row[3]) for row in rows}
    with register[0].read() as connection:
        known = connection.exec_driver_sql(
            "SELECT h.code, h.head_name, h.size, p.name FROM household h JOIN place p ON p.id = h.place"
            " WHERE h.exited_on IS NULL ORDER BY h.code"
        ).all()
    others = [
        home(code, 户主=head, 人口=str(size), 村民组=group, 走访状态="", 走访日期="", 经度="", 纬度="")
        for code, head, size, group in known
        if code not in codes and code not in without
    ]  # fmt: skip
    path = write_csv(folder / "newer.csv", [*rows, *others])
    return bring(*register, path, **({"round": "1"} | options))


def plain(code: str, head: str, size: int, group: str = "一组", **said: str) -> list[object]:
    """Return a row without a visit and without a point."""
    return home(code, **({"户主": head, "人口": str(size), "村民组": group, "走访状态": "", "走访日期": "", "经度": "",
                          "纬度": ""} | said))  # fmt: skip


def proposals(report, *kinds: str) -> list[tuple[object, ...]]:
    """Return (kind, code, before, after, taken) of the proposals of some kinds."""
    return [(one.kind, one.code, one.before, one.after, one.taken) for one in report.proposals if one.kind in kinds]


def undone(register, before: dict[str, list[tuple[object, ...]]]) -> bool:
    """Take the last import back; say whether every row of every table is as it was, and cells and log are sound."""
    undo_last(*register)
    with register[0].read() as connection:
        sound = differing_cells(connection, "1") == [] and verify_log(connection) is None
    return sound and dump(register[0], without=TRACES) == before


def test_another_group_is_a_proposed_move(register, tmp_path: Path):
    """A household moves only when that is chosen; until then no group is made for it, its roster place stays anyway."""
    before = dump(register[0], without=TRACES)
    row = plain("HP3", "李三", 3, "九组", 经度="109.2", 纬度="27.7")
    report = newer(register, tmp_path, row)
    assert proposals(report, "regroup") == [("regroup", "HP3", "一组", "九组", False)]
    assert (report.changed, report.changes["groups_new"]) == (False, 0)
    assert dump(register[0], without=TRACES) == before
    report = newer(register, tmp_path, row, apply=frozenset({"regroup:HP3"}))
    assert (report.stored, report.changes["groups_new"]) == (True, 1)
    where = (
        "SELECT p.name, q.name FROM household h JOIN place p ON p.id = h.place JOIN round_roster r ON r.household = h.id"
        " JOIN place q ON q.id = r.place WHERE h.code = 'HP3'"
    )
    assert select(register[0], where) == [("九组", "一组")]
    assert newer(register, tmp_path, row).changed is False
    assert undone(register, before)


def test_a_group_for_a_household_without_one_is_no_move(tmp_path: Path):
    """In a village that had no groups the file's groups are taken as they come."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    bring(db, scope, write_csv(tmp_path / "a.csv", [plain("HP1", "王一", 3, "")]))
    report = bring(db, scope, write_csv(tmp_path / "b.csv", [plain("HP1", "王一", 3, "二组")]))
    assert (report.proposals, report.changes["households_changed"], report.changes["groups_new"]) == ((), 1, 1)


@pytest.mark.parametrize(
    ("rows", "evidence"),
    [
        ([plain("HP1", "王一", 4), plain("HP9", "王九", 2)], "原 6 人，现 4 人，少的正是这一户的 2 人；户主同姓王"),
        ([plain("HP1", "王一", 6), plain("HP1-1", "张小", 1)], "户编号由 HP1 派生"),
        ([plain("HP1", "王一", 5), plain("HP1A", "王九", 1)],
         "原 6 人，现 5 人，少的正是这一户的 1 人；户编号由 HP1 派生；户主同姓王"),
    ],
    ids=["people add up", "the code says it", "both"],
)  # fmt: skip
def test_a_household_that_left_another_is_a_proposed_split(register, tmp_path: Path, rows, evidence):
    """With evidence the new household is proposed as part of the old one; chosen, it has that one as predecessor."""
    before = dump(register[0], without=TRACES)
    report = newer(register, tmp_path, *rows, dry_run=True)
    code = rows[1][3]
    assert proposals(report, "split") == [("split", code, "HP1", code, False)]
    assert [one.evidence for one in report.proposals if one.kind == "split"] == [evidence]
    report = newer(register, tmp_path, *rows, apply=frozenset({"split"}))
    assert (report.changes["households_split"], report.changes["roster_added"]) == (1, 1)
    linked = "SELECT o.code FROM household h JOIN household o ON o.id = h.predecessor WHERE h.code = ?"
    with register[0].read() as connection:
        assert connection.exec_driver_sql(linked, (code,)).scalars().all() == ["HP1"]
        assert (
            connection.exec_driver_sql("SELECT count(*) FROM audit_log WHERE action = 'household.split'").scalar() == 1
        )
    assert figures(register) == (2, 6)
    assert undone(register, before)


def test_of_several_that_fit_the_relative_is_proposed(register, tmp_path: Path):
    """Two new households have as many people as left: the one with the same surname is proposed, the other is new."""
    rows = [plain("HP1", "王一", 4), plain("HP9", "张九", 2), plain("HP8", "王八", 2)]
    report = newer(register, tmp_path, *rows, dry_run=True)
    assert proposals(report, "split") == [("split", "HP8", "HP1", "HP8", False)]


@pytest.mark.parametrize(
    "rows",
    [
        [plain("HP1", "王一", 4), plain("HP9", "王九", 3)],
        [plain("HP1", "王一", 4), plain("HP9", "张九", 2), plain("HP8", "孙八", 2)],
        [plain("HP1", "王一", 4), plain("HP9", "王九", 2), plain("HP8", "王八", 2)],
        [plain("HP1", "王一", 4), plain("HP9", "王九", 2, "二组")],
        [plain("HP1", "王一", 6), plain("HP12", "王十二", 1)],
    ],
    ids=["people do not add up", "two fit", "two relatives fit", "another group", "a running number"],
)
def test_without_evidence_a_new_household_is_only_new(register, tmp_path: Path, rows):
    """Where people do not add up, or several would fit, no split is proposed, and choosing splits links nothing."""
    report = newer(register, tmp_path, *rows, apply=frozenset({"split"}))
    assert proposals(report, "split") == []
    assert select(register[0], "SELECT count(*) FROM household WHERE predecessor IS NOT NULL") == [(0,)]
    assert report.changes["households_new"] == len(rows) - 1


def test_a_household_that_went_into_another_is_a_proposed_merge(register, tmp_path: Path):
    """Chosen, it leaves the round and the survivor has its visit and its issue; the undo restores every row."""
    before = dump(register[0], without=TRACES)
    grown = plain("HP1", "王一", 8)
    report = newer(register, tmp_path, grown, without=("HP2",), dry_run=True)
    assert proposals(report, "merge", "missing") == [
        ("merge", "HP2", "HP2", "HP1", False), ("missing", "HP2", "", "", False),
    ]  # fmt: skip
    assert next(one.evidence for one in report.proposals if one.kind == "merge") == (
        "原 6 人，现 8 人，多的正是不在文件里那一户的 2 人；户主同姓王"
    )
    report = newer(register, tmp_path, grown, without=("HP2",), apply=frozenset({"merge"}))
    assert (report.changes["households_merged"], report.changes["roster_missing"]) == (1, 0)
    assert figures(register) == (1, 4)
    left = select(
        register[0],
        "SELECT h.exit_reason, o.code, r.excluded_reason, r.approved_by FROM household h JOIN household o"
        " ON o.id = h.successor JOIN round_roster r ON r.household = h.id WHERE h.code = 'HP2'",
    )
    assert left == [("merged", "HP1", "merged", "planner")]
    issues = "SELECT h.code FROM issue_household x JOIN household h ON h.id = x.household"
    kept = (
        "SELECT h.code, v.outcome FROM visit v JOIN household h ON h.id = v.household WHERE v.kind = 'visit'"
        " AND NOT EXISTS (SELECT 1 FROM visit o WHERE o.void_of = v.id) ORDER BY h.code"
    )
    assert (select(register[0], issues), select(register[0], kept)) == (
        [("HP1",)], [("HP1", "effective"), ("HP3", "not_home")],
    )  # fmt: skip
    assert newer(register, tmp_path, grown).changed is False
    assert undone(register, before)


def test_the_survivor_inherits_what_makes_it_visited(register, tmp_path: Path):
    """Of two in one house only the one that goes was visited: the survivor counts as visited by the other's visit."""
    here = {"经度": "109.161", "纬度": "27.691", "村民组": "二组"}
    rows = [
        home("HP5", 户主="赵五", 人口="1", **here),
        home("HP4", 户主="王四", 人口="2", 走访状态="", 走访日期="", **here),
    ]
    bring(*register, write_csv(tmp_path / "v.csv", rows))
    db, scope = register
    group = select(db, "SELECT place FROM household WHERE code = 'HP4'")[0][0]
    counts = read_figures(db, scope, round_id="1", place_id=group).counts
    assert (counts.effective, counts.roster) == (1, 2)
    grown = plain("HP4", "王四", 3, "二组")
    report = newer(register, tmp_path, grown, without=("HP5",), apply=frozenset({"merge:HP5"}))
    assert report.changes["households_merged"] == 1
    counts = read_figures(db, scope, round_id="1", place_id=group).counts
    assert (counts.effective, counts.roster) == (1, 1)


@pytest.mark.parametrize(
    ("grown", "without"),
    [
        (plain("HP1", "王一", 7), "HP2"),
        (plain("HP1", "王一", 6, 户主="王新"), "HP2"),
        (plain("HP1", "王一", 8), "HP4"),
    ],
    ids=["people do not add up", "nobody came", "another group"],
)
def test_without_evidence_a_missing_household_is_only_missing(register, tmp_path: Path, grown, without):
    """A household nobody names and another that grew are not joined by chance."""
    report = newer(register, tmp_path, grown, without=(without,), apply=frozenset({"merge"}))
    assert proposals(report, "merge", "missing") == [("missing", without, "", "", False)]


def test_two_that_are_as_likely_are_left_to_a_person(register, tmp_path: Path):
    """Where the vanished household may have gone into either of two, no merge is proposed."""
    extra = plain("HP6", "王六", 1)
    newer(register, tmp_path, extra)
    rows = [plain("HP1", "王一", 8), plain("HP6", "王六", 3)]
    report = newer(register, tmp_path, *rows, without=("HP2",), apply=frozenset({"merge"}))
    assert proposals(report, "merge", "missing") == [("missing", "HP2", "", "", False)]


def test_a_missing_household_leaves_only_when_chosen_and_approved(register, tmp_path: Path):
    """Chosen, its exclusion is proposed and awaits approval: it still counts; the others are only listed."""
    before = dump(register[0], without=TRACES)
    report = newer(register, tmp_path, without=("HP3", "HP5"), apply=frozenset({"missing:HP5"}))
    assert proposals(report, "missing") == [("missing", "HP3", "", "", False), ("missing", "HP5", "", "", True)]
    pending = "SELECT h.code, r.approved_on FROM round_roster r JOIN household h ON h.id = r.household WHERE r.excluded_on IS NOT NULL"
    assert select(register[0], pending) == [("HP5", None)]
    counts = read_figures(*register, round_id="1", place_id=register[1].area).counts
    assert (counts.roster, counts.pending) == (5, 1)
    assert newer(register, tmp_path, without=("HP3", "HP5"), apply=frozenset({"missing:HP5"})).changed is False
    assert undone(register, before)


def test_undo_restores_every_row_of_a_file_that_does_everything(register, tmp_path: Path):
    """New, changed, moved, divided and joined households, visits, corrections, issues and groups: all are taken back."""
    before = dump(register[0], without=TRACES)
    report = newer(
        register, tmp_path, plain("HP1", "王一", 8), home("HP3", 户主="李三", 村民组="七组", 问题类别="道路"),
        home("HP3-1", 户主="李小", 人口="1", 走访状态="空户"), plain("HP4", "王肆", 2, "二组", 备注="新建房"),
        home("HP7", 户主="孙七", 村民组="二组"), without=("HP2", "HP5"),
        apply=frozenset(APPLICABLE),
    )  # fmt: skip
    done = {name for name, n in report.changes.items() if n}
    assert done >= {
        "groups_new", "households_new", "households_changed", "visits_new", "visits_corrected", "issues_new",
        "roster_added", "roster_missing", "households_merged", "households_split",
    }  # fmt: skip
    assert undone(register, before)

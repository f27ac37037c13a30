"""Taking the last import back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.errors import Conflict, NotFound
from geo.importer import NewRound, find_undoable, list_refused, undo_last
from geo.model import IssueEntry, VisitEntry, new_id
from geo.store.assignments import add_person, assign
from geo.store.cells import differing_cells
from geo.store.households import edit_household
from geo.store.issues import raise_issue
from geo.store.visits import record_visit
from tests import workbooks
from tests.workbooks import bring, dump, home, write_csv

ROUND = NewRound("第1轮", date(2019, 10, 15), date(2019, 12, 10))
#: What stays after an undo: the batch with its journal, the log, the counter of writes.
TRACES = ("import_batch", "import_row", "import_refused", "audit_log", "setting")


@pytest.fixture
def register(tmp_path: Path):
    """Return a register into which one file has come with its round."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    rows = [home("HP1"), home("HP2", 问题类别="饮水"), home("HP3", 走访状态="未见面")]
    bring(db, scope, write_csv(tmp_path / "a.csv", rows), round=ROUND)
    return db, scope


@pytest.fixture(name="second")
def _second(register, tmp_path: Path):
    """Bring a second file that touches everything: new and changed households, a correction, an exclusion, tags, issues."""
    before = dump(register[0], without=TRACES)
    rows = [
        home("HP1", 人口="6", 走访日期="2019-11-05", 问题类别="道路"), home("HP3", 走访状态="见面"), home("HP4", 村民组="五组"),
        home("HP2", 走访日期="2019-11-06", 走访状态="空户"), home("LY1", 村="龙鱼村"),
    ]  # fmt: skip
    rows = [[*row, "五保户" if nth == 0 else ""] for nth, row in enumerate(rows)]
    path = write_csv(tmp_path / "b.csv", rows, header=[*workbooks.HEADER, "户类型"])
    report = bring(*register, path, round="1", apply=frozenset({"correction"}))
    assert report.stored
    return before


def household(db, code: str) -> tuple[str, int, str]:
    """Return id, rev and place of a household."""
    with db.read() as connection:
        return tuple(connection.exec_driver_sql("SELECT id, rev, place FROM household WHERE code = ?", (code,)).one())


def test_undo_restores_every_row(register, second):
    """After the undo every table is as before the file, cells included; the batch stays, marked."""
    undone = undo_last(*register)
    assert (undone.name, undone.restored > 0, undone.removed > 0) == ("b.csv", True, True)
    assert dump(register[0], without=TRACES) == second
    with register[0].read() as connection:
        assert differing_cells(connection, "1") == []


@pytest.mark.usefixtures("second")
def test_undo_goes_back_file_by_file(register):
    """A second undo takes the first file and its round; then there is nothing left to take back."""
    undo_last(*register)
    undo_last(*register)
    after = dump(register[0])
    assert [
        len(after[name])
        for name in ("household", "visit", "issue", "issue_event", "round", "round_roster", "coverage_cell")
    ] == [0] * 7
    assert find_undoable(*register) is None
    with pytest.raises(NotFound):
        undo_last(*register)


@pytest.mark.usefixtures("second")
def test_a_file_can_come_again_after_its_undo(register, tmp_path: Path):
    """What was taken back is new again."""
    undo_last(*register)
    report = bring(*register, tmp_path / "b.csv", round="1", apply=frozenset({"correction"}))
    assert (report.stored, report.changes["households_new"]) == (True, 2)


def later_visit(db, scope) -> None:
    """Record a visit at a household the file brought."""
    record_visit(db, scope, entry=VisitEntry(new_id(), household(db, "HP4")[0], workbooks.TODAY, "effective"))


def later_issue(db, scope) -> None:
    """Raise an issue at a household the file brought."""
    home_id, _, place = household(db, "HP4")
    raise_issue(
        db, scope, entry=IssueEntry(new_id(), place, "household", "EDU", "上学", workbooks.TODAY, households=(home_id,))
    )


def later_edit(db, scope) -> None:
    """Change a fact of a household the file changed."""
    home_id, rev, _ = household(db, "HP1")
    edit_household(db, scope, household_id=home_id, rev=rev, changes={"head_name": "王测改"})


def later_assignment(db, scope) -> None:
    """Assign a group the file made."""
    person = add_person(db, scope, name="李测", place_id="u2023-06-30-520602202203")
    with db.read() as connection:
        round_id = connection.exec_driver_sql("SELECT id FROM round").scalar_one()
    assign(db, scope, round_id=round_id, groups=[household(db, "HP4")[2]], assignee=person, due_on=date(2019, 12, 1))


@pytest.mark.parametrize("later", [later_visit, later_issue, later_edit, later_assignment])
@pytest.mark.usefixtures("second")
def test_no_undo_once_something_later_touches_its_rows(register, later):
    """A later visit, issue, change or assignment on the file's rows keeps the whole batch."""
    later(*register)
    before = dump(register[0])
    with pytest.raises(Conflict):
        undo_last(*register)
    assert dump(register[0]) == before


@pytest.mark.usefixtures("second")
def test_what_is_later_elsewhere_does_not_hinder(register):
    """A visit at a household that the last file did not bring leaves the undo possible."""
    home_id, _, _ = household(register[0], "HP3")
    record_visit(*register, entry=VisitEntry(new_id(), home_id, workbooks.TODAY, "effective"))
    assert undo_last(*register).name == "b.csv"
    with register[0].read() as connection:
        assert differing_cells(connection, "1") == []


def test_undo_opens_repaired_rows_again(tmp_path: Path):
    """A row that the taken-back file had repaired is waiting again."""
    register = workbooks.open_register(tmp_path / "r.sqlite")
    path = write_csv(tmp_path / "a.csv", [home(""), home("HP2")])
    bring(*register, path, good_rows=True)
    bring(*register, write_csv(path, [home("HP1"), home("HP2")]))
    assert list_refused(*register) == []
    undo_last(*register)
    assert [one["row"] for one in list_refused(*register)] == [1]

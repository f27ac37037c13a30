"""Files without 户编号: refused, or given codes that the same rows find again."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.importer import ImportReport, undo_last
from tests import workbooks

HEADER = ["乡镇", "村", "村民组", "户主", "身份证号", "人口", "联系电话"]
MENGXI = "520602202203"
FIRST_ID, SECOND_ID = "522201190002020015", "52220119001018129X"


def row(head: str, group: str = "一组", *, number: str = "", size: object = 3, phone: str = "") -> list[object]:
    """Return one household of 孟溪村 without a code."""
    return ["和平乡", "孟溪村", group, head, number, size, phone]


ROWS = [row("王一"), row("李一", "2组"), row("赵一"), row("张一", "上寨组"), row("王一", size=5)]
CODES = [f"{MENGXI}001001", f"{MENGXI}002001", f"{MENGXI}001002", f"{MENGXI}901001", f"{MENGXI}001003"]


@pytest.fixture
def register(tmp_path: Path):
    """Return an empty register."""
    return workbooks.open_register(tmp_path / "r.sqlite")


@pytest.fixture
def bring(register, tmp_path: Path):
    """Return a function that imports rows and has codes made, unless told otherwise."""

    def bring_rows(rows, *, name="a.csv", header=None, **options) -> ImportReport:
        path = workbooks.write_csv(tmp_path / name, rows, header=header or HEADER)
        return workbooks.bring(*register, path, **{"make_codes": True, **options})

    return bring_rows


def codes(register) -> dict[str, list[str]]:
    """Return the codes of the households by head and size."""
    with register[0].read() as connection:
        rows = connection.exec_driver_sql("SELECT head_name || size, code FROM household ORDER BY code").all()
    found: dict[str, list[str]] = {}
    for who, code in rows:
        found.setdefault(who, []).append(code)
    return found


def test_without_codes_a_file_is_refused_and_asked_about(bring, register):
    """Nobody guesses a key: the file is refused, and one question offers to make codes."""
    report = bring(ROWS, make_codes=False)
    assert (report.outcome, report.codes, [one.id for one in report.questions]) == (
        "reject_file",
        ["E_MISSING_COLUMN"],
        ["make_codes"],
    )
    assert workbooks.count(register[0], "household") == 0
    assert bring(ROWS, make_codes=False, answers={"make_codes": "skip"}).outcome == "reject_file"
    assert bring(ROWS, make_codes=False, answers={"make_codes": "make"}).stored


def test_codes_are_unit_group_and_number(bring, register):
    """Codes are unit code, group and a running number in the order of the rows; the report shows them."""
    report = bring(ROWS)
    assert (report.outcome, report.rows_ok) == ("accept", 5)
    assert [one["value"] for one in report.values if one["field"] == "户编号"] == CODES
    assert codes(register) == {
        "王一3": [CODES[0]], "李一3": [CODES[1]], "赵一3": [CODES[2]], "张一3": [CODES[3]], "王一5": [CODES[4]],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["a.csv", "台账(1).csv"])
def test_the_same_rows_find_their_codes(bring, register, name):
    """The same file, in any order and under any name, changes nothing."""
    bring(ROWS)
    for rows in (ROWS, ROWS[::-1]):
        again = bring(rows, name=name)
        assert (again.changed, again.changes["households_same"]) == (False, 5)
    assert len(codes(register)) == 5


def test_appended_and_edited_rows(bring, register):
    """A new row gets the next number; a row whose phone or size changed keeps its code."""
    bring(ROWS)
    report = bring([row("新一"), row("赵一", phone="13812345678"), row("李一", "2组", size=4), *ROWS[3:], ROWS[0]])
    assert (report.changes["households_new"], report.changes["households_changed"]) == (1, 2)
    found = codes(register)
    assert (found["新一3"], found["赵一3"], found["李一4"]) == ([f"{MENGXI}001004"], [CODES[2]], [CODES[1]])


def test_an_id_number_tells_the_household(bring, register):
    """With the head's ID number a row is known again though name, group and size changed; two numbers are two people."""
    bring([row("王一", number=FIRST_ID), row("王二")])
    bring([row("王壹", "二组", number=FIRST_ID, size=6), row("王二", number=SECOND_ID)])
    found = codes(register)
    assert found["王壹6"] == [f"{MENGXI}001001"]
    assert found["王二3"] == [f"{MENGXI}001002"]
    bring([row("王二", number=FIRST_ID)])
    assert codes(register)["王二3"] == [f"{MENGXI}001001", f"{MENGXI}001002"]


def test_rows_that_are_alike(bring, register):
    """Two heads of one name in one group are two households, a copy of a row is refused, and both are known again."""
    rows = [row("王一", phone="13812345678"), row("王一", phone="13912345678"), row("王一", phone="13812345678")]
    report = bring(rows, good_rows=True)
    assert [(one.row, one.code) for one in report.rows_bad] == [(3, "R_DUP_ROW")]
    assert [one.code for one in report.findings] == ["W_DUP_PERSON"]
    again = bring(rows[1::-1])
    assert (again.changed, len(codes(register)["王一3"])) == (False, 2)


def test_rows_that_tell_nobody(bring):
    """A row without head and ID number cannot be told from others: it is refused."""
    report = bring([row(""), row("王一")])
    assert [(one.row, one.field, one.code) for one in report.rows_bad] == [(1, "户主", "R_REQUIRED")]


def test_a_person_visited_twice_is_one_household(bring, register):
    """Rows with one ID number and two days are one household with two visits."""
    header = [*HEADER, "走访日期", "走访状态"]
    rows = [[*row("王一", number=FIRST_ID), day, "见面"] for day in ("2019-11-01", "2019-11-08")]
    report = bring(rows, header=header)
    assert (report.households, report.changes["visits_new"], codes(register)) == (1, 2, {"王一3": [f"{MENGXI}001001"]})


def test_codes_do_not_run_into_others(bring, register, tmp_path: Path):
    """A code that a roster with codes uses already is not made again."""
    workbooks.bring(*register, workbooks.write_csv(tmp_path / "own.csv", [workbooks.home(CODES[0])]))
    bring([row("新一")])
    assert codes(register)["新一3"] == [f"{MENGXI}001002"]


def test_taking_the_import_back_takes_its_codes_back(bring, register):
    """After undo nothing is left, and the same file gets the same codes."""
    kept = ("import_batch", "import_row", "import_refused", "audit_log", "setting")
    before = workbooks.dump(register[0], without=kept)
    bring(ROWS)
    undo_last(*register)
    assert workbooks.dump(register[0], without=kept) == before
    bring(ROWS)
    assert codes(register)["王一5"] == [CODES[4]]


def test_what_rows_are_known_by_is_not_readable(bring, register):
    """Names and numbers are kept as keyed hashes only."""
    bring([row("王一", number=FIRST_ID)])
    with register[0].read() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM made_code").all())
    assert ("王一" in kept, FIRST_ID in kept) == (False, False)


def test_a_dry_run_makes_nothing(bring, register):
    """A dry run shows the codes and keeps none."""
    before = workbooks.dump(register[0])
    assert bring(ROWS, dry_run=True).rows_ok == 5
    assert workbooks.dump(register[0], without=("setting",)) == {
        name: rows for name, rows in before.items() if name != "setting"
    }


def test_persons_without_a_code_stay_out(bring):
    """Rows of persons cannot be put together without 户编号: codes are neither offered nor made."""
    report = bring([[*row("王一"), "户主"]], header=[*HEADER, "与户主关系"])
    assert (report.outcome, report.questions) == ("reject_file", ())

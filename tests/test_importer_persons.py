"""Exports with one row a person: households, heads, sizes, what is kept of whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.importer import ImportReport, undo_last
from tests import odd_books, workbooks

HEADER = [
    "县(市、区、旗)", "乡(镇)", "行政村", "村民组", "户编号", "人编号", "姓名", "证件号码", "人数", "与户主关系", "户类型", "人联系电话",
]  # fmt: skip
HEAD_ID = "522201190002020015"
OTHER_ID = "52220119001018129X"


def person(code: str, name: str, relation: str = "", **said: object) -> list[object]:
    """Return one person of a household of 孟溪村, first group."""
    usual: dict[str, object] = {
        "县(市、区、旗)": "碧江区", "乡(镇)": "和平乡", "行政村": "孟溪村", "村民组": "一组", "户编号": code, "姓名": name,
        "与户主关系": relation, "户类型": "一般户",
    }  # fmt: skip
    return [{**usual, **said}.get(name, "") for name in HEADER]


@pytest.fixture
def register(tmp_path: Path):
    """Return an empty register."""
    return workbooks.open_register(tmp_path / "r.sqlite")


@pytest.fixture
def bring(register, tmp_path: Path):
    """Return a function that imports persons under the header."""

    def bring_persons(rows, *, header=None, **options) -> ImportReport:
        path = odd_books.write_book(tmp_path / "a.xlsx", [header or HEADER, *rows])
        return workbooks.bring(*register, path, **options)

    return bring_persons


def homes(register) -> dict[str, tuple[object, ...]]:
    """Return name, size, phone and last four of every household by its code."""
    with register[0].read() as connection:
        rows = connection.exec_driver_sql("SELECT code, head_name, size, phone, id_last4 FROM household").all()
    return {row[0]: tuple(row[1:]) for row in rows}


def listed(report: ImportReport) -> list[tuple[str, int, str]]:
    """Return code, row and field of what is said about rows."""
    return [(one.code, one.row, one.field) for one in report.findings if one.row]


FAMILIES = [
    person("H1", "王一", "户主", 证件号码=HEAD_ID, 人数=3, 人联系电话="13812345678"),
    person("H1", "王二", "配偶", 证件号码=OTHER_ID, 人数=3),
    person("H1", "王三", "之子", 人数=3),
    person("H2", "李二", "配偶", 人数=2, 人联系电话="13912345678"),
    person("H2", "李一", "户主", 人数=2),
    person("H3", "赵一", "户主", 人数=1),
]


def test_persons_are_folded_into_households(bring, register):
    """Six rows are three households of six people; the head's row gives name and number, wherever it stands."""
    report = bring(FAMILIES)
    assert (report.outcome, report.rows_total, report.rows_ok, report.households, report.persons) == (
        "accept",
        6,
        6,
        3,
        6,
    )
    assert listed(report) == []
    assert homes(register) == {
        "H1": ("王一", 3, "13812345678", "0015"),
        "H2": ("李一", 2, "13912345678", None),
        "H3": ("赵一", 1, "", None),
    }


def test_the_same_persons_again_change_nothing(bring, register):
    """Rows in another order are the same households; a new member raises the size."""
    bring(FAMILIES)
    again = bring(FAMILIES[::-1])
    assert (again.stored, again.changed, again.changes["households_same"]) == (False, False, 3)
    more = bring([*FAMILIES, person("H3", "赵二", "之女", 人数=2)])
    assert (more.changes["households_changed"], homes(register)["H3"][1]) == (1, 2)


def test_only_the_head_is_kept(bring, register):
    """Of the other persons neither name nor number is stored, not even as a hash."""
    bring(FAMILIES)
    assert (workbooks.count(register[0], "household"), homes(register)["H2"][3]) == (3, None)
    with register[0].read() as connection:
        hashes = connection.exec_driver_sql("SELECT count(*) FROM household WHERE id_hash IS NOT NULL").scalar()
    everything = str(workbooks.dump(register[0]))
    assert (hashes, "王二" in everything, "王三" in everything, "129X" in everything) == (1, False, False, False)


def test_the_number_of_people_is_that_of_the_rows(bring, register):
    """人数 that differs from the rows is listed, and the rows count."""
    report = bring([person("H1", "王一", "户主", 人数=5), person("H1", "王二", "配偶", 人数=5)])
    assert listed(report) == [("W_ATTR_DIFFERS", 1, "人口")]
    assert (report.persons, homes(register)["H1"][1]) == (2, 2)


def test_a_household_without_a_head(bring, register):
    """Without a row 户主 the first person is taken for the head, and it is said; a column 户主姓名 knows better."""
    rows = [person("H1", "王二", "配偶"), person("H1", "王三", "之子")]
    report = bring(rows)
    assert (listed(report), homes(register)["H1"][0]) == ([("W_HEAD_GUESSED", 1, "与户主关系")], "王二")
    named = bring([[*row, "王三"] for row in rows], header=[*HEADER, "户主姓名"], dry_run=True)
    assert listed(named) == []


def test_copies_and_strangers_stay_out(bring):
    """A row that is there twice, a second head and a person of another group under one code are refused."""
    rows = [
        person("H1", "王一", "户主"), person("H1", "王二", "配偶"), person("H1", "王二", "配偶"), person("H1", "李一", "户主"),
        person("H1", "赵一", "之子", 村民组="二组"),
    ]  # fmt: skip
    report = bring(rows)
    assert [(one.row, one.code) for one in report.rows_bad] == [
        (3, "R_DUP_ROW"),
        (4, "R_DUP_KEY_CONFLICT"),
        (5, "R_DUP_KEY_CONFLICT"),
    ]
    assert (report.rows_ok, report.households, report.persons) == (2, 1, 2)


def test_rows_that_differ_in_the_household(bring):
    """A class that differs between the rows of a household is listed; the head's is taken."""
    report = bring(
        [person("H1", "王一", "户主", 户类型="脱贫户"), person("H1", "王二", "配偶", 户类型="一般户")], dry_run=True
    )
    assert listed(report) == [("W_ATTR_DIFFERS", 2, "户类别")]
    assert next(one["value"] for one in report.values if one["field"] == "户类别") == "lifted"


def test_a_list_of_heads_alone_is_no_file_of_persons(bring):
    """Where each household has one row only, 人数 is how many live there, not that there is one row."""
    report = bring([person("H1", "王一", "户主", 人数=4), person("H2", "李一", "户主", 人数=2)])
    assert (listed(report), report.households, report.persons) == ([], 2, 6)


def test_household_cells_merged_over_persons(register, tmp_path: Path):
    """Cells of the household merged over its persons say the same in each of their rows."""
    rows = [HEADER, *FAMILIES[:2]]
    merges = [f"{letter}2:{letter}3" for letter in "ABCDEI"]
    report = workbooks.bring(*register, odd_books.write_book(tmp_path / "m.xlsx", rows, merges=merges))
    assert (report.rows_ok, report.households, homes(register)["H1"][:2]) == (2, 1, ("王一", 2))
    assert {one.code for one in report.findings if one.cell.endswith("3")} == {"W_MERGED_FILLED"}


def test_blank_codes_of_members_are_findings(bring):
    """A member whose 户编号 is blank without a merged cell belongs to nobody: the row is refused."""
    report = bring([person("H1", "王一", "户主"), person("", "王二", "配偶")])
    assert [(one.row, one.code) for one in report.rows_bad] == [(2, "R_REQUIRED")]


def test_system_codes_are_headers(bring, register):
    """The columns of the national system are known by their codes."""
    header = ["aar007" if name == "村民组" else "aac001" if name == "户编号" else "aac006" if name == "户类型" else name for name in HEADER]  # fmt: skip
    assert bring(FAMILIES, header=[*header, "aac007"]).households == 3
    assert homes(register)["H2"][0] == "李一"


def test_members_under_a_name_of_their_own(register, tmp_path: Path):
    """户主 with 家庭成员 beside it, each with 姓名: the head is the head, the members are counted."""
    rows = [
        ["村", "村民组", "户编号", "户主", "", "家庭成员", "", ""],
        ["", "", "", "姓名", "联系电话", "姓名", "与户主关系", "身份证号"],
        ["孟溪村", "一组", "H1", "王一", "13812345678", "王一", "户主", HEAD_ID],
        ["孟溪村", "一组", "H1", "王一", "13812345678", "王二", "配偶", OTHER_ID],
    ]
    merges = ["A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:H1"]
    report = workbooks.bring(*register, odd_books.write_book(tmp_path / "m.xlsx", rows, merges=merges))
    assert (report.households, report.persons) == (1, 2)
    assert homes(register) == {"H1": ("王一", 2, "13812345678", "0015")}


def test_an_import_of_persons_is_undone(bring, register):
    """Undoing takes away what the persons became."""
    before = workbooks.dump(register[0], without=("import_batch", "audit_log", "setting", "import_row"))
    bring(FAMILIES)
    undo_last(*register)
    assert workbooks.dump(register[0], without=("import_batch", "audit_log", "setting", "import_row")) == before

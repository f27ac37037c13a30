"""Workbooks with several sheets: read together under one header, every cell named with its own sheet."""

from __future__ import annotations

import io

import openpyxl
import pytest

from geo.cli import main
from geo.importer.sheets import Part, Sheet
from geo.importer.together import name_cell
from geo.marked import MarkedFile, write_marked
from tests import odd_books
from tests.workbooks import bring, count, open_register

HEAD = ["乡镇", "村", "村民组", "户编号", "户主", "人口"]


def homes(township: str, village: str, prefix: str, *, group: str = "一组", sizes=(3, 3)) -> list[list[object]]:
    """Return rows of one unit."""
    return [[township, village, group, f"{prefix}{nth}", f"王{prefix}{nth}", n] for nth, n in enumerate(sizes)]


@pytest.fixture
def register(tmp_path):
    """An empty register."""
    return open_register(tmp_path / "r.sqlite")


@pytest.fixture
def book(tmp_path):
    """A workbook: two sheets under one header, each with its own titles and total; a sheet of notes; a hidden one."""
    first = [["和平乡农户台账", *[""] * 5], HEAD, *homes("和平乡", "孟溪村", "A"), ["合计", *[""] * 4, 6]]
    second = [["坝黄镇", *[""] * 5], ["2019 年", *[""] * 5], HEAD, *homes("坝黄镇", "坪茶村", "B"), ["", "", "", "", "", ""],
              *homes("坝黄镇", "坪茶村", "C", sizes=(99,)), ["合计", *[""] * 4, 9]]  # fmt: skip
    notes = [["填表说明"], ["每户一行"]]
    return odd_books.write_book(
        tmp_path / "b.xlsx", first, sheets=[("坝黄镇", second), ("说明", notes), ("旧", [HEAD, *homes("x", "y", "Z")])],
        hide=["旧"],
    )  # fmt: skip


def test_sheets_of_one_header_are_one_import(register, book):
    """Every row of both comes in with one batch; titles, totals and faults are named with their sheet and row."""
    report = bring(*register, book, sheet="all", understood=True)
    assert (report.outcome, report.rows_total, report.households) == ("accept_with_warnings", 5, 5)
    assert (report.sheets, report.other_sheets, report.sheet) == (
        ("台账", "坝黄镇"),
        ("说明", "旧"),
        "台账、坝黄镇",
    )
    assert sorted((one.code, one.cell) for one in report.findings) == [
        ("W_RANGE", "坝黄镇!F7"), ("W_TITLE_ROWS_SKIPPED", "台账!1"), ("W_TITLE_ROWS_SKIPPED", "坝黄镇!1-2"),
        ("W_TOTAL_ROW_SKIPPED", "台账!5"), ("W_TOTAL_ROW_SKIPPED", "坝黄镇!8"),
    ]  # fmt: skip
    assert [(one.source_sheet, one.source_row) for one in report.as_read] == [
        ("台账", 3), ("台账", 4), ("坝黄镇", 4), ("坝黄镇", 5), ("坝黄镇", 7),
    ]  # fmt: skip
    assert (count(register[0], "import_batch"), count(register[0], "household")) == (1, 5)
    assert [number for number, _ in report.preview] == [3, 4]
    assert not bring(*register, book, sheet="all").changed


def test_without_a_word_all_sheets_of_one_header_are_read(register, book):
    """A sheet is read alone only where it is named; the report says which others have its header."""
    report = bring(*register, book, sheet="1")
    assert (report.sheets, report.alike_sheets, report.rows_total) == (("台账",), ("台账", "坝黄镇"), 2)
    whole = bring(*register, book)
    assert (whole.changes["households_new"], whole.changes["households_same"], whole.waiting) == (3, 2, 0)


def test_tables_of_two_headers_are_asked_about(register, tmp_path):
    """Where another sheet holds households under another header nothing is stored until a sheet is chosen."""
    other = ["村", "组别", "户号", "户主姓名"]
    sheets = [("补录", [other, ["坪茶村", "一组", "B1", "李测"]]), ("说明", [["填表说明"], ["每户一行"]])]
    path = odd_books.write_book(tmp_path / "a.xlsx", [HEAD, *homes("和平乡", "孟溪村", "A")], sheets=sheets)
    report = bring(*register, path)
    assert (report.outcome, report.stored, report.codes) == ("ask", False, ["W_SECOND_TABLE"])
    question = report.questions[0]
    assert (question.id, [one.value for one in question.options]) == ("sheet", ["台账", "补录"])
    assert bring(*register, path, answers={"sheet": "补录"}).households == 1
    assert bring(*register, path, sheet="台账").households == 2


def test_another_sheet_of_a_file_is_not_the_same_file_again(register, book):
    """After the first sheet the second one is news: nothing of it is taken for older than what is stored."""
    bring(*register, book, sheet="1")
    report = bring(*register, book, sheet="2")
    assert (report.stored, report.waiting, report.changes["households_new"]) == (True, 0, 3)


def test_names_of_sheets_tell_village_and_group(register, tmp_path):
    """Without columns for them a sheet's name tells the village, or, once answered, the group; else that one is asked."""
    head, rows = ["户编号", "户主", "村民组"], [["a1", "王一", "一组"]]
    villages = odd_books.write_book(
        tmp_path / "a.xlsx",
        [head, *rows],
        sheets=[("孟溪村", [head, ["b1", "王二", "一组"]]), ("哪里", [head, ["c1", "王", "二组"]])],
    )
    report = bring(*register, villages, sheet="all")
    assert [(one.id, one.rows) for one in report.questions] == [("unit:台账", 1), ("unit:哪里", 1)]
    answers = {"unit:台账": "520602202203", "unit:哪里": "520602202203"}
    assert bring(*register, villages, sheet="all", answers=answers).rows_ok == 3
    groups = odd_books.write_book(
        tmp_path / "孟溪村.xlsx", [["户编号", "户主"]],
        sheets=[("三组", [["户编号", "户主"], ["d1", "王"]]), ("四组", [["户编号", "户主"], ["e1", "王"]])],
    )  # fmt: skip
    asked = bring(*register, groups, sheet="all")
    assert [one.id for one in asked.questions] == ["group_titles"]
    report = bring(*register, groups, sheet="all", answers={"group_titles": "take"})
    assert [one["value"] for one in report.values if one["field"] == "村民组"] == ["三组", "四组"]


def test_refused_rows_are_named_without_a_column_too(register, tmp_path):
    """A row that lacks a group, in a file without that column, is named by its sheet and row."""
    bring(*register, odd_books.write_book(tmp_path / "r.xlsx", [HEAD, *homes("和平乡", "孟溪村", "A")]))
    head = ["村", "户编号"]
    path = odd_books.write_book(
        tmp_path / "a.xlsx", [head, ["孟溪村", "Q1"]], sheets=[("二", [["题"], head, ["孟溪村", "Q2"]])]
    )
    report = bring(*register, path, sheet="all")
    assert [one.cell for one in report.rows_bad] == ["台账!2", "二!3"]


def test_marks_stand_in_their_own_sheets(register, book):
    """The workbook to repair has a sheet for each that was read, its marks at their places, and a list for each."""
    report = bring(*register, book, sheet="all")
    marked = openpyxl.load_workbook(io.BytesIO(write_marked([MarkedFile(book, report)])))
    assert len(marked.sheetnames) == 4
    sheet = marked["坝黄镇"]
    assert sheet["F7"].comment.text.startswith("W_RANGE")
    assert sheet["A8"].comment.text.startswith("W_TOTAL_ROW_SKIPPED")
    assert marked["台账"]["A5"].comment.text.startswith("W_TOTAL_ROW_SKIPPED")


@pytest.mark.parametrize("kind", ["roster", "gaps"])
def test_our_own_lists_come_back_whole(kind, tmp_path, capsys):
    """A roster and a gap list with a sheet a township change nothing when they are imported as they are."""
    db, path = str(tmp_path / "c.sqlite"), tmp_path / f"{kind}.xlsx"
    rows = [[*HEAD], *homes("和平乡", "孟溪村", "A"), *homes("坝黄镇", "坪茶村", "B")]
    book = odd_books.write_book(tmp_path / "r.xlsx", rows)
    assert main(["import", str(book), "--db", db, "--round", "第1轮:2019-10-15:2019-12-10"]) == 0
    assert main(["export", kind, "--db", db, "--out", str(path)]) == 0
    assert len(openpyxl.load_workbook(path).sheetnames) == 2
    capsys.readouterr()
    assert main(["import", str(path), "--db", db]) == 0
    out = capsys.readouterr().out
    assert "共 4 行，可用 4 行" in out
    assert "都已在库里，没有任何改动。" in out
    assert "不认识这些列" not in out
    assert "文件里没有" not in out


def test_the_command_line_says_how_to_read_them_together(book, tmp_path, capsys):
    """One sheet was read: the others are named, and `--sheet all` offered; with it nothing is left to say."""
    db = str(tmp_path / "c.sqlite")
    assert main(["import", str(book), "--db", db, "--sheet", "台账"]) == 0
    out = capsys.readouterr().out
    assert "台账、坝黄镇的表头相同，加 --sheet all 一起导入" in out
    assert main(["import", str(book), "--db", db, "--sheet", "all"]) == 0
    assert "--sheet all" not in capsys.readouterr().out


def test_cells_are_named_with_their_sheets():
    """Cells, ranges, and spans of rows that reach over two sheets."""
    sheet = Sheet("a", [[]] * 20, parts=(Part("甲", 0, 0, 1), Part("乙", 10, 8, 2)))
    named = {one: name_cell(sheet, one) for one in ("D6", "A11:A13", "B:B", "9-12", "3, 15", "乙!D3")}
    assert named == {
        "D6": "甲!D6", "A11:A13": "乙!A3:A5", "B:B": "B:B", "9-12": "甲!9-10, 乙!3-4", "3, 15": "甲!3, 乙!7", "乙!D3": "乙!D3",
    }  # fmt: skip

"""The workbook to repair: the rows as they came, marks and comments in their cells, and the list of what was found."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from geo.cli import main
from geo.importer import ImportReport
from geo.marked import MarkedFile, write_marked
from tests import odd_books, workbooks

BAD, WARNED = "FFFBECEC", "FFFFF6E0"


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory):
    """Return an empty register that the dry runs of this file leave empty."""
    return workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")


@pytest.fixture
def mark(register):
    """Return a function that gives the report of a file and its marked workbook, opened by another program."""

    def open_marked(path: Path, **options) -> tuple[ImportReport, openpyxl.Workbook]:
        report = workbooks.bring(*register, path, dry_run=True, **options)
        return report, openpyxl.load_workbook(io.BytesIO(write_marked([MarkedFile(path, report)])))

    return open_marked


def ground(cell) -> str:
    """Return the colour under a cell, '' for none."""
    return cell.fill.fgColor.rgb if cell.fill.fill_type else ""


ROWS = [
    ["和平乡农户走访台账"], workbooks.HEADER, workbooks.home("HP1", 人口="-3"), workbooks.home("", 备注="=1+1"),
    workbooks.home("HP3", 走访日期=date(2019, 3, 5), 身份证号="522201190010181291"), ["合计", *[""] * 12],
]  # fmt: skip


def test_rows_stand_where_they_stood(mark, tmp_path: Path):
    """Every cell has its value in its place, text as text, figures as figures, days as days."""
    _, book = mark(odd_books.write_book(tmp_path / "a.xlsx", ROWS))
    sheet = book["台账"]
    assert book.sheetnames == ["台账", "问题清单"]
    assert (sheet["A1"].value, sheet["D3"].value, sheet["H3"].value) == ("和平乡农户走访台账", "HP1", 109.15)
    assert sheet["J5"].value.date() == date(2019, 3, 5)
    assert (sheet["M4"].value, sheet["M4"].data_type) == ("=1+1", "s")


def test_cells_are_marked_and_commented(mark, tmp_path: Path):
    """What keeps a row out is red, the rest yellow; the comment gives code and sentence in both languages."""
    report, book = mark(odd_books.write_book(tmp_path / "a.xlsx", ROWS))
    sheet = book["台账"]
    assert [one.code for one in report.rows_bad] == ["R_REQUIRED"]
    assert {name: ground(sheet[name]) for name in ("D4", "G3", "F5", "E3")} == {
        "D4": BAD, "G3": WARNED, "F5": WARNED, "E3": "",
    }  # fmt: skip
    said = sheet["G3"].comment.text
    assert said.splitlines()[0] == "W_RANGE"
    assert "人口是 1 到 60 的整数" in said
    assert "whole number from 1 to 60" in said
    assert sheet["A1"].comment.text.startswith("W_TITLE_ROWS_SKIPPED")
    assert sheet["A6"].comment.text.startswith("W_TOTAL_ROW_SKIPPED")


def test_everything_is_listed(mark, tmp_path: Path):
    """The second sheet has one line a finding, with what the file says and what to do in both languages."""
    report, book = mark(odd_books.write_book(tmp_path / "a.xlsx", ROWS))
    lines = list(book["问题清单"].values)
    assert lines[0] == ("行", "单元格", "字段", "代码", "原值", "怎么办", "What to do")
    assert len(lines) == 1 + len(report.rows_bad) + len(report.findings)
    by_code = {line[3]: line for line in lines[1:]}
    assert by_code["R_REQUIRED"][:3] == (2, "D4", "户编号")
    assert by_code["W_ID_CHECKSUM"][4] == "522201190010181291"
    assert all(line[5] and line[6] for line in lines[1:])


def test_the_marked_workbook_comes_back(mark, register, tmp_path: Path):
    """Imported as it is, the marked workbook says the same again; repaired it enters whole."""
    path = odd_books.write_book(tmp_path / "a.xlsx", ROWS)
    report, book = mark(path)
    book.save(tmp_path / "b.xlsx")
    again = workbooks.bring(*register, tmp_path / "b.xlsx", dry_run=True)
    assert [(one.row, one.code) for one in again.rows_bad] == [(one.row, one.code) for one in report.rows_bad]
    assert again.codes == report.codes
    book["台账"]["D4"], book["台账"]["G3"] = "HP2", 3
    book.save(tmp_path / "c.xlsx")
    repaired = workbooks.bring(*register, tmp_path / "c.xlsx", dry_run=True)
    assert (repaired.rows_ok, repaired.rows_bad, "W_RANGE" in repaired.codes) == (3, (), False)


def test_merged_cells_stay_merged(mark, register, tmp_path: Path):
    """A merged village stays merged and its range is marked, so that its rows still have one."""
    rows = [workbooks.HEADER, workbooks.home("HP1"), workbooks.home("HP2", 村=""), workbooks.home("", 村="")]
    _, book = mark(odd_books.write_book(tmp_path / "a.xlsx", rows, merges=["B2:B4"]))
    assert [str(one) for one in book["台账"].merged_cells.ranges] == ["B2:B4"]
    assert book["台账"]["B2"].comment.text.startswith("W_MERGED_FILLED")
    book.save(tmp_path / "b.xlsx")
    assert workbooks.bring(*register, tmp_path / "b.xlsx", dry_run=True).rows_ok == 2


def test_refused_columns_are_not_carried_on(mark, tmp_path: Path):
    """民族 keeps its header, with the reason as its comment; what stood under it is left out."""
    rows = [[*workbooks.HEADER, "民族"], [*workbooks.home("HP1"), "侗族"]]
    _, book = mark(workbooks.write_xlsx(tmp_path / "a.xlsx", rows))
    sheet = book["台账"]
    assert (sheet["N1"].value, sheet["N2"].value, "侗族" in str(list(book["问题清单"].values))) == ("民族", None, False)
    assert sheet["N1"].comment.text.startswith("W_REFUSED_COLUMN")


def test_errors_and_odd_values(mark, tmp_path: Path):
    """An error shows as what the file says; a column without a cell marks its header; a text file has its name."""
    rows = [workbooks.HEADER, workbooks.home("HP1", 户主=("=NA()", "#N/A"))]
    _, book = mark(odd_books.write_book(tmp_path / "a.xlsx", rows, hidden_columns=["G"]))
    assert (book["台账"]["E2"].value, ground(book["台账"]["E2"])) == ("#N/A", WARNED)
    assert book["台账"]["G1"].comment.text.startswith("W_HIDDEN_ROWS")
    _, book = mark(workbooks.write_csv(tmp_path / "孟溪.csv", [workbooks.home("HP1", 人口="x")]))
    assert (book.sheetnames[0], ground(book["孟溪"]["G2"])) == ("孟溪", WARNED)


def test_a_file_that_cannot_be_read_has_a_list(mark, tmp_path: Path):
    """Of a file that is refused whole only the reason is written."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\x89PNG" + bytes(100))
    _, book = mark(path)
    assert [line[3] for line in book["问题清单"].values][1:] == ["E_NOT_SPREADSHEET"]


def test_a_long_file_has_no_endless_comments(register, tmp_path: Path):
    """Beyond a number of comments cells are only coloured; all are listed."""
    path = workbooks.write_csv(tmp_path / "a.csv", [workbooks.home(f"HP{n}", 人口="0") for n in range(30)])
    report = workbooks.bring(*register, path, dry_run=True)
    book = openpyxl.load_workbook(io.BytesIO(write_marked([MarkedFile(path, report)], most_comments=10)))
    cells = [row[6] for row in book["a"].iter_rows(min_row=2)]
    assert [sum(cell.comment is not None for cell in cells), sum(ground(cell) == WARNED for cell in cells)] == [10, 30]
    assert book["问题清单"].max_row - 1 == len(report.findings) == 30


def test_on_the_command_line(tmp_path: Path):
    """--findings writes one workbook for all files, sheets named apart; nothing in it is a formula."""
    paths = [odd_books.write_book(tmp_path / f"{n}.xlsx", ROWS) for n in (1, 2)]
    out = tmp_path / "out.xlsx"
    typed = [*map(str, paths), "--db", str(tmp_path / "r.sqlite"), "--json", "--dry-run", "--findings", str(out)]
    assert main(["import", *typed]) == 3
    assert openpyxl.load_workbook(out).sheetnames == ["台账", "问题清单", "台账 (2)", "问题清单 (2)"]
    with zipfile.ZipFile(out) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name)

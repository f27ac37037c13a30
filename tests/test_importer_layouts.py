"""What a sheet shows besides its cells: hidden rows, errors, formulas without a value, macros, the day system."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest

from geo.importer import ImportReport
from geo.importer.layout import scan_sheet
from geo.importer.readers import read_sheets
from tests import odd_books, workbooks

HOMES = [workbooks.HEADER, workbooks.home("HP1"), workbooks.home("HP2")]
XML = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory):
    """Return an empty register that the dry runs of this file leave empty."""
    return workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")


def look(register, path: Path, **options: object) -> ImportReport:
    """Return what importing a file would come to."""
    return workbooks.bring(*register, path, dry_run=True, **options)


def found(report: ImportReport) -> list[tuple[str, int, str, str]]:
    """Return code, row, cell and value of the findings."""
    return [(one.code, one.row, one.cell, one.value) for one in report.findings]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_hidden_rows_are_said_to_be_included(tmp_path: Path, register, kind):
    """A hidden row counts like any other, and the report names it by its number in the sheet."""
    rows = [*HOMES, workbooks.home("HP3"), workbooks.home("HP4")]
    makers = {
        "xlsx": odd_books.write_book,
        "xls": odd_books.write_old_book,
        "ods": odd_books.write_open_document,
    }
    report = look(register, makers[kind](tmp_path / f"a.{kind}", rows, hidden_rows=[2, 3]))
    assert (report.rows_ok, found(report)) == (4, [("W_HIDDEN_ROWS", 0, "3-4", "2")])


def test_hidden_columns_are_said_to_be_included(tmp_path: Path, register):
    """A hidden column that is taken for a field is named."""
    path = odd_books.write_book(tmp_path / "a.xlsx", HOMES, hidden_columns=["G", "Z"])
    assert found(look(register, path)) == [("W_HIDDEN_ROWS", 0, "G:G", "人口")]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv"])
def test_errors_are_empty_and_listed(tmp_path: Path, register, kind):
    """#N/A in a cell is no name: the field is empty, the household enters, the cell is listed."""
    wrong = ("=NA()", "#N/A") if kind == "xlsx" else "#N/A"
    rows = [HOMES[0], workbooks.home("HP1", 户主=wrong), HOMES[2]]
    makers = {
        "xlsx": odd_books.write_book, "xls": odd_books.write_old_book, "ods": odd_books.write_open_document,
        "csv": lambda path, lines: workbooks.write_csv(path, lines[1:]),
    }  # fmt: skip
    report = look(register, makers[kind](tmp_path / f"a.{kind}", rows))
    assert (report.rows_ok, found(report)) == (2, [("W_EXCEL_ERROR", 1, "E2", "#N/A")])


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_formulas_that_were_never_calculated(tmp_path: Path, register, kind):
    """A formula without a stored value is an empty cell and is listed; one with a value is that value."""
    bare = ("=G3", None) if kind == "xlsx" else "=G3"
    rows = [
        HOMES[0],
        workbooks.home("HP1", 人口=bare),
        workbooks.home("HP2", 人口=("=1+1", 2) if kind == "xlsx" else 2),
    ]
    makers = {
        "xlsx": odd_books.write_book,
        "xls": odd_books.write_old_book,
        "ods": odd_books.write_open_document,
    }
    report = look(register, makers[kind](tmp_path / f"a.{kind}", rows))
    assert (report.persons, [one[:3] for one in found(report)]) == (2, [("W_FORMULA", 1, "G2")])


def test_a_key_that_is_an_error_keeps_the_row_out(tmp_path: Path, register):
    """An error in 户编号 leaves a row whose household cannot be told."""
    path = odd_books.write_book(
        tmp_path / "a.xlsx", [HOMES[0], workbooks.home("HP1", 户编号=("=A9", "#REF!")), HOMES[2]]
    )
    report = look(register, path)
    assert [(one.row, one.code) for one in report.rows_bad] == [(1, "R_REQUIRED")]


def test_text_formulas_that_say_nothing_are_empty(tmp_path: Path):
    """=IF(…,"") with its stored empty text is a blank cell, not a fault."""
    path = odd_books.write_book(tmp_path / "a.xlsx", [["户编号", "备注"], ["HP1", ('=""', "x")]])
    xml = b'<row r="2"><c r="A2" t="inlineStr"><is><t>HP1</t></is></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    odd_books.add_parts(path, {XML: head + xml + b"</sheetData></worksheet>"})
    assert read_sheets(path)[0].layout.faults == {}


def test_sheets_written_with_a_prefix():
    """Hidden rows and errors are seen in XML with a name prefix and single quotes too."""
    body = (
        b"<?xml version='1.0'?><x:worksheet xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        b"<x:sheetData><x:row r='2' hidden='true'><x:c r='A2' t='e'><x:f>NA()</x:f><x:v>#N/A</x:v></x:c></x:row>"
        b"<x:row r='3'><x:c r='A3'><x:f>A2</x:f></x:c></x:row></x:sheetData></x:worksheet>"
    )
    layout = scan_sheet(body)
    assert (layout.hidden_rows, dict(layout.faults)) == (
        ((1, 1),),
        {(1, 0): ("W_EXCEL_ERROR", "#N/A"), (2, 0): ("W_FORMULA", "=")},
    )


def test_sheets_of_the_strict_standard(tmp_path: Path):
    """A workbook under the strict names of the standard shows its hidden rows too."""
    path = odd_books.write_book(tmp_path / "a.xlsx", HOMES, hidden_rows=[2])
    with zipfile.ZipFile(path) as archive:
        strict = {
            name: archive.read(name)
            .replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006", b"http://purl.oclc.org/ooxml/spreadsheetml"
            )
            .replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006", b"http://purl.oclc.org/ooxml/officeDocument"
            )
            for name in archive.namelist()
            if name.startswith(("xl/", "_rels/"))
        }
    assert read_sheets(odd_books.add_parts(path, strict))[0].layout.hidden_rows == ((2, 2),)


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/connections.xml"])
def test_macros_and_links_are_left_alone(tmp_path: Path, register, part):
    """A macro is not run and a link is not followed; both are said, and the rows enter."""
    path = odd_books.add_parts(odd_books.write_book(tmp_path / "a.xlsm", HOMES), {part: b"<x/>"})
    report = look(register, path)
    code = "W_MACRO_IGNORED" if "vba" in part else "W_EXTERNAL_REF_IGNORED"
    assert (report.outcome, report.codes, report.rows_ok) == ("accept_with_warnings", [code], 2)


def test_macros_of_other_formats(tmp_path: Path, register):
    """A Basic library in an .ods is left alone and said."""
    path = odd_books.write_open_document(tmp_path / "a.ods", HOMES, parts={"Basic/Standard/script-lb.xml": "<x/>"})
    assert look(register, path).codes == ["W_MACRO_IGNORED"]


def test_days_of_the_1904_system(tmp_path: Path, register):
    """In a workbook of the 1904 system a date cell and a plain day number mean the same day."""
    rows = [HOMES[0], workbooks.home("HP1", 走访日期=date(2019, 3, 5)), workbooks.home("HP2", 走访日期=43529 - 1462)]
    new = odd_books.write_book(tmp_path / "a.xlsx", rows, options={"date_1904": True})
    plain = odd_books.write_book(tmp_path / "b.xlsx", [HOMES[0], workbooks.home("HP1", 走访日期=43529)])
    old = odd_books.write_old_book(tmp_path / "a.xls", [rows[0], rows[2]], is_1904=True)
    days = [
        [one["value"] for one in look(register, path).values if one["field"] == "走访日期"]
        for path in (new, plain, old)
    ]
    assert days == [["2019-03-05", "2019-03-05"], ["2019-03-05"], ["2019-03-05"]]

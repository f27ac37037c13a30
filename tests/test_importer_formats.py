"""Every format that comes in: .xls, .ods, .csv.gz, macros, hidden sheets and rows, errors, what a parser must not see."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from geo.errors import FileRefused, Invalid
from geo.importer import ImportReport
from geo.importer.readers import find_sheet, read_sheets
from tests import odd_books, workbooks

HOMES = [workbooks.HEADER, workbooks.home("HP1"), workbooks.home("HP2")]
XML = "xl/worksheets/sheet1.xml"


def refuse(path: Path, **named: str) -> FileRefused:
    """Return the refusal of a file."""
    with pytest.raises(FileRefused) as raised:
        read_sheets(path, **named)
    return raised.value


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


@pytest.mark.parametrize("ending", ["xlsx", "xlsm", "xls", "ods", "csv", "txt", "tsv", "csv.gz", "txt.gz"])
def test_every_format_says_the_same(tmp_path: Path, register, ending):
    """The same two households come out of every format, with their day and their figures."""
    rows = [HOMES[0], workbooks.home("HP1", 走访日期=date(2019, 3, 5)), HOMES[2]]
    path = tmp_path / f"台账.{ending}"
    if ending == "xls":
        odd_books.write_old_book(path, rows)
    elif ending == "ods":
        odd_books.write_open_document(path, rows)
    elif ending in ("xlsx", "xlsm"):
        odd_books.write_book(path, rows)
    elif ending.endswith("gz"):
        plain = workbooks.write_csv(tmp_path / "a.csv", rows[1:])
        odd_books.write_gzip(path, plain.read_bytes())
    else:
        workbooks.write_csv(path, rows[1:])
    report = look(register, path)
    days = [one["value"] for one in report.values if one["field"] == "走访日期"]
    assert (report.outcome, report.rows_ok, report.persons, days) == ("accept", 2, 6, ["2019-03-05", "2019-11-01"])


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods", "csv", "csv.gz"])
def test_the_name_must_say_what_the_bytes_are(tmp_path: Path, ending):
    """Bytes of one format under the name of another are refused, whichever two they are."""
    makers = {
        "xlsx": odd_books.write_book, "xls": odd_books.write_old_book, "ods": odd_books.write_open_document,
        "csv": lambda path, rows: workbooks.write_csv(path, rows[1:]),
    }  # fmt: skip
    for kind, make in makers.items():
        path = make(tmp_path / f"a.{kind}", HOMES)
        if kind != ending:
            assert refuse(path, name=f"台账.{ending}").code == "E_NOT_SPREADSHEET", kind


def test_formats_that_are_not_on_the_list(tmp_path: Path):
    """A gzipped workbook and endings nobody asked for are refused by name."""
    path = odd_books.write_gzip(tmp_path / "a.xlsx.gz", odd_books.write_book(tmp_path / "a.xlsx", HOMES).read_bytes())
    assert refuse(path).code == "E_FORBIDDEN_FORMAT"
    assert refuse(path, name="a.pdf").code == "E_FORBIDDEN_FORMAT"


def test_a_password_is_said(tmp_path: Path):
    """An encrypted .xlsx, .xls and .ods each say that they have a password."""
    sealed = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")
    for name in ("a.xlsx", "a.xls"):
        path = tmp_path / name
        path.write_bytes(sealed)
        assert refuse(path).code == "E_ENCRYPTED"
    old = odd_books.write_old_book(tmp_path / "b.xls", HOMES)
    raw = old.read_bytes()
    at = raw.index(struct.pack("<HH", 0x0022, 2))  # the day system gives way to a password record of its size
    old.write_bytes(raw[:at] + struct.pack("<HH", 0x002F, 2) + raw[at + 4 :])
    assert refuse(old).code == "E_ENCRYPTED"
    entry = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
    assert refuse(odd_books.write_open_document(tmp_path / "a.ods", HOMES, manifest=entry)).code == "E_ENCRYPTED"


def test_a_gzip_bomb_is_not_opened(tmp_path: Path):
    """What inflates beyond the limits is refused while it is counted; a long plain table is not."""
    assert refuse(odd_books.write_gzip(tmp_path / "a.csv.gz", b"0" * 30_000_000)).code == "E_ZIP_BOMB"
    table = "\n".join(f"孟溪村,一组,HP{number},王测" for number in range(60_000))
    assert len(read_sheets(odd_books.write_gzip(tmp_path / "b.csv.gz", f"村,组,户编号,户主\n{table}".encode()))) == 1


def test_a_gzip_file_that_is_cut_off_is_corrupt(tmp_path: Path):
    """A gzip file without its end is refused as damaged, and what is no text inside as no table."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("村,户编号\n孟溪村,1\n".encode() * 500)[:-30])
    assert refuse(path).code == "E_CORRUPT"
    assert refuse(odd_books.write_gzip(path, b"\x89PNG\r\n\x1a\n" + bytes(200))).code == "E_NOT_SPREADSHEET"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_needs_no_mark(tmp_path: Path, encoding):
    """UTF-16 is read with and without the mark at its beginning, in either byte order."""
    path = tmp_path / "a.csv"
    path.write_bytes("村,户编号\r\n孟溪村,HP1\r\n".encode(encoding))
    assert read_sheets(path)[0].rows == [["村", "户编号"], ["孟溪村", "HP1"]]


def test_rows_of_another_encoding_are_named(tmp_path: Path, register):
    """Of lines in two encodings the fewer are named; a broken character names its line."""
    lines = [f"和平乡,孟溪村,一组,HP{number},王测".encode("gb18030") for number in range(6)]
    lines[2] = "和平乡,孟溪村,一组,HP2,王测".encode()
    lines[3] = "和平乡,孟溪村,一组,HP3,王测".encode()
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n".join(["乡镇,村,村民组,户编号,户主".encode("gb18030"), *lines]))
    report = look(register, path)
    assert (report.outcome, report.findings[0].code, report.findings[0].cell) == ("reject_file", "E_ENCODING", "4-5")
    assert "4-5" in report.message


def test_files_put_one_behind_the_other(tmp_path: Path, register):
    """A second header with its mark in the middle of a file is no household."""
    one = workbooks.write_csv(tmp_path / "1.csv", [workbooks.home("HP1")]).read_bytes()
    two = workbooks.write_csv(tmp_path / "2.csv", [workbooks.home("HP2")]).read_bytes()
    path = tmp_path / "a.csv"
    path.write_bytes(one + two)
    report = look(register, path)
    assert (report.rows_total, found(report)[0][:3]) == (2, ("W_TITLE_ROWS_SKIPPED", 0, "3"))


def test_quotes_that_swallow_rows_are_refused(tmp_path: Path):
    """A quote that was closed by another one further down, or never, has swallowed rows: nothing is guessed."""
    path = tmp_path / "a.csv"
    rows = [
        "村,组,户编号,户主",
        '孟溪村,一组,HP1,"王测',
        "孟溪村,一组,HP2,李测",
        '孟溪村,一组,HP3,张测"',
        "孟溪村,一组,HP4,赵测",
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    refused = refuse(path)
    assert (refused.code, refused.params["cell"]) == ("E_CORRUPT", "2")
    path.write_text("\n".join(rows).replace('张测"', "张测"), encoding="utf-8")
    assert refuse(path).code == "E_CORRUPT"


def test_the_separator_is_the_one_that_makes_columns(tmp_path: Path):
    """Commas in the notes of a file with tabs, or with upright strokes, split nothing."""
    path = tmp_path / "a.txt"
    for mark in ("\t", "|", ";"):
        text = "村,户编号,备注\n孟溪村,HP1,甲，乙\n孟溪村,HP2,一\n".replace(",", mark).replace("甲，乙", "a,b,c,d,e")
        path.write_text(text, encoding="utf-8")
        assert read_sheets(path)[0].rows[1] == ["孟溪村", "HP1", "a,b,c,d,e"]


def test_sheets_are_chosen_and_named(tmp_path: Path, register):
    """The best known sheet is read, `sheet` names another or is its number, hidden ones are named and read if asked."""
    sheets = [("说明", [["怎么填"]]), ("二组", [["户编号", "村"], ["HP9", "孟溪村"]]), ("旧表", HOMES)]
    path = odd_books.write_book(tmp_path / "a.xlsx", HOMES, sheets=sheets, hide=["旧表"])
    report = look(register, path)
    assert (report.sheet, report.other_sheets) == ("台账", ("说明", "二组", "旧表"))
    assert report.as_dict()["other_sheets"] == ["说明", "二组", "旧表"]
    chosen = [look(register, path, sheet=wanted) for wanted in ("二组", "3", " 二组 ", "旧表")]
    assert [(one.sheet, one.rows_ok) for one in chosen] == [("二组", 1), ("二组", 1), ("二组", 1), ("旧表", 2)]
    with pytest.raises(Invalid) as raised:
        find_sheet(read_sheets(path), "三组")
    assert "二组" in str(raised.value.params["sheets"])


def test_a_table_on_a_hidden_sheet_alone_is_read(tmp_path: Path):
    """Where no visible sheet holds anything, the hidden one does."""
    path = odd_books.write_book(tmp_path / "a.xlsx", [], sheets=[("旧表", HOMES)], hide=["旧表"])
    assert [(one.name, len(one.rows)) for one in read_sheets(path)] == [("旧表", 3)]


_ONE = 'office:value-type="float" office:value="1"'
_MILLION = (
    f'<table:table-row table:number-rows-repeated="1048576"><table:table-cell {_ONE} '
    'table:number-columns-repeated="16384"><text:p>1</text:p></table:table-cell></table:table-row>'
)
_LAST = (
    '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row><table:table-row>'
    f'<table:table-cell table:number-columns-repeated="16383"/><table:table-cell {_ONE}><text:p>1</text:p>'
    "</table:table-cell></table:table-row>"
)


@pytest.mark.parametrize("table", [_MILLION, _LAST], ids=["million", "last"])
def test_an_open_document_that_unfolds_is_not_opened(tmp_path: Path, table):
    """A row that stands for a million, or a value in the last cell, is refused before memory is asked for it."""
    assert refuse(odd_books.write_ods_table(tmp_path / "a.ods", table)).code == "E_TOO_LARGE"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/sharedStrings.xml", b'uniqueCount="', b'uniqueCount="9999999999999'),
        (XML, b'r="B2"', b'r="ZZZZZZ2"'),
        (XML, b'r="B2"', b'r="B4294967295"'),
    ],
    ids=["texts", "column", "row"],
)
def test_a_workbook_that_lies_about_its_size_is_not_opened(tmp_path: Path, part, old, new):
    """A count of texts, a column or a row beyond all bounds is refused before the parser asks for memory for it."""
    path = odd_books.write_book(tmp_path / "a.xlsx", HOMES)
    with zipfile.ZipFile(path) as archive:
        content = archive.read(part)
    assert refuse(odd_books.add_parts(path, {part: content.replace(old, new)})).code in {"E_CORRUPT", "E_TOO_LARGE"}


def test_spaces_that_are_counted_instead_of_written(tmp_path: Path):
    """A cell of a thousand million spaces takes thirty bytes in an .ods and is not written out."""
    cell = (
        '<table:table-cell office:value-type="string"><text:p>a<text:s text:c="999999999"/></text:p></table:table-cell>'
    )
    table = f"<table:table-row>{cell}</table:table-row>"
    assert refuse(odd_books.write_ods_table(tmp_path / "a.ods", table)).code == "E_TOO_LARGE"


def test_blanks_to_the_end_of_an_open_document_are_nothing(tmp_path: Path):
    """The blank rows and columns that every .ods ends with do not count."""
    table = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>村</text:p></table:table-cell>'
        '<table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row>"
    )
    assert read_sheets(odd_books.write_ods_table(tmp_path / "a.ods", table))[0].rows == [["村"]]


def test_a_far_cell_of_an_old_workbook(tmp_path: Path):
    """A value in the last cell of an .xls is refused; a blank there is nothing."""
    path = tmp_path / "a.xls"
    for value in (None, 1):
        book = xlwt.Workbook()
        sheet = book.add_sheet("台账")
        sheet.write(0, 0, "村")
        sheet.write(65535, 255, value, xlwt.easyxf("font: bold on"))
        book.save(str(path))
        if value is None:
            assert len(read_sheets(path)) == 1
    assert refuse(path).code == "E_TOO_LARGE"


_BREAK = """
import random, sys
from pathlib import Path
from geo.errors import FileRefused
from geo.importer.layout import scan_sheet
from geo.importer.readers import read_sheets
chance = random.Random(7)
found = set()
for name in sys.argv[1:]:
    path = Path(name)
    raw = path.read_bytes()
    for _ in range(60):
        broken = bytearray(raw)
        for _ in range(chance.randint(1, 30)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        broken = broken[: chance.randrange(1, len(broken))] if chance.random() < 0.3 else broken
        path.write_bytes(broken)
        try:
            read_sheets(path)
        except FileRefused as refused:
            found.add(refused.code)
print(sorted(found))
"""


def test_no_damage_gets_through_as_an_error(tmp_path: Path):
    """However the bytes of a workbook are damaged, it is read or refused with a code; nothing else comes out."""
    paths = [
        odd_books.write_book(tmp_path / "a.xlsx", HOMES),
        odd_books.write_old_book(tmp_path / "a.xls", HOMES),
        odd_books.write_open_document(tmp_path / "a.ods", HOMES),
        odd_books.write_gzip(tmp_path / "a.csv.gz", workbooks.write_csv(tmp_path / "a.csv", HOMES[1:]).read_bytes()),
    ]
    said = subprocess.run(
        [sys.executable, "-c", _BREAK, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert said.returncode == 0, said.stderr[-2000:]
    assert "E_CORRUPT" in said.stdout


def test_a_small_stream_of_an_old_workbook(tmp_path: Path):
    """A compound file without a workbook in it is a document of another program."""
    path = odd_books.write_old_book(tmp_path / "a.xls", HOMES)
    raw = path.read_bytes()
    path.write_bytes(raw.replace("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")))
    assert refuse(path).code == "E_NOT_SPREADSHEET"


def test_charts_and_dialogs_are_no_tables(tmp_path: Path):
    """A sheet that is a chart is not among the tables."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("台账")
        for r, row in enumerate(HOMES):
            sheet.write_row(r, 0, row)
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=台账!$G$2:$G$3"})
        book.add_chartsheet("图").set_chart(chart)
    assert [one.name for one in read_sheets(path)] == ["台账"]

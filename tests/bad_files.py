"""Bad files of our own making, each with what must come of it: `tests.test_bad_files`, `benchmarks.badinput`."""

from __future__ import annotations

import gzip
import re
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import xlsxwriter

from tests import maps, odd_books
from tests.workbooks import HEADER, home

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Case:
    """One file: how it is written into a folder, and the outcome, rows and codes it must have.

    `values` are (row, field, value) as understood. `slow`: too long for every run of the tests.
    """

    id: str
    what: str
    write: Callable[[Path], Path]
    outcome: str
    rows_ok: int = 0
    codes: tuple[str, ...] = ()
    values: tuple[tuple[int, str, object], ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    slow: bool = False


def _book(name: str, rows: list[list[object]], **said: object) -> Callable[[Path], Path]:
    return lambda folder: odd_books.write_book(folder / name, [HEADER, *rows], **said)


def _text(name: str, content: bytes | str, *, long: str = "") -> Callable[[Path], Path]:
    """A file of this content; in the place of %s a sign stands ten million times."""

    def write(folder: Path) -> Path:
        path = folder / name
        said = content if isinstance(content, bytes) else content.replace("%s", long * 10_000_000).encode()
        path.write_bytes(said)
        return path

    return write


def _lines(*rows: list[object]) -> str:
    return "\n".join(",".join(str(cell) for cell in row) for row in (HEADER, *rows)) + "\n"


def _with_parts(name: str, parts: dict[str, bytes]) -> Callable[[Path], Path]:
    return lambda folder: odd_books.add_parts(_book(name, [home("A1")])(folder), parts)


def _write_1904(folder: Path) -> Path:
    path = folder / "1904.xlsx"
    book = xlsxwriter.Workbook(path, {"date_1904": True})
    sheet, day = book.add_worksheet("台账"), book.add_format({"num_format": "yyyy-mm-dd"})
    for r, row in enumerate([HEADER, home("A1"), home("A2")]):
        sheet.write_row(r, 0, row)
    sheet.write_datetime(1, HEADER.index("走访日期"), date(2019, 11, 5), day)
    sheet.write_number(2, HEADER.index("走访日期"), (date(2019, 11, 6) - date(1904, 1, 1)).days)
    book.close()
    return path


def write_many_rows(path: Path, rows: int) -> Path:
    """Write a workbook of so many households, its sheet as one stream: a library would take a minute for it."""
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    with zipfile.ZipFile(odd_books.write_book(path, [HEADER])) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    frame = parts.pop("xl/worksheets/sheet1.xml")
    start, end = frame[: frame.index(b"<sheetData")], frame[frame.index(b"</sheetData>") :]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(start + f'<sheetData><row r="1">{head}</row>'.encode())
            for first in range(2, rows + 2, 20_000):
                lines = (
                    f'<row r="{row}"><c t="inlineStr"><is><t>和平乡</t></is></c>'
                    f'<c t="inlineStr"><is><t>孟溪村</t></is></c><c t="inlineStr"><is><t>一组</t></is></c><c><v>{row}</v></c></row>'
                    for row in range(first, min(first + 20_000, rows + 2))
                )
                sheet.write("".join(lines).encode())
            sheet.write(end)
    return path


def _write_many_members(folder: Path) -> Path:
    path = folder / "a.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        for nth in range(100_000):
            book.writestr(f"xl/{nth}.xml", b"")
    return path


def _compound(stream: str) -> bytes:
    """Return the beginning of a compound file whose folder names a stream."""
    entry = stream.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(stream) + 2)
    return _OLE + bytes(504) + entry.ljust(512, b"\0")


def _changed(name: str, *changes: tuple[str, str], part: str = "xl/worksheets/sheet1.xml") -> Callable[[Path], Path]:
    """A workbook of three homes, in one part of which something stands otherwise (patterns and replacements)."""

    def write(folder: Path) -> Path:
        book = _book(name, [home("A1"), home("A2"), home("A3")])(folder)
        with zipfile.ZipFile(book) as file:
            said = file.read(part).decode()
        for old, new in changes:
            said, count = re.subn(old, new, said, count=1, flags=re.DOTALL)
            assert count, old
        return odd_books.add_parts(book, {part: said.encode()})

    return write


def _write_twice(folder: Path) -> Path:
    """A workbook that holds one sheet's part twice: which is read is the parser's affair."""
    path = _book("a.xlsx", [home("A1")])(folder)
    with zipfile.ZipFile(path, "a") as book, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.writestr("xl/worksheets/sheet1.xml", book.read("xl/worksheets/sheet1.xml"))
    return path


def _wide_sheet(folder: Path) -> Path:
    path = _book("a.xlsx", [home("A1")])(folder)
    with zipfile.ZipFile(path) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
    return odd_books.add_parts(path, {"xl/worksheets/sheet1.xml": sheet.replace("UTF-8", "UTF-16").encode("utf-16")})


def _open_table(*rows: str) -> Callable[[Path], Path]:
    """An .ods of the header and of rows of XML."""
    head = f"<table:table-row>{''.join(_open_cell(name) for name in HEADER)}</table:table-row>"
    return lambda folder: odd_books.write_ods_table(folder / "a.ods", head + "".join(rows))


def _open_cell(said: object, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{more}><text:p>{said}</text:p></table:table-cell>'


def _packed(name: str, **members: bytes | str) -> Callable[[Path], Path]:
    """An archive of members; in their names _dot_ is a point and _up_ a way out."""
    plain = {key.replace("_dot_", ".").replace("_up_", "../"): said for key, said in members.items()}
    return lambda folder: maps.write_zip(folder / name, plain)


_LINK = {
    "xl/externalLinks/externalLink1.xml": b'<externalLink xmlns="urn:x"/>',
    "xl/connections.xml": b'<connections><connection id="1"><webPr url="http://192.0.2.1/x"/></connection></connections>',
}
_DAY = HEADER.index("走访日期")

CASES: Final = (
    Case("S01", "xlsx with a password", _text("a.xlsx", _compound("EncryptedPackage")), "reject_file",
         codes=("E_ENCRYPTED",)),
    Case("S02", "old workbook (.xls)",
         lambda folder: odd_books.write_old_book(folder / "a.xls", [HEADER, home("A1"), home("A2")]), "accept", 2),
    Case("S03", "WPS workbook (.et)", _text("a.et", _compound("Workbook")), "reject_file",
         codes=("E_FORBIDDEN_FORMAT",)),
    Case("S04", "xlsm with macros", _with_parts("a.xlsm", {"xl/vbaProject.bin": _OLE + bytes(512)}),
         "accept_with_warnings", 1, ("W_MACRO_IGNORED",)),
    Case("S05", "links to another workbook and to a server", _with_parts("links.xlsx", _LINK), "accept_with_warnings",
         1, ("W_EXTERNAL_REF_IGNORED",)),
    Case("S06", "a hidden sheet beside the visible one",
         _book("a.xlsx", [home("A1")], sheets=[("旧", [HEADER, home("B1")])], hide=("旧",)), "accept", 1),
    Case("S07", "hidden rows", _book("a.xlsx", [home("A1"), home("A2"), home("A3")], hidden_rows=(2,)),
         "accept_with_warnings", 3, ("W_HIDDEN_ROWS",)),
    Case("S08", "1,048,575 rows", lambda folder: write_many_rows(folder / "a.xlsx", 1_048_575), "reject_file",
         codes=("E_TOO_MANY_ROWS",), slow=True),
    Case("S09", "one line of 30 MB", _text("a.csv", _lines(home("A1")) + "%s", long="长"),
         "reject_file", codes=("E_TOO_LARGE",), slow=True),
    Case("S10", "a note of 10 MB", _text("a.csv", _lines(home("A1", 备注="%s")), long="x"),
         "accept_with_warnings", 1, ("W_TOO_LONG",), slow=True),
    Case("S21", "ten million short lines", _text("a.csv", "户编号\n%s", long="1\n"), "reject_file",
         codes=("E_TOO_MANY_ROWS",), slow=True),
    Case("S22", "a zip of a hundred thousand files", _write_many_members, "reject_file", codes=("E_ZIP_BOMB",), slow=True),
    Case("S11", "a quote that is never closed", _text("a.csv", _lines(home("A1", 备注='"门前有井'), home("A2"))),
         "reject_file", codes=("E_CORRUPT",)),
    Case("S12", "ragged rows", _text("a.csv", _lines(home("A1"), [*home("A2"), "多", "了"], home("A3")[:3])),
         "reject_rows", 1, ("R_COLUMN_COUNT",)),
    Case("S13", "cells that hold #N/A",
         _book("a.xlsx", [home("A1", 人口=("=NA()", "#N/A")), home("A2", 户主=("=NA()", "#N/A"))]),
         "accept_with_warnings", 2, ("W_EXCEL_ERROR",)),
    Case("S14", "days of the 1904 system", _write_1904, "accept", 2,
         values=((1, "走访日期", "2019-11-05"), (2, "走访日期", "2019-11-06"))),
    Case("S15", "3/5/2019: day or month first?",
         _text("a.csv", _lines(home("A1", 走访日期="3/5/2019"), home("A2", 走访日期="4/5/2019"))), "ask", 2,
         ("W_DATE_AMBIGUOUS",)),
    Case("S16", "the same, answered", _text("a.csv", _lines(home("A1", 走访日期="3/5/2019"))), "accept", 1,
         values=((1, "走访日期", "2019-05-03"),), answers={"date_order": "dmy"}),
    Case("S17", "ID numbers of 15 digits", _text("a.csv", _lines(home("A1", 身份证号="522201900101129"))),
         "accept_with_warnings", 1, ("W_ID_15",)),
    Case("S18", "phones as 1.38E+10",
         _text("a.csv", "\n".join(f"{line},{cell}" for line, cell in
                                  zip(_lines(home("A1"), home("A2")).splitlines(), ("联系电话", "1.38E+10", "13800000001"),
                                      strict=True))),
         "accept_with_warnings", 2, ("W_PHONE",)),
    Case("S19", "bytes of a program named .xlsx", _text("a.xlsx", b"MZ" + bytes(2_000)), "reject_file",
         codes=("E_NOT_SPREADSHEET",)),
    Case("S20", "a web page named .xls", _text("a.xls", "<html><table><tr><td>户编号</td></tr></table></html>"),
         "reject_file", codes=("E_NOT_SPREADSHEET",)),
    Case("S23", "a zero byte in a note", _text("a.csv", _lines(home("A1", 备注="门前\0有井"), home("A2"))),
         "accept_with_warnings", 2, ("W_CONTROL_CHARS",), values=((1, "备注", "门前有井"),)),
    Case("S24", "the end was never written (zero bytes)", _text("a.csv", _lines(home("A1")).encode() + bytes(500)),
         "reject_file", codes=("E_CORRUPT",)),
    Case("S25", "UTF-32", _text("a.csv", _lines(home("A1"), home("A2")).encode("utf-32")), "accept", 2),
    Case("S26", "UTF-16 without a mark", _text("a.csv", _lines(home("A1"), home("A2")).encode("utf-16-be")), "accept", 2),
    Case("S27", "two marks of UTF-8", _text("a.csv", b"\xef\xbb\xbf\xef\xbb\xbf" + _lines(home("A1")).encode()), "accept", 1),
    Case("S28", "lines in UTF-8 and lines in GBK",
         _text("a.csv", _lines(home("A1")).encode() + ",".join(map(str, home("A2"))).encode("gb18030") + b"\n"),
         "reject_file", codes=("E_ENCODING",)),
    Case("S29", "a surrogate alone", _text("a.csv", _lines(home("A1", 备注="%")).encode().replace(b"%", b"\xed\xa0\x80")),
         "reject_file", codes=("E_ENCODING",)),
    Case("S30", "a web page named .csv", _text("a.csv", "<html><table><tr><td>户编号</td></tr></table></html>"),
         "reject_file", codes=("E_NOT_SPREADSHEET",)),
    Case("S31", "JSON named .csv", _text("a.csv", '[{"户编号": "A1"}]'), "reject_file", codes=("E_NOT_SPREADSHEET",)),
    Case("S32", "bytes of a program named .csv", _text("a.csv", b"MZ\x90\0" + bytes(range(1, 255)) * 9), "reject_file",
         codes=("E_NOT_SPREADSHEET",)),
    Case("S33", "lines ended the old way (CR)", _text("a.csv", _lines(home("A1"), home("A2")).replace("\n", "\r")), "accept", 2),
    Case("S34", "a table that names its separator", _text("a.csv", "sep=;\n" + _lines(home("A1")).replace(",", ";")), "accept", 1),
    Case("S35", "two columns of one name", _text("a.csv", "户编号,户主,户主\nA1,王测,李测\n"), "reject_file", codes=("E_DUP_COLUMN",)),
    Case("S36", "a key in full width and with unseen signs",
         _text("a.csv", _lines(home("Ａ１"), home("A1\u200b"))), "reject_rows", 1, ("R_DUP_KEY_CONFLICT",)),
    Case("S37", "numbers without end", _text("a.csv", _lines(home("A1", 人口="inf", 经度="1e308", 纬度="inf"))),
         "accept_with_warnings", 1, ("W_COORD_UNPARSEABLE", "W_RANGE")),
    Case("S38", "days that never were", _text("a.csv", _lines(home("A1", 走访日期="0000-00-00"), home("A2", 走访日期="-5"))),
         "accept_with_warnings", 2, ("W_DATE_IMPOSSIBLE",)),
    Case("S39", "days as text, as a number and with a time",
         _book("a.xlsx", [home("A1", 走访日期="2019/11/01"), home("A2", 走访日期="43770"), home("A3", 走访日期="2019-11-01 08:30")]),
         "accept", 3, values=tuple((row, "走访日期", "2019-11-01") for row in (1, 2, 3))),
    Case("S40", "gzip that inflates to 200 MB", _text("a.csv.gz", gzip.compress(bytes(200_000_000), 9)), "reject_file",
         codes=("E_ZIP_BOMB",)),
    Case("S41", "gzip without its end", _text("a.csv.gz", gzip.compress(_lines(home("A1")).encode())[:-6]), "reject_file",
         codes=("E_CORRUPT",)),
    Case("S42", "a way out of an xlsx (../)", _with_parts("a.xlsx", {"../../made.txt": b"x"}), "reject_file",
         codes=("E_FORBIDDEN_PATH",)),
    Case("S43", "two parts of one name", _write_twice, "reject_file", codes=("E_CORRUPT",)),
    Case("S44", "a reach that is no range", _changed("a.xlsx", ('<dimension ref="[^"]*"', '<dimension ref="ZZZZ9:A0"')),
         "accept", 3),
    Case("S45", "a reach of two cells", _changed("a.xlsx", ('<dimension ref="[^"]*"', '<dimension ref="A1:B1"')), "accept", 3),
    Case("S46", "a reach of every cell", _changed("a.xlsx", ('<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"')),
         "accept", 3),
    Case("S47", "a filled cell in XFD1048576", _changed(
        "a.xlsx", ("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')), "reject_file",
         codes=("E_TOO_LARGE",)),
    Case("S48", "a sheet in UTF-16", _wide_sheet, "reject_file", codes=("E_CORRUPT",)),
    Case("S49", "texts that are fewer than they say", _changed(
        "a.xlsx", ('uniqueCount="[0-9]+"', 'uniqueCount="4000000000"'), part="xl/sharedStrings.xml"), "reject_file",
         codes=("E_CORRUPT",)),
    Case("S50", "a head of 8 MB", _changed("a.xlsx", ("<si><t>", "<si><t>" + "x" * 8_000_000), part="xl/sharedStrings.xml"),
         "accept_with_warnings", 3, ("W_UNKNOWN_COLUMNS",), slow=True),
    Case("S51", "600,000 blank cells with a format", _changed(
        "a.xlsx", ("</sheetData>", "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(9, 600_000)) + "</sheetData>")),
         "accept", 3, slow=True),
    Case("S52", "styles without any format", _changed(
        "a.xlsx", ("<fonts.*</styleSheet>", "</styleSheet>"), part="xl/styles.xml"), "accept", 3),
    Case("S53", "an entity behind 3 MB of comment", _changed(
        "a.xlsx", ("<sst ", "<!--" + " " * 3_000_000 + '--><!DOCTYPE a [<!ENTITY b "c">]><sst '), part="xl/sharedStrings.xml"),
         "reject_file", codes=("E_XML_ENTITY",)),
    Case("S54", "a picture of 30 MB of nothing in it", _with_parts("a.xlsx", {"xl/media/a.bin": bytes(30_000_000)}),
         "reject_file", codes=("E_ZIP_BOMB",)),
    Case("S55", "an .ods of a million equal rows", _open_table(
        f"<table:table-row table:number-rows-repeated='1000000'>{_open_cell('A')}</table:table-row>"), "reject_file",
         codes=("E_TOO_LARGE",)),
    Case("S56", "an .ods with two billion spaces", _open_table(
        f"<table:table-row>{_open_cell('<text:s text:c=' + chr(34) + '2000000000' + chr(34) + '/>')}</table:table-row>"),
         "reject_file", codes=("E_TOO_LARGE",)),
    Case("S57", "an .ods with a password", lambda folder: odd_books.write_open_document(
        folder / "a.ods", [HEADER], manifest="<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"),
         "reject_file", codes=("E_ENCRYPTED",)),
    Case("S58", "GeoJSON of 200,000 lists in each other", _text("a.geojson", "[" * 200_000), "reject_file", codes=("E_CORRUPT",)),
    Case("S59", "GeoJSON whose system is a link", lambda folder: maps.write_geojson(
        folder / "a.geojson", [maps.group("一组", maps.square())],
        crs={"type": "link", "properties": {"href": "http://192.0.2.1/x"}}),
         "accept_with_warnings", 1, ("W_EXTERNAL_REF_IGNORED",)),
    Case("S60", "KML that names a file as an entity", _text(
        "a.kml", '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml><Placemark><name>&x;</name></Placemark></kml>'),
         "reject_file", codes=("E_XML_ENTITY",)),
    Case("S61", "KML that is a link alone", _text(
        "a.kml", '<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link><href>http://192.0.2.1/x</href></Link></NetworkLink></kml>'),
         "reject_file", codes=("E_EXTERNAL_REF",)),
    Case("S62", "a GDAL VRT in a .kmz", _packed("a.kmz", doc_dot_kml="<OGRVRTDataSource/>"), "reject_file",
         codes=("E_FORBIDDEN_FORMAT",)),
    Case("S63", "a shapefile that leads out of its zip", _packed("a.zip", _up_a_dot_shp="x", a_dot_dbf="x"), "reject_file",
         codes=("E_FORBIDDEN_PATH",)),
    Case("S64", "a shapefile without its table", _packed("a.zip", a_dot_shp="x" * 200), "reject_file", codes=("E_CORRUPT",)),
    Case("S65", "another SQLite file named .gpkg", _text("a.gpkg", b"SQLite format 3\0" + bytes(2_000)), "reject_file",
         codes=("E_FORBIDDEN_FORMAT",)),
    Case("S66", "a zip of another format", _packed("a.zip", b_dot_zip="PK"), "reject_file", codes=("E_FORBIDDEN_FORMAT",)),
)  # fmt: skip

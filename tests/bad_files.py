"""Bad files of our own making, each with what must come of it: `tests.test_bad_files`, `benchmarks.badinput`."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import xlsxwriter

from tests import odd_books
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
)  # fmt: skip

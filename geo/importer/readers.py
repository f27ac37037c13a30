"""Reading a file into sheets of cells; the bytes must be what the name says. New formats are new readers.

.xlsx .xlsm .xls .ods by calamine, .csv .txt .tsv (also with .gz, or several in a .zip) by the standard library.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from geo.errors import FileRefused, Invalid, Key
from geo.importer.archive import open_archive, open_directory, readable_workbook
from geo.importer.layout import BookLayout, read_book_layout
from geo.importer.oldbook import look_at_old_book
from geo.importer.opendoc import look_at_open_document
from geo.importer.sheets import Layout, Merge, Sheet
from geo.importer.textfile import MOST_ROWS, parse_text_table, read_gzip, read_text
from geo.signs import clean_name

if TYPE_CHECKING:
    from geo.validate import Cell

MOST_FILE_BYTES: Final = 20 * 1024 * 1024
#: Characters of a cell; a spreadsheet holds 32,767.
MOST_CELL: Final = 40_000
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_GZIP: Final = b"\x1f\x8b"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_BINARY: Final = (
    _ZIP, b"PK\x05\x06", _OLE, b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"Rar!", b"7z\xbc\xaf", _GZIP,
    b"SQLite format 3", b"\x00\x00\x00\x20ftyp", b"BM\x00",
)  # fmt: skip
_WORKBOOKS: Final = (".xlsx", ".xlsm")
_TEXTS: Final = (".csv", ".txt", ".tsv")
_OF_MAPS: Final = frozenset({".shp", ".dbf", ".kml", ".gpkg", ".geojson"})
#: Formats that are not read, by the way out of them.
_ADVISED: Final = {
    "wps": (".et", ".ett"), "words": (".doc", ".docx", ".wps", ".pdf", ".jpg", ".jpeg", ".png"),
    "shape": (".shp", ".dbf", ".shx", ".prj"),
}  # fmt: skip
#: Reads a file; of a workbook the hidden sheet of this name too.
_Reader: TypeAlias = Callable[[Path, str], list[Sheet]]


def read_sheets(path: Path, *, name: str = "", wanted: str = "") -> list[Sheet]:
    """Return the visible sheets that hold anything, in their order, then the hidden ones, which are named only.

    `name` is the file's name for people. A hidden sheet is read when it is `wanted` (a name), or when no visible one
    holds anything. The bytes must be what the ending says. Raises `FileRefused` with the code of what is wrong.
    """
    ending = "".join(one.lower() for one in Path(name or path.name).suffixes[-2:])
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("E_EMPTY")
    if size > MOST_FILE_BYTES:
        raise FileRefused("E_TOO_LARGE", mb=MOST_FILE_BYTES // (1024 * 1024))
    reader = _reader_for(ending, path, name or path.name)
    sheets = reader(path, wanted)
    for sheet in sheets:
        _shorten(sheet.rows)
    filled = [one for one in sheets if any(any(_says(cell) for cell in row) for row in one.rows)]
    shown = [one for one in filled if not one.hidden or clean_name(one.name) == clean_name(wanted)]
    filled = shown or filled
    if not filled:
        raise FileRefused("E_EMPTY")
    if any(len(sheet.rows) > MOST_ROWS for sheet in filled):
        raise FileRefused("E_TOO_MANY_ROWS", rows=MOST_ROWS)
    names = {one.name for one in filled}
    return filled + [replace(one, rows=[]) for one in sheets if one.hidden and one.name not in names]


def is_packed_table(path: Path, *, name: str) -> bool:
    """Say whether a .zip holds text tables (an export of submissions) and no map file; what is no zip holds none."""
    if Path(name).suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return False
    try:
        with open_directory(path) as archive:
            members = [PurePosixPath(member.lower()) for member in archive.namelist()]
    except FileRefused:
        return False
    endings = {member.suffix for member in members}
    return bool(endings & set(_TEXTS)) and not endings & _OF_MAPS and not any(".." in one.parts for one in members)


def find_sheet(sheets: list[Sheet], wanted: str) -> Sheet:
    """Return the sheet of a name, or the nth of those that hold anything. Raises `Invalid` when there is none."""
    filled = [sheet for sheet in sheets if sheet.rows]
    for sheet in filled:
        if sheet.name == wanted:
            return sheet
    for sheet in filled:
        if clean_name(sheet.name) == clean_name(wanted):
            return sheet
    if wanted.isdecimal() and 1 <= int(wanted) <= len(filled):
        return filled[int(wanted) - 1]
    raise Invalid("import.no_sheet", sheet=wanted, sheets=", ".join(sheet.name or "1" for sheet in sheets))


def _shorten(rows: list[list[Cell]]) -> None:
    """Cut texts that are longer than any field takes: each is gone through many times before it is refused."""
    for row in rows:
        for nth, cell in enumerate(row):
            if isinstance(cell, str) and len(cell) > MOST_CELL:
                row[nth] = cell[:MOST_CELL]


def _says(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _reader_for(ending: str, path: Path, name: str) -> _Reader:
    with path.open("rb") as file:
        head = file.read(4096)
    last = Path(ending).suffix if ending.count(".") > 1 else ending
    if last in (*_WORKBOOKS, ".ods", ".xls") and head.startswith(_OLE) and _ENCRYPTED in path.read_bytes():
        raise FileRefused("E_ENCRYPTED", name=name)
    starts: dict[str, tuple[bytes, _Reader]] = {
        ".xlsx": (_ZIP, _read_workbook), ".xlsm": (_ZIP, _read_workbook), ".ods": (_ZIP, _read_open_document),
        ".xls": (_OLE, _read_old_workbook), ".zip": (_ZIP, _read_packed), ".gz": (_GZIP, lambda one, _: read_gzip(one)),
    }  # fmt: skip
    if last in _TEXTS:
        if head.startswith(_BINARY):
            raise FileRefused("E_NOT_SPREADSHEET", name=name)
        return lambda one, _: read_text(one)
    if last not in starts or (last == ".gz" and ending.removesuffix(last) not in _TEXTS):
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name, **_advise(last))
    start, reader = starts[last]
    if not head.startswith(start):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    return reader


def _advise(ending: str) -> dict[str, str]:
    """Return what to do with a file whose format is known and not read (`said`); nothing for others."""
    key = next((key for key, endings in _ADVISED.items() if ending in endings), "")
    return {"said": Key(f"finding.E_FORBIDDEN_FORMAT.{key}")} if key else {}


def _read_workbook(path: Path, wanted: str) -> list[Sheet]:
    parts: list[tuple[str, bytes]] = []
    with open_archive(path) as archive, ThreadPoolExecutor(1) as beside:
        book: BookLayout = _or_corrupt(lambda: read_book_layout(archive))
        source = readable_workbook(archive, path, lambda name, sheet: parts.append((name, sheet)), most=MOST_ROWS)
        # calamine works outside Python's lock: the sheets' XML is looked through meanwhile.
        parsing = beside.submit(_parse, source, wanted, has_escapes=archive.has_escapes)
        for name, sheet in parts:
            book.look_at(name, sheet)
        return _lay_out(parsing.result(), book.of_sheet, book.notes)


def _read_open_document(path: Path, wanted: str) -> list[Sheet]:
    with open_archive(path, part="content.xml") as archive:
        book = look_at_open_document(archive)
        sheets = _parse(path, wanted, has_escapes=archive.has_escapes)
    return _lay_out(sheets, lambda name: book.layouts.get(name, Layout()), book.notes)


def _lay_out(
    sheets: list[Sheet], layout_of: Callable[[str], Layout], notes: tuple[tuple[str, str], ...]
) -> list[Sheet]:
    """Add to the cells of sheets what else the file shows; merged ranges are those of calamine where it has any."""
    laid = []
    for one in sheets:
        layout = layout_of(one.name)
        merged = one.layout.merged or layout.merged
        laid.append(replace(one, layout=replace(layout, merged=merged), notes=notes))
    return laid


def _read_packed(path: Path, _wanted: str) -> list[Sheet]:
    """Return the text tables of a zip, each under its file's name; what else is in it (pictures) is left alone."""
    with open_archive(path, part="") as archive:
        names = [name for name in archive.namelist() if Path(name).suffix.lower() in _TEXTS]
        if not names:
            raise FileRefused("E_FORBIDDEN_FORMAT", name=path.name)
        found = [(name, parse_text_table(raw)) for name in names if (raw := archive.read(name)).strip()]
    return [replace(sheet, name=Path(name).stem) for name, sheets in found for sheet in sheets]


def _read_old_workbook(path: Path, _wanted: str) -> list[Sheet]:
    book = look_at_old_book(path.read_bytes())

    def read() -> list[Sheet]:
        workbook = CalamineWorkbook.from_path(path)
        metas = workbook.sheets_metadata
        layouts = [*book.layouts, *[Layout()] * len(metas)]
        found = []
        for meta, layout in zip(metas, layouts, strict=False):
            if meta.typ == SheetTypeEnum.WorkSheet:
                sheet = workbook.get_sheet_by_name(meta.name)
                rows, hidden = sheet.to_python(skip_empty_area=False), meta.visible != SheetVisibleEnum.Visible
                laid = replace(layout, merged=_list_merged(sheet) or layout.merged)
                found.append(Sheet(meta.name, _unescape(rows), hidden=hidden, layout=laid, notes=book.notes))
        return found

    sheets: list[Sheet] = _or_corrupt(read)
    return sheets


def _parse(source: Path | io.BytesIO, wanted: str, *, has_escapes: bool) -> list[Sheet]:
    """Return the sheets of a workbook; hidden ones that are not wanted are not read, unless nothing else is there."""

    def read() -> list[Sheet]:
        workbook = CalamineWorkbook.from_object(source)
        metas = [meta for meta in workbook.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
        shown = {meta.name for meta in metas if meta.visible == SheetVisibleEnum.Visible}

        def read_one(name: str) -> Sheet:
            sheet = workbook.get_sheet_by_name(name)
            rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
            layout = Layout(merged=_list_merged(sheet))
            return Sheet(name, _unescape(rows) if has_escapes else rows, hidden=name not in shown, layout=layout)

        sheets = [
            read_one(meta.name)
            if meta.name in shown or clean_name(meta.name) == clean_name(wanted)
            else Sheet(meta.name, [], hidden=True)
            for meta in metas
        ]
        return sheets if any(sheet.rows for sheet in sheets) else [read_one(meta.name) for meta in metas]

    found: list[Sheet] = _or_corrupt(read)
    return found


def _list_merged(sheet: CalamineSheet) -> tuple[Merge, ...]:
    return tuple((first[0], first[1], last[0], last[1]) for first, last in sheet.merged_cell_ranges or ())


def _or_corrupt(read: Callable[[], Any]) -> Any:
    """Return what a parser gives. Raises `FileRefused` E_CORRUPT, E_ENCRYPTED where it gives up."""
    try:
        return read()
    except FileRefused:
        raise
    except PasswordError as error:
        raise FileRefused("E_ENCRYPTED") from error
    except (CalamineError, SyntaxError, KeyError, ValueError) as error:
        raise FileRefused("E_CORRUPT") from error
    except BaseException as error:
        # A panic of the Rust parser is no `Exception`; its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise FileRefused("E_CORRUPT") from error


def _unescape(rows: list[list[Any]]) -> list[list[Cell]]:
    """Take Excel's way of writing a carriage return out of the texts that hold it."""
    for row in rows:
        for nth, cell in enumerate(row):
            if isinstance(cell, str) and "_x000D_" in cell:
                row[nth] = cell.replace("_x000D_\r\n", "\n").replace("_x000D_\n", "\n").replace("_x000D_", "")
    return rows

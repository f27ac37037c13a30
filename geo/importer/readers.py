"""Reading a file into sheets of cells: .xlsx by calamine, .csv by the standard library. New formats are new readers."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from geo.errors import FileRefused
from geo.importer.archive import open_archive, readable_workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.validate import Cell

MOST_FILE_BYTES: Final = 20 * 1024 * 1024
MOST_ROWS: Final = 300_000
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_BINARY: Final = (
    _ZIP, b"PK\x05\x06", _OLE, b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b",
    b"SQLite format 3", b"\x00\x00\x00\x20ftyp", b"BM\x00",
)  # fmt: skip
_SEPARATORS: Final = ",;\t"
_WORKBOOKS: Final = (".xlsx", ".xlsm")
_OLD: Final = ".xls"
_TEXTS: Final = (".csv", ".txt", ".tsv")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of cells as it stands in the file; `ragged` says that rows may differ in length (text files)."""

    name: str
    rows: list[list[Cell]]
    ragged: bool = False


def read_sheets(path: Path, *, name: str = "") -> list[Sheet]:
    """Return the visible sheets that hold anything, first sheet first; `name` is the file's name for people.

    The bytes must be what the ending says. Raises `FileRefused` with the code of what is wrong.
    """
    ending = Path(name or path.name).suffix.lower()
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("E_EMPTY")
    if size > MOST_FILE_BYTES:
        raise FileRefused("E_TOO_LARGE", mb=MOST_FILE_BYTES // (1024 * 1024))
    reader = _reader_for(ending, path, name or path.name)
    sheets = [sheet for sheet in reader(path) if any(any(_says(cell) for cell in row) for row in sheet.rows)]
    if not sheets:
        raise FileRefused("E_EMPTY")
    if any(len(sheet.rows) > MOST_ROWS for sheet in sheets):
        raise FileRefused("E_TOO_MANY_ROWS", rows=MOST_ROWS)
    return sheets


def _says(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _reader_for(ending: str, path: Path, name: str) -> Callable[[Path], list[Sheet]]:
    with path.open("rb") as file:
        head = file.read(4096)
    if ending in _WORKBOOKS:
        if head.startswith(_OLE):
            raise FileRefused("E_ENCRYPTED" if _ENCRYPTED in path.read_bytes() else "E_NOT_SPREADSHEET", name=name)
        if not head.startswith(_ZIP):
            raise FileRefused("E_NOT_SPREADSHEET", name=name)
        return _read_workbook
    if ending == _OLD and not head.startswith(_OLE):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    if ending in _TEXTS:
        if head.startswith(_BINARY):
            raise FileRefused("E_NOT_SPREADSHEET", name=name)
        return _read_text
    raise FileRefused("E_FORBIDDEN_FORMAT", name=name)


def _read_workbook(path: Path) -> list[Sheet]:
    with open_archive(path) as archive:
        source = readable_workbook(archive, path)
    try:
        workbook = CalamineWorkbook.from_object(source)
        visible = [meta.name for meta in workbook.sheets_metadata if meta.visible == SheetVisibleEnum.Visible]
        return [
            Sheet(one, _unescape(workbook.get_sheet_by_name(one).to_python(skip_empty_area=False)))
            for one in visible or workbook.sheet_names
        ]
    except CalamineError as error:
        raise FileRefused("E_CORRUPT") from error


def _unescape(rows: list[list[Any]]) -> list[list[Cell]]:
    """Take Excel's way of writing a carriage return out of the texts that hold it."""
    for row in rows:
        for nth, cell in enumerate(row):
            if isinstance(cell, str) and "_x000D_" in cell:
                row[nth] = cell.replace("_x000D_\r\n", "\n").replace("_x000D_\n", "\n").replace("_x000D_", "")
    return rows


def _read_text(path: Path) -> list[Sheet]:
    text = decode_text(path.read_bytes())
    if not text.strip():
        raise FileRefused("E_EMPTY")
    separator, text = _separator(text)
    csv.field_size_limit(MOST_FILE_BYTES)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise FileRefused("E_CORRUPT") from error
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    cells: list[list[Cell]] = [list(row) for row in rows]
    return [Sheet("", cells, ragged=True)]


def decode_text(raw: bytes) -> str:
    """Return the text of a file in UTF-8 (with or without BOM), UTF-16 with BOM, or GB 18030.

    Raises `FileRefused` E_ENCODING when no single encoding reads it, also when lines of two encodings are mixed.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode(raw, "utf-16")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if any(_is_chinese_utf8(line) for line in raw.removeprefix(b"\xef\xbb\xbf").splitlines()):
            raise FileRefused("E_ENCODING") from None
        text = _decode(raw, "gb18030")
    if "\x00" in text:
        raise FileRefused("E_NOT_SPREADSHEET" if text.count("\x00") > len(text) // 100 else "E_ENCODING", name="")
    return text


def _decode(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRefused("E_ENCODING") from error
    unknown = sum(unicodedata.category(mark) in ("Co", "Cn") for mark in set(text))
    if unknown > len(set(text)) // 20:
        raise FileRefused("E_ENCODING")
    return text


def _is_chinese_utf8(line: bytes) -> bool:
    """Say whether a line reads as UTF-8 with Chinese in it: its other bytes would not by chance."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not text.isascii() and any(unicodedata.name(mark, "").startswith("CJK UNIFIED") for mark in text)


def _separator(text: str) -> tuple[str, str]:
    """Return the separator that splits the first lines most evenly, and the text without a `sep=` line."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=,"):
        return first.strip()[-1], rest
    lines = [line for line in text[:65_536].splitlines()[:20] if line.strip()]
    counts = {mark: max((line.count(mark) for line in lines), default=0) for mark in _SEPARATORS}
    return max(_SEPARATORS, key=lambda mark: counts[mark]), text

"""Old workbooks (.xls, BIFF8 in a compound file): what must be known before a parser opens them.

calamine reads the cells. Looked at here: is the file whole, has it a password, how far does the table reach (the
parser asks for memory for every cell up to the last one), and what calamine does not tell: errors, hidden rows,
the day system, macros.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from geo.errors import FileRefused
from geo.importer.layout import DAYS_OF_1904
from geo.importer.sheets import Layout, join_spans

#: Rows × columns that an old workbook may span; a cell takes about 64 bytes while it is read.
MOST_CELLS: Final = 5_000_000
_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END: Final = 0xFFFFFFFA
_ENTRY: Final = 128
_BOOKS: Final = ("Workbook", "Book")
_MACROS: Final = "_VBA_PROJECT_CUR"
_LOCKED: Final = "EncryptedPackage"
_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_FORMULA, _DATEMODE, _FILEPASS, _COLINFO, _BOUNDSHEET = 0x0006, 0x0022, 0x002F, 0x007D, 0x0085
_SUPBOOK, _BOOLERR, _ROW, _BOF, _EOF = 0x01AE, 0x0205, 0x0208, 0x0809, 0x000A
_OWN_SUPBOOK: Final = 4
#: Records of cells that hold something; those of many cells name their last column at their end.
_CELLS: Final = frozenset({_FORMULA, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x027E, _BOOLERR})
_MANY: Final = 0x00BD
_NO_NUMBER: Final = 0xFFFF
_AS_ERROR, _AS_EMPTY = 2, 3
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x20, 0x01


@dataclass(slots=True)
class OldBook:
    """What an old workbook shows besides its cells: layouts by the order of its sheets, and what is left alone."""

    layouts: list[Layout] = field(default_factory=list)
    notes: tuple[tuple[str, str], ...] = ()


def look_at_old_book(raw: bytes) -> OldBook:
    """Return the layouts of an old workbook's sheets.

    Raises `FileRefused`: E_CORRUPT, E_ENCRYPTED, E_NOT_SPREADSHEET (a compound file of another program), E_TOO_LARGE.
    """
    try:
        streams = _list_streams(raw)
        found = _scan_book(_read_stream(raw, *_find_book(streams)))
    except FileRefused:
        raise
    except (struct.error, IndexError, ValueError) as error:
        raise FileRefused("E_CORRUPT") from error
    macros = (("W_MACRO_IGNORED", ""),) if _MACROS in streams else ()
    return OldBook(found.layouts, (*macros, *found.notes))


def _find_book(streams: dict[str, tuple[int, int]]) -> tuple[int, int]:
    if _LOCKED in streams:
        raise FileRefused("E_ENCRYPTED")
    found = next((streams[name] for name in _BOOKS if name in streams), None)
    if found is None:
        raise FileRefused("E_NOT_SPREADSHEET", name="")
    return found


def _sector(raw: bytes, number: int) -> bytes:
    size = 1 << struct.unpack_from("<H", raw, 30)[0]
    found = raw[(number + 1) * size : (number + 2) * size]
    if not found:
        raise ValueError(number)
    return found


def _chain(raw: bytes, table: list[int], start: int) -> bytes:
    parts: list[bytes] = []
    while start < _END:
        if len(parts) > len(table):
            raise ValueError(start)
        parts.append(_sector(raw, start))
        start = table[start]
    return b"".join(parts)


def _sector_table(raw: bytes) -> list[int]:
    """Return which sector follows which."""
    if not raw.startswith(_MAGIC) or struct.unpack_from("<H", raw, 30)[0] not in {9, 12}:
        raise ValueError(raw[:8])
    listed = [one for one in struct.unpack_from("<109I", raw, 76) if one < _END]
    further, left = struct.unpack_from("<II", raw, 68)
    while further < _END and left:
        numbers = struct.unpack(f"<{len(_sector(raw, further)) // 4}I", _sector(raw, further))
        listed += [one for one in numbers[:-1] if one < _END]
        further, left = numbers[-1], left - 1
    table: list[int] = []
    for number in listed:
        sector = _sector(raw, number)
        table += struct.unpack(f"<{len(sector) // 4}I", sector[: len(sector) // 4 * 4])
    return table


def _list_streams(raw: bytes) -> dict[str, tuple[int, int]]:
    """Return first sector and size of every stream and storage by name."""
    folder = _chain(raw, _sector_table(raw), struct.unpack_from("<I", raw, 48)[0])
    streams: dict[str, tuple[int, int]] = {}
    for start in range(0, len(folder) - _ENTRY + 1, _ENTRY):
        length = struct.unpack_from("<H", folder, start + 64)[0]
        name = folder[start : start + max(0, length - 2)].decode("utf-16-le", "replace")
        first, size = struct.unpack_from("<II", folder, start + 116)
        if name:
            streams.setdefault(name, (first, size))
    return streams


def _read_stream(raw: bytes, first: int, size: int) -> bytes:
    table = _sector_table(raw)
    if size >= struct.unpack_from("<I", raw, 56)[0]:
        found = _chain(raw, table, first)
    else:
        start, length = _list_streams(raw)["Root Entry"]
        small = _chain(raw, table, start)[:length]
        follows = _chain(raw, table, struct.unpack_from("<I", raw, 60)[0])
        numbers = list(struct.unpack(f"<{len(follows) // 4}I", follows))
        parts: list[bytes] = []
        while first < _END and len(parts) <= len(numbers):
            parts.append(small[first * 64 : first * 64 + 64])
            first = numbers[first]
        found = b"".join(parts)
    if len(found) < size:
        raise ValueError(size)
    return found[:size]


@dataclass(slots=True)
class _Scan:
    """What one sheet has shown so far."""

    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    faults: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0


def _scan_book(book: bytes) -> OldBook:
    sheets: list[int] = []
    epoch_days, notes, at = 0, {}, 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        if kind == _FILEPASS:
            raise FileRefused("E_ENCRYPTED")
        if kind == _BOUNDSHEET:
            sheets.append(struct.unpack_from("<I", book, at + 4)[0])
        elif kind == _DATEMODE and struct.unpack_from("<H", book, at + 4)[0]:
            epoch_days = DAYS_OF_1904
        elif kind == _SUPBOOK and length > _OWN_SUPBOOK:
            notes["W_EXTERNAL_REF_IGNORED"] = ""
        elif kind == _EOF:
            break
        at += 4 + length
    return OldBook([_scan_sheet(book, start, epoch_days) for start in sheets], tuple(notes.items()))


def _scan_sheet(book: bytes, at: int, epoch_days: int) -> Layout:
    found, depth = _Scan(), 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        if kind in _CELLS:
            _see_cell(found, kind, book[at + 4 : at + 4 + length])
        elif kind in {_ROW, _COLINFO}:
            _see_hidden(found, kind, book, at + 4)
        elif kind in {_BOF, _EOF}:
            depth += 1 if kind == _BOF else -1
            if depth <= 0:
                break
        at += 4 + length
    if found.rows * found.columns > MOST_CELLS:
        raise FileRefused("E_TOO_LARGE", mb=0)
    return Layout(
        hidden_rows=join_spans(sorted(set(found.hidden_rows))), hidden_columns=tuple(found.hidden_columns),
        faults=found.faults, epoch_days=epoch_days,
    )  # fmt: skip


def _see_hidden(found: _Scan, kind: int, book: bytes, at: int) -> None:
    if kind == _ROW:
        row, flags = struct.unpack_from("<H10xH", book, at)
        if flags & _HIDDEN_ROW:
            found.hidden_rows.append(row)
    else:
        first, last, flags = struct.unpack_from("<HH4xH", book, at)
        if flags & _HIDDEN_COLUMN:
            found.hidden_columns.append((first, last))


def _see_cell(found: _Scan, kind: int, record: bytes) -> None:
    row, column = struct.unpack_from("<HH", record)
    last = struct.unpack_from("<H", record, len(record) - 2)[0] if kind == _MANY else column
    found.rows, found.columns = max(found.rows, row + 1), max(found.columns, last + 1)
    if kind == _BOOLERR and record[7]:
        found.faults[row, column] = ("W_EXCEL_ERROR", _ERRORS.get(record[6], "#"))
    elif kind == _FORMULA and struct.unpack_from("<H", record, 12)[0] == _NO_NUMBER:
        if record[6] == _AS_ERROR:
            found.faults[row, column] = ("W_EXCEL_ERROR", _ERRORS.get(record[8], "#"))
        elif record[6] == _AS_EMPTY:
            # An empty text and no value look alike here: said once too often is better than lost.
            found.faults[row, column] = ("W_FORMULA", "=")

"""OpenDocument spreadsheets (.ods): what must be known before a parser opens them, and what calamine does not tell.

A row or a cell may stand for a million equal ones, and a parser writes them all out; merged ranges, hidden rows and
errors are told by the XML alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import unescape

from geo.errors import FileRefused
from geo.importer.sheets import Layout, join_spans

if TYPE_CHECKING:
    import zipfile

    from geo.importer.sheets import Merge

#: Rows × columns that a sheet may span; a cell takes about 64 bytes while it is read.
MOST_CELLS: Final = 5_000_000
_TAG: Final = re.compile(
    rb"<table:(table-row|table-cell|covered-table-cell|table-column|table)(?![\w-])([^<>]*?)(/?)>|</table:(table)>"
)
_ATTRIBUTE: Final = re.compile(rb'([\w:-]+)\s*=\s*(?:"([^"]*)"|\'([^\']*)\')')
_TEXT: Final = re.compile(rb"<text:p[^<>]*>([^<]*)<")
#: Spaces may be counted instead of written.
_MANY_SPACES: Final = re.compile(rb"text:c\s*=\s*[\"']\s*\d{5}")
_FIRST_TEXT: Final = 400
#: Most cells have none of these and need no closer look.
_TELLING: Final = (b"number-", b"formula", b'"error"')


@dataclass(slots=True)
class OpenDocument:
    """What a document shows besides its cells: layouts by sheet name, hidden sheets, and what is left alone."""

    layouts: dict[str, Layout] = field(default_factory=dict)
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Table:
    name: str
    row: int = -1
    column: int = 0
    repeats: int = 1
    rows: int = 0
    columns: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    columns_seen: int = 0
    merged: list[Merge] = field(default_factory=list)
    faults: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)


def look_at_open_document(archive: zipfile.ZipFile) -> OpenDocument:
    """Return the layouts of a document's sheets. Raises `FileRefused`: E_ENCRYPTED, E_CORRUPT, E_TOO_LARGE."""
    names = archive.namelist()
    manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
    if b"encryption-data" in manifest:
        raise FileRefused("E_ENCRYPTED")
    content = _read_content(archive)
    try:
        layouts = {one.name: _lay_out(one) for one in _scan(content)}
    except FileRefused:
        raise
    except (ValueError, KeyError) as error:
        raise FileRefused("E_CORRUPT") from error
    notes = {}
    if any(name.startswith(("Basic/", "Scripts/")) for name in names):
        notes["W_MACRO_IGNORED"] = ""
    if b"<table:table-source" in content or b"table:cell-range-source" in content:
        notes["W_EXTERNAL_REF_IGNORED"] = ""
    return OpenDocument(layouts, tuple(notes.items()))


def _read_content(archive: zipfile.ZipFile) -> bytes:
    content = archive.read("content.xml")
    if _MANY_SPACES.search(content):
        raise FileRefused("E_TOO_LARGE", mb=0)
    return content


def _lay_out(one: _Table) -> Layout:
    return Layout(
        tuple(one.merged), join_spans(sorted(set(one.hidden_rows))), tuple(one.hidden_columns), one.faults
    )  # fmt: skip


def _scan(content: bytes) -> list[_Table]:
    tables: list[_Table] = []
    depth = 0
    for tag in _TAG.finditer(content):
        kind, closing = tag[1], tag[4]
        if closing == b"table":
            depth -= 1
        elif kind == b"table":
            depth += not tag[3]
            if depth == 1:
                tables.append(_Table(unescape(_attributes(tag[2]).get("table:name", ""), {"&quot;": '"'})))
        elif depth == 1:
            _see(tables[-1], tag, content)
    return tables


def _attributes(text: bytes) -> dict[str, str]:
    return {name.decode(): (one or other).decode() for name, one, other in _ATTRIBUTE.findall(text)}


def _see(table: _Table, tag: re.Match[bytes], content: bytes) -> None:
    kind = tag[1]
    if kind == b"table-row":
        said = _attributes(tag[2])
        table.row, table.column = table.row + table.repeats if table.row >= 0 else 0, 0
        table.repeats = int(said.get("table:number-rows-repeated", 1))
        if said.get("table:visibility") in {"collapse", "filter"} and table.repeats <= MOST_CELLS:
            table.hidden_rows += range(table.row, table.row + min(table.repeats, 65_536))
    elif kind == b"table-column":
        said = _attributes(tag[2])
        repeats = int(said.get("table:number-columns-repeated", 1))
        if said.get("table:visibility") in {"collapse", "filter"}:
            table.hidden_columns.append((table.columns_seen, table.columns_seen + repeats - 1))
        table.columns_seen += repeats
    elif kind:
        _see_cell(table, tag, content)


def _see_cell(table: _Table, tag: re.Match[bytes], content: bytes) -> None:
    written = tag[2]
    said = _attributes(written) if any(mark in written for mark in _TELLING) else {}
    start = table.column
    table.column += int(said.get("table:number-columns-repeated", 1))
    if tag[3] and b"office:value-type" not in written:
        return
    table.rows = max(table.rows, table.row + table.repeats)
    table.columns = max(table.columns, table.column)
    if table.rows * table.columns > MOST_CELLS:
        raise FileRefused("E_TOO_LARGE", mb=0)
    down, across = int(said.get("table:number-rows-spanned", 1)), int(said.get("table:number-columns-spanned", 1))
    if down > 1 or across > 1:
        table.merged.append((table.row, start, table.row + down - 1, start + across - 1))
    if said.get("calcext:value-type") == "error":
        shown = _TEXT.search(content, tag.end(), tag.end() + _FIRST_TEXT)
        table.faults[table.row, start] = ("W_EXCEL_ERROR", shown[1].decode() if shown else "#")
    elif "table:formula" in said and b"office:value-type" not in written:
        table.faults[table.row, start] = ("W_FORMULA", "=")

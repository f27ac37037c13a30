"""The XML of an .xlsx sheet beside its cells: hidden rows and columns, errors, formulas without a stored value.

calamine gives neither, and reads an error and an uncalculated formula as nothing. The bytes are searched for the few
marks in question, so that a plain sheet of 100,000 rows costs a tenth of a second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from defusedxml import ElementTree

from geo.importer.sheets import Layout, join_spans

if TYPE_CHECKING:
    import zipfile

    from geo.importer.sheets import Span

#: So much of a sheet's beginning tells how it is written: with which prefix, with which quotes.
_HEAD: Final = 2_000
_PREFIX: Final = re.compile(rb"<(\w+:)worksheet\b")
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b([^<>]*)>")
_COLUMN: Final = re.compile(rb"<(?:\w+:)?col\b([^<>]*)>")
_HIDDEN: Final = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_ZERO_HIGH: Final = re.compile(rb"""\bht\s*=\s*["']0(?:\.0*)?["']""")
_NUMBER: Final = re.compile(rb"""\br\s*=\s*["'](\d+)["']""")
_MIN: Final = re.compile(rb"""\bmin\s*=\s*["'](\d+)["']""")
_MAX: Final = re.compile(rb"""\bmax\s*=\s*["'](\d+)["']""")
_CELL: Final = rb"<(?:\w+:)?c\b([^<>]*)>"
_END: Final = rb"\s*</(?:\w+:)?c>"
_REFERENCE: Final = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d+)["']""")
_TEXT: Final = re.compile(rb"""\bt\s*=\s*["']str["']""")
#: A cell that holds an error, with what stands in it.
_ERROR: Final = re.compile(rb"""<(?:\w+:)?c\b([^<>]*\bt\s*=\s*["']e["'][^<>]*)>(.{0,2000}?)</(?:\w+:)?c>""", re.DOTALL)
#: A cell that holds a formula, and no value or an empty one.
_BARE: Final = re.compile(
    _CELL
    + rb"\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)"
    + rb"\s*(<(?:\w+:)?v\b[^<>]*?(?:/>|>\s*</(?:\w+:)?v>))?"
    + _END
)
_VALUE: Final = re.compile(rb"<(?:\w+:)?v\b[^<>]*>([^<]*)<")
#: Days between the first days of Excel's two systems.
DAYS_OF_1904: Final = 1462
_LAST_COLUMN: Final = 16_384
#: Parts of an archive that are left alone, by how their names begin → what is said about them.
_LEFT_ALONE: Final = {
    "xl/vbaProject.bin": "W_MACRO_IGNORED", "xl/macrosheets/": "W_MACRO_IGNORED",
    "xl/externalLinks/": "W_EXTERNAL_REF_IGNORED", "xl/connections.xml": "W_EXTERNAL_REF_IGNORED",
    "xl/queryTables/": "W_EXTERNAL_REF_IGNORED",
}  # fmt: skip


@dataclass(slots=True)
class BookLayout:
    """Layouts of a workbook's sheets by the names of their parts, the parts by the names of the sheets, and notes."""

    parts: dict[str, str]
    epoch_days: int
    notes: tuple[tuple[str, str], ...]
    layouts: dict[str, Layout] = field(default_factory=dict)

    def look_at(self, part: str, sheet: bytes) -> None:
        """Keep what the XML of one part shows."""
        self.layouts[part] = scan_sheet(sheet, epoch_days=self.epoch_days)

    def of_sheet(self, name: str) -> Layout:
        """Return the layout of a sheet by its name."""
        return self.layouts.get(self.parts.get(name, ""), Layout(epoch_days=self.epoch_days))


def read_book_layout(archive: zipfile.ZipFile) -> BookLayout:
    """Return which part holds which sheet, the day system, and what in the archive is left alone."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    system = next((one for one in book if _local(one.tag) == "workbookPr"), None)
    is_1904 = system is not None and system.get("date1904", "") in {"1", "true"}
    targets: dict[str, str] = {}
    if "xl/_rels/workbook.xml.rels" in archive.namelist():
        for one in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")):
            target = one.get("Target", "")
            targets[one.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    parts = {
        one.get("name", ""): targets.get(next((said for key, said in one.items() if _local(key) == "id"), ""), "")
        for one in book.iter()
        if _local(one.tag) == "sheet"
    }
    notes = {code: "" for name in archive.namelist() for start, code in _LEFT_ALONE.items() if name.startswith(start)}
    return BookLayout(parts, DAYS_OF_1904 if is_1904 else 0, tuple(notes.items()))


def _local(name: str) -> str:
    """Return a name without its namespace: there are two of each, the usual ones and the strict standard's."""
    return name.rpartition("}")[2]


def scan_sheet(sheet: bytes, *, epoch_days: int = 0) -> Layout:
    """Return what the XML of a sheet shows besides its cells; merged ranges come from calamine."""
    marked = sheet.replace(b"'", b'"') if b"='" in sheet[:_HEAD] else sheet
    prefix = _PREFIX.search(marked[:_HEAD])
    formula = b"<" + prefix[1] + b"f" if prefix else b"<f"
    rows = _hidden_rows(marked) if b' hidden="' in marked or b' ht="0' in marked else ()
    faults: dict[tuple[int, int], tuple[str, str]] = {}
    if b't="e"' in marked:
        _add_errors(marked, faults)
    if formula in marked:
        _add_formulas(marked, faults)
    return Layout(hidden_rows=rows, hidden_columns=_hidden_columns(marked), faults=faults, epoch_days=epoch_days)


def _hidden_rows(sheet: bytes) -> tuple[Span, ...]:
    numbers = []
    for nth, match in enumerate(_ROW.finditer(sheet), start=1):
        attributes = match[1]
        if b"hidden" not in attributes and b"ht=" not in attributes:
            continue
        if _HIDDEN.search(attributes) or _ZERO_HIGH.search(attributes):
            number = _NUMBER.search(attributes)
            numbers.append((int(number[1]) if number else nth) - 1)
    return join_spans(sorted(set(numbers)))


def _hidden_columns(sheet: bytes) -> tuple[Span, ...]:
    head = sheet[: sheet.find(b"sheetData")]
    spans = []
    for match in _COLUMN.finditer(head):
        least, most = _MIN.search(match[1]), _MAX.search(match[1])
        if _HIDDEN.search(match[1]) and least and most:
            spans.append((int(least[1]) - 1, min(int(most[1]), _LAST_COLUMN) - 1))
    return tuple(spans)


def _add_errors(sheet: bytes, faults: dict[tuple[int, int], tuple[str, str]]) -> None:
    for match in _ERROR.finditer(sheet):
        value = _VALUE.search(match[2])
        _note(faults, match[1], "W_EXCEL_ERROR", value[1].decode("ascii", "replace") if value else "#")


def _add_formulas(sheet: bytes, faults: dict[tuple[int, int], tuple[str, str]]) -> None:
    """A text formula whose stored value is empty is just empty; one without a value was never calculated."""
    for match in _BARE.finditer(sheet):
        if not (match[2] and _TEXT.search(match[1])):
            _note(faults, match[1], "W_FORMULA", "=")


def _note(faults: dict[tuple[int, int], tuple[str, str]], attributes: bytes, code: str, shown: str) -> None:
    reference = _REFERENCE.search(attributes)
    if reference is None:
        return
    column = 0
    for letter in reference[1]:
        column = column * 26 + letter - 64
    faults.setdefault((int(reference[2]) - 1, column - 1), (code, shown))

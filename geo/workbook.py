"""Excel workbooks of plain ledgers (台账): a title, one line about what is in it, a frozen head, rows; never a formula.

xlsxwriter makes the file with the first and the last row of each sheet; the rows between are written in the same form
by `_fill`, because a cell at a time through any writer takes most of the time of a long list.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from geo.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

#: Rows above the data: title, line, head.
HEAD_ROWS: Final = 3
MOST_ROWS: Final = 1_048_576 - HEAD_ROWS
LONGEST_NAME: Final = 31
_LONGEST_TEXT: Final = 32_767
_LONGEST_FOOT: Final = 240
_CHUNK: Final = 2_048
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
#: Reserved by Excel for its own sheet of changes.
_RESERVED_NAMES: Final = frozenset({"history"})
_ILLEGAL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED: Final = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")
_EDGE_SPACE: Final = re.compile(r"^\s|\s$")
_STYLE: Final = re.compile(r'<c r="[A-Z]+\d+"(?: s="(\d+)")?')


Value: TypeAlias = "str | int | float | None"
#: Gives the values of rows start … stop − 1, column by column; None is an empty cell.
ReadRows: TypeAlias = "Callable[[int, int], Sequence[Sequence[Value]]]"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, its width in characters, and Excel's format of its numbers; empty where it holds text."""

    header: str
    width: float = 10
    number_format: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: name (made safe and unique here), title, the line under it, columns, rows, the foot of each page.

    Rows are read in parts as they are written, so that a long list is never in memory as a whole.
    """

    name: str
    title: str
    line: str
    columns: tuple[Column, ...]
    length: int
    read_rows: ReadRows
    foot: str = ""


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return an .xlsx file with one sheet each, A4 landscape; text stays text whatever it begins with.

    Raises `Invalid` when a sheet has more rows than Excel can hold.
    """
    for sheet in sheets:
        if sheet.length > MOST_ROWS:
            raise Invalid("exports.too_many_rows", n=sheet.length, most=MOST_ROWS)
    frame = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(frame, options) as workbook:
        formats = _make_formats(workbook)
        for name, sheet in zip(name_sheets([sheet.name for sheet in sheets]), sheets, strict=True):
            _add_number_formats(workbook, formats, sheet.columns)
            _lay_out(workbook.add_worksheet(name), sheet, formats)
    if all(sheet.length <= 2 for sheet in sheets):  # noqa: PLR2004 - the first and the last row are there already
        return frame.getvalue()
    return _fill(frame, sheets)


def name_sheets(wanted: Iterable[str]) -> list[str]:
    """Return names that Excel accepts: ≤ 31 characters, no brackets, slashes, colons, no two alike in any case."""
    names: list[str] = []
    taken = set(_RESERVED_NAMES)
    for name in wanted:
        clean = _NOT_IN_NAMES.sub(" ", name).strip(" '") or "-"
        candidate = clean[:LONGEST_NAME].rstrip(" '")
        number = 1
        while candidate.casefold() in taken:
            number += 1
            mark = f" ({number})"
            candidate = clean[: LONGEST_NAME - len(mark)] + mark
        taken.add(candidate.casefold())
        names.append(candidate)
    return names


_CELL: Final = {"border": 1, "valign": "vcenter", "font_size": 10.5}


def _make_formats(workbook: Any) -> dict[str, Any]:
    return {
        "title": workbook.add_format({"bold": True, "font_size": 14, "valign": "vcenter"}),
        "line": workbook.add_format({"font_size": 10.5, "valign": "vcenter"}),
        "head": workbook.add_format(
            {**_CELL, "bold": True, "bg_color": "#D9D9D9", "align": "center", "text_wrap": True}
        ),
        # Text by format and by prefix: it stays text when somebody edits the cell.
        "": workbook.add_format({**_CELL, "num_format": "@", "quote_prefix": True}),
    }


def _add_number_formats(workbook: Any, formats: dict[str, Any], columns: Sequence[Column]) -> None:
    for wanted in dict.fromkeys(column.number_format for column in columns):
        if wanted not in formats:
            formats[wanted] = workbook.add_format({**_CELL, "num_format": wanted})


def _lay_out(worksheet: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    """Write everything of a sheet but the rows between its first and its last."""
    last_column = len(sheet.columns) - 1
    last_row = HEAD_ROWS + max(0, sheet.length - 1)
    worksheet.set_default_row(22.7)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.set_margins(left=0.59, right=0.59, top=0.59, bottom=0.59)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(HEAD_ROWS - 1)
    worksheet.freeze_panes(HEAD_ROWS, 0)
    worksheet.set_footer(f"&L{sheet.foot.replace('&', '&&')[:_LONGEST_FOOT]}&R&P / &N")
    for index, column in enumerate(sheet.columns):
        worksheet.set_column(index, index, column.width)
    worksheet.write_string(0, 0, sheet.title, formats["title"])
    worksheet.write_string(1, 0, sheet.line, formats["line"])
    for index, column in enumerate(sheet.columns):
        worksheet.write_string(HEAD_ROWS - 1, index, column.header, formats["head"])
    worksheet.autofilter(HEAD_ROWS - 1, 0, last_row, last_column)
    for row in sorted({0, sheet.length - 1} if sheet.length else ()):
        _write_row(worksheet, row, sheet, formats)
    if sheet.length:
        cells = f"A{HEAD_ROWS + 1}:{xl_col_to_name(last_column)}{last_row + 1}"
        worksheet.ignore_errors({"number_stored_as_text": cells})


def _write_row(worksheet: Any, row: int, sheet: Sheet, formats: dict[str, Any]) -> None:
    values = sheet.read_rows(row, row + 1)
    for index, (column, (value,)) in enumerate(zip(sheet.columns, values, strict=True)):
        form = formats[column.number_format]
        if value is None or value == "":
            worksheet.write_blank(HEAD_ROWS + row, index, None, form)
        elif isinstance(value, str):
            worksheet.write_string(HEAD_ROWS + row, index, value[:_LONGEST_TEXT], form)
        else:
            worksheet.write_number(HEAD_ROWS + row, index, value, form)


def _fill(frame: io.BytesIO, sheets: Sequence[Sheet]) -> bytes:
    """Return the workbook with the rows between the first and the last row of each sheet put in."""
    filled = io.BytesIO()
    with (
        zipfile.ZipFile(frame) as source,
        zipfile.ZipFile(filled, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as target,
    ):
        long_ones = {
            f"xl/worksheets/sheet{number}.xml": sheet
            for number, sheet in enumerate(sheets, 1)
            if sheet.length > 2  # noqa: PLR2004
        }
        for item in source.infolist():
            content = source.read(item)
            if item.filename not in long_ones:
                target.writestr(item.filename, content)
                continue
            with target.open(item.filename, "w", force_zip64=True) as out:
                for part in _splice(content.decode(), long_ones[item.filename]):
                    out.write(part.encode())
    return filled.getvalue()


def _splice(xml: str, sheet: Sheet) -> Iterator[str]:
    first = xml.index(f'<row r="{HEAD_ROWS + 1}"')
    cut = xml.index(f'<row r="{HEAD_ROWS + sheet.length}"', first)
    styles = [found or "0" for found in _STYLE.findall(xml[first:cut])]
    yield xml[:cut]
    for start in range(1, sheet.length - 1, _CHUNK):
        yield _rows_xml(sheet, styles, start, min(start + _CHUNK, sheet.length - 1))
    yield xml[cut:]


def _rows_xml(sheet: Sheet, styles: Sequence[str], start: int, stop: int) -> str:
    rows = range(HEAD_ROWS + 1 + start, HEAD_ROWS + 1 + stop)
    cells = [
        _cells_xml(values, xl_col_to_name(index), styles[index], rows)
        for index, values in enumerate(sheet.read_rows(start, stop))
    ]
    lines = zip(rows, zip(*cells, strict=True), strict=True)
    return "".join(f'<row r="{row}">{"".join(line)}</row>' for row, line in lines)


def _cells_xml(values: Sequence[Value], letter: str, style: str, rows: range) -> list[str]:
    # Most texts of a list repeat: each distinct one is written once.
    written = {value: _value_xml(value, style) for value in set(values)}
    return [f'<c r="{letter}{row}{written[value]}' for row, value in zip(rows, values, strict=True)]


def _value_xml(value: Value, style: str) -> str:
    """Return what follows the reference of a cell, from the closing quote of the reference on."""
    if value is None or value == "":
        return f'" s="{style}"/>'
    if not isinstance(value, str):
        return f'" s="{style}"><v>{value}</v></c>'
    keep = ' xml:space="preserve"' if _EDGE_SPACE.search(value) else ""
    return f'" s="{style}" t="inlineStr"><is><t{keep}>{_escape(value[:_LONGEST_TEXT])}</t></is></c>'


def _escape(value: str) -> str:
    """Return a text as XML; characters that XML cannot hold become Excel's own _xHHHH_."""
    value = _LOOKS_ESCAPED.sub("_x005F_", value)
    value = _ILLEGAL.sub(lambda found: f"_x{ord(found.group()):04X}_", value)
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "_x000D_")

"""A file as it came, with what was found marked in its cells: to repair there and to import again.

Each sheet holds the rows of one file (or of one of its sheets) at their own places; what keeps a row out is red, what
was left empty, repaired or guessed is yellow, and a comment says what it means and what to do, in Chinese and English.
A second sheet lists every finding. Columns that are refused keep their header only. Text stays text whatever it begins
with.
"""

from __future__ import annotations

import io
import math
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import xlsxwriter
from xlsxwriter.exceptions import OverlappingRange

from geo.errors import FileRefused
from geo.i18n import text
from geo.importer.apart import read_sheets
from geo.importer.report import LANGUAGES, say_code
from geo.importer.submissions import join_submissions
from geo.importer.together import split_cell
from geo.validate import to_text
from geo.workbook import name_sheets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geo.importer.findings import Finding
    from geo.importer.report import ImportReport
    from geo.importer.sheets import Sheet
    from geo.validate import Cell

#: Comments by row: the cell, what is said, and how large.
Comments: TypeAlias = "dict[int, list[tuple[tuple[int, int], str, dict[str, float]]]]"
MOST_COMMENTS: Final = 5_000
#: Rows up to which merged cells are merged again; in a longer file each of their rows says the value.
_MOST_MERGED: Final = 20_000
_LONGEST_TEXT: Final = 32_767
_LONGEST_COMMENT: Final = 2_000
_CELL: Final = re.compile(r"([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?")
_ROWS: Final = re.compile(r"(\d+)(?:-(\d+))?")
_COLUMNS: Final = re.compile(r"([A-Z]{1,3}):[A-Z]{1,3}")
#: Excel knows no earlier days.
_FIRST_YEAR: Final = 1905
_GROUNDS: Final = {"bad": "#FBECEC", "warned": "#FFF6E0"}
_EXACT: Final = 10**15


@dataclass(frozen=True, slots=True)
class MarkedFile:
    """One file with the report of its import; `name` is its name for people."""

    path: Path
    report: ImportReport
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A finding and the cells it is about: first row, first column, last row, last column, counted from 0."""

    finding: Finding
    kind: str
    area: tuple[int, int, int, int]


def write_marked(files: Sequence[MarkedFile], *, most_comments: int = MOST_COMMENTS) -> bytes:
    """Return an .xlsx with two sheets a file: its rows with the marks, and the list of what was found.

    A sheet carries at most so many comments; further marks are coloured and listed.
    """
    files = [part for one in files for part in _split(one)]
    names = name_sheets(
        name
        for one in files
        for name in (one.report.sheet or Path(one.name or one.path.name).stem, text("marked.list"))
    )
    out = io.BytesIO()
    sheets = [_open(one) for one in files]
    slim = not any(sheet is not None and sheet.layout.merged and len(sheet.rows) <= _MOST_MERGED for sheet in sheets)
    options = {
        "constant_memory": slim, "strings_to_formulas": False, "strings_to_urls": False,
        "date_1904": any(sheet is not None and sheet.layout.epoch_days for sheet in sheets),
    }  # fmt: skip
    with xlsxwriter.Workbook(out, options) as book:
        formats = _make_formats(book)
        for nth, (one, sheet) in enumerate(zip(files, sheets, strict=True)):
            rows = book.add_worksheet(names[2 * nth])
            if sheet is not None:
                marks = list(_list_marks(one.report, sheet))
                comments = _say_comments(one.report, marks, most_comments)
                _write_rows(rows, sheet, one.report, formats, marks=marks, comments=comments, merge=not slim)
            elif one.report.areas is not None:
                _write_features(rows, one.report.areas.get("features", []), formats)
            _write_list(book.add_worksheet(names[2 * nth + 1]), sheet, one.report, formats)
    return out.getvalue()


def _split(one: MarkedFile) -> list[MarkedFile]:
    """Return a file as one for each of its sheets that were read together, with what was found in that one.

    What is said of the whole file stands with the first.
    """
    report = one.report
    if len(report.sheets) < 2:  # noqa: PLR2004 - one sheet stands for itself
        return [one]

    def pick(found: Sequence[Finding], name: str) -> tuple[Finding, ...]:
        first = name == report.sheets[0]
        cells = [split_cell(finding.cell) for finding in found]
        pairs = zip(found, cells, strict=True)
        return tuple(replace(one, cell=cell) for one, (sheet, cell) in pairs if sheet == name or (first and not sheet))

    return [
        replace(
            one,
            report=replace(
                report, sheet=name, sheets=(name,), rows_bad=pick(report.rows_bad, name),
                findings=pick(report.findings, name),
            ),
        )
        for name in report.sheets
    ]  # fmt: skip


def _open(one: MarkedFile) -> Sheet | None:
    """Return the sheet that was imported; None for a file that cannot be read."""
    try:
        sheets = join_submissions(read_sheets(one.path, name=one.name or one.path.name, wanted=one.report.sheet))
    except FileRefused:
        return None
    return next((sheet for sheet in sheets if sheet.name == one.report.sheet and sheet.rows), None)


def _make_formats(book: Any) -> dict[tuple[str, str], Any]:
    """Return a format for each kind of value under each kind of mark."""
    kinds: dict[str, dict[str, Any]] = {
        "text": {"num_format": "@", "quote_prefix": True}, "number": {}, "day": {"num_format": "yyyy-mm-dd"},
        "moment": {"num_format": "yyyy-mm-dd hh:mm"}, "time": {"num_format": "hh:mm"},
    }  # fmt: skip
    grounds: dict[str, dict[str, Any]] = {"": {}} | {
        kind: {"bg_color": colour, "border": 1} for kind, colour in _GROUNDS.items()
    }
    made = {(kind, mark): book.add_format({**form, **ground})
            for kind, form in kinds.items() for mark, ground in grounds.items()}  # fmt: skip
    head = {"bold": True, "bg_color": "#F4F6F8", "border": 1, "text_wrap": True, "valign": "top"}
    return made | {
        ("head", ""): book.add_format(head),
        ("said", ""): book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
    }


def _write_rows(
    worksheet: Any, sheet: Sheet, report: ImportReport, formats: dict[Any, Any], *, marks: Sequence[_Mark],
    comments: Comments, merge: bool,
) -> None:  # fmt: skip
    painted = {
        (row, column): one.kind
        for one in sorted(marks, key=lambda mark: mark.kind == "bad")
        for row in range(one.area[0], one.area[2] + 1)
        for column in range(one.area[1], one.area[3] + 1)
    }
    refused = {column.index for column in report.columns if column.how == "refused"}
    fills = {at: shown for at, (_, shown) in sheet.layout.faults.items()} | ({} if merge else _fill_merged(sheet))
    for r, line in enumerate(sheet.rows):
        for at, said_there, size in comments.get(r, ()):
            worksheet.write_comment(*at, said_there, {"author": text("app.name"), **size})
        for c, cell in enumerate(line):
            said = None if c in refused and r >= report.header_row else fills.get((r, c), cell)
            _write_cell(worksheet, (r, c), said, painted.get((r, c), ""), formats)
    if merge:
        _merge(worksheet, sheet, painted, formats)
    worksheet.freeze_panes(report.header_row, 0)


def _write_cell(worksheet: Any, at: tuple[int, int], cell: Cell, mark: str, formats: dict[Any, Any]) -> None:
    if cell is None or cell == "":
        if mark:
            worksheet.write_blank(*at, None, formats["text", mark])
    elif isinstance(cell, bool):
        worksheet.write_boolean(*at, cell, formats["number", mark])
    elif isinstance(cell, (int, float)) and math.isfinite(cell):
        worksheet.write_number(*at, cell, formats["number", mark])
    elif isinstance(cell, date) and cell.year < _FIRST_YEAR:
        worksheet.write_string(*at, cell.isoformat(), formats["text", mark])
    elif isinstance(cell, datetime):
        worksheet.write_datetime(*at, cell.replace(tzinfo=None), formats["moment", mark])
    elif isinstance(cell, date):
        worksheet.write_datetime(*at, cell, formats["day", mark])
    elif isinstance(cell, (time, timedelta)):
        worksheet.write_datetime(*at, cell, formats["time", mark])
    else:
        worksheet.write_string(*at, to_text(cell)[:_LONGEST_TEXT], formats["text", mark])


def _fill_merged(sheet: Sheet) -> dict[tuple[int, int], Cell]:
    """Return what merged ranges say in the cells below their first, which a long file writes out."""
    return {
        (row, column): _at(sheet, top, column)
        for top, column, bottom, _ in sheet.layout.merged
        for row in range(top + 1, min(bottom, len(sheet.rows) - 1) + 1)
    }


def _merge(worksheet: Any, sheet: Sheet, painted: dict[tuple[int, int], str], formats: dict[Any, Any]) -> None:
    """Merge cells again as they were; ranges that overlap, which no program makes, are left."""
    last = (len(sheet.rows) - 1, max(map(len, sheet.rows)) - 1)
    for top, left, *end in sheet.layout.merged:
        bottom, right = min(end[0], last[0]), min(end[1], last[1])
        if bottom < top or right < left or (bottom, right) == (top, left):
            continue
        mark = painted.get((top, left), "")
        with suppress(OverlappingRange):
            worksheet.merge_range(top, left, bottom, right, "", formats["text", mark])
            _write_cell(worksheet, (top, left), _at(sheet, top, left), mark, formats)


def _at(sheet: Sheet, row: int, column: int) -> Cell:
    line = sheet.rows[row] if 0 <= row < len(sheet.rows) else []
    return line[column] if column < len(line) else None


def _list_marks(report: ImportReport, sheet: Sheet) -> Iterator[_Mark]:
    """Yield every finding with the cells it is about; a row without a cell is marked in its first column."""
    numbers = _number_rows(report, sheet)
    for kind, found in (("bad", report.rows_bad), ("warned", report.findings)):
        for one in found:
            for area in _read_areas(one.cell, sheet) or ([(numbers[one.row], 0, numbers[one.row], 0)]
                                                         if one.row in numbers else []):  # fmt: skip
                yield _Mark(one, kind, area)


def _number_rows(report: ImportReport, sheet: Sheet) -> dict[int, int]:
    """Return where data rows stand, told by the findings that name a cell (row 3 stands in D7)."""
    found = {}
    for one in (*report.rows_bad, *report.findings):
        match = _CELL.fullmatch(one.cell)
        if one.row and match and int(match[2]) <= len(sheet.rows):
            found[one.row] = int(match[2]) - 1
    return found


def _read_areas(cell: str, sheet: Sheet) -> list[tuple[int, int, int, int]]:
    """Return the cells that a finding names: D6, A4:A10, B:B (its header), 5, 3-4 or 3-4, 9 (rows, first column)."""
    areas = []
    for part in (one.strip() for one in cell.split(",")):
        if match := _CELL.fullmatch(part):
            first = (int(match[2]) - 1, _index(match[1]))
            last = (int(match[4]) - 1, _index(match[3])) if match[3] else first
            areas.append((*first, *last))
        elif match := _ROWS.fullmatch(part):
            areas.append((int(match[1]) - 1, 0, int(match[2] or match[1]) - 1, 0))
        elif match := _COLUMNS.fullmatch(part):
            areas.append((0, _index(match[1]), 0, _index(match[1])))
    last_row = len(sheet.rows) - 1
    return [(a, b, min(c, last_row), d) for a, b, c, d in areas if 0 <= a <= last_row]


def _index(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found - 1


def _say_comments(report: ImportReport, marks: Iterable[_Mark], most: int) -> Comments:
    """Return, row by row, the comments of the cells that marks begin in: place, text, size.

    Several findings of one cell stand in one comment. A writer that keeps no rows takes comments in their order only.
    """
    codes: dict[tuple[int, int], dict[str, None]] = {}
    for one in marks:
        codes.setdefault((one.area[0], one.area[1]), {})[one.finding.code] = None
    spoken: dict[str, str] = {}
    comments: Comments = {}
    for at, found in list(codes.items())[:most]:
        for code in found:
            if code not in spoken:
                lines = (code, *(say_code(code, report, language=language) for language in LANGUAGES))
                spoken[code] = "\n".join(lines)
        said = "\n\n".join(spoken[code] for code in found)[:_LONGEST_COMMENT]
        size = {"x_scale": 2.4, "y_scale": min(4.0, 1.3 * len(found))}
        comments.setdefault(at[0], []).append((at, said, size))
    return comments


def _write_features(worksheet: Any, features: Sequence[dict[str, Any]], formats: dict[Any, Any]) -> None:
    """Write what each feature of a map file is: its unit and what becomes of it; those without a unit are yellow."""
    heads = ("row", "level", "code", "name", "what", "nearest")
    for column, (name, width) in enumerate(zip(heads, (6, 8, 18, 30, 16, 60), strict=True)):
        worksheet.set_column(column, column, width)
        worksheet.write_string(0, column, text(f"import_page.areas.{name}"), formats["head", ""])
    for nth, one in enumerate(features, start=1):
        mark = "warned" if one["what"] == "aside" else ""
        level = text(f"level.{one['level']}") if one["level"] else ""
        near = text("list.comma").join(one.get("nearest", []))
        said = (one["row"], level, one["code"], one["name"], text(f"import_page.area.{one['what']}"), near)
        for column, value in enumerate(said):
            _write_cell(worksheet, (nth, column), value, mark, formats)
    worksheet.freeze_panes(1, 0)


def _write_list(worksheet: Any, sheet: Sheet | None, report: ImportReport, formats: dict[Any, Any]) -> None:
    """Write every finding: row, cell, field, code, what the file says, what to do in both languages."""
    heads = ("row", "cell", "field", "code", "value", *LANGUAGES)
    for column, (name, width) in enumerate(zip(heads, (6, 10, 12, 24, 30, 60, 60), strict=True)):
        worksheet.set_column(column, column, width)
        worksheet.write_string(0, column, text(f"marked.{name}"), formats["head", ""])
    found = (*report.rows_bad, *report.findings)
    sentences = {
        code: [say_code(code, report, language=language) for language in LANGUAGES]
        for code in dict.fromkeys(one.code for one in found)
    }
    for nth, one in enumerate(found, start=1):
        said = (one.row or "", one.cell, one.field, one.code, _original(sheet, one), *sentences[one.code])
        for column, value in enumerate(said):
            if isinstance(value, int):
                worksheet.write_number(nth, column, value)
            else:
                worksheet.write_string(nth, column, value[:_LONGEST_TEXT], formats["said", ""])
    worksheet.freeze_panes(1, 0)
    worksheet.autofilter(0, 0, max(1, len(found)), len(heads) - 1)


def _original(sheet: Sheet | None, one: Finding) -> str:
    """Return what the file says in the cell of a finding, unmasked: whoever repairs it has the file."""
    match = _CELL.fullmatch(one.cell)
    if sheet is None or match is None or match[3]:
        return one.value
    return to_text(_at(sheet, int(match[2]) - 1, _index(match[1]))) or one.value

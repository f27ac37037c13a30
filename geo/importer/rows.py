"""The data rows of a sheet: without blank rows, totals, signatures and repeated headers, which are listed.

What the sheet shows besides its cells is settled here: a merged range says the same in all its rows, a hidden row
counts like any other, an error or a formula without a value is an empty cell; each is listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from geo.importer.findings import FIELDS, Finding, column_letter
from geo.importer.margins import (
    counts_columns,
    counts_homes,
    is_margin,
    is_total,
    mentions_total,
    names_group,
    total_marks,
)
from geo.importer.othertables import leave_below, list_above
from geo.importer.sheets import join_spans
from geo.schema.words import load_words
from geo.signs import clean_name
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo.importer.headers import Header
    from geo.importer.sheets import Merge, Sheet
    from geo.validate import Cell

#: What spreadsheets write for a value that could not be computed.
ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
_SHOWN: Final = 200
_NUMBER: Final = re.compile(r"[\s\d.]*")
_LEAST_WIDE: Final = 3


@dataclass(frozen=True, slots=True)
class DataRows:
    """Data rows padded to the header's width, their row numbers in the sheet (from 1), and what is said about them.

    `listed` holds rows that were left out and what was filled, hidden or unreadable. `ragged` holds, by index of the
    data row, how many cells a row of another length has. `titles` are the texts of title rows between the data, by the
    index of the data row that follows. `turned` are the columns, once one was asked for.
    """

    cells: list[list[Cell]]
    sheet_rows: list[int]
    listed: tuple[Finding, ...]
    ragged: dict[int, int]
    titles: dict[int, str] = field(default_factory=dict)
    turned: list[tuple[Cell, ...]] = field(default_factory=list, repr=False, compare=False)

    def column(self, index: int | None) -> Sequence[Cell]:
        """Return one column's cells, as they were when a column was first asked for; an absent one is all empty."""
        if index is None or not self.cells:
            return [None] * len(self.cells)
        if not self.turned:
            self.turned.extend(zip(*self.cells, strict=True))
        return self.turned[index]


def take_rows(sheet: Sheet, header: Header) -> DataRows:
    """Return the data rows below the header (row 1 is the first of them)."""
    sheet, others = leave_below(sheet, header)
    width = len(header.columns)
    body = sheet.rows[header.row + 1 :]
    turned = list(zip(*body, strict=True)) if all(len(line) == width for line in body) else []
    fills = _list_fills(sheet, header)
    rows = DataRows([], [], (), {})
    listed = _judge_rows(sheet, header, rows, fills, turned or zip_longest(*body))
    if len(rows.cells) == len(body) and not fills:
        rows.turned.extend(turned)
    _raise_days(sheet, header, rows)
    notes = [Finding(code, value=what) for code, what in sheet.notes]
    found = [
        *notes,
        *list_above(sheet, header.first_row),
        *others,
        *listed,
        *_list_merges(sheet, header, rows),
        *_list_hidden(sheet, header, rows),
    ]
    faults = _list_faults(sheet, header, rows)
    if faults or sheet.layout.epoch_days:
        rows.turned.clear()
    return replace(rows, listed=(*found, *faults))


def _judge_rows(
    sheet: Sheet, header: Header, rows: DataRows, fills: dict[int, list[tuple[int, Cell]]],
    turned: Iterable[Sequence[Cell]],
) -> list[Finding]:  # fmt: skip
    """Put the data rows into `rows`, return those to be listed instead; `turned` are the columns below the header."""
    width = len(header.columns)
    told = [column.index for column in header.columns if column.how != "ignored"]
    judge = _Judge(sheet, header, turned)
    tops = {part.top + 1 for part in sheet.parts}
    listed: list[Finding] = []
    for number, line in enumerate(sheet.rows[header.row + 1 :], start=header.row + 2):
        row = line if len(line) == width else _fit(line, width)
        is_usual = len(line) == width and rows.cells and number not in fills and number not in tops
        if is_usual and judge.is_home(row):
            rows.cells.append(row)
            rows.sheet_rows.append(number)
            continue
        own = None if judge.code_at is None else row[judge.code_at]
        is_idle = not (_is_plain(own) or any(_says(row[index]) for index in told))
        if is_idle and not any(isinstance(cell, str) and not _NUMBER.fullmatch(cell) for cell in row):
            continue
        if number in fills:
            row = _fill(row, fills[number])
        code = judge.look(row, number, is_first=not rows.cells or number in tops, is_idle=is_idle)
        if code:
            said = [to_text(cell).strip() for cell in row if _says(cell)]
            listed.append(Finding(code, cell=str(number), value=" ".join(said)[:_SHOWN]))
            if code == "W_TITLE_ROWS_SKIPPED" and (len(said) == 1 or names_group(said[0])):
                rows.titles[len(rows.cells)] = said[0]
            continue
        if sheet.ragged and _is_ragged(line, width):
            rows.ragged[len(rows.cells)] = len(line)
        rows.cells.append(row)
        rows.sheet_rows.append(number)
    return listed


def _fit(line: list[Cell], width: int) -> list[Cell]:
    return line[:width] if len(line) > width else line + [None] * (width - len(line))


def _says(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _is_ragged(line: list[Cell], width: int) -> bool:
    """A shorter row may be cut off in the middle of a cell; a longer one has a separator too many."""
    return len(line) < width or any(_says(cell) for cell in line[width:])


def _is_plain(code: Cell) -> bool:
    """Say whether a cell is a household code beyond doubt: digits and Latin letters."""
    return isinstance(code, str) and code.isascii() and code.isalnum()


def _list_wide(sheet: Sheet, header: Header) -> set[int]:
    """Return the numbers of rows below the header that have a cell merged across three columns or more."""
    return {
        top + 1
        for top, left, bottom, right in sheet.layout.merged
        if top == bottom and top > header.row and right - left + 1 >= _LEAST_WIDE
    }


class _Judge:
    """Tells rows that are no household: titles, headers again, totals, signatures."""

    def __init__(self, sheet: Sheet, header: Header, turned: Iterable[Sequence[Cell]]) -> None:
        """Look at the sheet once: its header rows, its totals (`turned` are its columns below them), its wide rows."""
        self.code_at = header.index_of("code")
        self._head_at = header.index_of("head_name")
        width = len(header.columns)
        self._titles = [_fit(line, width) for line in sheet.rows[header.first_row : header.row + 1]]
        self._totals = _find_totals(header, turned)
        self._wide = _list_wide(sheet, header)
        self._footer = load_words().footer
        self._names_groups = header.index_of("group") is not None

    def is_home(self, row: list[Cell]) -> bool:
        """Say whether a row after the first is a household beyond doubt: most of a long file are."""
        if self._totals or self.code_at is None:
            return False
        code = row[self.code_at]
        return type(code) is str and code.isalnum() and code.isascii() and row not in self._titles

    def look(self, row: list[Cell], number: int, *, is_first: bool, is_idle: bool) -> str:
        """Return the code under which a row that is no household is listed, or '' for a data row."""
        if self._totals and any(row[index] in said for index, said in self._totals):
            return "W_TOTAL_ROW_SKIPPED"
        if is_first and counts_columns(row, self._head_at):
            return "W_TITLE_ROWS_SKIPPED"
        code = row[self.code_at] if self.code_at is not None else None
        if _says(code):
            return self._look_at_code(code, row, number)
        first = next((clean_name(cell) for cell in row if isinstance(cell, str) and cell.strip()), "")
        if first.startswith(self._footer) or (self._is_nobody(row) and (any(map(mentions_total, row)) or _is_end(row))):
            return "W_TOTAL_ROW_SKIPPED"
        is_title = is_idle or row in self._titles or self._is_title(row, number, first)
        return "W_TITLE_ROWS_SKIPPED" if is_title else ""

    def _look_at_code(self, code: Cell, row: list[Cell], number: int) -> str:
        """Say what a row is in which something stands for a code: a title, a total and a signature may, too."""
        if row in self._titles:
            return "W_TITLE_ROWS_SKIPPED"
        if not isinstance(code, str) or _is_plain(code):
            return ""
        if clean_name(code).startswith(self._footer):
            return "W_TOTAL_ROW_SKIPPED"
        if not self._is_nobody(row):
            return ""
        if mentions_total(code) or counts_homes(code) or _is_end(row):
            return "W_TOTAL_ROW_SKIPPED"
        is_wide = number in self._wide and sum(map(_says, row)) == 1
        return "W_TITLE_ROWS_SKIPPED" if is_wide or names_group(code) else ""

    def _is_nobody(self, row: list[Cell]) -> bool:
        """Say whether a row names no head: the cell is empty, counts households or numbers a page."""
        head = None if self._head_at is None else row[self._head_at]
        return not _says(head) or counts_homes(head) or is_margin([head])

    def _is_title(self, row: list[Cell], number: int, first: str) -> bool:
        """A row of one cell is a title where that is merged across, or names a group and no column does."""
        if number not in self._wide and (self._names_groups or not first):
            return False
        return sum(map(_says, row)) == 1 and (number in self._wide or names_group(first))


def _is_end(row: list[Cell]) -> bool:
    """Say whether a row says nothing but what stands at the foot of a page."""
    return is_margin([cell for cell in row if _says(cell)])


#: Fields of a row's first columns, where a total says that it is one.
_LEADING: Final = frozenset({"district", "township", "village", "village_code", "group", "code", "head_name"})
_LEADING_COLUMNS: Final = 2


def _find_totals(header: Header, turned: Iterable[Sequence[Cell]]) -> list[tuple[int, frozenset[str]]]:
    """Return, for each leading column, the cells in it that name a total: 小计, 合 计, 孟溪村合计, 合计：40户."""
    found = []
    marks = total_marks()
    for column, cells in zip(header.columns, turned, strict=False):
        if column.key in _LEADING or column.how in ("ignored", "blank") or column.index < _LEADING_COLUMNS:
            of_unit = column.key != "head_name"
            marked = (cell for cell in set(cells) if isinstance(cell, str) and marks.search(cell))
            totals = frozenset(cell for cell in marked if is_total(cell, of_unit=of_unit))
            if totals:
                found.append((column.index, totals))
    return found


def _merges_below(sheet: Sheet, header: Header) -> list[Merge]:
    """Return the merged ranges of several rows whose column is taken for a field and whose first cell is not blank."""
    known = {column.index for column in header.columns if column.key}
    return [
        one
        for one in sheet.layout.merged
        if one[0] > header.row and one[2] > one[0] and one[1] in known and _says(_at(sheet, one[0], one[1]))
    ]


def _at(sheet: Sheet, row: int, column: int) -> Cell:
    line = sheet.rows[row] if row < len(sheet.rows) else []
    return line[column] if column < len(line) else None


def _list_fills(sheet: Sheet, header: Header) -> dict[int, list[tuple[int, Cell]]]:
    """Return, by row number, what the merged ranges say in the rows below their first."""
    fills: dict[int, list[tuple[int, Cell]]] = {}
    for first, column, last, _ in _merges_below(sheet, header):
        value = _at(sheet, first, column)
        for row in range(first + 1, min(last, len(sheet.rows) - 1) + 1):
            fills.setdefault(row + 1, []).append((column, value))
    return fills


def _fill(row: list[Cell], fills: list[tuple[int, Cell]]) -> list[Cell]:
    filled = list(row)
    for column, value in fills:
        if not _says(filled[column]):
            filled[column] = value
    return filled


def _list_merges(sheet: Sheet, header: Header, rows: DataRows) -> list[Finding]:
    present = set(rows.sheet_rows)
    found = []
    for first, column, last, _ in _merges_below(sheet, header):
        if any(row + 1 in present for row in range(first + 1, min(last, len(sheet.rows) - 1) + 1)):
            letter = column_letter(column)
            key = header.columns[column].key or ""
            value = to_text(_at(sheet, first, column)).strip()[:_SHOWN]
            found.append(
                Finding(
                    "W_MERGED_FILLED", cell=f"{letter}{first + 1}:{letter}{last + 1}", field=FIELDS[key].header,
                    value=value, personal=key == "id_number",
                )
            )  # fmt: skip
    return found


#: Columns that our own forms hide: they are for the importer.
_HIDDEN_IN_FORMS: Final = frozenset({"row_key", "village_code", "township"})


def _list_hidden(sheet: Sheet, header: Header, rows: DataRows) -> list[Finding]:
    found = []
    if sheet.layout.hidden_rows:
        hidden = {row + 1 for first, last in sheet.layout.hidden_rows for row in range(first, last + 1)}
        spans = join_spans([number for number in rows.sheet_rows if number in hidden])
        if spans:
            count = sum(last - first + 1 for first, last in spans)
            listed = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
            found.append(Finding("W_HIDDEN_ROWS", cell=listed, value=str(count)))
    by_design = _HIDDEN_IN_FORMS if header.index_of("row_key") is not None else frozenset()
    for column in header.columns:
        if (
            column.key
            and column.key not in by_design
            and any(first <= column.index <= last for first, last in sheet.layout.hidden_columns)
        ):
            cell = f"{column.letter}:{column.letter}"
            found.append(
                Finding("W_HIDDEN_ROWS", cell=cell, field=FIELDS[column.key].header, value=column.header.strip())
            )
    return found


def _raise_days(sheet: Sheet, header: Header, rows: DataRows) -> None:
    """Make the plain day numbers of a workbook of the 1904 system those of the 1900 system."""
    index = header.index_of("visited_on")
    if index is None or not sheet.layout.epoch_days:
        return
    for nth, cell in enumerate(rows.column(index)):
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            rows.cells[nth] = [*rows.cells[nth][:index], cell + sheet.layout.epoch_days, *rows.cells[nth][index + 1 :]]


def _list_faults(sheet: Sheet, header: Header, rows: DataRows) -> list[Finding]:
    """Empty and list cells that hold an error or a formula that was never calculated, column by column."""
    found = []
    by_column: dict[int, dict[int, tuple[str, str]]] = {}
    for (row, index), fault in sheet.layout.faults.items():
        by_column.setdefault(index, {})[row + 1] = fault
    for column in header.columns:
        cells = rows.column(column.index) if column.key else []
        faults = by_column.get(column.index, {})
        if not faults and ERRORS.isdisjoint(cells):
            continue
        for nth, (number, cell) in enumerate(zip(rows.sheet_rows, cells, strict=False)):
            code, shown = faults.get(number) or (("W_EXCEL_ERROR", str(cell)) if cell in ERRORS else ("", ""))
            if code:
                rows.cells[nth] = [None if index == column.index else one for index, one in enumerate(rows.cells[nth])]
                where, field = f"{column.letter}{number}", FIELDS[column.key or ""].header
                found.append(Finding(code, nth + 1, where, field, shown))
    return found

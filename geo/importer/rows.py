"""The data rows of a sheet: without blank rows, totals, signatures and repeated headers, which are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.importer.findings import Finding
from geo.schema.words import load_words
from geo.units import clean_name
from geo.validate import to_text

if TYPE_CHECKING:
    from geo.importer.headers import Header
    from geo.importer.readers import Sheet
    from geo.validate import Cell


@dataclass(frozen=True, slots=True)
class DataRows:
    """Data rows padded to the header's width, their row numbers in the sheet (from 1), and what was left out.

    `ragged` holds, by index of the data row, how many cells a row of another length has.
    """

    cells: list[list[Cell]]
    sheet_rows: list[int]
    skipped: tuple[Finding, ...]
    ragged: dict[int, int]

    def column(self, index: int | None) -> list[Cell]:
        """Return one column's cells; an absent column is all empty."""
        return [None] * len(self.cells) if index is None else [row[index] for row in self.cells]


def take_rows(sheet: Sheet, header: Header) -> DataRows:
    """Return the data rows below the header (row 1 is the first of them)."""
    width = len(header.columns)
    told = [column.index for column in header.columns if column.how != "ignored"]
    title = sheet.rows[header.row]
    cells: list[list[Cell]] = []
    sheet_rows: list[int] = []
    skipped: list[Finding] = []
    ragged: dict[int, int] = {}
    for number, line in enumerate(sheet.rows[header.row + 1 :], start=header.row + 2):
        row = line if len(line) == width else _fit(line, width)
        if not any(_says(row[index]) for index in told):
            continue
        code = _why_not(row, header, title)
        if code:
            text = " ".join(to_text(cell).strip() for cell in row if _says(cell))
            skipped.append(Finding(code, cell=str(number), value=text[:200]))
            continue
        if sheet.ragged and _is_ragged(line, width):
            ragged[len(cells)] = len(line)
        cells.append(row)
        sheet_rows.append(number)
    return DataRows(cells, sheet_rows, tuple(skipped), ragged)


def _fit(line: list[Cell], width: int) -> list[Cell]:
    return line[:width] if len(line) > width else line + [None] * (width - len(line))


def _says(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _is_ragged(line: list[Cell], width: int) -> bool:
    """A shorter row may be cut off in the middle of a cell; a longer one has a separator too many."""
    return len(line) < width or any(_says(cell) for cell in line[width:])


def _why_not(row: list[Cell], header: Header, title: list[Cell]) -> str:
    """Return the code under which a row that is no household is listed, or '' for a data row."""
    index = header.index_of("code")
    code = row[index] if index is not None else None
    words = load_words()
    if code not in ("", None) and not (isinstance(code, str) and clean_name(code).startswith(words.total)):
        return "W_TITLE_ROWS_SKIPPED" if code == title[index or 0] and row == _fit(title, len(row)) else ""
    first = [clean_name(cell) for cell in row if isinstance(cell, str) and cell.strip()][:4]
    if not first:
        return ""
    if first[0].startswith(words.total) or any(one in words.total for one in first):
        return "W_TOTAL_ROW_SKIPPED"
    return "W_TOTAL_ROW_SKIPPED" if first[0].startswith(words.footer) else ""

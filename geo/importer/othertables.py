"""Further tables on one sheet: only one is read, and the rows of the others are listed, never taken for its rows.

A table begins with a row of known headers; one that says the same as the header that is read is only that header again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.importer.findings import Finding
from geo.importer.headernames import known_headers, look_up
from geo.importer.headerrows import SEARCHED_ROWS, score_row
from geo.validate import to_text

if TYPE_CHECKING:
    from geo.importer.headers import Header
    from geo.importer.sheets import Sheet
    from geo.validate import Cell

_CODE: Final = "W_SECOND_TABLE"
#: Known headers that make a row the header of a table.
_LEAST: Final = 3
_SHOWN: Final = 200


def list_above(sheet: Sheet, first: int) -> list[Finding]:
    """Return the table that stands above the header (which begins at row `first`, from 0), as a finding."""
    top = next((row for row, line in enumerate(sheet.rows[: min(first, SEARCHED_ROWS)]) if _is_header(line)), None)
    return [] if top is None else [_found(sheet, top, first - 1)]


def leave_below(sheet: Sheet, header: Header) -> tuple[Sheet, list[Finding]]:
    """Return the sheet without the rows of further tables below, which are emptied, and these as findings.

    A row of headers that says the same in other words (户主姓名 for 户主) is left out as a title.
    """
    own = {column.index: column.key for column in header.columns if column.key}
    titles = sheet.rows[header.first_row : header.row + 1]
    names = known_headers()
    found: list[Finding] = []
    rows = list(sheet.rows)
    start: int | None = None
    for row, line in enumerate(sheet.rows[header.row + 1 :], start=header.row + 1):
        if not _may_begin(line, names) or not _is_header(line):
            continue
        if start is not None:
            _leave(sheet, rows, (start, row), found)
        start = None if line in titles or _says_the_same(line, own) else row
        if start is None and line not in titles:
            _leave(sheet, rows, (row, row + 1), found, code="W_TITLE_ROWS_SKIPPED")
    if start is not None:
        _leave(sheet, rows, (start, len(rows)), found)
    return (replace(sheet, rows=rows) if found else sheet), found


def _may_begin(line: list[Cell], names: frozenset[str]) -> bool:
    """A quick look: one of the first cells is a header word for word."""
    return not names.isdisjoint(line[:_LEAST])


def _is_header(line: list[Cell]) -> bool:
    said = [cell for cell in line if cell not in (None, "")]
    return all(isinstance(cell, str) for cell in said) and score_row(line) >= _LEAST


def _says_the_same(line: list[Cell], own: dict[int, str]) -> bool:
    """Say whether a row of headers means the same column by column as the header that is read."""
    said = {index: look_up(cell) for index, cell in enumerate(line) if isinstance(cell, str) and cell}
    keys = {index: key for index, (kind, key, _) in said.items() if kind == "field"}
    return all(own.get(index) == key for index, key in keys.items())


def _leave(
    sheet: Sheet, rows: list[list[Cell]], span: tuple[int, int], found: list[Finding], *, code: str = _CODE
) -> None:
    """List the rows of a span (the end is outside) and empty them."""
    start, end = span
    found.append(_found(sheet, start, end - 1, code=code))
    rows[start:end] = [[] for _ in range(start, end)]


def _found(sheet: Sheet, first: int, last: int, *, code: str = _CODE) -> Finding:
    while last > first and not any(to_text(cell).strip() for cell in sheet.rows[last]):
        last -= 1
    said = " ".join(text for cell in sheet.rows[first] if (text := to_text(cell).strip()))
    cell = f"{first + 1}-{last + 1}" if last > first else str(first + 1)
    return Finding(code, cell=cell, value=said[:_SHOWN])

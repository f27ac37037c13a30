"""Where the header of a sheet begins and ends, and what its rows say of each column, from the top down.

A header may stand in two or three rows: merged down beside cells that are merged across (家庭情况 over 人口, 电话).
Where a format knows no merged cells, a row of group names above, or of names under blanks, is told by its words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from geo.importer.headernames import TICK_KEYS, look_up
from geo.validate import to_text

if TYPE_CHECKING:
    from geo.importer.sheets import Merge, Sheet
    from geo.validate import Cell

SEARCHED_ROWS: Final = 30
_LEAST_KNOWN: Final = 2
_MOST_ROWS: Final = 4
#: A cell that says something of the file (填报日期：2019-03-05), not a name of columns.
_STATEMENT: Final = re.compile(r"[:：]\s*\S|\d{2,}")


def score_row(row: list[Cell]) -> int:
    """Return how many different known headers a row has: a row of marks (x, x, x) is none.

    Names of tags and classes do not count: they stand in the rows below, too.
    """
    found = {look_up(cell)[:2] for cell in row if isinstance(cell, str) and cell}
    found = {one for one in found if one[1] not in TICK_KEYS}
    return sum(kind not in ("unknown", "blank") for kind, _ in found)


def find_header_rows(sheet: Sheet) -> tuple[int, int]:
    """Return the first and the last row of the header; one row where nothing speaks for more."""
    top = sheet.rows[:SEARCHED_ROWS]
    scores = [score_row(row) for row in top]
    best = max(scores, default=0)
    if best < _LEAST_KNOWN:
        filled = [sum(bool(to_text(cell).strip()) for cell in row) for row in top]
        row = next((nth for nth, some in enumerate(filled) if some > 1), 0)
        return row, row
    first = last = scores.index(best)
    for one in _merges_at(sheet, first):
        if one[2] > one[0] and one[2] - one[0] < _MOST_ROWS and not _is_title(one, sheet):
            first, last = min(first, one[0]), max(last, one[2])
    if last == first and first + 1 < len(sheet.rows) and _is_lower_row(sheet, first + 1):
        last += 1
    while first > 0 and last - first + 1 < _MOST_ROWS and _is_upper_row(sheet, first - 1):
        first -= 1
    return first, min(last, len(sheet.rows) - 1)


def _merges_at(sheet: Sheet, row: int) -> list[Merge]:
    return [one for one in sheet.layout.merged if one[0] <= row <= one[2]]


def _is_title(one: Merge, sheet: Sheet) -> bool:
    """A range over the whole table is its title."""
    width = max((len(row) for row in sheet.rows[:SEARCHED_ROWS]), default=0)
    return one[1] == 0 and one[3] + 1 >= width > 1


def _says(sheet: Sheet, row: int, column: int) -> str:
    line = sheet.rows[row] if row < len(sheet.rows) else []
    return to_text(line[column]).strip() if column < len(line) else ""


def _is_lower_row(sheet: Sheet, row: int) -> bool:
    """Say whether the row under the best one holds names too: at least one is known, all stand where it is blank."""
    known = 0
    for column in range(len(sheet.rows[row])):
        said = _says(sheet, row, column)
        if not said:
            continue
        kind, above = look_up(said)[0], look_up(_says(sheet, row - 1, column))[0]
        spans = not _says(sheet, row - 1, column + 1) and _says(sheet, row, column + 1)
        if (above == "field" and not spans) or _STATEMENT.search(said):
            return False
        known += kind == "field"
    return known > 0


def _is_upper_row(sheet: Sheet, row: int) -> bool:
    """Say whether the row above belongs to the header.

    It holds names of groups of columns (several, or one merged across a part of the table), or names that are known
    where the row below is blank.
    """
    across = [one for one in _merges_at(sheet, row) if one[3] > one[1]]
    if any(_is_title(one, sheet) for one in across):
        return False
    said = {column: text for column in range(len(sheet.rows[row])) if (text := _says(sheet, row, column))}
    if not said or any(_STATEMENT.search(text) for text in said.values()):
        return False
    if any(one[1] in said and (len(said) > 1 or one[1] > 0) for one in across):
        return True
    fills = [
        look_up(text)[0] in ("field", "ignored") for column, text in said.items() if not _says(sheet, row + 1, column)
    ]
    return any(fills) or (not sheet.layout.merged and len(said) > 1 and 0 not in said)


def read_paths(sheet: Sheet, first: int, last: int) -> list[list[str]]:
    """Return what the header rows say of each column, from the top down; a range says it of all its columns."""
    width = max((len(sheet.rows[row]) for row in range(first, last + 1)), default=0)
    paths: list[list[str]] = [[] for _ in range(width)]
    for row in range(first, last + 1):
        for column, said in enumerate(_spread(sheet, row, width, last)):
            if said and (not paths[column] or paths[column][-1] != said):
                paths[column].append(said)
    return paths


def _spread(sheet: Sheet, row: int, width: int, last: int) -> list[str]:
    """Return what one header row says of each column: ranges, and without any the blanks to the right, are filled."""
    said = [_says(sheet, row, column) for column in range(width)]
    for top, left, _, right in _merges_at(sheet, row):
        for column in range(left, min(right, width - 1) + 1):
            said[column] = said[column] or _says(sheet, top, left)
    if not sheet.layout.merged and row < last:
        for column in range(1, width):
            if not said[column] and _says(sheet, row + 1, column):
                said[column] = said[column - 1]
    return said

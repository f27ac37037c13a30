"""Several sheets of a workbook read as one: a sheet a township, a village or a group, all under the same header.

The rows of the later sheets stand below those of the first; `Part` tells where each came from, so that every cell is
named with its own sheet (和平乡!D6).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.errors import FileRefused
from geo.importer.findings import Finding, Option, Question
from geo.importer.headers import find_header
from geo.importer.sheets import Layout, Part, Sheet
from geo.importer.sources import sign_headers
from geo.importer.textfile import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo.validate import Cell

#: What is asked for to read all sheets under one header.
ALL: Final = "all"
#: The question which of several tables is read.
ASKED: Final = "sheet"
#: Fields that a table of households, visits or issues tells at least.
_LEAST_FIELDS: Final = 3
#: Between a sheet's name and a cell, as spreadsheets write it.
MARK: Final = "!"
#: Rows of a sheet that tell its header.
_LOOKED_AT: Final = 60
_CELL: Final = re.compile(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?")
_ROWS: Final = re.compile(r"(\d+)(?:-(\d+))?")


def list_alike(sheets: Sequence[Sheet], chosen: Sheet) -> list[Sheet]:
    """Return the visible sheets with rows below a header like the chosen one's, which is among them."""
    sought = _sign(chosen)
    shown = [one for one in sheets if not one.hidden and not one.ragged and _has_rows(one)]
    return [one for one in sheets if one is chosen or (any(one is other for other in shown) and _sign(one) == sought)]


def _sign(sheet: Sheet) -> str:
    header = find_header(replace(sheet, rows=sheet.rows[:_LOOKED_AT]))
    names = [column.header for column in header.columns]
    while names and not names[-1].strip():
        names.pop()
    return sign_headers(names)


def ask_for_sheet(sheets: Sequence[Sheet], read: Sequence[Sheet]) -> Question | None:
    """Return which sheet to read first, where others hold a table of households too, under another header.

    Half a file would be a wrong denominator, and tables of different headers are never joined by themselves.
    """
    others = [one for one in sheets if not any(one is other for other in read) and _holds_table(one)]
    if not others:
        return None
    names = [one.name for one in (*read, *others)]
    options = tuple(Option(one, one) for one in ((ALL, *names) if len(read) > 1 else names))
    value = ", ".join(names)
    return Question(ASKED, ASKED, "W_SECOND_TABLE", "", value, "", len(names), blocking=True, options=options)


def _holds_table(sheet: Sheet) -> bool:
    """Say whether a visible sheet has rows under a header that names households by 户编号 or 户主."""
    if sheet.hidden or not sheet.rows:
        return False
    header = find_header(replace(sheet, rows=sheet.rows[:_LOOKED_AT]))
    keys = {column.key for column in header.columns if column.key}
    sure = {column.key for column in header.columns if column.how == "exact"}
    return _has_rows(sheet) and len(keys) >= _LEAST_FIELDS and not sure.isdisjoint(("code", "head_name"))


def _has_rows(sheet: Sheet) -> bool:
    """Say whether anything stands below the header."""
    if not sheet.rows:
        return False
    start = find_header(replace(sheet, rows=sheet.rows[:_LOOKED_AT])).row + 1
    return any(cell not in (None, "") for row in sheet.rows[start:] for cell in row)


def join_sheets(sheets: Sequence[Sheet], *, kept: Sheet) -> Sheet:
    """Return the sheets as one, in their order; without rows below a header a sheet adds none.

    `kept` gives what holds for the whole file. Raises `FileRefused` E_TOO_MANY_ROWS.
    """
    rows: list[list[Cell]] = []
    parts: list[Part] = []
    layouts: list[Layout] = []
    for sheet in sheets:
        header = find_header(sheet)
        below = header.row + 1 if parts else 0
        shift = len(rows) - below
        parts.append(Part(sheet.name, len(rows) if parts else 0, shift, header.row + 1, header.titles))
        rows += sheet.rows[below:]
        layouts.append(_shift(sheet.layout, below, shift))
    if len(rows) > MOST_ROWS:
        raise FileRefused("E_TOO_MANY_ROWS", rows=MOST_ROWS)
    layout = Layout(
        tuple(one for layout in layouts for one in layout.merged),
        tuple(one for layout in layouts for one in layout.hidden_rows),
        tuple(dict.fromkeys(one for layout in layouts for one in layout.hidden_columns)),
        {at: said for layout in layouts for at, said in layout.faults.items()}, kept.layout.epoch_days,
    )  # fmt: skip
    return replace(kept, name=sheets[0].name, rows=rows, layout=layout, parts=tuple(parts))


def _shift(layout: Layout, below: int, shift: int) -> Layout:
    """Return what a sheet shows from a row on, at the rows where that stands now."""
    return replace(
        layout,
        merged=tuple((a + shift, b, c + shift, d) for a, b, c, d in layout.merged if a >= below),
        hidden_rows=tuple((max(a, below) + shift, b + shift) for a, b in layout.hidden_rows if b >= below),
        faults={(row + shift, column): said for (row, column), said in layout.faults.items() if row >= below},
    )


def list_titles(sheet: Sheet) -> list[Finding]:
    """Return the titles of the later sheets, which no header finding names."""
    return [
        Finding(
            "W_TITLE_ROWS_SKIPPED", value=" / ".join(line[0] for line in part.titles),
            cell=f"{part.name}{MARK}1" + (f"-{len(part.titles)}" if len(part.titles) > 1 else ""),
        )
        for part in sheet.parts[1:]
        if part.titles
    ]  # fmt: skip


def name_findings(sheet: Sheet, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings whose cells are named with their sheets."""
    if not sheet.parts:
        return tuple(found)
    return tuple(replace(one, cell=name_cell(sheet, one.cell)) if one.cell else one for one in found)


def name_questions(sheet: Sheet, asked: Iterable[Question]) -> tuple[Question, ...]:
    """Return questions whose cells are named with their sheets."""
    return tuple(replace(one, cell=name_cell(sheet, one.cell)) for one in asked)


def name_cell(sheet: Sheet, cell: str) -> str:
    """Return how a cell, a range or a list of rows (D6, A4:A10, 3-4, 9) is called in the sheets it stands in."""
    if not sheet.parts or MARK in cell:
        return cell
    return ", ".join(said for one in cell.split(", ") for said in _name_one(sheet, one))


def _name_one(sheet: Sheet, cell: str) -> list[str]:
    if match := _CELL.fullmatch(cell):
        part = sheet.part_of(int(match[2]))
        end = f":{match[3]}{int(match[4]) - part.shift}" if match[3] else ""
        return [f"{part.name}{MARK}{match[1]}{int(match[2]) - part.shift}{end}"]
    if match := _ROWS.fullmatch(cell):
        return _name_rows(sheet, int(match[1]), int(match[2] or match[1]))
    return [cell]


def _name_rows(sheet: Sheet, first: int, last: int) -> list[str]:
    """Return a span of rows as one of each sheet that it reaches into."""
    found = []
    while first <= last:
        part = sheet.part_of(first)
        end = min([last, *(one.top for one in sheet.parts if one.top >= first)])
        rows = f"{first - part.shift}" if end == first else f"{first - part.shift}-{end - part.shift}"
        found.append(f"{part.name}{MARK}{rows}")
        first = end + 1
    return found


def split_cell(cell: str) -> tuple[str, str]:
    """Return the sheet that a cell is named with, '' for none, and the cell."""
    name, _, rest = cell.rpartition(MARK)
    return name, rest

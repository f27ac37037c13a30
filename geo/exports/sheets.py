"""Lists as workbooks: a sheet a township, and a sheet an assignee to fill in at the door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.exports.homes import tabulate_gaps
from geo.i18n import text
from geo.rules import USUAL
from geo.schema import GAP_COLUMNS, IMPORT_FIELDS, OutColumn
from geo.workbook import Column, Sheet, write_workbook

if TYPE_CHECKING:
    import pandas as pd

    from geo.exports.head import ExportHead
    from geo.exports.table import Progress, Table
    from geo.rules import Rules

_NUMBER_FORMATS: Final = {"text": "", "whole": "0", "decimal": "0.0#", "degrees": "0.000000"}
#: Columns of an assignment sheet: what is needed at the door, then three to fill in, headed as the importer reads them.
_SHEET_KEYS: Final = (
    "number", "village", "group", "code", "head_name", "household_class", "tags", "last_on", "last_outcome", "due_on",
    "open_issues", "located", "reasons",
)  # fmt: skip
_FILL_IN: Final = {"visited_on": 12, "outcome": 12, "note": 18}


def write_sheets(table: Table, head: ExportHead) -> bytes:
    """Return the list as a workbook: one sheet, or one a township where it spans several, rows in the list's order."""
    parts = table.split()
    if len(parts) == 1:
        return write_workbook([_sheet(table, head.title, head)])
    sheets, before = [], 0
    for township, part in parts:
        name = township or text("exports.no_township")
        told = part.with_progress(_shift(table.progress, before, len(table)))
        sheets.append(_sheet(told, name, head, place=f"{head.place} {name}"))
        before += len(part)
    return write_workbook(sheets)


def _shift(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Return what is told of one sheet as told of the whole workbook."""
    return None if progress is None else lambda done, _rows: progress(before + done, total)


def assignment_sheets(frame: pd.DataFrame, *, head: ExportHead, rules: Rules = USUAL) -> bytes:
    """Return a workbook with one sheet per assignee, in register order; rows of nobody come last.

    `frame`: gap rows with the columns of `store.reads.read_homes`; `rules`: 口径 of the round. The last columns are
    empty, to fill in at the door, and headed so that a filled sheet can be imported.
    """
    rows = frame.sort_values(["village_code", "group_code", "code"])
    order = rows[["assignee_id", "assignee"]].drop_duplicates("assignee_id").dropna(subset="assignee_id")
    sheets = []
    for assignee_id, name in order.itertuples(index=False):
        mine = rows[rows["assignee_id"] == assignee_id]
        sheets.append(_assignment_sheet(mine, name or text("exports.team"), head, rules))
    nobody = rows[rows["assignee_id"].isna()]
    if len(nobody) or not sheets:
        sheets.append(_assignment_sheet(nobody, text("exports.nobody"), head, rules))
    return write_workbook(sheets)


def _assignment_sheet(rows: pd.DataFrame, name: str, head: ExportHead, rules: Rules) -> Sheet:
    known = {column.key: column for column in GAP_COLUMNS}
    fields = {field.key: field.header for field in IMPORT_FIELDS}
    fill_in = (OutColumn(f"fill_{key}", fields[key], key, width) for key, width in _FILL_IN.items())
    table = tabulate_gaps(rows, rules=rules, columns=(*(known[key] for key in _SHEET_KEYS), *fill_in))
    return _sheet(table, name, replace(head, title=text("exports.sheet_title", assignee=name)))


def _sheet(table: Table, name: str, head: ExportHead, *, place: str = "") -> Sheet:
    columns = tuple(Column(one.header, one.width, _NUMBER_FORMATS[one.holds]) for one in table.columns)
    line = head.line(len(table), place=place)
    return Sheet(name, head.title, line, columns, len(table), table.read_rows, head.foot())

"""What people take away: gap lists by household and by group, assignment sheets; as workbook or as CSV.

A file holds exactly the rows it is given, in their order. Every word comes from the catalogue, every column from
`schema.GAP_COLUMNS`; the second line of the workbook and the first of the CSV say date, filter, rows and user.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from geo.gaps import GAP_MARKS, GAP_STATES
from geo.i18n import text
from geo.schema import GAP_COLUMNS, IMPORT_FIELDS
from geo.workbook import Column, Sheet, Value, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Suffix = Literal["xlsx", "csv"]
MEDIA_TYPES: Final[dict[str, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}

#: What a spreadsheet may take for a formula, behind blanks too; U+FF1D and its neighbours are full-width signs.
_FORMULA_START: Final = re.compile(r"^[\t\r\n]|^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_WIDTHS: Final = {
    "number": 6, "township": 18, "village": 12, "group": 10, "code": 22, "household_class": 12, "tags": 18,
    "last_on": 12, "last_outcome": 11, "attempts": 7, "assignee": 12, "due_on": 12, "overdue_days": 7,
    "open_issues": 7, "located": 8, "reasons": 34, "priority": 7, "suggested": 7, "fill_visited_on": 12,
    "fill_outcome": 12, "fill_note": 18,
}  # fmt: skip
_NUMBERS: Final = frozenset({"attempts", "overdue_days", "open_issues", "priority", "suggested"})
_NAMES: Final = ("township", "village", "group")
_GROUP_KEYS: Final = ("number", *_NAMES, "roster", "effective", "remaining", *GAP_STATES, "untouched", "priority")
#: Columns whose values hardly repeat.
_DISTINCT: Final = frozenset({"code", "head_name"})
#: Columns of an assignment sheet: what is needed at the door, then three to fill in, headed as the importer reads them.
_SHEET_KEYS: Final = (
    "number", "village", "group", "code", "head_name", "household_class", "tags", "last_on", "last_outcome", "due_on",
    "open_issues", "located", "reasons",
)  # fmt: skip
_FILL_IN: Final = ("visited_on", "outcome", "note")
_TEXTS: Final = frozenset(
    {key for key, _header in GAP_COLUMNS if key not in _NUMBERS | {"number"}}
    | {"untouched", *(f"fill_{key}" for key in _FILL_IN)}
)
#: How many rows of a list become words at a time.
_PART: Final = 2_048


@dataclass(frozen=True, slots=True)
class _Table:
    """A list to be written: what its columns are called, and the values of a column of some of its rows."""

    frame: pd.DataFrame
    headers: dict[str, str]
    values: Callable[[pd.DataFrame, str], Sequence[Value]]

    def read_rows(self, start: int, stop: int) -> list[Sequence[Value]]:
        part = self.frame.iloc[start:stop]
        return [range(start + 1, stop + 1) if key == "number" else self.values(part, key) for key in self.headers]

    def as_frame(self) -> pd.DataFrame:
        columns = zip(self.headers.values(), self.read_rows(0, len(self.frame)), strict=True)
        return pd.DataFrame(dict(columns), dtype=object)


@dataclass(frozen=True, slots=True)
class ExportHead:
    """What a file says about itself: title, the place and round it is about, its day, the filter in words, the user."""

    title: str
    place: str
    round: str
    as_of: date
    filters: str
    user: str

    def line(self, rows: int) -> str:
        """Return the line 截至 · 轮次 · 范围 · 筛选 · 行数 · 制表人."""
        return text(
            "exports.line",
            as_of=self.as_of,
            round=self.round,
            place=self.place,
            filters=self.filters or text("exports.no_filter"),
            rows=rows,
            user=self.user,
        )

    def file_name(self, suffix: Suffix) -> str:
        """Return a name for the file, e.g. 缺口清单_牛场村_2019-11-20.xlsx."""
        return f"{self.title}_{self.place}_{self.as_of.isoformat()}.{suffix}"


def gap_list(frame: pd.DataFrame, *, head: ExportHead, suffix: Suffix) -> bytes:
    """Return the gap rows (`gaps.rank_gaps` or `list_todos`, filtered and sorted as on screen) as a file."""
    return _write(_gap_table(frame), head=head, suffix=suffix)


def group_list(frame: pd.DataFrame, *, head: ExportHead, suffix: Suffix) -> bytes:
    """Return the rows of `gaps.group_gaps`, filtered and sorted as on screen, as a file."""
    return _write(_group_table(frame), head=head, suffix=suffix)


def assignment_sheets(frame: pd.DataFrame, *, head: ExportHead) -> bytes:
    """Return a workbook with one sheet per assignee, in register order; rows of nobody come last.

    `frame`: gap rows with the columns of `store.reads.read_homes`. The last columns are empty, to fill in at the
    door, and headed so that a filled sheet can be imported.
    """
    rows = frame.sort_values(["village_code", "group_code", "code"])
    order = rows[["assignee_id", "assignee"]].drop_duplicates("assignee_id").dropna(subset="assignee_id")
    sheets = []
    for assignee_id, name in order.itertuples(index=False):
        mine = rows[rows["assignee_id"] == assignee_id]
        sheets.append(_assignment_sheet(mine, name or text("exports.team"), head))
    nobody = rows[rows["assignee_id"].isna()]
    if len(nobody) or not sheets:
        sheets.append(_assignment_sheet(nobody, text("exports.nobody"), head))
    return write_workbook(sheets)


def gap_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what a gap row shows, one column per `schema.GAP_COLUMNS` under its Chinese header.

    Texts are words of the catalogue, days ISO text, an unknown value an empty text; a column that the rows do not
    have (priority of visited homes) is empty.
    """
    return _gap_table(frame).as_frame()


def group_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what a row of the list by group shows, under Chinese headers: names, counts, one count per state."""
    return _group_table(frame).as_frame()


def _gap_table(frame: pd.DataFrame) -> _Table:
    return _Table(frame, dict(GAP_COLUMNS), _gap_values)


def _group_table(frame: pd.DataFrame) -> _Table:
    return _Table(frame, {key: _group_header(key) for key in _GROUP_KEYS}, _group_values)


def _group_values(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key == "untouched":
        return [text("exports.yes") if one else "" for one in frame["untouched"]]
    if key in _NAMES:
        return _gap_values(frame, key)
    return list(frame[key].astype(int))


def _group_header(key: str) -> str:
    gap_headers = dict(GAP_COLUMNS)
    if key in gap_headers:
        return gap_headers[key]
    return text(f"state.{key}" if key in GAP_STATES else f"exports.{key}")


def _gap_values(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key in _WORDS:
        source, word = _WORDS[key]
        return _translate(frame[source], word)
    if key == "reasons":
        return _reasons(frame)
    if key not in frame:
        return [""] * len(frame)
    if key in _NUMBERS:
        return list(frame[key].astype(int))
    if key in _DISTINCT:
        return ["" if _is_nothing(value) else str(value) for value in frame[key].tolist()]
    return _translate(frame[key], lambda value: "" if value is None else str(value))


def _is_nothing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value  # noqa: PLR0124 - NaN alone differs


def _translate(values: pd.Series, word: Callable[[object], str]) -> Sequence[Value]:
    """Return the word of each value; each distinct value is said once, and its one text shared by all its rows."""
    plain = [None if _is_nothing(value) else value for value in values.tolist()]
    known = {value: word(value) for value in set(plain)}
    return [known[value] for value in plain]


def _tags(value: object) -> str:
    return text("list.comma").join(text(f"tag.{kind}") for kind in str(value or "").split(",") if kind)


def _located(value: object) -> str:
    return text("exports.located" if value else "mark.unlocated")


#: Column → the column of the rows it is made from, and how a value of it is said.
_WORDS: Final[dict[str, tuple[str, Callable[[object], str]]]] = {
    "group": ("group", lambda value: str(value or text("exports.ungrouped"))),
    "household_class": ("household_class", lambda value: text(f"household_class.{value}") if value else ""),
    "tags": ("tags", _tags),
    "last_on": ("last_on", lambda value: str(value or text("exports.never"))),
    "last_outcome": ("last_outcome_ever", lambda value: text(f"outcome.{value}") if value else ""),
    "located": ("located", _located),
}


def _reasons(frame: pd.DataFrame) -> Sequence[Value]:
    """Return the state and the marks of each row in words; few combinations occur, each is said once."""
    marks = [mark for mark in GAP_MARKS if f"m_{mark}" in frame]
    states, names = pd.factorize(frame["state"])
    numbers = states.astype(np.int64) << len(marks)
    for bit, mark in enumerate(marks):
        numbers |= frame[f"m_{mark}"].to_numpy(dtype=np.int64) << bit
    distinct, positions = np.unique(numbers, return_inverse=True)
    words = []
    for number in distinct.tolist():
        state = names[number >> len(marks)]
        said = [f"state.{state}"] if state in GAP_STATES else []
        said += [f"mark.{mark}" for bit, mark in enumerate(marks) if number >> bit & 1]
        words.append(text("list.comma").join(text(key) for key in said))
    return [words[position] for position in positions]


def _write(table: _Table, *, head: ExportHead, suffix: Suffix) -> bytes:
    if suffix == "csv":
        return _write_csv(table, head)
    return write_workbook([_sheet(table, head.title, head)])


def _sheet(table: _Table, name: str, head: ExportHead) -> Sheet:
    columns = tuple(
        Column(header, width=_WIDTHS.get(key, 9), is_number=key not in _TEXTS) for key, header in table.headers.items()
    )
    foot = text("exports.foot", user=head.user, as_of=head.as_of)
    length = len(table.frame)
    return Sheet(name, head.title, head.line(length), columns, length, table.read_rows, foot)


def _assignment_sheet(rows: pd.DataFrame, name: str, head: ExportHead) -> Sheet:
    fields = {field.key: field.header for field in IMPORT_FIELDS}
    headers = {key: dict(GAP_COLUMNS)[key] for key in _SHEET_KEYS} | {f"fill_{key}": fields[key] for key in _FILL_IN}
    own = ExportHead(
        text("exports.sheet_title", assignee=name), head.place, head.round, head.as_of, head.filters, head.user
    )
    return _sheet(_Table(rows, headers, _gap_values), name, own)


def _write_csv(table: _Table, head: ExportHead) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_defuse(f"{head.title} · {head.line(len(table.frame))}")])
    writer.writerow(table.headers.values())
    for start in range(0, len(table.frame), _PART):
        columns = table.read_rows(start, min(start + _PART, len(table.frame)))
        writer.writerows(zip(*(map(_defuse, values) for values in columns), strict=True))
    return out.getvalue().encode("utf-8-sig", errors="replace")


def _defuse(value: object) -> object:
    """Return the value, a text that a spreadsheet might run with a leading apostrophe; NUL would end the line."""
    if not isinstance(value, str):
        return value
    value = value.replace("\0", "")
    return f"'{value}" if _FORMULA_START.search(value) else value

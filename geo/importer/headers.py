"""Which row is the header and what each column means; the user can correct every column.

A header is known by its exact words, or guessed after its white space, full-width forms and brackets are taken away.
姓名, 编号 and X坐标 mean something only in good company: content and neighbours decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from geo.importer.company import leave_officers_phones, settle_same
from geo.importer.findings import FIELDS, Finding, column_letter
from geo.importer.headernames import TICK_KEYS, look_up, look_up_path, normalise_header
from geo.importer.headerrows import SEARCHED_ROWS, find_header_rows, read_paths, score_row
from geo.importer.points.axes import choose_axis
from geo.schema import AMBIGUOUS_HEADERS, GAP_COLUMNS
from geo.schema.columns import PERSON_HEADERS, WEAK_HEADERS
from geo.schema.words import load_words
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo.importer.sheets import Sheet
    from geo.validate import Cell

_SAMPLE: Final = 200
_CODE_LEAST: Final = 3
#: What needs no word where a mapping leaves a column out: it has its own, or holds nothing.
_UNREAD: Final = ("refused", "ignored", "blank")
#: Columns that are named in one finding.
_NAMED: Final = 20
#: Headers that only our own gap lists have together.
_OWN_LIST: Final = {column.header for column in GAP_COLUMNS if column.key in ("last_on", "open_issues", "due_on")}
#: Ambiguous headers that are the person's where rows are persons.
_PERSON_NAMES: Final = tuple(name for name, keys in AMBIGUOUS_HEADERS.items() if "head_name" in keys)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place, its header as written, the field it is taken for, and how that came about.

    `how` is exact, guessed, corrected (by the user), ignored, refused, unknown, yielded (another one means the same) or
    blank.
    """

    index: int
    header: str
    key: str | None
    how: str

    @property
    def letter(self) -> str:
        """Return the column's letters as the sheet shows them."""
        return column_letter(self.index)


@dataclass(frozen=True, slots=True)
class Header:
    """The last row of the header (its index), its columns, and what is wrong with them.

    The header begins at `first_row`; `titles` are the texts of the rows above it, cell by cell. `problem` is
    E_MISSING_COLUMN or E_DUP_COLUMN with the columns it speaks of, else empty.
    """

    row: int
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...] = ()
    problem: str = ""
    detail: str = ""
    first_row: int = 0
    titles: tuple[list[str], ...] = ()

    def index_of(self, key: str) -> int | None:
        """Return the index of the column taken for a field."""
        return next((one.index for one in self.columns if one.key == key), None)

    @property
    def is_of_persons(self) -> bool:
        """Say whether each row is a person: a column gives the relation to the head, or a person's number."""
        return self.index_of("relation") is not None or name_persons([column.header for column in self.columns])

    @property
    def is_gap_list(self) -> bool:
        """Say whether it is a gap list of our own: it names who is left to visit, not everybody."""
        return {one.header for one in self.columns} >= _OWN_LIST

    def ticks(self) -> list[Column]:
        """Return the columns that tick a tag or class each, in their order."""
        return [one for one in self.columns if one.key in TICK_KEYS]

    def header_of(self, key: str) -> str:
        """Return the header, as written, of the column taken for a field."""
        return next((one.header for one in self.columns if one.key == key), "")


def choose_sheet(sheets: list[Sheet]) -> Sheet:
    """Return the sheet whose header is known best; of equals the first that has rows below its header."""

    def judge(sheet: Sheet) -> tuple[int, bool]:
        scores = [score_row(row) for row in sheet.rows[:SEARCHED_ROWS]]
        best = max(scores, default=0)
        below = sheet.rows[scores.index(best) + 1 :] if scores else []
        return best, any(_width(row) for row in below)

    return max(sheets, key=judge)


def find_header(sheet: Sheet, *, mapping: Mapping[int, str | None] | None = None) -> Header:
    """Return what the columns of a sheet mean; `mapping` (column index → field key) overrules it.

    None leaves a column out; an empty key too, but the column is listed with the unknown ones.
    """
    first, row = find_header_rows(sheet)
    columns = _read_columns(sheet, first, row)
    columns = _settle_blanks(columns, sheet, row)
    columns = _decide_by_content(columns, sheet.rows[row + 1 : row + 1 + _SAMPLE])
    columns = leave_officers_phones(columns, sheet.rows[row + 1 : row + 1 + _SAMPLE])
    columns = _pass_over_own(settle_same(_yield_weak(columns), sheet.rows[row + 1 :]))
    for index, key in (mapping or {}).items():
        if 0 <= index < len(columns) and columns[index].how not in (("refused",) if key != "" else _UNREAD):
            columns[index] = replace(columns[index], key=key or None, how="unknown" if key == "" else "corrected")
    problem, detail = _find_problem(columns)
    titles = tuple(said for line in sheet.rows[:first] if (said := [text for cell in line if (text := _plain(cell))]))
    findings = tuple(_list_findings(columns, titles, first, row))
    return Header(row, tuple(columns), findings, problem, detail, first, titles)


def name_persons(headers: Iterable[str]) -> bool:
    """Say whether one of some headers says that each row is a person."""
    return any(normalise_header(one.rsplit("/", 1)[-1]) in PERSON_HEADERS for one in headers)


def _plain(cell: Cell) -> str:
    return " ".join(to_text(cell).split())


def _understand(index: int, path: list[str]) -> Column:
    header = "/".join(path)
    kind, key, guessed = look_up_path(path) if path else ("blank", "", False)
    if kind == "field":
        return Column(index, header, key, "guessed" if guessed else "exact")
    return Column(index, header, None, kind)


def _read_columns(sheet: Sheet, first: int, last: int) -> list[Column]:
    if first == last:
        return [_understand(index, [to_text(cell)]) for index, cell in enumerate(sheet.rows[first])]
    paths = read_paths(sheet, first, last)
    return _take_from_above([_understand(index, path) for index, path in enumerate(paths)], paths)


def _take_from_above(columns: list[Column], paths: list[list[str]]) -> list[Column]:
    """A name that says nothing by itself (结果 under 走访情况) means what stands above it, if nothing else does."""
    taken = {column.key for column in columns}
    found = []
    for column, path in zip(columns, paths, strict=True):
        kind, key, _ = look_up(path[-2]) if column.how == "unknown" and len(path) > 1 else ("", "", False)
        if kind == "field" and key not in taken:
            taken.add(key)
            found.append(replace(column, key=key, how="guessed"))
        else:
            found.append(column)
    return found


def _settle_blanks(columns: list[Column], sheet: Sheet, row: int) -> list[Column]:
    """Columns without a header count as unknown where they hold anything; trailing ones that hold nothing go."""
    below = sheet.rows[row + 1 :]
    widest = max((_width(line) for line in below), default=0) if not sheet.ragged else 0
    columns += [Column(index, "", None, "blank") for index in range(len(columns), widest)]
    settled = [
        replace(column, how="unknown")
        if column.how == "blank" and any(_width(line[column.index : column.index + 1]) for line in below)
        else column
        for column in columns
    ]
    while settled and settled[-1].how == "blank":
        settled.pop()
    return settled


def _width(line: list[Cell]) -> int:
    width = len(line)
    while width and line[width - 1] in ("", None):
        width -= 1
    return width


def _decide_by_content(columns: list[Column], sample: list[list[Cell]]) -> list[Column]:
    taken = {column.key for column in columns}
    decided = []
    for column in columns:
        cells = [line[column.index] for line in sample if column.index < len(line)]
        key = _decide(column, cells, taken, [one.header for one in columns]) if column.how == "ambiguous" else None
        if key is not None:
            taken.add(key)
            # Beside a relation to the head 姓名 can only be the person's.
            how = "exact" if key == "person_name" else "guessed"
            column = replace(column, key=key, how=how)  # noqa: PLW2901 - the decided column takes its place
        elif column.how == "ambiguous":
            column = replace(column, how="unknown")  # noqa: PLW2901 - as above
        decided.append(column)
    return decided


def _decide(column: Column, cells: list[Cell], taken: set[str | None], headers: list[str]) -> str | None:
    texts = [text for text in (to_text(cell).strip() for cell in cells) if text]
    of_persons = name_persons(headers)
    if of_persons and _ambiguous_name(column.header) in _PERSON_NAMES and texts and "person_name" not in taken:
        return "person_name"
    candidates = [key for key in AMBIGUOUS_HEADERS.get(_ambiguous_name(column.header), ()) if key not in taken]
    if not texts or not candidates:
        return None
    if candidates[0] == "head_name":
        return "head_name"
    if candidates[0] == "code":
        return "code" if _are_codes(texts) else None
    return choose_axis(cells, candidates)


def _are_codes(texts: list[str]) -> bool:
    """Codes differ, or repeat for the rows of one household; numbers that count rows or households up are none."""
    if all(text.isdecimal() and int(text) <= len(texts) for text in texts):
        return False
    return len(set(texts)) == len(texts) or (len(set(texts)) > 1 and all(len(text) >= _CODE_LEAST for text in texts))


def _ambiguous_name(header: str) -> str:
    last = normalise_header(header.rsplit("/", 1)[-1])
    return next((name for name in AMBIGUOUS_HEADERS if normalise_header(name) in (last, normalise_header(header))), "")


def _yield_weak(columns: list[Column]) -> list[Column]:
    """Where two columns mean the same, those with a weak header yield to one with a strong header.

    The kind of monitored household beside a class (监测对象类型 beside 户类型) is read besides it.
    """
    weak = {normalise_header(name) for name in WEAK_HEADERS}
    strong = {column.key for column in columns if column.key and normalise_header(column.header) not in weak}
    found = []
    for column in columns:
        if column.key not in strong or normalise_header(column.header) not in weak:
            found.append(column)
        elif column.key == "household_class" and any(word in column.header for word in load_words().monitored):
            found.append(replace(column, key="class_monitored"))
        else:
            found.append(replace(column, key=None, how="yielded"))
    return found


def _pass_over_own(columns: list[Column]) -> list[Column]:
    """In a gap list of our own 结果, 原因, 定位 and 责任人 are printed for the eye, and nothing unknown."""
    printed = {column.header for column in GAP_COLUMNS}
    if not {one.header for one in columns} >= _OWN_LIST:
        return columns
    return [replace(one, how="ignored") if one.how == "unknown" and one.header in printed else one for one in columns]


def _find_problem(columns: list[Column]) -> tuple[str, str]:
    used: dict[str, Column] = {}
    for column in columns:
        if column.key is None or column.key in TICK_KEYS:
            continue
        if column.key in used:
            return (
                "E_DUP_COLUMN",
                f"{used[column.key].letter} {used[column.key].header}, {column.letter} {column.header}",
            )
        used[column.key] = column
    return ("", "") if "code" in used else ("E_MISSING_COLUMN", FIELDS["code"].header)


def _list_findings(columns: list[Column], titles: tuple[list[str], ...], first: int, row: int) -> list[Finding]:
    found = []
    if titles and not any(column.key == "row_key" for column in columns):
        found.append(Finding("W_TITLE_ROWS_SKIPPED", value=" / ".join(line[0] for line in titles), cell=f"1-{first}"))
    for column in columns:
        cell = f"{column.letter}{row + 1}"
        if column.how == "guessed" and column.key:
            found.append(Finding("W_HEADER_GUESSED", cell=cell, field=FIELDS[column.key].header, value=column.header))
        elif column.how == "refused":
            found.append(Finding("W_REFUSED_COLUMN", cell=cell, field=column.header, value=column.header))
    unknown = [column.header.strip() or column.letter for column in columns if column.how in ("unknown", "yielded")]
    if unknown:
        more = f" … ({len(unknown)})" if len(unknown) > _NAMED else ""
        found.append(Finding("W_UNKNOWN_COLUMNS", value=", ".join(unknown[:_NAMED]) + more))
    return found

"""Which row is the header and what each column means; the user can correct every column.

A header is known by its exact words, or guessed after its white space, full-width forms and brackets are taken away.
姓名, 编号 and X坐标 mean something only in good company: content and neighbours decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

from geo.importer.findings import FIELDS, Finding, column_letter
from geo.schema import AMBIGUOUS_HEADERS, IGNORED_HEADERS, IMPORT_FIELDS, REFUSED_HEADERS
from geo.schema.columns import BRACKET_WORDS, PERSON_HEADERS, WEAK_HEADERS
from geo.units import clean_name
from geo.validate import parse_degrees, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.importer.readers import Sheet
    from geo.validate import Cell

_SEARCHED_ROWS: Final = 30
_SAMPLE: Final = 200
_LEAST_KNOWN: Final = 2
_LONGITUDES: Final = (73.0, 136.0)
_LATITUDES: Final = (3.0, 54.0)
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")


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
    """The header row (its index, -1 when none is found), its columns, and what is wrong with them.

    `problem` is E_MISSING_COLUMN or E_DUP_COLUMN with the columns it speaks of, else empty.
    """

    row: int
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...] = ()
    problem: str = ""
    detail: str = ""

    def index_of(self, key: str) -> int | None:
        """Return the index of the column taken for a field."""
        return next((one.index for one in self.columns if one.key == key), None)

    def header_of(self, key: str) -> str:
        """Return the header, as written, of the column taken for a field."""
        return next((one.header for one in self.columns if one.key == key), "")


def choose_sheet(sheets: list[Sheet]) -> Sheet:
    """Return the sheet whose header is known best; the first of equals."""
    return max(sheets, key=lambda sheet: max((_score(row) for row in sheet.rows[:_SEARCHED_ROWS]), default=0))


def find_header(sheet: Sheet, *, mapping: Mapping[int, str | None] | None = None) -> Header:
    """Return what the columns of a sheet mean; `mapping` (column index → field key or None) overrules it."""
    top = sheet.rows[:_SEARCHED_ROWS]
    scores = [_score(row) for row in top]
    best = max(scores, default=0)
    filled = [sum(bool(to_text(cell).strip()) for cell in row) for row in top]
    row = scores.index(best) if best >= _LEAST_KNOWN else next((n for n, some in enumerate(filled) if some > 1), 0)
    columns = [_understand(index, cell) for index, cell in enumerate(sheet.rows[row])]
    columns = _settle_blanks(columns, sheet, row)
    columns = _decide_by_content(columns, sheet.rows[row + 1 : row + 1 + _SAMPLE])
    columns = _yield_weak(columns)
    for index, key in (mapping or {}).items():
        if 0 <= index < len(columns):
            columns[index] = replace(columns[index], key=key, how="corrected")
    problem, detail = _find_problem(columns)
    titles = [line for line, some in zip(sheet.rows[:row], filled, strict=False) if some]
    return Header(row, tuple(columns), tuple(_list_findings(columns, titles, row)), problem, detail)


@cache
def _known() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Return exact and normalised headers → (kind, key); kind is field, ignored, refused or ambiguous."""
    exact: dict[str, tuple[str, str]] = {}
    for field in IMPORT_FIELDS:
        for name in (field.header, *field.aliases):
            exact[name] = ("field", field.key)
    for kind, names in (("ignored", IGNORED_HEADERS), ("refused", REFUSED_HEADERS), ("ambiguous", AMBIGUOUS_HEADERS)):
        for name in names:
            exact[name] = (kind, name)
    return exact, {_normalise(name): meaning for name, meaning in exact.items()}


def _normalise(header: str) -> str:
    return clean_name(header).lower().strip("*:。.°#★※")


def plain_header(header: str) -> str:
    """Return a header without white space, full-width forms and brackets."""
    return _BRACKETS.sub("", _normalise(header))


def _look_up(header: str) -> tuple[str, str, bool]:
    """Return (kind, key, guessed) of a header; kind is unknown or blank when there is none."""
    exact, normal = _known()
    if header in exact:
        return *exact[header], False
    name = _normalise(header)
    if not name:
        return "blank", "", False
    if name in normal:
        return *normal[name], True
    bare = _BRACKETS.sub("", name)
    inside = "".join(_BRACKETS.findall(name))
    if bare and bare != name and bare in normal and not any(word in inside for word in BRACKET_WORDS):
        return *normal[bare], True
    return "unknown", "", False


def _score(row: list[Cell]) -> int:
    return sum(_look_up(cell)[0] not in ("unknown", "blank") for cell in row if isinstance(cell, str) and cell)


def _understand(index: int, cell: Cell) -> Column:
    header = to_text(cell)
    kind, key, guessed = _look_up(header)
    if kind == "field":
        return Column(index, header, key, "guessed" if guessed else "exact")
    return Column(index, header, None, kind)


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
            column = replace(column, key=key, how="guessed")  # noqa: PLW2901 - the decided column takes its place
        elif column.how == "ambiguous":
            column = replace(column, how="unknown")  # noqa: PLW2901 - as above
        decided.append(column)
    return decided


def _decide(column: Column, cells: list[Cell], taken: set[str | None], headers: list[str]) -> str | None:
    texts = [text for text in (to_text(cell).strip() for cell in cells) if text]
    candidates = [key for key in AMBIGUOUS_HEADERS.get(_ambiguous_name(column.header), ()) if key not in taken]
    if not texts or not candidates:
        return None
    if candidates[0] == "head_name":
        return None if any(_normalise(one) in PERSON_HEADERS for one in headers) else "head_name"
    if candidates[0] == "code":
        counts_up = texts == [str(number) for number in range(1, len(texts) + 1)]
        return "code" if len(set(texts)) == len(texts) and not counts_up else None
    numbers = sorted(number for number, _ in map(parse_degrees, cells) if number is not None)
    middle = numbers[len(numbers) // 2] if numbers else 0.0
    for key, (least, most) in (("lon", _LONGITUDES), ("lat", _LATITUDES)):
        if key in candidates and least <= middle <= most:
            return key
    return None


def _ambiguous_name(header: str) -> str:
    return next((name for name in AMBIGUOUS_HEADERS if _normalise(name) == _normalise(header)), "")


def _yield_weak(columns: list[Column]) -> list[Column]:
    """Where two columns mean the same, those with a weak header yield to one with a strong header."""
    weak = {_normalise(name) for name in WEAK_HEADERS}
    strong = {column.key for column in columns if column.key and _normalise(column.header) not in weak}
    return [
        replace(column, key=None, how="yielded")
        if column.key in strong and _normalise(column.header) in weak
        else column
        for column in columns
    ]


def _find_problem(columns: list[Column]) -> tuple[str, str]:
    used: dict[str, Column] = {}
    for column in columns:
        if column.key is None:
            continue
        if column.key in used:
            return (
                "E_DUP_COLUMN",
                f"{used[column.key].letter} {used[column.key].header}, {column.letter} {column.header}",
            )
        used[column.key] = column
    return ("", "") if "code" in used else ("E_MISSING_COLUMN", FIELDS["code"].header)


def _list_findings(columns: list[Column], titles: list[list[Cell]], row: int) -> list[Finding]:
    found = []
    if titles:
        text = " / ".join(next(to_text(cell).strip() for cell in line if to_text(cell).strip()) for line in titles)
        found.append(Finding("W_TITLE_ROWS_SKIPPED", value=text, cell=f"1-{row}"))
    for column in columns:
        cell = f"{column.letter}{row + 1}"
        if column.how == "guessed" and column.key:
            found.append(Finding("W_HEADER_GUESSED", cell=cell, field=FIELDS[column.key].header, value=column.header))
        elif column.how == "refused":
            found.append(Finding("W_REFUSED_COLUMN", cell=cell, field=column.header, value=column.header))
    unknown = [column.header.strip() or column.letter for column in columns if column.how in ("unknown", "yielded")]
    if unknown:
        found.append(Finding("W_UNKNOWN_COLUMNS", value=", ".join(unknown[:20])))
    return found

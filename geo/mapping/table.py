"""The rows of a file under the column names that a mapping reads; cells as text, one list a column."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from geo.errors import FileRefused
from geo.i18n import text
from geo.importer.findings import column_letter
from geo.importer.headers import Column, Header
from geo.importer.readers import find_sheet
from geo.importer.rows import take_rows
from geo.mapping.checker import say_near
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.importer.findings import Finding
    from geo.importer.sheets import Sheet
    from geo.mapping.spec import MappingSpec
    from geo.validate import Cell

_SEARCHED_ROWS: Final = 30
_SHOWN_COLUMNS: Final = 40


@dataclass(slots=True)
class Table:
    """Data rows of a sheet. Text n of every column is data row n + 1; `sheet_rows` are their numbers in the sheet."""

    sheet: str
    header_row: int
    headers: tuple[Column, ...]
    cells: list[list[Cell]]
    sheet_rows: list[int]
    index_of: dict[str, int]
    nothing: frozenset[str]
    listed: tuple[Finding, ...] = ()
    ragged: dict[int, int] = field(default_factory=dict)
    _columns: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many data rows there are."""
        return len(self.cells)

    def find(self, names: Sequence[str]) -> str | None:
        """Return the first of some headers that the file has."""
        return next((name for name in names if name in self.index_of), None)

    def column(self, name: str) -> list[str]:
        """Return a column as text without outer white space; what means nothing is ''."""
        if name not in self._columns:
            index = self.index_of[name]
            texts = [_plain(row[index]) for row in self.cells]
            if self.nothing:
                texts = ["" if one in self.nothing else one for one in texts]
            self._columns[name] = texts
        return self._columns[name]

    def text(self, nth: int, names: Sequence[str]) -> str:
        """Return what the cell of a row says that a value is read from; '' where it is none or several."""
        found = [name for name in names if name in self.index_of]
        return self.column(found[0])[nth] if len(found) == 1 else ""

    def cell(self, nth: int, names: Sequence[str]) -> str:
        """Return the name (D6) of the cell of a row that a value is read from; '' where it is none or several."""
        found = [name for name in names if name in self.index_of]
        return f"{column_letter(self.index_of[found[0]])}{self.sheet_rows[nth]}" if len(found) == 1 else ""


def _plain(cell: Cell) -> str:
    return cell.strip() if isinstance(cell, str) else to_text(cell)


def take_table(sheets: list[Sheet], spec: MappingSpec, *, wanted_sheet: str = "") -> Table:
    """Return the rows of the sheet that was asked for, else of the mapping's, else of the one that fits best.

    Raises `Invalid` when there is no such sheet, `FileRefused` E_MISSING_COLUMN with a sentence that names each missing
    column, its line in the mapping and the header that looks most like it.
    """
    wanted = dict.fromkeys(name for need in spec.needs() for name in need.names)
    said = wanted_sheet or spec.source.sheet
    sheet = find_sheet(sheets, said) if said else _best_sheet(sheets, wanted)
    row = spec.source.header_row - 1 if spec.source.header_row else _find_row(sheet, wanted)
    if row >= len(sheet.rows):
        raise FileRefused("E_EMPTY")
    headers = [to_text(cell).strip() for cell in sheet.rows[row]]
    index_of = find_columns(spec, headers)
    require_columns(spec, headers, index_of)
    keys, read = _key_columns(spec), set(index_of.values())
    columns = tuple(
        Column(nth, header, "code" if header in keys else "note" if nth in read else None, "exact")
        for nth, header in enumerate(headers)
    )
    rows = take_rows(sheet, Header(row, columns, first_row=row))
    if not rows.cells:
        raise FileRefused("E_EMPTY")
    listed = tuple(_say_column(one, columns) for one in rows.listed)
    return Table(
        sheet.name, row, columns, rows.cells, rows.sheet_rows, index_of, frozenset(spec.source.nothing), listed,
        rows.ragged,
    )  # fmt: skip


def _say_column(one: Finding, columns: tuple[Column, ...]) -> Finding:
    """Return what was found in a cell under the file's own header: the rows were read as if all columns were notes."""
    letters = one.cell.rstrip("0123456789").split(":")[0].rstrip("0123456789")
    header = next((column.header for column in columns if one.field and column.letter == letters), one.field)
    return replace(one, field=header)


def _key_columns(spec: MappingSpec) -> tuple[str, ...]:
    """Return the column that names the household, where it is one column: rows that have it are never totals."""
    for name, key in (("households", "key"), ("issues", "key"), ("visits", "key"), ("places", "key")):
        target = spec.targets.get(name)
        if target is not None and key in target.fields and target.fields[key].source == "column":
            return target.fields[key].columns
    return ()


def _best_sheet(sheets: list[Sheet], wanted: dict[str, None]) -> Sheet:
    return max(sheets, key=lambda one: max((_score(row, wanted) for row in one.rows[:_SEARCHED_ROWS]), default=0))


def _fold(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).split()).casefold()


def _score(row: list[Cell], wanted: dict[str, None]) -> int:
    headers = {_fold(to_text(cell)) for cell in row}
    return sum(_fold(name) in headers for name in wanted)


def _find_row(sheet: Sheet, wanted: dict[str, None]) -> int:
    """Return the row that holds most of the wanted headers; the first that says anything where none does."""
    scores = [_score(row, wanted) for row in sheet.rows[:_SEARCHED_ROWS]]
    if max(scores, default=0) > 0:
        return scores.index(max(scores))
    return next((nth for nth, row in enumerate(sheet.rows) if any(to_text(cell).strip() for cell in row)), 0)


def _find_column(name: str, headers: list[str]) -> int | None:
    """Return the column of a header: as written, else the only one that differs in white space, width or case."""
    if name in headers:
        return headers.index(name)
    like = [index for index, header in enumerate(headers) if _fold(header) == _fold(name)]
    return like[0] if len(like) == 1 else None


def find_columns(spec: MappingSpec, headers: list[str]) -> dict[str, int]:
    """Return the columns that the mapping reads and the file has: header as the mapping writes it → index."""
    wanted = dict.fromkeys(name for need in spec.needs() for name in need.names)
    return {name: index for name in wanted if (index := _find_column(name, headers)) is not None}


def require_columns(spec: MappingSpec, headers: list[str], index_of: dict[str, int]) -> None:
    """Refuse a file that lacks a column the mapping needs, or has one twice. Raises `FileRefused`."""
    twice = [name for name, index in index_of.items() if headers.count(headers[index]) > 1]
    if twice:
        raise FileRefused("E_DUP_COLUMN", columns=text("list.comma").join(twice))
    missing: dict[tuple[str, ...], str] = {}
    for need in sorted(spec.needs(), key=lambda one: one.line):
        if need.optional or need.names in missing or any(name in index_of for name in need.names):
            continue
        name = text("list.or").join(need.names)
        near = say_near(need.names[0], headers)
        missing[need.names] = text("mapping.no_column", name=name, line=str(need.line), path=need.path, near=near)
    if missing:
        shown = text("list.comma").join(header for header in headers[:_SHOWN_COLUMNS] if header)
        said = "".join(missing.values()) + text("mapping.columns_are", columns=shown)
        raise FileRefused("E_MISSING_COLUMN", said=said)

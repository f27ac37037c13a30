"""Reading a list of work: every sheet under a known header, row by row, each cell with its name in the sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from geo.errors import FileRefused
from geo.importer.apart import read_sheets
from geo.importer.findings import Finding, column_letter
from geo.importer.headernames import normalise_header, plain_header
from geo.importer.margins import is_total
from geo.validate import Cell, is_blank, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geo.importer.sheets import Sheet
    from geo.schema import Field

_SEARCHED: Final = 30
#: A total stands in one of the first columns.
_FRONT: Final = 4
_LEAST: Final = 2


@dataclass(slots=True)
class ListTable:
    """The rows of a list in the order of the file: `cells` by field; `headers` as written; findings as they come.

    Data rows count from 0 over all sheets; `sheets` names those that were read.
    """

    sheets: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    cells: list[dict[str, Cell]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    refusals: dict[int, Finding] = field(default_factory=dict)
    #: What the database itself calls its categories → their codes.
    categories: dict[str, str] = field(default_factory=dict)
    _names: list[dict[str, str]] = field(default_factory=list)

    def text(self, nth: int, key: str) -> str:
        """Return what a cell says, without outer white space; '' where there is none or it says nothing."""
        said = to_text(self.cells[nth].get(key)).strip()
        return "" if is_blank(said) else said

    def warn(self, code: str, nth: int, key: str, value: str) -> None:
        """List a field that was left empty or differs."""
        self.findings.append(self._finding(code, nth, key, value))

    def refuse(self, code: str, nth: int, key: str, value: str = "") -> None:
        """Keep a row out; the first reason stays."""
        self.refusals.setdefault(nth, self._finding(code, nth, key, value))

    def _finding(self, code: str, nth: int, key: str, value: str) -> Finding:
        names = self._names[nth]
        return Finding(code, nth + 1, names.get(key) or names[""], self.headers.get(key, key), value)

    def add_sheet(self, sheet: Sheet, head: int, columns: Mapping[int, str], *, named: bool) -> None:
        """Add the rows of one sheet below its header; totals, blank rows and repeated headers are left out."""
        start = f"{sheet.name}!" if named else ""
        top = [to_text(cell).strip() for cell in sheet.rows[head]]
        for at, line in enumerate(_filled(sheet, head), start=head + 2):
            texts = [to_text(cell).strip() for cell in line]
            if not any(texts) or texts[: len(top)] == top or _is_total(texts):
                continue
            self.cells.append({key: line[column] for column, key in columns.items() if column < len(line)})
            names = {key: f"{start}{column_letter(column)}{at}" for column, key in columns.items()}
            self._names.append({**names, "": f"{start}{at}" if named else str(at)})


def read_list(path: Path, *, name: str, fields: Sequence[Field], needed: Sequence[str]) -> ListTable:
    """Return the rows of every visible sheet whose header has the `needed` fields.

    Raises `FileRefused`: what `read_sheets` raises, E_MISSING_COLUMN where no sheet has them, E_DUP_COLUMN where two
    columns mean the same, E_EMPTY where no row stands below.
    """
    sheets = [one for one in read_sheets(path, name=name) if one.rows]
    found = [(one, *_find_header(one, fields)) for one in sheets]
    read = [one for one in found if set(needed) <= set(one[2].values())]
    if not read:
        best = max((one[2] for one in found), key=len, default={})
        missing = [one.header for one in fields if one.key in needed and one.key not in best.values()]
        raise FileRefused("E_MISSING_COLUMN", name=name, columns=", ".join(missing))
    taken = {id(one[0]) for one in read}
    table = ListTable(
        tuple(one[0].name for one in read), tuple(one.name for one in sheets if id(one) not in taken)
    )  # fmt: skip
    for sheet, head, columns in read:
        double = sorted({key for key in columns.values() if list(columns.values()).count(key) > 1})
        if double:
            headers = [to_text(sheet.rows[head][at]).strip() for at, key in columns.items() if key in double]
            raise FileRefused("E_DUP_COLUMN", name=name, columns=", ".join(headers))
        table.headers |= {key: to_text(sheet.rows[head][at]).strip() for at, key in columns.items()}
        table.add_sheet(sheet, head, columns, named=len(read) > 1)
    if not table.cells:
        raise FileRefused("E_EMPTY", name=name)
    return table


def _find_header(sheet: Sheet, fields: Sequence[Field]) -> tuple[int, dict[int, str]]:
    """Return the row that names most of the fields, and what its columns mean."""
    exact = {normalise_header(name): one.key for one in fields for name in (one.header, *one.aliases)}
    best: tuple[int, dict[int, str]] = (0, {})
    for row, line in enumerate(sheet.rows[:_SEARCHED]):
        columns = {at: key for at, cell in enumerate(line) if (key := _mean(cell, exact))}
        if len(columns) > max(len(best[1]), _LEAST - 1):
            best = (row, columns)
    return best


def _mean(cell: Cell, exact: Mapping[str, str]) -> str:
    if not isinstance(cell, str) or not cell.strip():
        return ""
    return exact.get(normalise_header(cell)) or exact.get(plain_header(cell), "")


def _filled(sheet: Sheet, head: int) -> list[list[Cell]]:
    """Return the rows below the header; a range merged down says its value in each of its rows."""
    rows = [list(line) for line in sheet.rows]
    for top, left, bottom, right in sheet.layout.merged:
        if top <= head or right != left:
            continue
        said = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
        for row in range(top + 1, min(bottom, len(rows) - 1) + 1):
            if left < len(rows[row]) and to_text(rows[row][left]) == "":
                rows[row][left] = said
    return rows[head + 1 :]


def _is_total(texts: Sequence[str]) -> bool:
    first = next((one for one in texts[:_FRONT] if one), "")
    return bool(first) and is_total(first, of_unit=True)

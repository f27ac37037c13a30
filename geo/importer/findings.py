"""What an import finds and asks: findings (listed), refusals (a row stays out), questions (somebody decides)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import TYPE_CHECKING, Final

from geo.schema import IMPORT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.schema import Field

#: Import fields by key.
FIELDS: Final[dict[str, Field]] = {one.key: one for one in IMPORT_FIELDS}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: row 1 is the first data row, 0 the file; cell as the sheet shows it (D6, or its row: 6).

    `field` in Chinese.
    `personal` marks a value that is masked unless personal data is asked for.
    """

    code: str
    row: int = 0
    cell: str = ""
    field: str = ""
    value: str = ""
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question: what is sent back, and its label (a unit's name, or the code again)."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question about the whole file; a blocking one keeps everything out until it is answered.

    `id` is the key of `answers`; `kind` is visit_date, unit, group, outcome, issue, class, tag, dates_only or points.
    """

    id: str
    kind: str
    code: str
    field: str
    value: str
    cell: str
    rows: int
    blocking: bool
    options: tuple[Option, ...] = ()
    suggestion: str = ""


@dataclass(slots=True)
class Ledger:
    """What is gathered while a file is understood."""

    letters: dict[str, str]
    sheet_rows: list[int]
    findings: list[Finding] = field(default_factory=list)
    refusals: dict[int, Finding] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)

    def cell(self, nth: int, key: str) -> str:
        """Return the cell's name in the sheet; a field without a column has none."""
        return f"{self.letters[key]}{self.sheet_rows[nth]}" if key in self.letters else ""

    def place(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return findings of single cells with the data row that each stands in; one elsewhere stays of the file."""
        rows = {number: nth for nth, number in enumerate(self.sheet_rows, start=1)}
        numbers = ((one, one.cell.lstrip(ascii_uppercase)) for one in findings)
        return [replace(one, row=rows.get(int(at), 0)) if at.isdecimal() else one for one, at in numbers]

    def warn(self, code: str, nth: int, key: str, value: str) -> None:
        """List a field that was left empty or repaired; `nth` counts data rows from 0."""
        self.findings.append(
            Finding(code, nth + 1, self.cell(nth, key), FIELDS[key].header, value, personal=key == "id_number")
        )

    def refuse(self, code: str, nth: int, key: str, value: str) -> None:
        """Keep a row out; the first reason stays. Without a column for it the cell is the row of the sheet."""
        if nth not in self.refusals:
            cell = self.cell(nth, key) or str(self.sheet_rows[nth])
            self.refusals[nth] = Finding(code, nth + 1, cell, FIELDS[key].header, value)

    def ask(
        self, kind: str, nth: int, key: str, value: str, *, options: tuple[Option, ...] = (), suggestion: str = "",
        blocking: bool = True, code: str = "R_UNKNOWN_VALUE",
    ) -> None:  # fmt: skip
        """Ask once for each value; further rows with it are counted. A row that stays out asks nothing."""
        if nth in self.refusals:
            return
        name = f"{kind}:{value}" if value else kind
        known = self.questions.get(name)
        cell, rows = (known.cell, known.rows + 1) if known else (self.cell(nth, key), 1)
        self.questions[name] = Question(
            name, kind, code, FIELDS[key].header, value, cell, rows, blocking, options, suggestion
        )


def column_letter(index: int) -> str:
    """Return a column's letters: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters

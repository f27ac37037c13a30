"""What is found while a mapped file is read: findings and refused rows, and words that somebody must decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from geo.importer.findings import FIELDS, Finding, Option, Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.mapping.spec import Value
    from geo.mapping.table import Table
    from geo.schema.mapped import MappedField

_SHOWN: Final = 200


@dataclass(slots=True)
class Ledger:
    """Findings by data row; row 1 is the first data row, `nth` counts them from 0.

    `faulty` holds (target, field, nth) of cells that say something which is not understood, `waiting` the rows whose
    place is asked about: they are neither accepted nor refused. `categories`: what the database itself calls its
    categories of issues → their codes.
    """

    table: Table
    findings: list[Finding] = field(default_factory=list)
    refusals: dict[int, Finding] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    faulty: set[tuple[str, str, int]] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    categories: Mapping[str, str] = field(default_factory=dict)

    def copy(self, refused: dict[int, Finding]) -> Ledger:
        """Return a ledger that knows what this one knows, with other refused rows."""
        return Ledger(
            self.table, list(self.findings), dict(refused), dict(self.questions), set(self.faulty),
            categories=self.categories,
        )  # fmt: skip

    def warn(self, code: str, nth: int, header: str, said: str, *, value: Value | None = None) -> None:
        """List a field that is left empty, or that differs."""
        self.findings.append(self._finding(code, nth, header, said, value))

    def refuse(self, code: str, nth: int, header: str, said: str, *, value: Value | None = None) -> None:
        """Keep a row out; the first reason stays. Where nothing was understood, it shows what the cell says."""
        if nth not in self.refusals:
            said = said or (self.table.text(nth, value.columns) if value is not None else "")
            self.refusals[nth] = self._finding(code, nth, header, said, value)

    def _finding(self, code: str, nth: int, header: str, said: str, value: Value | None) -> Finding:
        cell = self.table.cell(nth, value.columns) if value is not None else ""
        return Finding(code, nth + 1, cell, header, said[:_SHOWN], personal=header == FIELDS["id_number"].header)

    def ask(self, field: MappedField, nth: int, said: str, value: Value) -> None:
        """Ask once what a word means; the answer belongs into the mapping."""
        name = f"{field.target}.{field.key}:{said}"
        own = self.categories.values() if field.key == "category" else ()
        options = tuple(Option(word, word) for word in dict.fromkeys((*field.allowed, *own)))
        self._ask(name, "mapping", field.header, nth, said, value, options)

    def ask_unit(self, header: str, nth: int, said: str, names: tuple[str, ...]) -> None:
        """Ask once which unit a name means; until then its rows wait."""
        self.waiting.add(nth)
        self._ask(f"unit:{said}", "unit", header, nth, said, None, tuple(Option(one, one) for one in names))

    def _ask(
        self, name: str, kind: str, header: str, nth: int, said: str, value: Value | None, options: tuple[Option, ...]
    ) -> None:
        known = self.questions.get(name)
        rows = known.rows + 1 if known else 1
        cell = known.cell if known else self.table.cell(nth, value.columns if value is not None else ())
        self.questions[name] = Question(
            name, kind, "R_UNKNOWN_VALUE", header, said[:_SHOWN], cell, rows, blocking=True, options=options
        )

"""The report of an import: what came of the file, row by row where it matters."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from geo.i18n import LANGUAGE, text, text_in
from geo.importer.findings import FIELDS, Finding, Question
from geo.importer.textfile import MOST_ROWS
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

    from geo.importer.asread import AsRead
    from geo.importer.followed import Followed
    from geo.importer.headers import Column, Header
    from geo.importer.points import PointSource
    from geo.importer.proposals import Proposal
    from geo.importer.understand import Understood
    from geo.validate import Cell

#: Rows whose understood values a report carries; the rest stands in the database.
MOST_VALUES: Final = 2_000
_PREVIEW: Final = 8
#: Languages in which every finding can be said.
LANGUAGES: Final = ("zh", "en")
_NAMED: Final = 8
_LAST: Final = 4
_SHOWN_KEYS: Final = (
    "township", "village", "group", "code", "head_name", "id_number", "size", "phone", "household_class", "tags", "lon",
    "lat", "visited_on", "outcome", "issue", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """One feature of a map file for the eye: what becomes of it, its outline, and the one its unit has (WGS84)."""

    what: str
    after: BaseGeometry | None
    before: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of one file: `kind` is table or areas (of a map file; `areas` then says what was matched and measured).

    `stored` says whether anything was written, `changed` whether anything would be.

    `sheets` are the ones that were read, `alike_sheets` those under the same header, whether read or not.
    `left_out` are the rows of the sheet that the conditions of a mapping file leave out; no other figure counts them.
    `mapping_from` is the source whose earlier corrections of columns were taken, '' for none.
    `units` are the villages of the rows that stay, and `unit_from` where they came from (`unitsource.UNIT_SOURCES`);
    `followed` are units of earlier lists that the file names, with their successors.
    `message` is one Chinese sentence: why the file is refused, or what was or will be done. `preview` holds the first
    data rows as they stand in the file, cell by cell, masked like the rest. `coverage` is (effective, roster) of the
    round in its scope, before and after. `begun` holds the villages whose baseline this file began. `points` says how
    the coordinates of each declared source were read, and why.
    """

    name: str
    outcome: str
    kind: str = "table"
    rows_total: int = 0
    rows_ok: int = 0
    rows_bad: tuple[Finding, ...] = ()
    left_out: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    values: tuple[dict[str, Any], ...] = ()
    households: int = 0
    persons: int = 0
    edition: str = ""
    round: dict[str, Any] | None = None
    rounds: tuple[dict[str, Any], ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    other_sheets: tuple[str, ...] = ()
    alike_sheets: tuple[str, ...] = ()
    mapping_from: str = ""
    unit_from: str = ""
    units: tuple[str, ...] = ()
    followed: tuple[Followed, ...] = ()
    header_row: int = 0
    columns: tuple[Column, ...] = ()
    preview: tuple[tuple[int, tuple[str, ...]], ...] = ()
    changes: dict[str, int] = field(default_factory=dict)
    coverage: tuple[tuple[int, int], tuple[int, int]] | None = None
    proposals: tuple[Proposal, ...] = ()
    outside: tuple[int, ...] = ()
    begun: frozenset[str] = frozenset()
    points: tuple[PointSource, ...] = ()
    as_read: tuple[AsRead, ...] = ()
    batch: str = ""
    stored: bool = False
    changed: bool = False
    message: str = ""
    areas: dict[str, Any] | None = None
    drawn: tuple[Drawn, ...] = ()

    @property
    def codes(self) -> list[str]:
        """Return every code of the report once, in order."""
        found = {one.code for one in (*self.rows_bad, *self.findings)}
        return sorted(found | {question.code for question in self.questions if question.blocking})

    @property
    def waiting(self) -> int:
        """Return how many of its rows say something else than is stored, and nobody has decided which is right.

        Households that it does not name are none of them.
        """
        proposed = sum(not one.taken and one.kind not in ("missing", "addition") for one in self.proposals)
        return proposed + sum(one.code == "W_ISSUE_DIFFERS" for one in self.findings)

    @property
    def rows_warned(self) -> int:
        """Return how many data rows have at least one finding."""
        return len({one.row for one in self.findings if one.row})

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "file": self.name, "kind": self.kind, "outcome": self.outcome, "rows_total": self.rows_total,
            "rows_ok": self.rows_ok, "rows_bad": [_listed(one) for one in self.rows_bad],
            "rows_left_out": len(self.left_out), "left_out": list(self.left_out),
            "codes": self.codes, "values": list(self.values), "households": self.households, "persons": self.persons,
            "edition": self.edition, "round": self.round, "sheet": self.sheet,
            "rounds": list(self.rounds) or ([] if self.round is None else [self.round]),
            "sheets": list(self.sheets), "other_sheets": list(self.other_sheets),
            "alike_sheets": list(self.alike_sheets), "mapping_from": self.mapping_from,
            "unit_from": self.unit_from, "units": list(self.units),
            "followed": [one.as_dict() for one in self.followed],
            "findings": [_listed(one) | {"cell": one.cell} for one in self.findings],
            "questions": [_asked(one) for one in self.questions],
            "changes": self.changes, "proposals": [_proposed(one) for one in self.proposals],
            "outside": list(self.outside), "areas": self.areas, "points": [one.as_dict() for one in self.points],
            "stored": self.stored, "changed": self.changed, "message": self.message,
            "sentences": {
                code: {language: say_code(code, self, language=language) for language in LANGUAGES}
                for code in self.codes
            },
        }  # fmt: skip


def say_code(code: str, report: ImportReport, *, language: str = LANGUAGE) -> str:
    """Return what a finding code means and what to do, with what this report found under it filled in."""
    found = [one for one in (*report.rows_bad, *report.findings) if one.code == code]
    values = ", ".join(dict.fromkeys(one.value for one in found[:_NAMED] if one.value))
    return text_in(language, f"finding.{code}", name=report.name, rows=MOST_ROWS, column=values, columns=values)


def add_up(reports: Iterable[ImportReport]) -> dict[str, int]:
    """Return the sums of the counts of several reports: rows, households, persons and every change."""
    total: Counter[str] = Counter()
    for report in reports:
        total.update(report.changes)
        total.update(
            rows_total=report.rows_total, rows_ok=report.rows_ok, rows_bad=len(report.rows_bad),
            rows_left_out=len(report.left_out), households=report.households, persons=report.persons,
        )  # fmt: skip
    return dict(total)


def _listed(one: Finding) -> dict[str, Any]:
    return {"row": one.row, "field": one.field, "code": one.code, "value": one.value}


def _asked(one: Question) -> dict[str, Any]:
    return {
        "id": one.id, "kind": one.kind, "code": one.code, "field": one.field, "value": one.value, "cell": one.cell,
        "rows": one.rows, "blocking": one.blocking, "suggestion": one.suggestion,
        "options": [{"value": option.value, "label": option.label} for option in one.options],
    }  # fmt: skip


def _proposed(one: Proposal) -> dict[str, Any]:
    return {
        "kind": one.kind, "row": one.row, "code": one.code, "unit": one.unit, "before": one.before, "after": one.after,
        "taken": one.taken, "field": one.field, "who": one.who, "when": one.when, "evidence": one.evidence,
    }  # fmt: skip


def decide_outcome(understood: Understood, findings: list[Finding]) -> str:
    """Return what a file that could be read comes to (`codes.IMPORT_OUTCOMES`)."""
    if understood.asks:
        return "ask"
    if understood.refusals:
        return "reject_rows"
    return "accept_with_warnings" if findings else "accept"


def mask_id(value: str) -> str:
    """Return an ID number's last four characters after asterisks; a ruined one (5.22E+17) names nobody."""
    if re.fullmatch(r"[\d.]+[eE]\+?\d+", value) or len(value) <= _LAST:
        return value
    return "*" * (len(value) - _LAST) + value[-_LAST:]


def mask_findings(findings: Iterable[Finding], *, show_personal: bool) -> tuple[Finding, ...]:
    """Return the findings, ID numbers masked to their last four, also those that stand in another field's text."""
    if show_personal:
        return tuple(findings)
    return tuple(map(_masked, findings))


def _masked(one: Finding) -> Finding:
    if one.field in _CODE_FIELDS or not one.value:
        return one
    shown = mask_id(one.value) if one.personal else mask_within(one.value)
    return one if shown == one.value else replace(one, value=shown, personal=False)


#: A birthday as ID numbers of 18 and of 15 characters carry it.
_DAY: Final = r"(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
_ID_WITHIN: Final = re.compile(rf"(?<!\d)(\d{{6}}(18|19|20)\d\d{_DAY}\d{{3}}[\dXx]|\d{{8}}{_DAY}\d{{3}})(?![\dXx])")
#: Fields whose digits are codes; a district-wide code may look like an ID number.
_CODE_FIELDS: Final = frozenset(FIELDS[key].header for key in ("code", "village_code"))


def mask_within(words: str) -> str:
    """Return a text with every ID number in it masked to its last four."""
    return _ID_WITHIN.sub(lambda found: mask_id(found[0]), words)


def list_values(understood: Understood, *, show_personal: bool) -> tuple[dict[str, Any], ...]:
    """Return {row, field, value} of every field that was understood, row by row, of the first rows that stay."""
    without_column: tuple[str, ...] = ("lon", "lat") if understood.header.index_of("point") is not None else ()
    told = ("village", "group", "code", "household_class", "tags")
    without_column += tuple(key for key in told if any(understood.columns[key]))
    present = [key for key in _SHOWN_KEYS if key in without_column or understood.header.index_of(key) is not None]
    listed = []
    for nth in list(understood.firsts)[:MOST_VALUES]:
        for key in present:
            value = _plain(understood, key, nth, show_personal=show_personal)
            listed.append({"row": nth + 1, "field": FIELDS[key].header, "value": value})
    return tuple(listed)


def _plain(understood: Understood, key: str, nth: int, *, show_personal: bool) -> Any:
    column = {"outcome": "visit", "issue": "issues"}.get(key, key)
    value = understood.columns[column][nth]
    if value is None:
        return None
    if key == "id_number":
        return value if show_personal else mask_id(value)
    if key in ("village", "group"):
        return value.name
    if key == "outcome":
        return value[1]
    if key == "issue":
        return [category for category, _ in value]
    if key == "visited_on":
        return value.isoformat()
    if key in ("head_name", "note") and not show_personal:
        return mask_within(value)
    return list(value) if isinstance(value, tuple) else value


def take_preview(
    rows: list[list[Cell]], sheet_rows: list[int], header: Header, *, show_personal: bool
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the first data rows as they stand in the file: row number in the sheet, and every cell as text."""
    hidden = header.index_of("id_number")
    shown = []
    for number, row in zip(sheet_rows[:_PREVIEW], rows, strict=False):
        cells = [to_text(cell) for cell in row]
        if hidden is not None and not show_personal:
            cells[hidden] = mask_id(cells[hidden])
        for column in header.columns:
            if column.how == "refused":
                cells[column.index] = ""
        shown.append((number, tuple(cells)))
    return tuple(shown)


def sentence(key: str, **params: object) -> str:
    """Return a sentence of the import's catalogue."""
    return text(f"import.{key}", **params)

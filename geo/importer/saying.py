"""What a person is told at the end of an import: one sentence, and what changes, kind by kind."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from geo.errors import Key
from geo.i18n import has_text, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.errors import FileRefused
    from geo.importer.findings import Question
    from geo.importer.report import ImportReport

#: What a report counts, in the order it is told.
CHANGES: Final = (
    "households_new", "households_changed", "households_same", "groups_new", "roster_baseline", "roster_added",
    "visits_new", "visits_joined", "visits_corrected", "visits_same", "visits_outside", "issues_new", "issues_same",
    "tags_new", "conflicts", "households_split", "households_merged", "roster_missing", "outlines_new",
    "outlines_changed", "outlines_same", "centres_new", "centres_changed", "kept_aside", "left_computed",
    "matters_new", "matters_same", "members_new", "members_changed", "members_same", "persons_new", "teams_new",
)  # fmt: skip
#: Answers of a question for one of two villages.
_FEW: Final = 3


def say_changes(reports: Iterable[ImportReport]) -> list[str]:
    """Return one phrase a kind of change, with its count, summed over the files."""
    total: Counter[str] = Counter()
    for report in reports:
        total.update(report.changes)
    return [text(f"import_page.change.{name}", n=total[name]) for name in CHANGES if total[name]]


def say_question(question: Question) -> str:
    """Return a question as it is asked on the page and on the command line; '' for a kind that has no sentence."""
    kind = question.kind
    if kind == "unit" and not question.cell:
        kind = "unit_of_sheet" if question.value else "unit_of_file"
        # Few answers are those that contradict each other, and leaving the rows out.
        kind = "unit_differs" if 0 < len(question.options) <= _FEW else kind
    key = f"import_page.ask.{kind}"
    if not has_text(key):
        return ""
    return text(key, value=question.value, n=question.rows, cell=question.cell, field=question.field)


def say_place(cell: str) -> str:
    """Return where a finding is, as people say it: D6, 和平乡!D6, 第 6 行."""
    return text("cli.import.row", row=cell) if cell.isdecimal() else cell


def say_refused(refused: FileRefused, name: str) -> str:
    """Return why a file is refused and what to do: what was `said` of this very case, else the code's sentence."""
    params = refused.params | {"name": name}
    said = params.get("said", refused.key)
    return text(said, **params) if said == refused.key or isinstance(said, Key) else str(said)


def conclude(report: ImportReport) -> str:
    """Return what was, or would be, stored of a file that can be read, and what of it waits for somebody.

    A file whose rows are all stored already may still hold what only a person decides: then it is not "no change".
    """
    said = [_say_stored(report)]
    if report.changes.get("left_computed"):
        said.append(text("import.areas.left_computed", n=report.changes["left_computed"]))
    if report.waiting:
        said.append(text("import.waiting", n=report.waiting))
    if report.rows_bad:
        said.append(text("import.has_bad", n=len(report.rows_bad)))
    if report.left_out:
        said.append(text("mapping.left_out", n=len(report.left_out)))
    return "".join(said)


def _say_stored(report: ImportReport) -> str:
    key = "stored" if report.stored else "would_store" if report.changed else "nothing_new"
    if key == "nothing_new" and report.waiting:
        return text("import.nothing_but")
    if report.kind != "areas":
        return text(f"import.{key}", n=report.rows_ok, households=report.households)
    aside = sum(one.code == "W_AREA_UNMATCHED" for one in report.findings)
    units = report.rows_ok - aside - report.changes.get("left_computed", 0)
    if key == "nothing_new" and not units:
        return text("import.areas.none")
    said = text(f"import.areas.{key}", n=units)
    return said + text("import.areas.aside", n=aside) if aside else said

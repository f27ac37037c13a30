"""Storing what a list says: one batch with its journal, in one transaction, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from geo.access import require_area
from geo.audit import log_change
from geo.errors import FileRefused, Invalid
from geo.i18n import text
from geo.importer.apply import store_batch
from geo.importer.blocks import Block
from geo.importer.findings import Finding
from geo.importer.journal import Journal
from geo.importer.options import find_village, read_index
from geo.importer.report import ImportReport
from geo.importer.saying import say_refused
from geo.model import new_id
from geo.store.categories import read_category_words
from geo.store.database import hash_file, now, read_setting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from geo.importer.listed.table import ListTable
    from geo.importer.options import ImportOptions
    from geo.model import Scope
    from geo.store.database import Database
    from geo.units import Unit, UnitIndex


@dataclass(slots=True)
class Planned:
    """What a list would write: new rows by table, in the order of writing, rows to change, counts for the report."""

    blocks: list[Block] = field(default_factory=list)
    updates: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would be written."""
        return not self.updates and not any(one.rows for one in self.blocks)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a list is read against: the connection, the units, the unit of rows that name none, who imports."""

    connection: Connection
    index: UnitIndex
    usual: Unit | None
    scope: Scope


class _Trial(Exception):
    """Rolls a trial back."""


#: How each kind of list is called in the report and its counts.
OUTCOMES: Final = ("accept", "accept_with_warnings", "reject_rows")


def store_list(
    db: Database, scope: Scope, path: Path, *, name: str, kind: str, options: ImportOptions,
    read: Callable[[], ListTable], plan: Callable[[Ground, ListTable], Planned],
) -> ImportReport:  # fmt: skip
    """Read a list, plan what it changes, and store that unless it is a trial, has refused rows, or is refused itself.

    Raises `NotAllowed` for a place outside the scope's area, `Invalid` for demo data.
    """
    try:
        table = read()
    except FileRefused as refused:
        message = say_refused(refused, name)
        value = str(refused.params.get("columns", ""))
        return ImportReport(
            name, "reject_file", kind=kind, findings=(Finding(refused.code, value=value),), message=message
        )
    report = ImportReport(name, "accept", kind=kind)
    try:
        with db.write() as connection:
            index = read_index(connection, hash_file(path))
            usual = find_village(index, options.unit) if options.unit else None
            table.categories = read_category_words(connection)
            planned = plan(Ground(connection, index, usual, scope), table)
            for one in sorted(planned.places):
                require_area(connection, scope, one)
            report = _report(report, table, planned)
            may_enter = report.outcome != OUTCOMES[2] or (options.good_rows and report.rows_ok > 0)
            if not may_enter or options.dry_run or planned.is_empty:
                raise _Trial  # noqa: TRY301 - only an exception takes a transaction back
            if read_setting(connection, "kind") == "demo":
                raise Invalid("import.demo")
            report = replace(report, stored=True, batch=new_id())
            _write(connection, scope, planned, report, digest=hash_file(path))
    except _Trial:
        pass
    return replace(report, message=_conclude(report))


def _report(report: ImportReport, table: ListTable, planned: Planned) -> ImportReport:
    bad = tuple(table.refusals[nth] for nth in sorted(table.refusals))
    kept = tuple(one for one in table.findings if one.row - 1 not in table.refusals)
    return replace(
        report, outcome=OUTCOMES[2] if bad else OUTCOMES[1] if kept else OUTCOMES[0], rows_total=len(table.cells),
        rows_ok=len(table.cells) - len(bad), rows_bad=bad, findings=kept, sheets=table.sheets,
        other_sheets=table.others, sheet=text("list.comma").join(table.sheets), changes=planned.changes,
        changed=not planned.is_empty,
    )  # fmt: skip


def _write(connection: Connection, scope: Scope, planned: Planned, report: ImportReport, *, digest: str) -> None:
    store_batch(
        connection,
        {
            "id": report.batch, "file_name": report.name, "file_hash": digest, "sheet": report.sheet, "mapping": {},
            "edition": "", "round": None, "rows_total": report.rows_total, "rows_ok": report.rows_ok,
            "rows_bad": len(report.rows_bad), "rows_warned": report.rows_warned,
            "report": {"kind": report.kind, "outcome": report.outcome, "codes": report.codes,
                       "changes": report.changes},
            "created_at": now(), "created_by": scope.actor,
        },
    )  # fmt: skip
    journal = Journal(connection, report.batch)
    for block in planned.blocks:
        journal.insert(block)
    for table, before, changes in planned.updates:
        journal.update(table, before, changes)
    journal.write()
    diff = {"file": digest, "kind": report.kind, **report.changes}
    log_change(connection, scope, action="import", object_id=report.batch, diff=diff)


def _conclude(report: ImportReport) -> str:
    key = "stored" if report.stored else "would_store" if report.changed else "nothing_new"
    said = text(f"import.listed.{key}", n=sum(n for name, n in report.changes.items() if name.endswith("_new")))
    return said + (text("import.has_bad", n=len(report.rows_bad)) if report.rows_bad else "")

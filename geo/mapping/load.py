"""Loading a file by a mapping: read, plan, report; once it is decided, everything in one transaction or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import require_area, require_right
from geo.audit import log_change
from geo.errors import FileRefused, Invalid
from geo.i18n import text
from geo.importer.apart import read_sheets
from geo.importer.apply import apply_plan, store_batch
from geo.importer.commit import import_file
from geo.importer.findings import Finding
from geo.importer.options import ImportOptions
from geo.importer.progress import step
from geo.importer.refused import is_repeated, list_repaired, store_refused, was_imported_on
from geo.importer.register import read_id_key
from geo.importer.report import ImportReport, mask_findings
from geo.importer.saying import conclude, say_refused
from geo.mapping.asread import list_as_read
from geo.mapping.desk import Desk, PlaceBook
from geo.mapping.households import plan_households
from geo.mapping.issues import plan_issues
from geo.mapping.ledger import Ledger
from geo.mapping.reading import read_file
from geo.mapping.register import register_answers, rewrite_sheet
from geo.mapping.rounds import plan_rosters, settle_rounds
from geo.mapping.table import take_table
from geo.mapping.units import plan_places, plan_units
from geo.mapping.visits import plan_visits
from geo.model import new_id
from geo.schema import place
from geo.store.area import district_area
from geo.store.categories import read_categories, read_category_words
from geo.store.database import hash_file, now, read_setting, read_today

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geo.mapping.reading import Reading
    from geo.mapping.spec import MappingSpec
    from geo.model import Scope
from geo.store.database import Database

#: Refusals that hang on the rows before them.
_REPEATS: Final = ("R_DUP_ROW", "R_DUP_KEY_CONFLICT")


class _Undecided(Exception):
    """Takes a trial back; nothing is stored."""


def load_file(
    db: Database, scope: Scope, path: Path | str, *, spec: MappingSpec, options: ImportOptions | None = None
) -> ImportReport:
    """Load one file by a mapping and return its report, as `importer.import_file` does for a workbook.

    Outcomes are the importer's: a column that is missing refuses the file (E_MISSING_COLUMN), a word that the mapping
    does not know asks, a row whose household or place cannot be told is refused. The same file again changes nothing.
    Raises `NotAllowed`, `Busy`, `Invalid` (demo data, another district, rounds that overlap).
    """
    require_right(scope, "import")
    options, path = options or ImportOptions(), Path(path)
    if spec.register is not None:
        return import_file(db, scope, path, options=register_options(options, spec))
    step("read", 0, 1)
    try:
        sheets = read_sheets(path, name=path.name, wanted=options.sheet or spec.source.sheet)
        table = take_table(sheets, spec, wanted_sheet=options.sheet)
    except FileRefused as refused:
        said = say_refused(refused, path.name)
        return ImportReport(path.name, "reject_file", findings=(Finding(refused.code),), message=said)
    with db.read() as connection:
        require_root(connection, spec)
        today, area = read_today(connection), district_area(connection)
        own = read_category_words(connection)
    step("read", 1, 1)
    ledger = Ledger(table, categories=own)
    ledger.findings += table.listed
    step("understand", 0, len(table))
    reading = read_file(ledger, spec, today=today, area=area)
    step("understand", len(table), len(table))
    return _try(db, scope, path, spec, options, (ledger, reading))


def register_options(options: ImportOptions, spec: MappingSpec) -> ImportOptions:
    """Return the options with which the importer reads a roster by a mapping."""
    return replace(
        options, sheet=options.sheet or spec.source.sheet, answers=register_answers(spec) | dict(options.answers),
        rewrite=lambda sheet: rewrite_sheet(sheet, spec),
    )  # fmt: skip


def require_root(connection: Connection, spec: MappingSpec) -> None:
    """Refuse a mapping whose district is not the database's. Raises `Invalid`."""
    root = connection.execute(select(place.c.code, place.c.name).where(place.c.parent.is_(None))).first()
    own = spec.district
    if root is not None and own is not None and root.code != own[0]:
        raise Invalid("mapping.other_district", here=f"{root.name} {root.code}", there=f"{own[1]} {own[0]}")


def _try(
    db: Database, scope: Scope, path: Path, spec: MappingSpec, options: ImportOptions, said: tuple[Ledger, Reading]
) -> ImportReport:
    """Plan on the locked database and carry the plan out; take it back when it is a trial or may not enter."""
    try:
        with db.write() as connection:
            if not options.dry_run and read_setting(connection, "kind") == "demo":
                raise Invalid("import.demo")
            digest = hash_file(path)
            again = is_repeated(connection, digest, describe(spec), sheet=said[0].table.sheet)
            desk, book = _plan_whole(
                lambda ledger: _make_desk(connection, scope, spec, ledger, options, again=again), scope, said
            )
            report = _report(desk, path.name, said[1], show_personal=options.show_personal)
            if options.understood and report.outcome != "ask":
                rows = list_as_read(desk, book, said[1], file=path.name, findings=list(report.findings))
                report = replace(report, as_read=tuple(rows))
            enters = report.outcome.startswith("accept") or (report.outcome == "reject_rows" and options.good_rows)
            is_new = bool(report.rows_bad) and was_imported_on(connection, digest) is None
            changed = not desk.is_empty or (is_new and options.good_rows)
            report = replace(report, changed=changed)
            if options.dry_run or not enters or not changed:
                raise _Undecided  # noqa: TRY301 - only an exception takes a transaction back
            report = _write(desk, scope, report, digest)
    except _Undecided:
        report = replace(report, batch="")
    return replace(report, message=_conclude(report, stores=enters and not options.dry_run))


def _make_desk(
    connection: Connection, scope: Scope, spec: MappingSpec, ledger: Ledger, options: ImportOptions, *, again: bool
) -> Desk:
    root = connection.execute(select(place.c.id).where(place.c.parent.is_(None))).scalar_one()
    require_area(connection, scope, root)
    require_root(connection, spec)
    return Desk(
        connection, spec, ledger, scope.actor, read_today(connection), read_setting(connection, "edition"), root,
        read_id_key(connection), options.visit_date.isoformat() if options.visit_date else None, options.begun, again,
        {code: one.name for code, one in read_categories(connection).items()},
    )  # fmt: skip


def describe(spec: MappingSpec) -> dict[str, str]:
    """Return how a batch remembers the mapping it was loaded by."""
    return {"name": spec.name, "text": spec.text}


def _plan_whole(
    make_desk: Callable[[Ledger], Desk], scope: Scope, said: tuple[Ledger, Reading]
) -> tuple[Desk, PlaceBook]:
    """Plan the file so that a refused row leaves nothing: neither its unit nor what its other targets would be.

    What refuses a row may show only after the row was used (its issue has no place, its visit's household is nowhere),
    so the plan is made again without it until no further row falls out. A repeated key is judged anew each time: the
    row before it may be gone.
    """
    ledger, reading = said
    refused = dict(ledger.refusals)
    while True:
        desk = make_desk(ledger.copy(refused))
        trial = desk.connection.begin_nested()
        book = _plan(desk, scope, reading)
        fresh = {nth: one for nth, one in desk.ledger.refusals.items() if nth not in refused}
        if not fresh or not (desk.spec.brings_units or len(desk.spec.targets) > 1):
            trial.commit()
            return desk, book
        trial.rollback()
        refused |= {nth: one for nth, one in fresh.items() if one.code not in _REPEATS} or fresh


def _plan(desk: Desk, scope: Scope, reading: Reading) -> PlaceBook:
    """Plan places, households, rounds and rosters, visits, issues, in this order: each needs the ones before.

    Return the places as they are then.
    """
    total = len(desk.ledger.table)
    step("plan", 0, total)
    book = PlaceBook(desk)
    plan_places(desk, book, reading)
    desk.leaves = plan_units(desk, book, reading)
    plan_households(desk, book, reading)
    step("plan", total * 2 // 5, total)
    settled = settle_rounds(desk, scope)
    plan_rosters(desk, book, settled)
    plan_visits(desk, book, reading)
    step("plan", total * 4 // 5, total)
    plan_issues(desk, book, reading)
    step("plan", total, total)
    desk.plan.counts["visits_outside"] = len(desk.plan.outside)
    return book


def _report(desk: Desk, name: str, reading: Reading, *, show_personal: bool) -> ImportReport:
    ledger, table = desk.ledger, desk.ledger.table
    questions = tuple(ledger.questions.values())
    outcome = "ask" if questions else "reject_rows" if ledger.refusals else "accept"
    findings = tuple(sorted((one for one in ledger.findings if one.row - 1 not in ledger.refusals), key=_row_of))
    if outcome == "accept" and findings:
        outcome = "accept_with_warnings"
    counted = len(table) - len(reading.left_out)
    rounds = [{"id": one.id, "number": one.number, "name": one.name} for one in _named_rounds(desk)]
    return ImportReport(
        name, outcome, rows_total=counted, rows_ok=counted - len(ledger.refusals) - len(ledger.waiting),
        left_out=tuple(table.sheet_rows[nth] for nth in reading.left_out),
        rows_bad=mask_findings((one for _, one in sorted(ledger.refusals.items())), show_personal=show_personal),
        findings=mask_findings(findings, show_personal=show_personal), questions=questions,
        households=len({home.id for home in desk.homes if home is not None}), persons=_count_persons(desk, reading),
        edition=desk.edition, round=rounds[0] if len(rounds) == 1 else None, rounds=tuple(rounds), sheet=table.sheet,
        header_row=table.header_row + 1, columns=table.headers, changes=dict(desk.plan.counts),
        proposals=tuple(desk.plan.proposals), outside=tuple(desk.plan.outside), begun=frozenset(desk.plan.begun),
        batch=new_id(),
    )  # fmt: skip


def _row_of(one: Finding) -> int:
    return one.row


def _named_rounds(desk: Desk) -> list[Any]:
    names = {(one.name, one.starts_on, one.ends_on) for one in desk.spec.rounds}
    return sorted(
        (one for one in desk.rounds if (one.name, one.starts_on, one.ends_on) in names), key=lambda one: one.number
    )


def _count_persons(desk: Desk, reading: Reading) -> int:
    """Return the people of the file's households, each household once."""
    rows = reading.targets.get("households")
    if rows is None:
        return 0
    sizes: dict[str, int] = {}
    for nth, home in enumerate(desk.homes):
        if home is not None and home.id not in sizes and rows.get("size", nth) is not None:
            sizes[home.id] = rows.get("size", nth)
    return sum(sizes.values())


def _write(desk: Desk, scope: Scope, report: ImportReport, digest: str) -> ImportReport:
    """Store the batch, its rows and its journal."""
    connection, plan = desk.connection, desk.fill_plan()
    # An issue may repeat one that follows it in the file.
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    villages = sorted({leaf.village for leaf in desk.leaves if leaf is not None})
    summary = {"outcome": report.outcome, "codes": report.codes, "changes": report.changes}
    store_batch(
        connection,
        {
            "id": report.batch, "file_name": report.name, "file_hash": digest, "sheet": report.sheet,
            "mapping": describe(desk.spec), "edition": report.edition,
            "round": report.round["id"] if report.round else None, "rows_total": report.rows_total,
            "rows_ok": report.rows_ok, "rows_bad": len(report.rows_bad), "rows_warned": report.rows_warned,
            "report": summary | {"day": desk.today.isoformat(), "villages": villages, "leaves": sorted(plan.leaves)},
            "created_at": now(), "created_by": scope.actor,
        },
    )  # fmt: skip
    store_refused(connection, report)
    plan.updates += [
        ("import_refused", row, {"status": status}) for row, status in list_repaired(connection, report, plan.leaves)
    ]
    apply_plan(connection, plan, batch=report.batch, made_rounds=desk.made_rounds, today=desk.today)
    diff = {"file": digest, "mapping": desk.spec.name, **report.changes}
    log_change(connection, scope, action="import", object_id=report.batch, diff=diff)
    return replace(report, stored=True)


def _conclude(report: ImportReport, *, stores: bool) -> str:
    """Return one sentence: what was or would be done, or what keeps the file out."""
    if report.questions:
        return text("mapping.asks", n=len(report.questions))
    if report.rows_bad and not stores and not report.rows_ok:
        return text("import.no_good_rows") + text("import.has_bad", n=len(report.rows_bad))
    return conclude(report)

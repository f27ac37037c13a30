"""Importing files: read, understand, report; once it is decided, store everything in one transaction or nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from geo.access import require_area, require_right
from geo.audit import log_change
from geo.coverage import Counts
from geo.crs import ASK
from geo.errors import FileRefused, Invalid
from geo.i18n import text
from geo.importer.apart import read_sheets
from geo.importer.apply import apply_plan, make_plan, store_batch
from geo.importer.asread import list_as_read
from geo.importer.collecting import paused_collection
from geo.importer.findings import Finding
from geo.importer.headers import Header, choose_sheet, find_header
from geo.importer.homepoints import as_table
from geo.importer.keyed import resolve_keys
from geo.importer.madecodes import ask_to_make_codes, check_free, store_made_codes
from geo.importer.options import ImportOptions, read_background
from geo.importer.outlines.commit import import_outlines, read_map
from geo.importer.outlines.features import Layer
from geo.importer.outlines.files import is_map_file
from geo.importer.plan import Plan
from geo.importer.progress import Progress, listening, step
from geo.importer.proposals import Choices
from geo.importer.readers import find_sheet, is_packed_table
from geo.importer.refused import is_repeated, list_repaired, store_refused, was_imported_on
from geo.importer.report import ImportReport, add_up, decide_outcome, list_values, mask_findings, sentence, take_preview
from geo.importer.rounds import NewRound, settle_round
from geo.importer.rows import take_rows
from geo.importer.saying import say_refused
from geo.importer.sources import look_up_mapping, sign_headers
from geo.importer.submissions import join_submissions
from geo.importer.together import ALL, ASKED, ask_for_sheet, join_sheets, list_alike, name_findings, name_questions
from geo.importer.trial import carry_out
from geo.importer.understand import Understood, understand
from geo.model import Round, new_id
from geo.store.cells import read_cells, refresh_cells
from geo.store.database import hash_file, now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from geo.importer.findings import Question
    from geo.importer.sheets import Sheet
    from geo.model import Scope
    from geo.store.database import Database


class _Sheets(NamedTuple):
    """The names of a file's sheets: those that are read, the others, those under the same header; what is asked."""

    read: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    asked: Question | None = None


@paused_collection()
def import_file(
    db: Database, scope: Scope, path: Path | str, *, name: str = "", options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:  # fmt: skip
    """Import one file and return its report; a dry run, or a file that may not enter, stores nothing.

    accept and accept_with_warnings are stored; reject_rows only with `good_rows`; reject_file and ask never.
    The same file again changes nothing. `progress` hears how far it is, and may stop it. Raises `NotAllowed`, `Busy`,
    `Invalid` (demo data, a round that is not open or overlaps another), `Stopped`.
    """
    require_right(scope, "import")
    options = options or ImportOptions()
    _check_days(db, options)
    path = Path(path)
    name = name or path.name
    with listening(progress):
        homes = None
        if is_map_file(name) and not is_packed_table(path, name=name):
            as_it_says = replace(options, crs="") if options.crs == ASK else options
            step("read", 0, 1)
            layer = read_map(path, name=name, options=as_it_says)
            homes = as_table(layer) if isinstance(layer, Layer) else None
            if homes is None:
                return import_outlines(db, scope, path, name=name, options=as_it_says, layer=layer)
        return _import_table(db, scope, path, name=name, options=options, sheet=homes)


def _import_table(
    db: Database, scope: Scope, path: Path, *, name: str, options: ImportOptions, sheet: Sheet | None
) -> ImportReport:
    """Import a table: a sheet that was read already, or that of a workbook or text file."""
    edition = db.setting("edition")
    try:
        chosen, names, options = (sheet, _Sheets(), options) if sheet else _read_sheet(path, name, options)
    except FileRefused as refused:
        return replace(_refused_file(name, refused), edition=edition)
    understood = None
    with db.read() as connection:
        header, mapping_from = _read_header(connection, chosen, options)
        sheet, header = resolve_keys(connection, chosen, header)
        problem = header.problem
        offers = problem == "E_MISSING_COLUMN" and not header.is_of_persons
        if not problem or (offers and options.makes_codes):
            background = read_background(connection, options, file=name, file_hash=hash_file(path))
            understood = understand(sheet, header, background)
            problem = "" if understood.rows_total else "E_EMPTY"
    if problem or understood is None:
        key = "finding.E_EMPTY.rows" if problem == "E_EMPTY" else f"finding.{problem}"
        message = text(key, columns=header.detail, name=name)
        return replace(
            _refused(name, problem, message, value=header.detail), edition=edition,
            **_say_sheets(sheet, names), columns=header.columns, header_row=header.row + 1,
            preview=_preview(sheet, header, options),
            questions=(ask_to_make_codes(),) if offers else (), mapping_from=mapping_from,
        )  # fmt: skip
    report = _report(name, sheet, understood, edition, options)
    report = replace(
        report, **_say_sheets(sheet, names), preview=_preview(sheet, header, options), mapping_from=mapping_from
    )  # fmt: skip
    if names.asked:
        report = replace(report, outcome="ask", questions=(names.asked, *report.questions))
    may_enter = report.outcome.startswith("accept") or (report.outcome == "reject_rows" and options.good_rows)
    if report.outcome == "ask" or not understood.firsts:
        key = "asks" if report.outcome == "ask" else "no_good_rows"
        return replace(report, message=sentence(key, n=sum(one.blocking for one in report.questions)))
    write = partial(_store, scope=scope, path=path, understood=understood, options=options, report=report)
    return carry_out(db, write, store=may_enter and not options.dry_run)


def _read_sheet(path: Path, name: str, options: ImportOptions) -> tuple[Sheet, _Sheets, ImportOptions]:
    """Return the sheet to import, the names of the sheets, and the options with what a mapping file says of it."""
    step("read", 0, 1)
    wanted = options.sheet or options.answers.get(ASKED, "")
    sheets = join_submissions(read_sheets(path, name=name, wanted=wanted))
    step("read", 1, 1)
    wants_all = wanted == ALL and all(one.name != ALL for one in sheets)
    chosen = find_sheet(sheets, wanted) if wanted and not wants_all else choose_sheet(sheets)
    alike = list_alike(sheets, chosen)
    unsaid = not wanted and options.rewrite is None
    read = alike if wants_all or unsaid else [chosen]
    others = [one for one in sheets if not any(one is other for other in read)]
    asked = ask_for_sheet(sheets, read) if unsaid else None
    said = [tuple(one.name for one in some) for some in (read, others, alike)]
    names = _Sheets(said[0], said[1], said[2], asked)
    if len(read) > 1:
        chosen = join_sheets(read, kept=chosen)
    if options.rewrite is not None:
        chosen, mapping = options.rewrite(chosen)
        options = replace(options, mapping=mapping)
    return chosen, names, options


def _say_sheets(sheet: Sheet, names: _Sheets) -> dict[str, Any]:
    """Return what a report says of the sheets: those that were read (joined by 、 where several), and the others."""
    together = text("list.comma").join(names.read) if len(names.read) > 1 else sheet.name
    return {"sheet": together, "sheets": names.read, "other_sheets": names.others, "alike_sheets": names.alike}


def _read_header(connection: Connection, sheet: Sheet, options: ImportOptions) -> tuple[Header, str]:
    """Return the header with corrections of now and, for a source, of earlier files; and the source they came from."""
    header = find_header(sheet)
    saved = None
    if options.source is not None:
        saved = look_up_mapping(connection, sign_headers(column.header for column in header.columns), options.source)
    mapping = {**(saved.mapping if saved else {}), **(options.mapping or {})}
    return (find_header(sheet, mapping=mapping) if mapping else header), saved.source if saved else ""


def import_files(
    db: Database, scope: Scope, paths: Sequence[Path | str], *, names: Sequence[str] = (),
    options: ImportOptions | None = None, progress: Progress | None = None,
) -> tuple[list[ImportReport], dict[str, int]]:  # fmt: skip
    """Import several files one after the other; return one report each, and the sum of their counts.

    A new round is made with the first file that is stored; the others join it, and its baseline goes on with them.
    Stopping takes back the file under way; those before it stay.
    """
    options = options or ImportOptions()
    reports = []
    for path, name in zip(paths, names or [Path(path).name for path in paths], strict=True):
        report = import_file(db, scope, path, name=name, options=options, progress=progress)
        reports.append(report)
        options = follow(options, report)
    return reports, add_up(reports)


def follow(options: ImportOptions, report: ImportReport) -> ImportOptions:
    """Return the options with which the next file of the same drop goes on after the report of one."""
    if not report.stored:
        return options
    if not report.round:
        return replace(options, begun=options.begun | report.begun)
    round_ = report.round["id"] if isinstance(options.round, NewRound) else options.round
    return replace(options, round=round_, begun=options.begun | report.begun)


def _check_days(db: Database, options: ImportOptions) -> None:
    today = db.today()
    for day in (options.visit_date, options.added_on):
        if day is not None and day > today:
            raise Invalid("err.future", d=day)


def _refused(name: str, code: str, message: str, *, cell: str = "", value: str = "") -> ImportReport:
    return ImportReport(name, "reject_file", findings=(Finding(code, cell=cell, value=value),), message=message)


def _refused_file(name: str, refused: FileRefused) -> ImportReport:
    """Say why a file cannot be read, and in which rows, where that is known."""
    message = say_refused(refused, name)
    cell = str(refused.params.get("cell", ""))
    return _refused(name, refused.code, message + (sentence("where", rows=cell) if cell else ""), cell=cell)


def _preview(sheet: Sheet, header: Header, options: ImportOptions) -> tuple[tuple[int, tuple[str, ...]], ...]:
    end = min([header.row + 40, *(part.top for part in sheet.parts[1:])])
    rows = take_rows(replace(sheet, rows=sheet.rows[:end]), header)
    return take_preview(rows.cells, rows.sheet_rows, header, show_personal=options.show_personal)


def _report(name: str, sheet: Sheet, understood: Understood, edition: str, options: ImportOptions) -> ImportReport:
    sizes = understood.columns["size"]
    homes = [nth for nth, first in understood.firsts.items() if nth == first]
    return ImportReport(
        name, decide_outcome(understood, understood.findings), rows_total=understood.rows_total,
        rows_ok=len(understood.firsts), rows_bad=mask_findings(
            name_findings(sheet, sorted(understood.refusals.values(), key=lambda one: one.row)),
            show_personal=options.show_personal,
        ),
        left_out=sheet.left_out,
        findings=mask_findings(name_findings(sheet, understood.findings), show_personal=options.show_personal),
        questions=name_questions(sheet, understood.questions),
        values=list_values(understood, show_personal=options.show_personal), households=len(homes),
        persons=sum(_first_said(sizes, understood.firsts).values()), edition=edition,
        header_row=understood.header.row + 1, columns=understood.header.columns, points=understood.points,
        unit_from=understood.unit_from,
        units=tuple(dict.fromkeys(understood.columns["village"][nth].name for nth in understood.firsts)),
        followed=understood.followed,
    )  # fmt: skip


def _first_said(sizes: Sequence[int | None], firsts: Mapping[int, int]) -> dict[int, int]:
    """Return the size of each household (by its first row): what the first of its rows says that says any."""
    said: dict[int, int] = {}
    for nth, first in firsts.items():
        if size := sizes[nth]:
            said.setdefault(first, size)
    return said


def _store(
    connection: Connection, *, scope: Scope, path: Path, understood: Understood, options: ImportOptions,
    report: ImportReport,
) -> ImportReport:  # fmt: skip
    """Plan on the locked database and carry the plan out."""
    background = read_background(connection, options, file=report.name)
    for village in sorted({understood.columns["village"][nth].id for nth in understood.firsts}):
        require_area(connection, scope, village)
    digest = hash_file(path)
    round_, made = settle_round(connection, scope, options.round)
    columns = {column.index: column.key for column in report.columns}
    again = is_repeated(connection, digest, columns, sheet=report.sheet)
    plan = make_plan(
        connection, scope, understood, background, round_=round_,
        choices=Choices(options.apply, options.take_additions, options.added_on, options.begun, again),
        import_day=was_imported_on(connection, digest) or background.today,
    )  # fmt: skip
    findings = (*report.findings, *name_findings(understood.sheet, plan.findings))
    outcome = "accept_with_warnings" if report.outcome == "accept" and findings else report.outcome
    news = made or not plan.is_empty or (bool(report.rows_bad) and was_imported_on(connection, digest) is None)
    report = replace(
        report, findings=findings, outcome=outcome, round=_shown(round_), changes=dict(plan.counts), changed=news,
        proposals=tuple(plan.proposals), outside=tuple(plan.outside), begun=frozenset(plan.begun), batch=new_id(),
    )  # fmt: skip
    if options.understood:
        found = (*understood.findings, *plan.findings)
        rows = list_as_read(understood, plan, background.units, file=report.name, findings=found)
        report = replace(report, as_read=tuple(rows))
    before = _covered(connection, round_, background.today)
    if news:
        check_free(connection, understood.made)
        villages = {unit.id for unit in understood.columns["village"] if unit is not None}
        _write(connection, scope, plan, report, digest, round_ if made else None, background.today, villages)
        store_made_codes(connection, understood.made, batch=report.batch, file=report.name)
    after = _covered(connection, round_, background.today)
    return replace(report, coverage=(before, after) if before and after else None)


def _covered(connection: Connection, round_: Round | None, today: date) -> tuple[int, int] | None:
    """Return (effective, roster) of the round in its scope, as its cells stand inside this transaction."""
    if round_ is None:
        return None
    refresh_cells(connection, round_.id, today, [])
    counts = read_cells(connection, round_.id, [round_.scope]).get(round_.scope, Counts.empty())
    return counts.effective, counts.roster


def _write(
    connection: Connection, scope: Scope, plan: Plan, report: ImportReport, digest: str, made_round: Round | None,
    today: date, villages: set[str],
) -> None:  # fmt: skip
    summary: dict[str, Any] = {"outcome": report.outcome, "codes": report.codes, "changes": report.changes}
    summary["cells"] = {one.row: one.cell for one in report.rows_bad if one.cell}
    store_batch(
        connection,
        {
            "id": report.batch, "file_name": report.name, "file_hash": digest, "sheet": report.sheet,
            "mapping": {column.index: column.key for column in report.columns}, "edition": report.edition,
            "round": report.round["id"] if report.round else None, "rows_total": report.rows_total,
            "rows_ok": report.rows_ok, "rows_bad": len(report.rows_bad), "rows_warned": report.rows_warned,
            "report": summary | {"day": today.isoformat(), "villages": sorted(villages), "leaves": sorted(plan.leaves)},
            "created_at": now(), "created_by": scope.actor,
        },
    )  # fmt: skip
    store_refused(connection, report)
    plan.updates += [
        ("import_refused", row, {"status": status}) for row, status in list_repaired(connection, report, plan.leaves)
    ]  # fmt: skip
    apply_plan(
        connection, plan, batch=report.batch, made_rounds=() if made_round is None else (made_round,), today=today
    )
    for action, home, diff in plan.acts:
        log_change(connection, scope, action=action, object_id=home, diff=diff)
    log_change(connection, scope, action="import", object_id=report.batch, diff={"file": digest, **report.changes})


def _shown(round_: Round | None) -> dict[str, Any] | None:
    return None if round_ is None else {"id": round_.id, "number": round_.number, "name": round_.name}

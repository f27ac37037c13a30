"""`import`: files in, one report; without a person at the keyboard only what needs no decision is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.cli.asking import list_questions
from geo.cli.mapped import choose_mapping, list_loaded, load_files
from geo.cli.outlines import list_outlines
from geo.cli.progress import tell_progress
from geo.cli.rounds import read_round, require_round
from geo.cli.session import open_session, print_json, tell, to_json
from geo.cli.understood import write_understood
from geo.errors import Invalid
from geo.i18n import has_text, text
from geo.importer import ImportOptions, NewRound, import_files
from geo.importer.apart import get_ready
from geo.importer.followed import say_followed
from geo.importer.listed import LISTS
from geo.importer.outlines.plan import OUTLINE
from geo.importer.proposals import APPLICABLE
from geo.importer.report import add_up
from geo.importer.saying import say_changes, say_place
from geo.importer.sources import save_mapping
from geo.marked import MarkedFile, write_marked
from geo.store.land import draw_ahead
from geo.store.rounds import list_rounds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from geo.cli.session import Session
    from geo.importer import ImportReport
    from geo.importer.findings import Finding
    from geo.importer.proposals import Proposal

#: Outcome → exit code; a later one of this order is the worse.
EXIT_CODES: Final = {"accept": 0, "accept_with_warnings": 0, "reject_rows": 3, "reject_file": 4, "ask": 4}
_ORDER: Final = tuple(EXIT_CODES)
#: Figures of which the answer for several files gives the sums.
_SUMS: Final = ("rows_total", "rows_ok", "rows_left_out", "households", "persons")
_SHOWN: Final = 20
_CELLS: Final = 5
#: Proposals of which both values are told.
_DIFFERING: Final = ("conflict", "correction", "regroup")


def run_import(options: argparse.Namespace) -> int:
    """Import files and say what came of each.

    Exit code 0: stored, or nothing to store (a dry run; nothing new). 3: rows refused, nothing stored without
    `--good-rows`. 4: the file is refused or a question is open, nothing stored. Of several files the worst counts.
    """
    for path in options.files:
        if not path.is_file():
            raise Invalid("cli.no_file", path=path.name)
    if options.kind:
        return _import_lists(options)
    get_ready()
    spec = choose_mapping(options)
    with open_session(options, edition=options.edition, spec=spec) as session:
        choice = _read_options(session, options)
        if spec is None:
            reports, total = import_files(
                session.db, session.scope, options.files, options=choice, progress=tell_progress()
            )
        else:
            reports, total = load_files(session, options, choice, spec)
        if options.source and options.column and not options.dry_run:
            _save_mappings(session, reports, options)
        if not options.dry_run:
            draw_ahead(session.db, session.scope)
        has_round = bool(list_rounds(session.db, session.scope))
    answer = _answer(reports, total)
    _write_files(options, reports, answer)
    if options.json:
        print_json(answer)
    else:
        for report in reports:
            _print_report(report, options)
    if not has_round and options.round is None and any(_could_count(one) for one in reports):
        tell(text("cli.import.no_round"))
    return max(_exit_code(report, good_rows=options.good_rows) for report in reports)


def _import_lists(options: argparse.Namespace) -> int:
    """Import lists of work (实事, 队伍) and say what came of each; exit codes as for registers."""
    with open_session(options, edition=options.edition) as session:
        choice = ImportOptions(unit=options.unit, dry_run=options.dry_run, good_rows=options.good_rows)
        reports = [LISTS[options.kind](session.db, session.scope, path, options=choice) for path in options.files]
    answer = _answer(reports, add_up(reports))
    _write_files(options, reports, answer)
    if options.json:
        print_json(answer)
    else:
        for report in reports:
            _print_report(report, options)
    return max(_exit_code(report, good_rows=options.good_rows) for report in reports)


def _could_count(report: ImportReport) -> bool:
    """Say whether a file has households, which only a round makes count."""
    return report.kind == "table" and report.outcome != "reject_file" and not report.rounds


def _write_files(options: argparse.Namespace, reports: list[ImportReport], answer: dict[str, Any]) -> None:
    """Write the files that were asked for: the marked workbook, the rows as understood, the report."""
    if options.findings is not None:
        marked = [MarkedFile(path, report) for path, report in zip(options.files, reports, strict=True)]
        options.findings.write_bytes(write_marked(marked))
    if options.understood is not None:
        write_understood(options.understood, reports, show_personal=options.show_personal)
    if options.report is not None:
        options.report.write_text(to_json(answer) + "\n", encoding="utf-8")


def _read_options(session: Session, options: argparse.Namespace) -> ImportOptions:
    return ImportOptions(
        sheet=options.sheet,
        mapping=dict(options.column) or None,
        make_codes=options.make_codes,
        source=options.source,
        understood=options.understood is not None,
        unit=options.unit,
        answers=dict(options.answer),
        round=_choose_round(session, options.round),
        dry_run=options.dry_run,
        good_rows=options.good_rows,
        visit_date=options.visit_date,
        show_personal=options.show_personal,
        apply=frozenset(options.apply) | ({OUTLINE} if options.replace_outlines else set()),
        layer=options.layer,
        crs=options.crs,
    )


def _save_mappings(session: Session, reports: list[ImportReport], options: argparse.Namespace) -> None:
    """Keep the corrected columns for the source, so that its next file needs none."""
    for report in reports:
        if report.columns:
            save_mapping(
                session.db, session.scope, source=options.source, columns=report.columns, mapping=dict(options.column)
            )


def _choose_round(session: Session, typed: str | None) -> NewRound | str | None:
    """Return the round that was typed; NAME:START:END of a round that is there already is that round."""
    if typed is None:
        return None
    rounds = list_rounds(session.db, session.scope)
    if ":" not in typed:
        require_round(rounds, typed)
        return typed
    plan = read_round(typed)
    return next((one.id for one in rounds if (one.name, one.starts_on, one.ends_on) == plan), NewRound(*plan))


def _exit_code(report: ImportReport, *, good_rows: bool) -> int:
    """Good rows that were asked for count as done, where there are any."""
    if report.outcome == "reject_rows" and good_rows and report.rows_ok:
        return 0
    return EXIT_CODES[report.outcome]


def _answer(reports: list[ImportReport], total: dict[str, int]) -> dict[str, Any]:
    """Return the report of one file as it is; of several one report in the same words, and each under `files`.

    It has the worst outcome, the sums, and the rows and values of all files, each with its file.
    """
    files = [report.as_dict() for report in reports]
    if len(files) == 1:
        return files[0]
    return {
        "outcome": max((one["outcome"] for one in files), key=_ORDER.index),
        **{name: sum(one[name] for one in files) for name in _SUMS},
        **{
            name: [row | {"file": one["file"]} for one in files for row in one[name]] for name in ("rows_bad", "values")
        },
        "codes": sorted({code for one in files for code in one["codes"]}),
        "edition": next((one["edition"] for one in files if one["edition"]), ""),
        "round": next((one["round"] for one in files if one["round"]), None),
        "total": total,
        "files": files,
    }


def _print_report(report: ImportReport, options: argparse.Namespace) -> None:
    outcome = text(f"import_outcome.{report.outcome}")
    counts = {"total": report.rows_total, "ok": report.rows_ok, "bad": len(report.rows_bad)}
    refused = report.outcome == "reject_file"
    waiting = report.rows_total - report.rows_ok - len(report.rows_bad)
    said = text(f"cli.import.{'file' if refused else 'line'}", name=report.name, outcome=outcome, **counts)
    print(said + text("cli.import.waiting_rows", n=waiting) if waiting > 0 and report.outcome == "ask" else said)
    if report.left_out:
        print(text("mapping.left_out", n=len(report.left_out)))
    if refused:
        for line in (_say_refusal(report), *list_questions(report), *list_other_sheets(report)):
            print(line)
        return
    for line in (*_list_readings(report), *list_questions(report), *_list_findings(report), *_list_sources(report)):
        print(line)
    for line in (*_list_proposals(report), *list_outlines(report), *_list_changes(report, options)):
        print(line)
    print(_conclude(report, options))


def _list_sources(report: ImportReport) -> Iterable[str]:
    """Say whose columns were taken, where the village came from when no column told it, which sheets were not read."""
    if report.mapping_from:
        yield text("cli.import.mapped", source=report.mapping_from)
    if report.units and report.unit_from not in ("", "column"):
        sources = text("list.comma").join(text(f"unit_from.{one}") for one in report.unit_from.split("+"))
        yield text("cli.import.units", units=text("list.comma").join(report.units[:_SHOWN]), sources=sources)
    yield from say_followed(report.followed)
    yield from list_other_sheets(report)


def list_other_sheets(report: ImportReport) -> Iterable[str]:
    """Say which sheets were not read."""
    if report.other_sheets:
        comma = text("list.comma")
        yield text("cli.import.other_sheets", sheet=report.sheet, others=comma.join(report.other_sheets))
    if len(report.sheets) == 1 < len(report.alike_sheets):
        yield text("cli.import.alike_sheets", sheets=text("list.comma").join(report.alike_sheets))


def _list_changes(report: ImportReport, options: argparse.Namespace) -> Iterable[str]:
    """Say what changed, or would change; of a mapping's file and of outlines that is told elsewhere."""
    changes = say_changes([report])
    if changes and report.changed and report.kind == "table" and not options.mapping:
        key = "cli.import.changes" if report.stored else "cli.import.would_change"
        yield text(key, changes=text("list.semicolon").join(changes))


def _list_readings(report: ImportReport) -> Iterable[str]:
    """Say of every source whose coordinates are not taken as they stand how they are read, and what speaks for it."""
    for one in report.points:
        if one.how in ("plain", "asked"):
            continue
        evidence = next(found for found in one.evidence if found.reading == one.reading)
        key = "cli.import.read_near" if evidence.distance_m is not None else "cli.import.read_as"
        yield text(
            key, source=one.label or "-", reading=one.reading, fits=evidence.fits, n=one.usable,
            metres=round(evidence.distance_m or 0),
        )  # fmt: skip


def _list_proposals(report: ImportReport) -> Iterable[str]:
    """Say what the file suggests, kind by kind: how many, which, and whether it is carried out."""
    for kind in (*APPLICABLE, "addition", OUTLINE):
        for taken in (True, False):
            found = [one for one in report.proposals if one.kind == kind and one.taken == taken]
            if found:
                more = text("cli.import.more") if len(found) > _CELLS else ""
                codes = text("list.comma").join(map(_say_proposal, found[:_CELLS])) + more
                said = text(f"cli.import.{kind}.{'taken' if taken else 'open'}", n=len(found), codes=codes)
                yield said if taken else said + _say_how(report, kind)


def _say_how(report: ImportReport, kind: str) -> str:
    """Return how an open proposal is carried out; who counts is a matter of a round, which is said with the file."""
    if report.round is None and kind in ("missing", "addition"):
        return text(f"cli.import.{kind}.round_how")
    return text("cli.import.apply_how", kind=kind) if kind in APPLICABLE else ""


def _say_proposal(one: Proposal) -> str:
    """Return the household, and of a fact that differs what is stored and what the file says."""
    if one.kind not in _DIFFERING or not one.after:
        return one.code
    words = {word: text(f"outcome.{word}") for word in (one.before, one.after) if has_text(f"outcome.{word}")}
    field = f"{one.field} " if one.field else ""
    return text("cli.import.differs", code=one.code, field=field, before=words.get(one.before, one.before) or "-",
                after=words.get(one.after, one.after))  # fmt: skip


def _conclude(report: ImportReport, options: argparse.Namespace) -> str:
    if report.kind != "table":
        return report.message
    loaded = list_loaded(report) if options.mapping else []
    if report.stored and loaded:
        return text("cli.import.loaded", changes=text("list.comma").join(loaded))
    if report.stored:
        return text("cli.import.stored", households=report.households, persons=report.persons)
    if report.outcome == "ask":
        return text("cli.import.nothing")
    if report.outcome == "reject_rows" and not options.good_rows:
        return text("cli.import.nothing") + text("cli.import.good_rows_how" if report.rows_ok else "cli.import.mend")
    if options.dry_run and report.changed:
        return text("cli.import.dry")
    return text("cli.import.waiting" if report.waiting else "cli.import.unchanged")


def _list_findings(report: ImportReport) -> Iterable[str]:
    """Say each kind of finding once: how often, where first, what to do; what keeps a row out comes first."""
    kinds: dict[str, list[Finding]] = {}
    for one in (*report.rows_bad, *report.findings):
        kinds.setdefault(one.code, []).append(one)
    for code, found in list(kinds.items())[:_SHOWN]:
        cells = [say_place(one.cell) or text("cli.import.row", row=one.row) for one in found if one.row or one.cell]
        more = text("cli.import.more") if len(cells) > _CELLS else ""
        where = text("list.comma").join(cells[:_CELLS]) + more
        said = _sentence(report, code, found)
        key = "cli.import.finding" if cells else "cli.import.finding_of_file"
        yield text(key, sentence=said, n=len(found), where=where)


def _sentence(report: ImportReport, code: str, found: list[Finding]) -> str:
    """Return what a kind of finding means; where the next step is another one than in the page, the command line's."""
    key = f"cli.finding.{code}" if has_text(f"cli.finding.{code}") else f"finding.{code}"
    if not has_text(key):
        return code
    comma = text("list.comma")
    values = comma.join(one.value for one in found if one.value)
    headers = [(" ".join(one.value.split()), one.field) for one in found]
    pairs = comma.join(text("cli.import.taken_for", header=header, field=field) for header, field in headers)
    return text(key, name=report.name, n=len(found), rows=len(found), column=values, columns=values, pairs=pairs)


def _say_refusal(report: ImportReport) -> str:
    """Return why a file is refused; what to do about its columns is told as it is done here."""
    why = report.findings[0]
    key = f"cli.finding.{why.code}"
    return text(key, columns=why.value) if has_text(key) else report.message

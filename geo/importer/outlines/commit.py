"""Importing a map file: read, understand, measure, report; once it is decided, one transaction or nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import require_area, require_right
from geo.audit import log_change
from geo.crs import AUTO
from geo.errors import FileRefused
from geo.importer.apart import read_layer
from geo.importer.apply import insert_paths, store_batch
from geo.importer.blocks import Block
from geo.importer.findings import Finding, Option, Question
from geo.importer.followed import list_followed
from geo.importer.journal import Journal
from geo.importer.options import find_village, read_index
from geo.importer.outlines.features import Layers
from geo.importer.outlines.neighbours import list_outside, measure_neighbours
from geo.importer.outlines.plan import OUTLINE, Maker, make_plan
from geo.importer.outlines.systems import choose_system
from geo.importer.outlines.understand import prove_swap, understand_layer
from geo.importer.progress import step
from geo.importer.refused import list_repaired, store_refused, was_imported_on
from geo.importer.report import MOST_VALUES, ImportReport, sentence
from geo.importer.saying import say_refused
from geo.importer.trial import carry_out
from geo.importer.unitsource import find_unit_source
from geo.model import new_id
from geo.schema import place
from geo.store.area import read_area
from geo.store.database import hash_file, now, read_setting, read_today

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from geo.crs import System
    from geo.importer.options import ImportOptions
    from geo.importer.outlines.features import Layer
    from geo.importer.outlines.plan import OutlinePlan
    from geo.importer.outlines.understand import Understood
    from geo.importer.register import Row
    from geo.model import Scope
    from geo.store.area import Area
    from geo.store.database import Database
    from geo.units import UnitIndex

KIND: Final = "areas"
_LAYER: Final = "layer"


def read_map(path: Path, *, name: str, options: ImportOptions) -> Layer | Layers | FileRefused:
    """Return the layer of a map file that the options mean, the names of its layers, or why it is refused."""
    try:
        return read_layer(path, name=name, layer=options.layer or options.answers.get(_LAYER, ""))
    except FileRefused as refused:
        return refused


def import_outlines(
    db: Database, scope: Scope, path: Path, *, name: str, options: ImportOptions,
    layer: Layer | Layers | FileRefused | None = None,
) -> ImportReport:  # fmt: skip
    """Import the outlines and centres of one map file and return its report, as `import_file` does for tables.

    `layer`: what `read_map` gave, where it was read before.

    Outcomes and what is stored are those of tables; a row is a feature. Outlines that are given already and differ are
    proposals (kind `outline`), carried out when `options.apply` holds that word. The same file again changes nothing.
    """
    require_right(scope, "import")
    if layer is None:
        layer = read_map(path, name=name, options=options)
    if isinstance(layer, FileRefused):
        message = say_refused(layer, name)
        return ImportReport(name, "reject_file", kind=KIND, findings=(Finding(layer.code),), message=message)
    if isinstance(layer, Layers):
        return _ask(name, _ask_layer(layer))
    with db.read() as connection:
        index, area, edition = _read_background(connection, hash_file(path))
    asked = options.answers.get("crs", "") or options.crs
    system = choose_system(layer, asked, area)
    if isinstance(system, Question):
        return replace(_ask(name, system), rows_total=len(layer.features), sheet=layer.name)
    said = find_village(index, options.unit) if options.unit else None
    source = find_unit_source(index, sheet=layer.name, file=PurePath(name).stem, said=said)
    home = source.unit if source.rival is None else None
    answers = dict(options.answers)
    if asked == AUTO and "points:swapped" not in answers and prove_swap(layer, system, area):
        answers["points:swapped"] = "swap"
    understood = understand_layer(layer, system, index, area=area, answers=answers, home=home)
    report = replace(_report(name, layer, understood, system), edition=edition)
    may_enter = report.outcome.startswith("accept") or (report.outcome == "reject_rows" and options.good_rows)
    if understood.asks or not understood.rows_ok:
        key = "asks" if understood.asks else "no_good_rows"
        return replace(report, message=sentence(key, n=sum(one.blocking for one in report.questions)))
    write = partial(_store, scope=scope, path=path, understood=understood, options=options, report=report)
    return carry_out(db, write, store=may_enter and not options.dry_run)


def _ask(name: str, question: Question) -> ImportReport:
    return ImportReport(name, "ask", kind=KIND, questions=(question,), message=sentence("asks", n=1))


def _ask_layer(layers: Layers) -> Question:
    options = tuple(Option(one, one) for one in layers.names)
    return Question(
        id=_LAYER, kind=_LAYER, code="R_UNKNOWN_VALUE", field=_LAYER, value="", cell="", rows=len(layers.names),
        blocking=True, options=options,
    )  # fmt: skip


def _read_background(connection: Connection, digest: str) -> tuple[UnitIndex, Area | None, str]:
    root = connection.execute(select(place.c.code, place.c.boundary).where(place.c.parent.is_(None))).first()
    area = None if root is None else read_area(root.code, root.boundary)
    return read_index(connection, digest), area, read_setting(connection, "edition")


def _report(name: str, layer: Layer, understood: Understood, system: System) -> ImportReport:
    if understood.asks:
        outcome = "ask"
    elif understood.refusals:
        outcome = "reject_rows"
    else:
        outcome = "accept_with_warnings" if understood.findings else "accept"
    matches = (one.match for one in understood.given.values())
    return ImportReport(
        name, outcome, kind=KIND, rows_total=understood.rows_total, rows_ok=understood.rows_ok,
        rows_bad=tuple(sorted(understood.refusals.values(), key=lambda one: one.row)),
        findings=tuple(understood.findings), questions=tuple(understood.questions.values()),
        values=tuple(understood.values[:MOST_VALUES]), sheet=layer.name,
        followed=list_followed((one.earlier, one.village or one.unit) for one in matches),
        areas={"crs": system.name, "datum_known": system.datum_is_known, "layer": layer.name},
    )  # fmt: skip


def _store(
    connection: Connection, *, scope: Scope, path: Path, understood: Understood, options: ImportOptions,
    report: ImportReport,
) -> ImportReport:  # fmt: skip
    """Plan on the locked database and carry the plan out."""
    digest = hash_file(path)
    index, _, edition = _read_background(connection, digest)
    units = [one.match.unit or one.match.village for one in understood.given.values()]
    for unit in sorted({unit.id for unit in units if unit is not None}):
        require_area(connection, scope, unit)
    maker = Maker(now(), scope.actor, edition)
    plan = make_plan(connection, understood, index, maker, replace=OUTLINE in options.apply)
    again = was_imported_on(connection, digest) is not None
    news = not plan.is_empty or (bool(report.rows_bad) and not again)
    report = replace(
        report, changes=dict(plan.counts), changed=news, proposals=tuple(plan.proposals), batch=new_id(),
        drawn=tuple(plan.drawn),
    )  # fmt: skip
    step("store", 0, 1)
    if news:
        _write(connection, scope, plan, report, digest, maker)
    return _measure(connection, plan, report)


def _write(
    connection: Connection, scope: Scope, plan: OutlinePlan, report: ImportReport, digest: str, maker: Maker
) -> None:
    """Write batch, journal and rows. The batch names no villages: its refused features are missing in no round."""
    leaves = set(plan.rows)
    summary: dict[str, Any] = {
        "kind": KIND, "outcome": report.outcome, "codes": report.codes, "changes": report.changes,
        "day": read_today(connection).isoformat(), "leaves": sorted(leaves),
    }  # fmt: skip
    store_batch(
        connection,
        {
            "id": report.batch, "file_name": report.name, "file_hash": digest, "sheet": report.sheet,
            "mapping": {"crs": (report.areas or {}).get("crs")}, "edition": report.edition, "round": None,
            "rows_total": report.rows_total, "rows_ok": report.rows_ok, "rows_bad": len(report.rows_bad),
            "rows_warned": report.rows_warned, "report": summary, "created_at": now(), "created_by": scope.actor,
        },
    )  # fmt: skip
    store_refused(connection, report)
    journal = Journal(connection, report.batch)
    if plan.inserts:
        journal.insert(_block("place", plan.inserts, maker.made()))
        insert_paths(connection, [(row["id"], row["parent"]) for row in plan.inserts])
    for before, changes in plan.updates:
        journal.update("place", before, changes)
    if plan.aside:
        journal.insert(_block("area_aside", plan.aside, {"batch": report.batch}))
    for row, status in list_repaired(connection, report, leaves):
        journal.update("import_refused", row, {"status": status})
    journal.write()
    log_change(connection, scope, action="import", object_id=report.batch, diff={"file": digest, **report.changes})


def _block(table: str, rows: Sequence[Row], same: Row) -> Block:
    names = tuple(rows[0])
    return Block(table, names, same, [tuple(row[name] for name in names) for row in rows])


def _measure(connection: Connection, plan: OutlinePlan, report: ImportReport) -> ImportReport:
    """Add what is measured once the outlines are in: overlaps and gaps of siblings, households outside their unit."""
    measured, overlaps = measure_neighbours(connection, plan)
    outside, listed = list_outside(connection, plan)
    findings = (*report.findings, *overlaps, *listed)
    outcome = "accept_with_warnings" if report.outcome == "accept" and findings else report.outcome
    areas = {**(report.areas or {}), "features": plan.listed, **measured, "outside": outside}
    return replace(report, findings=findings, outcome=outcome, areas=areas)

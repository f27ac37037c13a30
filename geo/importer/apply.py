"""Carrying out a plan inside one write transaction: rows, journal, batch, coverage cells."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from geo.access import require_area
from geo.importer.events import plan_issues, plan_roster, plan_tags, plan_visits
from geo.importer.families import plan_families
from geo.importer.journal import FOLLOWING, Journal, columns_of, fetch_row
from geo.importer.plan import Bench, plan_households, plan_places
from geo.importer.progress import step
from geo.importer.register import find_by_code, read_id_key, read_register
from geo.importer.registered import plan_registered
from geo.importer.rounds import Calendar
from geo.store.cells import refresh_cells
from geo.store.database import bulk_insert, read_setting
from geo.store.proposals import earliest_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from geo.importer.blocks import Block
    from geo.importer.plan import Plan
    from geo.importer.proposals import Choices
    from geo.importer.understand import Background, Understood
    from geo.model import Round, Scope

#: Tables in the order of writing; round rows are made by their own service.
_ORDER = (
    "place", "household", "household_tag", "visit", "visit_person", "visit_topic", "visit_check", "issue",
    "issue_household", "issue_event", "round_roster",
)  # fmt: skip
#: From this many touched groups on, recomputing the whole round is quicker than group by group.
_MANY_LEAVES = 40


def make_plan(
    connection: Connection, scope: Scope, understood: Understood, background: Background, *, choices: Choices,
    round_: Round | None, import_day: date,
) -> Plan:  # fmt: skip
    """Return what the file would change in the database as it is now."""
    columns = understood.columns
    villages = {columns["village"][nth].id for nth in understood.firsts}
    wide = {
        columns["code"][nth]: columns["village"][nth].id
        for nth in understood.firsts
        if background.units.is_wide(columns["code"][nth])
    }
    elsewhere = {
        code: row
        for code, row in find_by_code(connection, wide).items()
        if row["village"] != wide[code] and row["village"] in background.units.by_id
    }
    for village in {row["village"] for row in elsewhere.values()}:
        require_area(connection, scope, village)
        villages.add(village)
    calendar = Calendar(connection, villages, moving=[row["id"] for row in elsewhere.values()])
    bench = Bench(
        connection, understood, background, read_register(connection, villages, round_.id if round_ else None),
        calendar, choices, scope.actor, round_, import_day, read_id_key(connection),
        read_setting(connection, "edition"), elsewhere,
    )  # fmt: skip
    plan_places(bench)
    plan_households(bench)
    plan_registered(bench)
    plan_families(bench)
    plan_tags(bench)
    plan_issues(bench, plan_visits(bench))
    plan_roster(bench)
    bench.plan.counts["visits_outside"] = len(bench.plan.outside)
    return bench.plan


def apply_plan(connection: Connection, plan: Plan, *, batch: str, made_rounds: Sequence[Round], today: date) -> None:
    """Write a plan with its journal, and bring the cells of every touched round up to date."""
    journal = Journal(connection, batch, prefix=plan.prefix, tick=_count(plan))
    for made in made_rounds:
        row = fetch_row(connection, "round", made.id)
        if row is not None:
            journal.note_made("round", row)
    for table in _ORDER:
        block = plan.inserts.get(table)
        if block is None or not block.rows:
            continue
        journal.insert(block)
        if table == "place":
            insert_paths(connection, list(zip(block.column("id"), block.column("parent"), strict=True)))
        elif table in FOLLOWING:
            _note_further(journal, block, set(plan.new("issue", "id")))
    for table, before, changes in plan.updates:
        journal.update(table, before, changes)
    for table, row in plan.removals:
        journal.remove(table, row)
    for kind, *mark in plan.roster_marks:
        _mark_roster(connection, journal, kind, *mark)
    leaves: dict[str, set[str]] = {made.id: set() for made in made_rounds}
    step("figures", 0, 1)
    with ThreadPoolExecutor(1) as beside:
        # SQLite sums up outside Python's lock.
        hashed = beside.submit(journal.hash_blocks)
        refresh_touched(connection, touched_households(plan), today, leaves | _joined(plan))
        hashed.result()
    step("figures", 1, 1)
    journal.write()


def _count(plan: Plan) -> Callable[[int], None]:
    """Return what adds up the rows written and tells how far they are."""
    total = sum(len(block.rows) for block in plan.inserts.values())
    written = 0

    def tick(rows: int) -> None:
        nonlocal written
        written += rows
        step("store", written, total)

    return tick


def _joined(plan: Plan) -> dict[str, set[str]]:
    """Return the roster places that get new rows, by round."""
    found: dict[str, set[str]] = {}
    block = plan.inserts.get("round_roster")
    if block is not None:
        for round_id, place in zip(block.column("round"), block.column("place"), strict=True):
            found.setdefault(round_id, set()).add(place)
    return found


def _note_further(journal: Journal, block: Block, new: set[str]) -> None:
    """What belongs to new issues comes and goes with them; for issues that were there it has entries of its own."""
    _, further = block.split(issue in new for issue in block.column("issue"))
    for row in further.spread(columns_of(block.table)):
        journal.note_made(block.table, row)


def insert_paths(connection: Connection, units: list[tuple[str, str]]) -> None:
    """Insert the paths of new units, given as (id, parent); a unit comes after the one it lies in."""
    parents = sorted({parent for _, parent in units} - {unit for unit, _ in units})
    marks = ", ".join("?" * len(parents))
    rows = connection.exec_driver_sql(
        f"SELECT place, ancestor, depth FROM place_path WHERE place IN ({marks})",
        tuple(parents),
    )
    above: dict[str, list[tuple[str, int]]] = {}
    for parent, ancestor, depth in rows:
        above.setdefault(parent, []).append((ancestor, depth + 1))
    paths: list[tuple[str, str, int]] = []
    for unit, parent in units:
        own = [(unit, 0), *above[parent]]
        above[unit] = [(one, depth + 1) for one, depth in own]
        paths += [(unit, one, depth) for one, depth in own]
    bulk_insert(connection, "place_path", ["place", "ancestor", "depth"], paths)


def _mark_roster(
    connection: Connection, journal: Journal, kind: str, round_id: str, household_id: str, day: str, reason: str
) -> None:
    """Propose an exclusion, or take back what a voided visit proposed, as `store.proposals`; a decided one stays."""
    row = fetch_row(connection, "round_roster", f"{round_id}|{household_id}")
    if row is None or row["approved_on"] is not None:
        return
    if kind == "propose" and (row["excluded_on"] is None or row["excluded_on"] > day):
        changes: dict[str, str | None] = {"excluded_on": day, "excluded_reason": reason}
    elif kind == "withdraw" and (row["excluded_on"], row["excluded_reason"]) == (day, reason):
        other = earliest_reason(connection, round_id=round_id, household_id=household_id)
        changes = {"excluded_on": other[0].isoformat(), "excluded_reason": other[1]} if other else _NO_EXCLUSION
    else:
        return
    if any(row[name] != value for name, value in changes.items()):
        journal.update("round_roster", row, changes | {"rev": row["rev"] + 1})


_NO_EXCLUSION: dict[str, str | None] = {"excluded_on": None, "excluded_reason": None}


def touched_households(plan: Plan) -> set[str]:
    """Return the ids of the registered households whose cells a plan may change; new ones are where they joined."""
    touched = {before["id"] for table, before, _ in plan.updates if table == "household"}
    touched.update(plan.new("household_tag", "household"), plan.new("visit", "household"))
    touched.update(household for _, _, household, _, _ in plan.roster_marks)
    return touched.difference(plan.new("household", "id"))


def refresh_touched(
    connection: Connection, households: Iterable[str], today: date, also: Mapping[str, set[str]] | None = None
) -> None:
    """Recompute the cells of every round whose roster holds one of the households, at its roster places.

    `also` names leaf places of rounds, besides; a round without places is refreshed as it is.
    """
    connection.exec_driver_sql("CREATE TEMP TABLE IF NOT EXISTS touched (household TEXT PRIMARY KEY)")
    connection.exec_driver_sql("DELETE FROM touched")
    bulk_insert(connection, "touched", ["household"], [(one,) for one in set(households)])
    leaves: dict[str, set[str]] = defaultdict(set, {round_id: set(places) for round_id, places in (also or {}).items()})
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT r.round, r.place FROM touched t CROSS JOIN round_roster r ON r.household = t.household"
    )
    for round_id, place_id in rows:
        leaves[round_id].add(place_id)
    for round_id, places in leaves.items():
        refresh_cells(connection, round_id, today, places if len(places) <= _MANY_LEAVES else None)


def store_batch(connection: Connection, row: dict[str, Any]) -> None:
    """Insert the row of a batch; its number follows the last one."""
    seq = connection.exec_driver_sql("SELECT coalesce(max(seq), 0) + 1 FROM import_batch").scalar_one()
    full = {"seq": seq, "undone_at": None, "updated_at": None, "updated_by": None, "rev": 1, **row}
    full["mapping"] = json.dumps(full["mapping"], ensure_ascii=False)
    full["report"] = json.dumps(full["report"], ensure_ascii=False)
    bulk_insert(connection, "import_batch", list(full), [tuple(full.values())])

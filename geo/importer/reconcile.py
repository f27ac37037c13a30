"""A file against a register that people have worked in: conflicts with what they edited, households split and merged.

Nothing here is carried out unless it was chosen. An edit made in the app is newer than any file as far as anybody can
tell, since a workbook does not say when its cells were typed: what differs from it is a conflict, not a change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from geo.i18n import has_text, text
from geo.importer.findings import FIELDS
from geo.importer.proposals import Proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from geo.importer.plan import Bench
    from geo.importer.register import Row

#: Kinds of proposals that can be chosen for a whole file.
APPLICABLE: Final = ("correction", "move", "conflict", "split", "merge")
#: Columns of a household → the field of a file that tells them.
_FIELD_OF: Final = {"place": "group", "id_hash": "id_number"}
#: What follows from another column and is no fact of its own.
_FOLLOWS: Final = frozenset({"id_last4"})


class Edit(NamedTuple):
    """Who last edited a fact in the app, and when (UTC)."""

    actor: str
    at: str


def read_edits(connection: Connection, villages: Iterable[str]) -> dict[str, dict[str, Edit]]:
    """Return the last edit of each fact of each household of some villages, by household and column."""
    here = sorted(villages)
    marks = ", ".join("?" * len(here))
    rows = connection.exec_driver_sql(
        "SELECT a.object, a.diff, a.actor, a.at FROM audit_log a JOIN household h ON h.id = a.object"
        " WHERE a.action IN ('household.edit', 'household.point', 'household.move')"
        f" AND h.village IN ({marks}) ORDER BY a.seq",
        tuple(here),
    )
    edits: dict[str, dict[str, Edit]] = {}
    for household, diff, actor, at in rows:
        for column in json.loads(diff):
            edits.setdefault(household, {})[column] = Edit(actor, at)
    if edits:
        _drop_overtaken(connection, edits)
    return edits


def _drop_overtaken(connection: Connection, edits: dict[str, dict[str, Edit]]) -> None:
    """An edit that a later import changed again is history: what stands now is a file's."""
    rows = connection.exec_driver_sql(
        "SELECT x.row_id, x.before, b.created_at FROM import_row x JOIN import_batch b ON b.id = x.batch"
        " WHERE x.table_name = 'household' AND x.before IS NOT NULL AND b.undone_at IS NULL"
    )
    for household, before, at in rows:
        for column in json.loads(before) if household in edits else ():
            if column in edits[household] and edits[household][column].at < at:
                del edits[household][column]


def settle_conflicts(bench: Bench, first: int, known: Row, changed: Row) -> Row:
    """Return the changes that a file may make to a household; those against an edit are listed, and made if chosen."""
    edits = bench.edits.get(known["id"], {})
    against = {name for name in changed if name in edits}
    if not against:
        return changed
    taken = "conflict" in bench.choices.apply
    unit = bench.background.units.by_id[known["village"]].name
    for name in sorted(against - _FOLLOWS):
        edit, header = edits[name], _header(name)
        bench.plan.proposals.append(
            Proposal(
                "conflict", first + 1, known["code"], unit, _say(bench, name, known[name]),
                _say(bench, name, changed[name], first), taken, field=header, who=edit.actor, when=edit.at,
            )
        )  # fmt: skip
    if taken:
        return changed
    held = against | (_FOLLOWS if "id_hash" in against else frozenset())
    return {name: value for name, value in changed.items() if name not in held}


def list_regrouped(bench: Bench, first: int, known: Row, changed: Row) -> None:
    """List a household that the file names in another group of its village: it moves there, its roster place stays."""
    if "place" in changed and "village" not in changed:
        unit = bench.background.units.by_id[known["village"]].name
        before, after = _say(bench, "place", known["place"]), _say(bench, "place", changed["place"], first)
        bench.plan.proposals.append(Proposal("regroup", first + 1, known["code"], unit, before, after, taken=True))


def _header(name: str) -> str:
    key = _FIELD_OF.get(name, name)
    return FIELDS[key].header if key in FIELDS else name


def _say(bench: Bench, name: str, value: Any, first: int | None = None) -> str:
    if name == "place":
        group = bench.value("group", first) if first is not None else None
        unit = bench.background.units.by_id.get(value)
        return group.name if group is not None else unit.name if unit is not None and unit.level == "group" else ""
    if name == "id_hash":
        return "…" if value else ""
    word = f"{name}.{value}"
    return text(word) if has_text(word) else str(value if value is not None else "")


class _Party(NamedTuple):
    """One side of a split or merger: its row in the file (from 0), its id and code, how many persons it is about."""

    row: int
    id: str
    code: str
    persons: int
    known: Row


@dataclass(slots=True)
class _Group:
    """What happened in one group: households that became smaller or larger, new ones, and some the file leaves out."""

    shrunk: list[_Party] = field(default_factory=list)
    grown: list[_Party] = field(default_factory=list)
    fresh: list[_Party] = field(default_factory=list)
    missing: list[_Party] = field(default_factory=list)


def plan_descent(bench: Bench) -> None:
    """Propose splits (分户) and mergers (并户) in a file of a village that is registered already.

    Evidence of a split: in one group a known household has lost as many persons as a new one has. Of a merger: a known
    one has gained as many as one has that the file leaves out. Only where the pair is the only one with that number.
    """
    if not bench.register.households:
        return
    for group in _compare(bench).values():
        for small, new in _pairs(group.shrunk, group.fresh):
            said = text("import.split", code=small.code, lost=small.persons, new=new.code, size=new.persons)
            if _propose(bench, "split", new.row, (new.code, small.code, new.code), said):
                bench.predecessors[new.id] = small.id
        for large, gone in _pairs(group.grown, group.missing):
            said = text("import.merge", code=large.code, gained=large.persons, gone=gone.code)
            if _propose(bench, "merge", large.row, (gone.code, gone.code, large.code), said):
                _merge(bench, gone.known, large.id)
    if bench.predecessors:
        _note_predecessors(bench)


def _note_predecessors(bench: Bench) -> None:
    block = bench.plan.inserts["household"]
    block.names = (*block.names, "predecessor")
    block.rows = [(*row, bench.predecessors.get(row[0])) for row in block.rows]


def _compare(bench: Bench) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    by_id = {row["id"]: row for row in bench.register.households.values()}
    sizes = bench.understood.columns["size"]
    for first, home in bench.homes.items():
        known, size = by_id.get(home.id), sizes[first] or 0
        group = groups.setdefault(home.place, _Group())
        if known is None:
            group.fresh.append(_Party(first, home.id, home.code, size, {}))
        elif known["size"] and size and size != known["size"]:
            change = size - known["size"]
            parties = group.grown if change > 0 else group.shrunk
            parties.append(_Party(first, home.id, home.code, abs(change), known))
    named = {home.id for home in bench.homes.values()}
    for row in by_id.values():
        if row["id"] not in named and row["village"] in bench.plan.villages and not row["exited_on"]:
            group = groups.setdefault(row["place"], _Group())
            group.missing.append(_Party(0, row["id"], row["code"], row["size"] or 0, row))
    return groups


def _pairs(mine: Sequence[_Party], theirs: Sequence[_Party]) -> list[tuple[_Party, _Party]]:
    """Return the pairs with equal numbers of persons where each side has just one with that number."""
    found = []
    for one in mine:
        rivals = [other for other in mine if other.persons == one.persons]
        fitting = [other for other in theirs if other.persons == one.persons]
        if len(rivals) == len(fitting) == 1:
            found.append((one, fitting[0]))
    return found


def _propose(bench: Bench, kind: str, row: int, about: tuple[str, str, str], evidence: str) -> bool:
    """List a proposal about (code, before, after); say whether it is carried out."""
    taken = kind in bench.choices.apply
    unit = bench.value("village", row).name
    bench.plan.proposals.append(Proposal(kind, row + 1, about[0], unit, *about[1:], taken, evidence=evidence))
    return taken


def _merge(bench: Bench, gone: Row, heir: str) -> None:
    """The surviving household takes over visits and issues; the other one leaves, with its roster rows, for good."""
    day = bench.background.today.isoformat()
    bench.plan.updates.append(
        ("household", gone,
         {"exited_on": day, "exit_reason": "merged", "successor": heir, "updated_at": bench.stamp,
          "updated_by": bench.actor, "rev": gone["rev"] + 1}),
    )  # fmt: skip
    rows = bench.connection.exec_driver_sql(
        "SELECT x.* FROM round_roster x JOIN round r ON r.id = x.round"
        " WHERE x.household = ? AND r.status = 'open' AND x.approved_on IS NULL",
        (gone["id"],),
    ).mappings()
    for row in map(dict, rows):
        left = {"excluded_on": day, "excluded_reason": "merged", "approved_by": bench.actor, "approved_on": day}
        bench.plan.updates.append(("round_roster", row, left | {"rev": row["rev"] + 1}))
    bench.heirs[gone["id"]] = heir
    bench.plan.leaves.add(gone["place"])

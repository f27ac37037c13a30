"""What an understood file would change, row by row, against what is registered; nothing is written here."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from geo.i18n import text
from geo.importer.blocks import Block
from geo.importer.findings import FIELDS, Finding
from geo.importer.progress import step
from geo.importer.register import hash_ids, hash_owners
from geo.model import new_id
from geo.store.database import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from geo.importer.edits import Edits
    from geo.importer.proposals import Choices, Proposal
    from geo.importer.register import Register, Row
    from geo.importer.rounds import Calendar
    from geo.importer.understand import Background, Understood
    from geo.model import Round
    from geo.units import Unit


#: What a plan counts; all of them stand in every report.
COUNTS: Final = (
    "groups_new", "households_new", "households_changed", "households_same", "tags_new", "visits_new", "visits_same",
    "visits_corrected", "visits_joined", "visits_outside", "issues_new", "issues_same", "roster_baseline",
    "roster_added", "roster_missing", "conflicts", "households_merged", "households_split",
)  # fmt: skip


def _zeros() -> Counter[str]:
    return Counter(dict.fromkeys(COUNTS, 0))


@dataclass(slots=True)
class Plan:
    """Rows to insert by table, changes and removals of rows that are there, and what is said about them.

    The ids of the new rows all begin with `prefix`. `acts` are logged by themselves: action, object, what changed.
    """

    inserts: dict[str, Block] = field(default_factory=dict)
    updates: list[tuple[str, Row, Row]] = field(default_factory=list)
    removals: list[tuple[str, Row]] = field(default_factory=list)
    roster_marks: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    acts: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=_zeros)
    proposals: list[Proposal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    outside: list[int] = field(default_factory=list)
    villages: set[str] = field(default_factory=set)
    leaves: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    prefix: str = field(default_factory=lambda: new_id()[:20])

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would change."""
        return not any(block.rows for block in self.inserts.values()) and not self.updates and not self.roster_marks

    def new(self, table: str, column: str) -> list[Any]:
        """Return one column of the rows to be inserted into a table."""
        return self.inserts[table].column(column) if table in self.inserts else []


class Home(NamedTuple):
    """A household of the file, new or registered, as the later steps need it."""

    id: str
    code: str
    village: str
    place: str
    exited_on: str | None = None


@dataclass(slots=True)
class Bench:
    """Everything the steps of planning share.

    `waiting` holds first row, register row and facts of each household of the file that is registered; `edits` what
    people changed of them by hand; `gone` the registered households that went into others.
    """

    connection: Connection
    understood: Understood
    background: Background
    register: Register
    calendar: Calendar
    choices: Choices
    actor: str
    round: Round | None
    import_day: date
    id_key: bytes
    edition: str
    moved: dict[str, Row]
    plan: Plan = field(default_factory=Plan)
    stamp: str = field(default_factory=now)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    homes: dict[int, Home] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    waiting: list[tuple[int, Row, Row]] = field(default_factory=list)
    edits: Edits = field(init=False)
    _ids: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        """Begin counting the new rows."""
        self._ids = map(f"{self.plan.prefix}%012x".__mod__, itertools.count())

    def value(self, key: str, nth: int) -> Any:
        """Return an understood value."""
        return self.understood.columns[key][nth]

    def warn(self, code: str, nth: int, key: str, value: str) -> None:
        """List something that only the register could tell."""
        cell = self.understood.cell(nth, key)
        self.plan.findings.append(Finding(code, nth + 1, cell, FIELDS[key].header, value))

    def new_id(self) -> str:
        """Return a new row id; ids of one import follow each other, so that indexes grow at their end."""
        return next(self._ids)

    def block(self, table: str, names: Sequence[str], *, edited: bool = True, **same: Any) -> Block:
        """Return the block of new rows of a table; `edited` ones carry when and by whom they were made."""
        if table not in self.plan.inserts:
            made = {"created_at": self.stamp, "created_by": self.actor, "rev": 1} if edited else {}
            self.plan.inserts[table] = Block(table, tuple(names), same | made)
        return self.plan.inserts[table]

    def propose(self, proposal: Proposal) -> bool:
        """List a proposal that is carried out only where it is chosen; say whether it is."""
        taken = self.choices.takes(proposal)
        self.plan.proposals.append(replace(proposal, taken=taken))
        return taken

    def propose_correction(self, proposal: Proposal, known: Row | None) -> bool:
        """As `propose`, of a visit that is there: one of a locked round is listed and stays, whatever is chosen."""
        if known is None or known["round"] not in self.calendar.locked:
            return self.propose(proposal)
        self.plan.proposals.append(replace(proposal, evidence=text("import.locked")))
        return False

    def fetch(self, sql: str, *values: str) -> list[Row]:
        """Return the rows of a statement as mappings."""
        return [dict(row) for row in self.connection.exec_driver_sql(sql, values).mappings()]

    def further_rows(self) -> dict[int, list[int]]:
        """Return the rows after the first of every household that has several."""
        rows: dict[int, list[int]] = {}
        for nth, first in self.understood.firsts.items():
            if nth != first:
                rows.setdefault(first, []).append(nth)
        return rows


#: Facts of a file and the columns they are kept in.
_FACTS: Final = ("head_name", "phone", "size", "household_class")
#: What stands or falls together with a point.
_OF_POINT: Final = ("coord_system", "coord_raw")
POINT: Final = ("lon", "lat", "coord_source", *_OF_POINT)


#: Codes of named groups follow this number.
_NAMED: Final = 900
_BLANK: Final = (None, "")
#: What a fact that nobody has told yet looks like.
NOTHING: Final = (None, "", "none")
#: Facts of a new household, with what stands where the file says nothing.
_TOLD: Final[Row] = {
    "head_name": "", "phone": "", "id_hash": None, "id_last4": None, "size": None, "household_class": "general",
    "lon": None, "lat": None, "coord_source": "none", "coord_system": "", "coord_raw": "", "note": "",
}  # fmt: skip


def plan_places(bench: Bench) -> None:
    """Find or make the group of every (village, group) the file names."""
    index = bench.background.units
    names = ("id", "code", "name", "full_name", "parent")
    block = bench.block("place", names, level="group", edition=bench.edition, boundary_computed=0)
    taken: dict[str, set[str]] = {}
    villages, groups = bench.understood.columns["village"], bench.understood.columns["group"]
    bench.plan.villages.update({villages[nth].id for nth in bench.understood.firsts})
    for nth in bench.understood.firsts:
        village, group = villages[nth], groups[nth]
        if group is None or (village.id, group.key) in bench.places:
            continue
        known = index.group(village, group)
        if known is not None:
            bench.places[village.id, group.key] = known.id
            continue
        if village.id not in taken:
            taken[village.id] = {unit.code for unit in index.groups.get(village.id, {}).values()}
        made, code = bench.new_id(), choose_group_code(village, group.key, taken[village.id])
        block.rows.append((made, code, group.name, group.name, village.id))
        bench.places[village.id, group.key] = made


def choose_group_code(village: Unit, key: str, taken: set[str]) -> str:
    """A numbered group takes its number as code (003); a named one, or one whose code is taken, 901 and on."""
    number = int(key[1:]) if key.startswith("#") else _NAMED + 1
    while (code := f"{village.code}{number:03d}") in taken:
        number = max(number, _NAMED) + 1
    taken.add(code)
    return code


def plan_households(bench: Bench) -> None:
    """Plan new households, and put those that are registered aside for `registered.plan_registered`."""
    columns = bench.understood.columns
    firsts = [nth for nth, first in bench.understood.firsts.items() if nth == first]
    villages, codes = [columns["village"][nth].id for nth in firsts], [columns["code"][nth] for nth in firsts]
    step("plan", 0, len(firsts))
    told = tell_facts(bench, firsts)
    places = [place or village for place, village in zip(told.pop("place"), villages, strict=True)]
    named = zip(villages, codes, strict=True)
    known = [bench.register.households.get(one) or bench.moved.get(one[1]) for one in named]
    ids = ["" if row else bench.new_id() for row in known]
    for nth, row in enumerate(known):
        if row:
            said = {name: column[nth] for name, column in told.items() if column[nth] is not None}
            if columns["group"][firsts[nth]] is not None:
                said["place"] = places[nth]
            bench.waiting.append((firsts[nth], row, said))
    homes = map(Home, ids, codes, villages, places)
    bench.homes = {
        first: home_of(row) if row else home for first, row, home in zip(firsts, known, homes, strict=True)
    }  # fmt: skip
    names = ("id", "code", "village", "place", *_TOLD, "predecessor", "tile_id")
    block = bench.block("household", names, residence="at_home")
    tile = int(bench.connection.exec_driver_sql("SELECT coalesce(max(tile_id), 0) FROM household").scalar_one())
    rows = zip(ids, codes, villages, places, *map(_fill, told.values(), _TOLD.values()), repeat(None), strict=False)
    block.rows += [(*row, tile) for tile, row in enumerate(filter(itemgetter(0), rows), start=tile + 1)]
    bench.plan.counts["households_new"] += len(block.rows)
    list_same_heads(bench, [first for first, row in zip(firsts, known, strict=True) if not row])
    step("plan", len(firsts), len(firsts))


def _fill(column: list[Any], blank: Any) -> list[Any]:
    """Return a column of facts with what stands where nothing is said."""
    return column if blank is None else [blank if value is None else value for value in column]


def tell_facts(bench: Bench, firsts: list[int]) -> dict[str, list[Any]]:
    """Return what the file says of each household (by its first row), by column of `household`; None: nothing.

    Of several rows of one household the first that says anything of a fact counts. A note beside a visit is its own.
    """
    columns = dict(bench.understood.columns)
    said = zip(columns["note"], columns["visit"], strict=True)
    columns["note"] = [note if visit is None else "" for note, visit in said]
    for key in (*_FACTS, "note", "id_number", "lon", "lat", *_OF_POINT) if (further := bench.further_rows()) else ():
        column = columns[key] = list(columns[key])
        for first, rows in further.items():
            if column[first] in _BLANK:
                column[first] = next((column[nth] for nth in rows if column[nth] not in _BLANK), None)
    told: dict[str, list[Any]] = {name: [columns[name][nth] or None for nth in firsts] for name in (*_FACTS, "note")}
    numbers = [columns["id_number"][nth] for nth in firsts]
    told["id_hash"] = hash_ids(bench.id_key, numbers)
    told["id_last4"] = [number[-4:] if number else None for number in numbers]
    points = [(columns["lon"][nth], columns["lat"][nth]) for nth in firsts]
    located = [lon is not None and lat is not None for lon, lat in points]
    for name, values in (("lon", columns["lon"]), ("lat", columns["lat"])):
        told[name] = [round(values[nth], 7) if here else None for nth, here in zip(firsts, located, strict=True)]
    told["coord_source"] = ["import" if here else None for here in located]
    for name in _OF_POINT:
        told[name] = [columns[name][nth] or "" if here else None for nth, here in zip(firsts, located, strict=True)]
    groups = ((columns["village"][nth].id, columns["group"][nth]) for nth in firsts)
    places = [bench.places[village, group.key] if group is not None else None for village, group in groups]
    return {name: told[name] for name in _TOLD} | {"place": places}


def home_of(row: Row) -> Home:
    """Return a registered household's row as the later steps need it."""
    return Home(row["id"], row["code"], row["village"], row["place"], row["exited_on"])


def list_same_heads(bench: Bench, firsts: list[int]) -> None:
    """List (W_DUP_PERSON) new households with the ID number of another in the district, or its name, group and size.

    Nothing is merged. Two different ID numbers are two persons.
    """
    columns = bench.understood.columns
    by_number = hash_owners(bench.connection) if any(columns["id_number"]) else {}
    by_name: dict[tuple[str, str, int], list[Row]] = {}
    for row in bench.register.households.values():
        if row["head_name"] and row["size"] and not row["exited_on"]:
            by_name.setdefault((row["place"], row["head_name"], row["size"]), []).append(row)
    if not by_number and not by_name:
        return
    new = bench.plan.inserts["household"]
    facts = zip(*(new.column(name) for name in ("place", "head_name", "size", "id_hash", "id_last4")), strict=True)
    for first, (place, head, size, id_hash, last4) in zip(firsts, facts, strict=True):
        other = by_number.get(id_hash)
        if other is not None:
            bench.warn("W_DUP_PERSON", first, "id_number", f"…{last4} = {other}")
            continue
        same = (row for row in by_name.get((place, head, size), ()) if not (row["id_hash"] and id_hash))
        known = next(same, None)
        if known is not None:
            bench.warn("W_DUP_PERSON", first, "head_name", f"{head} = {known['code']}")

"""What an understood file would change, row by row, against what is registered; nothing is written here."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from geo.importer.blocks import Block
from geo.importer.findings import FIELDS, Finding
from geo.importer.progress import EVERY_ROWS, step
from geo.importer.register import hash_id, hash_owners
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
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def value(self, key: str, nth: int) -> Any:
        """Return an understood value."""
        return self.understood.columns[key][nth]

    def warn(self, code: str, nth: int, key: str, value: str) -> None:
        """List something that only the register could tell."""
        cell = self.understood.cell(nth, key)
        self.plan.findings.append(Finding(code, nth + 1, cell, FIELDS[key].header, value))

    def new_id(self) -> str:
        """Return a new row id; ids of one import follow each other, so that indexes grow at their end."""
        return f"{self.plan.prefix}{next(self._ids):012x}"

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
    heads = Heads(bench)
    tile = int(bench.connection.exec_driver_sql("SELECT coalesce(max(tile_id), 0) FROM household").scalar_one())
    villages, codes = bench.understood.columns["village"], bench.understood.columns["code"]
    names = ("id", "code", "village", "place", "tile_id", *_TOLD, "predecessor")
    block = bench.block("household", names, residence="at_home")
    read, blanks = FactReader(bench), tuple(_TOLD.values())
    for nth, first in bench.understood.firsts.items():
        if nth != first:
            continue
        if len(bench.homes) % EVERY_ROWS == 0:
            step("plan", len(bench.homes), len(bench.understood.firsts))
        village, code = villages[first], codes[first]
        facts = read.facts(first)
        known = bench.register.households.get((village.id, code))
        known = known or bench.moved.get(code)
        if known is not None:
            bench.waiting.append((first, known, facts))
            bench.homes[first] = home_of(known)
            continue
        tile += 1
        place = facts.get("place", village.id)
        home = bench.homes[first] = Home(bench.new_id(), code, village.id, place)
        block.rows.append((home.id, code, village.id, place, tile, *map(facts.get, _TOLD, blanks), None))
        heads.list_same(first, home, facts)
    bench.plan.counts["households_new"] += len(block.rows)


class FactReader:
    """What a file says of each of its households: of several rows the first that says anything of a fact counts."""

    def __init__(self, bench: Bench) -> None:
        """Take the columns, with what further rows add to a household's first row."""
        self._bench = bench
        self._columns = dict(bench.understood.columns)
        further = bench.further_rows()
        for key in (*_FACTS, "id_number", "lon", "lat", *_OF_POINT) if further else ():
            column = self._columns[key] = list(self._columns[key])
            for first, rows in further.items():
                if column[first] in _BLANK:
                    column[first] = next((column[nth] for nth in rows if column[nth] not in _BLANK), None)
        # A note beside a visit is the visit's.
        said = zip(self._columns["note"], self._columns["visit"], strict=True)
        notes = self._columns["note"] = [note if visit is None else "" for note, visit in said]
        for first, rows in further.items():
            notes[first] = notes[first] or next((notes[nth] for nth in rows if notes[nth]), "")

    def facts(self, first: int) -> Row:
        """Return the facts of the household whose first row is given, by column of `household`."""
        columns, bench = self._columns, self._bench
        facts: Row = {}
        for name in (*_FACTS, "note"):
            value = columns[name][first]
            if value:
                facts[name] = value
        number = columns["id_number"][first]
        if number:
            facts["id_hash"], facts["id_last4"] = hash_id(bench.id_key, number), number[-4:]
        lon, lat = columns["lon"][first], columns["lat"][first]
        if lon is not None and lat is not None:
            facts["lon"], facts["lat"], facts["coord_source"] = round(lon, 7), round(lat, 7), "import"
            for name in _OF_POINT:
                facts[name] = columns[name][first] or ""
        group = columns["group"][first]
        if group is not None:
            facts["place"] = bench.places[columns["village"][first].id, group.key]
        return facts


def home_of(row: Row) -> Home:
    """Return a registered household's row as the later steps need it."""
    return Home(row["id"], row["code"], row["village"], row["place"], row["exited_on"])


class Heads:
    """Who heads the households of the register, to list a new one that may be one of them; nothing is merged."""

    def __init__(self, bench: Bench) -> None:
        """Read the heads once: by ID number in the whole district, by name, group and size in the file's villages."""
        self._bench = bench
        self._by_number = hash_owners(bench.connection) if any(bench.understood.columns["id_number"]) else {}
        self._by_name: dict[tuple[str, str, int], list[Row]] = {}
        for row in bench.register.households.values():
            if row["head_name"] and row["size"] and not row["exited_on"]:
                self._by_name.setdefault((row["place"], row["head_name"], row["size"]), []).append(row)

    def list_same(self, first: int, home: Home, facts: Row) -> None:
        """List (W_DUP_PERSON) a new household with the ID number, or the name, group and size, of another one."""
        other = self._by_number.get(facts.get("id_hash", ""))
        if other is not None:
            self._bench.warn("W_DUP_PERSON", first, "id_number", f"…{facts['id_last4']} = {other}")
            return
        for row in self._by_name.get((home.place, facts.get("head_name", ""), facts.get("size", 0)), ()):
            # Two different ID numbers are two persons.
            if not (row["id_hash"] and "id_hash" in facts):
                self._bench.warn("W_DUP_PERSON", first, "head_name", f"{facts['head_name']} = {row['code']}")
                return

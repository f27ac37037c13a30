"""What an understood file would change, row by row, against what is registered; nothing is written here."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geo.importer.findings import FIELDS, Finding
from geo.importer.register import HOUSEHOLD_COLUMNS, hash_id, hash_owners
from geo.model import new_id
from geo.schema import household
from geo.store.database import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection

    from geo.importer.register import Register, Row
    from geo.importer.rounds import Calendar
    from geo.importer.understand import Background, Understood
    from geo.model import Round
    from geo.units import Unit


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user decided about a file besides its answers.

    `apply` holds the kinds of proposals to carry out: correction (another outcome of a known visit), move (a
    district-wide code now in another village). Additions (新增户) are stored unless `take_additions` is off. `begun`
    holds villages whose baseline began with an earlier file of the same drop: it goes on with this one. `again` says
    that the very same file was imported before: what was changed since then is newer than the file.
    """

    apply: frozenset[str] = frozenset()
    take_additions: bool = True
    added_on: date | None = None
    begun: frozenset[str] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something the file suggests and nobody has decided: kind is correction, move, addition or missing.

    `taken` says whether it is carried out with this import; row 0 stands for a household that no row names.
    """

    kind: str
    row: int
    code: str
    unit: str
    before: str
    after: str
    taken: bool


#: What a plan counts; all of them stand in every report.
COUNTS: Final = (
    "groups_new", "households_new", "households_changed", "households_same", "tags_new", "visits_new", "visits_same",
    "visits_corrected", "visits_joined", "visits_outside", "issues_new", "issues_same", "roster_baseline",
    "roster_added", "roster_missing",
)  # fmt: skip


def _zeros() -> Counter[str]:
    return Counter(dict.fromkeys(COUNTS, 0))


@dataclass(slots=True)
class Plan:
    """Rows to insert by table, changes of rows that are there, and what is said about them."""

    inserts: dict[str, list[Row]] = field(default_factory=dict)
    updates: list[tuple[str, Row, Row]] = field(default_factory=list)
    roster_marks: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=_zeros)
    proposals: list[Proposal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    outside: list[int] = field(default_factory=list)
    villages: set[str] = field(default_factory=set)
    leaves: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would change."""
        return not any(self.inserts.values()) and not self.updates and not self.roster_marks

    def insert(self, table: str, row: Row) -> None:
        """Add one row to be inserted."""
        self.inserts.setdefault(table, []).append(row)


@dataclass(slots=True)
class Bench:
    """Everything the steps of planning share."""

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
    homes: dict[int, Row] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=itertools.count)
    _prefix: str = field(default_factory=lambda: new_id()[:20])

    def value(self, key: str, nth: int) -> Any:
        """Return an understood value."""
        return self.understood.columns[key][nth]

    def warn(self, code: str, nth: int, key: str, value: str) -> None:
        """List something that only the register could tell."""
        cell = self.understood.cell(nth, key)
        self.plan.findings.append(Finding(code, nth + 1, cell, FIELDS[key].header, value))

    def new_id(self) -> str:
        """Return a new row id; ids of one import follow each other, so that indexes grow at their end."""
        return f"{self._prefix}{next(self._ids):012x}"

    def created(self) -> Row:
        """Return the columns of an edited row that is new."""
        return {"created_at": self.stamp, "created_by": self.actor, "updated_at": None, "updated_by": None, "rev": 1}

    def rows_of_homes(self) -> Iterator[tuple[int, list[int]]]:
        """Yield the first row of every household with all its rows."""
        rows: dict[int, list[int]] = {}
        for nth, first in self.understood.firsts.items():
            rows.setdefault(first, []).append(nth)
        yield from rows.items()


#: Facts of a file and the columns they are kept in.
_FACTS = ("head_name", "phone", "size", "household_class")
#: What stands or falls together with a point.
_POINT: Final = ("lon", "lat", "coord_source", "coord_system", "coord_raw")


def plan_places(bench: Bench) -> None:
    """Find or make the group of every (village, group) the file names."""
    index = bench.background.units
    numbers: dict[str, int] = {}
    for nth in bench.understood.firsts:
        village, group = bench.value("village", nth), bench.value("group", nth)
        bench.plan.villages.add(village.id)
        if group is None or (village.id, group.key) in bench.places:
            continue
        known = index.group(village, group)
        if known is not None:
            bench.places[village.id, group.key] = known.id
            continue
        row = _new_group(bench, village, group.key, group.name, numbers)
        bench.places[village.id, group.key] = row["id"]
        bench.plan.insert("place", row)
        bench.plan.counts["groups_new"] += 1


def _new_group(bench: Bench, village: Unit, key: str, name: str, numbers: dict[str, int]) -> Row:
    """A numbered group takes its number as code (003); a named one takes 901 and on."""
    groups = bench.background.units.groups.get(village.id, {})
    taken = {unit.code for unit in groups.values()}
    taken |= {row["code"] for row in bench.plan.inserts.get("place", ())}
    number = int(key[1:]) if key.startswith("#") else numbers.get(village.id, 900) + 1
    while f"{village.code}{number:03d}" in taken:
        number = max(number, 900) + 1
    if not key.startswith("#"):
        numbers[village.id] = number
    return {
        "id": bench.new_id(), "code": f"{village.code}{number:03d}", "name": name, "full_name": name, "level": "group",
        "parent": village.id, "edition": bench.edition, "valid_from": None, "valid_to": None, "successor": None,
        "boundary": None, "boundary_computed": 0, "lon": None, "lat": None, **bench.created(),
    }  # fmt: skip


def plan_households(bench: Bench) -> None:
    """Plan new, changed and moved households; what is blank in the file stays as it is."""
    heads = Heads(bench)
    tile = int(bench.connection.exec_driver_sql("SELECT coalesce(max(tile_id), 0) FROM household").scalar_one())
    for first, rows in bench.rows_of_homes():
        village, code = bench.value("village", first), bench.value("code", first)
        facts = _facts(bench, rows)
        known = bench.register.households.get((village.id, code))
        if known is not None and bench.choices.again:
            facts = {name: value for name, value in facts.items() if known[name] in _NOTHING}
        if known is None and code in bench.moved:
            known = _propose_move(bench, first, bench.moved[code], facts)
        if known is None:
            tile += 1
            home = _new_home(bench, first, facts, tile)
            heads.list_same(first, home)
        else:
            home = _change_home(bench, known, facts)
        bench.homes[first] = home
        bench.plan.leaves.add(home["place"])


def _facts(bench: Bench, rows: list[int]) -> Row:
    """Return what the rows of one household say of it: the first that says anything of a fact counts."""
    columns = bench.understood.columns

    def said(key: str) -> Any:
        column = columns[key]
        return column[rows[0]] or next((column[nth] for nth in rows if column[nth] not in (None, "")), None)

    facts: Row = {name: value for name in _FACTS if (value := said(name))}
    number = said("id_number")
    if number:
        facts |= {"id_hash": hash_id(bench.id_key, number), "id_last4": number[-4:]}
    lon, lat = said("lon"), said("lat")
    if lon is not None and lat is not None:
        facts |= {"lon": round(lon, 7), "lat": round(lat, 7), "coord_source": "import", "coord_system": "wgs84"}
    group, village = bench.value("group", rows[0]), bench.value("village", rows[0])
    if group is not None:
        facts["place"] = bench.places[village.id, group.key]
    note = next((text for nth in rows if (text := bench.value("note", nth)) and bench.value("visit", nth) is None), "")
    return facts | ({"note": note} if note else {})


#: What a fact that nobody has told yet looks like.
_NOTHING = (None, "", "none")

_DEFAULTS: Row = {
    **dict.fromkeys(HOUSEHOLD_COLUMNS), "head_name": "", "phone": "", "household_class": "general",
    "residence": "at_home", "coord_source": "none", "coord_system": "", "coord_raw": "", "note": "",
}  # fmt: skip


def _new_home(bench: Bench, first: int, facts: Row, tile: int) -> Row:
    village = bench.value("village", first)
    home = _DEFAULTS | {
        "id": bench.new_id(), "tile_id": tile, "code": bench.value("code", first),
        "village": village.id, "place": village.id,
        **facts, **bench.created(),
    }  # fmt: skip
    bench.plan.insert("household", home)
    bench.plan.counts["households_new"] += 1
    return home


def _change_home(bench: Bench, known: Row, facts: Row) -> Row:
    """A point that was measured or set on the map is better than the file's; the same point again keeps its source."""
    same_point = (known["lon"], known["lat"]) == (facts.get("lon"), facts.get("lat"))
    if known["coord_source"] in ("gps", "map_click") or same_point:
        facts = {name: value for name, value in facts.items() if name not in _POINT}
    changed = {name: value for name, value in facts.items() if known[name] != value}
    if not changed:
        bench.plan.counts["households_same"] += 1
        return known
    changes = changed | {"updated_at": bench.stamp, "updated_by": bench.actor, "rev": known["rev"] + 1}
    bench.plan.updates.append((household.name, known, changes))
    bench.plan.counts["households_changed"] += 1
    return known | changes


def _propose_move(bench: Bench, first: int, known: Row, facts: Row) -> Row:
    """A district-wide code that is registered in another village is the same household, perhaps moved."""
    taken = "move" in bench.choices.apply
    village = bench.value("village", first)
    before = bench.background.units.by_id[known["village"]].name
    bench.plan.proposals.append(Proposal("move", first + 1, known["code"], before, before, village.name, taken))
    if taken:
        facts.setdefault("place", village.id)
        facts["village"] = village.id
    else:
        for name in ("place", "lon", "lat", "coord_source"):
            facts.pop(name, None)
    return known


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

    def list_same(self, first: int, home: Row) -> None:
        """List (W_DUP_PERSON) a new household with the ID number, or the name, group and size, of another one."""
        other = self._by_number.get(home["id_hash"] or "")
        if other is not None:
            self._bench.warn("W_DUP_PERSON", first, "id_number", f"…{home['id_last4']} = {other}")
            return
        for row in self._by_name.get((home["place"], home["head_name"], home["size"] or 0), ()):
            # Two different ID numbers are two persons.
            if not (row["id_hash"] and home["id_hash"]):
                self._bench.warn("W_DUP_PERSON", first, "head_name", f"{home['head_name']} = {row['code']}")
                return

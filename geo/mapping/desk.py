"""What the steps of loading a mapped file share: the transaction, the plan that grows, the places that are there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from geo.errors import Invalid
from geo.importer.blocks import Block
from geo.importer.journal import KEYS, columns_of
from geo.importer.plan import Plan
from geo.store.database import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from sqlalchemy import Connection

    from geo.importer.register import Row
    from geo.mapping.ledger import Ledger
    from geo.mapping.spec import MappingSpec
    from geo.model import Round

#: Values in one IN (…) list.
_PART = 500


_PICK = {table: itemgetter(*columns_of(table)) for table in KEYS}


@dataclass(frozen=True, slots=True)
class Home:
    """A household as the visits and issues of a file need it: its id, village and place (ids)."""

    id: str
    village: str
    place: str
    code: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """The place of a row: the lowest unit and the village it belongs to (ids), with the code it is known by."""

    id: str
    village: str
    code: str


@dataclass(slots=True)
class Desk:
    """Everything the steps share.

    `homes` has the household of every row that names one, `leaves` its place; None for the others. `visits` has the
    household, and day, mode and outcome, of every row that makes a visit, `issues` every row that tells of an issue.
    `visit_date` is the day (ISO) of visits that have none. `begun` and `again`: see `importer.proposals.Choices`;
    `category_names`: what the database calls the categories of issues, by their codes. `new`
    holds the new rows of each table in the order of its columns, `new_places` those of places.
    """

    connection: Connection
    spec: MappingSpec
    ledger: Ledger
    actor: str
    today: date
    edition: str
    root: str
    id_key: bytes
    visit_date: str | None = None
    begun: frozenset[str] = frozenset()
    again: bool = False
    category_names: dict[str, str] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    stamp: str = field(default_factory=now)
    homes: list[Home | None] = field(default_factory=list)
    leaves: list[Leaf | None] = field(default_factory=list)
    visits: dict[int, tuple[Home, tuple[str, str, str]]] = field(default_factory=dict)
    issues: set[int] = field(default_factory=set)
    rounds: list[Round] = field(default_factory=list)
    made_rounds: list[Round] = field(default_factory=list)
    new: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    new_places: list[Row] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def new_id(self) -> str:
        """Return a new row id; ids of one load follow each other, so that indexes grow at their end."""
        return f"{self.plan.prefix}{next(self._ids):012x}"

    def insert(self, table: str, row: Row) -> None:
        """Plan one new row; it carries every column of its table. A place may still be completed until all is read."""
        if table == "place":
            self.new_places.append(row)
        else:
            self.new.setdefault(table, []).append(_PICK[table](row))

    def fill_plan(self) -> Plan:
        """Return the plan with all new rows as blocks, in the order of their keys."""
        if self.new_places:
            self.new["place"] = [_PICK["place"](row) for row in self.new_places]
        for table, rows in self.new.items():
            names = columns_of(table)
            rows.sort(key=itemgetter(*(names.index(key) for key in reversed(KEYS[table]))))
            self.plan.inserts[table] = Block(table, tuple(names), {}, rows)
        return self.plan

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would change."""
        return not (self.new or self.new_places or self.made_rounds) and self.plan.is_empty

    def created(self) -> Row:
        """Return the columns of an edited row that is new."""
        return {"created_at": self.stamp, "created_by": self.actor, "updated_at": None, "updated_by": None, "rev": 1}

    def changed(self, known: Row) -> Row:
        """Return the columns of an edited row that changes."""
        return {"updated_at": self.stamp, "updated_by": self.actor, "rev": known["rev"] + 1}

    def fetch(self, sql: str, values: Iterable[Any]) -> Iterator[Row]:
        """Yield the rows of a statement whose `IN ({marks})` takes the values, part by part."""
        wanted = sorted(set(values))
        for start in range(0, len(wanted), _PART):
            part = wanted[start : start + _PART]
            marks = ", ".join("?" * len(part))
            rows = self.connection.exec_driver_sql(sql.format(marks=marks), tuple(part)).mappings()
            yield from (dict(row) for row in rows)


class PlaceBook:
    """The places of the database and those that the file adds, by code."""

    def __init__(self, desk: Desk) -> None:
        """Read every unit that is there today."""
        self._desk = desk
        rows = desk.connection.exec_driver_sql("SELECT * FROM place WHERE valid_to IS NULL")
        self.by_code: dict[str, Row] = {row["code"]: dict(row) for row in rows.mappings()}
        self.by_id: dict[str, Row] = {row["id"]: row for row in self.by_code.values()}

    def ensure(self, level: str, code: str, name: str, parent: str) -> Row:
        """Return the place with a code, made under its parent where there is none.

        Raises `Invalid` where the code is another level's or lies under another unit.
        """
        known = self.by_code.get(code)
        if known is None:
            return self.add(
                {"code": code, "name": name or code, "full_name": name or code, "level": level, "parent": parent}
            )
        if known["level"] != level or (known["parent"] or parent) != parent:
            above = self.by_id.get(known["parent"] or "", known)["name"]
            raise Invalid("mapping.place_taken", code=code, name=known["name"], above=above)
        return known

    def add(self, said: Row) -> Row:
        """Plan a new place."""
        row: Row = {
            "id": self._desk.new_id(), "edition": self._desk.edition, "valid_from": None, "valid_to": None,
            "successor": None, "boundary": None, "boundary_computed": 0, "lon": None, "lat": None,
            **self._desk.created(), **said,
        }  # fmt: skip
        self._desk.insert("place", row)
        self._desk.plan.counts["places_new"] += 1
        self.by_code[row["code"]] = self.by_id[row["id"]] = row
        return row

    def is_under(self, place_id: str, ancestor: str) -> bool:
        """Say whether a place is, or lies in, another."""
        here: str | None = place_id
        while here is not None:
            if here == ancestor:
                return True
            here = self.by_id[here]["parent"] if here in self.by_id else None
        return False

    def village_of(self, place_id: str) -> str:
        """Return the village that a place is or lies in; the place itself above that."""
        here: str | None = place_id
        while here is not None:
            if self.by_id[here]["level"] == "village":
                return here
            here = self.by_id[here]["parent"]
        return place_id

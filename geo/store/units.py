"""The hierarchy of units in the database: loading a shipped edition into `place` and `place_path`, reading it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.earlier import EarlierUnits
from geo.schema import import_batch, place, place_path
from geo.store.database import now
from geo.store.editions import read_edition
from geo.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


def load_edition(connection: Connection, edition: str) -> None:
    """Insert the district, townships and villages of a shipped edition, with their paths.

    Ids are `u<edition>-<code>` and stamps are the edition's day, so the same edition gives the same rows everywhere.
    Raises `Invalid` for an edition that does not ship.
    """
    listed = list(read_edition(edition).units.values())
    stamp = {"created_at": f"{edition}T00:00:00.000Z", "created_by": "edition", "edition": edition}
    valid_from = date.fromisoformat(edition)
    rows = [
        {
            "id": unit_id(edition, one.code), "code": one.code, "name": one.name, "full_name": one.full_name,
            "level": one.level, "parent": unit_id(edition, one.parent) if one.parent else None,
            "valid_from": valid_from, **stamp,
        }
        for one in listed
    ]  # fmt: skip
    connection.execute(place.insert(), rows)
    parents = {one.code: one.parent for one in listed}
    paths = [
        {"place": unit_id(edition, one.code), "ancestor": unit_id(edition, above), "depth": depth}
        for one in listed
        for depth, above in enumerate(_upwards(one.code, parents))
    ]
    connection.execute(place_path.insert(), paths)


def insert_district(connection: Connection, edition: str, code: str, name: str) -> None:
    """Insert a district of one's own, with its path: the root of a database whose units come from files."""
    values = {
        "id": unit_id(edition, code), "code": code, "name": name, "full_name": name, "level": "district",
        "edition": edition, "created_at": now(), "created_by": "edition",
    }  # fmt: skip
    connection.execute(place.insert().values(**values))
    connection.execute(place_path.insert().values(place=values["id"], ancestor=values["id"], depth=0))


def unit_id(edition: str, code: str) -> str:
    """Return the place id of a shipped unit."""
    return f"u{edition}-{code}"


def read_units(connection: Connection) -> list[Unit]:
    """Return every unit that is there today, groups included, as `geo.units.Unit`, by code: none of an earlier list."""
    rows = connection.execute(
        select(place.c.id, place.c.code, place.c.name, place.c.full_name, place.c.level, place.c.parent)
        .where(place.c.valid_to.is_(None))
        .order_by(place.c.code)
    )
    return [Unit(*row) for row in rows]


def read_earlier(connection: Connection, file_hash: str = "") -> EarlierUnits | None:
    """Return the units as they stood before each newer list, the newest first; None where no list was loaded.

    A file that was imported before a list was loaded (its hash) is read in the units of its own time first.
    """
    columns = (place.c.id, place.c.code, place.c.name, place.c.full_name, place.c.level, place.c.parent)
    ends = list(connection.execute(select(place.c.valid_to).distinct().where(place.c.successor.is_not(None))).scalars())
    if not ends:
        return None
    rows = connection.execute(select(*columns, place.c.valid_from, place.c.valid_to, place.c.successor)).all()
    units = {row.id: Unit(*row[: len(columns)]) for row in rows}
    heirs = _find_heirs(units, {row.id: (row.valid_to, row.successor) for row in rows})
    read_in = connection.execute(
        select(import_batch.c.edition)
        .where(import_batch.c.file_hash == file_hash, import_batch.c.undone_at.is_(None))
        .order_by(import_batch.c.seq.desc())
    ).scalar()
    # A database's units from files have an edition that is no day: no list is ever loaded over them.
    own = min((end for end in ends if read_in and end.isoformat() > read_in), default=None)
    states = [
        [
            units[row.id]
            for row in rows
            if (row.valid_from is None or row.valid_from < end) and (row.valid_to is None or row.valid_to >= end)
        ]
        for end in sorted(ends, key=lambda end: (end != own, -end.toordinal()))
    ]
    return EarlierUnits(states, heirs, comes_first=own is not None)


def _find_heirs(units: dict[str, Unit], ends: dict[str, tuple[date | None, str | None]]) -> dict[str, Unit]:
    """Return each unit's successor of today, itself where it is there; none where the line ends."""
    heirs = {}
    for one in units:
        heir: str | None = one
        while heir is not None and ends[heir][0] is not None:
            heir = ends[heir][1]
        if heir is not None:
            heirs[one] = units[heir]
    return heirs


def _upwards(code: str, parents: dict[str, str]) -> Iterator[str]:
    while code:
        yield code
        code = parents[code]

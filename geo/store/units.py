"""The hierarchy of units in the database: loading a shipped edition into `place` and `place_path`, reading it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.schema import place, place_path
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


def _upwards(code: str, parents: dict[str, str]) -> Iterator[str]:
    while code:
        yield code
        code = parents[code]

"""The shipped hierarchy of units: which editions there are, and loading one into `place` and `place_path`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo import config
from geo.errors import Invalid
from geo.schema import place, place_path
from geo.store.database import read_setting
from geo.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

#: The edition of a new database.
DEFAULT_EDITION: Final = "2023-06-30"
_PREFIX: Final = "units_"


@dataclass(frozen=True, slots=True)
class _Listed:
    level: str
    code: str
    name: str
    full_name: str
    parent: str


def list_editions() -> list[str]:
    """Return the days of the shipped editions of the hierarchy, oldest first."""
    return sorted(path.stem.removeprefix(_PREFIX) for path in (config.DATA_DIR / "admin").glob(f"{_PREFIX}*.csv"))


def load_edition(connection: Connection, edition: str) -> None:
    """Insert the district, townships and villages of a shipped edition, with their paths.

    Ids are `u<edition>-<code>` and stamps are the edition's day, so the same edition gives the same rows everywhere.
    Raises `Invalid` for an edition that does not ship.
    """
    if edition not in list_editions():
        raise Invalid("err.no_edition", edition=edition, editions=", ".join(list_editions()))
    listed = list(_read_edition(edition))
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


def unit_id(edition: str, code: str) -> str:
    """Return the place id of a shipped unit."""
    return f"u{edition}-{code}"


def read_units(connection: Connection) -> list[Unit]:
    """Return every unit of the database's edition, groups included, as `geo.units.Unit`, by code."""
    edition = read_setting(connection, "edition")
    rows = connection.execute(
        select(place.c.id, place.c.code, place.c.name, place.c.full_name, place.c.level, place.c.parent)
        .where(place.c.edition == edition)
        .order_by(place.c.code)
    )
    return [Unit(*row) for row in rows]


def _read_edition(edition: str) -> Iterator[_Listed]:
    path = config.DATA_DIR / "admin" / f"{_PREFIX}{edition}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield _Listed(row["level"], row["code"], row["name"], row["full_name"], row["parent"])


def _upwards(code: str, parents: dict[str, str]) -> Iterator[str]:
    while code:
        yield code
        code = parents[code]

"""片区: areas drawn on the map and kept under a name, to choose the same households again; no unit, in no figure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.access import places_inside, require_area, require_right
from geo.audit import log_change
from geo.errors import Invalid, NotFound
from geo.model import new_id
from geo.schema import zone
from geo.store.database import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.model import Scope
    from geo.store.database import Database

_FEWEST_CORNERS: Final = 3
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Zone:
    """A kept area: its id, name, the place it was drawn on, its corners (lon, lat in WGS84 degrees)."""

    id: str
    name: str
    place: str
    ring: tuple[tuple[float, float], ...]


def list_zones(db: Database, scope: Scope) -> list[Zone]:
    """Return the areas that were drawn on places of the scope's area, by name."""
    require_right(scope, "view")
    inside = places_inside(scope)
    wanted = select(zone.c.id, zone.c.name, zone.c.place, zone.c.ring).where(zone.c.place.in_(inside))
    with db.read() as connection:
        rows = connection.execute(wanted.order_by(zone.c.name, zone.c.id)).all()
    return [Zone(row.id, row.name, row.place, _read_ring(row.ring)) for row in rows]


def save_zone(db: Database, scope: Scope, *, name: str, place_id: str, ring: Sequence[tuple[float, float]]) -> Zone:
    """Keep an area under a name. Raises `Invalid` for an empty, long or taken name and for no area."""
    require_right(scope, "assign")
    said = name.strip()
    if not said:
        raise Invalid("err.name_empty")
    if len(said) > _LONGEST_NAME or len(ring) < _FEWEST_CORNERS:
        raise Invalid("err.zone", most=_LONGEST_NAME)
    made = Zone(new_id(), said, place_id, tuple((float(lon), float(lat)) for lon, lat in ring))
    with db.write() as connection:
        require_area(connection, scope, place_id)
        taken = select(zone.c.id).where(zone.c.place == place_id, zone.c.name == said)
        if connection.execute(taken).first() is not None:
            raise Invalid("err.zone_taken", name=said)
        connection.execute(
            zone.insert().values(
                id=made.id, name=said, place=place_id, ring=json.dumps(made.ring), created_at=now(),
                created_by=scope.actor,
            )
        )  # fmt: skip
        log_change(connection, scope, action="zone.save", object_id=made.id, diff={"corners": len(made.ring)})
    return made


def remove_zone(db: Database, scope: Scope, *, zone_id: str) -> None:
    """Forget a kept area. Raises `NotFound` for one that is not there, `NotAllowed` for one of another area."""
    require_right(scope, "assign")
    with db.write() as connection:
        place_id = connection.execute(select(zone.c.place).where(zone.c.id == zone_id)).scalar()
        if place_id is None:
            raise NotFound("err.no_zone")
        require_area(connection, scope, place_id)
        connection.execute(zone.delete().where(zone.c.id == zone_id))
        log_change(connection, scope, action="zone.remove", object_id=zone_id)


def _read_ring(said: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(lon), float(lat)) for lon, lat in json.loads(said))

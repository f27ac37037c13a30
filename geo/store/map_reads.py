"""What the map reads besides figures and homes: where households are, and issues that belong to a unit itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, or_, select

from geo.access import places_around, places_inside, require_area, require_right
from geo.issues import issue_status
from geo.schema import household, place, place_path, round_roster
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.remember import Remembered, read_revision, stamp_issues

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    from sqlalchemy import Connection, Select

    from geo.model import Scope
    from geo.store.database import Database

_stamps: Final[Remembered[tuple[object, ...]]] = Remembered(16)
_unit_issues: Final[Remembered[dict[str, int]]] = Remembered(8)


def read_points(db: Database, scope: Scope, *, place_id: str, round_id: str | None = None) -> pd.DataFrame:
    """Return one row per household living under a place: leaf, village (place ids), lon, lat (WGS84 degrees, or empty).

    With a round, a household of its roster is where the roster has it: units that a later edition closed keep their
    land. In a fixed order, so that what is computed from it is always the same.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        listed = _land_round(connection, round_id)
        wanted = _living() if listed is None else _listed(listed)
        here = wanted.where(place_path.c.ancestor == place_id, household.c.exited_on.is_(None))
        return read_frame(connection, here.order_by(household.c.tile_id))


def land_round(db: Database, scope: Scope, *, round_id: str | None) -> str | None:
    """Return the round if its land may be another than today's: where an edition has closed units; else None."""
    require_right(scope, "view")
    with db.read() as connection:
        return _land_round(connection, round_id)


def _land_round(connection: Connection, round_id: str | None) -> str | None:
    closed = connection.execute(select(place.c.id).where(place.c.valid_to.is_not(None)).limit(1)).first()
    return None if closed is None else round_id


def _living() -> Select[Any]:
    """Households where they live: leaf, village, lon, lat."""
    columns = (household.c.place.label("leaf"), household.c.village, household.c.lon, household.c.lat)
    return select(*columns).join(place_path, place_path.c.place == household.c.place)


def _listed(round_id: str) -> Select[Any]:
    """Households where the roster of a round has them, else where they live: leaf, village, lon, lat."""
    village, at = place_path.alias("village_path"), place.alias("village")
    listed = and_(round_roster.c.household == household.c.id, round_roster.c.round == round_id)
    leaf = func.coalesce(round_roster.c.place, household.c.place)
    return (
        select(leaf.label("leaf"), at.c.id.label("village"), household.c.lon, household.c.lat)
        .select_from(household.outerjoin(round_roster, listed))
        .join(place_path, place_path.c.place == leaf)
        .join(village, village.c.place == leaf)
        .join(at, and_(at.c.id == village.c.ancestor, at.c.level == "village"))
    )


def read_outlines(db: Database, scope: Scope, *, place_id: str) -> dict[str, tuple[str, bytes]]:
    """Return place id → (level, outline as WKB, WGS84 degrees) of the given outlines of a place and all below it."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        rows = connection.execute(
            select(place.c.id, place.c.level, place.c.boundary)
            .join(place_path, place_path.c.place == place.c.id)
            .where(place_path.c.ancestor == place_id, place.c.boundary.is_not(None), ~place.c.boundary_computed)
            .order_by(place.c.code)
        )
        return {row.id: (row.level, row.boundary) for row in rows}


def points_stamp(db: Database, scope: Scope) -> tuple[object, ...]:
    """Return what changes whenever a household of the area is added, moved or located, or a unit around it changes.

    How many there are, the sum of their revs, and the last edit, of households and of places.
    """
    require_right(scope, "view")
    inside = places_inside(scope)
    around = places_around(scope)
    with db.read() as connection:
        key = (str(db.path), read_revision(connection), scope.areas)
        known = _stamps.get(key)
        if known is not None:
            return known
        rows = [
            connection.execute(
                select(func.count(), func.sum(table.c.rev), func.max(table.c.updated_at)).where(near)
            ).one()
            for table, near in (
                (household, household.c.place.in_(inside)),
                (place, or_(place.c.id.in_(inside), place.c.id.in_(around))),
            )
        ]
    found = tuple((int(row[0]), int(row[1] or 0), str(row[2] or "")) for row in rows)
    _stamps.put(key, found)
    return found


def count_unit_issues(db: Database, scope: Scope, *, as_of: date | None = None) -> dict[str, int]:
    """Return place id → open issues of group or village scope filed under it, for the units of the scope's area."""
    require_right(scope, "view")
    with db.read() as connection:
        day = as_of or read_today(connection)
        key = (stamp_issues(str(db.path), connection), str(db.path), scope.areas, day)
        known = _unit_issues.get(key)
        if known is not None:
            return known
        status = issue_status(day).subquery("status")
        below = place_path.alias("below")
        rows = connection.execute(
            select(place_path.c.ancestor, func.count())
            .join(status, status.c.place == place_path.c.place)
            .where(
                status.c.open == 1,
                status.c.scope != "household",
                place_path.c.ancestor.in_(select(below.c.place).where(below.c.ancestor.in_(scope.areas))),
            )
            .group_by(place_path.c.ancestor)
        )
        counts = {row[0]: int(row[1]) for row in rows}
        _unit_issues.put(key, counts)
        return counts

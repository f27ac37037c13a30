"""Areas of units as they are drawn: given outlines, else computed from households (示意); kept in the file.

A sheet is the land that one unit shares out: a district among its villages, a township among its groups. It is drawn
when an import ends, else at the first look, and holds until an act may have moved a household, a unit or an outline.
"""

from __future__ import annotations

import json
import logging
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import shapely
from shapely.errors import ShapelyError
from sqlalchemy import and_, func, or_, select

from geo.access import require_area, require_right
from geo.areas import Areas, draw_units
from geo.audit import kind_of
from geo.errors import GeoError
from geo.schema import audit_log, household, import_row, land_sheet, place, place_path, round_roster
from geo.store.frames import read_frame
from geo.store.places import find_place
from geo.store.remember import Remembered
from geo.store.since import Mark, read_mark

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd
    from sqlalchemy import Connection, Select
    from sqlalchemy.sql import ColumnElement

    from geo.model import Scope
    from geo.store.database import Database

_LOG: Final = logging.getLogger(__name__)
#: The unit whose sheet has the units of a level.
_SHARED_BY: Final = {"village": "district", "group": "township"}
#: What an act is about, where that moves nothing: the first word of its name.
_STILL: Final = frozenset({
    "visit", "issue", "measure", "review", "matter", "photo", "assign", "assignment", "withdraw", "plan", "team",
    "person", "zone", "basemap", "rule",
})  # fmt: skip
_STILL_ACTS: Final = frozenset({"household.edit", "household.tags"})
_STILL_KINDS: Final = frozenset({"login", "refusal", "view", "reveal", "export"})
#: After so many acts a sheet that still holds notes that it does: the next process need not read them again.
_MANY_ACTS: Final = 1000


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet's name: its unit, the level of the units on it, and the round whose land it is ('': today's)."""

    place: str
    level: str
    round: str


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A sheet: its areas, how far the log was read when it was known to hold, and when it was drawn."""

    areas: Areas
    known: Mark
    drawn: Mark


_kept: Final[Remembered[_Drawn]] = Remembered(64)
_cut: Final[Remembered[Areas]] = Remembered(64)


def read_areas(db: Database, scope: Scope, *, place_id: str, level: str, round_id: str | None = None) -> Areas:
    """Return the areas of the units of a level (village, group) under a place; lon, lat in WGS84 degrees.

    Where a later edition has closed units, those of a round have the land of its roster.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = (round_id or "") if _has_closed(connection) else ""
        sheets = [_Sheet(one, level, round_) for one in _list_sheets(connection, place_id, level)]
    drawn = [_read_sheet(db, sheet) for sheet in sheets]
    if [sheet.place for sheet in sheets] == [place_id]:
        return drawn[0].areas
    key = (str(db.path), place_id, level, round_, tuple(one.drawn for one in drawn))
    found = _cut.get(key)
    if found is None:
        found = _cut_areas(db, place_id, [one.areas for one in drawn])
        _cut.put(key, found)
    return found


def read_outlines(db: Database, scope: Scope, *, place_id: str) -> dict[str, tuple[str, bytes]]:
    """Return place id → (level, outline as WKB, WGS84 degrees) of the given outlines of a place and all below it."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        return _read_outlines(connection, place_id)


def draw_ahead(db: Database, scope: Scope, *, round_id: str | None = None) -> int:
    """Draw every sheet that no longer holds, as after an import, and return how many units have an area.

    What it follows has been stored: a sheet that cannot be drawn is left to the first look, and the log says so.
    """
    require_right(scope, "view")
    drawn = 0
    for area in scope.areas:
        for level in _SHARED_BY:
            try:
                drawn += len(read_areas(db, scope, place_id=area, level=level, round_id=round_id).shapes)
            except (GeoError, ShapelyError) as error:
                _LOG.warning("the land of %s was not drawn: %s", level, type(error).__name__)
    return drawn


def _has_closed(connection: Connection) -> bool:
    return connection.execute(select(place.c.id).where(place.c.valid_to.is_not(None)).limit(1)).first() is not None


def _list_sheets(connection: Connection, place_id: str, level: str) -> list[str]:
    """Return the units whose sheets have the units of a level under a place: one above it, else those below it."""
    over = (
        select(place.c.id, place.c.level, place_path.c.depth)
        .join(place_path, place_path.c.ancestor == place.c.id)
        .where(place_path.c.place == place_id)
    )
    above = connection.execute(over.order_by(place_path.c.depth)).all()
    sharing = [row.id for row in above if row.level == _SHARED_BY[level]]
    if sharing:
        return sharing[:1]
    below = select(place.c.id).join(place_path, place_path.c.place == place.c.id)
    under = below.where(place_path.c.ancestor == place_id, place.c.level == _SHARED_BY[level]).order_by(place.c.code)
    return list(connection.execute(under).scalars()) or [above[-1].id]


def _read_sheet(db: Database, sheet: _Sheet) -> _Drawn:
    """Return a sheet that holds: the kept one, else drawn now and kept."""
    key = (str(db.path), sheet)
    with db.read() as connection:
        now = read_mark(connection)
        found = _kept.get(key) or _load(connection, sheet)
        if found is not None and _holds(connection, found.known, now):
            behind = now.seq - found.known.seq
            fresh = _Drawn(found.areas, now, found.drawn)
        else:
            behind = _MANY_ACTS
            fresh = _Drawn(_draw(connection, sheet), now, now)
    if behind >= _MANY_ACTS and not db.held:
        with suppress(GeoError):
            _store(db, sheet, fresh)
    _kept.put(key, fresh)
    return fresh


def _holds(connection: Connection, known: Mark, now: Mark) -> bool:
    """Say whether no act since may have moved land; a write that left no act is one that nothing is known of."""
    if now.revision == known.revision:
        return True
    line = audit_log.c
    acts = connection.execute(select(line.action).where(line.seq > known.seq).distinct()).scalars().all()
    batches = select(line.object).where(line.seq > known.seq, line.action == "import")
    return bool(acts) and all(
        _is_still(one) or (one == "import" and not _moves_land(connection, batches)) for one in acts
    )


def _moves_land(connection: Connection, batches: Select[tuple[str]]) -> bool:
    """Say whether imports brought households, units or places on rosters, or changed where a household stands."""
    entry = import_row.c
    moved = or_(entry.before.is_(None), *(entry.before.contains(f'"{name}"') for name in ("lon", "lat", "place")))
    found = or_(
        entry.table_name.in_(("place", "round", "round_roster", "area_aside")),
        and_(entry.table_name == "household", moved),
    )
    return connection.execute(select(entry.seq).where(entry.batch.in_(batches), found).limit(1)).first() is not None


def _is_still(action: str) -> bool:
    return kind_of(action) in _STILL_KINDS or action in _STILL_ACTS or action.split(".", 1)[0] in _STILL


def _draw(connection: Connection, sheet: _Sheet) -> Areas:
    points = _read_points(connection, sheet)
    outlines = _read_outlines(connection, sheet.place)
    place_ = find_place(connection, sheet.place)
    return draw_units(points, outlines, by_village=sheet.level == "village", place=place_)


def _read_points(connection: Connection, sheet: _Sheet) -> pd.DataFrame:
    """Return one row per household living under a sheet's unit: leaf, village, township (ids), lon, lat (or empty).

    With a round, a household of its roster is where the roster has it: units that a later edition closed keep their
    land. In a fixed order, so that what is computed from it is always the same.
    """
    wanted = _listed(sheet.round) if sheet.round else _living()
    here = wanted.where(place_path.c.ancestor == sheet.place, household.c.exited_on.is_(None))
    return read_frame(connection, here.order_by(household.c.tile_id))


def _living() -> Select[Any]:
    """Households where they live."""
    at = place.alias("village")
    return (
        _columns(household.c.place, at)
        .join(at, at.c.id == household.c.village)
        .join(place_path, place_path.c.place == household.c.place)
    )


def _listed(round_id: str) -> Select[Any]:
    """Households where the roster of a round has them, else where they live."""
    village, at = place_path.alias("village_path"), place.alias("village")
    listed = and_(round_roster.c.household == household.c.id, round_roster.c.round == round_id)
    leaf = func.coalesce(round_roster.c.place, household.c.place)
    return (
        _columns(leaf, at)
        .select_from(household.outerjoin(round_roster, listed))
        .join(place_path, place_path.c.place == leaf)
        .join(village, village.c.place == leaf)
        .join(at, and_(at.c.id == village.c.ancestor, at.c.level == "village"))
    )


def _columns(leaf: ColumnElement[str], at: Any) -> Select[Any]:
    return select(
        leaf.label("leaf"), at.c.id.label("village"), at.c.parent.label("township"), household.c.lon, household.c.lat
    )


def _read_outlines(connection: Connection, place_id: str) -> dict[str, tuple[str, bytes]]:
    """Return place id → (level, outline as WKB) of the given outlines of a place and all below it."""
    rows = connection.execute(
        select(place.c.id, place.c.level, place.c.boundary)
        .join(place_path, place_path.c.place == place.c.id)
        .where(place_path.c.ancestor == place_id, place.c.boundary.is_not(None), ~place.c.boundary_computed)
        .order_by(place.c.code)
    )
    return {row.id: (row.level, row.boundary) for row in rows}


def _cut_areas(db: Database, place_id: str, sheets: list[Areas]) -> Areas:
    """Return what of some sheets lies under a place; around it its own outline, else all of its land."""
    with db.read() as connection:
        under = set(connection.execute(select(place_path.c.place).where(place_path.c.ancestor == place_id)).scalars())
        own = _read_outlines(connection, place_id).get(place_id)
    shapes = {one: shape for areas in sheets for one, shape in areas.shapes.items() if one in under}
    frame = shapely.from_wkb(own[1]) if own else shapely.union_all(list(shapes.values())) if shapes else None
    return Areas(
        shapes,
        frame,
        tuple(one for areas in sheets for one in areas.unplaced if one in under),
        frozenset(one for areas in sheets for one in areas.given if one in under),
        own is not None,
    )


def _load(connection: Connection, sheet: _Sheet) -> _Drawn | None:
    row = connection.execute(select(land_sheet).where(*_is(sheet))).first()
    if row is None:
        return None
    stamp = Mark(row.revision, row.seq, "")
    return _Drawn(_unpack(row.areas), stamp, stamp)


def _store(db: Database, sheet: _Sheet, found: _Drawn) -> None:
    with db.write(counts=False) as connection:
        connection.execute(land_sheet.delete().where(*_is(sheet)))
        connection.execute(
            land_sheet.insert().values(
                place=sheet.place,
                level=sheet.level,
                round=sheet.round,
                revision=found.known.revision,
                seq=found.known.seq,
                areas=_pack(found.areas),
            )
        )


def _is(sheet: _Sheet) -> tuple[ColumnElement[bool], ...]:
    return (land_sheet.c.place == sheet.place, land_sheet.c.level == sheet.level, land_sheet.c.round == sheet.round)


def _pack(areas: Areas) -> bytes:
    said = {
        "shapes": {one: shapely.to_wkb(shape, hex=True) for one, shape in areas.shapes.items()},
        "frame": None if areas.frame is None else shapely.to_wkb(areas.frame, hex=True),
        "unplaced": areas.unplaced,
        "given": sorted(areas.given),
        "frame_given": areas.frame_given,
    }
    return zlib.compress(json.dumps(said).encode())


def _unpack(packed: bytes) -> Areas:
    said = json.loads(zlib.decompress(packed))
    return Areas(
        {one: shapely.from_wkb(shape) for one, shape in said["shapes"].items()},
        None if said["frame"] is None else shapely.from_wkb(said["frame"]),
        tuple(said["unplaced"]),
        frozenset(said["given"]),
        said["frame_given"],
    )

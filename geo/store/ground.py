"""Where the households of some villages are known to lie: surveyed outlines, and the points that are registered.

The evidence by which an import judges how the coordinates of a file are meant. lon, lat in WGS84 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geo.store.area import Area

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from sqlalchemy import Connection

#: How far outside the outline of a village or township a household may lie, in degrees (about 200 m, 1 km).
_MARGINS: Final = {"village": 0.002, "township": 0.01}
#: Registered points that make a hull.
_LEAST_POINTS: Final = 3


@dataclass(frozen=True, slots=True)
class Homes:
    """Registered points that no shift was taken off, one a household.

    `places` is the group, or the village itself; `written` is what the file said that the point came from.
    """

    places: list[str]
    villages: list[str]
    codes: list[str]
    written: list[str]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of some villages: the district's area, outlines by place id, townships by village id, the homes."""

    district: Area | None
    outlines: dict[str, Any]
    townships: dict[str, str]
    read_homes: Callable[[Iterable[str]], Homes]
    _areas: dict[str, Area | None] = field(default_factory=dict)

    def area_of(self, village: str) -> Area | None:
        """Return a village's known area: its outline, else its township's, the district's, else the hull of homes."""
        key = next((one for one in (village, self.townships.get(village, "")) if one in self.outlines), "")
        if not key and self.district is None:
            key = f"hull {village}"
        if key not in self._areas:
            self._areas[key] = self._make_area(key, village)
        return self._areas[key]

    def _make_area(self, key: str, village: str) -> Area | None:
        if key in self.outlines:
            return Area(self.outlines[key], margin=_MARGINS["village" if key == village else "township"])
        if self.district is not None:
            return self.district
        for villages in ([village], list(self.townships)):
            homes = self.read_homes(villages)
            if len(homes.lon) >= _LEAST_POINTS:
                return Area(shapely.MultiPoint(np.column_stack([homes.lon, homes.lat])).convex_hull)
        return None


def bare_ground(district: Area | None) -> Ground:
    """Return a ground of which nothing but the district's area is known."""
    none = np.zeros(0)
    return Ground(district, {}, {}, lambda _villages: Homes([], [], [], [], none, none))


def read_ground(connection: Connection, villages: Iterable[str], *, district: Area | None) -> Ground:
    """Return what is known of the villages in the district's area; computed outlines (示意) are no evidence."""
    here = sorted(villages)
    marks = ", ".join("?" * len(here))
    places = connection.exec_driver_sql(
        "SELECT id, parent, boundary, boundary_computed, level FROM place WHERE"
        f" id IN ({marks}) OR parent IN ({marks}) OR id IN (SELECT parent FROM place WHERE id IN ({marks}))",
        tuple(here * 3),
    ).all()
    outlines = {row.id: shapely.from_wkb(row.boundary) for row in places if row.boundary and not row.boundary_computed}
    for outline in outlines.values():
        shapely.prepare(outline)
    townships = {row.id: row.parent for row in places if row.level == "village" and row.parent}
    return Ground(district, outlines, townships, lambda some: _read_homes(connection, some))


def _read_homes(connection: Connection, villages: Iterable[str]) -> Homes:
    here = sorted(villages)
    rows = connection.exec_driver_sql(
        "SELECT place, village, code, coord_raw, lon, lat FROM household"
        f" WHERE village IN ({', '.join('?' * len(here))}) AND lon IS NOT NULL"
        " AND coord_system NOT IN ('gcj02', 'bd09')",
        tuple(here),
    ).all()
    places, homes, codes, written, lon, lat = zip(*rows, strict=True) if rows else ((),) * 6
    return Homes(list(places), list(homes), list(codes), list(written), np.array(lon, float), np.array(lat, float))

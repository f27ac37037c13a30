"""Where the households of a database can lie: the district's outline and a margin around it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import shapely
from shapely.geometry import shape
from sqlalchemy import select

from geo import config
from geo.schema import place

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: How far outside the outline a household may lie, in degrees (about 3 km).
MARGIN: Final = 0.03
_OUTLINE: Final = "bijiang_outline.geojson"
_OUTLINE_CODE: Final = "520602"


class Area:
    """Where the households of a database can lie: its outline and a margin around it."""

    def __init__(self, outline: Any, *, margin: float = MARGIN) -> None:
        """Take an outline in lon, lat order, WGS84 degrees, and how far outside it a household may lie (degrees)."""
        self._near = shapely.buffer(outline, margin)
        shapely.prepare(self._near)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north of the area with its margin, in degrees."""
        west, south, east, north = self._near.bounds
        return float(west), float(south), float(east), float(north)

    def holds(self, lon: Any, lat: Any) -> Any:
        """Say for a point or arrays of points (lon, lat in WGS84 degrees) whether they lie in the area."""
        return shapely.contains_xy(self._near, lon, lat)

    def share(self, polygon: Any) -> float:
        """Return how much of a valid polygon (WGS84 degrees) lies in the area, from 0 to 1."""
        return float(shapely.intersection(polygon, self._near).area / polygon.area) if polygon.area else 0.0


def read_area(code: str, boundary: bytes | None) -> Area | None:
    """Return the area of a district: its own boundary (WKB), else the shipped outline; None where there is neither."""
    if boundary is not None:
        return Area(shapely.from_wkb(boundary))
    path = config.DATA_DIR / "demo" / _OUTLINE
    if code != _OUTLINE_CODE or not path.is_file():
        return None
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return Area(shapely.union_all([shape(feature["geometry"]) for feature in features]))


def district_area(connection: Connection) -> Area | None:
    """Return the area of the database's district; None where no outline of it is known."""
    root = connection.execute(select(place.c.code, place.c.boundary).where(place.c.parent.is_(None))).first()
    return None if root is None else read_area(root.code, root.boundary)

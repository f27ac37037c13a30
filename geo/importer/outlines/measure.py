"""Overlaps and gaps between neighbours, and households outside their unit: measured in square metres and metres.

Shapes are lon, lat in WGS84 degrees, and overlaid as such: a border shared in degrees is shared, however long its
straight pieces are. Areas are those of a Lambert azimuthal equal-area plane around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

#: Slivers narrower than this (twice the area by the perimeter) are the rounding of shared borders.
NARROW_M: Final = 0.5
#: A household nearer than this to its unit's outline counts as inside: no point is surer.
NEAR_M: Final = 10.0
_ELLIPSOID: Final = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two units whose outlines overlap, and by how many square metres."""

    one: str
    other: str
    m2: float


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the outlines of a unit's parts leave open of it: square metres, in how many pieces; what reaches beyond."""

    open_m2: float
    pieces: int
    beyond_m2: float


class Plane:
    """An equal-area plane around some shapes."""

    def __init__(self, shapes: Iterable[BaseGeometry]) -> None:
        """Lay the plane's middle into the middle of the shapes' bounds."""
        west, south, east, north = shapely.total_bounds(np.array(list(shapes), dtype=object))
        middle = f"+proj=laea +lon_0={(west + east) / 2:.6f} +lat_0={(south + north) / 2:.6f} +datum=WGS84"
        self._way = pyproj.Transformer.from_crs("EPSG:4326", middle, always_xy=True)

    def lay(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape in metres."""
        return shapely.transform(shape, lambda xy: np.column_stack(self._way.transform(xy[:, 0], xy[:, 1])))


def find_overlaps(shapes: Mapping[str, BaseGeometry], plane: Plane) -> list[Overlap]:
    """Return every pair of outlines that overlap by more than a sliver, largest first."""
    names = list(shapes)
    outlines = np.array([shapes[name] for name in names], dtype=object)
    pairs = shapely.STRtree(outlines).query(outlines, predicate="intersects").T
    found = []
    for one, other in pairs[pairs[:, 0] < pairs[:, 1]].tolist():
        m2 = sum(part.area for part in _wide_parts(shapely.intersection(outlines[one], outlines[other]), plane))
        if m2 > 0:
            found.append(Overlap(names[one], names[other], m2))
    return sorted(found, key=lambda pair: (-pair.m2, pair.one, pair.other))


def measure_gaps(shapes: Iterable[BaseGeometry], outline: BaseGeometry | None, plane: Plane) -> Gaps:
    """Return what outlines leave open of the unit above them; without its outline, the holes between them."""
    whole = shapely.union_all(list(shapes))
    if outline is None:
        rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
        holes = [hole for ring in rings for hole in _wide_parts(shapely.Polygon(ring), plane)]
        return Gaps(sum(hole.area for hole in holes), len(holes), 0.0)
    left = _wide_parts(shapely.difference(outline, whole), plane)
    beyond = sum(part.area for part in _wide_parts(shapely.difference(whole, outline), plane))
    return Gaps(sum(part.area for part in left), len(left), beyond)


def measure_area(outline: BaseGeometry) -> float:
    """Return the area of an outline in square metres, on the ellipsoid."""
    square_metres, _perimeter = _ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(outline))
    return abs(float(square_metres))


def measure_distances(outline: BaseGeometry, lonlat: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
    """Return how many metres each point (lon, lat) lies outside an outline; 0 inside."""
    laid = plane.lay(outline)
    shapely.prepare(laid)
    points = shapely.points(shapely.get_coordinates(plane.lay(shapely.MultiPoint(lonlat))))
    return np.asarray(shapely.distance(laid, points), dtype=np.float64)


def _wide_parts(shape: BaseGeometry, plane: Plane) -> list[BaseGeometry]:
    """Return the polygons of a shape, in metres, that are more than slivers."""
    parts = [plane.lay(part) for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    return [part for part in parts if 2 * part.area / part.length >= NARROW_M]

"""What a feature's shape is worth: an outline, a centre, or the reason why neither. lon, lat in WGS84 degrees.

An invalid ring is repaired only where that keeps its own area: `make_valid` of a bow-tie invents two triangles for a
ring whose area is nothing, and then nobody knows what was meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.importer.outlines.shapes import EMPTY, INVALID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geo.store.area import Area

#: How much of a ring's own area a repair may change.
_KEPT: Final = 0.01
_HALF_TURN: Final = 180.0
_TURN: Final = 360.0
_POLE: Final = 90.0
_AREAL: Final = 2
_LEAST_CLOSED: Final = 4
#: How much of an outline must lie in the district's area, margin included.
_INSIDE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Settled:
    """An outline (polygon or multipolygon), a centre (point), both or neither; what was found; why it is refused."""

    outline: BaseGeometry | None = None
    centre: tuple[float, float] | None = None
    codes: tuple[str, ...] = ()
    problem: str = ""


def settle_shape(shape: BaseGeometry, area: Area | None, *, answers: dict[str, str]) -> Settled:
    """Return what a shape (WGS84 degrees) gives.

    Problems: R_GEOM_EMPTY, R_GEOM_INVALID. Codes: W_GEOM_ANTIMERIDIAN (cut at 180°), W_GEOM_REPAIRED; W_COORD_RANGE,
    W_COORD_ZERO, W_COORD_SWAPPED, W_COORD_OUT_OF_AREA (nothing is taken, unless `answers` say `points:swapped` = swap
    or `points:outside` = keep).
    """
    codes: list[str] = []
    xy = shapely.get_coordinates(shape)
    if shape.geom_type == "Point" and not xy.any():
        return Settled(codes=("W_COORD_ZERO",))
    if not _on_globe(xy) and not (_goes_on(xy) and shapely.get_dimensions(shape) == _AREAL):
        swapped = _swap(shape)
        if not _on_globe(shapely.get_coordinates(swapped)) or (area is not None and not _lies_in(swapped, area)):
            return Settled(codes=("W_COORD_RANGE",))
        codes.append("W_COORD_SWAPPED")
        if answers.get("points:swapped") != "swap":
            return Settled(codes=tuple(codes))
        shape = swapped
    parts = [one for part in _flatten(shape) if not (one := _close(part)).is_empty]
    points = [part for part in parts if part.geom_type == "Point"]
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    if not parts:
        return Settled(problem=EMPTY)
    if len(points) + len(polygons) < len(parts) or len(points) > 1:
        return Settled(codes=tuple(codes), problem=INVALID)
    outline, found, problem = _outline(polygons)
    codes += found
    centre = (points[0].x, points[0].y) if points else None
    if problem:
        return Settled(codes=tuple(codes), problem=problem)
    taken = outline if outline is not None else points[0]
    if area is not None and not _lies_in(taken, area):
        codes.append("W_COORD_OUT_OF_AREA")
        if answers.get("points:outside") != "keep":
            return Settled(codes=tuple(codes))
    return Settled(outline, centre, tuple(codes))


def _on_globe(xy: NDArray[np.float64]) -> bool:
    return bool((np.abs(xy[:, 0]) <= _HALF_TURN).all() and (np.abs(xy[:, 1]) <= _POLE).all())


def _goes_on(xy: NDArray[np.float64]) -> bool:
    """Say whether longitudes go on beyond 180° instead of beginning anew at −180°."""
    return bool((np.abs(xy[:, 0]) <= _TURN).all() and (np.abs(xy[:, 1]) <= _POLE).all())


def _swap(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def _lies_in(shape: BaseGeometry, area: Area) -> bool:
    """Say whether at least half of a polygon, or a point, lies in the area of the district and its margin."""
    if shape.geom_type in ("Point", "MultiPoint", "LineString"):
        return bool(area.holds(shape.centroid.x, shape.centroid.y))
    sound = shapely.make_valid(shape)
    return bool(area.share(sound) >= _INSIDE)


def _flatten(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    waiting = [shape]
    while waiting:
        one = waiting.pop()
        if hasattr(one, "geoms"):
            waiting += reversed(shapely.get_parts(one).tolist())
        else:
            yield one


def _close(part: BaseGeometry) -> BaseGeometry:
    """A closed line is the outline it goes around."""
    if part.geom_type in ("LineString", "LinearRing") and part.is_closed and len(part.coords) >= _LEAST_CLOSED:
        return shapely.Polygon(part.coords)
    return part


def _outline(polygons: list[BaseGeometry]) -> tuple[BaseGeometry | None, list[str], str]:
    """Return the polygons as one valid outline, with what was done to them, or the problem."""
    if not polygons:
        return None, [], ""
    codes: list[str] = []
    parts: list[BaseGeometry] = []
    for polygon in polygons:
        around = _unwrap(polygon)
        if around is not None:
            codes.append("W_GEOM_ANTIMERIDIAN")
        sound = _repair(around if around is not None else polygon)
        if sound is None:
            return None, codes, INVALID
        if sound is not polygon and sound is not around:
            codes.append("W_GEOM_REPAIRED")
        parts += _cut_at_antimeridian(sound) if around is not None else _polygons_of(sound)
    whole: Any = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if not whole.is_valid:
        whole, own = shapely.union_all(parts), sum(part.area for part in parts)
        if abs(whole.area - own) > _KEPT * own:
            return None, codes, INVALID
        codes.append("W_GEOM_REPAIRED")
    if whole.bounds[2] - whole.bounds[0] > _HALF_TURN:
        codes.append("W_GEOM_ANTIMERIDIAN")
    return whole, list(dict.fromkeys(codes)), ""


def _repair(polygon: BaseGeometry) -> BaseGeometry | None:
    """Return the polygon itself if it is valid, else made valid; None where that changes its own area by over 1 %."""
    if polygon.is_valid:
        return polygon
    own = _ring_area(polygon.exterior.coords) - sum(_ring_area(ring.coords) for ring in polygon.interiors)
    sound = shapely.MultiPolygon(_polygons_of(shapely.make_valid(polygon)))
    if own <= 0 or abs(sound.area - own) > _KEPT * own:
        return None
    return sound


def _ring_area(coordinates: Any) -> float:
    """Return the area that a ring encloses by the trapezoid formula: parts it goes around the other way count less."""
    x, y = np.asarray(coordinates, dtype=np.float64)[:, :2].T
    x, y = x - x[0], y - y[0]
    return abs(float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))) / 2


def _polygons_of(shape: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in _flatten(shape) if part.geom_type == "Polygon" and part.area > 0]


def _unwrap(polygon: BaseGeometry) -> BaseGeometry | None:
    """Return a polygon across 180° with longitudes from 0 to 360; None for any other.

    It was drawn the long way round, or with longitudes that go on beyond 180°.
    """
    x = np.asarray(polygon.exterior.coords)[:, 0]
    if np.abs(np.diff(x)).max(initial=0.0) <= _HALF_TURN and np.abs(x).max() <= _HALF_TURN:
        return None
    return shapely.transform(polygon, lambda xy: np.column_stack([np.mod(xy[:, 0], _TURN), xy[:, 1]]))


def _cut_at_antimeridian(shape: BaseGeometry) -> list[BaseGeometry]:
    """Return the parts on both sides of 180°, each with longitudes of its own side."""
    west = shapely.intersection(shape, shapely.box(0.0, -_POLE, _HALF_TURN, _POLE))
    east = shapely.intersection(shape, shapely.box(_HALF_TURN, -_POLE, _TURN, _POLE))
    back = shapely.transform(east, lambda xy: xy - [_TURN, 0.0])
    return [*_polygons_of(west), *_polygons_of(back)]

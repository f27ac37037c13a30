"""Areas of units that have no surveyed boundary: the part of the land nearest to their households (示意).

Voronoi cells of the households, joined by unit and clipped to the unit above. All coordinates are lon, lat in WGS84
degrees; distances are measured on a local plane (degrees of longitude shortened by the cosine of the latitude), good
to a few tenths of a per cent over a district.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from geo import config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.model import Place

#: Metres to a degree of latitude (mean).
_DEGREE_M: Final = 111_195.0
#: Where there is no outline: how far beyond the outermost household an area may reach, and how far it follows bays.
_REACH_M: Final = 90.0
_CONCAVITY: Final = 0.35
#: Households nearer than this are one point of the diagram.
_SAME_POINT_M: Final = 0.5
#: Corners that move a border by less than this share of the whole extent are left out.
_SIMPLIFY_SHARE: Final = 1 / 600
_DECIMALS: Final = 5
#: How many points, itself among them, decide whose a point is when islands are smoothed away.
_NEIGHBOURS: Final = 9
#: The outline that ships, and the district whose it is; any other district shows the hull of its households.
_SHIPPED: Final = config.DATA_DIR / "demo" / "bijiang_outline.geojson"
_SHIPPED_OF: Final = "520602"
#: Points a village that decide its area on a map of many villages.
_THINNED: Final = 60
#: How far beyond its outermost household a village's area may reach: beside it may lie villages not imported yet.
_VILLAGE_REACH_M: Final = 2000.0


@dataclass(frozen=True, slots=True)
class Areas:
    """Areas: one polygon or multipolygon (lon, lat in WGS84 degrees) a unit, and the units that have none.

    All are computed (示意) but those in `given`, whose outlines somebody brought; `frame_given` says it of the frame.
    """

    shapes: dict[str, BaseGeometry]
    frame: BaseGeometry | None
    unplaced: tuple[str, ...]
    given: frozenset[str] = frozenset()
    frame_given: bool = False


def draw_areas(
    points: pd.DataFrame, outline: BaseGeometry | None = None, *, smooth: bool = False, reach_m: float | None = None
) -> Areas:
    """Return one area a unit from its points: columns place, lon, lat (WGS84 degrees; empty = not located).

    `smooth` gives a point that stands among another unit's to that unit: fewer islands, for a map of many villages.
    `reach_m` keeps an area within so many metres of the hull of its own points: where the neighbours are not known
    yet, a unit must not seem to own their land.

    With an outline (lon, lat) the areas fill it; without one they fill a hull around the points, and that hull comes
    back as `frame`. Units all of whose points are unlocated, or lie outside the outline with nothing of it nearest to
    them, are in `unplaced`: no area is made up for them.
    """
    units = list(dict.fromkeys(points["place"].tolist()))
    located = points.dropna(subset=["lon", "lat"])
    if located.empty:
        return Areas({}, outline, tuple(units))
    plane = _Plane.around(located["lat"])
    xy, owners = _distinct(plane.project(located[["lon", "lat"]].to_numpy(float)), located["place"].to_numpy(object))
    if smooth:
        owners = _outvote(xy, owners)
    frame = _make_hull(xy) if outline is None else shapely.make_valid(shapely.transform(outline, plane.project))
    cells = _draw_cells(xy, frame)
    shapes = _join(cells, owners, frame)
    if reach_m is not None:
        hulls = {place: shapely.MultiPoint(xy[owners == place]).convex_hull.buffer(reach_m) for place in shapes}
        shapes = {place: _polygons(shapely.intersection(shape, hulls[place])) for place, shape in shapes.items()}
    degrees = {place: _rounded(shapely.transform(shape, plane.restore)) for place, shape in shapes.items()}
    return Areas(
        {place: shape for place, shape in degrees.items() if not shape.is_empty},
        _rounded(shapely.transform(frame, plane.restore)),
        tuple(unit for unit in units if unit not in degrees or degrees[unit].is_empty),
    )


def draw_units(
    points: pd.DataFrame, outlines: Mapping[str, tuple[str, bytes]], *, by_village: bool, place: Place
) -> Areas:
    """Return the areas of the villages, or of the groups, under a place: given outlines, else computed.

    `points`: one row a household: leaf, village, township (place ids), lon, lat. `outlines`: place id → (level, WKB) of
    the given ones. Villages are computed within the district, groups near their households; both within the outline of
    the unit above where that has one.
    """
    level, unit, above = ("village", "village", "township") if by_village else ("group", "leaf", "village")
    given = {one: shapely.from_wkb(wkb) for one, (its, wkb) in outlines.items() if its == level}
    within = {one: shapely.from_wkb(wkb) for one, (its, wkb) in outlines.items() if its == above}
    own = shapely.from_wkb(outlines[place.id][1]) if place.id in outlines else None
    named = points.rename(columns={unit: "place"})
    draw, frame = draw_areas, None
    if by_village:
        named = thin_points(named, _THINNED)
        draw = partial(draw_areas, smooth=True, reach_m=_VILLAGE_REACH_M)
        frame = own or (read_outline(_SHIPPED) if place.code == _SHIPPED_OF and _SHIPPED.is_file() else None)
    areas = draw(named[~named[above].isin(list(within))], frame)
    for one, outline in within.items():
        part = draw(named[named[above] == one], outline)
        areas = Areas(areas.shapes | part.shapes, areas.frame or part.frame, areas.unplaced + part.unplaced)
    return put_given(areas, given, own)


def put_given(areas: Areas, given: Mapping[str, BaseGeometry], frame: BaseGeometry | None = None) -> Areas:
    """Return areas with given outlines in the place of computed ones, which keep what land is left to them."""
    if not given and frame is None:
        return areas
    land = shapely.union_all(list(given.values()))
    shapely.prepare(land)
    shapes = dict(given)
    for place, shape in areas.shapes.items():
        if place not in given:
            left = _polygons(shapely.difference(shape, land)) if shapely.intersects(land, shape) else shape
            shapes |= {} if left.is_empty else {place: left}
    unplaced = tuple(place for place in areas.unplaced if place not in given)
    shown = areas.frame if frame is None else frame
    return Areas(shapes, shown, unplaced, frozenset(given), frame is not None)


def thin_points(points: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most `most` located points a unit, evenly over its rows: enough for the areas of a whole district."""
    located = points.dropna(subset=["lon", "lat"])
    within = located.groupby("place", sort=False)
    step = (within["place"].transform("size") / most).clip(lower=1.0)
    position = within.cumcount()
    kept = located[(position % step) < 1.0]
    missing = points[~points["place"].isin(kept["place"])].drop_duplicates("place")
    return pd.concat([kept, missing])


def read_outline(path: Path) -> BaseGeometry:
    """Return the union of all polygons of a GeoJSON file (lon, lat in WGS84 degrees), made valid."""
    collection = json.loads(path.read_text(encoding="utf-8"))
    features: list[dict[str, Any]] = collection.get("features", [collection])
    shapes = [shape_of(feature.get("geometry", feature)) for feature in features]
    return shapely.make_valid(shapely.union_all(shapes))


@lru_cache(maxsize=8192)
def label_point(shape: BaseGeometry) -> tuple[float, float]:
    """Return a point (lon, lat) well inside the largest part of an area: where its label stands."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    x, y = shapely.maximum_inscribed_circle(largest, tolerance=math.sqrt(largest.area) / 50).coords[0]
    return round(x, _DECIMALS), round(y, _DECIMALS)


@dataclass(frozen=True, slots=True)
class _Plane:
    """A local plane in metres: longitude shortened by the cosine of a mean latitude."""

    cosine: float

    @classmethod
    def around(cls, latitudes: pd.Series[float]) -> _Plane:
        return cls(math.cos(math.radians(float(latitudes.mean()))))

    def project(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return lonlat * [_DEGREE_M * self.cosine, _DEGREE_M]

    def restore(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return xy / [_DEGREE_M * self.cosine, _DEGREE_M]


def _distinct(xy: NDArray[np.float64], owners: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return one point where several coincide, owned by the unit with most households there (ties: the first name)."""
    cells = np.round(xy / _SAME_POINT_M).astype(np.int64)
    frame = pd.DataFrame({"x": cells[:, 0], "y": cells[:, 1], "owner": owners, "rank": 1})
    counted = frame.groupby(["x", "y", "owner"])["rank"].sum().reset_index()
    first = counted.sort_values(["x", "y", "rank", "owner"], ascending=[True, True, False, True])
    kept = first.drop_duplicates(["x", "y"])
    return kept[["x", "y"]].to_numpy(float) * _SAME_POINT_M, kept["owner"].to_numpy(object)


def _outvote(xy: NDArray[np.float64], owners: NDArray[Any]) -> NDArray[Any]:
    """Return the owners by majority of each point and its nearest neighbours; a unit never loses its last point."""
    if len(xy) <= _NEIGHBOURS:
        return owners
    codes, names = pd.factorize(owners)
    _, nearest = cKDTree(xy).query(xy, k=_NEIGHBOURS)
    votes = np.zeros((len(xy), _NEIGHBOURS), dtype=np.int64)
    for column in range(_NEIGHBOURS):
        votes[:, column] = (codes[nearest] == codes[nearest[:, [column]]]).sum(axis=1)
    won = codes[nearest[np.arange(len(xy)), votes.argmax(axis=1)]]
    won = np.where(np.isin(codes, np.setdiff1d(codes, won)), codes, won)
    return np.asarray(names, dtype=object)[won]


def _make_hull(xy: NDArray[np.float64]) -> BaseGeometry:
    points = shapely.MultiPoint(xy)
    hull = shapely.concave_hull(points, ratio=_CONCAVITY)
    return shapely.union(hull, points).buffer(_REACH_M, quad_segs=4)


def _draw_cells(xy: NDArray[np.float64], frame: BaseGeometry) -> NDArray[Any]:
    """Return one cell a point, in the order of the points, reaching beyond the frame."""
    if len(xy) == 1:
        return np.array([frame.envelope.buffer(1)], dtype=object)
    reach = shapely.union(frame.envelope, shapely.MultiPoint(xy).envelope).envelope.buffer(_REACH_M)
    diagram = shapely.voronoi_polygons(shapely.MultiPoint(xy), extend_to=reach, ordered=True)
    return np.asarray(shapely.get_parts(diagram), dtype=object)


def _join(cells: NDArray[Any], owners: NDArray[Any], frame: BaseGeometry) -> dict[str, BaseGeometry]:
    """Return the cells joined by owner, simplified together so that borders stay shared, and clipped to the frame."""
    names = sorted(set(owners))
    whole = np.array([shapely.coverage_union_all(cells[owners == name]) for name in names], dtype=object)
    west, south, east, north = frame.bounds
    tolerance = max(east - west, north - south) * _SIMPLIFY_SHARE
    simple = shapely.coverage_simplify(whole, tolerance)
    shapely.prepare(frame)
    clipped = shapely.intersection(simple, shapely.simplify(frame, tolerance / 2))
    return {name: _polygons(shape) for name, shape in zip(names, clipped, strict=True)}


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return only the polygons of a clip, which may also hold touching lines and points."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _rounded(shape: BaseGeometry) -> BaseGeometry:
    """Return the shape with coordinates to 1e-5 degrees (about a metre), still valid."""
    return _polygons(shapely.set_precision(shape, 10.0**-_DECIMALS))

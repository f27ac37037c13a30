"""Areas of units for files: the boundary that is known, else the land nearest to their households (示意).

All coordinates are lon, lat in WGS84 degrees. A computed area is never a boundary: the list of areas says which is
which, and the importer leaves computed ones out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from geo import codes, config
from geo.areas import draw_areas, label_point, read_outline, thin_points
from geo.store.map_reads import read_points
from geo.store.places import get_place
from geo.store.register import read_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geo.model import Scope
    from geo.store.database import Database

#: The outline that ships, and the district whose it is.
_OUTLINE: Final = config.DATA_DIR / "demo" / "bijiang_outline.geojson"
_OUTLINE_OF: Final = "520602"
#: Points a village that decide its area among many villages, and how far beyond its outermost one it may reach.
_THINNED: Final = 60
_REACH_M: Final = 2000.0
_ELLIPSOID: Final = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Area:
    """The area of one unit and whether it is its known boundary; otherwise it is computed (示意)."""

    shape: BaseGeometry
    known: bool


def list_areas(db: Database, scope: Scope, *, place_id: str, level: str | None = None) -> pd.DataFrame:
    """Return one row per unit under a place, of one level or of all: columns of `schema.AREA_COLUMNS`, place, shape.

    boundary is known, computed or none; lon, lat is a point well inside the area, or the stored centre without one.
    """
    units = read_units(db, scope, place_id=place_id)
    frame = units if level is None else units[units["level"] == level].reset_index(drop=True)
    areas: dict[str, Area] = {}
    for one in frame["level"].unique():
        here = set(frame.loc[frame["level"] == one, "place"])
        areas |= {place: area for place, area in _draw(db, scope, place_id, units, one).items() if place in here}
    found = [areas.get(place) for place in frame["place"]]
    frame["shape"] = pd.Series([area and area.shape for area in found], dtype=object, index=frame.index)
    frame["boundary"] = ["none" if area is None else "known" if area.known else "computed" for area in found]
    frame["area_km2"] = [None if area is None else round(measure_km2(area.shape), 2) for area in found]
    centres = [
        (lon, lat) if area is None else label_point(area.shape)
        for area, lon, lat in zip(found, frame["lon"], frame["lat"], strict=True)
    ]
    frame["lon"], frame["lat"] = ([centre[axis] for centre in centres] for axis in (0, 1))
    return frame


def draw_outlines(db: Database, scope: Scope, *, place_id: str, level: str) -> Callable[[pd.DataFrame], NDArray[Any]]:
    """Return what draws the area of each row of a list by its column `place`, computed when it is first asked for.

    At group level a village stands for its households that lie in no group.
    """

    def draw(frame: pd.DataFrame) -> NDArray[Any]:
        units = read_units(db, scope, place_id=place_id, with_closed=True)
        areas = _draw(db, scope, place_id, units, level)
        return as_shapes([area and area.shape for area in map(areas.get, frame["place"])])

    return draw


def draw_shapes(frame: pd.DataFrame) -> NDArray[Any]:
    """Return the areas of the rows of `list_areas`."""
    return as_shapes(frame["shape"].tolist())


def as_shapes(shapes: Sequence[BaseGeometry | None]) -> NDArray[Any]:
    """Return geometries as an array, polygons as multipolygons (formats want one kind), None for none."""
    array = np.full(len(shapes), None, dtype=object)
    for nth, shape in enumerate(shapes):
        array[nth] = shapely.MultiPolygon([shape]) if shape is not None and shape.geom_type == "Polygon" else shape
    return array


def measure_km2(shape: BaseGeometry) -> float:
    """Return the area of a shape (lon, lat in WGS84 degrees) on the ellipsoid, in square kilometres."""
    square_metres, _perimeter = _ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(shape))
    return abs(square_metres) / 1e6


def _draw(db: Database, scope: Scope, place_id: str, units: pd.DataFrame, level: str) -> dict[str, Area]:
    """Return the areas of the units of a level: known boundaries, the others computed."""
    known = {
        str(row.place): Area(shapely.from_wkb(row.boundary), known=not row.computed)
        for row in units[units["level"] == level].itertuples()
        if row.boundary is not None
    }
    if level == "group":
        computed = _compute_groups(db, scope, place_id, units)
    elif level == "village":
        computed = _compute_villages(db, scope, place_id)
    else:
        computed = _join_below(db, scope, place_id, units, level)
    return {**{place: Area(shape, known=False) for place, shape in computed.items()}, **known}


def _compute_groups(db: Database, scope: Scope, place_id: str, units: pd.DataFrame) -> dict[str, BaseGeometry]:
    """Return the land nearest to each group's households, village by village, within its boundary where it has one."""
    boundaries = dict(zip(units["place"], units["boundary"], strict=True))
    points = read_points(db, scope, place_id=place_id).rename(columns={"leaf": "place"})
    shapes: dict[str, BaseGeometry] = {}
    for village, part in points.groupby("village", sort=False):
        boundary = boundaries.get(str(village))
        shapes |= draw_areas(part, None if boundary is None else shapely.from_wkb(boundary)).shapes
    return shapes


def _compute_villages(db: Database, scope: Scope, place_id: str) -> dict[str, BaseGeometry]:
    points = read_points(db, scope, place_id=place_id).rename(columns={"village": "place"})
    place = get_place(db, scope, place_id=place_id)
    outline = read_outline(_OUTLINE) if place.code == _OUTLINE_OF and _OUTLINE.is_file() else None
    return draw_areas(thin_points(points, _THINNED), outline, smooth=True, reach_m=_REACH_M).shapes


def _join_below(db: Database, scope: Scope, place_id: str, units: pd.DataFrame, level: str) -> dict[str, BaseGeometry]:
    """Return each unit of a level as the union of the areas of the units below it."""
    below = codes.LEVELS[codes.LEVELS.index(level) + 1]
    areas = _draw(db, scope, place_id, units, below)
    children = units[units["place"].isin(areas)].groupby("above")["place"]
    here = set(units.loc[units["level"] == level, "place"])
    return {
        str(place): shapely.union_all([areas[one].shape for one in parts]) for place, parts in children if place in here
    }

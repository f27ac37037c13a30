"""Areas of units for files: the boundary that is known, else the land nearest to their households (示意).

All coordinates are lon, lat in WGS84 degrees. A computed area is never a boundary: the list of areas says which is
which, and the importer leaves computed ones out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from geo import codes
from geo.areas import label_point
from geo.exports.said import say_each
from geo.i18n import text
from geo.schema import BOUNDARY_COLUMN
from geo.store.land import read_areas, read_outlines
from geo.store.register import read_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geo.model import Scope
    from geo.schema import OutColumn
    from geo.store.database import Database
    from geo.workbook import Value

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
        areas |= {place: area for place, area in _draw(db, scope, place_id, str(one)).items() if place in here}
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


@dataclass(slots=True)
class Outlines:
    """Draws the area of each row of a list by its column `place`, computed when it is first asked for."""

    _draw: Callable[[], dict[str, Area]]
    _areas: dict[str, Area] | None = None

    def __call__(self, frame: pd.DataFrame) -> NDArray[Any]:
        """Return one area a row, None for a row without."""
        return as_shapes([area and area.shape for area in self._find(frame)])

    def list_kinds(self, frame: pd.DataFrame) -> list[str]:
        """Return known, computed or none for each row."""
        return ["none" if area is None else "known" if area.known else "computed" for area in self._find(frame)]

    def _find(self, frame: pd.DataFrame) -> list[Area | None]:
        if self._areas is None:
            self._areas = self._draw()
        return [self._areas.get(place) for place in frame["place"]]


def draw_outlines(db: Database, scope: Scope, *, place_id: str, level: str, round_id: str | None = None) -> Outlines:
    """Return what draws the area of each row of a list by its column `place`, computed when it is first asked for.

    With a round its units have the land of its roster, those among them that a later edition closed. At group level a
    village stands for its households that lie in no group.
    """
    return Outlines(partial(_draw, db, scope, place_id, level, round_id))


def tell_boundary(
    columns: tuple[OutColumn, ...], say: Callable[[pd.DataFrame, str], Sequence[Value]], outlines: Outlines | None
) -> tuple[tuple[OutColumn, ...], Callable[[pd.DataFrame, str], Sequence[Value]]]:
    """Return the columns of a list and what says them, with 边界 at the end where its rows have areas."""
    if outlines is None:
        return columns, say

    def say_too(frame: pd.DataFrame, key: str) -> Sequence[Value]:
        if key != BOUNDARY_COLUMN.key:
            return say(frame, key)
        return say_each(outlines.list_kinds(frame), lambda kind: text(f"boundary_kind.{kind}"))

    return (*columns, BOUNDARY_COLUMN), say_too


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


def _draw(db: Database, scope: Scope, place_id: str, level: str, round_id: str | None = None) -> dict[str, Area]:
    """Return the areas of the units of a level under a place as the map draws them; with a round, of its units."""
    if level in ("village", "group"):
        areas = read_areas(db, scope, place_id=place_id, level=level, round_id=round_id)
        return {one: Area(shape, known=one in areas.given) for one, shape in areas.shapes.items()}
    outlines = read_outlines(db, scope, place_id=place_id)
    given = {one: Area(shapely.from_wkb(wkb), known=True) for one, (its, wkb) in outlines.items() if its == level}
    return _join_below(db, scope, place_id, level, round_id) | given


def _join_below(db: Database, scope: Scope, place_id: str, level: str, round_id: str | None) -> dict[str, Area]:
    """Return each unit of a level as the union of the areas of the units below it."""
    areas = _draw(db, scope, place_id, codes.LEVELS[codes.LEVELS.index(level) + 1], round_id)
    units = read_units(db, scope, place_id=place_id, with_closed=True)
    above = dict(zip(units["place"], units["above"], strict=True))
    here = set(units.loc[units["level"] == level, "place"])
    parts: dict[str, list[BaseGeometry]] = {}
    for one, area in areas.items():
        if above.get(one) in here:
            parts.setdefault(above[one], []).append(area.shape)
    return {one: Area(shapely.union_all(shapes), known=False) for one, shapes in parts.items()}

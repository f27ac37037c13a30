"""From coordinates as a file writes them to shapes: nothing is repaired here, what cannot be a shape says why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import shapely
from shapely.errors import ShapelyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

#: A shape, or None with the code of what is wrong.
Built: TypeAlias = "tuple[BaseGeometry | None, str]"
EMPTY: Final = "R_GEOM_EMPTY"
NAN: Final = "R_GEOM_NAN"
INVALID: Final = "R_GEOM_INVALID"
#: Type of a geometry → how deep its positions lie in lists.
_DEPTHS: Final = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3,
}  # fmt: skip
#: How programs that may not write a bare NaN write it.
_NO_NUMBERS: Final = ("nan", "inf", "infinity")
_COLLECTION: Final = "GeometryCollection"
_DEEPEST: Final = 8
_LEAST_RING: Final = 3


class _Unfit(Exception):
    """Coordinates that make no shape; carries the code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def build_shape(geometry: Any) -> Built:
    """Return the shape of a GeoJSON geometry (x, y in its own system; further ordinates are left out).

    Codes: R_GEOM_EMPTY (nothing in it), R_GEOM_NAN (a number that is none), R_GEOM_INVALID (not a geometry).
    """
    try:
        shape = _build(geometry, 0)
    except _Unfit as unfit:
        return None, unfit.code
    except (ShapelyError, ValueError, TypeError):
        return None, INVALID
    return (None, EMPTY) if shape is None or shape.is_empty else (shape, "")


def check_shape(shape: BaseGeometry | None) -> Built:
    """Return a shape that a library read, in two dimensions, or what is wrong with it."""
    if shape is None or shape.is_empty:
        return None, EMPTY
    flat = shapely.force_2d(shape)
    return (flat, "") if np.isfinite(shapely.get_coordinates(flat)).all() else (None, NAN)


def _build(geometry: Any, depth: int) -> BaseGeometry | None:
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == _COLLECTION and depth < _DEEPEST and isinstance(geometry.get("geometries"), list):
        parts = [_build(part, depth + 1) for part in geometry["geometries"]]
        return shapely.GeometryCollection([part for part in parts if part is not None and not part.is_empty])
    if not isinstance(kind, str) or kind not in _DEPTHS:
        raise _Unfit(INVALID)
    coordinates = _plain(geometry.get("coordinates"), _DEPTHS[kind])
    return None if not coordinates else _SHAPES[kind](coordinates)


def _plain(coordinates: Any, depth: int) -> Any:
    """Return nested lists of (x, y), empty lists left out. Raises `_Unfit` for anything else."""
    if coordinates is None or coordinates == []:
        return []
    if not isinstance(coordinates, (list, tuple)):
        raise _Unfit(INVALID)
    if depth:
        inner = (_plain(part, depth - 1) for part in coordinates)
        return [part for part in inner if part]
    if len(coordinates) < 2:  # noqa: PLR2004 - x and y
        raise _Unfit(INVALID)
    return (_number(coordinates[0]), _number(coordinates[1]))


def _number(value: Any) -> float:
    if value is None or (isinstance(value, str) and value.strip().lstrip("+-").lower() in _NO_NUMBERS):
        raise _Unfit(NAN)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Unfit(INVALID)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _Unfit(NAN)
    return number


def _polygon(rings: Sequence[Sequence[tuple[float, float]]]) -> BaseGeometry:
    if any(len(set(ring)) < _LEAST_RING for ring in rings):
        raise _Unfit(INVALID)
    return shapely.Polygon(rings[0], rings[1:])


_SHAPES: Final[dict[str, Any]] = {
    "Point": shapely.Point,
    "MultiPoint": shapely.MultiPoint,
    "LineString": shapely.LineString,
    "MultiLineString": shapely.MultiLineString,
    "Polygon": _polygon,
    "MultiPolygon": lambda parts: shapely.MultiPolygon([_polygon(rings) for rings in parts]),
}

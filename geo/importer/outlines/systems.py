"""Which system a layer's numbers are in: declared by the user, by the file, by its format; else one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.crs import (
    AUTO,
    BD09,
    CGCS2000,
    GCJ02,
    WGS84,
    fit_zone,
    gauss_system,
    meridian_of,
    orient,
    parse_definition,
    parse_system,
    split_zone,
    to_wgs84,
    zone_of,
)
from geo.errors import Invalid
from geo.importer.findings import Option, Question

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geo.crs import System
    from geo.importer.outlines.features import Layer
    from geo.store.area import Area

_QUESTION: Final = "crs"
#: Numbers beyond these are no degrees.
_DEGREES: Final = 360.0
#: No projection of the earth has numbers as large as these.
_FAR: Final = 1e9
#: `auto` takes a reading that so many of the features fit, and at least so many.
SHARE: Final = 0.8
LEAST: Final = 5
#: Zones that are offered for eastings without a number: the meridians of 3° zones over the land.
_MERIDIANS: Final = range(75, 136, 3)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a layer, and how many of its features then lie in the district's area (of those that can)."""

    system: System
    fits: int
    of: int


def choose_system(layer: Layer, asked: str, area: Area | None) -> System | Question:
    """Return the system of a layer's numbers, or the question which it is (`crs`).

    `asked` is what the user said: a system's name, `auto`, or ''. Raises `Invalid` for a name nobody knows.
    """
    points = _one_point_each(layer)
    if asked and asked != AUTO:
        return parse_system(asked)
    declared = _declared(layer)
    if declared is not None and (not len(points) or declared.is_metric != _are_degrees(points)):
        return declared
    readings = _read_all(points, area)
    if declared is not None and not readings:
        return declared
    best = _single_best(readings)
    if asked == AUTO and best is not None and best.fits >= max(LEAST, SHARE * best.of):
        return best.system
    return _ask(readings, best, metric=not _are_degrees(points))


def move(shape: BaseGeometry, system: System) -> BaseGeometry:
    """Return a shape in WGS84 degrees, lon first; a point of no numbers where it leaves the system's land."""
    if system in (WGS84, CGCS2000):
        return shape
    moved = _to_degrees(shapely.get_coordinates(shape), system)
    if not np.isfinite(moved).all():
        return shapely.Point(np.nan, np.nan)
    return shapely.transform(shape, lambda xy: _to_degrees(xy, system))


def _to_degrees(xy: NDArray[np.float64], system: System) -> NDArray[np.float64]:
    """Return lon, lat of points; Gauss-Krüger metres may have the northing first, as their numbers tell."""
    x, y = xy[:, 0], xy[:, 1]
    if zone_of(system) is not None:
        east, y, _ = orient(x, y)
        x = fit_zone(system, east)
    return np.column_stack(to_wgs84(system, x, y))


def _declared(layer: Layer) -> System | None:
    if not layer.system:
        return None
    try:
        return parse_definition(layer.system) if "[" in layer.system else parse_system(layer.system)
    except Invalid:
        return None


def _one_point_each(layer: Layer) -> NDArray[np.float64]:
    """Return the middle of every shape's bounds, in the file's own numbers."""
    shapes = [one.shape for one in layer.features if one.shape is not None]
    if not shapes:
        return np.empty((0, 2))
    west, south, east, north = shapely.bounds(np.array(shapes, dtype=object)).T
    return np.column_stack([(west + east) / 2, (south + north) / 2])


def _are_degrees(points: NDArray[np.float64]) -> bool:
    return not len(points) or bool(np.median(np.abs(points).max(axis=1)) <= _DEGREES)


def _read_all(points: NDArray[np.float64], area: Area | None) -> list[Reading]:
    systems = [WGS84, GCJ02, BD09] if _are_degrees(points) else list(_metric_systems(points))
    return [Reading(one, _count_fits(points, one, area), len(points)) for one in systems]


def _metric_systems(points: NDArray[np.float64]) -> Iterable[System]:
    """Return the Gauss-Krüger systems that eastings may be of: that of the zone before them, else every 3° zone's."""
    possible = np.where(np.abs(points) < _FAR, points, np.nan)
    east, _, _ = orient(possible[:, 0], possible[:, 1])
    known = east[np.isfinite(east)]
    if not len(known):
        return ()
    numbers, counts = np.unique(split_zone(known)[0], return_counts=True)
    number = int(numbers[counts.argmax()])
    if number:
        return (gauss_system(int(meridian_of(number)), number=number),)
    return tuple(gauss_system(meridian) for meridian in _MERIDIANS)


def _count_fits(points: NDArray[np.float64], system: System, area: Area | None) -> int:
    if area is None:
        return 0
    lon, lat = _to_degrees(points, system).T
    return int(np.sum(area.holds(lon, lat) & np.isfinite(lon)))


def _single_best(readings: list[Reading]) -> Reading | None:
    """Return the reading that fits best, if no other fits as well: a shift of 500 m is not told by the district."""
    ranked = sorted(readings, key=lambda one: -one.fits)
    if not ranked or not ranked[0].fits or (len(ranked) > 1 and ranked[1].fits == ranked[0].fits):
        return None
    return ranked[0]


def _ask(readings: list[Reading], best: Reading | None, *, metric: bool) -> Question:
    """Return the question, the readings that fit first, each with how many features then lie in the district."""
    ranked = sorted((one for one in readings if one.fits or not metric), key=lambda one: -one.fits)
    options = tuple(Option(one.system.name, f"{one.system.name} ({one.fits}/{one.of})") for one in ranked)
    code = "W_COORD_PROJECTED" if metric else "R_UNKNOWN_VALUE"
    suggestion = best.system.name if best is not None else ""
    return Question(
        id=_QUESTION, kind=_QUESTION, code=code, field="geometry", value="", cell="",
        rows=readings[0].of if readings else 0, blocking=True, options=options, suggestion=suggestion,
    )  # fmt: skip

"""Gauss-Krüger metres of Chinese surveys: which number is north, the zone before the easting, the way to degrees.

In China a northing lies between 1,900 and 6,000 km; an easting has 500 km added, so it lies between 0 and 1,000 km, or
begins with the number of its zone: 13–23 (6° wide) or 25–45 (3° wide). The three ranges do not meet, so the numbers
themselves tell which is which, whatever their columns are called: Chinese surveyors call the northing X.

CGCS2000 zones have EPSG codes: 6° 4491–4501 with the zone's number, 4502–4512 without; 3° 4513–4533 and 4534–4554.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
from numpy.typing import NDArray

from geo.crs.systems import System, epsg_system, from_wgs84, to_wgs84

if TYPE_CHECKING:
    from geo.crs.shifted import Floats, Pair

_NORTHINGS: Final = (1.9e6, 6.0e6)
_ZONE: Final = 1e6
_MIDDLE: Final = 5e5
#: No easting is so large; whatever is has no zone.
_MOST_METRES: Final = 1e9
_WIDE_ZONES: Final = (13, 23)
_NARROW_ZONES: Final = (25, 45)
#: Half of a 3° zone, in degrees: what lies farther from its meridian is of a 6° zone.
_HALF_NARROW: Final = 1.5
#: Central meridians of all zones: those of the 6° zones are among those of the 3° zones.
MERIDIANS: Final = tuple(range(75, 136, 3))


@dataclass(frozen=True, slots=True)
class Zone:
    """A Gauss-Krüger zone: its central meridian (degrees east), and the number before its eastings (0: none)."""

    meridian: int
    number: int = 0


def meridian_of(zone: Any) -> NDArray[np.int64]:
    """Return the central meridian of zone numbers: 13–23 are 6° wide, 25–45 are 3° wide; 0 for any other."""
    number = np.asarray(zone, dtype=np.int64)
    wide = (number >= _WIDE_ZONES[0]) & (number <= _WIDE_ZONES[1])
    narrow = (number >= _NARROW_ZONES[0]) & (number <= _NARROW_ZONES[1])
    return np.where(wide, number * 6 - 3, np.where(narrow, number * 3, 0))


def orient(first: Any, second: Any) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return east, north (metres) of pairs of numbers, and which pairs had the northing first.

    Not a number where the two are not one easting and one northing of China.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    straight, turned = is_easting(x) & is_northing(y), is_easting(y) & is_northing(x)
    east = np.where(straight, x, np.where(turned, y, np.nan))
    north = np.where(straight, y, np.where(turned, x, np.nan))
    return east, north, turned


def split_zone(east: Any) -> tuple[NDArray[np.int64], Floats]:
    """Return the zone numbers before eastings (0: none) and the eastings without them, in metres."""
    metres = np.asarray(east, dtype=np.float64)
    number = np.floor(np.where(np.abs(metres) < _MOST_METRES, metres, 0.0) / _ZONE).astype(np.int64)
    return number, metres - number * _ZONE


def is_northing(metres: Floats) -> NDArray[np.bool_]:
    """Say which numbers are northings of China."""
    within: NDArray[np.bool_] = (metres >= _NORTHINGS[0]) & (metres <= _NORTHINGS[1])
    return within


def is_easting(metres: Floats) -> NDArray[np.bool_]:
    """Say which numbers are eastings of China, with a zone's number before them or without."""
    number, rest = split_zone(metres)
    numbered = (number == 0) | (meridian_of(number) > 0)
    within: NDArray[np.bool_] = numbered & (rest > 0) & (rest < _ZONE) & (metres > 0)
    return within


def zone_of(system: System) -> Zone | None:
    """Return the zone of a system; None for one that is no Gauss-Krüger zone of China."""
    return _zone_of(system.definition) if system.definition else None


@lru_cache(maxsize=256)
def _zone_of(definition: str) -> Zone | None:
    crs = pyproj.CRS.from_user_input(definition)
    operation = crs.coordinate_operation if crs.is_projected else None
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    values = {re.sub(r"\W", "", one.name.lower()): float(one.value) for one in operation.params}
    number, rest = divmod(values["falseeasting"], _ZONE)
    meridian = values["longitudeofnaturalorigin"]
    usual = (rest, values["falsenorthing"], values["scalefactoratnaturalorigin"]) == (_MIDDLE, 0.0, 1.0)
    return Zone(round(meridian), int(number)) if usual and meridian in MERIDIANS else None


def fit_zone(system: System, east: Any) -> Floats:
    """Return eastings as a Gauss-Krüger system counts them: with its zone's number before them, or without.

    Not a number where an easting names a zone with another meridian. Eastings of any other system stay.
    """
    metres = np.array(east, dtype=np.float64)
    zone = zone_of(system)
    if zone is None:
        return metres
    number, rest = split_zone(metres)
    same = (number == 0) | (meridian_of(number) == zone.meridian)
    return np.where(same, rest + zone.number * _ZONE, np.nan)


def gauss_system(meridian: int, *, number: int = 0, lon: float | None = None) -> System:
    """Return the CGCS2000 system of a central meridian, with the zone's number in its eastings or without (0).

    Without a number, `lon` (degrees) tells 3° zones from the 6° zones of the same meridian, whose numbers are the same.
    """
    if number >= _NARROW_ZONES[0]:
        return epsg_system(4513 + number - _NARROW_ZONES[0])
    if number:
        return epsg_system(4491 + number - _WIDE_ZONES[0])
    is_wide = (meridian - 75) % 6 == 0 and lon is not None and abs(lon - meridian) > _HALF_NARROW
    return epsg_system(4502 + (meridian - 75) // 6 if is_wide else 4534 + (meridian - 75) // 3)


def degrees_of(meridian: int, east: Any, north: Any) -> Pair:
    """Return lon, lat (CGCS2000 degrees, which are taken as WGS84) of Gauss-Krüger metres without a zone's number."""
    return to_wgs84(gauss_system(meridian), east, north)


def metres_of(meridian: int, lon: Any, lat: Any) -> Pair:
    """Return east, north (metres, no zone's number before them) of points in WGS84 or CGCS2000 degrees."""
    return from_wgs84(gauss_system(meridian), lon, lat)

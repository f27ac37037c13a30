"""GCJ-02 and BD-09, the two shifted systems of Chinese map services, forward and inverse. Pure, on whole arrays.

Formulas: GCJ-02 as published from many independent sources (a sum of sines in metres, turned into degrees on the
Krasovsky ellipsoid, a = 6378245 m, 1/f = 298.3); BD-09 is GCJ-02 turned and stretched a little. Both act inside a
rectangle only, which every implementation calls China: 72.004–137.8347° E, 0.8293–55.8271° N.

The border of that rectangle is a fold: a point less than 1 km inside it is moved, one just outside is not, so near it
some shifted points have two origins and some have none. What is outside stays as it is, in both directions; what is
inside is moved back by the formula, even where that leads a few hundred metres outside. China itself is at least
100 km away from that border.

All functions take and return lon, lat in degrees; what is not a number stays so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[Floats, Floats]

#: West, east, south, north of the rectangle inside which the shifts act.
CHINA: Final = (72.004, 137.8347, 0.8293, 55.8271)
#: Metres of the Krasovsky ellipsoid's half axis, and its squared eccentricity as the published formula rounds it.
_HALF_AXIS: Final = 6378245.0
_ECCENTRICITY: Final = 0.00669342162296594323
_BAIDU: Final = (0.0065, 0.006)
_BAIDU_WAVE: Final = np.pi * 3000.0 / 180.0
#: The steps of an inverse shrink by more than 100 each, so this many end below the last digit of a double.
_MOST_STEPS: Final = 12
_CLOSE: Final = 1e-13


def in_china(lon: Any, lat: Any) -> NDArray[np.bool_]:
    """Say which points the shifts act on."""
    west, east, south, north = CHINA
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def gcj02_from_wgs84(lon: Any, lat: Any) -> Pair:
    """Return where GCJ-02 shows points of WGS84."""
    return _inside(_gcj02, lon, lat)


def wgs84_from_gcj02(lon: Any, lat: Any) -> Pair:
    """Return the WGS84 points that GCJ-02 shows here; exact to the last digits of a double (nanometres)."""
    return _inside(lambda x, y: _invert(_gcj02, x, y), lon, lat)


def bd09_from_wgs84(lon: Any, lat: Any) -> Pair:
    """Return where BD-09 shows points of WGS84."""
    return _inside(lambda x, y: _bd09(*_gcj02(x, y)), lon, lat)


def wgs84_from_bd09(lon: Any, lat: Any) -> Pair:
    """Return the WGS84 points that BD-09 shows here; exact to the last digits of a double."""
    return _inside(lambda x, y: _invert(_gcj02, *_invert(_bd09, x, y)), lon, lat)


def bd09_from_gcj02(lon: Any, lat: Any) -> Pair:
    """Return where BD-09 shows points of GCJ-02."""
    return _inside(_bd09, lon, lat)


def gcj02_from_bd09(lon: Any, lat: Any) -> Pair:
    """Return the points of GCJ-02 that BD-09 shows here."""
    return _inside(lambda x, y: _invert(_bd09, x, y), lon, lat)


def _inside(change: Callable[[Floats, Floats], Pair], lon: Any, lat: Any) -> Pair:
    """Change the points inside the rectangle; the others stay."""
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    x, y = x.copy(), y.copy()
    inside = in_china(x, y)
    if inside.any():
        x[inside], y[inside] = change(x[inside], y[inside])
    return x, y


def _invert(forward: Callable[[Floats, Floats], Pair], x: Floats, y: Floats) -> Pair:
    """Return what `forward` moves to (x, y): the remaining error is taken off until there is none."""
    lon, lat = x.copy(), y.copy()
    for _ in range(_MOST_STEPS):
        moved_lon, moved_lat = forward(lon, lat)
        off_lon, off_lat = moved_lon - x, moved_lat - y
        lon -= off_lon
        lat -= off_lat
        if max(np.abs(off_lon).max(), np.abs(off_lat).max()) < _CLOSE:
            break
    return lon, lat


def _gcj02(lon: Floats, lat: Floats) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    east = waves + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)
    east += 150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)
    east = east * 2.0 / 3.0 + 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    north = waves + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)
    north += 160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)
    north = north * 2.0 / 3.0 - 100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    angle = np.radians(lat)
    bulge = 1.0 - _ECCENTRICITY * np.sin(angle) ** 2
    metres_east = np.radians(_HALF_AXIS / np.sqrt(bulge) * np.cos(angle))
    metres_north = np.radians(_HALF_AXIS * (1.0 - _ECCENTRICITY) / (bulge * np.sqrt(bulge)))
    return lon + east / metres_east, lat + north / metres_north


def _bd09(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_WAVE)
    return radius * np.cos(angle) + _BAIDU[0], radius * np.sin(angle) + _BAIDU[1]

"""Coordinate systems by name: `wgs84`, `cgcs2000`, `gcj02`, `bd09`, or `EPSG:n` through pyproj.

CGCS2000 (EPSG:4490) and WGS84 (EPSG:4326) are taken as one: both are ITRF of their epoch, and their numbers agree to
within the movement of the ground (a few centimetres a year, so less than a metre).

Xi'an 1980 and Beijing 1954 are read only where they are declared as EPSG:n. Their shift against CGCS2000 is not public
and differs from county to county (tens of metres to about 150 m), so their degrees are taken as they are and
`System.datum_is_known` is False; every other datum goes the way pyproj knows best. Nothing is ever fetched.

x is east (or longitude), y is north (or latitude), whatever order an authority gives the axes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]  # its stub names only what it defines

from geo.crs.shifted import bd09_from_wgs84, gcj02_from_wgs84, wgs84_from_bd09, wgs84_from_gcj02
from geo.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.crs.shifted import Pair

_EPSG: Final = re.compile(r"EPSG\s*:{1,2}\s*(\d{4,6})", re.IGNORECASE)
#: Datums by the names that EPSG and ESRI give them, in small letters without marks.
_OLD_DATUMS: Final = frozenset({"xian 1980", "beijing 1954", "new beijing"})
_SAME: Final = frozenset(
    {"china 2000", "wgs 1984", "world geodetic system 1984", "world geodetic system 1984 ensemble"}
)
_OF_CODE: Final = {4326: "wgs84", 4490: "cgcs2000"}
#: How surely a definition (a .prj file) must be one that EPSG knows: at 25 pyproj takes a zone far away for it.
_CONFIDENCE: Final = 70


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system: its name as it is stored and shown, and what pyproj knows it by ('' for the first four)."""

    name: str
    definition: str = ""

    @property
    def is_metric(self) -> bool:
        """Say whether its numbers are metres (or feet) of a projection, not degrees."""
        return bool(self.definition) and _crs(self.definition).is_projected

    @property
    def is_shifted(self) -> bool:
        """Say whether it is one of the shifted systems of map services."""
        return self.name in _SHIFTED

    @property
    def datum_is_known(self) -> bool:
        """Say whether its points can be placed to a metre: not those of Xi'an 1980 and Beijing 1954."""
        return not self.definition or _datum_of(self.definition) not in _OLD_DATUMS

    def covers(self, lon: Any, lat: Any, *, margin: float = 0.0) -> NDArray[np.bool_]:
        """Say which points (WGS84 degrees) lie where the system is meant to be used; anywhere, if it does not say.

        `margin`: degrees by which that land is taken to be wider on every side.
        """
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        used = _crs(self.definition).area_of_use if self.definition else None
        if used is None:
            return np.isfinite(x) & np.isfinite(y)
        west, east = used.west - margin, used.east + margin
        wide = (x >= west) | (x <= east) if used.west > used.east else (x >= west) & (x <= east)
        within: NDArray[np.bool_] = wide & (y >= used.south - margin) & (y <= used.north + margin)
        return within


#: What can be said of a file instead of a system: apply the one that is proven, or ask about it.
AUTO: Final = "auto"
ASK: Final = "ask"

WGS84: Final = System("wgs84")
CGCS2000: Final = System("cgcs2000")
GCJ02: Final = System("gcj02")
BD09: Final = System("bd09")
_NAMED: Final = {one.name: one for one in (WGS84, CGCS2000, GCJ02, BD09)}
_SHIFTED: Final[dict[str, tuple[Callable[[Any, Any], Pair], Callable[[Any, Any], Pair]]]] = {
    "gcj02": (wgs84_from_gcj02, gcj02_from_wgs84),
    "bd09": (wgs84_from_bd09, bd09_from_wgs84),
}


def parse_system(text: str) -> System:
    """Return the system a name stands for: wgs84, cgcs2000, gcj02, bd09 (GCJ-02, WGS 84 … too) or EPSG:n.

    Raises `Invalid` for any other text, and for a code that is no system of positions on a map.
    """
    plain = re.sub(r"[\s_-]", "", text).lower()
    if plain in _NAMED:
        return _NAMED[plain]
    match = _EPSG.fullmatch(text.strip())
    return epsg_system(int(match[1])) if match else _refuse(text)


def epsg_system(code: int) -> System:
    """Return the system of an EPSG code; 4326 and 4490 are `wgs84` and `cgcs2000`. Raises `Invalid`."""
    if code in _OF_CODE:
        return _NAMED[_OF_CODE[code]]
    system = System(f"EPSG:{code}", f"EPSG:{code}")
    try:
        known = _crs(system.definition)
    except CRSError:
        _refuse(system.name)
    return system if known.is_geographic or known.is_projected else _refuse(system.name)


def parse_definition(text: str) -> System:
    """Return the system that a definition describes: WKT of a .prj file, or anything else pyproj reads.

    One that EPSG knows has its code as name; another one is named as it names itself. Raises `Invalid`.
    """
    try:
        known = _crs(text)
    except CRSError:
        return _refuse(text[:60])
    if not (known.is_geographic or known.is_projected):
        return _refuse(known.name)
    code = known.to_epsg(min_confidence=_CONFIDENCE)
    return epsg_system(code) if code is not None else System(known.name, text)


def to_wgs84(system: System, x: Any, y: Any) -> Pair:
    """Return lon, lat in WGS84 degrees of points in a system; not a number where there is no such point."""
    return _change(system, x, y, inverse=True)


def from_wgs84(system: System, lon: Any, lat: Any) -> Pair:
    """Return x, y in a system of points in WGS84 degrees (lon, lat); not a number where it has no such point."""
    return _change(system, lon, lat, inverse=False)


def convert(x: Any, y: Any, *, source: System, target: System) -> Pair:
    """Return x, y in the target system of points in the source system; the same system changes nothing."""
    if source == target:
        return np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
    return from_wgs84(target, *to_wgs84(source, x, y))


def _change(system: System, x: Any, y: Any, *, inverse: bool) -> Pair:
    first, second = np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
    if system.name in _SHIFTED:
        return _SHIFTED[system.name][0 if inverse else 1](first, second)
    if not system.definition:
        return first, second
    way = "INVERSE" if inverse else "FORWARD"
    found = _transformer(system.definition).transform(first, second, direction=way)
    moved_x, moved_y = (np.asarray(one, dtype=np.float64) for one in found)
    lost = ~(np.isfinite(moved_x) & np.isfinite(moved_y))
    return np.where(lost, np.nan, moved_x), np.where(lost, np.nan, moved_y)


@lru_cache(maxsize=64)
def _crs(definition: str) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(definition)


@lru_cache(maxsize=64)
def _datum_of(definition: str) -> str:
    base = _crs(definition).geodetic_crs
    name = "" if base is None or base.datum is None else base.datum.name
    return name.lower().replace("_", " ").removeprefix("d ")


@lru_cache(maxsize=64)
def _transformer(definition: str) -> pyproj.Transformer:
    """Return the way from WGS84 degrees to a system; datums taken as they are go by their own degrees."""
    set_network_enabled(active=False)
    crs = _crs(definition)
    base = crs.geodetic_crs if _datum_of(definition) in _OLD_DATUMS | _SAME else None
    start = pyproj.CRS.from_epsg(4326) if base is None else base
    return pyproj.Transformer.from_crs(start, crs, always_xy=True)


def _refuse(text: str) -> System:
    raise Invalid("err.crs_unknown", value=text)

"""Ways to read the coordinates of a source, and the points that each of them gives. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo import crs
from geo.crs import System

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.crs.shifted import Floats, Pair
    from geo.store.area import Area

_SWAPPED: Final = "swapped"
_HALF: Final = 180.0
_QUARTER: Final = 90.0
#: Metres are larger than any degrees; what is between is neither.
_LEAST_METRES: Final = 10_000.0
#: How far from its central meridian a zone is used, in degrees of longitude.
_WIDEST: Final = 3.5
#: The central meridians that UTM and 6° zones share, 6 degrees apart.
_UTM_FIRST: Final = 32_600
_WIDE: Final = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read two numbers: the system, whether their order is turned, and whether neighbours must prove it.

    `key` is how answers, reports and `--crs` call it: `wgs84` (as they stand), `gcj02`, `bd09`, `EPSG:n`, `swapped`,
    `swapped:gcj02`.
    """

    system: System
    swapped: bool = False
    needs_neighbours: bool = False

    @property
    def key(self) -> str:
        """Return the name of the reading."""
        if not self.swapped:
            return self.system.name
        return _SWAPPED if self.system == crs.WGS84 else f"{_SWAPPED}:{self.system.name}"

    @property
    def is_plain(self) -> bool:
        """Say whether the numbers are taken as they stand."""
        return not self.swapped and self.system in (crs.WGS84, crs.CGCS2000)

    def points(self, x: Floats, y: Floats) -> Pair:
        """Return lon, lat (WGS84 degrees) of numbers; not a number where this reading has no point for them."""
        if self.system.is_metric:
            return crs.to_wgs84(self.system, *_orient(self.system, x, y))
        east, north = (y, x) if self.swapped else (x, y)
        inside = (np.abs(east) <= _HALF) & (np.abs(north) <= _QUARTER)
        return crs.to_wgs84(self.system, np.where(inside, east, np.nan), np.where(inside, north, np.nan))


PLAIN: Final = Reading(crs.WGS84)
SWAPPED: Final = Reading(crs.WGS84, swapped=True)
SHIFTS: Final = tuple(
    Reading(system, swapped=swapped, needs_neighbours=True)
    for swapped in (False, True)
    for system in (crs.GCJ02, crs.BD09)
)


def parse_reading(key: str) -> Reading:
    """Return the reading of a key. Raises `Invalid` for one that names no system."""
    head, _, rest = key.partition(":")
    if head == _SWAPPED:
        return Reading(crs.parse_system(rest) if rest else crs.WGS84, swapped=True)
    return Reading(crs.parse_system(key))


def are_metres(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Say which pairs of numbers can only be metres of a projection."""
    large: NDArray[np.bool_] = (np.abs(x) >= _LEAST_METRES) & (np.abs(y) >= _LEAST_METRES)
    return large


def list_projections(x: Floats, y: Floats, area: Area | None) -> list[Reading]:
    """Return the Gauss-Krüger readings that metres may have near an area, and UTM where neighbours prove it.

    A number before the easting tells its zone; without one every zone near the area may be meant.
    """
    east, _, _ = crs.orient(x, y)
    known = np.isfinite(east)
    if area is None or not known.any():
        return []
    west, _, far_east, _ = area.bounds
    numbers, _ = crs.split_zone(east[known])
    near = [one for one in crs.MERIDIANS if west - _WIDEST <= one <= far_east + _WIDEST]
    found: dict[int, Reading] = {}
    for number in np.unique(numbers[numbers > 0]).tolist():
        meridian = int(crs.meridian_of(number))
        if meridian in near:
            found.setdefault(meridian, Reading(crs.gauss_system(meridian, number=number)))
    if (numbers == 0).any():
        middle = (west + far_east) / 2
        for meridian in near:
            found.setdefault(meridian, Reading(crs.gauss_system(meridian, lon=middle)))
        found |= {-one: _utm(one) for one in near if one % _WIDE == 3}  # noqa: PLR2004 - 75, 81, … are those of UTM zones
    return list(found.values())


def _utm(meridian: int) -> Reading:
    return Reading(crs.epsg_system(_UTM_FIRST + (meridian + 183) // _WIDE), needs_neighbours=True)


def _orient(system: System, x: Floats, y: Floats) -> Pair:
    """Return eastings and northings as a system counts them; which number is which, they tell themselves.

    Of systems other than Gauss-Krüger the columns' order counts, unless only the other one lies where the system is
    used.
    """
    if crs.zone_of(system) is not None:
        east, north, _ = crs.orient(x, y)
        return crs.fit_zone(system, east), north
    straight, turned = (system.covers(*crs.to_wgs84(system, *pair)) for pair in ((x, y), (y, x)))
    other = turned & ~straight
    return np.where(other, y, x), np.where(other, x, y)

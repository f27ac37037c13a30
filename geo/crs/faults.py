"""Why a point cannot be carried from one system into another. Pure, on whole arrays.

A projection answers for any point of the globe, with metres that mean nothing far from its zone. So a point is carried
only where both systems are meant to be used; what cannot be is named, never computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.crs.gauss import fit_zone, orient, zone_of
from geo.crs.shifted import in_china
from geo.crs.systems import System, from_wgs84, to_wgs84

if TYPE_CHECKING:
    from geo.crs.shifted import Floats

#: Degrees by which neighbouring zones overlap: a survey goes on a little way beyond its zone rather than change it.
OVERLAP_DEG: Final = 0.25
_MOST_LON: Final = 180.0
_MOST_LAT: Final = 90.0


@dataclass(frozen=True, slots=True)
class Carried:
    """Points in the target system (x, y; not a number where there is none), and why not, '' for all others.

    `faults`: `zero` (0, 0), `swapped` (longitude and latitude changed places), `off_globe`, `metres` (no easting and
    northing of China), `zone` (an easting of another zone), `source`, `target` (beyond where that system is used),
    `nowhere` (the source has no such point). What was no pair of numbers is not a number and without a fault.
    `unmoved` marks the points that a shifted system leaves as they are, because they are not in China.
    """

    x: Floats
    y: Floats
    faults: NDArray[Any]
    unmoved: NDArray[np.bool_]


def carry(x: Any, y: Any, *, source: System, target: System) -> Carried:
    """Return the points of the source system in the target system, and which cannot be carried there."""
    first, second = np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
    faults = np.full(first.shape, "", dtype=object)

    def mark(wrong: NDArray[np.bool_], fault: str) -> None:
        faults[wrong & np.isfinite(first) & np.isfinite(second) & (faults == "")] = fault

    mark((first == 0) & (second == 0), "zero")
    east, north = _as_written(first, second, source, mark)
    with np.errstate(invalid="ignore", over="ignore"):
        lon, lat = to_wgs84(source, east, north)
    mark(~(np.isfinite(lon) & np.isfinite(lat)), "nowhere")
    for system, fault in ((source, "source"), (target, "target")):
        beyond = ~system.covers(lon, lat, margin=OVERLAP_DEG)
        if not source.is_metric:
            mark(beyond & system.covers(lat, lon, margin=OVERLAP_DEG), "swapped")
        mark(beyond, fault)
    fine = (faults == "") & np.isfinite(first) & np.isfinite(second)
    out_x, out_y = from_wgs84(target, np.where(fine, lon, np.nan), np.where(fine, lat, np.nan))
    unmoved = fine & ~in_china(lon, lat) & (source.is_shifted or target.is_shifted) & (source != target)
    if source == target:
        out_x, out_y = np.where(fine, east, np.nan), np.where(fine, north, np.nan)
    return Carried(out_x, out_y, faults, unmoved)


def _as_written(first: Floats, second: Floats, source: System, mark: Any) -> tuple[Floats, Floats]:
    """Return x, y as the source system counts them; not a number for what no point of it could say."""
    if zone_of(source) is not None:
        east, north, _ = orient(first, second)
        mark(~np.isfinite(east), "metres")
        fitted = fit_zone(source, east)
        mark(~np.isfinite(fitted), "zone")
        return fitted, np.where(np.isfinite(fitted), north, np.nan)
    if source.is_metric:
        return first, second
    off = (np.abs(first) > _MOST_LON) | (np.abs(second) > _MOST_LAT)
    mark(off & (np.abs(first) <= _MOST_LAT) & (np.abs(second) <= _MOST_LON), "swapped")
    mark(off, "off_globe")
    return np.where(off, np.nan, first), np.where(off, np.nan, second)

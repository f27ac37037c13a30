"""How long the ways between stops take (seconds) and how long they are (metres); pure, no I/O.

Points are lon, lat in WGS84 degrees, or x, y in metres on a plane. What a matrix holds is whole seconds, row = from,
column = to, `geo.plan.stops.UNREACHABLE` where there is no way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geo.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Speeds in km/h by the way people move: on a path, on a village road, on a township road.
SPEEDS_KMH: Final = {"walk": 4.5, "motorcycle": 20.0, "car": 30.0}
#: Ways are so much longer than the straight line where nothing better is known; 1.64 was measured on mountain roads,
#: 1.27 in hills, 1.18 in a city. A setting of each township.
DETOUR: Final = 1.3
#: What the ways between homes are known from: straight lines, slopes on foot (Tobler), or the user's road network.
Ways = Literal["straight", "slopes", "roads"]
WAYS: Final[tuple[Ways, ...]] = ("straight", "slopes", "roads")
#: Speeds in km/h on OpenStreetMap's classes of roads, by motorcycle and by car; what is not listed is a village road.
_ROADS_KMH: Final = {
    "motorway": (40.0, 80.0), "trunk": (40.0, 60.0), "primary": (40.0, 50.0), "secondary": (35.0, 40.0),
    "tertiary": (30.0, 35.0), "unclassified": (20.0, 25.0), "residential": (20.0, 20.0), "service": (15.0, 15.0),
    "track": (12.0, 10.0), "path": (8.0, None), "bridleway": (8.0, None), "footway": (None, None),
    "pedestrian": (None, None), "steps": (None, None), "cycleway": (15.0, None),
}  # fmt: skip
_VILLAGE_ROAD: Final = (20.0, 25.0)
#: Nobody walks there.
_NOT_ON_FOOT: Final = frozenset({"motorway", "motorway_link"})
#: Mean radius of the earth in metres (IUGG).
RADIUS_M: Final = 6_371_008.8
#: Heights along a line are taken so far apart, or at so many places where it is long.
_SAMPLE_M: Final = 50.0
_MOST_SAMPLES: Final = 100
#: Whatever walls the heights make, nobody is longer on the way.
_LONGEST_S: Final = 1e7


@dataclass(frozen=True, slots=True)
class Pace:
    """How people move where only points are known: speed in km/h along the way, and way ÷ straight line."""

    speed_kmh: float = SPEEDS_KMH["walk"]
    detour: float = DETOUR

    def __post_init__(self) -> None:
        """Refuse a pace at which nobody arrives. Raises `Invalid`."""
        if not (np.isfinite(self.speed_kmh) and self.speed_kmh > 0 and np.isfinite(self.detour) and self.detour >= 1):
            raise Invalid("plan.pace")

    def seconds(self, distance_m: Floats) -> NDArray[np.int64]:
        """Return whole seconds for straight-line metres, rounded to the nearest."""
        taken = np.rint(distance_m * self.detour / (self.speed_kmh / 3.6))
        return taken.astype(np.int64)


def speed_on(highway: str, travel: str) -> float | None:
    """Return the km/h on a class of road by a way of moving (`SPEEDS_KMH`), None where nobody moves that way."""
    if travel == "walk":
        return None if highway in _NOT_ON_FOOT else SPEEDS_KMH["walk"]
    motorcycle, car = _ROADS_KMH.get(highway.removesuffix("_link"), _VILLAGE_ROAD)
    return motorcycle if travel == "motorcycle" else car


def tobler_kmh(slope: Floats) -> Floats:
    """Return Tobler's walking speed for a slope (rise ÷ run, downhill negative): 6 e^(−3.5 |slope + 0.05|) km/h.

    Waldo Tobler, Three presentations on geographical analysis and modeling (1993).
    """
    speed: Floats = 6.0 * np.exp(-3.5 * np.abs(slope + 0.05))
    return speed


@dataclass(frozen=True, slots=True)
class Walk:
    """How people go on foot where there is no road: along the straight line, the way being `pace.detour` times as long.

    At the speed of the pace; with `height_at` (metres above the sea at lon, lat, NaN where unknown) by Tobler instead,
    uphill and downhill apart. Heights are taken at least every 50 m (at most 100 a line); slopes are as much gentler as
    the way is longer. Ground without heights rises evenly from one known height to the next, and is level beyond them.
    """

    pace: Pace
    height_at: Callable[[Floats, Floats], Floats] | None = None

    def seconds(self, lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> tuple[Floats, Floats]:
        """Return the whole seconds from points to points (degrees), pair by pair, and those back."""
        straight = distance_m(lon, lat, to_lon, to_lat)
        if self.height_at is None:
            level = self.pace.seconds(straight).astype(np.float64)
            return level, level
        steps = int(np.clip(np.ceil(straight.max(initial=0.0) / _SAMPLE_M), 1, _MOST_SAMPLES))
        part = np.linspace(0.0, 1.0, steps + 1)
        heights = self.height_at(
            lon[:, None] + np.outer(to_lon - lon, part), lat[:, None] + np.outer(to_lat - lat, part)
        )
        run = np.maximum(straight * self.pace.detour / steps, 1e-9)[:, None]
        slope = np.diff(_fill_gaps(heights), axis=1) / run
        there, back = ((run / (tobler_kmh(one) / 3.6)).sum(axis=1).clip(max=_LONGEST_S) for one in (slope, -slope))
        return np.rint(np.where(straight > 0, there, 0.0)), np.rint(np.where(straight > 0, back, 0.0))

    def matrix(self, lon: Floats, lat: Floats) -> NDArray[np.int64]:
        """Return the seconds between all points."""
        if self.height_at is None:
            return self.pace.seconds(measure_sphere(lon, lat))
        count = len(lon)
        matrix = np.zeros((count, count), dtype=np.int64)
        for nth in range(count - 1):
            others = slice(nth + 1, count)
            here = np.full(count - nth - 1, lon[nth]), np.full(count - nth - 1, lat[nth])
            matrix[nth, others], matrix[others, nth] = self.seconds(*here, lon[others], lat[others])
        return matrix


def _fill_gaps(heights: Floats) -> Floats:
    """Return heights along lines (one a row) with those that are unknown between the known ones, evenly."""
    known = np.isfinite(heights)
    filled = np.where(known.any(axis=1, keepdims=True), heights, 0.0)
    places = np.arange(heights.shape[1])
    for row in np.flatnonzero(known.any(axis=1) & ~known.all(axis=1)):
        filled[row] = np.interp(places, places[known[row]], heights[row, known[row]])
    return filled


def distance_m(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """Return the great-circle metres from points to points, pair by pair (degrees), by the haversine formula."""
    phi, other = np.radians(lat), np.radians(other_lat)
    half = np.sin((phi - other) / 2) ** 2
    half = half + np.cos(phi) * np.cos(other) * np.sin(np.radians(lon - other_lon) / 2) ** 2
    metres: Floats = 2 * RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return metres


def measure_plane(x_m: Floats, y_m: Floats) -> Floats:
    """Return the straight-line metres between all points of a plane."""
    distance: Floats = np.hypot(x_m[:, None] - x_m[None, :], y_m[:, None] - y_m[None, :])
    return distance


def measure_sphere(lon: Floats, lat: Floats) -> Floats:
    """Return the great-circle metres between all points (lon, lat in degrees), by the haversine formula."""
    return distance_m(lon[:, None], lat[:, None], lon[None, :], lat[None, :])


def project(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return x, y in metres east and north of the first point; true to a part in a thousand within a district."""
    x = np.radians(lon - lon[0]) * np.cos(np.radians(lat[0])) * RADIUS_M
    return x, np.radians(lat - lat[0]) * RADIUS_M

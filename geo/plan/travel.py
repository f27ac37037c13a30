"""How long the ways between stops take (seconds) and how long they are (metres); pure, no I/O.

Points are lon, lat in WGS84 degrees, or x, y in metres on a plane. What a matrix holds is whole seconds, row = from,
column = to, `geo.plan.stops.UNREACHABLE` where there is no way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
#: Mean radius of the earth in metres (IUGG).
_RADIUS_M: Final = 6_371_008.8


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


def measure_plane(x_m: Floats, y_m: Floats) -> Floats:
    """Return the straight-line metres between all points of a plane."""
    distance: Floats = np.hypot(x_m[:, None] - x_m[None, :], y_m[:, None] - y_m[None, :])
    return distance


def measure_sphere(lon: Floats, lat: Floats) -> Floats:
    """Return the great-circle metres between all points (lon, lat in degrees), by the haversine formula."""
    lam, phi = np.radians(lon), np.radians(lat)
    half = np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
    half = half + np.cos(phi)[:, None] * np.cos(phi)[None, :] * np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    distance: Floats = 2 * _RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def project(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return x, y in metres east and north of the first point; true to a part in a thousand within a district."""
    x = np.radians(lon - lon[0]) * np.cos(np.radians(lat[0])) * _RADIUS_M
    return x, np.radians(lat - lat[0]) * _RADIUS_M

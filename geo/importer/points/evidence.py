"""What speaks for a reading: points inside the unit's known area, and near the undisputed points of their own group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.crs.shifted import Floats
    from geo.importer.points.readings import Reading
    from geo.store.area import Area

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_DEGREE_M: Final = 111_320.0
#: How far apart groups are put in the third dimension of the search, so that none is near another (metres).
_APART: Final = 1e7
#: Neighbours farther away than this are none (metres).
_REACH: Final = 2e4
#: A reading is applied when so many of a source's usable points fit it, and at least so many different ones.
SHARE: Final = (4, 5)
LEAST: Final = 5


@dataclass(frozen=True, slots=True)
class Field:
    """Where the rows of a file belong: the leaf (group or village, as a number) of rows, and the areas of their units.

    `areas` are the known areas, `area_of` the place of each row's own among them (-1: nothing is known of its unit).
    """

    leaves_of: Callable[[Rows], Rows]
    areas: Sequence[Area]
    area_of: Rows

    def holds(self, rows: Rows, lon: Floats, lat: Floats) -> Flags:
        """Say which points lie inside the known area of their row's unit."""
        inside = np.zeros(len(rows), dtype=bool)
        own = self.area_of[rows]
        for nth, area in enumerate(self.areas):
            here = own == nth
            if here.any():
                inside[here] = area.holds(lon[here], lat[here])
        return inside


class Neighbours:
    """Undisputed points, found by the group they belong to."""

    def __init__(self, leaves: Rows, lon: Floats, lat: Floats) -> None:
        """Take points (WGS84 degrees) and the number of the leaf each belongs to."""
        self.leaves, self.lon, self.lat = leaves, lon, lat
        self._known = np.unique(leaves)
        self._shorter = float(np.cos(np.radians(np.median(lat)))) if len(lat) else 1.0
        self._tree = cKDTree(self._place(leaves, lon, lat)) if len(lat) else None

    def _place(self, leaves: Rows, lon: Floats, lat: Floats) -> Floats:
        return np.column_stack([lon * self._shorter * _DEGREE_M, lat * _DEGREE_M, leaves * _APART])

    def knows(self, leaves: Rows) -> Flags:
        """Say which leaves have any undisputed point."""
        return np.isin(leaves, self._known)

    def distance(self, leaves: Rows, lon: Floats, lat: Floats) -> Floats:
        """Return metres to the nearest undisputed point of the same group; infinite where there is none."""
        found = np.full(len(leaves), np.inf)
        asked = np.isfinite(lon) & np.isfinite(lat) & self.knows(leaves)
        if self._tree is not None and asked.any():
            places = self._place(leaves[asked], lon[asked], lat[asked])
            found[asked] = self._tree.query(places, distance_upper_bound=_REACH)[0]
        return found


@dataclass(frozen=True, slots=True)
class Weighed:
    """A reading of a source's rows: its points, which lie in their area, metres to neighbours, and which fit."""

    reading: Reading
    lon: Floats
    lat: Floats
    inside: Flags
    distance: Floats
    fits: Flags

    def is_proven(self) -> bool:
        """Say whether at least 80 %, and at least 5 different points, of the source fit."""
        count = int(self.fits.sum())
        if count < LEAST or count * SHARE[1] < len(self.fits) * SHARE[0]:
            return False
        points = zip(self.lon[self.fits].tolist(), self.lat[self.fits].tolist(), strict=True)
        seen: set[tuple[float, float]] = set()
        return any(len(seen) >= LEAST for point in points if not seen.add(point))  # type: ignore[func-returns-value]

    @property
    def median_m(self) -> float | None:
        """Return the median distance to the nearest neighbour, of the points that have one; None where none has."""
        known = self.distance[np.isfinite(self.distance)]
        return float(np.median(known)) if len(known) else None


def weigh(
    field: Field, rows: Rows, x: Floats, y: Floats, *, readings: Sequence[Reading], neighbours: Neighbours | None,
    fixed: Flags,
) -> list[Weighed]:  # fmt: skip
    """Return what speaks for each reading of the rows; `fixed` are rows whose order their own writing tells.

    A point fits when it lies inside its unit's known area and, where a reading needs neighbours to prove it, is nearer
    to the undisputed points of its group than under every other reading. As it stands it fits unless another is nearer.
    """
    leaves = field.leaves_of(rows) if neighbours is not None else rows
    found = []
    for reading in readings:
        lon, lat = reading.points(x, y)
        if reading.swapped:
            lon, lat = np.where(fixed, np.nan, lon), np.where(fixed, np.nan, lat)
        inside = field.holds(rows, lon, lat)
        metres = neighbours.distance(leaves, lon, lat) if neighbours is not None else np.full(len(rows), np.inf)
        found.append((reading, lon, lat, inside, metres))
    nearest = np.array([metres for *_, metres in found])
    weighed = []
    for nth, (reading, lon, lat, inside, metres) in enumerate(found):
        others = np.delete(nearest, nth, axis=0)
        least = others.min(axis=0, initial=np.inf)
        nearer = np.isfinite(metres) & (metres < least)
        fits = inside & (nearer if reading.needs_neighbours else ~(least < metres) if reading.is_plain else True)
        weighed.append(Weighed(reading, lon, lat, inside, metres, fits))
    return weighed

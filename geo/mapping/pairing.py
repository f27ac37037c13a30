"""One visit point, one household: the most pairs within a distance, and among those the least total distance.

Distances are great circles on a sphere of 6,371,008.8 m (the earth's mean radius), in metres; against the ellipsoid
they are off by at most 0.6 %, which is 0.2 m in 30 m. Counting households near any point instead counts one visit
several times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import csr_array, hstack
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARTH_M: Final = 6_371_008.8


def to_sphere(lon: Any, lat: Any) -> NDArray[np.float64]:
    """Return points (lon, lat in WGS84 degrees) as x, y, z on the unit sphere, one row each."""
    east, north = np.radians(np.asarray(lon, dtype=np.float64)), np.radians(np.asarray(lat, dtype=np.float64))
    return np.column_stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)))


def arc_m(chord: Any) -> NDArray[np.float64]:
    """Return the great-circle distance in metres of chords of the unit sphere."""
    return 2 * EARTH_M * np.arcsin(np.minimum(np.asarray(chord, dtype=np.float64) / 2, 1.0))


def pair_points(
    points: tuple[Any, Any], homes: tuple[Any, Any], *, within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return, for every point, the index of its household (-1: none) and the distance in metres to the nearest one.

    `points` and `homes` are (lon, lat) in WGS84 degrees. The pairs are as many as there can be with each point and
    each household in one pair at most and every pair within `within_m`; of all such choices the sum of distances is
    the least.
    """
    count = len(points[0])
    chosen, nearest = np.full(count, -1, dtype=np.int64), np.full(count, np.inf)
    if not count or not len(homes[0]):
        return chosen, nearest
    here, there = to_sphere(*points), to_sphere(*homes)
    tree = cKDTree(there)
    nearest = arc_m(tree.query(here)[0])
    chord = 2 * np.sin(within_m / EARTH_M / 2) * (1 + 1e-9)
    close = cKDTree(here).sparse_distance_matrix(tree, chord, output_type="coo_matrix")
    metres = arc_m(close.data)
    fits = metres <= within_m
    if not fits.any():
        return chosen, nearest
    rows, columns = _pair(close.row[fits], close.col[fits], metres[fits], count, len(homes[0]))
    chosen[rows] = columns
    return chosen, nearest


def _pair(
    rows: NDArray[Any], columns: NDArray[Any], metres: NDArray[np.float64], points: int, homes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Solve the assignment: every point may also stay alone, at a price no detour of all pairs can reach.

    One metre is added to every edge, as an edge of weight zero would be none; each full matching has as many edges, so
    it changes nothing.
    """
    alone = float(metres.sum()) + 1.0
    edges = csr_array((metres + 1.0, (rows, columns)), shape=(points, homes))
    single = csr_array((np.full(points, alone + 1.0), (np.arange(points), np.arange(points))), shape=(points, points))
    found, taken = min_weight_full_bipartite_matching(hstack((edges, single), format="csr"))
    paired = taken < homes
    return found[paired].astype(np.int64), taken[paired].astype(np.int64)

"""Points of the households: elongated clusters with a least distance between homes, and some homes scattered around.

Coordinates are metres on the land's plane (x east, y north) until `place_homes` returns lon, lat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.demo.parameters import World
    from geo.demo.seats import Land
    from geo.demo.units import Unit
    from geo.demo.valleys import Ground, Valley

    Points = NDArray[np.float64]
    Whole = NDArray[np.int64]

_ROUNDS = 12
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Homes:
    """Where the households of a unit live: lon, lat in WGS84 degrees (NaN: unknown), and whose dwelling each shares.

    `host` is the position of the household that gave the dwelling its point (its own where nobody shares).
    """

    lonlat: Points
    host: Whole


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Clusters of the groups of a unit: deviations along and across (metres), bearings (radians), share scattered."""

    centres: Points
    along: Points
    across: Points
    bearings: Points
    scattered: float
    reach: tuple[float, float]

    def draw(self, rng: np.random.Generator, groups: Whole, scattered: NDArray[np.bool_], widen: float) -> Points:
        """Draw one point per entry of `groups`."""
        along = rng.normal(size=len(groups)) * self.along[groups] * widen
        across = rng.normal(size=len(groups)) * self.across[groups] * widen
        angle = self.bearings[groups]
        near = np.stack(
            [along * np.sin(angle) + across * np.cos(angle), along * np.cos(angle) - across * np.sin(angle)]
        )
        turn = rng.uniform(0, 2 * math.pi, len(groups))
        far = rng.uniform(*self.reach, len(groups)) * np.stack([np.sin(turn), np.cos(turn)])
        points: Points = self.centres[groups] + np.where(scattered, far, near).T
        return points


def place_homes(world: World, land: Land, ground: Ground, unit: Unit, *, valley: Valley, groups: Whole) -> Homes:
    """Return the homes of a unit's households; `groups` is the group number (from 0) of each, ascending."""
    rng = world.stream(unit.code, "points")
    host = _choose_hosts(world, unit, groups)
    own = np.flatnonzero(host == np.arange(len(groups)))
    shapes = _shape_clusters(world, unit, valley, np.bincount(groups, minlength=len(valley.centres)), rng)
    decided = world.decided["clusters"]
    spacing = rng.uniform(*decided["urban_min_spacing_m" if unit.urban else "min_spacing_m"])
    scattered = rng.random(len(own)) < shapes.scattered
    xy = np.zeros((len(groups), 2))
    xy[own] = _throw(rng, shapes, groups[own], scattered, spacing=spacing, ground=ground)
    lonlat = land.plane.to_lonlat(xy[host])
    lonlat[rng.random(len(groups)) < world.params["coordinate_missing"]] = np.nan
    return Homes(np.round(lonlat, _DECIMALS), host)


def _choose_hosts(world: World, unit: Unit, groups: Whole) -> Whole:
    share = world.decided["clusters"]["urban_shared_dwelling" if unit.urban else "shared_dwelling"]
    shares = world.stream(unit.code, "sharing").random(len(groups)) < share
    first = np.r_[True, groups[1:] != groups[:-1]]
    return np.maximum.accumulate(np.where(shares & ~first, 0, np.arange(len(groups))))


def _shape_clusters(world: World, unit: Unit, valley: Valley, sizes: Whole, rng: np.random.Generator) -> _Shapes:
    given = world.decided["clusters"]
    count = len(sizes)
    grown = np.sqrt(np.maximum(given["least_growth"], sizes / given["typical_households"]))
    along = rng.lognormal(math.log(given["major_sd_m"]), given["major_sigma"], count) * grown
    ratio = np.maximum(
        1, rng.lognormal(math.log(given["urban_ratio" if unit.urban else "ratio"]), given["ratio_sigma"], count)
    )
    if unit.urban:
        along = np.full(count, given["major_sd_m"] * 0.8) * grown * np.sqrt(ratio / given["urban_ratio"])
    scattered = given["urban_scattered_share" if unit.urban else "scattered_share"]
    return _Shapes(valley.centres, along, along / ratio, valley.bearings, scattered, tuple(given["scattered_m"]))


def _throw(
    rng: np.random.Generator,
    shapes: _Shapes,
    groups: Whole,
    scattered: NDArray[np.bool_],
    *,
    spacing: float,
    ground: Ground,
) -> Points:
    """Throw darts until every home has a point at least `spacing` from every other; late ones in wider clusters."""
    points = np.full((len(groups), 2), np.nan)
    for nth in range(_ROUNDS):
        open_ = np.flatnonzero(np.isnan(points[:, 0]))
        if not len(open_):
            break
        drawn = shapes.draw(rng, groups[open_], scattered[open_], 1 + 0.12 * nth)
        fits = shapely.contains_xy(ground.inner, drawn[:, 0], drawn[:, 1])
        placed = points[~np.isnan(points[:, 0])]
        if len(placed):
            fits &= cKDTree(placed).query(drawn)[0] >= spacing
        fits[fits] = _thin(drawn[fits], spacing)
        points[open_[fits]] = drawn[fits]
    left = np.flatnonzero(np.isnan(points[:, 0]))
    points[left] = _fill(rng, shapes, groups[left], points, spacing=spacing, ground=ground)
    return points


def _thin(points: Points, spacing: float) -> NDArray[np.bool_]:
    """Say which points stay when, in order, each that is too near to an earlier one that stays is dropped."""
    stays = np.ones(len(points), dtype=bool)
    pairs = cKDTree(points).query_pairs(spacing, output_type="ndarray")
    order = np.lexsort((pairs[:, 0], pairs[:, 1]))
    for first, second in pairs[order].tolist():
        if stays[first]:
            stays[second] = False
    return stays


def _fill(
    rng: np.random.Generator, shapes: _Shapes, groups: Whole, points: Points, *, spacing: float, ground: Ground
) -> Points:
    """Place the last homes one by one, each farther out until it fits."""
    placed = points[~np.isnan(points[:, 0])]
    found = []
    for group in groups.tolist():
        for nth in range(400):
            at = shapes.draw(rng, np.array([group]), np.array([False]), 2 + 0.1 * nth)[0]
            if shapely.contains_xy(ground.inner, at[0], at[1]) and np.hypot(*(placed - at).T).min() >= spacing:
                break
        placed = np.vstack([placed, at])
        found.append(at)
    return np.array(found).reshape(-1, 2)

"""Seats of the units (村委会所在地), illustrative but for five GeoNames points.

Coordinates here are metres on a local plane: x east, y north of the district's corner (`Plane`).
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import shape

from geo.demo.parameters import DEMO_DIR

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geo.demo.parameters import World
    from geo.demo.units import Unit

    Points = NDArray[np.float64]

_DEGREE_M = 111_195.0


@dataclass(frozen=True, slots=True)
class Plane:
    """A local plane: metres east and north of (lon, lat) degrees; good to half a per cent over a district."""

    lon: float
    lat: float
    shrink: float

    @classmethod
    def around(cls, outline: BaseGeometry) -> Plane:
        """Return the plane whose origin is the outline's south-west corner."""
        west, south, _, north = outline.bounds
        return cls(west, south, math.cos(math.radians((south + north) / 2)))

    def to_xy(self, lonlat: Points) -> Points:
        """Return (lon, lat) in WGS84 degrees as metres (x, y)."""
        scale = np.array([_DEGREE_M * self.shrink, _DEGREE_M])
        found: Points = (np.asarray(lonlat) - [self.lon, self.lat]) * scale
        return found

    def to_lonlat(self, xy: Points) -> Points:
        """Return metres (x, y) as (lon, lat) in WGS84 degrees."""
        scale = np.array([_DEGREE_M * self.shrink, _DEGREE_M])
        found: Points = np.asarray(xy) / scale + [self.lon, self.lat]
        return found


@dataclass(frozen=True, slots=True)
class Land:
    """The district on its plane: the outline, and one seat (metres) per unit of the edition, in the units' order."""

    plane: Plane
    outline: BaseGeometry
    lonlat_outline: BaseGeometry
    seats: Points
    townships: dict[str, Points]

    def inside(self, xy: Points, *, margin: float) -> NDArray[np.bool_]:
        """Say which points lie inside the outline by at least a margin in metres."""
        inner = self.outline.buffer(-margin)
        shapely.prepare(inner)
        found: NDArray[np.bool_] = shapely.contains_xy(inner, xy[..., 0], xy[..., 1])
        return found


def read_outline() -> BaseGeometry:
    """Return the district's outline: lon, lat in WGS84 degrees; 示意, not an authoritative boundary."""
    collection = json.loads((DEMO_DIR / "bijiang_outline.geojson").read_text(encoding="utf-8"))
    return shape(collection["features"][0]["geometry"])


def read_anchors() -> dict[str, tuple[float, float]]:
    """Return the real points: unit code → lon, lat in WGS84 degrees (GeoNames)."""
    with (DEMO_DIR / "geonames_seats.csv").open(encoding="utf-8", newline="") as file:
        return {row["unit_code"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)}


def lay_out(world: World, units: list[Unit]) -> Land:
    """Place the seat of every unit of the edition, whatever the preset."""
    lonlat = read_outline()
    plane = Plane.around(lonlat)
    outline = shapely.transform(lonlat, plane.to_xy)
    decided = world.decided["seats"]
    centres = {code: plane.to_xy(np.array(point)) for code, point in decided["township_centres"].items()}
    inner = outline.buffer(-decided["inside_m"])
    shapely.prepare(inner)
    weights = _fit_weights(world, units, inner, np.array(list(centres.values())))
    owner = dict(zip(centres, range(len(centres)), strict=True))
    seats = np.full((len(units), 2), np.nan)
    anchors = read_anchors()
    for unit in units:
        if unit.code in anchors:
            seats[unit.index - 1] = plane.to_xy(np.array(anchors[unit.code]))
    for unit in units:
        if unit.code not in anchors:
            power = _Power(np.array(list(centres.values())), weights, owner[unit.township])
            seats[unit.index - 1] = _draw_seat(world, unit, inner, power, seats)
    return Land(plane, outline, lonlat, seats, centres)


@dataclass(frozen=True, slots=True)
class _Power:
    """A power diagram of township centres, seen from one of them."""

    centres: Points
    weights: Points
    own: int

    def excess(self, xy: Points) -> Points:
        """Return how much farther (power distance) a point is from its own centre than from the nearest: 0 inside."""
        distance = ((xy[:, None, :] - self.centres) ** 2).sum(axis=2) - self.weights
        found: Points = distance[:, self.own] - distance.min(axis=1)
        return found


def _fit_weights(world: World, units: list[Unit], inner: BaseGeometry, centres: Points) -> Points:
    """Return the weights with which the townships' areas are in proportion to their units."""
    urban = world.decided["seats"]["urban_weight"]
    codes = list(world.decided["seats"]["township_centres"])
    wanted = np.zeros(len(codes))
    for unit in units:
        wanted[codes.index(unit.township)] += urban if unit.urban else 1.0
    wanted /= wanted.sum()
    west, south, east, north = inner.bounds
    grid = np.stack(np.meshgrid(np.linspace(west, east, 90), np.linspace(south, north, 70)), axis=-1).reshape(-1, 2)
    grid = grid[shapely.contains_xy(inner, grid[:, 0], grid[:, 1])]
    squares = ((grid[:, None, :] - centres) ** 2).sum(axis=2)
    weights = np.zeros(len(codes))
    for _ in range(400):
        share = np.bincount((squares - weights).argmin(axis=1), minlength=len(codes)) / len(grid)
        weights = weights + 0.05 * inner.area * (wanted - share)
    return weights


def _draw_seat(world: World, unit: Unit, inner: BaseGeometry, power: _Power, seats: Points) -> Points:
    """Return the first drawn point in the unit's township and far enough from every seat before it."""
    rng = world.stream(unit.code, "seats")
    west, south, east, north = inner.bounds
    drawn = rng.uniform([west, south], [east, north], size=(5_000, 2))
    drawn = drawn[shapely.contains_xy(inner, drawn[:, 0], drawn[:, 1])]
    placed = cKDTree(seats[~np.isnan(seats[:, 0])])
    excess = power.excess(drawn)
    # Points of the township come first, in the order drawn; then those nearest to it.
    point: Points
    for point in drawn[np.argsort(excess, kind="stable")]:
        if placed.query(point)[0] >= world.decided["seats"]["min_apart_m"]:
            return point
    raise ValueError(unit.code)

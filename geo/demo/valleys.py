"""Centres of the groups: a walk up and down the village's valley from its seat, and how long the way to each takes.

Coordinates are metres on the land's plane (x east, y north).
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
    from shapely.geometry.base import BaseGeometry

    from geo.demo.parameters import World
    from geo.demo.seats import Land
    from geo.demo.units import Unit

    Points = NDArray[np.float64]

_TRIES = 40


@dataclass(frozen=True, slots=True)
class Valley:
    """The groups of a unit, in the order of the walk: centres (metres), local bearings (radians), minutes of way."""

    centres: Points
    bearings: Points
    minutes: Points


@dataclass(frozen=True, slots=True)
class Ground:
    """Where groups may lie: within the outline, and in the cell of one's own seat."""

    inner: BaseGeometry
    tree: cKDTree

    @classmethod
    def of(cls, world: World, land: Land) -> Ground:
        """Prepare the land once for all units."""
        inner = land.outline.buffer(-world.decided["valleys"]["inside_m"])
        shapely.prepare(inner)
        return cls(inner, cKDTree(land.seats))

    def holds(self, point: Points, *, own: int) -> bool:
        """Say whether a point lies inside and nearer to one's own seat than to any other."""
        return bool(shapely.contains_xy(self.inner, point[0], point[1])) and self.tree.query(point)[1] == own

    def encloses(self, point: Points) -> bool:
        """Say whether a point lies inside at all."""
        return bool(shapely.contains_xy(self.inner, point[0], point[1]))


def walk_valley(world: World, land: Land, ground: Ground, unit: Unit, *, groups: int) -> Valley:
    """Place the groups of a unit; the first lies at the seat."""
    rng = world.stream(unit.code, "centres")
    decided = world.decided["valleys"]
    main = math.radians(rng.normal(decided["bearing_mean"], decided["bearing_sd"]))
    seat = land.seats[unit.index - 1]
    walk = _Walk(world, ground, unit, rng)
    centres, bearings = [seat], [main]
    ends = [0, 0]
    for nth in range(1, groups):
        side = nth % 2
        towards = bearings[ends[side]] if ends[side] else main + side * math.pi
        found = walk.step(centres, ends[side], towards)
        ends[side] = len(centres)
        centres.append(found[0])
        bearings.append(found[1])
    placed = np.array(centres)
    return Valley(placed, np.array(bearings), time_ways(world, unit, np.hypot(*(placed - seat).T)))


@dataclass(frozen=True, slots=True)
class _Walk:
    world: World
    ground: Ground
    unit: Unit
    rng: np.random.Generator

    def step(self, centres: list[Points], start: int, towards: float) -> tuple[Points, float]:
        """Return the next centre and the bearing that led there: onward if it can be, else from some other group."""
        decided = self.world.decided["valleys"]
        apart = decided["urban_apart_m" if self.unit.urban else "apart_m"]
        length = math.log(decided["urban_step_m" if self.unit.urban else "step_m"])
        noise = math.radians(decided["bearing_noise_sd"])
        fallback = None
        for nth in range(20 * _TRIES):
            onward = nth < _TRIES
            origin = centres[start] if onward else centres[int(self.rng.integers(len(centres)))]
            bearing = self.rng.normal(towards, noise * (1 + nth / 10)) if onward else self.rng.uniform(0, 2 * math.pi)
            reach = self.rng.lognormal(length, decided["step_sigma"])
            point = origin + reach * np.array([math.sin(bearing), math.cos(bearing)])
            gap = min(math.dist(point, other) for other in centres)
            if gap < apart * (1 if nth < 10 * _TRIES else 0.6):
                continue
            if self.ground.holds(point, own=self.unit.index - 1):
                return point, bearing
            if fallback is None and self.ground.encloses(point):
                fallback = point, bearing
        return fallback or (centres[start] + apart, towards)


def time_ways(world: World, unit: Unit, straight_m: Points) -> Points:
    """Return the minutes from the village office to places at these straight distances (metres).

    Road = straight × detour; village road, then group road for the last leg, sometimes on foot; 10 minutes to 100 m up.
    """
    rng = world.stream(unit.code, "travel")
    given = world.decided["travel"]
    count = len(straight_m)
    road = straight_m / 1000 * rng.lognormal(math.log(given["detour"]), given["detour_sigma"], count)
    on_foot = np.where(rng.random(count) < given["walk_share"], np.minimum(road, given["walk_km"]), 0)
    last = np.minimum(road - on_foot, given["last_leg_km"])
    speeds = given["speeds_kmh"]
    hours = (road - on_foot - last) / speeds["village_road"] + last / speeds["group_road"] + on_foot / speeds["walk"]
    climb = road * rng.lognormal(math.log(given["climb_m_per_km"]), given["climb_sigma"], count)
    minutes: Points = hours * 60 + climb / 10
    return minutes


def standardise(world: World, minutes: Points) -> Points:
    """Return z of travel times, by the fixed mean and deviation of the parameters."""
    given = world.decided["travel"]
    z: Points = (minutes - given["z_mean"]) / given["z_sd"]
    return z

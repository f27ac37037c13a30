"""One unit of the demo with its groups and households in place: what every later step starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geo.demo.points import place_homes
from geo.demo.units import size_groups
from geo.demo.valleys import standardise, walk_valley
from geo.i18n import text
from geo.numerals import name_group
from geo.store.units import unit_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.demo.parameters import World
    from geo.demo.points import Homes
    from geo.demo.seats import Land
    from geo.demo.units import Unit
    from geo.demo.valleys import Ground

#: Households that a unit can have at most: the step of tile ids from unit to unit.
TILE_STEP = 16_384


@dataclass(frozen=True)
class Village:
    """A unit's groups (in the order of their numbers) and households (in group order); arrays are aligned to them.

    `groups` is the group position of each household; `centres` lon, lat in WGS84 degrees; `z` the standardised travel
    time of each group; `families` the surname a group is named after, or None.
    """

    world: World
    unit: Unit
    groups: NDArray[np.int64]
    centres: NDArray[np.float64]
    z: NDArray[np.float64]
    homes: Homes
    families: list[str | None]
    finished: bool

    @property
    def size(self) -> int:
        """Return the number of households."""
        return len(self.groups)

    @cached_property
    def place_id(self) -> str:
        """Return the unit's own place id."""
        return unit_id(self.world.edition, self.unit.code)

    @cached_property
    def short(self) -> str:
        """Return the last six digits of the unit's code: what ids begin with, unique in the district."""
        return self.unit.code[6:]

    @cached_property
    def household_ids(self) -> NDArray[np.object_]:
        """Return the households' ids."""
        return np.array([f"h{self.short}-{nth:04d}" for nth in range(1, self.size + 1)], dtype=object)

    @cached_property
    def group_codes(self) -> list[str]:
        """Return the groups' codes: the unit's and a two-digit number."""
        return [f"{self.unit.code}{nth:02d}" for nth in range(1, len(self.centres) + 1)]

    @cached_property
    def group_ids(self) -> NDArray[np.object_]:
        """Return the groups' place ids."""
        return np.array([unit_id(self.world.edition, code) for code in self.group_codes], dtype=object)

    @cached_property
    def place_ids(self) -> NDArray[np.object_]:
        """Return each household's group as a place id."""
        return self.group_ids[self.groups]

    def stream(self, purpose: str, *more: int) -> np.random.Generator:
        """Return the unit's random stream for a purpose."""
        return self.world.stream(self.unit.code, purpose, *more)

    def name_groups(self) -> list[tuple[str, str]]:
        """Return (name, full name) of each group: 七组 (第7组), or a family's group."""
        names = []
        for nth, family in enumerate(self.families, start=1):
            if self.unit.urban:
                names.append((text("demo.grid", n=nth),) * 2)
            elif family:
                names.append((text("demo.family_group", family=family),) * 2)
            else:
                names.append((name_group(nth), text("demo.group", n=nth)))
        return names


def settle(world: World, land: Land, ground: Ground, unit: Unit, *, households: int, finished: bool) -> Village:
    """Return a unit with its groups and households placed."""
    sizes = size_groups(world, unit, households)
    valley = walk_valley(world, land, ground, unit, groups=len(sizes))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    homes = place_homes(world, land, ground, unit, valley=valley, groups=groups)
    z = standardise(world, valley.minutes)
    centres = np.round(land.plane.to_lonlat(valley.centres), 6)
    return Village(world, unit, groups, centres, z, homes, _name_families(world, unit, len(sizes)), finished)


def _name_families(world: World, unit: Unit, groups: int) -> list[str | None]:
    fixed = world.params["group_names"]["fixed"].get(unit.code, [])
    rng = world.stream(unit.code, "groups", 1)
    surnames = world.decided["names"]["surnames"]
    named = rng.random(groups) < world.decided["group_names"]["family_share"]
    picked = rng.permutation(len(surnames))
    found = [surnames[picked[nth % len(picked)]] if named[nth] and not unit.urban else None for nth in range(groups)]
    suffix = text("demo.family_group", family="")
    for nth, name in enumerate(fixed, start=1):
        found[-nth] = name.removesuffix(suffix)
    return found

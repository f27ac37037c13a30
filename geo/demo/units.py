"""Which units a preset holds, and how many households and groups each has."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo import config

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.demo.parameters import World

#: The last three digits of a township code from which on it is a town or a rural township, not a street office.
_TOWNS: Final = 100
_COMMUNITIES: Final = 200


@dataclass(frozen=True, slots=True)
class Unit:
    """One village or community of the edition; `index` is its place in the edition, from 1."""

    code: str
    name: str
    township: str
    index: int
    urban: bool

    def in_preset(self, world: World) -> bool:
        """Say whether the preset gives the unit households."""
        if world.preset == "heping":
            return bool(self.township == world.params["presets"]["heping"]["unit_prefix"])
        return world.preset in ("bijiang_all", "stress") or not self.urban


def list_units(world: World) -> list[Unit]:
    """Return every village and community of the edition, by code.

    Rural: 村, whose code ends in 200 and more, and the communities that are seats of towns and rural townships.
    """
    path = config.DATA_DIR / "admin" / f"units_{world.edition}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = sorted((row for row in csv.DictReader(file) if row["level"] == "village"), key=lambda row: row["code"])
    return [
        Unit(row["code"], row["name"], row["parent"], nth, _is_urban(row["code"], row["parent"]))
        for nth, row in enumerate(rows, start=1)
    ]


def _is_urban(code: str, township: str) -> bool:
    return int(code[-3:]) < _COMMUNITIES and int(township[-3:]) < _TOWNS


def count_households(world: World, units: list[Unit]) -> dict[str, int]:
    """Return the households of every unit of the edition: drawn, then scaled to the target of its pool."""
    presets = world.params["presets"]
    heping, rural = presets["heping"]["target_households"], presets["bijiang_rural"]["target_households"]
    targets = {"heping": heping, "rural": rural - heping, "urban": presets["bijiang_all"]["target_households"] - rural}
    fixed = {code: one["households"] for code, one in world.params["households_per_village"]["fixed"].items()}
    counts = dict(fixed)
    for pool, target in targets.items():
        members = [unit for unit in units if _pool_of(world, unit) == pool]
        free = [unit for unit in members if unit.code not in fixed]
        left = target - sum(fixed.get(unit.code, 0) for unit in members)
        drawn = np.array([_draw_households(world, unit) for unit in free])
        counts |= dict(zip((unit.code for unit in free), share_out(left, drawn).tolist(), strict=True))
    return counts


def _pool_of(world: World, unit: Unit) -> str:
    if unit.urban:
        return "urban"
    return "heping" if unit.township == world.params["presets"]["heping"]["unit_prefix"] else "rural"


def _draw_households(world: World, unit: Unit) -> float:
    rng = world.stream(unit.code, "households")
    if unit.urban:
        decided = world.decided["counts"]
        drawn = rng.lognormal(np.log(decided["urban_mu_households"]), decided["urban_sigma"])
        return float(np.clip(drawn, *decided["urban_clip"]))
    given = world.params["households_per_village"]
    return float(np.clip(rng.lognormal(given["mu"], given["sigma"]), *given["clip"]))


def share_out(total: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers in proportion to the weights that sum to the total (largest remainder)."""
    if not len(weights):
        return np.zeros(0, dtype=np.int64)
    exact = total * weights / weights.sum()
    parts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - parts), kind="stable")
    parts[order[: total - int(parts.sum())]] += 1
    return parts


def size_groups(world: World, unit: Unit, households: int) -> NDArray[np.int64]:
    """Return the households of each group of a unit, in the order of the groups' numbers."""
    rng = world.stream(unit.code, "groups")
    decided, given = world.decided["counts"], world.params["households_per_group"]
    least = decided["min_group"]
    fixed = world.params["households_per_village"]["fixed"].get(unit.code)
    drawn = round(households / rng.lognormal(given["mu"], given["sigma"]))
    number = min(int(np.clip(drawn, *given["groups_clip"])), households // (2 * least))
    if unit.urban:
        number = max(1, round(households / decided["households_per_urban_group"]))
    elif fixed:
        number = fixed["groups"]
    weights = rng.lognormal(0, decided["within_village_sigma"], size=number)
    sizes: NDArray[np.int64] = least + rng.multinomial(households - least * number, weights / weights.sum())
    return sizes


def choose_finished(world: World, units: list[Unit]) -> set[str]:
    """Return the villages that have finished round 4: two named ones and, beyond heping, two more by seed."""
    named = world.params["visits"]["swept_groups"]["finished_villages_round_4"]["heping"]
    fixed = world.params["households_per_village"]["fixed"]
    draws = {
        unit.code: world.stream(unit.code, "finished").random()
        for unit in units
        if not unit.urban and unit.code not in fixed and _pool_of(world, unit) == "rural"
    }
    return {*named, *sorted(draws, key=draws.__getitem__)[:2]}

"""How many issues each unit has, in which round and up to which level: shared out by township, exact for 和平乡."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo import codes
from geo.demo.units import share_out

if TYPE_CHECKING:
    from geo.demo.parameters import World
    from geo.demo.units import Unit


@dataclass(frozen=True, slots=True)
class Slot:
    """One issue to be made: the round it is raised in, how high it goes, how many measures it gets, its scope."""

    round: int
    level: str
    measures: int
    scope: str


def share_issues(world: World, units: list[Unit], counts: dict[str, int]) -> dict[str, list[Slot]]:
    """Return the issues of each unit of the preset.

    Towns and street offices share out among rural and urban units apart, so that a unit has the same in each preset.
    """
    slots: dict[str, list[Slot]] = {unit.code: [] for unit in units}
    pools = sorted({(unit.township, unit.urban) for unit in units})
    for township, urban in pools:
        members = [unit for unit in units if (unit.township, unit.urban) == (township, urban)]
        weights = np.array([counts[unit.code] for unit in members], dtype=float)
        rng = world.stream(township, "issue_slots", int(urban))
        made = _make_slots(world, township, int(weights.sum()), rng)
        places = np.repeat(np.arange(len(members)), share_out(len(made), weights))
        for place, nth in zip(places.tolist(), rng.permutation(len(made)).tolist(), strict=True):
            slots[members[place].code].append(made[nth])
    return slots


def _make_slots(world: World, township: str, households: int, rng: np.random.Generator) -> list[Slot]:
    """Return the issues of one township: households by level and round, then group issues, then their measures."""
    given = world.params["issues"]
    exact = given["heping_exact"]
    whole, up, top = exact["households_with_issue"], exact["escalated_to_township"], exact["escalated_to_district"]
    is_exact = township == world.params["presets"]["heping"]["unit_prefix"]
    rate = whole / world.params["presets"]["heping"]["target_households"]
    drawn = rate * rng.lognormal(0, world.decided["issues"]["rate_sigma"]) * households
    total = whole if is_exact else max(1, round(drawn))
    levels = np.repeat(codes.ISSUE_LEVELS, share_out(total, np.array([whole - up, up - top, top], dtype=float)))
    rounds = np.repeat([1, 2, 3, 4], share_out(total, np.array(given["by_round_new"], dtype=float)))
    rng.shuffle(rounds)
    share = given["group_scope_share"]
    group_count = round(total * share / (1 - share))
    group_levels = rng.choice(levels, group_count)
    group_rounds = rng.choice(rounds, group_count)
    names = [*levels.tolist(), *group_levels.tolist()]
    measures = _draw_measures(world, names, rng, total=exact["measures_total"] if is_exact else None)
    scopes = ["household"] * total + ["group"] * group_count
    return [Slot(*one) for one in zip([*rounds.tolist(), *group_rounds.tolist()], names, measures, scopes, strict=True)]


def _draw_measures(world: World, levels: list[str], rng: np.random.Generator, *, total: int | None) -> list[int]:
    """Return measures per issue; with a total they are raised or lowered one by one until they sum to it."""
    bounds = world.decided["issues"]["measures"]
    drawn = np.array([int(rng.integers(bounds[level][0], bounds[level][1], endpoint=True)) for level in levels])
    while total is not None and (missing := total - int(drawn.sum())):
        able = np.flatnonzero(drawn > 1) if missing < 0 else np.arange(len(drawn))
        chosen = rng.permutation(able)[: abs(missing)]
        drawn[chosen] += int(np.sign(missing))
    found: list[int] = drawn.tolist()
    return found

"""What the households of a unit are: size, class, residence, tags, names and phones; all invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo import codes
from geo.demo.parameters import ACTOR, draw_days, iso_days, ordinal, stamp
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.demo.village import Village

_SMALL = 2
_MONITORED = ("mon_marginal", "mon_unstable", "mon_sudden")
#: Tags drawn in proportion to the parameters; the shares of the first two need one or two persons, of the next three.
_FOR_SMALL = ("elder_alone", "tekun")
_FOR_LARGE = ("left_behind_child",)


@dataclass(frozen=True, slots=True)
class Traits:
    """One entry a household, in the unit's order."""

    sizes: NDArray[np.int64]
    classes: NDArray[np.object_]
    residences: NDArray[np.object_]
    away: NDArray[np.bool_]
    tags: dict[str, NDArray[np.bool_]]
    heads: list[str]
    phones: list[str]


def draw_traits(village: Village) -> Traits:
    """Draw the traits of a unit's households."""
    rng = village.stream("attributes")
    sizes = _draw_sizes(village, rng)
    away, partly = _draw_absence(village, rng)
    tags = _draw_tags(village, sizes, away)
    residences = np.where(partly, "part_away", "at_home").astype(object)
    residences[tags["relocated"]] = "relocated"
    residences[away] = "away_all"
    phones = [f"199{number:08d}" for number in rng.integers(0, 10**8, village.size).tolist()]
    return Traits(sizes, _draw_classes(village, rng), residences, away, tags, _draw_heads(village), phones)


def _draw_sizes(village: Village, rng: np.random.Generator) -> NDArray[np.int64]:
    pmf = village.world.params["registered_household_size_pmf"]
    options = np.array([int(size) for size in pmf])
    sizes = rng.choice(options, size=village.size, p=np.array(list(pmf.values())))
    fixed = village.world.params["households_per_village"]["fixed"].get(village.unit.code)
    while fixed and (missing := fixed["population"] - int(sizes.sum())):
        step = int(np.sign(missing))
        able = np.flatnonzero((sizes + step >= options[0]) & (sizes + step <= options[-1]))
        sizes[rng.permutation(able)[: abs(missing)]] += step
    return sizes


def _draw_classes(village: Village, rng: np.random.Generator) -> NDArray[np.object_]:
    given = village.world.decided["classes"]
    poor = rng.beta(*given["poor_beta"])
    shares = [given[name] for name in _MONITORED]
    draw = rng.random(village.size)
    edges = np.cumsum([poor * given["still_registered_poor"], poor * (1 - given["still_registered_poor"]), *shares])
    names = np.array(["registered_poor", "lifted", *_MONITORED, "general"], dtype=object)
    return names[np.searchsorted(edges, draw, side="right")]


def _draw_absence(village: Village, rng: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    given, decided = village.world.params["absence"], village.world.decided["absence"]
    share = rng.normal(given["whole_household_away_default"], decided["whole_away_sd"])
    away = rng.random(village.size) < np.clip(share, *given["whole_household_away_range"])
    return away, rng.random(village.size) < decided["part_away_share_of_rest"]


def _draw_tags(village: Village, sizes: NDArray[np.int64], away: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    rng = village.stream("tags")
    pmf = village.world.params["registered_household_size_pmf"]
    small = pmf["1"] + pmf["2"]
    tags: dict[str, NDArray[np.bool_]] = {}
    for kind in codes.TAG_KINDS:
        share = village.world.params["tags"][kind]
        if kind == "away_all":
            tags[kind] = away
        elif kind in _FOR_SMALL:
            tags[kind] = (rng.random(village.size) < share / small) & (sizes <= _SMALL)
        elif kind in _FOR_LARGE:
            tags[kind] = (rng.random(village.size) < share / (1 - small)) & (sizes > _SMALL)
        else:
            tags[kind] = rng.random(village.size) < share
    return tags


def _draw_heads(village: Village) -> list[str]:
    """Surname, the mark that says nobody is meant, and the running number; each group has a few main surnames."""
    rng = village.stream("people", 1)
    given = village.world.decided["names"]
    surnames = np.array(given["surnames"], dtype=object)
    count = len(village.families)
    mains = np.stack([rng.permutation(len(surnames))[: given["group_main_surnames"]] for _ in range(count)])
    for nth, family in enumerate(village.families):
        if family in given["surnames"]:
            mains[nth] = given["surnames"].index(family)
    main = mains[village.groups, rng.integers(0, mains.shape[1], village.size)]
    other = rng.integers(0, len(surnames), village.size)
    chosen = surnames[np.where(rng.random(village.size) < given["share_main"], main, other)].tolist()
    mark = text("demo.name_mark")
    return [f"{surname}{mark}{nth}" for nth, surname in enumerate(chosen, start=1)]


def tag_rows(village: Village, traits: Traits, known_on: NDArray[np.int64]) -> Iterator[tuple[object, ...]]:
    """Yield rows of `household_tag` (id, household, kind, since, created_at, created_by).

    `known_on` is the day each household entered: no tag is older than its household.
    """
    decided = village.world.decided
    rng = village.stream("tags", 1)
    first, last = village.world.window(decided["tags"]["since"])
    away_since = ordinal(decided["absence"]["tag_since"])
    for kind, holds in traits.tags.items():
        at = np.flatnonzero(holds)
        since = np.full(len(at), away_since) if kind == "away_all" else draw_days(rng, [first, last], len(at))
        since = np.maximum(since, np.where(known_on[at] > 0, known_on[at], since))
        for home, day, number in zip(village.household_ids[at].tolist(), iso_days(since), since.tolist(), strict=True):
            yield f"t{home[1:]}-{kind}", home, kind, day, stamp(number), ACTOR

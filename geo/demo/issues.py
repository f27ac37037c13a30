"""The issues of a unit with their history, measures and texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.demo.histories import Course, History
from geo.demo.parameters import RUNNING, ordinal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.demo.issue_slots import Slot
    from geo.demo.traits import Traits
    from geo.demo.village import Village
    from geo.demo.visits import Visits

#: Texts an issue category has in the catalogue, of issues and of measures.
TEXTS = 3


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: the visit that raised it (household position, number of the visit), its category, route, history."""

    slot: Slot
    home: int
    visit: str
    category: str
    route: str
    close_kind: str
    wording: int
    undated: bool
    history: History

    @property
    def raised(self) -> int:
        """Return the day it was raised, as an ordinal."""
        return self.history.events[0].day


def make_issues(village: Village, slots: list[Slot], traits: Traits, rounds: dict[int, Visits]) -> list[Issue]:
    """Return the issues of a unit by the day they were raised; no household has two."""
    rng = village.stream("issues")
    course = Course(village, rng)
    finder = _Finder(village, rng, traits, rounds)
    made = []
    for slot in sorted(slots, key=lambda slot: (slot.round, slot.level, slot.scope)):
        home, visit, raised = finder.find(slot)
        route = _choose_route(village, slot, rng)
        made.append(
            Issue(
                slot, home, visit, _choose_category(village, slot, rng), route,
                _close_kind(village, slot, route, rng), int(rng.integers(TEXTS)),
                route == "time_limited" and rng.random() < village.world.decided["issues"]["undated"],
                course.run(raised, slot.level, route),
            )
        )  # fmt: skip
    return sorted(made, key=lambda one: (one.raised, one.home, one.slot.scope))


class _Finder:
    """Finds the effective visit at which an issue was raised."""

    def __init__(self, village: Village, rng: np.random.Generator, traits: Traits, rounds: dict[int, Visits]) -> None:
        self.village, self.rng, self.rounds = village, rng, rounds
        special = village.world.decided["issues"]["special_weight"]
        self.weights = np.where(traits.classes == "general", 1.0, special)
        self.free = np.ones(village.size, dtype=bool)
        self.able = {number: self._list_able(visits) for number, visits in rounds.items()}

    def find(self, slot: Slot) -> tuple[int, str, int]:
        """Return household position, visit id and day; from another round where this one has nobody left."""
        order = [slot.round, *(number for number in (3, 2, 1, RUNNING) if number != slot.round)]
        for number in order:
            visits = self.rounds[number]
            able = self.able[number]
            if slot.scope == "household":
                able = able[self.free[visits.homes[able]]]
            if len(able):
                weights = self.weights[visits.homes[able]]
                chosen = int(self.rng.choice(able, p=weights / weights.sum()))
                home = int(visits.homes[chosen])
                if slot.scope == "household":
                    self.free[home] = False
                visit = f"v{self.village.household_ids[home][1:]}-{number}{visits.nth[chosen]}"
                return home, visit, int(visits.days[chosen])
        raise ValueError(self.village.unit.code)

    def _list_able(self, visits: Visits) -> NDArray[np.int64]:
        """Return the effective visits in person at which an issue can have been raised."""
        able = (visits.outcomes == "effective") & ~visits.by_phone
        if visits.number == RUNNING:
            able &= visits.days <= self._latest()
        return np.flatnonzero(able)

    def _latest(self) -> int:
        world = self.village.world
        decided = world.decided["issues"]
        if self.village.finished:
            return ordinal(decided["finished_latest"])
        if self.village.unit.township == world.params["presets"]["heping"]["unit_prefix"]:
            return ordinal(decided["heping_latest"])
        return world.rounds[RUNNING - 1][1]


def _choose_route(village: Village, slot: Slot, rng: np.random.Generator) -> str:
    if slot.level != "village" or slot.scope != "household":
        return "time_limited"
    pmf: dict[str, float] = village.world.params["issues"]["disposition_solved_at_village"]
    word = list(pmf)[int(rng.choice(len(pmf), p=list(pmf.values())))]
    return str(village.world.decided["issues"]["routes"][word])


def _choose_category(village: Village, slot: Slot, rng: np.random.Generator) -> str:
    decided: dict[str, Any] = village.world.decided["issues"]
    if slot.scope == "group":
        return str(rng.choice(decided["group_categories"]))
    pmf: dict[str, float] = village.world.params["issues"]["category_assumed"]
    word = list(pmf)[int(rng.choice(len(pmf), p=list(pmf.values())))]
    return str(rng.choice(decided["category_codes"][word]))


def _close_kind(village: Village, slot: Slot, route: str, rng: np.random.Generator) -> str:
    if route == "on_spot":
        return "solved_on_spot"
    if route == "explained":
        return "explained"
    share = village.world.decided["issues"]["explained_of_escalated"] if slot.level != "village" else 0.0
    return "explained" if rng.random() < share else "solved"

"""The visits of one round of a unit: attempts, outcomes and phone calls, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.demo.parameters import RUNNING, draw_days
from geo.demo.rosters import earliest_visit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.demo.rosters import Stay
    from geo.demo.schedule import Schedule
    from geo.demo.traits import Traits
    from geo.demo.village import Village

    Flags = NDArray[np.bool_]
    Whole = NDArray[np.int64]
    Words = NDArray[np.object_]

#: The number that a phone call bears in the ids; attempts in person bear 1, 2 and 3.
PHONE = 5


@dataclass(frozen=True, slots=True)
class Visits:
    """The kept visits of one round of a unit, one entry each, by household and attempt.

    `homes` are household positions, `nth` the attempt (or `PHONE`), `days` ordinals.
    """

    number: int
    homes: Whole
    nth: Whole
    days: Whole
    outcomes: Words

    @property
    def by_phone(self) -> Flags:
        """Say which are phone calls."""
        found: Flags = self.nth == PHONE
        return found


def make_visits(village: Village, traits: Traits, stay: Stay, schedule: Schedule) -> Visits:
    """Return every kept visit of a round, to the round's end."""
    number = schedule.number
    rng = village.stream("visits", number)
    here = stay.rows_of(number)
    leaves = stay.leaves == number
    first_days = np.maximum(schedule.first_days, earliest_visit(village, stay, number))
    attempts = _Attempts(village, schedule, rng, here)
    first = attempts.draw_outcomes()
    first[traits.away] = "away_all"
    first[leaves] = stay.reasons[leaves]
    attempts.add(here, 1, first_days, first)
    again = here & ~leaves & ~traits.away & (first != "effective")
    met = attempts.repeat(again, first_days)
    attempts.close(again & ~met)
    attempts.phone(here & ~leaves & traits.away, first_days)
    return attempts.collect()


class _Attempts:
    """Collects the attempts of one round."""

    def __init__(self, village: Village, schedule: Schedule, rng: np.random.Generator, here: Flags) -> None:
        self.village, self.schedule, self.rng, self.here = village, schedule, rng, here
        self.given, self.decided = village.world.params["visits"], village.world.decided["visits"]
        self.swept = schedule.swept[village.groups]
        self.running = schedule.number == RUNNING
        self.parts: list[tuple[Whole, Whole, Whole, Words]] = []

    def add(self, who: Flags, nth: int, days: Whole, outcomes: Words) -> None:
        at = np.flatnonzero(who)
        self.parts.append((at, np.full(len(at), nth), days[at], outcomes[at]))

    def draw_outcomes(self) -> Words:
        """Draw what an attempt finds where somebody of the household lives here."""
        count = self.village.size
        met = self.rng.random(count) < self.given["attempt"]["p_met_if_present"]
        pmfs = self.given["outcomes"]
        return np.where(met, _choose(self.rng, pmfs["met"], count), _choose(self.rng, pmfs["not_met_present"], count))

    def repeat(self, again: Flags, first_days: Whole) -> Flags:
        """Add second attempts; return whose was effective."""
        outcomes = self.draw_outcomes()
        outcomes[self.swept] = "effective"
        days = first_days + draw_days(self.rng, self.decided["second_after_days"], self.village.size)
        soon = self.rng.random(self.village.size) < self.decided["r4_second_soon"]
        who = again & (soon | self.swept) if self.running else again
        self.add(who, 2, days, outcomes)
        found: Flags = who & (outcomes == "effective")
        return found

    def close(self, missing: Flags) -> None:
        """Add the last attempts of the running round, which ends complete."""
        days = self._closing_days()
        if self.running:
            self.add(missing, 3, days, np.full(self.village.size, "effective", dtype=object))

    def phone(self, away: Flags, first_days: Whole) -> None:
        """Add phone calls to absent households; who cannot be reached in one round cannot in the next."""
        count = self.village.size
        reachable = self.village.stream("visits").random(count) < self.given["attempt"]["p_phone_if_away"]
        days = first_days + draw_days(self.rng, self.decided["phone_after_days"], count)
        reached = np.full(count, "effective", dtype=object)
        self.add(away & (reachable | self.swept), PHONE, days, reached)
        late = self._closing_days()
        if self.running:
            self.add(away & ~reachable & ~self.swept, PHONE, late, reached)

    def _closing_days(self) -> Whole:
        window = self.village.world.window(self.decided["r4_closing_window"])
        return draw_days(self.rng, list(window), self.village.size)

    def collect(self) -> Visits:
        homes, nth, days, outcomes = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.lexsort((nth, homes))
        first, last = self.village.world.rounds[self.schedule.number - 1]
        clipped = np.clip(days, first, last)
        return Visits(self.schedule.number, homes[order], nth[order], clipped[order], outcomes[order])


def _choose(rng: np.random.Generator, pmf: dict[str, float], count: int) -> Words:
    chosen: Words = rng.choice(np.array(list(pmf), dtype=object), size=count, p=list(pmf.values()))
    return chosen


def found_empty(village: Village, stay: Stay, visits: Visits) -> Whole:
    """Return the day on which each leaving household was found gone (0: it does not leave in this round)."""
    found = np.zeros(village.size, dtype=np.int64)
    first = visits.nth == 1
    found[visits.homes[first]] = visits.days[first]
    return np.where(stay.leaves == visits.number, found, 0)

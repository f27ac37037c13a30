"""Rows of the visits of a round, with who came, what was told and what was asked; corrections stay visible."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from geo import codes
from geo.demo.parameters import ACTOR, iso_day, iso_days, ordinal
from geo.demo.rosters import name_round
from geo.demo.visits import PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.demo.village import Village
    from geo.demo.visits import Visits

    Flags = NDArray[np.bool_]
    Whole = NDArray[np.int64]
    Words = NDArray[np.object_]

VISIT_COLUMNS: Final = [
    "id", "kind", "round", "household", "visited_on", "recorded_at", "recorded_by", "mode", "outcome", "reason",
    "respondent", "revisit_on", "entry_kind", "void_of",
]  # fmt: skip
#: Why a visit was not effective, and who was met; the first is by far the usual one.
_REASONS: Final[dict[str, tuple[str, ...]]] = {
    "effective": (),
    "partial_proxy": ("only_others",),
    "not_home": ("at_work", "in_fields", "on_visit"),
    "away_all": ("migrant_work",),
    "postponed": ("asked_later",),
    "refused": ("unwilling",),
    "no_access": ("road_blocked",),
    "not_found": ("no_such_home",),
    "vacant": ("left_village",),
    "destroyed": ("house_gone",),
    "moved_out": ("left_village",),
    "deceased_all": ("unknown",),
}
_RESPONDENTS: Final = {
    "effective": ("head", "head", "adult"),
    "partial_proxy": ("proxy",),
    "refused": ("adult",),
    "postponed": ("head",),
}
_PICKS: Final = 6
_SWAPPED: Final = {"effective": "not_home", "not_home": "effective"}


def _tell(outcome: str, pick: int) -> tuple[str, str | None, str | None]:
    reasons, met = _REASONS[outcome], _RESPONDENTS.get(outcome, ("none",))
    return outcome, reasons[pick % len(reasons)] if reasons else None, met[pick % len(met)]


#: Outcome and a draw → outcome, reason, respondent.
_FACTS: Final = {(outcome, pick): _tell(outcome, pick) for outcome in _REASONS for pick in range(_PICKS)}
_TIMES: Final = [f"T{minute // 60:02d}:{minute % 60:02d}:00.000Z" for minute in range(24 * 60)]


@dataclass(frozen=True, slots=True)
class Book:
    """The visits of all rounds of a unit with what was recorded of them, one entry each, in the order of their ids.

    `homes` are household positions, `days` ordinals, `minutes` the time of recording (UTC), `corrected` says which were
    first entered wrongly, `present` who of the five came, `topics` the two topics (-1: none) told, `checks` what each
    item of the check came to (-1: not asked, 0: fine, 1: a problem).
    """

    ids: Words
    numbers: Whole
    homes: Whole
    days: Whole
    by_phone: Flags
    outcomes: Words
    minutes: Whole
    corrected: Flags
    picks: Whole
    entry_kinds: Words
    present: Flags
    topics: Whole
    checks: Whole

    def until(self, day: int) -> Book:
        """Return what was recorded up to a day."""
        kept = self.days <= day
        return Book(*(getattr(self, one.name)[kept] for one in fields(self)))


def keep_book(village: Village, rounds: dict[int, Visits]) -> Book:
    """Record the visits of all rounds to their ends: choices are drawn for all, so that the day changes no row."""
    numbers = np.concatenate([np.full(len(visits.homes), number) for number, visits in rounds.items()])
    homes, nth, days, outcomes = (
        np.concatenate([getattr(visits, name) for visits in rounds.values()])
        for name in ("homes", "nth", "days", "outcomes")
    )
    order = np.lexsort((nth, numbers, homes))
    numbers, homes, nth, days, outcomes = (one[order] for one in (numbers, homes, nth, days, outcomes))
    by_phone = nth == PHONE
    rng = village.stream("corrections")
    decided, count = village.world.decided["visits"], len(homes)
    swappable = np.isin(outcomes.astype(str), list(_SWAPPED)) & ~by_phone
    kinds = decided["entry_kind"]
    return Book(
        ids=_name_visits(village, homes, numbers, nth),
        numbers=numbers,
        homes=homes,
        days=days,
        by_phone=by_phone,
        outcomes=outcomes,
        minutes=rng.integers(60, 600, count),
        corrected=(rng.random(count) < decided["corrections"]) & swappable,
        picks=rng.integers(0, _PICKS, count),
        entry_kinds=rng.choice(np.array(list(kinds), dtype=object), size=count, p=list(kinds.values())),
        present=_draw_visitors(village, by_phone),
        topics=_draw_topics(village, (outcomes == "effective") & ~by_phone),
        checks=_draw_checks(village, (outcomes == "effective") & ~by_phone),
    )


def _name_visits(village: Village, homes: Whole, numbers: Whole, nth: Whole) -> Words:
    columns = zip(village.household_ids[homes].tolist(), numbers.tolist(), nth.tolist(), strict=True)
    return np.array([f"v{home[1:]}-{number}{attempt}" for home, number, attempt in columns], dtype=object)


def visit_rows(village: Village, book: Book) -> Iterator[tuple[object, ...]]:
    """Yield rows of `visit` in the order of `VISIT_COLUMNS`; a corrected one comes with its wrong row and the void."""
    away_until = iso_day(ordinal(village.world.decided["visits"]["away_revisit_on"]))
    rounds = {number: name_round(number) for number in set(book.numbers.tolist())}
    columns = zip(
        book.ids.tolist(), book.numbers.tolist(), village.household_ids[book.homes].tolist(), iso_days(book.days),
        book.minutes.tolist(), book.by_phone.tolist(), book.outcomes.tolist(), book.corrected.tolist(),
        book.picks.tolist(), book.entry_kinds.tolist(), strict=True,
    )  # fmt: skip
    for visit_id, number, home, day, minute, phone, outcome, corrected, pick, entry_kind in columns:
        at, facts, where = day + _TIMES[minute], _FACTS[outcome, pick], (rounds[number], home, day)
        mode = "phone" if phone else "in_person"
        revisit = away_until if outcome == "away_all" else None
        yield visit_id, "visit", *where, at, ACTOR, mode, *facts, revisit, entry_kind, None
        if corrected:
            wrong = ACTOR, mode, *_FACTS[_SWAPPED[outcome], pick], None, entry_kind
            yield visit_id + "a", "visit", *where, day + _TIMES[minute % 60], *wrong, None
            yield visit_id + "b", "void", *where, at, *wrong, visit_id + "a"


def person_rows(book: Book, members: list[str]) -> Iterator[tuple[str, str]]:
    """Yield rows of `visit_person`; `members` are person ids in the order of the five roles."""
    rows, columns = np.nonzero(book.present)
    people = np.array(members, dtype=object)
    yield from zip(book.ids[rows].tolist(), people[columns].tolist(), strict=True)
    for at in np.flatnonzero(book.corrected).tolist():
        yield from ((book.ids[at] + "a", members[one]) for one in np.flatnonzero(book.present[at]).tolist())


def topic_rows(village: Village, book: Book) -> Iterator[tuple[str, str]]:
    """Yield rows of `visit_topic`."""
    topics = np.array(village.world.decided["visits"]["topics"], dtype=object)
    rows, columns = np.nonzero(book.topics >= 0)
    yield from zip(book.ids[rows].tolist(), topics[book.topics[rows, columns]].tolist(), strict=True)


def check_rows(village: Village, book: Book) -> Iterator[tuple[str, str, str]]:
    """Yield rows of `visit_check`."""
    items = np.array(village.world.decided["visits"]["check_items"], dtype=object)
    results = np.array(codes.CHECK_RESULTS, dtype=object)
    rows, columns = np.nonzero(book.checks >= 0)
    found = results[book.checks[rows, columns]]
    yield from zip(book.ids[rows].tolist(), items[columns].tolist(), found.tolist(), strict=True)


def _draw_visitors(village: Village, by_phone: Flags) -> Flags:
    """Two to five of the team in person, one of the village's three on the phone."""
    rng = village.stream("visit_people")
    decided, count = village.world.decided["visits"], len(by_phone)
    present = np.zeros((count, 5), dtype=bool)
    present[:, 0] = rng.random(count) < decided["county_lead"]
    present[:, 1] = rng.random(count) < decided["township_lead"]
    present[:, 2:] = True
    missing, stays = rng.integers(0, 3, count), rng.random(count) < decided["two_of_three"]
    present[np.flatnonzero(~stays), 2 + missing[~stays]] = False
    phone = np.flatnonzero(by_phone)
    present[phone] = False
    present[phone, 2 + missing[phone]] = True
    return present


def _draw_topics(village: Village, talk: Flags) -> Whole:
    """None to two topics at an effective visit in person; -1 where none."""
    rng = village.stream("visit_topics")
    decided, count = village.world.decided["visits"], len(talk)
    told = rng.choice(len(decided["topic_counts"]), size=count, p=decided["topic_counts"])
    first = rng.integers(0, len(decided["topics"]), count)
    second = (first + rng.integers(1, len(decided["topics"]), count)) % len(decided["topics"])
    chosen = np.stack([first, second], axis=1)
    chosen[~talk | (told == 0)] = -1
    chosen[told == 1, 1] = -1
    return chosen


def _draw_checks(village: Village, talk: Flags) -> Whole:
    """At some of the effective visits in person every item is asked, at the others none; few come to a problem."""
    rng = village.stream("visit_checks")
    decided, count = village.world.decided["visits"], len(talk)
    asked = talk & (rng.random(count) < decided["check_asked"])
    found: Whole = (rng.random((count, len(decided["check_items"]))) < decided["check_problem"]).astype(np.int64)
    found[~asked] = -1
    return found

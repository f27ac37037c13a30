"""Rows of `visit`, `visit_person` and `visit_topic` from the visits of a round; corrections stay visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.demo.parameters import ACTOR, iso_day, iso_days, ordinal
from geo.demo.rosters import name_round

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.demo.village import Village
    from geo.demo.visits import Visits

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
class Recorded:
    """The visits of a round with their ids and the minute (UTC) at which each was recorded."""

    visits: Visits
    ids: Words
    minutes: NDArray[np.int64]
    corrected: NDArray[np.bool_]


def record(village: Village, visits: Visits) -> Recorded:
    """Give every visit its id and time, and choose which were first entered wrongly."""
    rng = village.stream("corrections", visits.number)
    ids = np.array(
        [
            f"v{home[1:]}-{visits.number}{nth}"
            for home, nth in zip(village.household_ids[visits.homes].tolist(), visits.nth.tolist(), strict=True)
        ],
        dtype=object,
    )
    minutes = rng.integers(60, 600, len(ids))
    swappable = np.isin(visits.outcomes.astype(str), list(_SWAPPED)) & ~visits.by_phone
    corrected = (rng.random(len(ids)) < village.world.decided["visits"]["corrections"]) & swappable
    return Recorded(visits, ids, minutes, corrected)


def cut(recorded: Recorded, day: int) -> Recorded:
    """Return what was recorded up to a day."""
    kept = recorded.visits.days <= day
    return Recorded(recorded.visits.until(day), recorded.ids[kept], recorded.minutes[kept], recorded.corrected[kept])


def visit_rows(village: Village, recorded: Recorded, *, whole: Visits) -> Iterator[tuple[object, ...]]:
    """Yield rows of `visit` in the order of `VISIT_COLUMNS`; a corrected one is preceded by its wrong row and the void.

    `whole` are the visits of the round to its end: choices are drawn for all, so that the demo's day changes no row.
    """
    visits = recorded.visits
    choices = _draw_choices(village, whole)
    keep = np.isin(_keys(whole), _keys(visits))
    drawn = [column[keep].tolist() for column in choices]
    away_until = iso_day(ordinal(village.world.decided["visits"]["away_revisit_on"]))
    round_id = name_round(visits.number)
    columns = zip(
        recorded.ids.tolist(), village.household_ids[visits.homes].tolist(), iso_days(visits.days),
        recorded.minutes.tolist(), visits.by_phone.tolist(), visits.outcomes.tolist(), recorded.corrected.tolist(),
        *drawn, strict=True,
    )  # fmt: skip
    for visit_id, home, day, minute, phone, outcome, corrected, pick, entry_kind in columns:
        at, facts = day + _TIMES[minute], _FACTS[outcome, pick]
        mode = "phone" if phone else "in_person"
        revisit = away_until if outcome == "away_all" else None
        if corrected:
            wrong = (round_id, home, day), (ACTOR, mode, *_FACTS[_SWAPPED[outcome], pick], None, entry_kind)
            yield visit_id + "a", "visit", *wrong[0], day + _TIMES[minute % 60], *wrong[1], None
            yield visit_id + "b", "void", *wrong[0], at, *wrong[1], visit_id + "a"
        yield visit_id, "visit", round_id, home, day, at, ACTOR, mode, *facts, revisit, entry_kind, None


def _keys(visits: Visits) -> NDArray[np.int64]:
    keys: NDArray[np.int64] = visits.homes * 10 + visits.nth
    return keys


def _draw_choices(village: Village, visits: Visits) -> tuple[NDArray[np.int64], Words]:
    rng = village.stream("corrections", visits.number, 1)
    kinds = village.world.decided["visits"]["entry_kind"]
    drawn = rng.choice(np.array(list(kinds), dtype=object), size=len(visits.homes), p=list(kinds.values()))
    return rng.integers(0, _PICKS, len(visits.homes)), drawn


def person_rows(village: Village, recorded: Recorded, whole: Visits, members: list[str]) -> Iterator[tuple[str, str]]:
    """Yield rows of `visit_person`: two to five of the team in person, one of the village's three on the phone.

    `members` are person ids in the order of the five roles.
    """
    visits = recorded.visits
    present = _draw_visitors(village, whole)[np.isin(_keys(whole), _keys(visits))]
    rows, columns = np.nonzero(present)
    people = np.array(members, dtype=object)
    yield from zip(recorded.ids[rows].tolist(), people[columns].tolist(), strict=True)
    wrong = np.flatnonzero(recorded.corrected)
    for at in wrong.tolist():
        yield from ((recorded.ids[at] + "a", members[one]) for one in np.flatnonzero(present[at]).tolist())


def _draw_visitors(village: Village, visits: Visits) -> NDArray[np.bool_]:
    rng = village.stream("visit_people", visits.number)
    decided, count = village.world.decided["visits"], len(visits.homes)
    present = np.zeros((count, 5), dtype=bool)
    present[:, 0] = rng.random(count) < decided["county_lead"]
    present[:, 1] = rng.random(count) < decided["township_lead"]
    present[:, 2:] = True
    missing, stays = rng.integers(0, 3, count), rng.random(count) < decided["two_of_three"]
    present[np.flatnonzero(~stays), 2 + missing[~stays]] = False
    phone = np.flatnonzero(visits.by_phone)
    present[phone] = False
    present[phone, 2 + missing[phone]] = True
    return present


def topic_rows(village: Village, recorded: Recorded, whole: Visits) -> Iterator[tuple[str, str]]:
    """Yield rows of `visit_topic`: none to two topics told at an effective visit in person."""
    visits = recorded.visits
    rng = village.stream("visit_topics", visits.number)
    decided = village.world.decided["visits"]
    count = len(whole.homes)
    topics = np.array(decided["topics"], dtype=object)
    told = rng.choice(len(decided["topic_counts"]), size=count, p=decided["topic_counts"])
    first = rng.integers(0, len(topics), count)
    second = (first + rng.integers(1, len(topics), count)) % len(topics)
    keep = np.isin(_keys(whole), _keys(visits))
    talk = (visits.outcomes == "effective") & ~visits.by_phone
    for least, chosen in ((1, first[keep]), (2, second[keep])):
        at = talk & (told[keep] >= least)
        yield from zip(recorded.ids[at].tolist(), topics[chosen[at]].tolist(), strict=True)

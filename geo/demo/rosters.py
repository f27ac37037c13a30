"""The four rounds' rosters: who is in from the start, who joins, who leaves, whose exclusion waits for approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.demo.parameters import ACTOR, RUNNING, draw_days, iso_day, ordinal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.demo.village import Village

    Whole = NDArray[np.int64]

_PAUSE = 12


@dataclass(frozen=True, slots=True)
class Stay:
    """Of each household: the round it joined in (0: there from the first), its day, the round it leaves in (0: never).

    And why it leaves, and whether that exclusion is pending while the running round stands at the demo's day.
    """

    joined: Whole
    joined_on: Whole
    leaves: Whole
    reasons: NDArray[np.object_]
    pending: NDArray[np.bool_]

    def rows_of(self, number: int) -> NDArray[np.bool_]:
        """Say who has a roster row in a round."""
        found: NDArray[np.bool_] = (self.joined <= number) & ((self.leaves == 0) | (self.leaves >= number))
        return found


def draw_stay(village: Village, *, unswept: NDArray[np.bool_]) -> Stay:
    """Draw who joins and leaves; `unswept` says which households lie in groups done and not swept in the last round."""
    rng = village.stream("roster")
    world, count = village.world, village.size
    shares, decided = world.params["roster"], world.decided["roster"]
    joined, joined_on = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    leaves = np.zeros(count, dtype=np.int64)
    for number, (first, last) in enumerate(world.rounds, start=1):
        joins = (rng.random(count) < shares["added_mid_round"]) & (joined == 0)
        window = list(world.window(decided["r4_added"])) if number == RUNNING else [first + 10, last - 20]
        days = draw_days(rng, window, count)
        joined[joins], joined_on[joins] = number, days[joins]
        goes = (rng.random(count) < shares["excluded_approved"]) & (joined < number) & (leaves == 0) & ~joins
        leaves[goes] = number
    pending = (rng.random(count) < decided["pending_share_of_unswept"]) & unswept & (leaves == 0) & (joined == 0)
    leaves[pending] = RUNNING
    reasons = rng.choice(
        np.array(list(decided["reasons"]), dtype=object), size=count, p=list(decided["reasons"].values())
    )
    return Stay(joined, joined_on, leaves, reasons, pending)


def approve(village: Village, stay: Stay, number: int, found_on: Whole) -> Whole:
    """Return the day on which each leaving household's exclusion is approved (0: it does not leave in this round).

    `found_on` is the day of the visit that found the home empty.
    """
    rng = village.stream("roster", number)
    decided = village.world.decided["roster"]
    days = found_on + draw_days(rng, decided["approved_after_days"], village.size)
    late = draw_days(rng, list(village.world.window(decided["pending_approved"])), village.size)
    days = np.where(stay.pending, late, days)
    return np.where((stay.leaves == number) & (found_on > 0), np.minimum(days, village.world.rounds[number - 1][1]), 0)


def roster_rows(
    village: Village, stay: Stay, number: int, *, found_on: Whole, approved_on: Whole
) -> Iterator[tuple[object, ...]]:
    """Yield rows of `round_roster` as they stand on the demo's day.

    Columns: round, household, place, baseline, added_on, excluded_on, excluded_reason, approved_by, approved_on.
    """
    until = village.world.today.toordinal()
    round_id = name_round(number)
    here = stay.rows_of(number)
    special = here & ((stay.joined == number) | (stay.leaves == number))
    plain = here & ~special
    homes, places = village.household_ids.tolist(), village.place_ids.tolist()
    for home, place in zip(village.household_ids[plain].tolist(), village.place_ids[plain].tolist(), strict=True):
        yield round_id, home, place, True, None, None, None, None, None
    for at in np.flatnonzero(special).tolist():
        added = int(stay.joined_on[at]) if stay.joined[at] == number else None
        excluded = iso_day(int(found_on[at]) or None, until=until)
        approved = iso_day(int(approved_on[at]) or None, until=until)
        yield (
            round_id, homes[at], places[at], added is None, iso_day(added), excluded,
            stay.reasons[at] if excluded else None, ACTOR if approved else None, approved,
        )  # fmt: skip


def name_round(number: int) -> str:
    """Return the id of a round."""
    return f"r{number}"


def earliest_visit(village: Village, stay: Stay, number: int) -> Whole:
    """Return the first day on which each household can be visited in a round: after it joined."""
    first = village.world.rounds[number - 1][0]
    return np.where(stay.joined == number, stay.joined_on + 1, first)


def baseline_stamp(village: Village) -> int:
    """Return the day, as an ordinal, on which the register was first entered."""
    return ordinal(village.world.params["visits"]["calendar_assumed"][0][0]) - _PAUSE

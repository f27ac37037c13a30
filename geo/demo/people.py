"""Who works in a unit: the five of the village team, one cadre a group, helpers of poor households; and who goes where.

All invented: surname, the mark that says nobody is meant, a running number that goes on after the households'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.demo.parameters import ACTOR, RUNNING, draw_days, iso_days, ordinal, stamp
from geo.demo.rosters import name_round
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.demo.rosters import Stay
    from geo.demo.traits import Traits
    from geo.demo.village import Village

_POOR = ("lifted", "registered_poor")


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of a unit: ids and names in one order, the five of the team first, then cadres, then helpers.

    `helped` are the household positions of each helper.
    """

    ids: list[str]
    names: list[str]
    phones: list[str]
    cadres: list[str]
    helpers: list[str]
    helped: list[list[int]]

    @property
    def team(self) -> list[str]:
        """Return the ids of the five, in the order of the roles."""
        return self.ids[:5]


def hire(village: Village, traits: Traits) -> Staff:
    """Make the people of a unit."""
    rng = village.stream("people")
    decided = village.world.decided
    poor = np.flatnonzero(np.isin(traits.classes.astype(str), _POOR)).tolist()
    step = decided["people"]["helper_homes"]
    helped = [poor[start : start + step] for start in range(0, len(poor), step)]
    groups = len(village.families)
    count = 5 + groups + len(helped)
    surnames = decided["names"]["surnames"]
    drawn = rng.integers(0, len(surnames), count).tolist()
    mark = text("demo.name_mark")
    names = [f"{surnames[one]}{mark}{village.size + nth}" for nth, one in enumerate(drawn, start=1)]
    phones = [f"199{number:08d}" for number in rng.integers(0, 10**8, count).tolist()]
    ids = [f"p{village.short}-{nth:04d}" for nth in range(1, count + 1)]
    return Staff(ids, names, phones, ids[5 : 5 + groups], ids[5 + groups :], helped)


def person_table(village: Village, staff: Staff) -> Iterator[tuple[object, ...]]:
    """Yield rows of `person` (id, name, phone, place, created_at, created_by)."""
    at = stamp(ordinal(village.world.decided["people"]["since"]))
    places = [village.place_id] * 5 + village.group_ids.tolist() + [village.place_id] * len(staff.helpers)
    for one, name, phone, place in zip(staff.ids, staff.names, staff.phones, places, strict=True):
        yield one, name, phone, place, at, ACTOR


def member_table(village: Village, staff: Staff) -> Iterator[tuple[object, ...]]:
    """Yield rows of `team_member` (id, team, person, role, leads, place, household, since, created_at, created_by)."""
    given = village.world.decided["people"]
    since, at = given["since"], stamp(ordinal(given["since"]))
    team = f"team{village.short}"
    rows: list[tuple[str, str, bool, str | None, str | None]] = []
    rows += [
        (one, role, nth == 0, None, None)
        for nth, (one, role) in enumerate(zip(staff.team, given["roles"], strict=True))
    ]
    rows += [
        (one, "group_cadre", False, place, None) for one, place in zip(staff.cadres, village.group_ids, strict=True)
    ]
    for one, homes in zip(staff.helpers, staff.helped, strict=True):
        rows += [(one, "household_helper", False, None, village.household_ids[home]) for home in homes]
    for nth, (one, role, leads, place, home) in enumerate(rows, start=1):
        yield f"m{village.short}-{nth:04d}", team, one, role, leads, place, home, since, at, ACTOR


def assignment_table(village: Village, stay: Stay, staff: Staff) -> Iterator[tuple[object, ...]]:
    """Yield rows of `assignment` of the running round: one a household, due on its group's day; some have none.

    Columns: id, round, household, person, due_on, status, created_at, created_by.
    """
    rng = village.stream("assignments")
    given = village.world.decided["assignments"]
    first, last = village.world.rounds[RUNNING - 1]
    due = iso_days(draw_days(rng, [first, last], len(village.families)))
    covered = rng.random(village.size) >= given["without"]
    accepted = rng.random(village.size) < given["accepted"]
    made = ordinal(given["made_on"])
    for at in np.flatnonzero(covered & stay.rows_of(RUNNING)).tolist():
        home, group = village.household_ids[at], int(village.groups[at])
        day = stamp(int(stay.joined_on[at]) if stay.joined[at] == RUNNING else made)
        status = "accepted" if accepted[at] else "assigned"
        yield f"a{home[1:]}", name_round(RUNNING), home, staff.cadres[group], due[group], status, day, ACTOR

"""Which households of a round a filter leaves: by tag, class, issue, assignee, last visit and rounds missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import or_, select

from geo.access import places_around, places_inside, require_right
from geo.schema import household, person, place_path, round_roster, team, team_member
from geo.store.rounds import visible_round
from geo.store.traits import keep_traits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database
    from geo.store.traits import Kind


#: In the place of an assignee: households for which nobody answers.
NOBODY: Final = "none"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a household must be to be shown; an empty field asks nothing.

    `days`: no effective visit for at least so many days (never counts); `missed`: at least so many rounds in a row;
    `assignee`: id of the person or team who answers for it, or `NOBODY`; `team`: id of a team that does so itself or by
    a member.
    """

    tag: str = ""
    household_class: str = ""
    category: str = ""
    assignee: str = ""
    days: int = 0
    missed: int = 0
    team: str = ""

    @property
    def asks_people(self) -> bool:
        """Whether a trait of the people is asked for, and not only how the work on them stands."""
        return bool(self.tag or self.household_class)

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != Criteria()


def list_matching(db: Database, scope: Scope, *, round_id: str, as_of: date, criteria: Criteria) -> NDArray[np.uint32]:
    """Return the numbers (tile ids, sorted) of the households of a round's roster in the scope's area that match."""
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        theirs = _list_team(connection, criteria.team, as_of) if criteria.team else []
    traits = keep_traits(db, scope, round_, as_of)
    asked: list[tuple[Kind, str, list[str]]] = [
        ("class", criteria.household_class, [criteria.household_class]),
        ("tag", criteria.tag, [criteria.tag]),
        ("category", criteria.category, [criteria.category]),
        ("answers", criteria.assignee, ["" if criteria.assignee == NOBODY else criteria.assignee]),
        ("answers", criteria.team, theirs),
    ]
    parts = [traits.now(kind).having(values) for kind, wanted, values in asked if wanted]
    if criteria.days:
        parts.append(traits.now("seen").between(0, (as_of - timedelta(days=criteria.days)).toordinal()))
    if criteria.missed:
        parts.append(traits.now("missed").between(criteria.missed))
    return _in_all(parts or [traits.now("class").number])


def read_missed(db: Database, scope: Scope, *, round_id: str, as_of: date) -> dict[int, NDArray[np.uint32]]:
    """Return k → the numbers (tile ids, sorted) of a round's roster in the scope's area that missed k rounds or more.

    连漏 k 轮 over the rounds of the programme that ended before the day; only k that somebody has.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
    missed = keep_traits(db, scope, round_, as_of).now("missed")
    return {k: missed.between(k) for k in range(1, int(missed.code.max(initial=0)) + 1)}


def list_responsible(db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date) -> list[tuple[str, str]]:
    """Return (id, name) of the people and teams who answer for households of a round under a place, by name."""
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        under = select(place_path.c.place).where(place_path.c.ancestor == place_id)
        homes = None
        if scope.areas != (place_id,):
            homes = (
                connection.execute(
                    select(household.c.tile_id)
                    .join(round_roster, round_roster.c.household == household.c.id)
                    .where(round_roster.c.round == round_.id, round_roster.c.place.in_(under))
                )
                .scalars()
                .all()
            )
        named = select(person.c.id, person.c.name).union_all(select(team.c.id, team.c.name))
        names = {row[0]: row[1] for row in connection.execute(named)}
    found = keep_traits(db, scope, round_, as_of).now("answers").values_of(homes)
    return sorted(((one, names[one]) for one in found if one), key=lambda one: (one[1], one[0]))


def list_teams(db: Database, scope: Scope, *, place_id: str) -> list[tuple[str, str]]:
    """Return (id, name) of the teams of villages under a place, or of the one it lies in, by name."""
    require_right(scope, "view")
    below = select(place_path.c.place).where(place_path.c.ancestor == place_id)
    above = select(place_path.c.ancestor).where(place_path.c.place == place_id)
    inside = places_inside(scope)
    around = places_around(scope)
    with db.read() as connection:
        rows = connection.execute(
            select(team.c.id, team.c.name)
            .where(or_(team.c.village.in_(below), team.c.village.in_(above)))
            .where(or_(team.c.village.in_(inside), team.c.village.in_(around)))
            .order_by(team.c.name, team.c.id)
        )
        return [(row[0], row[1]) for row in rows]


def list_answers(db: Database, scope: Scope, *, round_id: str, as_of: date) -> dict[str, NDArray[np.uint32]]:
    """Return who answers (id of a person or team; "" for nobody) → the numbers of their households, sorted.

    Every household of the round's roster in the scope's area that has joined by the day, once: its own live assignment
    counts before that of its group.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
    return keep_traits(db, scope, round_, as_of).now("answers").split()


def _list_team(connection: Connection, team_id: str, day: date) -> list[str]:
    """Return the ids of a team and of those who are its members on a day."""
    held = or_(team_member.c.until.is_(None), team_member.c.until >= day)
    members = select(team_member.c.person).where(team_member.c.team == team_id, team_member.c.since <= day, held)
    return [team_id, *connection.execute(members).scalars()]


def _in_all(parts: Sequence[NDArray[np.uint32]]) -> NDArray[np.uint32]:
    """Return the numbers (sorted) that are in every one of some sorted columns."""
    found, *others = sorted(parts, key=len)
    for one in others:
        at = np.minimum(np.searchsorted(one, found), len(one) - 1)
        found = found[one[at] == found] if len(one) else one
    return found

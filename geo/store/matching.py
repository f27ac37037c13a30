"""Which households of a round a filter leaves: by tag, class, issue, assignee, last visit and rounds missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import and_, case, exists, false, func, literal, or_, select, true

from geo.access import places_around, places_inside, require_right
from geo.coverage import is_live, seen_after
from geo.issues import issue_status
from geo.schema import (
    assignment,
    household,
    household_tag,
    issue_household,
    person,
    place_path,
    round_roster,
    team,
    team_member,
)
from geo.store.missed import find_missed
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.sql.selectable import NamedFromClause as _Table

    from geo.model import Round, Scope
    from geo.store.database import Database


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
        inside = places_inside(scope)
        wanted = (
            select(household.c.tile_id)
            .join(round_roster, round_roster.c.household == household.c.id)
            .where(round_roster.c.round == round_.id, round_roster.c.place.in_(inside))
            .where(*_conditions(round_, as_of, criteria))
            .order_by(household.c.tile_id)
        )
        found = np.array(connection.execute(wanted).scalars().all(), dtype=np.uint32)
        if not criteria.missed:
            return found
        missed = find_missed(str(db.path), connection, scope, round_, as_of).get(criteria.missed, found[:0])
        return np.intersect1d(found, missed, assume_unique=True)


def list_responsible(db: Database, scope: Scope, *, round_id: str, place_id: str) -> list[tuple[str, str]]:
    """Return (id, name) of the people and teams with a live assignment of a round under a place, by name."""
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        here = (
            select(place_path.c.place)
            .where(place_path.c.ancestor == place_id)
            .where(place_path.c.place.in_(places_inside(scope)))
        )
        homes = select(round_roster.c.household).where(
            round_roster.c.round == round_.id, round_roster.c.place.in_(here)
        )
        name = func.coalesce(person.c.name, team.c.name)
        rows = connection.execute(
            select(func.coalesce(assignment.c.person, assignment.c.team), name)
            .select_from(assignment)
            .outerjoin(person, person.c.id == assignment.c.person)
            .outerjoin(team, team.c.id == assignment.c.team)
            .where(
                assignment.c.round == round_.id,
                is_live(assignment),
                or_(assignment.c.place.in_(here), assignment.c.household.in_(homes)),
            )
            .distinct()
            .order_by(name)
        )
        return [(row[0], row[1]) for row in rows]


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
        inside = places_inside(scope)
        own, group = assignment.alias("own"), assignment.alias("for_group")
        who = func.coalesce(own.c.person, own.c.team, group.c.person, group.c.team, "")
        rows = connection.execute(
            select(household.c.tile_id, who)
            .select_from(round_roster)
            .join(household, household.c.id == round_roster.c.household)
            .outerjoin(own, and_(own.c.round == round_.id, own.c.household == household.c.id, is_live(own)))
            .outerjoin(group, and_(group.c.round == round_.id, group.c.place == round_roster.c.place, is_live(group)))
            .where(round_roster.c.round == round_.id, round_roster.c.place.in_(inside))
            .where(*_conditions(round_, as_of, Criteria()))
        )
        found: dict[str, list[int]] = {}
        for tile_id, assignee in rows:
            found.setdefault(assignee, []).append(tile_id)
    return {assignee: np.array(sorted(numbers), dtype=np.uint32) for assignee, numbers in found.items()}


def _conditions(round_: Round, as_of: date, criteria: Criteria) -> list[ColumnElement[bool]]:
    # Households that have not joined the round yet are on no list and on no map.
    found: list[ColumnElement[bool]] = [
        case(
            (round_roster.c.baseline == true(), literal(as_of >= round_.starts_on)),
            else_=round_roster.c.added_on <= as_of,
        )
    ]
    if criteria.household_class:
        found.append(household.c.household_class == criteria.household_class)
    if criteria.tag:
        found.append(household.c.id.in_(_tagged(criteria.tag, as_of)))
    if criteria.category:
        found.append(household.c.id.in_(_concerned(criteria.category, as_of)))
    if criteria.assignee == NOBODY:
        found.append(_answered_by_nobody(round_))
    elif criteria.assignee:
        found.append(_answered_for(round_, criteria.assignee))
    if criteria.team:
        found.append(_answered_for(round_, criteria.team, _members(criteria.team, as_of)))
    if criteria.days:
        since = as_of - timedelta(days=criteria.days)
        found.append(household.c.id.not_in(seen_after(round_.programme, since, as_of)))
    return found


def _tagged(kind: str, day: date) -> Any:
    held = or_(household_tag.c.until.is_(None), household_tag.c.until >= day)
    return select(household_tag.c.household).where(household_tag.c.kind == kind, household_tag.c.since <= day, held)


def _concerned(category: str, day: date) -> Any:
    """Households with an open issue of their own of the category."""
    status = issue_status(day).subquery("status")
    return (
        select(issue_household.c.household)
        .join(status, status.c.issue == issue_household.c.issue)
        .where(status.c.open == 1, status.c.scope == "household", status.c.category == category)
    )


def _members(team_id: str, day: date) -> Select[tuple[str]]:
    held = or_(team_member.c.until.is_(None), team_member.c.until >= day)
    return select(team_member.c.person).where(team_member.c.team == team_id, team_member.c.since <= day, held)


def _live_of(round_: Round) -> tuple[tuple[_Table, ColumnElement[bool]], tuple[_Table, ColumnElement[bool]]]:
    """Return a household's own live assignment and that of its group, each with what makes it theirs."""
    own, group = assignment.alias("own"), assignment.alias("for_group")
    has_own = and_(own.c.round == round_.id, own.c.household == household.c.id, is_live(own))
    by_group = and_(group.c.round == round_.id, group.c.place == round_roster.c.place, is_live(group))
    return (own, has_own), (group, by_group)


def _answered_by_nobody(round_: Round) -> ColumnElement[bool]:
    (_, has_own), (_, by_group) = _live_of(round_)
    return and_(~exists().where(has_own), ~exists().where(by_group))


def _answered_for(round_: Round, assignee: str, members: Select[tuple[str]] | None = None) -> ColumnElement[bool]:
    """Whether its own live assignment is theirs (or a member's), or it has none and that of its group is."""
    (own, has_own), (group, by_group) = _live_of(round_)
    theirs = [
        or_(one.c.person == assignee, one.c.team == assignee, false() if members is None else one.c.person.in_(members))
        for one in (own, group)
    ]
    return or_(exists().where(has_own, theirs[0]), and_(~exists().where(has_own), exists().where(by_group, theirs[1])))

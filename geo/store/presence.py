"""下 · 讲 · 查: homes that a leader came to, policy that was told, what was looked into, of one place in a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from geo.access import require_area, require_right
from geo.coverage import Share, homes_under, not_voided, standing
from geo.schema import team_member, visit, visit_check, visit_person, visit_topic
from geo.store.database import read_today
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, FromClause

    from geo.model import Round, Scope
    from geo.store.database import Database

_LEADS: Final = ("county_lead", "township_lead")


@dataclass(frozen=True, slots=True)
class Presence:
    """Counts of distinct households of D, by kept visits of the round up to a day.

    `leads`: homes that somebody in a role came to, effective and in person (`county_lead`, `township_lead`), and `any`
    of both. `topics`: homes that were told of each. `checks`: of each item homes asked, and those with a problem.
    """

    roster: int
    leads: dict[str, int]
    topics: dict[str, int]
    checks: dict[str, tuple[int, int]]

    def check_share(self, item: str) -> Share:
        """排查率 of an item: households asked / |D|."""
        return Share("kpi.checked", self.checks.get(item, (0, 0))[0], self.roster)


def read_presence(db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None) -> Presence:
    """Return who came, what was told and what was looked into under a place. Raises `NotFound`, `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        day = as_of or read_today(connection)
        now = standing(round_, day, homes=homes_under(round_, place_id)).subquery("now")
        due = select(now.c.household).where(now.c.roster == 1).subquery("due")
        roster = connection.execute(select(func.count()).select_from(due)).scalar_one()
        seen = _kept(round_, day, due)
        return Presence(int(roster), _count_leads(connection, seen), *_count_said(connection, seen))


def _kept(round_: Round, day: date, due: FromClause) -> FromClause:
    """The kept visits of the round to households of D: id, household, visited_on, mode, outcome."""
    return (
        select(visit.c.id, visit.c.household, visit.c.visited_on, visit.c.mode, visit.c.outcome)
        .join(due, due.c.household == visit.c.household)
        .where(
            visit.c.round == round_.id,
            visit.c.visited_on.between(round_.starts_on, min(day, round_.ends_on)),
            not_voided(visit),
        )
        .subquery("seen")
    )


def _homes(seen: FromClause, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.count(func.distinct(case((condition, seen.c.household))))


def _count_leads(connection: Connection, seen: FromClause) -> dict[str, int]:
    held = and_(
        team_member.c.person == visit_person.c.person,
        team_member.c.role.in_(_LEADS),
        team_member.c.since <= seen.c.visited_on,
        or_(team_member.c.until.is_(None), team_member.c.until >= seen.c.visited_on),
    )
    counts = [_homes(seen, team_member.c.role == role) for role in _LEADS]
    row = connection.execute(
        select(*counts, func.count(func.distinct(seen.c.household)))
        .select_from(seen.join(visit_person, visit_person.c.visit == seen.c.id).join(team_member, held))
        .where(seen.c.mode == "in_person", seen.c.outcome == "effective")
    ).one()
    return {**{role: int(count) for role, count in zip(_LEADS, row, strict=False)}, "any": int(row[-1])}


def _count_said(connection: Connection, seen: FromClause) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    homes = func.count(func.distinct(seen.c.household))
    told = connection.execute(
        select(visit_topic.c.topic, homes)
        .select_from(seen.join(visit_topic, visit_topic.c.visit == seen.c.id))
        .group_by(visit_topic.c.topic)
    )
    asked = connection.execute(
        select(visit_check.c.item, homes, _homes(seen, visit_check.c.result == "problem"))
        .select_from(seen.join(visit_check, visit_check.c.visit == seen.c.id))
        .group_by(visit_check.c.item)
    )
    return (
        {topic: int(count) for topic, count in told},
        {item: (int(count), int(problems)) for item, count, problems in asked},
    )

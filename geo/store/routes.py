"""Published routes (派工路线): assignments of households with a day and an order, and what their teams answer.

A draft of a plan is nobody's duty and is not stored; publishing makes it assignments, each due on its own day. What is
left of a published plan is planned again by publishing anew: a new assignment replaces the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo import codes
from geo.access import require_area, require_home, require_right
from geo.audit import log_change
from geo.coverage import homes_under, household_status
from geo.errors import Invalid
from geo.model import new_id
from geo.schema import assignment, household, person, place_path, round_roster, team
from geo.store.assignments import assignee_column, check_due, find_leaves, find_live, update_live
from geo.store.cells import refresh_cells
from geo.store.database import now, read_today
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from geo.model import Scope
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class Route:
    """Households (ids) in the order in which one person or team visits them on a day; `locked` keeps them there.

    `called`: what the sheets of the plan call it within its round (`geo.planning.document.call_route`).
    """

    assignee: str
    day: date
    households: tuple[str, ...]
    locked: bool = False
    called: str = ""


def publish_routes(db: Database, scope: Scope, *, round_id: str, routes: Sequence[Route]) -> int:
    """Give the households of routes to their teams, all or none; return how many there are.

    Raises as `assignments.assign`, and `Invalid` when a household is on two routes.
    """
    require_right(scope, "assign")
    everybody = [one for route in routes for one in route.households]
    if len(set(everybody)) < len(everybody):
        raise Invalid("route.twice")
    with db.write() as connection:
        round_ = visible_round(connection, scope, round_id)
        stamp = {"updated_at": now(), "updated_by": scope.actor, "status": "replaced"}
        leaves = find_leaves(connection, scope, round_, everybody, [])
        for route in routes:
            check_due(round_, route.day)
            column = assignee_column(connection, scope, route.assignee)
            for seq, one in enumerate(route.households, start=1):
                update_live(connection, round_.id, "household", one, stamp)
                connection.execute(
                    assignment.insert().values(
                        {"id": new_id(), "round": round_.id, "household": one, column: route.assignee,
                         "day": route.day, "seq": seq, "due_on": route.day, "locked": route.locked,
                         "route": route.called or None,
                         "status": "assigned", "created_at": now(), "created_by": scope.actor}
                    )
                )  # fmt: skip
        diff = {"round": round_.id, "routes": len(routes), "count": len(everybody)}
        log_change(connection, scope, action="plan.publish", object_id=round_.id, diff=diff)
        refresh_cells(connection, round_.id, read_today(connection), leaves)
        return len(everybody)


def read_routes(db: Database, scope: Scope, *, round_id: str, place_id: str) -> list[RowMapping]:
    """Return the published stops under a place that are live or came back: one row a household, by day, team, order.

    Columns: id, rev, household, day, seq, due_on, locked, status, created_at, route (what its sheet calls it, or None),
    reason, code, place, person and team (ids, one of them None), person_name, team_name.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        under = select(place_path.c.place).where(place_path.c.ancestor == place_id)
        kept = (*codes.LIVE_ASSIGNMENTS, "returned")
        columns = [
            assignment.c[name]
            for name in ("id", "rev", "household", "day", "seq", "due_on", "locked", "status", "created_at", "route")
        ]
        asked = (
            select(
                *columns, assignment.c.reason, household.c.code, round_roster.c.place,
                assignment.c.person, assignment.c.team, person.c.name.label("person_name"),
                team.c.name.label("team_name"),
            )
            .join(household, household.c.id == assignment.c.household)
            .join(
                round_roster,
                (round_roster.c.round == assignment.c.round) & (round_roster.c.household == assignment.c.household),
            )
            .join(person, person.c.id == assignment.c.person, isouter=True)
            .join(team, team.c.id == assignment.c.team, isouter=True)
            .where(assignment.c.round == round_.id, assignment.c.day.is_not(None), assignment.c.status.in_(kept))
            .where(round_roster.c.place.in_(under))
            .order_by(assignment.c.day, assignment.c.person, assignment.c.team, assignment.c.seq)
        )  # fmt: skip
        return list(connection.execute(asked).mappings())


def read_stops(db: Database, scope: Scope, *, round_id: str, household_id: str) -> list[RowMapping]:
    """Return the stops of the live route that holds a household, in their order; none where it is on no route.

    Columns: household (id), roster, effective (0 or 1 as of today). Only households of the scope's area.
    """
    require_right(scope, "view")
    own = assignment.alias("own")
    with db.read() as connection:
        require_home(connection, scope, household_id)
        round_ = visible_round(connection, scope, round_id)
        mine = select(own).where(
            own.c.round == round_.id, own.c.household == household_id, own.c.day.is_not(None),
            own.c.status.in_(codes.LIVE_ASSIGNMENTS),
        ).subquery("mine")  # fmt: skip
        stops = (
            select(assignment.c.household, assignment.c.seq)
            .join(
                mine,
                (assignment.c.round == mine.c.round)
                & (assignment.c.day == mine.c.day)
                & assignment.c.person.is_not_distinct_from(mine.c.person)
                & assignment.c.team.is_not_distinct_from(mine.c.team),
            )
            .where(assignment.c.status.in_(codes.LIVE_ASSIGNMENTS))
            .where(assignment.c.household.in_(homes_under(round_, *scope.areas)))
            .subquery("stops")
        )
        status = household_status(round_, read_today(connection), homes=select(stops.c.household)).subquery("status")
        asked = select(stops.c.household, status.c.roster, status.c.effective).join(
            status, status.c.household == stops.c.household
        )
        return list(connection.execute(asked.order_by(stops.c.seq)).mappings())


def answer_route(db: Database, scope: Scope, *, assignment_id: str, rev: int, accepts: bool, reason: str = "") -> None:
    """Accept a household of a published route, or give it back with a reason, by who records visits there.

    Raises `NotFound`, `Conflict` when it changed since `rev`, `Invalid` when it is given back without a reason.
    """
    require_right(scope, "record_visit")
    if not accepts and not reason.strip():
        raise Invalid("route.no_reason")
    with db.write() as connection:
        _, round_, leaves = find_live(connection, scope, assignment_id=assignment_id, rev=rev, of_home=True)
        values = {"status": "accepted" if accepts else "returned", "reason": reason.strip() or None, "rev": rev + 1}
        changed = assignment.update().where(assignment.c.id == assignment_id)
        connection.execute(changed.values(**values, updated_at=now(), updated_by=scope.actor))
        log_change(connection, scope, action="assignment.answer", object_id=assignment_id, diff=values)
        refresh_cells(connection, round_.id, read_today(connection), leaves)

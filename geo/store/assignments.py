"""Who goes to which home, by when: at most one live assignment a household and one a group; a new one replaces it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, exists, func, or_, select

from geo import codes
from geo.access import may, places_around, places_inside, require_area, require_areas, require_home, require_right
from geo.audit import log_change
from geo.coverage import is_live
from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.idnumbers import hide_id_numbers
from geo.model import new_id
from geo.schema import assignment, household, person, place_path, round_roster, team, team_member
from geo.store.cells import refresh_cells
from geo.store.database import now, read_today
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection, RowMapping

    from geo.model import Round, Scope
    from geo.store.database import Database

#: What a live assignment may become by a person's word; `replaced` comes with another one alone.
_CHANGES = ("accepted", "returned", "withdrawn")
_LONGEST_REASON: Final = 200


def assign(
    db: Database,
    scope: Scope,
    *,
    round_id: str,
    assignee: str,
    due_on: date,
    households: list[str] | None = None,
    groups: list[str] | None = None,
) -> int:
    """Give households or whole groups of a round's roster to a person or team with a due date; return how many.

    A live assignment of the same household or group becomes `replaced`. Raises `NotFound` for an unknown assignee,
    `NotAllowed` for one of another area, `Invalid` for a due date outside the round or a household outside its roster.
    """
    require_right(scope, "assign")
    with db.write() as connection:
        round_ = visible_round(connection, scope, round_id)
        check_due(round_, due_on)
        column = assignee_column(connection, scope, assignee)
        leaves = find_leaves(connection, scope, round_, households or [], groups or [])
        stamp = {"updated_at": now(), "updated_by": scope.actor}
        for target, ids in (("household", households or []), ("place", groups or [])):
            for one in dict.fromkeys(ids):
                update_live(connection, round_.id, target, one, {**stamp, "status": "replaced"})
                connection.execute(
                    assignment.insert().values(
                        {"id": new_id(), "round": round_.id, target: one, column: assignee, "due_on": due_on,
                         "status": "assigned", "created_at": now(), "created_by": scope.actor}
                    )
                )  # fmt: skip
        count = len(set(households or [])) + len(set(groups or []))
        diff = {"round": round_.id, "to": assignee, "due_on": due_on, "count": count}
        log_change(connection, scope, action="assign", object_id=assignee, diff=diff)
        refresh_cells(connection, round_.id, read_today(connection), leaves)
        return count


def withdraw(
    db: Database, scope: Scope, *, round_id: str, households: list[str] | None = None, groups: list[str] | None = None
) -> int:
    """Withdraw the live assignments of households, and of whole groups; return how many there were.

    A household whose group is assigned stays with its group's assignee.
    """
    return _change_live(db, scope, round_id, households or [], groups or [], {"status": "withdrawn"}, act="withdraw")


def set_due(
    db: Database, scope: Scope, *, round_id: str, due_on: date, households: list[str] | None = None,
    groups: list[str] | None = None,
) -> int:  # fmt: skip
    """Change the due date of the live assignments of households and of whole groups; return how many there were.

    Who is responsible stays. Raises `Invalid` for a due date outside the round.
    """
    return _change_live(db, scope, round_id, households or [], groups or [], {"due_on": due_on}, act="assignment.due")


def _change_live(
    db: Database, scope: Scope, round_id: str, households: list[str], groups: list[str],
    changes: Mapping[str, Any], *, act: str,
) -> int:  # fmt: skip
    require_right(scope, "assign")
    with db.write() as connection:
        round_ = visible_round(connection, scope, round_id)
        if "due_on" in changes:
            check_due(round_, changes["due_on"])
        leaves = find_leaves(connection, scope, round_, households, groups)
        values = {"updated_at": now(), "updated_by": scope.actor, **changes}
        found = 0
        for target, ids in (("household", households), ("place", groups)):
            found += sum(update_live(connection, round_.id, target, one, values) for one in set(ids))
        log_change(connection, scope, action=act, object_id=round_.id, diff={"count": found, **changes})
        refresh_cells(connection, round_.id, read_today(connection), leaves)
        return found


def find_live(
    connection: Connection, scope: Scope, *, assignment_id: str, rev: int, of_home: bool = False
) -> tuple[RowMapping, Round, set[str]]:
    """Return an assignment that may be changed, its round and the leaves whose cells will move.

    `of_home`: only one of a household, not of a group. Raises `NotFound`, `NotAllowed`, and `Conflict` when it changed
    since `rev` or is not live.
    """
    row = connection.execute(select(assignment).where(assignment.c.id == assignment_id)).mappings().first()
    if row is None or (of_home and row["household"] is None):
        raise NotFound("err.no_assignment", id=assignment_id)
    round_ = visible_round(connection, scope, row["round"])
    homes = [row["household"]] if row["household"] else []
    leaves = find_leaves(connection, scope, round_, homes, [row["place"]] if row["place"] else [])
    if row["rev"] != rev or row["status"] not in codes.LIVE_ASSIGNMENTS:
        raise Conflict("err.changed", who=row["updated_by"] or row["created_by"], time=row["updated_at"] or "")
    return row, round_, leaves


def change_assignment(
    db: Database, scope: Scope, *, assignment_id: str, rev: int, due_on: date | None = None, status: str | None = None
) -> None:
    """Change the due date or the status (accepted, returned, withdrawn) of a live assignment.

    Raises `NotFound`, `Conflict` when it changed since `rev`, `Invalid` for another status or day.
    """
    require_right(scope, "assign")
    if status not in (None, *_CHANGES):
        raise Invalid("err.unknown_code", value=status)
    with db.write() as connection:
        row, round_, leaves = find_live(connection, scope, assignment_id=assignment_id, rev=rev)
        if due_on is not None:
            check_due(round_, due_on)
        values = {"due_on": due_on or row["due_on"], "status": status or row["status"], "rev": rev + 1}
        connection.execute(
            assignment.update()
            .where(assignment.c.id == assignment_id)
            .values(**values, updated_at=now(), updated_by=scope.actor)
        )
        log_change(connection, scope, action="assignment.change", object_id=assignment_id, diff=values)
        refresh_cells(connection, round_.id, read_today(connection), leaves)


def return_assignment(db: Database, scope: Scope, *, assignment_id: str, rev: int, reason: str) -> None:
    """Give an assignment back with a reason, as whoever it was given to: it is nobody's until it is given again.

    It stays on record as returned. Raises `Invalid` without a reason, `NotFound`, `NotAllowed`, `Conflict` when it
    changed since `rev` or is not live.
    """
    require_right(scope, "record_visit")
    if not reason.strip():
        raise Invalid("err.reason_empty")
    with db.write() as connection:
        _, round_, leaves = find_live(connection, scope, assignment_id=assignment_id, rev=rev)
        values = {"status": "returned", "reason": hide_id_numbers(reason.strip())[:_LONGEST_REASON], "rev": rev + 1}
        stamp = {"updated_at": now(), "updated_by": scope.actor}
        connection.execute(assignment.update().where(assignment.c.id == assignment_id).values(**values, **stamp))
        log_change(connection, scope, action="assignment.return", object_id=assignment_id, diff={"rev": rev + 1})
        refresh_cells(connection, round_.id, read_today(connection), leaves)


def list_returned(db: Database, scope: Scope, *, round_id: str, place_id: str) -> list[dict[str, Any]]:
    """Return the assignments under a place that were given back and not given to anybody since, the latest first.

    Keys: assignment, household, place, code, name (whose it was), reason (free text: not for a leader), returned_at,
    returned_by.
    """
    require_right(scope, "view")
    live = assignment.alias("live")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        where = func.coalesce(assignment.c.place, household.c.place)
        same = or_(live.c.household == assignment.c.household, live.c.place == assignment.c.place)
        rows = connection.execute(
            select(
                assignment.c.id.label("assignment"),
                assignment.c.household,
                where.label("place"),
                household.c.code,
                func.coalesce(person.c.name, team.c.name, "").label("name"),
                assignment.c.reason,
                assignment.c.updated_at.label("returned_at"),
                assignment.c.updated_by.label("returned_by"),
            )
            .outerjoin(household, household.c.id == assignment.c.household)
            .outerjoin(person, person.c.id == assignment.c.person)
            .outerjoin(team, team.c.id == assignment.c.team)
            .where(
                assignment.c.round == round_.id,
                assignment.c.status == "returned",
                where.in_(select(place_path.c.place).where(place_path.c.ancestor == place_id)),
                ~exists().where(live.c.round == round_.id, same, is_live(live)),
            )
            .order_by(assignment.c.updated_at.desc(), assignment.c.id)
        )
        return [dict(row) if may(scope, "see_details") else {**row, "reason": ""} for row in rows.mappings()]


def list_assignees(db: Database, scope: Scope, *, place_id: str) -> list[RowMapping]:
    """Return whom work under a place can be given to: id, name, role (team or a `codes.TEAM_ROLES` word).

    First the group cadres and helpers under the place, then members of the village's team, then the teams.
    """
    require_right(scope, "view")
    here = select(place_path.c.place).where(place_path.c.ancestor == place_id)
    above = select(place_path.c.ancestor).where(place_path.c.place == place_id)
    own = team_member.c.place.in_(here)
    with db.read() as connection:
        require_area(connection, scope, place_id)
        today = read_today(connection)
        people = connection.execute(
            select(person.c.id, person.c.name, func.min(team_member.c.role).label("role"))
            .join(team_member, team_member.c.person == person.c.id)
            .join(team, team.c.id == team_member.c.team)
            .where(
                or_(own, team.c.village.in_(here), team.c.village.in_(above)),
                or_(team_member.c.until.is_(None), team_member.c.until >= today),
            )
            .group_by(person.c.id, person.c.name)
            .order_by(func.max(case((own, 1), else_=0)).desc(), person.c.name)
        ).mappings()
        teams = connection.execute(
            select(team.c.id, team.c.name).where(or_(team.c.village.in_(here), team.c.village.in_(above)))
        ).mappings()
        return [*people, *teams]


def add_person(db: Database, scope: Scope, *, name: str, place_id: str) -> str:
    """Add somebody work can be given to, as a member of the village's team (made if there is none); return the id.

    Raises `Invalid` for an empty name.
    """
    require_right(scope, "assign")
    if not name.strip():
        raise Invalid("err.name_empty")
    with db.write() as connection:
        require_area(connection, scope, place_id)
        stamp = {"created_at": now(), "created_by": scope.actor}
        person_id = new_id()
        connection.execute(person.insert().values(id=person_id, name=name.strip(), place=place_id, **stamp))
        team_id = connection.execute(select(team.c.id).where(team.c.village == place_id)).scalar()
        if team_id is None:
            team_id = new_id()
            connection.execute(team.insert().values(id=team_id, name="", village=place_id, **stamp))
        connection.execute(
            team_member.insert().values(
                id=new_id(), team=team_id, person=person_id, role="group_cadre", place=place_id,
                since=read_today(connection), **stamp,
            )
        )  # fmt: skip
        log_change(connection, scope, action="person.add", object_id=person_id)
        return person_id


def check_due(round_: Round, due_on: date) -> None:
    """Refuse a due date outside the round. Raises `Invalid`."""
    if not round_.starts_on <= due_on <= round_.ends_on:
        raise Invalid("err.due_outside", d=due_on, starts=round_.starts_on, ends=round_.ends_on)


def assignee_column(connection: Connection, scope: Scope, assignee: str) -> str:
    """Say whether the assignee is a person or a team; refuses those of villages outside the scope's area."""
    near = or_(
        team.c.village.in_(places_inside(scope)),
        team.c.village.in_(places_around(scope)),
    )
    member = team_member.c.person == assignee
    kinds = (
        ("person", person, select(team.c.id).join(team_member, team_member.c.team == team.c.id).where(member)),
        ("team", team, select(team.c.id).where(team.c.id == assignee)),
    )
    for column, table, teams in kinds:
        if connection.execute(select(table.c.id).where(table.c.id == assignee)).first():
            if connection.execute(teams.where(near)).first() is None:
                raise NotAllowed("err.right", action="area")
            return column
    raise NotFound("err.no_assignee", id=assignee)


def find_leaves(
    connection: Connection, scope: Scope, round_: Round, households: list[str], groups: list[str]
) -> set[str]:
    """Return the leaf places to recompute; checks that every place is in the area and every household on the roster."""
    leaves = set(groups)
    require_areas(connection, scope, leaves)
    known = select(round_roster.c.place).where(round_roster.c.round == round_.id, round_roster.c.place.in_(groups))
    for stranger in leaves - set(connection.execute(known).scalars()):
        raise Invalid("err.not_in_roster", code=stranger)
    for one in households:
        place_id = connection.execute(
            select(round_roster.c.place).where(round_roster.c.round == round_.id, round_roster.c.household == one)
        ).scalar()
        if place_id is None:
            require_home(connection, scope, one)
            code = connection.execute(select(household.c.code).where(household.c.id == one)).scalar()
            raise Invalid("err.not_in_roster", code=code or one)
        leaves.add(place_id)
    require_areas(connection, scope, leaves)
    return leaves


def update_live(connection: Connection, round_id: str, target: str, one: str, values: Mapping[str, object]) -> int:
    """Change the live assignment of a household or place; return how many there were."""
    live = and_(
        assignment.c.round == round_id,
        assignment.c[target] == one,
        is_live(assignment),
    )
    return connection.execute(assignment.update().where(live).values(**values, rev=assignment.c.rev + 1)).rowcount

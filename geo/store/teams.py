"""Teams (队伍): the five of a village, the cadre of a group, the helper of a household, each from a day to a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, or_, select

from geo import codes
from geo.access import require_area, require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.mask import mask_people
from geo.model import new_id
from geo.schema import household, person, place, place_path, team, team_member
from geo.store.database import now, read_today
from geo.store.frames import read_frame
from geo.store.register import name_units

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import ColumnElement, Connection, RowMapping

    from geo.model import Scope
    from geo.store.database import Database

#: The five of a village (domain §1), in their order; the other roles answer for a group and for a household.
FIVE: Final = codes.TEAM_ROLES[:5]
CADRE: Final = "group_cadre"
HELPER: Final = "household_helper"
_LEAD: Final = "county_lead"
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class MemberEntry:
    """One task of one person; `id` is made by the form, so sending it twice is one row. Days are local dates.

    `place`: the village of one of the five, the group (or village without groups) of a cadre, the household's village
    of a helper. `person`: the id of somebody known; else `name` and `phone` of somebody new. `leads`: None for what the
    role implies (a county lead leads). `until`: the last day, empty while it goes on.
    """

    id: str
    place: str
    role: str
    since: date
    person: str = ""
    name: str = ""
    phone: str = ""
    household: str | None = None
    leads: bool | None = None
    until: date | None = None


def add_member(db: Database, scope: Scope, *, entry: MemberEntry) -> str:
    """Give somebody a task in a village; whoever had the same one ends the day before. Returns the id of the person.

    Raises `Invalid` (unknown role, no name, a cadre outside a group, a helper without a household, days that cross the
    time of whoever has the task), `NotFound`, `NotAllowed`.
    """
    require_right(scope, "assign")
    with db.write() as connection:
        require_area(connection, scope, entry.place)
        known = connection.execute(select(team_member.c.person).where(team_member.c.id == entry.id)).scalar()
        if known is not None:
            return str(known)
        village = _check_member(connection, scope, entry)
        stamp = {"created_at": now(), "created_by": scope.actor}
        person_id = entry.person or _add_person(connection, entry, village, stamp)
        team_id = find_team(connection, village) or _add_team(connection, village, stamp)
        _end_earlier(connection, scope, team_id, entry)
        leads = entry.role == _LEAD if entry.leads is None else entry.leads
        if leads:
            _take_lead(connection, scope, team_id, entry.since)
        connection.execute(
            team_member.insert().values(
                id=entry.id, team=team_id, person=person_id, role=entry.role, leads=leads,
                place=entry.place if entry.role == CADRE else None, household=entry.household, since=entry.since,
                until=entry.until, **stamp,
            )
        )  # fmt: skip
        log_change(connection, scope, action="team.add", object_id=entry.id, diff={"role": entry.role})
        return person_id


def end_member(db: Database, scope: Scope, *, member_id: str, rev: int, until: date) -> int:
    """Say which day was the last of a task; return the new `rev`. Raises `Conflict`, `Invalid`, `NotFound`."""
    require_right(scope, "assign")
    with db.write() as connection:
        row = _find_member(connection, scope, member_id, rev)
        if until < row["since"]:
            raise Invalid("team.ends_early", since=row["since"], until=until)
        _change(connection, scope, [member_id], {"until": until})
        log_change(connection, scope, action="team.end", object_id=member_id, diff={"until": until})
        return rev + 1


def mark_leader(db: Database, scope: Scope, *, member_id: str, rev: int) -> int:
    """Say that one of the five leads the team from now on, where there is no county lead; return the new `rev`.

    Raises `Invalid` for somebody who is none of the five, or while a county lead leads; `Conflict`, `NotFound`.
    """
    require_right(scope, "assign")
    with db.write() as connection:
        row = _find_member(connection, scope, member_id, rev)
        today = read_today(connection)
        leaders = select(team_member.c.id).where(
            team_member.c.team == row["team"], team_member.c.role == _LEAD, holds_on(today)
        )
        if row["role"] not in FIVE or (row["role"] != _LEAD and connection.execute(leaders).first() is not None):
            raise Invalid("team.has_lead")
        _take_lead(connection, scope, row["team"], today)
        _change(connection, scope, [member_id], {"leads": True})
        log_change(connection, scope, action="team.lead", object_id=member_id)
        return rev + 1 + int(bool(row["leads"]))


def list_members(db: Database, scope: Scope, *, place_id: str, on: date | None = None) -> pd.DataFrame:
    """Return who has a task under a place on a day: the five of each village, then cadres, then helpers.

    Columns: member, person, person_name, phone (masked), role, leads, since, until, rev, place, household,
    code (of the household), township, village, group, village_id.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        day = on or read_today(connection)
        frame = read_frame(connection, _members(place_id, day))
        frame = frame.merge(name_units(connection, place_id), on="place", how="left")
    frame["code"] = frame["code"].fillna("")
    frame = mask_people(frame, scope, ("phone",))
    order = [codes.TEAM_ROLES.index(role) for role in frame["role"]]
    frame = frame.assign(order=order).sort_values(["village_code", "order", "group_code", "code", "member"])
    return frame.drop(columns="order").reset_index(drop=True)


def _members(place_id: str, day: date) -> Any:
    where = func.coalesce(team_member.c.place, household.c.place, team.c.village)
    here = select(place_path.c.place).where(place_path.c.ancestor == place_id)
    return (
        select(
            team_member.c.id.label("member"), team_member.c.person, person.c.name.label("person_name"), person.c.phone,
            team_member.c.role, team_member.c.leads, team_member.c.since, team_member.c.until, team_member.c.rev,
            where.label("place"), team_member.c.household, household.c.code, team.c.village.label("village_id"),
        )
        .join(person, person.c.id == team_member.c.person)
        .join(team, team.c.id == team_member.c.team)
        .outerjoin(household, household.c.id == team_member.c.household)
        .where(where.in_(here), holds_on(day))
    )  # fmt: skip


def holds_on(day: date) -> ColumnElement[bool]:
    """Return the condition that a task is somebody's on a day."""
    return and_(team_member.c.since <= day, or_(team_member.c.until.is_(None), team_member.c.until >= day))


def _check_member(connection: Connection, scope: Scope, entry: MemberEntry) -> str:
    """Return the village an entry is about. Raises `Invalid`, `NotFound`, `NotAllowed`."""
    if entry.role not in codes.TEAM_ROLES:
        raise Invalid("err.unknown_code", value=entry.role)
    if not entry.person and not 0 < len(entry.name.strip()) <= _LONGEST:
        raise Invalid("err.name_empty")
    if entry.until is not None and entry.until < entry.since:
        raise Invalid("team.ends_early", since=entry.since, until=entry.until)
    if entry.person and connection.execute(select(person.c.id).where(person.c.id == entry.person)).first() is None:
        raise NotFound("err.no_assignee", id=entry.person)
    village = village_of(connection, entry.place)
    if village is None or (entry.role in FIVE and entry.place != village):
        raise Invalid("team.no_village")
    if (entry.role == HELPER) != (entry.household is not None):
        raise Invalid("team.helper_home")
    if entry.household is not None:
        home = connection.execute(select(household.c.village).where(household.c.id == entry.household)).scalar()
        if home is None:
            raise NotFound("err.no_household", household=entry.household)
        require_area(connection, scope, home)
        if home != village:
            raise Invalid("team.helper_home")
    return village


def village_of(connection: Connection, place_id: str) -> str | None:
    """Return the village that a place is or lies in; None above villages."""
    found = (
        select(place.c.id)
        .join(place_path, place_path.c.ancestor == place.c.id)
        .where(place_path.c.place == place_id, place.c.level == "village")
    )
    return connection.execute(found).scalar()


def find_team(connection: Connection, village: str) -> str | None:
    """Return the id of the team of a village, if it has one."""
    return connection.execute(select(team.c.id).where(team.c.village == village).order_by(team.c.id)).scalar()


def same_task(team_id: str, entry: MemberEntry) -> ColumnElement[bool]:
    """Return the condition of rows that are the same task: the role in the village, the group, the household."""
    same = and_(team_member.c.team == team_id, team_member.c.role == entry.role)
    if entry.role == CADRE:
        return and_(same, team_member.c.place == entry.place)
    return and_(same, team_member.c.household == entry.household) if entry.role == HELPER else same


def _end_earlier(connection: Connection, scope: Scope, team_id: str, entry: MemberEntry) -> None:
    """End the task of whoever has it on the day before; a later or overlapping time of somebody is refused."""
    crossing = and_(same_task(team_id, entry), or_(team_member.c.until.is_(None), team_member.c.until >= entry.since))
    last = entry.until or date.max
    for row in connection.execute(select(team_member).where(crossing, team_member.c.since <= last)).mappings().all():
        if row["since"] >= entry.since or row["until"] is not None:
            raise Invalid("team.taken", since=row["since"], until=row["until"] or "…")
        _change(connection, scope, [row["id"]], {"until": entry.since - timedelta(days=1)})


def _take_lead(connection: Connection, scope: Scope, team_id: str, day: date) -> None:
    """Nobody else of the team leads on or after a day."""
    held = or_(team_member.c.until.is_(None), team_member.c.until >= day)
    ids = select(team_member.c.id).where(team_member.c.team == team_id, team_member.c.leads, held)
    _change(connection, scope, list(connection.execute(ids).scalars()), {"leads": False})


def _change(connection: Connection, scope: Scope, ids: list[str], values: dict[str, Any]) -> None:
    stamp = {"updated_at": now(), "updated_by": scope.actor, "rev": team_member.c.rev + 1}
    connection.execute(team_member.update().where(team_member.c.id.in_(ids)).values(**values, **stamp))


def _find_member(connection: Connection, scope: Scope, member_id: str, rev: int) -> RowMapping:
    wanted = select(team_member, team.c.village).join(team, team.c.id == team_member.c.team)
    row = connection.execute(wanted.where(team_member.c.id == member_id)).mappings().first()
    if row is None:
        raise NotFound("team.no_member", id=member_id)
    require_area(connection, scope, row["village"])
    if row["rev"] != rev:
        raise Conflict("err.changed", who=row["updated_by"] or row["created_by"], time=row["updated_at"] or "")
    return row


def _add_person(connection: Connection, entry: MemberEntry, village: str, stamp: dict[str, Any]) -> str:
    person_id = new_id()
    row = {"id": person_id, "name": entry.name.strip(), "phone": entry.phone.strip(), "place": village}
    connection.execute(person.insert().values(**row, **stamp))
    return person_id


def _add_team(connection: Connection, village: str, stamp: dict[str, Any]) -> str:
    team_id = new_id()
    connection.execute(team.insert().values(id=team_id, name="", village=village, **stamp))
    return team_id

"""One person's households and one person's work: for them to go by, and to keep (domain §1: 炼)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import func, or_, select, union

from geo.access import places_around, places_inside, require_right
from geo.coverage import is_live, not_voided
from geo.errors import NotAllowed, NotFound
from geo.issues import issue_status
from geo.mask import mask_people
from geo.schema import (
    account,
    assignment,
    household,
    issue,
    issue_household,
    matter,
    measure,
    person,
    place_path,
    team,
    team_member,
    visit,
    visit_person,
)
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.reads import read_homes
from geo.store.register import name_units
from geo.store.rounds import visible_round
from geo.store.teams import CADRE, HELPER, holds_on

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database

#: Why a household is somebody's, the first that holds.
VIAS: Final = ("assigned", "helper", "cadre")
#: What somebody did.
KINDS: Final = ("visit", "issue", "measure", "matter")
_SETTLED: Final = ("resolved", "closed")
_COLUMNS: Final = ("on", "kind", "place", "code", "household", "head_name", "about", "what", "result")


def list_own_homes(db: Database, scope: Scope, *, person_id: str, round_id: str) -> pd.DataFrame:
    """Return the households of a round that a person answers for today, in register order.

    Columns of `store.reads.read_homes`, and via (`VIAS`: assigned to them or their team, helped, in their group),
    status and rev of the live assignment (empty where it is none of theirs). Raises `NotFound`, `NotAllowed`.
    """
    require_right(scope, "record_visit")
    with db.read() as connection:
        _require_person(connection, scope, person_id)
        today = read_today(connection)
        mine = _own_tasks(connection, person_id, today)
        round_ = visible_round(connection, scope, round_id)
        held = _own_assignments(connection, person_id, mine["team"].tolist(), round_.id)
        villages = _villages_of(connection, scope, mine, held)
    parts = [read_homes(db, scope, round_id=round_id, place_id=one) for one in villages]
    homes = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if homes.empty:
        return pd.DataFrame(columns=["household", "via", "status", "rev"])
    rows = held.set_index("assignment_id")[["status", "assignment_rev"]]
    homes = homes.join(rows, on="assignment_id")
    helped = set(mine.loc[mine["role"] == HELPER, "household"])
    groups = set(mine.loc[mine["role"] == CADRE, "place"])
    homes["via"] = [
        _why(one.status, one.household in helped, one.place in groups) for one in homes.itertuples()
    ]  # fmt: skip
    homes = homes[(homes["via"] != "") & (homes["roster"] == 1)].rename(columns={"assignment_rev": "rev"})
    return homes.reset_index(drop=True)


def _why(status: object, is_helped: bool, is_of_group: bool) -> str:  # noqa: FBT001 - three marks of one row
    if isinstance(status, str):
        return VIAS[0]
    return VIAS[1] if is_helped else VIAS[2] if is_of_group else ""


def read_work(
    db: Database, scope: Scope, *, person_id: str, since: date | None = None, as_of: date | None = None
) -> pd.DataFrame:
    """Return what a person did, the latest first: visits they came to, and what they answered for and settled.

    Columns: on, kind (`KINDS`), place, township, village, group, code, household, head_name
    (masked), about (number), what, result (codes:
    an outcome, a closing kind, done). Issues, measures and matters are theirs by the name of who is responsible, in the
    villages where they have or had a task. Raises `NotFound`, `NotAllowed`.
    """
    require_right(scope, "record_visit")
    with db.read() as connection:
        name = _require_person(connection, scope, person_id)
        day = as_of or read_today(connection)
        here = _places_of(person_id)
        parts = [_visits(connection, person_id, day)]
        parts += [one(connection, name, here, day) for one in (_issues, _measures, _matters)]
        frame = pd.concat([one for one in parts if not one.empty] or parts[:1], ignore_index=True)
        frame = frame.merge(name_units(connection, *scope.areas), on="place", how="inner")
    if since is not None:
        frame = frame[frame["on"] >= since]
    order = frame["kind"].map(KINDS.index)
    frame = mask_people(frame, scope).assign(order=order)
    frame = frame.sort_values(["on", "order", "code", "about"], ascending=[False, True, True, True])
    return frame.drop(columns="order").reset_index(drop=True)


def find_worker(db: Database, scope: Scope) -> tuple[str, str] | None:
    """Return id and name of the person that the actor is: of their account's name, where just one nearby has it."""
    require_right(scope, "record_visit")
    with db.read() as connection:
        named = select(account.c.person_name).where(account.c.name == scope.actor)
        name = connection.execute(named).scalar() or scope.actor
        wanted = (
            select(person.c.id)
            .join(team_member, team_member.c.person == person.c.id)
            .join(team, team.c.id == team_member.c.team)
            .where(person.c.name == name, _near(scope))
            .distinct()
        )
        found = list(connection.execute(wanted.limit(2)).scalars())
    return (found[0], name) if len(found) == 1 else None


def _near(scope: Scope) -> Any:
    below = places_inside(scope)
    above = places_around(scope)
    return or_(team.c.village.in_(below), team.c.village.in_(above))


def _require_person(connection: Connection, scope: Scope, person_id: str) -> str:
    """Return a person's name; refuse one without a task near the scope's area. Raises `NotFound`, `NotAllowed`."""
    name = connection.execute(select(person.c.name).where(person.c.id == person_id)).scalar()
    if name is None:
        raise NotFound("err.no_assignee", id=person_id)
    tasks = select(team_member.c.id).join(team, team.c.id == team_member.c.team)
    if connection.execute(tasks.where(team_member.c.person == person_id, _near(scope))).first() is None:
        raise NotAllowed("err.right", action="area")
    return str(name)


def _own_tasks(connection: Connection, person_id: str, day: date) -> pd.DataFrame:
    wanted = select(
        team_member.c.team, team_member.c.role, team_member.c.place, team_member.c.household, team.c.village
    )
    wanted = wanted.join(team, team.c.id == team_member.c.team)
    return read_frame(connection, wanted.where(team_member.c.person == person_id, holds_on(day)))


def _own_assignments(connection: Connection, person_id: str, teams: list[str], round_id: str) -> pd.DataFrame:
    theirs = or_(assignment.c.person == person_id, assignment.c.team.in_(teams))
    where = select(
        assignment.c.id.label("assignment_id"), assignment.c.status, assignment.c.rev.label("assignment_rev"),
        assignment.c.household, assignment.c.place,
    )  # fmt: skip
    return read_frame(connection, where.where(assignment.c.round == round_id, theirs, is_live(assignment)))


def _villages_of(connection: Connection, scope: Scope, mine: pd.DataFrame, held: pd.DataFrame) -> list[str]:
    """Return the villages to look through, as far as they lie in the scope's areas; of one that holds an area, that."""
    found = set(mine["village"])
    homes = held["household"].dropna().tolist()
    found |= set(connection.execute(select(household.c.village).where(household.c.id.in_(homes))).scalars())
    places = held["place"].dropna().tolist()
    above = select(team.c.village).join(place_path, place_path.c.ancestor == team.c.village)
    found |= set(connection.execute(above.where(place_path.c.place.in_(places))).scalars())
    inside = select(place_path.c.place).where(place_path.c.ancestor.in_(scope.areas), place_path.c.place.in_(found))
    of_them = select(place_path.c.place).where(place_path.c.place.in_(scope.areas), place_path.c.ancestor.in_(found))
    return sorted(connection.execute(union(inside, of_them)).scalars())


def _places_of(person_id: str) -> Any:
    villages = select(team.c.village).join(team_member, team_member.c.team == team.c.id)
    villages = villages.where(team_member.c.person == person_id)
    return select(place_path.c.place).where(place_path.c.ancestor.in_(villages))


def _visits(connection: Connection, person_id: str, day: date) -> pd.DataFrame:
    wanted = (
        select(
            visit.c.visited_on.label("on"), household.c.place, household.c.code,
            household.c.id.label("household"), household.c.head_name, visit.c.note.label("what"),
            visit.c.outcome.label("result"),
        )
        .join(visit_person, visit_person.c.visit == visit.c.id)
        .join(household, household.c.id == visit.c.household)
        .where(visit_person.c.person == person_id, visit.c.visited_on <= day, not_voided(visit))
    )  # fmt: skip
    return read_frame(connection, wanted).assign(kind="visit", about="")[list(_COLUMNS)]


def _issues(connection: Connection, name: str, here: Any, day: date) -> pd.DataFrame:
    status = issue_status(day).subquery("status")
    wanted = (
        select(
            status.c.resolved_on.label("on"), issue.c.id, issue.c.place, issue.c.number.label("about"),
            issue.c.title.label("what"), func.coalesce(status.c.close_kind, issue.c.close_kind).label("result"),
        )
        .join(status, status.c.issue == issue.c.id)
        .where(issue.c.responsible == name, issue.c.place.in_(here), status.c.state.in_(_SETTLED), status.c.valid == 1)
    )  # fmt: skip
    frame = read_frame(connection, wanted)
    named = select(
        issue_household.c.issue.label("id"), household.c.code, household.c.id.label("household"), household.c.head_name
    )
    named = named.join(household, household.c.id == issue_household.c.household)
    theirs = select(issue.c.id).where(issue.c.responsible == name)
    homes = read_frame(connection, named.where(issue_household.c.issue.in_(theirs)))
    frame = frame.merge(homes.drop_duplicates("id"), on="id", how="left")
    frame = frame.fillna(dict.fromkeys(("code", "household", "head_name"), ""))
    return frame.assign(kind="issue")[list(_COLUMNS)]


def _measures(connection: Connection, name: str, here: Any, day: date) -> pd.DataFrame:
    wanted = (
        select(
            measure.c.done_on.label("on"), issue.c.place, issue.c.number.label("about"), measure.c.text.label("what")
        )
        .join(issue, issue.c.id == measure.c.issue)
        .where(measure.c.responsible == name, issue.c.place.in_(here), measure.c.done_on <= day)
    )
    frame = read_frame(connection, wanted)
    return frame.assign(kind="measure", code="", household="", head_name="", result="done")[list(_COLUMNS)]


def _matters(connection: Connection, name: str, here: Any, day: date) -> pd.DataFrame:
    wanted = select(
        matter.c.done_on.label("on"), matter.c.place, matter.c.number.label("about"), matter.c.title.label("what")
    ).where(matter.c.responsible == name, matter.c.place.in_(here), matter.c.done_on <= day)
    frame = read_frame(connection, wanted)
    return frame.assign(kind="matter", code="", household="", head_name="", result="done")[list(_COLUMNS)]

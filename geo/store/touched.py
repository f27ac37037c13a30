"""What a day that goes by, or what the log says was done, is about: households, issues, persons."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, or_, select, union

from geo.coverage import is_live
from geo.schema import (
    assignment,
    household,
    household_tag,
    import_row,
    issue,
    issue_event,
    issue_household,
    round_roster,
    team_member,
    visit,
    visit_person,
)
from geo.schema import round_ as rounds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select

    from geo.model import Round


@dataclass(frozen=True, slots=True)
class Touched:
    """Ids of what may have become another: households, issues, and persons whose tasks in teams changed."""

    homes: frozenset[str] = frozenset()
    issues: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()

    def __or__(self, other: Touched) -> Touched:
        """Return what either is about."""
        return Touched(self.homes | other.homes, self.issues | other.issues, self.persons | other.persons)

    def __bool__(self) -> bool:
        """Say whether it is about anything."""
        return bool(self.homes or self.issues or self.persons)


def of_visits(connection: Connection, visits: Iterable[str]) -> Touched:
    """Return the households of some visits."""
    return Touched(_read(connection, select(visit.c.household).where(visit.c.id.in_(list(visits)))))


def of_issues(connection: Connection, issues: Iterable[str]) -> Touched:
    """Return some issues and the households they concern."""
    ids = list(issues)
    concerned = select(issue_household.c.household).where(issue_household.c.issue.in_(ids))
    return Touched(_read(connection, concerned) if ids else frozenset(), frozenset(ids))


def of_members(connection: Connection, members: Iterable[str]) -> Touched:
    """Return the persons of the teams that some tasks are in: one who takes a task over ends somebody else's."""
    teams = select(team_member.c.team).where(team_member.c.id.in_(list(members)))
    return Touched(persons=_read(connection, select(team_member.c.person).where(team_member.c.team.in_(teams))))


def of_assignments(connection: Connection, since: str) -> Touched:
    """Return the households whose own assignments, or those of whose groups, were made or changed since a moment."""
    written = or_(assignment.c.created_at >= since, func.coalesce(assignment.c.updated_at, "") >= since)
    groups = select(assignment.c.place).where(assignment.c.place.is_not(None), written)
    own = select(assignment.c.household).where(assignment.c.household.is_not(None), written)
    in_groups = select(round_roster.c.household).where(round_roster.c.place.in_(groups))
    return Touched(_read(connection, union(own, in_groups)))


#: From so many entries of an import's journal on, computing anew is no dearer than telling what they are about.
_MOST_ENTRIES: Final = 20_000
#: Tables of an import's journal that say nothing of households, issues or persons, and those that say it by their key.
_BESIDE: Final = ("setting", "matter", "import_refused", "area_aside", "person", "team")
_BY_VISIT: Final = ("visit", "visit_person", "visit_topic", "visit_check")
_BY_ISSUE: Final = ("issue", "issue_household", "issue_event")
#: Ends the name of an entry that stands for all new rows whose key begins so.
_EVERY: Final = "*"


def of_batch(connection: Connection, batch: str) -> Touched | None:
    """Return what an import wrote about, by its journal; None where it made a round or changed units, or wrote much."""
    entry = import_row.c
    wanted = select(entry.table_name, entry.row_id, entry.before).where(entry.batch == batch)
    rows = connection.execute(wanted.limit(_MOST_ENTRIES)).all()
    homes, keys = set[str](), defaultdict[str, set[str]](set)
    for name, row_id, before in rows:
        if name == "round" or (name == "place" and before is not None):
            return None
        # A row that was removed, or a link that was changed, is found no more: what it was about stands in the entry.
        if before is not None and "household" in (kept := json.loads(before)):
            homes.add(str(kept["household"]))
        first, _, last = row_id.partition("|")
        if name == "round_roster":
            homes.update([last] if last else [])
        elif name not in (*_BESIDE, "place"):
            keys["visit" if name in _BY_VISIT else "issue" if name in _BY_ISSUE else name].add(first)
    if len(rows) == _MOST_ENTRIES or set(keys) - {"household", "household_tag", "visit", "issue", "team_member"}:
        return None
    for key, named in (
        (household.c.id, household.c.id), (household_tag.c.id, household_tag.c.household),
        (visit.c.id, visit.c.household),
    ):  # fmt: skip
        homes |= _read(connection, select(named).where(_is_one_of(key, keys[key.table.name])))
    issues = _read(connection, select(issue.c.id).where(_is_one_of(issue.c.id, keys["issue"])))
    members = _read(connection, select(team_member.c.id).where(_is_one_of(team_member.c.id, keys["team_member"])))
    return Touched(frozenset(homes)) | of_issues(connection, issues) | of_members(connection, members)


def _is_one_of(key: ColumnElement[str], named: Iterable[str]) -> ColumnElement[bool]:
    """Whether a key is one of some, or begins as one that ends in `*` says."""
    every = [one.removesuffix(_EVERY) for one in named if one.endswith(_EVERY)]
    exact = [one for one in named if not one.endswith(_EVERY)]
    return or_(key.in_(exact), *(and_(key >= one, key < f"{one}~") for one in every))


def homes_of_persons(connection: Connection, persons: Iterable[str], round_id: str) -> frozenset[str]:
    """Return the households that some persons came to in a round."""
    ids = list(persons)
    came = select(visit.c.household).join(visit_person, visit_person.c.visit == visit.c.id)
    if not ids:
        return frozenset()
    return _read(connection, came.where(visit.c.round == round_id, visit_person.c.person.in_(ids)))


def by_days(connection: Connection, round_: Round, before: date, day: date) -> Touched | None:
    """Return what is another after some days (`before` < `day`) because days went by; None where a round ended.

    Households of a round whose due day, tag, place on the roster or visit lies in between, and issues that came due.
    """
    ended = select(func.count()).select_from(rounds).where(rounds.c.ends_on >= before, rounds.c.ends_on < day)
    if connection.execute(ended.where(rounds.c.programme == round_.programme)).scalar():
        return None

    def came(value: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(value > before, value <= day)

    def passed(value: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(value >= before, value < day)

    late = and_(assignment.c.round == round_.id, passed(assignment.c.due_on), is_live(assignment))
    of_groups = select(assignment.c.place).where(late, assignment.c.place.is_not(None))
    row, here = round_roster.c, round_roster.c.round == round_.id
    homes = _read(
        connection,
        union(
            select(assignment.c.household).where(late, assignment.c.household.is_not(None)),
            select(row.household).where(here, row.place.in_(of_groups)),
            select(row.household).where(here, or_(came(row.added_on), came(row.excluded_on), came(row.approved_on))),
            select(household_tag.c.household).where(or_(came(household_tag.c.since), passed(household_tag.c.until))),
            select(visit.c.household).where(came(visit.c.visited_on)),
        ),
    )
    return Touched(homes) | issues_by_days(connection, before, day)


def issues_by_days(connection: Connection, before: date, day: date) -> Touched:
    """Return the issues that came due, or about which something happened, in some days, and their households."""
    said, own = issue_event.c, issue.c
    due = [and_(one >= before, one < day) for one in (said.due_on, own.due_on, own.original_due_on)]
    happened = and_(said.on > before, said.on <= day)
    found = union(select(said.issue).where(or_(due[0], happened)), select(own.id).where(or_(*due[1:])))
    return of_issues(connection, _read(connection, found))


def _read(connection: Connection, wanted: Select[Any] | CompoundSelect[Any]) -> frozenset[str]:
    return frozenset(connection.execute(wanted).scalars())

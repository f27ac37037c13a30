"""One call at a door, stored as one: the visit, the issues raised at it, what was done about those that were open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geo.access import require_right
from geo.issues import act_of_route
from geo.store.issue_acts import Acted, insert_act
from geo.store.issues import insert_issue
from geo.store.visits import insert_visit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geo.issues import Act
    from geo.model import IssueEntry, Saved, Scope, VisitEntry
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done about one open issue: the act under its own id, and the `rev` of the issue that its author saw."""

    issue: str
    act: Act
    act_id: str
    rev: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What one form holds; without a visit it raises issues only. Ids are made by the form."""

    visit: VisitEntry | None
    raised: tuple[IssueEntry, ...] = ()
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """What a call made: the visit, the numbers (台账号) of the issues raised, how the answered ones stand now."""

    visit: Saved | None
    numbers: tuple[str, ...]
    acted: tuple[Acted, ...]


def record_call(db: Database, scope: Scope, *, call: Call) -> Called:
    """Store a call in one transaction: all of it or nothing; the same call again changes nothing.

    What the route of a new issue says was done at the door (solved on the spot, explained, handed up) happens with it.
    Raises what `record_visit`, `raise_issue` and `act_on_issue` raise.
    """
    require_right(scope, "record_visit")
    if call.raised:
        require_right(scope, "raise_issue")
    if call.answers:
        require_right(scope, "act_on_issue")
    with db.write() as connection:
        visit = insert_visit(connection, scope, entry=call.visit) if call.visit is not None else None
        raised_by = call.visit.id if call.visit is not None else None
        numbers = [_raise(connection, scope, replace(one, raised_by_visit=raised_by)) for one in call.raised]
        acted = [
            insert_act(connection, scope, issue_id=one.issue, act=one.act, act_id=one.act_id, rev=one.rev)
            for one in call.answers
        ]
    return Called(visit, tuple(numbers), tuple(acted))


def _raise(connection: Connection, scope: Scope, entry: IssueEntry) -> str:
    number = insert_issue(connection, scope, entry=entry)
    act = act_of_route(entry.route, entry.raised_on)
    if act is not None:
        insert_act(connection, scope, issue_id=entry.id, act=act, act_id=f"{entry.id}:{entry.route}")
    return number

"""Acts on issues: each becomes one event, checked by `geo.issues.course`; the row of the issue is the last standing."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo import codes
from geo.access import may, require_area, require_right, require_whole
from geo.audit import log_change
from geo.errors import Conflict, Invalid, Key, NotFound
from geo.issues import Act, Event, Standing, fold, is_same_name, replay, take_step
from geo.mask import mask_name
from geo.schema import account, household, issue, issue_event, issue_household
from geo.store.database import now, read_today
from geo.store.rules import read_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, RowMapping

    from geo.model import Scope
    from geo.store.database import Database

#: Acts that decide for others: they need the right to approve.
APPROVING: Final = ("deferred", "extended", "invalidated", "duplicated")
#: Acts that leave state and level as they were: what somebody else did at the same time still fits.
_SOFT: Final = ("extended", "amended", "defer_asked")
#: Facts that two people may give different values.
FACTS: Final = ("unit", "responsible", "due_on")
_FACTS: Final = tuple(one.name for one in fields(Event))
#: Facts of the standing that the row of an issue keeps under another name.
_COLUMNS: Final = {"level": "level_now"}
_KEPT: Final = (
    "state", "level", "max_level", "due_on", "original_due_on", "unit", "responsible", "close_kind", "resolved_on",
    "closed_on", "verified_by", "satisfaction", "duplicate_of", "reopen_count",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act did: the number of its event, how the issue stands now, the new `rev`, and whether it was new.

    `merged`: somebody else had changed the issue since `rev`, in ways that do not touch this act.
    """

    seq: int
    standing: Standing
    rev: int
    created: bool
    merged: bool = False


def act_on_issue(db: Database, scope: Scope, *, issue_id: str, act: Act, act_id: str, rev: int | None = None) -> Acted:
    """Do something about an issue, in one transaction; the same `act_id` again changes nothing.

    `rev` is the one its author saw; None asks for no comparison. The actor is the scope's. Raises `Invalid` with the
    reason why the act is impossible, `Conflict` when somebody changed since what it touches, `NotFound`, `NotAllowed`.
    """
    require_right(scope, "act_on_issue")
    with db.write() as connection:
        return insert_act(connection, scope, issue_id=issue_id, act=act, act_id=act_id, rev=rev)


def insert_act(
    connection: Connection, scope: Scope, *, issue_id: str, act: Act, act_id: str, rev: int | None = None
) -> Acted:
    """Do something about an issue inside a write transaction; see `act_on_issue`."""
    row = find_issue(connection, scope, issue_id)
    if act.kind in APPROVING:
        require_right(scope, "approve_issue")
    if act.on > (today := read_today(connection)):
        raise Invalid("err.future", d=act.on)
    events = read_events(connection, issue_id)
    done = next((one for one in events if one["act"] == act_id), None)
    standing = stand(row, events)
    if done is not None:
        return Acted(done["seq"], standing, row["rev"], created=False)
    merged = rev is not None and rev != row["rev"] and _check_since(row, events, rev, act)
    act = replace(act, actor=act.actor or scope.actor)
    event = take_step(standing, act, reopen_days=read_rules(connection)["reopen_days"])
    if event.kind == "closed" and event.verified_by != codes.HOUSEHOLD:
        _check_second_person(connection, standing, event)
    if event.duplicate_of is not None:
        _check_original(connection, scope, issue_id, event.duplicate_of)
    _store(connection, issue_id, seq=events[-1]["seq"] + 1, act_id=act_id, event=event)
    after = fold(standing, event)
    changes = columns_of(after) | ({"route": "escalated"} if event.kind == "escalated" else {})
    _change(connection, scope, row, changes)
    diff = {"kind": event.kind, "on": event.on, "to": event.to_state, "level": event.to_level, "late": act.on != today}
    log_change(connection, scope, action="issue.act", object_id=issue_id, diff=diff)
    return Acted(events[-1]["seq"] + 1, after, row["rev"] + 1, created=True, merged=bool(merged))


def find_issue(connection: Connection, scope: Scope, issue_id: str) -> RowMapping:
    """Return the row of an issue in the scope's area. Raises `NotFound`, `NotAllowed`."""
    row = connection.execute(select(issue).where(issue.c.id == issue_id)).mappings().first()
    if row is None:
        raise NotFound("err.no_issue", id=issue_id)
    require_area(connection, scope, row["place"])
    return row


def read_events(connection: Connection, issue_id: str) -> list[RowMapping]:
    """Return the rows of an issue's history in order."""
    wanted = select(issue_event).where(issue_event.c.issue == issue_id).order_by(issue_event.c.seq)
    return list(connection.execute(wanted).mappings())


def stand(row: Mapping[Any, Any], events: Iterable[Mapping[Any, Any]]) -> Standing:
    """Return how an issue stands by its history.

    What the history of a file does not tell is that of its row: the due day, and which issue this one repeats.
    """
    standing = replay(_as_event(one) for one in events)
    if standing.duplicate_of is None and row["duplicate_of"] is not None:
        standing = replace(standing, duplicate_of=row["duplicate_of"])
    if standing.due_on is None and row["due_on"] is not None:
        return replace(standing, due_on=row["due_on"], original_due_on=row["original_due_on"])
    return standing


def columns_of(standing: Standing) -> dict[str, Any]:
    """Return the columns of `issue` that a standing decides."""
    return {_COLUMNS.get(name, name): getattr(standing, name) for name in _KEPT}


def get_issue(db: Database, scope: Scope, *, issue_id: str) -> dict[str, Any]:
    """Return the row of an issue; a leader gets no free text. Raises `NotFound`, `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        row = dict(find_issue(connection, scope, issue_id))
        return row if may(scope, "see_details") else {**row, "detail": ""}


def read_history(db: Database, scope: Scope, *, issue_id: str) -> tuple[Standing, list[dict[str, Any]]]:
    """Return how an issue stands and its events in order; a leader gets no notes. Raises `NotFound`, `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        row = find_issue(connection, scope, issue_id)
        events = [dict(one) for one in read_events(connection, issue_id)]
        standing = stand(row, events)
        return standing, events if may(scope, "see_details") else [{**one, "note": ""} for one in events]


def find_number(db: Database, scope: Scope, *, number: str) -> str:
    """Return the id of the issue with a number (台账号) in the scope's area. Raises `NotFound`, `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        found = connection.execute(select(issue.c.id).where(issue.c.number == number)).scalar()
        if found is None:
            raise NotFound("err.no_issue", id=number)
        find_issue(connection, scope, found)
        return str(found)


def list_homes_of(db: Database, scope: Scope, *, issue_id: str) -> list[dict[str, Any]]:
    """Return the households that an issue names: id, code, place, head_name (masked), by code."""
    require_right(scope, "view")
    with db.read() as connection:
        find_issue(connection, scope, issue_id)
        wanted = (
            select(household.c.id, household.c.code, household.c.place, household.c.head_name)
            .join(issue_household, issue_household.c.household == household.c.id)
            .where(issue_household.c.issue == issue_id)
            .order_by(household.c.code)
        )
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return rows if scope.sees_names else [{**row, "head_name": mask_name(row["head_name"])} for row in rows]


def list_unlike_their_events(db: Database, scope: Scope) -> list[str]:
    """Return the numbers of issues whose row is not what their events add up to: none, unless something is broken."""
    require_right(scope, "manage")
    with db.read() as connection:
        require_whole(connection, scope)
        histories: dict[str, list[RowMapping]] = {}
        for event in connection.execute(
            select(issue_event).order_by(issue_event.c.issue, issue_event.c.seq)
        ).mappings():
            histories.setdefault(event["issue"], []).append(event)
        found = []
        for row in connection.execute(select(issue).order_by(issue.c.number)).mappings():
            events = histories.get(row["id"])
            if not events or _differs(row, stand(row, events)):
                found.append(str(row["number"]))
        return found


#: What the history of every file tells; closing facts are those of the last closing.
_TOLD: Final = (
    "state",
    "level_now",
    "max_level",
    "due_on",
    "original_due_on",
    "reopen_count",
    "resolved_on",
    "closed_on",
)


def _differs(row: Mapping[Any, Any], standing: Standing) -> bool:
    told = columns_of(standing)
    return any(row[name] != told[name] for name in _TOLD)


def _as_event(row: Mapping[Any, Any]) -> Event:
    return Event(**{name: row[name] for name in _FACTS})


def _store(connection: Connection, issue_id: str, *, seq: int, act_id: str, event: Event) -> None:
    told = {name: getattr(event, name) for name in _FACTS}
    connection.execute(issue_event.insert().values(issue=issue_id, seq=seq, at=now(), act=act_id, **told))


def _change(connection: Connection, scope: Scope, row: RowMapping, changes: Mapping[str, Any]) -> None:
    connection.execute(
        issue.update()
        .where(issue.c.id == row["id"])
        .values(**changes, rev=row["rev"] + 1, updated_at=now(), updated_by=scope.actor)
    )


def _check_since(row: RowMapping, events: list[RowMapping], rev: int, act: Act) -> bool:
    """Refuse when what an act touches was changed after `rev`; each event and each edit raises `rev` by one.

    Acts on state or level meet whatever changed these; an amendment, an extension and the facts of any act meet who
    gave the same fact another value (`fields`: fact → who, when, theirs, mine). All else merges.
    """
    since = events[max(0, len(events) - (row["rev"] - rev)) :]
    hard = next((one for one in reversed(since) if one["kind"] not in _SOFT), None)
    if hard is not None and act.kind not in _SOFT:
        raise Conflict(
            "err.issue_changed", who=hard["actor"], time=hard["at"], act=Key(f"event.{hard['kind']}"),
            state=Key(f"issue_state.{hard['to_state']}"),
        )  # fmt: skip
    fields = {
        name: (one["actor"], one["at"], one[name], getattr(act, name))
        for one in since
        for name in FACTS
        if one[name] is not None and getattr(act, name) not in (None, one[name])
    }
    if fields:
        who, time, *_ = next(iter(fields.values()))
        raise Conflict("err.changed", who=who, time=time, fields=fields)
    return True


def _check_second_person(connection: Connection, standing: Standing, event: Event) -> None:
    """Refuse that one account resolves an issue and closes it for another name, or for another name of its own.

    Where there are no accounts, names are all that tells persons apart (`geo.issues.course`).
    """
    wanted = select(account.c.person_name).where(account.c.name == standing.resolved_by)
    person = connection.execute(wanted).scalar()
    if person is not None and (event.actor == standing.resolved_by or is_same_name(event.verified_by or "", person)):
        raise Invalid("err.issue_same_person", who=person or standing.resolved_by)


def _check_original(connection: Connection, scope: Scope, issue_id: str, original: str) -> None:
    row = find_issue(connection, scope, original)
    if original == issue_id or row["duplicate_of"] is not None or row["state"] == "invalid":
        raise Invalid("err.issue_original")
    if connection.execute(select(issue.c.id).where(issue.c.duplicate_of == issue_id)).first() is not None:
        raise Invalid("err.issue_has_duplicates")

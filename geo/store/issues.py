"""Issues in their simple form: raised, listed, counted by place; their history is `issue_event`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from geo import codes
from geo.access import may, require_area, require_home, require_right
from geo.audit import log_change
from geo.errors import Invalid, NotFound
from geo.issues import ISSUE_COUNTS, issue_status, roll_up_issues
from geo.schema import issue, issue_event, issue_household, place, place_path
from geo.store.categories import check_category
from geo.store.database import now, read_today

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import IssueEntry, Scope
    from geo.store.database import Database


def raise_issue(db: Database, scope: Scope, *, entry: IssueEntry) -> str:
    """Store one issue, open; the same id again changes nothing. Returns its number (台账号).

    Raises `Invalid` (unknown code, future day, empty title, household scope without a household), `NotFound`.
    """
    require_right(scope, "raise_issue")
    with db.write() as connection:
        return insert_issue(connection, scope, entry=entry)


def insert_issue(connection: Connection, scope: Scope, *, entry: IssueEntry) -> str:
    """Store one issue inside a write transaction; see `raise_issue`."""
    require_area(connection, scope, entry.place)
    known = connection.execute(select(issue.c.number, issue.c.place).where(issue.c.id == entry.id)).first()
    if known is not None:
        require_area(connection, scope, known.place)
        return str(known.number)
    _check(entry, read_today(connection))
    check_category(connection, entry.category, new=True)
    number = next_number(connection, entry.place, entry.raised_on)
    stamp = {"created_at": now(), "created_by": scope.actor}
    connection.execute(
        issue.insert().values(
            id=entry.id, number=number, place=entry.place, raised_by_visit=entry.raised_by_visit, scope=entry.scope,
            category=entry.category, title=entry.title.strip(),
            detail=entry.detail, raised_on=entry.raised_on,
            route=entry.route, due_on=entry.due_on, original_due_on=entry.due_on, responsible=entry.responsible,
            unit=entry.unit, follows=_find_earlier(connection, scope, entry.follows), **stamp,
        )
    )  # fmt: skip
    for one in dict.fromkeys(entry.households):
        require_home(connection, scope, one)
        connection.execute(issue_household.insert().values(issue=entry.id, household=one))
    connection.execute(
        issue_event.insert().values(
            issue=entry.id, seq=1, on=entry.raised_on, at=now(), actor=scope.actor, kind="raised",
            to_level="village", to_state="open", due_on=entry.due_on, unit=entry.unit or None,
            responsible=entry.responsible or None,
        )
    )  # fmt: skip
    log_change(connection, scope, action="issue.raise", object_id=entry.id, diff={"category": entry.category})
    return number


def _find_earlier(connection: Connection, scope: Scope, issue_id: str | None) -> str | None:
    """Return the id of the issue that a new one follows. Raises `NotFound`, `NotAllowed`."""
    if issue_id is not None:
        place_id = connection.execute(select(issue.c.place).where(issue.c.id == issue_id)).scalar()
        if place_id is None:
            raise NotFound("err.no_issue", id=issue_id)
        require_area(connection, scope, place_id)
    return issue_id


def next_number(connection: Connection, place_id: str, raised_on: date) -> str:
    """Return the next 台账号 of the village the place belongs to: village code, year, running number."""
    village = connection.execute(
        select(place.c.code)
        .join(place_path, place_path.c.ancestor == place.c.id)
        .where(place_path.c.place == place_id, place.c.level.in_(("village", "township", "district")))
        .order_by(place_path.c.depth)
    ).scalar()
    prefix = f"{village}-{raised_on.year}-"
    last = connection.execute(
        select(func.max(issue.c.number)).where(issue.c.number.startswith(prefix, autoescape=True))
    ).scalar()
    return f"{prefix}{1 + (int(last.rsplit('-', 1)[1]) if last else 0):04d}"


def list_issues(db: Database, scope: Scope, *, household_id: str) -> list[dict[str, Any]]:
    """Return the issues that name a household, newest first: columns of `issue` plus open, bucket (as of today).

    The detail is free text: a leader does not get it.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_home(connection, scope, household_id)
        today = read_today(connection)
        status = issue_status(today).subquery("as_of_today")
        rows = connection.execute(
            select(issue, status.c.open, status.c.bucket)
            .join(issue_household, issue_household.c.issue == issue.c.id)
            .join(status, status.c.issue == issue.c.id)
            .where(issue_household.c.household == household_id)
            .order_by(issue.c.raised_on.desc(), issue.c.number.desc())
        )
        return [dict(row) if may(scope, "see_details") else {**row, "detail": ""} for row in rows.mappings()]


#: What a place without issues has.
NO_ISSUES: Final = dict.fromkeys(ISSUE_COUNTS, 0)


def count_issues(connection: Connection, as_of: date) -> dict[str, dict[str, int]]:
    """Return the `ISSUE_COUNTS` of each place that has issues filed under it or below it."""
    leaves = roll_up_issues(as_of).subquery("leaves")
    sums = (func.coalesce(func.sum(leaves.c[name]), 0).label(name) for name in ISSUE_COUNTS)
    rows = connection.execute(
        select(place_path.c.ancestor, *sums)
        .join(leaves, leaves.c.place == place_path.c.place)
        .group_by(place_path.c.ancestor)
    ).mappings()
    return {row["ancestor"]: {name: int(row[name]) for name in ISSUE_COUNTS} for row in rows}


def _check(entry: IssueEntry, today: date) -> None:
    if entry.raised_on > today:
        raise Invalid("err.future", d=entry.raised_on)
    if not entry.category:
        raise Invalid("err.issue_category")
    listed = (
        (entry.scope, codes.ISSUE_SCOPES),
        (entry.route, codes.ISSUE_ROUTES),
    )
    for value, allowed in listed:
        if value not in allowed:
            raise Invalid("err.unknown_code", value=value)
    if not entry.title.strip():
        raise Invalid("err.title_empty")
    if entry.due_on is not None and entry.due_on < entry.raised_on:
        raise Invalid("err.issue_due_past", due=entry.due_on)
    if entry.scope == "household" and not entry.households:
        raise Invalid("err.issue_household")

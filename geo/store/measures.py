"""Measures (措施): what is done about an issue, by whom, by when; each has its own unit, person and days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, select

from geo.access import may, require_area, require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.schema import issue, measure, place_path
from geo.store.database import now, read_today
from geo.store.frames import read_frame
from geo.store.issue_acts import find_issue
from geo.store.issue_status import read_status_under

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class MeasureEntry:
    """One measure to be drawn up; `id` is made by the form, so sending it twice is one row. Days are local dates."""

    id: str
    issue: str
    text: str
    drawn_on: date
    unit: str = ""
    responsible: str = ""
    due_on: date | None = None


def add_measure(db: Database, scope: Scope, *, entry: MeasureEntry) -> bool:
    """Draw up a measure for an issue; the same id again changes nothing. Says whether it was new.

    Raises `Invalid` (empty text, a day to come, a due day before it), `NotFound`, `NotAllowed`.
    """
    require_right(scope, "act_on_issue")
    with db.write() as connection:
        return insert_measure(connection, scope, entry=entry)


def insert_measure(connection: Connection, scope: Scope, *, entry: MeasureEntry) -> bool:
    """Draw up a measure inside a write transaction; see `add_measure`."""
    find_issue(connection, scope, entry.issue)
    known = connection.execute(select(measure.c.issue).where(measure.c.id == entry.id)).scalar()
    if known is not None:
        if known != entry.issue:
            raise Conflict("err.id_taken", id=entry.id)
        return False
    if not entry.text.strip():
        raise Invalid("err.measure_empty")
    if entry.drawn_on > read_today(connection):
        raise Invalid("err.future", d=entry.drawn_on)
    if entry.due_on is not None and entry.due_on < entry.drawn_on:
        raise Invalid("err.issue_due_past", due=entry.due_on)
    connection.execute(
        measure.insert().values(
            id=entry.id, issue=entry.issue, text=entry.text.strip(), unit=entry.unit.strip(),
            responsible=entry.responsible.strip(), due_on=entry.due_on, drawn_on=entry.drawn_on, created_at=now(),
            created_by=scope.actor,
        )
    )  # fmt: skip
    log_change(connection, scope, action="measure.add", object_id=entry.id, diff={"issue": entry.issue})
    return True


def finish_measure(db: Database, scope: Scope, *, measure_id: str, rev: int, done_on: date | None) -> int:
    """Say on which day a measure was done, or that it is not; return the new `rev`.

    Raises `Conflict` when it changed since `rev`, `Invalid` for a day to come or before it was drawn up, `NotFound`.
    """
    require_right(scope, "act_on_issue")
    with db.write() as connection:
        return change_measure(connection, scope, measure_id=measure_id, rev=rev, done_on=done_on)


def change_measure(connection: Connection, scope: Scope, *, measure_id: str, rev: int, done_on: date | None) -> int:
    """Say whether a measure is done inside a write transaction; see `finish_measure`."""
    row = connection.execute(select(measure).where(measure.c.id == measure_id)).mappings().first()
    if row is None:
        raise NotFound("err.no_measure", id=measure_id)
    find_issue(connection, scope, row["issue"])
    if row["done_on"] == done_on:
        return int(row["rev"])
    if row["rev"] != rev:
        raise Conflict("err.changed", who=row["updated_by"] or row["created_by"], time=row["updated_at"] or "")
    if done_on is not None and done_on > read_today(connection):
        raise Invalid("err.future", d=done_on)
    if done_on is not None and row["drawn_on"] is not None and done_on < row["drawn_on"]:
        raise Invalid("err.issue_before", d=done_on, last=row["drawn_on"])
    values = {"done_on": done_on, "rev": rev + 1, "updated_at": now(), "updated_by": scope.actor}
    connection.execute(measure.update().where(measure.c.id == measure_id).values(**values))
    log_change(connection, scope, action="measure.done", object_id=measure_id, diff={"done_on": done_on})
    return rev + 1


def list_measures(db: Database, scope: Scope, *, issue_id: str) -> list[dict[str, Any]]:
    """Return the measures of an issue as they were drawn up; their text is free text: a leader does not get it."""
    require_right(scope, "view")
    with db.read() as connection:
        find_issue(connection, scope, issue_id)
        wanted = select(measure).where(measure.c.issue == issue_id).order_by(measure.c.drawn_on, measure.c.id)
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return rows if may(scope, "see_details") else [{**row, "text": ""} for row in rows]


def read_measures(db: Database, scope: Scope, *, place_id: str, as_of: date | None = None) -> pd.DataFrame:
    """Return one row per measure drawn up by a day for valid issues under a place; those not done by then first.

    Columns: measure, issue, number (台账号), text (empty for a leader), unit, responsible, drawn_on, due_on, done_on
    (empty where it lies after the day), rev.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        day = as_of or read_today(connection)
        status = read_status_under(db, connection, day, place_id=place_id)
        here = issue.c.place.in_(select(place_path.c.place).where(place_path.c.ancestor == place_id))
        done_on = case((measure.c.done_on <= day, measure.c.done_on)).label("done_on")
        found = read_frame(
            connection,
            select(
                measure.c.id.label("measure"), measure.c.issue, issue.c.number, measure.c.text, measure.c.unit,
                measure.c.responsible, measure.c.drawn_on, measure.c.due_on, done_on, measure.c.rev,
            )
            .join(issue, issue.c.id == measure.c.issue)
            .where(here, measure.c.drawn_on <= day)
            .order_by(done_on.is_not(None), measure.c.due_on, issue.c.number, measure.c.id),
        )  # fmt: skip
    found = found[found["issue"].isin(status.loc[status["valid"] == 1, "issue"])].reset_index(drop=True)
    if not may(scope, "see_details"):
        found["text"] = ""
    return found

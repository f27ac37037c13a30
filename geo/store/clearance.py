"""清零 of one place: how many issues are closed and how, how far up they went, how long they took, what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from geo.access import require_area, require_right
from geo.coverage import Share
from geo.issues import Funnel, Spans, highest_levels, issue_shares, issue_status
from geo.schema import issue, measure, place_path
from geo.store.database import read_today
from geo.store.issues import NO_ISSUES, count_issues

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, FromClause

    from geo.model import Scope
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class Clearance:
    """What is known of the issues under one place as of a day; `counts` are `geo.issues.ISSUE_COUNTS`.

    `households`: each by the highest of its own household-scope issues. `issues`: every valid one, of any scope.
    `measures`: those drawn up by the day for valid issues; `measures_done` of them.
    """

    place: str
    as_of: date
    counts: dict[str, int]
    households: Funnel
    issues: Funnel
    open_issues: Funnel
    spans: Spans
    measures: int
    measures_done: int

    def share(self, formula: str) -> Share:
        """Return a figure of issues by its catalogue key, or 措施完成率 (done / drawn up)."""
        if formula == "kpi.measures":
            return Share(formula, self.measures_done, self.measures)
        return issue_shares(self.counts)[formula]


def read_clearance(db: Database, scope: Scope, *, place_id: str, as_of: date | None = None) -> Clearance:
    """Return the clearance of a place as of a day. Raises `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        day = as_of or read_today(connection)
        drawn, done = _count_measures(connection, place_id, day)
        return Clearance(
            place=place_id,
            as_of=day,
            counts=count_issues(connection, day).get(place_id, NO_ISSUES),
            households=_funnel_of_homes(connection, place_id, day),
            issues=_funnel_of_issues(connection, place_id, day),
            open_issues=_funnel_of_issues(connection, place_id, day, only_open=True),
            spans=_measure_spans(connection, place_id, day),
            measures=drawn,
            measures_done=done,
        )


def _under(column: ColumnElement[Any], place_id: str) -> ColumnElement[bool]:
    return exists().where(place_path.c.place == column, place_path.c.ancestor == place_id)


def _funnel_of_homes(connection: Connection, place_id: str, day: date) -> Funnel:
    """A household belongs to where its issues are filed, so that it stays there when it moves."""
    levels = highest_levels(day, under=place_id).subquery("levels")
    return _funnel(connection, select(levels.c.level, func.count()).group_by(levels.c.level))


def _funnel_of_issues(connection: Connection, place_id: str, day: date, *, only_open: bool = False) -> Funnel:
    status = _valid_under(place_id, day)
    wanted = select(status.c.level, func.count()).group_by(status.c.level)
    return _funnel(connection, wanted.where(status.c.open == 1) if only_open else wanted)


def _funnel(connection: Connection, counted: Select[Any]) -> Funnel:
    return Funnel.of({int(level): int(count) for level, count in connection.execute(counted)})


def _valid_under(place_id: str, day: date) -> FromClause:
    """The valid issues filed under a place, as of a day: the columns of `geo.issues.issue_status`."""
    status = issue_status(day).where(_under(issue.c.place, place_id)).subquery("status")
    return select(status).where(status.c.valid == 1).subquery("valid")


def _measure_spans(connection: Connection, place_id: str, day: date) -> Spans:
    status = _valid_under(place_id, day)
    took = (
        select(status.c.raised_on, status.c.resolved_on, func.count())
        .where(status.c.resolved_on.is_not(None))
        .group_by(status.c.raised_on, status.c.resolved_on)
    )
    return Spans.of(((done - raised).days, int(count)) for raised, done, count in connection.execute(took))


def _count_measures(connection: Connection, place_id: str, day: date) -> tuple[int, int]:
    """Return how many measures were drawn up by a day for valid issues, and how many of them were done."""
    status = _valid_under(place_id, day)
    done = func.count().filter(measure.c.done_on <= day)
    of_valid = select(func.count(), done).join_from(measure, status, status.c.issue == measure.c.issue)
    counted = of_valid.where(measure.c.drawn_on <= day)
    row = connection.execute(counted).one()
    return int(row[0]), int(row[1])

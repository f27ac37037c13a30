"""清零 of one place: how many issues are closed and how, how far up they went, how long they took, what was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, func, select

from geo import codes
from geo.access import require_area, require_right
from geo.coverage import Share
from geo.errors import Invalid
from geo.issues import Funnel, Spans, issue_shares
from geo.issues.picks import HOME_PICKS
from geo.mask import mask_people
from geo.schema import household, issue, issue_household, measure, place_path
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.homes import IN_REGISTER_ORDER, name_leaves
from geo.store.issue_status import count_issues_once, read_status_under
from geo.store.issues import NO_ISSUES
from geo.store.picking import pick as pick_homes
from geo.store.remember import Remembered, stamp_issues

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    from sqlalchemy import Connection

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


_kept: Final[Remembered[Clearance]] = Remembered(32)


def read_clearance(db: Database, scope: Scope, *, place_id: str, as_of: date | None = None) -> Clearance:
    """Return the clearance of a place as of a day, computed once a change of issues. Raises `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        day = as_of or read_today(connection)
        key = (str(db.path), stamp_issues(str(db.path), connection), place_id, day)
        known = _kept.get(key)
        if known is None:
            counts = count_issues_once(db, day).get(place_id, NO_ISSUES)
            status = read_status_under(db, connection, day, place_id=place_id)
            known = _compute(connection, place_id, day, counts, status[status["valid"] == 1])
            _kept.put(key, known)
        return known


def list_funnel_homes(
    db: Database, scope: Scope, *, place_id: str, pick: str, as_of: date | None = None
) -> pd.DataFrame:
    """Return the households behind a number of the funnel by households (`HOME_PICKS`), in register order.

    Columns: household, code, head_name (masked by right), place (where it lives) and its unit columns, level (the
    highest of its own issues, a code), issues (how many valid ones it has of its own, filed under the place). Raises
    `NotAllowed`, `Invalid` for another number.
    """
    require_right(scope, "view")
    if pick not in HOME_PICKS:
        raise Invalid("err.unknown_code", value=pick)
    rank, exactly = HOME_PICKS[pick]
    with db.read() as connection:
        require_area(connection, scope, place_id)
        status = read_status_under(db, connection, as_of or read_today(connection), place_id=place_id)
        levels = _read_levels(connection, place_id, status[status["valid"] == 1])
        levels = levels[levels["level"] == rank if exactly else levels["level"] >= rank]
        chosen = pick_homes(connection, levels["household"].tolist())
        facts = select(household.c.id.label("household"), household.c.code, household.c.head_name, household.c.place)
        homes = read_frame(connection, facts.where(household.c.id.in_(chosen))).merge(levels, on="household")
        homes = homes.merge(name_leaves(connection, homes["place"].unique().tolist()), on="place", how="left")
    homes["level"] = homes["level"].map(dict(enumerate(codes.ISSUE_LEVELS)))
    return mask_people(homes.sort_values(IN_REGISTER_ORDER).reset_index(drop=True), scope)


def _compute(
    connection: Connection, place_id: str, day: date, counts: dict[str, int], valid: pd.DataFrame
) -> Clearance:
    drawn, done = _count_measures(connection, place_id, day, valid)
    return Clearance(
        place=place_id,
        as_of=day,
        counts=counts,
        households=_funnel_of(_read_levels(connection, place_id, valid)["level"]),
        issues=_funnel_of(valid["level"]),
        open_issues=_funnel_of(valid.loc[valid["open"] == 1, "level"]),
        spans=_measure_spans(valid),
        measures=drawn,
        measures_done=done,
    )


def _under(column: ColumnElement[Any], place_id: str) -> ColumnElement[bool]:
    return column.in_(select(place_path.c.place).where(place_path.c.ancestor == place_id))


def _funnel_of(levels: pd.Series) -> Funnel:
    counts = levels.value_counts()
    return Funnel.of(dict(zip(counts.index.tolist(), counts.tolist(), strict=True)))


def _read_levels(connection: Connection, place_id: str, valid: pd.DataFrame) -> pd.DataFrame:
    """Return household, level (rank) and issues of each household with valid issues of its own filed under a place."""
    named = (
        select(issue_household)
        .join(issue, issue.c.id == issue_household.c.issue)
        .where(issue.c.scope == "household", _under(issue.c.place, place_id))
    )
    pairs = read_frame(connection, named).merge(valid[["issue", "level"]], on="issue")
    return pairs.groupby("household", as_index=False).agg(level=("level", "max"), issues=("issue", "size"))


def _measure_spans(valid: pd.DataFrame) -> Spans:
    done = valid[valid["resolved_on"].notna()]
    took = Counter((last - first).days for first, last in zip(done["raised_on"], done["resolved_on"], strict=True))
    return Spans.of(took.items())


def _count_measures(connection: Connection, place_id: str, day: date, valid: pd.DataFrame) -> tuple[int, int]:
    """Return how many measures were drawn up by a day for valid issues, and how many of them were done."""
    counted = (
        select(
            measure.c.issue, func.count().label("drawn"), func.count().filter(measure.c.done_on <= day).label("done")
        )
        .join(issue, issue.c.id == measure.c.issue)
        .where(measure.c.drawn_on <= day, _under(issue.c.place, place_id))
        .group_by(measure.c.issue)
    )
    rows = read_frame(connection, counted)
    rows = rows[rows["issue"].isin(valid["issue"])]
    return int(rows["drawn"].sum()), int(rows["done"].sum())

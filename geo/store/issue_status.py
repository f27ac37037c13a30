"""How every issue of the file stood on a day, kept for all who ask (boards, ledger, measures, reviews), act by act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
from sqlalchemy import select

from geo.issues import ISSUE_COUNTS, issue_flags
from geo.schema import issue, place_path
from geo.store.frames import read_frame
from geo.store.remember import Remembered, stamp_issues
from geo.store.since import Course, Followed, kept_day
from geo.store.touched import issues_by_days

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.store.database import Database
    from geo.store.touched import Touched

#: Place → the counts of the issues filed under it or below it.
Counted = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class _Standing:
    """One row per issue (the columns of `geo.issues.issue_flags`), and the counts of every place."""

    rows: pd.DataFrame
    counts: Counted


_followed: Final[Followed[_Standing]] = Followed()
_under: Final[Remembered[frozenset[str]]] = Remembered(64)


def read_status(db: Database, day: date) -> pd.DataFrame:
    """Return one row per issue raised by a day: the columns of `geo.issues.issue_flags`. Nobody may change it."""
    return _follow(db, day).rows


def count_issues_once(db: Database, day: date) -> Counted:
    """Return `store.issues.count_issues`, counted once a change of issues."""
    return _follow(db, day).counts


def read_status_under(db: Database, connection: Connection, day: date, *, place_id: str) -> pd.DataFrame:
    """Return the rows of `read_status` of issues filed under a place."""
    key = (str(db.path), stamp_issues(str(db.path), connection), place_id)
    places = _under.get(key)
    if places is None:
        wanted = select(place_path.c.place).where(place_path.c.ancestor == place_id)
        places = frozenset(connection.execute(wanted).scalars())
        _under.put(key, places)
    rows = read_status(db, day)
    return rows[rows["place"].isin(places)].reset_index(drop=True)


def _follow(db: Database, day: date) -> _Standing:
    def compute(connection: Connection) -> _Standing:
        return _count(connection, read_frame(connection, issue_flags(day)))

    def amend(connection: Connection, kept: _Standing, touched: Touched) -> _Standing:
        if not touched.issues:
            return kept
        chosen = select(issue.c.id).where(issue.c.id.in_(touched.issues))
        fresh = read_frame(connection, issue_flags(day, issues=chosen))
        parts = [one for one in (kept.rows[~kept.rows["issue"].isin(touched.issues)], fresh) if not one.empty]
        return _count(connection, pd.concat(parts or [fresh], ignore_index=True))

    course = Course(compute, amend, issues_by_days)
    return _followed.read(db, kept_day(day, db.today()), day, course=course)


def _count(connection: Connection, rows: pd.DataFrame) -> _Standing:
    names = list(ISSUE_COUNTS)
    leaves = rows.groupby("place", as_index=False)[names].sum()
    paths = read_frame(connection, select(place_path.c.place, place_path.c.ancestor))
    sums = leaves.merge(paths, on="place").groupby("ancestor")[names].sum().astype(int)
    values = (dict(zip(names, row, strict=True)) for row in sums.to_numpy().tolist())
    return _Standing(rows, dict(zip(sums.index.tolist(), values, strict=True)))

"""How every issue of the file stood on a day, read once for all who ask: boards, ledger, measures, reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.issues import ISSUE_COUNTS, issue_flags
from geo.schema import place_path
from geo.store.frames import read_frame
from geo.store.remember import Remembered, stamp_issues

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    from sqlalchemy import Connection

    from geo.store.database import Database

#: Place → the counts of the issues filed under it or below it.
Counted = dict[str, dict[str, int]]

_rows: Final[Remembered[pd.DataFrame]] = Remembered(4)
_counts: Final[Remembered[Counted]] = Remembered(8)
_under: Final[Remembered[frozenset[str]]] = Remembered(64)


def read_status(db: Database, connection: Connection, day: date) -> pd.DataFrame:
    """Return one row per issue raised by a day: the columns of `geo.issues.issue_flags`. Nobody may change it."""
    key = (str(db.path), stamp_issues(str(db.path), connection), day)
    known = _rows.get(key)
    if known is None:
        known = read_frame(connection, issue_flags(day))
        _rows.put(key, known)
    return known


def count_issues_once(db: Database, connection: Connection, day: date) -> Counted:
    """Return `store.issues.count_issues`, computed once a change of issues."""
    key = (str(db.path), stamp_issues(str(db.path), connection), day)
    known = _counts.get(key)
    if known is None:
        names = list(ISSUE_COUNTS)
        leaves = read_status(db, connection, day).groupby("place", as_index=False)[names].sum()
        paths = read_frame(connection, select(place_path.c.place, place_path.c.ancestor))
        sums = leaves.merge(paths, on="place").groupby("ancestor")[names].sum().astype(int)
        values = (dict(zip(names, row, strict=True)) for row in sums.to_numpy().tolist())
        known = dict(zip(sums.index.tolist(), values, strict=True))
        _counts.put(key, known)
    return known


def read_status_under(db: Database, connection: Connection, day: date, *, place_id: str) -> pd.DataFrame:
    """Return the rows of `read_status` of issues filed under a place."""
    key = (str(db.path), stamp_issues(str(db.path), connection), place_id)
    places = _under.get(key)
    if places is None:
        wanted = select(place_path.c.place).where(place_path.c.ancestor == place_id)
        places = frozenset(connection.execute(wanted).scalars())
        _under.put(key, places)
    rows = read_status(db, connection, day)
    return rows[rows["place"].isin(places)].reset_index(drop=True)

"""The ledger of practical matters (实事台账) and its sums, both read from the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import and_, case, func, or_, select

from geo import codes
from geo.access import may, require_area, require_right
from geo.schema import issue, matter, place, place_path
from geo.store.categories import read_categories
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.register import name_units

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Select

    from geo.model import Scope
    from geo.store.database import Database

#: 水电路讯房: the categories that are told together.
INFRASTRUCTURE: Final = tuple(one for one in codes.ISSUE_CATEGORIES if one.startswith("INF_"))


@dataclass(frozen=True, slots=True)
class MatterSum:
    """Sums over matters: all, those done, their money in fen (of which `unpriced` say none), households served."""

    matters: int = 0
    done: int = 0
    funds_fen: int = 0
    done_fen: int = 0
    unpriced: int = 0
    homes: int = 0

    def plus(self, other: MatterSum) -> MatterSum:
        """Return both together."""
        return MatterSum(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class MatterSums:
    """The sums of a place as of a day, in all and by category (only those that occur)."""

    as_of: date
    whole: MatterSum
    by_category: dict[str, MatterSum]

    @property
    def infrastructure(self) -> MatterSum:
        """Return the sums of 水电路讯房."""
        found = MatterSum()
        for one in INFRASTRUCTURE:
            found = found.plus(self.by_category.get(one, MatterSum()))
        return found


def sum_matters(
    db: Database, scope: Scope, *, place_id: str, as_of: date | None = None, since: date | None = None
) -> MatterSums:
    """Return how many matters were done under a place, for how much: those begun or done by `as_of`.

    `since`: only those that were done, or (not done yet) begun, on that day or later.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        day = as_of or read_today(connection)
        done = matter.c.done_on <= day
        rows = connection.execute(
            select(
                matter.c.category, func.count(), func.coalesce(func.sum(case((done, 1), else_=0)), 0),
                func.coalesce(func.sum(matter.c.funds_fen), 0),
                func.coalesce(func.sum(case((done, matter.c.funds_fen))), 0),
                func.coalesce(func.sum(case((matter.c.funds_fen.is_(None), 1), else_=0)), 0),
                func.coalesce(func.sum(matter.c.homes), 0),
            )
            .where(_known_by(place_id, day, since))
            .group_by(matter.c.category)
        ).all()  # fmt: skip
        order = list(read_categories(connection))
    found = {row[0]: MatterSum(*(int(one) for one in row[1:])) for row in rows}
    by_category = {one: found[one] for one in sorted(found, key=order.index)}
    whole = MatterSum()
    for one in by_category.values():
        whole = whole.plus(one)
    return MatterSums(day, whole, by_category)


def read_matters(
    db: Database, scope: Scope, *, place_id: str, as_of: date | None = None, since: date | None = None,
    category: str = "",
) -> pd.DataFrame:  # fmt: skip
    """Return one row per matter under a place that was begun or done by a day, the last done first.

    Columns: matter, matter_number, place, township, village, group, village_code, category, category_name, title, unit,
    responsible, funds_fen, source, homes, started_on, done_on (empty where it lies after the day), note, issue,
    issue_number, rev, lon, lat (WGS84 degrees: the unit's centre). A leader gets no notes.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        day = as_of or read_today(connection)
        chosen = _known_by(place_id, day, since)
        wanted = _rows(day).where(and_(chosen, matter.c.category == category) if category else chosen)
        frame = read_frame(connection, wanted)
        frame = frame.merge(name_units(connection, place_id), on="place", how="left")
        names = {code: one.name for code, one in read_categories(connection).items()}
    frame["category_name"] = frame["category"].map(names)
    if not may(scope, "see_details"):
        frame["note"] = ""
    return frame


def _rows(day: date) -> Select[Any]:
    done_on = case((matter.c.done_on <= day, matter.c.done_on)).label("done_on")
    return (
        select(
            matter.c.id.label("matter"), matter.c.number.label("matter_number"), matter.c.place, matter.c.category,
            matter.c.title, matter.c.unit, matter.c.responsible, matter.c.funds_fen, matter.c.source, matter.c.homes,
            matter.c.started_on, done_on, matter.c.note, matter.c.issue, issue.c.number.label("issue_number"),
            matter.c.rev, place.c.lon, place.c.lat,
        )
        .join(place, place.c.id == matter.c.place)
        .outerjoin(issue, issue.c.id == matter.c.issue)
        .order_by(matter.c.done_on.is_(None), matter.c.done_on.desc(), matter.c.number)
    )  # fmt: skip


def _known_by(place_id: str, day: date, since: date | None) -> ColumnElement[bool]:
    """Matters under a place that were begun or done by a day; one without any day counts on every day."""
    here = matter.c.place.in_(select(place_path.c.place).where(place_path.c.ancestor == place_id))
    undated = and_(matter.c.started_on.is_(None), matter.c.done_on.is_(None))
    known = and_(here, or_(matter.c.started_on <= day, matter.c.done_on <= day, undated))
    if since is None:
        return known
    return and_(known, func.coalesce(matter.c.done_on, matter.c.started_on) >= since)


def find_numbers(connection: Connection, numbers: set[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of `matter` that have one of the numbers, by number."""
    rows = connection.execute(select(matter).where(matter.c.number.in_(numbers))).mappings()
    return {row["number"]: dict(row) for row in rows}

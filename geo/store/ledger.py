"""The ledger of issues (台账): one row an issue raised by a day, as it stood on that day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from geo.access import may, require_area, require_right
from geo.mask import mask_people
from geo.schema import household, issue, issue_household, place, place_path
from geo.store.categories import read_categories
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.issue_status import read_status_under
from geo.store.register import name_units

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database

#: What the ledger takes from `geo.issues.issue_flags`.
_OF_STATUS: Final = (
    "issue", "place", "scope", "category", "raised_on", "level_now", "due_on", "resolved_on", "state", "close_kind",
    "reopened", "remark", "valid", "closed", "open", "bucket", "level", "original_due_on", "reworked", "satisfaction",
)  # fmt: skip


def read_ledger(db: Database, scope: Scope, *, place_id: str, as_of: date | None = None) -> pd.DataFrame:
    """Return one row per issue filed under a place and raised by a day, by number.

    Columns: issue, issue_number, place, township, village, group, village_code, household and head_name (of the
    first it names, masked), households (how many it names), category, category_name, title, detail, raised_on, route,
    level_now, unit, responsible, due_on (that day's), resolved_on, state, close_kind, duplicate_of (number), reopened
    (times by that day), remark (of its last event), lon, lat (WGS84 degrees: of that household for household scope,
    else the unit's centre); and of `geo.issues.issue_flags` valid, closed, open, bucket, level, original_due_on,
    reworked, satisfaction.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        status = read_status_under(db, connection, as_of or read_today(connection), place_id=place_id)
        frame = _issues(connection, place_id, status)
        frame = frame.merge(_homes(connection, place_id), on="issue", how="left")
        frame = frame.merge(name_units(connection, place_id), on="place", how="left")
        names = {code: one.name for code, one in read_categories(connection).items()}
    frame["category_name"] = frame["category"].map(names)
    own = (frame["scope"] == "household") & frame["home_lon"].notna()
    for axis in ("lon", "lat"):
        frame[axis] = frame[f"home_{axis}"].where(own, frame[axis]).astype(float)
    frame["head_name"] = frame["head_name"].fillna("")
    frame["households"] = frame["households"].fillna(0).astype(int)
    if not may(scope, "see_details"):
        frame[["detail", "remark"]] = ""
    return mask_people(frame, scope)


def _issues(connection: Connection, place_id: str, status: pd.DataFrame) -> pd.DataFrame:
    first = issue.alias("first")
    told = (
        select(
            issue.c.id.label("issue"), issue.c.number.label("issue_number"), issue.c.title, issue.c.detail,
            issue.c.route, issue.c.unit, issue.c.responsible, first.c.number.label("duplicate_of"), place.c.lon,
            place.c.lat,
        )
        .join(place, place.c.id == issue.c.place)
        .join(place_path, (place_path.c.place == issue.c.place) & (place_path.c.ancestor == place_id))
        .outerjoin(first, first.c.id == issue.c.duplicate_of)
        .order_by(issue.c.number)
    )  # fmt: skip
    return read_frame(connection, told).merge(status[list(_OF_STATUS)], on="issue")


def _homes(connection: Connection, place_id: str) -> pd.DataFrame:
    """Return the first household (by code) that each issue names, and how many it names."""
    ranked = (
        select(
            issue_household.c.issue, household.c.id.label("household"), household.c.head_name,
            household.c.lon.label("home_lon"), household.c.lat.label("home_lat"),
            func.row_number()
            .over(partition_by=issue_household.c.issue, order_by=(household.c.code, household.c.id))
            .label("nth"),
            func.count().over(partition_by=issue_household.c.issue).label("households"),
        )
        .join(household, household.c.id == issue_household.c.household)
        .join(issue, issue.c.id == issue_household.c.issue)
        .join(place_path, (place_path.c.place == issue.c.place) & (place_path.c.ancestor == place_id))
        .subquery("ranked")
    )  # fmt: skip
    names = ("issue", "household", "head_name", "home_lon", "home_lat", "households")
    return read_frame(connection, select(*(ranked.c[name] for name in names)).where(ranked.c.nth == 1))

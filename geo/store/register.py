"""What is taken away of households and units: the roster with every fact a workbook can hold, and who lives where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Select, and_, func, null, or_, select

from geo.access import may, require_area, require_right
from geo.coverage import homes_under, household_status
from geo.mask import mask_people
from geo.schema import household, household_tag, place, place_path
from geo.store.database import read_today
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Round, Scope
    from geo.store.database import Database


def read_roster(
    db: Database, scope: Scope, *, place_id: str, round_id: str | None, as_of: date | None = None
) -> pd.DataFrame:
    """Return one row per household of the round's D under a place; without a round, of everybody who lives there.

    Columns: household, township, village, group (names; where it lives now, which an import compares with, while it
    counts where it lived when the round began), village_code, group_code, code, head_name, phone, note (masked by
    right), size, household_class, tags (codes joined by a comma), residence, lon, lat (WGS84 degrees), state
    (`codes.VISIT_STATES`; empty without a round). In register order.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        day = as_of or read_today(connection)
        round_ = None if round_id is None else visible_round(connection, scope, round_id)
        homes = _homes(place_id, round_, day).subquery("homes")
        rows = connection.execute(
            select(
                homes.c.household, household.c.place, homes.c.state, household.c.code, household.c.head_name,
                household.c.phone, household.c.note, household.c.size, household.c.household_class,
                household.c.residence, household.c.lon, household.c.lat,
            )
            .join(household, household.c.id == homes.c.household)
        )  # fmt: skip
        frame = pd.DataFrame(rows.all(), columns=list(rows.keys()))
        held = _tags(connection, day)
        frame["tags"] = [held.get(one, "") for one in frame["household"]]
        frame = frame.merge(name_units(connection), on="place", how="left")
    if not may(scope, "see_details"):
        frame["note"] = ""
    frame = mask_people(frame, scope, ("head_name", "phone"))
    return frame.sort_values(["village_code", "group_code", "code"]).reset_index(drop=True)


def _homes(place_id: str, round_: Round | None, day: date) -> Select[Any]:
    if round_ is not None:
        status = household_status(round_, day, homes=homes_under(round_, place_id)).subquery("status")
        return select(status.c.household, status.c.state).where(status.c.roster == 1)
    return (
        select(household.c.id.label("household"), null().label("state"))
        .join(place_path, place_path.c.place == household.c.place)
        .where(place_path.c.ancestor == place_id, household.c.exited_on.is_(None))
    )


def _tags(connection: Connection, day: date) -> dict[str, str]:
    held: dict[str, str] = {}
    rows = connection.execute(
        select(household_tag.c.household, household_tag.c.kind)
        .where(household_tag.c.since <= day, or_(household_tag.c.until.is_(None), household_tag.c.until >= day))
        .order_by(household_tag.c.household, household_tag.c.kind)
        .distinct()
    )
    for home, kind in rows:
        held[home] = f"{held[home]},{kind}" if home in held else kind
    return held


def name_units(connection: Connection, *place_ids: str) -> pd.DataFrame:
    """Names and codes of township, village and group of each unit (under some places, if given); '' where none."""
    below, above = place_path.alias("below"), place_path.alias("above")

    def of(level: str, column: Any) -> Any:
        named = func.max(column).filter(place.c.level == level)
        return func.coalesce(named, "")

    units = (
        select(
            below.c.place,
            of("township", place.c.name).label("township"),
            of("village", place.c.name).label("village"),
            of("group", place.c.name).label("group"),
            of("village", place.c.code).label("village_code"),
            of("group", place.c.code).label("group_code"),
        )
        .join(above, above.c.place == below.c.place)
        .join(place, place.c.id == above.c.ancestor)
        .group_by(below.c.place)
    )
    here = below.c.ancestor.in_(place_ids) if place_ids else below.c.depth == 0
    rows = connection.execute(units.where(here))
    return pd.DataFrame(rows.all(), columns=list(rows.keys()))


def read_units(db: Database, scope: Scope, *, place_id: str, with_closed: bool = False) -> pd.DataFrame:
    """Return one row per unit under a place, itself included, by code.

    `with_closed`: also units that a later edition closed, which old rounds lie in.

    Columns: place, level, code, name, above (the unit above: its id), parent_code, parent (name), township (name),
    lon, lat of its centre (WGS84 degrees, as stored), households, located (who lives there, with a coordinate).
    """
    require_right(scope, "view")
    upper, above = place.alias("upper"), place_path.alias("above")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        lives = _count_homes().subquery("lives")
        wanted = (
            select(
                place.c.id.label("place"), place.c.level, place.c.code, place.c.name, place.c.parent.label("above"),
                func.coalesce(upper.c.code, "").label("parent_code"), func.coalesce(upper.c.name, "").label("parent"),
                place.c.lon, place.c.lat, func.coalesce(lives.c.households, 0).label("households"),
                func.coalesce(lives.c.located, 0).label("located"),
            )
            .join(above, and_(above.c.place == place.c.id, above.c.ancestor == place_id))
            .outerjoin(upper, upper.c.id == place.c.parent)
            .outerjoin(lives, lives.c.place == place.c.id)
            .order_by(place.c.code)
        )  # fmt: skip
        if not with_closed:
            wanted = wanted.where(place.c.valid_to.is_(None))
        rows = connection.execute(wanted)
        frame = pd.DataFrame(rows.all(), columns=list(rows.keys()))
        return frame.merge(name_units(connection, place_id)[["place", "township"]], on="place", how="left")


def _count_homes() -> Select[Any]:
    located = func.count(household.c.lon)
    return (
        select(place_path.c.ancestor.label("place"), func.count().label("households"), located.label("located"))
        .join(household, household.c.place == place_path.c.place)
        .where(household.c.exited_on.is_(None))
        .group_by(place_path.c.ancestor)
    )

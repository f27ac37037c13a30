"""What the map's index is read from: every household of a round by number, and who changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from sqlalchemy import case, func, or_, select

from geo import codes
from geo.access import is_whole, places_inside, require_area, require_right
from geo.coverage import homes_under, household_status
from geo.errors import NotFound
from geo.issues import rings
from geo.schema import household, place, place_path, round_roster
from geo.store.frames import read_frame
from geo.store.picking import pick
from geo.store.remember import Remembered
from geo.store.rounds import visible_round
from geo.store.since import read_mark, touched_since
from geo.store.touched import Touched, by_days

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import Connection, Select

    from geo.coverage import Homes
    from geo.model import Round, Scope
    from geo.store.database import Database
    from geo.store.since import Mark

#: From so many changed households on, reading everything again is the shorter way.
_MOST_HOMES: Final = 20_000
_units: Final[Remembered[dict[str, str]]] = Remembered(8)


@dataclass(frozen=True, slots=True)
class Changed:
    """What may have become another: leaf places of the roster, single households besides, and all their tile ids."""

    places: frozenset[str]
    besides: frozenset[str]
    homes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Listed:
    """Where a household stands: its id, its number on the map, its roster place, lon, lat (WGS84 degrees or None)."""

    household: str
    tile_id: int
    place: str
    lon: float | None
    lat: float | None


def read_tile_homes(
    db: Database, scope: Scope, *, round_id: str, as_of: date, only: Changed | None = None
) -> tuple[pd.DataFrame, Mark]:
    """Return the households of a round's roster within the scope's area, and how far the store was.

    One row a household, also one that has left D: place (of the roster), tile_id, lon, lat (WGS84, or empty), state and
    ring as indexes into `codes.VISIT_STATES` and `codes.ISSUE_RINGS`, escalated (0/1), dwelling. `only`: those of
    its leaves, and those named besides.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        homes = _chosen(connection, scope, round_, only)
        status = household_status(round_, as_of, homes=homes).subquery("status")
        number = case({state: nth for nth, state in enumerate(codes.VISIT_STATES)}, value=status.c.state)
        wanted = select(
            status.c.place, status.c.household, status.c.tile_id, status.c.lon, status.c.lat, number.label("state"),
            household.c.dwelling,
        ).join(household, household.c.id == status.c.household)  # fmt: skip
        frame = read_frame(connection, wanted)
        worst = {row.household: (row.ring, row.escalated) for row in connection.execute(_worst(as_of, homes))}
        rows = [worst.get(one, (0, 0)) for one in frame.pop("household")] if worst else []
        for nth, name in enumerate(("ring", "escalated")):
            frame[name] = np.array([row[nth] for row in rows] or np.zeros(len(frame)), dtype=np.uint8)
        return frame, read_mark(connection)


def read_changed(
    db: Database, scope: Scope, *, round_id: str, since: Mark, days: tuple[date, date] | None = None
) -> tuple[Changed | None, Mark]:
    """Return what acts since a mark, and days that went by since (from, to), may have changed, and the new mark.

    None for "anything": an undoing or a new round may have changed all of it. An act may move a household, so its whole
    leaf place counts; a day only changes how somebody stands, and so those in the same dwelling.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        mark = read_mark(connection)
        touched = touched_since(connection, since)
        turned = by_days(connection, round_, *days) if days and days[0] < days[1] else Touched()
        if touched is None or turned is None or len(touched.homes | turned.homes) > _MOST_HOMES:
            return None, mark
        besides = _with_dwelling(connection, turned.homes) if turned.homes else turned.homes
        rows = connection.execute(
            select(household.c.id, household.c.tile_id, round_roster.c.place)
            .outerjoin(round_roster, (round_roster.c.household == household.c.id) & (round_roster.c.round == round_.id))
            .where(household.c.id.in_(pick(connection, touched.homes | besides)))
        ).all()
        places = frozenset(row.place for row in rows if row.place and row.id in touched.homes)
        return Changed(places, besides, frozenset(row.tile_id for row in rows)), mark


def _with_dwelling(connection: Connection, homes: frozenset[str]) -> frozenset[str]:
    """Return some households, and those that share a dwelling with one of them."""
    shared = select(household.c.dwelling).where(household.c.id.in_(pick(connection, homes)), household.c.dwelling != "")
    return homes | frozenset(
        connection.execute(select(household.c.id).where(household.c.dwelling.in_(shared))).scalars()
    )


def find_listed(db: Database, scope: Scope, *, round_id: str, household_id: str = "", tile_id: int = 0) -> Listed:
    """Return where a round's roster has a household, which is named by its id or its number on the map.

    Raises `NotFound` for one that is not on the roster, `NotAllowed` for one outside the scope's area.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        named = household.c.id == household_id if household_id else household.c.tile_id == tile_id
        row = connection.execute(
            select(household.c.id, household.c.tile_id, round_roster.c.place, household.c.lon, household.c.lat)
            .join(round_roster, round_roster.c.household == household.c.id)
            .where(round_roster.c.round == round_.id, named)
        ).first()
        if row is None:
            raise NotFound("err.no_household", household=household_id or tile_id)
        require_area(connection, scope, row.place)
        return Listed(*row)


def list_unlocated(
    db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date, most: int = 12
) -> list[tuple[str, str, int]]:
    """Return the first households of D under a place that have no point: id, code, number on the map."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        status = household_status(round_, as_of, homes=homes_under(round_, place_id)).subquery("status")
        rows = connection.execute(
            select(household.c.id, household.c.code, household.c.tile_id)
            .join(status, status.c.household == household.c.id)
            .where(status.c.roster == 1, status.c.located == 0)
            .order_by(household.c.code, household.c.id)
            .limit(most)
        )
        return [tuple(row) for row in rows]


def list_leaves(db: Database, scope: Scope, *, place_id: str) -> frozenset[str]:
    """Return the ids of a place and of all units under it, as far as they lie in the scope's area."""
    require_right(scope, "view")
    with db.read() as connection:
        inside = places_inside(scope)
        under = select(place_path.c.place).where(place_path.c.ancestor == place_id, place_path.c.place.in_(inside))
        return frozenset(connection.execute(under).scalars())


def find_units(db: Database, scope: Scope, *, places: Collection[str]) -> dict[str, str]:
    """Return leaf place → which of some places it lies in, as far as those lie in the scope's area."""
    require_right(scope, "view")
    asked = tuple(sorted(places))
    with db.read() as connection:
        tree = tuple(connection.execute(select(func.count(), func.sum(place.c.rev)).select_from(place)).one())
        key = (str(db.path), tree, scope.areas, asked)
        known = _units.get(key)
        if known is None:
            inside = places_inside(scope)
            found = select(place_path.c.place, place_path.c.ancestor).where(
                place_path.c.ancestor.in_(asked), place_path.c.place.in_(inside)
            )
            known = {row[0]: row[1] for row in connection.execute(found)}
            _units.put(key, known)
        return known


def _chosen(connection: Connection, scope: Scope, round_: Round, only: Changed | None) -> Homes | None:
    """Choose the households of the scope's area; None for all of the round, which needs no choice."""
    if only is None:
        return None if is_whole(connection, scope) else homes_under(round_, *scope.areas)
    inside = select(place_path.c.place).where(place_path.c.ancestor.in_(scope.areas))
    row = round_roster.c
    chosen = or_(row.place.in_(sorted(only.places)), row.household.in_(pick(connection, only.besides, to="besides")))
    return select(row.household).where(row.round == round_.id, row.place.in_(inside), chosen)


def _worst(as_of: date, homes: Homes | None) -> Select[tuple[str, int, int]]:
    worst = rings(as_of, homes=homes).subquery("worst")
    return select(worst.c.household, worst.c.ring, worst.c.escalated)

"""What the map's index is read from: every household of a round by number, and who changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import case, func, or_, select

from geo import codes
from geo.access import is_whole, places_inside, require_area, require_right
from geo.audit import kind_of
from geo.coverage import homes_under, household_status
from geo.errors import NotFound
from geo.issues import rings
from geo.schema import assignment, audit_log, household, issue_household, place, place_path, round_roster, visit
from geo.store.database import read_setting
from geo.store.frames import read_frame
from geo.store.remember import Remembered
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import Connection, Select

    from geo.model import Round, Scope
    from geo.store.database import Database

#: Kinds of acts, and acts of other kinds, that change nothing a map's index holds.
_ELSEWHERE: Final = ("login", "refusal", "view", "reveal", "export", "admin")
_APART: Final = frozenset({
    "import.mapping", "import.dismiss", "measure.add", "measure.done", "review.open", "review.minutes", "zone.save",
    "zone.remove",
})  # fmt: skip
#: After so many acts unseen, reading everything again is the shorter way.
_MOST_ACTS: Final = 200
_units: Final[Remembered[dict[str, str]]] = Remembered(8)


@dataclass(frozen=True, slots=True)
class Stamp:
    """How far something was read: the store's revision, and seq and moment of the last act in the log."""

    revision: int
    seq: int
    at: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What acts since a stamp may have changed: leaf places of the roster, and tile ids of households."""

    places: frozenset[str]
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
    db: Database, scope: Scope, *, round_id: str, as_of: date, places: Collection[str] | None = None
) -> tuple[pd.DataFrame, Stamp]:
    """Return the households of a round's roster within the scope's area, and how far the store was.

    One row a household, also one that has left D: place (of the roster), tile_id, lon, lat (WGS84, or empty), state and
    ring as indexes into `codes.VISIT_STATES` and `codes.ISSUE_RINGS`, escalated (0/1), dwelling. `places`: only those
    of these leaves.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        homes = _chosen(connection, scope, round_, places)
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
        return frame, read_stamp(connection)


def read_changed(db: Database, scope: Scope, *, round_id: str, since: Stamp) -> tuple[Changed | None, Stamp]:
    """Return what acts since a stamp may have changed in a round, and the new stamp; None for "anything".

    A save names its household; an import, its undoing or a new round may have changed anything.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        stamp = read_stamp(connection)
        acts = connection.execute(
            select(audit_log.c.action, audit_log.c.object)
            .where(audit_log.c.seq > since.seq)
            .order_by(audit_log.c.seq)
            .limit(_MOST_ACTS + 1)
        ).all()
        # A write that left no act in the log is one that this module knows nothing of.
        if len(acts) > _MOST_ACTS or (not acts and stamp.revision != since.revision):
            return None, stamp
        found: set[str] = set()
        for action, subject in acts:
            if (kind_of(action) in _ELSEWHERE and action != "restore") or action in _APART:
                continue
            homes = _homes_of(action, subject, since)
            if homes is None:
                return None, stamp
            found.update(connection.execute(homes).scalars())
        rows = connection.execute(
            select(household.c.tile_id, round_roster.c.place)
            .outerjoin(round_roster, (round_roster.c.household == household.c.id) & (round_roster.c.round == round_.id))
            .where(household.c.id.in_(found))
        ).all()
        return Changed(frozenset(row[1] for row in rows if row[1]), frozenset(row[0] for row in rows)), stamp


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


def read_stamp(connection: Connection) -> Stamp:
    """Return how far the store is at this moment, as the transaction sees it."""
    last = connection.execute(select(audit_log.c.seq, audit_log.c.at).order_by(audit_log.c.seq.desc()).limit(1)).first()
    revision = int(read_setting(connection, "revision", "0"))
    return Stamp(revision, 0, "") if last is None else Stamp(revision, last[0], last[1])


def _chosen(
    connection: Connection, scope: Scope, round_: Round, places: Collection[str] | None
) -> Select[tuple[str]] | None:
    """Choose the households of the scope's area; None for all of the round, which needs no choice."""
    if places is None:
        return None if is_whole(connection, scope) else homes_under(round_, *scope.areas)
    inside = select(place_path.c.place).where(
        place_path.c.ancestor.in_(scope.areas), place_path.c.place.in_(sorted(places))
    )
    return select(round_roster.c.household).where(round_roster.c.round == round_.id, round_roster.c.place.in_(inside))


def _worst(as_of: date, homes: Select[tuple[str]] | None) -> Select[tuple[str, int, int]]:
    worst = rings(as_of).subquery("worst")
    chosen = select(worst.c.household, worst.c.ring, worst.c.escalated)
    return chosen if homes is None else chosen.where(worst.c.household.in_(homes))


def _homes_of(action: str, subject: str, since: Stamp) -> Select[Any] | None:
    """Choose the households that an act is about; None where the act does not say."""
    if action in ("visit.record", "visit.void"):
        return select(visit.c.household).where(visit.c.id == subject)
    if action in ("issue.raise", "issue.act"):
        return select(issue_household.c.household).where(issue_household.c.issue == subject)
    if action in (
        "roster.exclude",
        "household.add",
        "household.edit",
        "household.move",
        "household.point",
        "household.tags",
    ):
        return select(household.c.id).where(household.c.id == subject)
    if action in ("assign", "withdraw", "assignment.due", "assignment.change", "assignment.answer", "plan.publish"):
        return _assigned_since(since.at)
    return None


def _assigned_since(moment: str) -> Select[Any]:
    """Choose the households of assignments made or changed since a moment, and those of groups assigned since."""
    touched = or_(assignment.c.created_at >= moment, func.coalesce(assignment.c.updated_at, "") >= moment)
    groups = select(assignment.c.place).where(assignment.c.place.is_not(None), touched)
    own = select(assignment.c.household).where(assignment.c.household.is_not(None), touched)
    in_groups = select(round_roster.c.household).where(round_roster.c.place.in_(groups))
    return select(household.c.id).where(or_(household.c.id.in_(own), household.c.id.in_(in_groups)))

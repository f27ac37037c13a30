"""What one view of the map shows, read from the store: areas with their figures, household symbols, facts by number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from operator import add
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from geo.codes import COMPARED_STATES, ISSUE_RINGS, VISIT_STATES
from geo.coverage import Share
from geo.errors import GeoError
from geo.i18n import text
from geo.mapspec import Facts, Frame, MapSpec, Unit, View, build_spec
from geo.mask import is_small
from geo.store import land
from geo.store.comparing import read_reached_by_phone, read_then
from geo.store.map_reads import count_unit_issues
from geo.store.matching import Criteria, list_matching
from geo.store.reads import Figures, read_children, read_figures, read_homes
from geo.store.remember import Remembered
from geo.store.tile_reads import find_listed, find_units, list_leaves
from geo.tiles import Wanted, count_escalated
from geo.tiles.answers import TileView
from geo.tiles.compared import ComparedIndex
from geo.tiles.live import keep_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.areas import Areas
    from geo.model import Round
    from geo.store.tile_reads import Listed
    from geo.ui.session import Session

Pick: TypeAlias = "Callable[[], NDArray[np.uint32]]"
_LEAVES_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class MapView:
    """One view: its spec, its tiles, the figures of the place, and the share that the filter leaves."""

    spec: MapSpec
    tiles: TileView
    figures: Figures
    share: Share
    #: Whether a trait of people was asked for that too few have to be shown so wide.
    too_few: bool = False

    @property
    def figures_id(self) -> str:
        """What these figures are called on paper: the same as long as they are the same."""
        one = self.figures
        said = (
            one.place.code,
            one.round.id,
            one.as_of.isoformat(),
            sorted(one.counts.values.items()),
            sorted(one.issues.items()),
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def read_map(
    session: Session, view: View, criteria: Criteria | None = None, *, earlier: Round | None = None,
    among: Pick | None = None,
) -> MapView:  # fmt: skip
    """Return the view of the session's place: villages for the district, groups from a township down.

    With criteria every figure of visits is that of the households that match; issues of areas are counted as ever.
    The view that compares rounds needs the earlier one. `among` gives the households (tile ids, sorted) in the place
    of criteria.
    """
    db, scope, place = session.db, session.scope, session.place
    if session.round is None:
        raise ValueError(session.round)
    round_id, day = session.round.id, session.as_of
    figures = read_figures(db, scope, round_id=round_id, place_id=place.id, as_of=day)
    by_village = place.level == "district"
    below = read_children(
        db, scope, round_id=round_id, place_id=place.id, level="village" if by_village else "group", as_of=day
    )
    below = below if by_village else below + _own_homes(session, figures, below)
    below = [one for one in below if one.counts.rows or one.issues["valid"]]
    tiles, too_few = _choose_tiles(session, criteria, among)
    counted = _count(session, figures, below, tiles)
    if view == "compare" and earlier is not None:
        tiles = replace(tiles, live=_compare(session, round_id, earlier))
        counted = replace(counted, states=_count_compared(tiles))
    areas = read_areas(session, by_village=by_village)
    issues = count_unit_issues(db, scope, as_of=day)
    spec = build_spec(
        view,
        Frame(place.id, place.name, place.level, areas.frame, computed=not (by_village or areas.frame_given)),
        units=[_unit(one, view, areas, issues, counted.units[one.place.id]) for one in below],
        states=counted.states,
        rings=counted.rings,
        target_bp=session.round.target_bp,
        levels="village" if by_village else "group",
        escalated=count_escalated(*tiles.now()),
    )
    share = figures.share("kpi.clear") if view == "issues" else counted.share
    return MapView(spec, tiles, figures, share, too_few)


def _compare(session: Session, round_id: str, earlier: Round) -> ComparedIndex:
    db, scope, day = session.db, session.scope, session.as_of
    return ComparedIndex(
        keep_index(db, scope, round_id=round_id, as_of=day),
        partial(read_then, db, scope, round_id=round_id, earlier_id=earlier.id),
        partial(read_reached_by_phone, db, scope, round_id=round_id, as_of=day),
    )


def _count_compared(tiles: TileView) -> dict[str, int]:
    index, wanted = tiles.now()
    return dict(zip(COMPARED_STATES, index.tally(wanted).states, strict=True))


def read_before(session: Session, earlier: Round, criteria: Criteria) -> MapView:
    """Return the view of an earlier round as it ended, at the session's place.

    The households that a filter leaves are asked of the session's round and day: maps side by side show the same ones.
    """
    then = replace(session, round=earlier, as_of=earlier.ends_on)
    return read_map(then, "visits", among=_matching(session, criteria) if criteria else None)


def _choose_tiles(session: Session, criteria: Criteria | None, among: Pick | None) -> tuple[TileView, bool]:
    """Return the tiles of the households that match, and whether they are empty because too few of a wide place do."""
    tiles = _cut_tiles(session, _matching(session, criteria) if criteria else among)
    if criteria is None or not criteria.asks_people:
        return tiles, False
    index, wanted = tiles.now()
    if not is_small(sum(index.tally(wanted).states), session.place.level, least=session.rules()["small_count"]):
        return tiles, False
    return _cut_tiles(session, _nobody), True


def _nobody() -> NDArray[np.uint32]:
    return np.zeros(0, dtype=np.uint32)


def _matching(session: Session, criteria: Criteria) -> Pick:
    if session.round is None:
        raise ValueError(session.round)
    return partial(
        list_matching, session.db, session.scope, round_id=session.round.id, as_of=session.as_of, criteria=criteria
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """Households of a view by state and by ring, its coverage, and unit → (effective, roster, unlocated)."""

    states: dict[str, int]
    rings: dict[str, int]
    share: Share
    units: dict[str, tuple[int, int, int]]


def _cut_tiles(session: Session, pick: Pick | None) -> TileView:
    db, scope, round_ = session.db, session.scope, session.round
    if round_ is None:
        raise ValueError(round_)
    live = keep_index(db, scope, round_id=round_.id, as_of=session.as_of)
    return TileView(live, Wanted(list_leaves(db, scope, place_id=session.place.id)), pick=pick)


def _count(session: Session, figures: Figures, below: list[Figures], tiles: TileView) -> _Counted:
    """Count what a view shows: visits by the cells, or with a filter by what it leaves of the index; rings by that."""
    index, wanted = tiles.now()
    tally = index.tally(wanted)
    rings = dict(zip(ISSUE_RINGS, tally.rings, strict=True))
    if tiles.pick is None:
        states = {**{one: figures.counts.values[one] for one in _STATES}, "excluded": figures.counts.left}
        units = {
            one.place.id: (one.counts.effective, one.counts.roster, one.counts.roster - one.counts.located)
            for one in below
        }
        return _Counted(states, rings, figures.share("kpi.coverage"), units)
    sums = {one.place.id: (0, 0, 0) for one in below}
    within = find_units(session.db, session.scope, places=sums.keys())
    for leaf, counts in tally.places.items():
        if (unit := within.get(leaf)) is not None:
            sums[unit] = tuple(map(add, sums[unit], counts))
    states = dict(zip(VISIT_STATES, tally.states, strict=True))
    due = sum(states.values()) - states["excluded"]
    share = Share("kpi.coverage", states["effective"], due)
    return _Counted(states, rings, share, sums)


def read_areas(session: Session, *, by_village: bool) -> Areas:
    """Return the areas of the villages, or of the groups, under the session's place: given ones, else computed."""
    round_id = session.round.id if session.round is not None else None
    level = "village" if by_village else "group"
    return land.read_areas(session.db, session.scope, place_id=session.place.id, level=level, round_id=round_id)


_STATES: Final = ("overdue", "unvisited", "missed", "refused", "partial", "effective")


class HomesAt:
    """The homes of the leaf places that were asked for last, as lists say them; safe to ask outside a session."""

    def __init__(self, session: Session) -> None:
        """Ask as this session may, about its round and day."""
        if session.round is None:
            raise ValueError(session.round)
        self._db, self._scope, self._day = session.db, session.scope, session.as_of
        self._round_id = session.round.id
        self._kept: Remembered[pd.DataFrame] = Remembered(_LEAVES_KEPT)

    def find(self, *, household_id: str = "", tile_id: int = 0) -> tuple[Listed, pd.DataFrame] | None:
        """Return where a household stands and the homes of its leaf place; None for one that is not to be seen."""
        try:
            listed = find_listed(
                self._db, self._scope, round_id=self._round_id, household_id=household_id, tile_id=tile_id
            )
        except GeoError:
            return None
        key = (listed.place, self._db.revision())
        homes = self._kept.get(key)
        if homes is None:
            homes = read_homes(
                self._db, self._scope, round_id=self._round_id, place_id=listed.place, as_of=self._day, with_left=True
            )
            self._kept.put(key, homes)
        return (listed, homes) if (homes["household"] == listed.household).any() else None

    def facts(self, tile_id: int) -> Facts | None:
        """Return what the pointer is told of a household: code, state, last attempt, why; no names."""
        found = self.find(tile_id=tile_id)
        if found is None:
            return None
        row = found[1][found[1]["tile_id"] == tile_id].iloc[0].to_dict()
        return Facts(str(row["code"]), _fact_rows(row))


def _fact_rows(row: dict[Any, Any]) -> tuple[tuple[str, str], ...]:
    state = (text("map.fact.state"), text(f"state.{row['state']}"))
    if pd.isna(row["last_on"]):
        last = text("map.fact.never")
    else:
        last = f"{row['last_on']:%Y-%m-%d} {text('outcome.' + row['last_outcome_ever'])}"
    why = text("map.fact.due", d=row["due_on"]) if row["state"] in ("overdue", "unvisited") else ""
    if row["ring"]:
        why = text("map.fact.issues", n=int(row["open_issues"]))
    facts = [state, (text("map.fact.last"), last)]
    return (*facts, (text("map.fact.why"), why)) if why else tuple(facts)


def _own_homes(session: Session, figures: Figures, below: list[Figures]) -> list[Figures]:
    """Units beside the groups: the group that is looked at itself, and villages whose households lie in no group."""
    if session.place.level == "group":
        return [figures]
    if session.place.level == "village":
        return [] if below else [figures]
    villages = read_children(
        session.db, session.scope, round_id=figures.round.id, place_id=session.place.id, as_of=session.as_of
    )
    grouped = {one.place.parent for one in below}
    return [one for one in villages if one.place.id not in grouped]


def _unit(figures: Figures, view: View, areas: Areas, issues: dict[str, int], counted: tuple[int, int, int]) -> Unit:
    place = figures.place
    done, due, unlocated = counted
    if view == "issues":
        done, due = figures.issues["closed"], figures.issues["valid"]
    return Unit(
        place.id,
        place.name,
        done,
        due,
        shape=areas.shapes.get(place.id),
        computed=place.id not in areas.given,
        unlocated=unlocated,
        issues=issues.get(place.id, 0),
    )

"""计划的设置 in view: what is kept for the place and above it, and what is kept anew when a plan is begun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo.plan.travel import DETOUR, WAYS
from geo.planning.teams import MINUTES
from geo.store.places import breadcrumb, list_below
from geo.store.plansettings import keep_plan_settings, read_layered, read_plan_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Place
    from geo.ui.session import Session

#: What holds where nothing is kept.
USUAL: Final[dict[str, Any]] = {
    "teams": 2, "days": 3, "hours": 7.0, "travel": "walk", "ways": WAYS[0], "detour": DETOUR, "start": "village",
    "minutes": MINUTES, "start_on": None, "off": [], "off_weekdays": [], "market": [],
    "market_lunar": [], "market_animals": [], "market_every": None, "away_window": None,
    "due_tagged": None, "speed_kmh": None, "forced": {}, "forbidden": {},
}  # fmt: skip
#: What is said of these at a village holds for its township: the ways are the same.
_OF_TOWNSHIP: Final = frozenset({"travel", "ways", "speed_kmh", "detour"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for the place in view and for those above it, the district's first.

    `layers`: each place with its own keys of a file of teams, the place in view (of a group: its village) last.
    `ways_at`: the place for which the ways are kept. `others`: names of units below with settings of their own, by id.
    """

    layers: tuple[tuple[Place, Mapping[str, Any]], ...]
    ways_at: Place
    others: Mapping[str, str]

    @property
    def place(self) -> Place:
        """Return the place in view."""
        return self.layers[-1][0]

    def value(self, key: str) -> Any:
        """Return what holds here now."""
        return next((own[key] for _, own in reversed(self.layers) if key in own), USUAL[key])

    def change(self, place: Place, typed: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is to be kept for a place: what it had, with what was typed, less what holds above it anyway."""
        at = next(nth for nth, (one, _) in enumerate(self.layers) if one.id == place.id)
        above = {key: value for _, own in self.layers[:at] for key, value in own.items()}
        untouched = {key: value for key, value in self.layers[at][1].items() if key not in typed}
        return untouched | {key: value for key, value in typed.items() if value != above.get(key, USUAL[key])}


def read_kept(session: Session) -> Kept:
    """Return what is kept for the place in view."""
    crumbs = [one for one in breadcrumb(session.db, session.scope, place_id=session.place.id) if one.level != "group"]
    kept, here = read_plan_settings(session.db), crumbs[-1]
    # Somebody whose area is one village keeps its ways there.
    upper = here.level == "village" and here.id not in session.scope.areas and len(crumbs) > 1
    below = [
        one for level in ("township", "village")
        for one in list_below(session.db, session.scope, place_id=here.id, level=level)
    ]  # fmt: skip
    others = {one.id: one.name for one in below if one.id in kept and one.id != here.id}
    return Kept(tuple((one, kept.get(one.id, {})) for one in crumbs), crumbs[-2] if upper else here, others)


def list_changes(kept: Kept, typed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is to be kept, by place id: what was typed where it differs from what holds above."""
    ways = {key: value for key, value in typed.items() if key in _OF_TOWNSHIP}
    rest = {key: value for key, value in typed.items() if key not in _OF_TOWNSHIP}
    if kept.ways_at.id == kept.place.id:
        return {kept.place.id: kept.change(kept.place, typed)}
    return {kept.ways_at.id: kept.change(kept.ways_at, ways), kept.place.id: kept.change(kept.place, rest)}


def forget_others(session: Session, kept: Kept) -> None:
    """Forget what is kept for the units below, so that what is kept here holds there too."""
    keep_plan_settings(session.db, session.scope, said={one: {} for one in kept.others})


def make_said(
    session: Session, typed: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]], *, pool: bool
) -> dict[str, Any]:
    """Return what is asked as the keys of a file of teams: what was typed, and what will be kept of units besides."""
    return {**typed, "villages": read_layered(session.db, changes), "pool": pool}

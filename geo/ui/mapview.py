"""The map on a page: a base that never changes, our layer on it, and what was clicked.

The base map is always the same, so that nothing is loaded again when the view changes; what changes reaches the browser
in a few bytes, as the token of our layer. Leaflet comes from a pinned package, served by this process.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import folium
import streamlit as st
from streamlit_folium import st_folium

from geo.crs import WGS84
from geo.errors import NotFound
from geo.mapshift import carry_spec
from geo.ui.base_maps import carry_back, carry_to, note_system, system_of
from geo.ui.browser import owner
from geo.ui.household_tiles import HouseholdTiles, Mode, Ring, install_template_guard, list_files
from geo.ui.map_clicks import Clicked, read_click
from geo.web import grants

if TYPE_CHECKING:
    from geo.crs import System
    from geo.mapspec import Facts, MapSpec
    from geo.tiles.answers import TileView

FindFacts = Callable[[int], "Facts | None"]

#: Where the map stands before its first view says where to look: lat, lon of the district; it shows for a moment.
_START: Final = (27.7, 109.2)
_START_ZOOM: Final = 11
_MAX_ZOOM: Final = 20
#: A map left open over a working day still answers the pointer.
_MINUTES: Final = 12 * 60
_FACTS: Final = re.compile(r"facts/(\d{1,10})\.json")


def constant_map() -> folium.Map:
    """Return the base map, always the same: no tiles, no controls (our layer brings its own), nothing from outside."""
    _guard_once()
    base = folium.Map(
        location=_START,
        zoom_start=_START_ZOOM,
        tiles=None,
        max_zoom=_MAX_ZOOM,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        fade_animation=False,
        font_size="13px",
    )
    base.default_js, base.default_css = list_files()
    return base


def offer_map(
    spec: MapSpec,
    *,
    tiles: TileView,
    find_facts: FindFacts | None = None,
    renew: Callable[[], MapSpec] | None = None,
    minutes: float = _MINUTES,
    base: dict[str, Any] | None = None,
) -> str:
    """Return the token under which this session's browser may fetch a view, its tiles and facts of its households.

    `find_facts` gets a tile id and returns what this session may know of it, or None. `renew` makes the view anew after
    a save. Both run outside the session, so they open their own connections and close over their scope. `base` is the
    base map (`offer_base`); a view is drawn in the system of its tiles.
    """
    answers = _Answers(spec, tiles, find_facts, renew, base=base)
    token = grants.offer(owner(), "tiles", answers, minutes=minutes, single_use=False)
    note_system(token, answers.system)
    return token


class _Answers:
    """What one offered view answers by name."""

    def __init__(
        self,
        spec: MapSpec,
        tiles: TileView,
        find_facts: FindFacts | None,
        renew: Callable[[], MapSpec] | None,
        *,
        base: dict[str, Any] | None,
    ) -> None:
        self._tiles, self._find_facts, self._renew, self._base = tiles, find_facts, renew, base
        index = tiles.live.now()
        self.system = index.system
        #: The last view made, and the version of the data it was made of.
        self._made = (carry_spec(spec, self.system), index.version)

    def __call__(self, name: str) -> grants.Payload:
        if name == "view.json":
            spec, version = self._view()
            return grants.Payload(spec.to_json(version=version, base=self._base), "application/json")
        if (found := self._tiles.answer(name)) is not None:
            return grants.Payload(found.body, found.media_type, lasts=found.lasts)
        spec = self._made[0]
        if name == f"shapes/{spec.data.get('shapes')}.json":
            return grants.Payload(spec.shapes, "application/json", lasts=True)
        asked = _FACTS.fullmatch(name)
        facts = self._find_facts(int(asked[1])) if asked and self._find_facts else None
        if facts is None:
            raise NotFound("web.link_gone")
        return grants.Payload(facts.to_json(), "application/json")

    def _view(self) -> tuple[MapSpec, int]:
        version = self._tiles.version
        if version != self._made[1] and self._renew is not None:
            self._made = (carry_spec(self._renew(), self.system), version)
        return self._made[0], version


def show_map(
    token: str,
    *,
    key: str = "map",
    height: int = 566,
    selected: int = 0,
    at: tuple[float, float] | None = None,
    mode: Mode = "look",
    drawn: Ring = (),
    linked: bool = False,
) -> Clicked | None:
    """Show the map of an offered view and return a click once, in the run that it caused.

    Each place is shown whole by its own bounds when the map comes to it; from then on zoom and centre are the user's.
    `at` is where the selected household stands (lon, lat in WGS84 degrees); `linked` maps of a page move as one.
    Everything but the token is numbers and codes.
    """
    layer, system = folium.FeatureGroup(), system_of(token)
    shown = carry_to(system, [] if at is None else [at])
    layer.add_child(
        HouseholdTiles(
            token,
            selected=selected,
            at=shown[0] if shown else None,
            mode=mode,
            drawn=carry_to(system, drawn),
            linked=linked,
        )
    )
    answer = st_folium(
        constant_map(),
        key=key,
        height=height,
        use_container_width=True,
        feature_group_to_add=layer,
        returned_objects=["last_active_drawing"],
    )
    return carry_click(_read_new(answer, key=f"{key}:seen"), system)


def carry_click(click: Clicked | None, system: System) -> Clicked | None:
    """Return a click on a map drawn in a system with its positions in WGS84 degrees, exact to 0.1 m."""
    if click is None or system == WGS84:
        return click
    if click.lon is not None and click.lat is not None:
        ((lon, lat),) = carry_back(system, [(click.lon, click.lat)])
        return replace(click, lon=lon, lat=lat)
    if click.standing is not None:
        ((lon, lat),) = carry_back(system, [(click.standing.lon, click.standing.lat)])
        return replace(click, standing=replace(click.standing, lon=lon, lat=lat))
    return replace(click, ring=carry_back(system, click.ring))


def _read_new(answer: Any, *, key: str) -> Clicked | None:
    drawing: Any = (answer or {}).get("last_active_drawing")
    click = read_click(drawing)
    if click is None:
        return None
    seq = drawing["properties"].get("seq")
    if st.session_state.get(key) == seq:
        return None
    st.session_state[key] = seq
    return click


@cache
def _guard_once() -> None:
    install_template_guard()

"""The base map under a session's maps: offered once to its browser, and positions on the way to and from it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from geo.basemaps import open_source
from geo.crs import WGS84, from_wgs84, to_wgs84
from geo.errors import GeoError, NotFound
from geo.i18n import text
from geo.store.basemap import read_basemap, read_basemap_key
from geo.ui.browser import owner
from geo.web import grants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.basemaps import Source
    from geo.crs import System
    from geo.store.basemap import BaseMap
    from geo.store.database import Database

_OFFERED: Final = "_base_map"
_SYSTEMS: Final = "_map_systems"
_MINUTES: Final = 12 * 60
_NAME: Final = re.compile(r"(\d)/(\d{1,2})/(\d{1,7})/(\d{1,7})")


def open_base(db: Database) -> tuple[BaseMap, Source] | None:
    """Return the file's base map and what gives its pictures; None without one.

    A base map that cannot be opened is none: the map works without it, and the log says why.
    """
    base = read_basemap(db)
    if base.kind == "none":
        return None
    try:
        return base, open_source(base, key=read_basemap_key(db))
    except GeoError as error:
        logging.getLogger(__name__).warning("the base map cannot be opened: %s", text(error.key, **error.params))
        return None


def offer_base(db: Database) -> dict[str, Any] | None:
    """Return what the map needs to know of the file's base map, with a token for this browser; None without one."""
    opened = open_base(db)
    if opened is None:
        return None
    base, source = opened
    kept = st.session_state.get(_OFFERED)
    if kept is None or kept[0] != (base, owner()) or not grants.holds(kept[1]):
        token = grants.offer(owner(), "tiles", Pictures(source), minutes=_MINUTES, single_use=False)
        kept = st.session_state[_OFFERED] = ((base, owner()), token)
    return {
        "token": kept[1], "layers": source.layers, "zooms": list(source.zooms), "system": base.system,
        "credit": text(f"basemap.credit.{base.kind}"), "name": text("basemap.name"),
    }  # fmt: skip


class Pictures:
    """What the grant of a base map answers: `{layer}/{zoom}/{x}/{y}`."""

    def __init__(self, source: Source) -> None:
        """Answer from a source."""
        self._source = source

    def __call__(self, name: str) -> grants.Payload:
        """Return one picture. Raises `NotFound` for a name that is none, and where there is no picture."""
        asked = _NAME.fullmatch(name)
        layer, zoom, x, y = map(int, asked.groups()) if asked else (0, 0, 1, 0)
        low, high = self._source.zooms
        known = layer < self._source.layers and low <= zoom <= high and x < 1 << zoom and y < 1 << zoom
        found = self._source.picture(layer, zoom, x, y) if known else None
        if found is None:
            raise NotFound("web.no_tile")
        return grants.Payload(found.body, found.media_type, lasts=True)


def note_system(token: str, system: System) -> None:
    """Remember what system the map of a token is drawn in."""
    if system != WGS84:
        st.session_state.setdefault(_SYSTEMS, {})[token] = system


def system_of(token: str) -> System:
    """Return what system the map of a token is drawn in."""
    found: System = st.session_state.get(_SYSTEMS, {}).get(token, WGS84)
    return found


def carry_to(system: System, positions: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return where a map drawn in a system shows positions (lon, lat in WGS84 degrees)."""
    return _carry(from_wgs84, system, positions)


def carry_back(system: System, positions: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the positions (lon, lat in WGS84 degrees) that a map drawn in a system shows there; exact to 0.1 m."""
    return _carry(to_wgs84, system, positions)


def _carry(way: Any, system: System, positions: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    given = tuple(positions)
    if system == WGS84 or not given:
        return given
    lon, lat = way(system, *np.array(given, dtype=np.float64).T)
    return tuple(zip(lon.tolist(), lat.tolist(), strict=True))

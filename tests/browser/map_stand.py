"""The page that the browser test of the map serves: 504 households on a grid, in groups with hostile names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from geo.areas import draw_areas
from geo.basemaps import open_source
from geo.codes import VISIT_STATES
from geo.crs import GCJ02, WGS84, System
from geo.mapspec import Facts, Frame, MapSpec, Unit, build_spec, count_homes
from geo.store.basemap import BaseMap
from geo.tiles import TileIndex, Wanted, build_index
from geo.tiles.answers import TileView
from geo.ui.base_maps import Pictures
from geo.ui.browser import owner
from geo.ui.mapview import offer_map, show_map
from geo.web import grants

SAVED = Path(os.environ.get("GEO_STAND_SAVED", "nowhere"))
FOLDER = os.environ.get("GEO_STAND_FOLDER", "")
NAMES = (
    "{{ cycler.__init__.__globals__.os.mkdir('" + FOLDER + "') }}",
    "{% for x in cycler.__init__.__globals__.os.mkdir('" + FOLDER + "') %}{% endfor %}",
    "<img src=x onerror=\"alert(1);fetch('http://203.0.113.9/')\">",
    "<script>alert(2)</script>",
    "');alert(3);//",
    "${alert(4)}",
    "一组",
)
COLUMNS, ROWS = 28, 18
STEP = 0.0009


def make_homes() -> pd.DataFrame:
    """Return one row a household: number n at column n % 28 and row n // 28, state n % 7, every 50th with an issue."""
    number = np.arange(COLUMNS * ROWS)
    homes = pd.DataFrame(
        {
            "place": [f"g{column // 4}" for column in number % COLUMNS],
            "tile_id": number + 1,
            "lon": 109.2 + STEP * (number % COLUMNS),
            "lat": 27.7 + STEP * (number // COLUMNS),
            "state": [VISIT_STATES[code] for code in number % 7],
            "ring": np.where(number % 50 == 25, 3, 0),
            "dwelling": "",
        }
    )
    homes.loc[homes["tile_id"].isin([30, 31, 32]), ["lon", "lat"]] = np.nan
    return homes


def make_spec(homes: pd.DataFrame, view: str) -> MapSpec:
    """Return the village in one of the two views."""
    areas = draw_areas(homes)
    units = []
    for at, name in enumerate(NAMES):
        rows = homes[homes["place"] == f"g{at}"]
        done, missing = int((rows["state"] == "effective").sum()), int(rows["lon"].isna().sum())
        due = int((rows["state"] != "excluded").sum())
        units.append(Unit(f"g{at}", name, done, due, areas.shapes[f"g{at}"], unlocated=missing, issues=at == 2))
    states, rings = count_homes(homes)
    frame = Frame("village", NAMES[0], "village", outline=areas.frame.buffer(0.001))
    return build_spec(view, frame, units=units, states=states, rings=rings, target_bp=9500, levels="group")


def read_homes() -> pd.DataFrame:
    """Return the located homes with states as numbers, as the store gives them; those in SAVED were visited since."""
    homes = make_homes().dropna(subset=["lon"]).reset_index(drop=True)
    homes["state"] = homes["state"].map({state: code for code, state in enumerate(VISIT_STATES)})
    return homes


class Saving:
    """An index that a save changes: the file of that name appears, and household 400 is visited from then on."""

    def __init__(self, system: System) -> None:
        self.index = build_index(read_homes(), 1, system=system)

    def now(self) -> TileIndex:
        """Return the index before or after the save."""
        if self.index.version == 1 and SAVED.exists():
            homes = read_homes()
            homes.loc[homes["tile_id"] == 400, "state"] = VISIT_STATES.index("effective")
            place = homes.loc[homes["tile_id"] == 400, "place"].iloc[0]
            self.index = self.index.patched(homes[homes["place"] == place], 2, places={place}, homes=set())
        return self.index


def offer(view: str, *, shifted: bool) -> str:
    """Offer the village in one of the two views, on a base map in GCJ-02 or on none, and return the token."""
    homes = make_homes()
    base = None
    if shifted:
        pictures = Pictures(open_source(BaseMap("file", file=os.environ["GEO_STAND_BASE"])))
        token = grants.offer(owner(), "tiles", pictures, single_use=False)
        base = {"token": token, "layers": 1, "zooms": [9, 10], "system": "gcj02", "credit": NAMES[2], "name": "base"}
    return offer_map(
        make_spec(homes, view),
        base=base,
        tiles=TileView(Saving(GCJ02 if shifted else WGS84)),
        find_facts=lambda number: Facts(f"{NAMES[3]} {number}", ((NAMES[2], VISIT_STATES[(number - 1) % 7]),)),
        renew=lambda: make_spec(homes, view),
    )


st.set_page_config(layout="wide")
view = st.segmented_control("view", ["visits", "issues"], default="visits", key="view") or "visits"
picking = st.toggle("picking", key="picking")
tokens = st.session_state.setdefault("tokens", {})
if view not in tokens:
    tokens[view] = offer(view, shifted="shifted" in st.query_params)
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
drawn = st.session_state.get("drawn", ())
click = show_map(
    st.query_params.get("token", tokens[view]), mode="point" if picking else "look", height=540, drawn=drawn
)
if click is not None:
    st.session_state["last"] = f"{click.kind} {click.number} {click.lon} {click.lat}"
    if click.kind in ("drawn", "clear"):
        homes = read_homes()
        inside = build_index(homes, 1).within(click.ring, Wanted()).tolist() if click.ring else []
        st.session_state["drawn"] = click.ring
        st.session_state["last"] = f"{click.kind} {len(inside)} {sum(inside)} {len(click.ring)}"
    if click.kind == "household":
        st.session_state["selected"] = click.number
st.text(f"clicked: {st.session_state.get('last', 'nothing')}; runs: {st.session_state['runs']};")

"""The page that the browser test of the map serves: 504 households on a grid, in groups with hostile names."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import streamlit as st

from geo.areas import draw_areas
from geo.codes import VISIT_STATES
from geo.mapspec import Facts, Frame, Unit, build_points, build_spec, count_homes
from geo.ui.mapview import offer_map, show_map

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


def offer(view: str) -> str:
    """Offer the village in one of the two views and return the token."""
    homes = make_homes()
    areas = draw_areas(homes)
    units = []
    for at, name in enumerate(NAMES):
        rows = homes[homes["place"] == f"g{at}"]
        done, missing = int((rows["state"] == "effective").sum()), int(rows["lon"].isna().sum())
        due = int((rows["state"] != "excluded").sum())
        units.append(Unit(f"g{at}", name, done, due, areas.shapes[f"g{at}"], unlocated=missing, issues=at == 2))
    states, rings = count_homes(homes)
    frame = Frame("village", NAMES[0], "village", outline=areas.frame.buffer(0.001))
    spec = build_spec(view, frame, units=units, states=states, rings=rings, target_bp=9500, points=True, levels="group")
    return offer_map(
        spec,
        points=build_points(homes),
        find_facts=lambda number: Facts(f"{NAMES[3]} {number}", ((NAMES[2], VISIT_STATES[(number - 1) % 7]),)),
    )


st.set_page_config(layout="wide")
view = st.segmented_control("view", ["visits", "issues"], default="visits", key="view") or "visits"
picking = st.toggle("picking", key="picking")
tokens = st.session_state.setdefault("tokens", {})
if view not in tokens:
    tokens[view] = offer(view)
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
click = show_map(st.query_params.get("token", tokens[view]), mode="point" if picking else "look", height=540)
if click is not None:
    st.session_state["last"] = f"{click.kind} {click.number} {click.lon} {click.lat}"
st.text(f"clicked: {st.session_state.get('last', 'nothing')}; runs: {st.session_state['runs']};")

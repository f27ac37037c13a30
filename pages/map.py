"""地图: areas by coverage, households by their state; down to one household by clicks."""

import streamlit as st

from geo.ui.done import say_done
from geo.ui.map_view import draw_map
from geo.ui.overview_view import draw_no_round
from geo.ui.shell import require

session = require("view")
if session.round is None:
    draw_no_round(session)
    st.stop()
say_done()
draw_map(session)

"""总览: how far the round is, who is missing, what is open, where next; the worst units below."""

import streamlit as st

from geo.ui.overview_data import read_overview
from geo.ui.overview_table import draw_units
from geo.ui.overview_view import draw_no_home, draw_no_round, draw_overview
from geo.ui.shell import require

session = require("view")
if session.round is None:
    draw_no_round(session)
    st.stop()
overview = read_overview(session, session.round)
if not overview.figures.counts.roster:
    draw_no_home(overview)
else:
    draw_overview(session, overview)
draw_units(session, overview)

"""户: one household, its visits and issues, and recording the next one."""

import streamlit as st

from geo.ui.done import say_done
from geo.ui.household_view import show_page
from geo.ui.shell import require

session = require("view")
say_done()
show_page(session, household_id=st.query_params.get("h", ""))

"""问题: one issue, its whole history, its measures, and the steps that are possible now."""

import streamlit as st

from geo.ui.done import say_done
from geo.ui.issue_view import show_page
from geo.ui.shell import require

session = require("view")
say_done()
show_page(session, issue_id=st.query_params.get("i", ""))

"""清零 on the screen: the sentence, the switch between its parts, and the part that is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.i18n import text
from geo.issues.picks import HOME_PICKS
from geo.ui.clear_board import draw_board, draw_lead
from geo.ui.clear_data import TABS, read_board, read_pick, read_rows, read_tab
from geo.ui.clear_ledger import draw_funnel_homes, draw_ledger, draw_measures
from geo.ui.clear_matters import draw_matters
from geo.ui.clear_review import draw_review
from geo.ui.clear_rounds import draw_rounds
from geo.ui.session import show

if TYPE_CHECKING:
    from geo.ui.session import Session


def draw_page(session: Session) -> None:
    """Draw the page of the session's place as of its day."""
    tab, board = read_tab(), read_board(session)
    with st.container(key="clear_top", horizontal=True, vertical_alignment="center"):
        with st.container(key="clear_lead"):
            draw_lead(session, board)
        st.session_state["clear_tab"] = tab
        st.segmented_control(
            text("clear.tabs"), TABS, key="clear_tab", required=True, label_visibility="collapsed",
            format_func=lambda one: text(f"clear.tab.{one}"),
            on_change=lambda: show(tab=st.session_state["clear_tab"], pick="", review=""),
        )  # fmt: skip
    if tab == "ledger":
        pick = read_pick()
        if pick in HOME_PICKS:
            draw_funnel_homes(session, pick)
        else:
            draw_ledger(session, pick, read_rows(session, pick))
    elif tab == "review":
        draw_review(session)
    elif tab == "measures":
        draw_measures(session)
    elif tab == "matters":
        draw_matters(session)
    elif tab == "rounds":
        draw_rounds(session)
    else:
        draw_board(session, board)

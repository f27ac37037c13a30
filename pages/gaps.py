"""缺口: who has not been reached, by household and by group, what is still to do at visited homes, who is to leave."""

import streamlit as st

from geo.ui.done import say_done
from geo.ui.exclusions_view import draw_exclusion_lead, draw_exclusions
from geo.ui.gaps_actions import draw_actions, draw_exports
from geo.ui.gaps_data import read_filter, read_lists
from geo.ui.gaps_view import draw_empty, draw_lead, draw_lists, draw_pills, draw_table
from geo.ui.overview_view import draw_no_round
from geo.ui.shell import require

session = require("view")
if session.round is None:
    draw_no_round(session)
    st.stop()
say_done()
chosen = read_filter()
figures, lists = read_lists(session, session.round)
rows = chosen.rows_of(lists.of(chosen.by))
with st.container(key="gap_top", horizontal=True, vertical_alignment="center"):
    draw_lists(chosen, lists)
    if chosen.by == "out":
        draw_exclusion_lead(session, figures)
    else:
        draw_lead(figures, session.round, chosen, lists)
        draw_exports(session, session.round, chosen, lists, rows)
draw_pills(chosen, lists, level=session.place.level)
if rows.empty:
    draw_empty(session, figures, chosen, lists)
elif chosen.by == "out":
    draw_exclusions(session, session.round, figures, lists, rows)
else:
    ticked = draw_table(session, chosen, lists, rows)
    draw_actions(session, session.round, chosen, lists, ticked)

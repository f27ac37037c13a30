"""计划: who goes where, on which day, in which order; changed by hand, published to teams, taken away on paper."""

import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.ui.done import say_done
from geo.ui.overview_view import draw_no_round
from geo.ui.plain import show_error
from geo.ui.plan_actions import draw_changes, draw_files, draw_publish
from geo.ui.plan_data import find_draft, make_draft
from geo.ui.plan_view import ask_wanted, draw_comparison, draw_day_map, draw_lead, draw_team_days, draw_why
from geo.ui.routes_view import draw_routes, follow_code
from geo.ui.shell import require

session = require("record_visit")
if session.round is None:
    draw_no_round(session)
    st.stop()
say_done()
follow_code(session)
if may(session.scope, "assign") and session.place.level == "village":
    wanted = ask_wanted()
    if st.button(text("plan.start"), key="plan_start", type="secondary"):
        bar = st.progress(0.0, text("plan.running"))
        try:
            if make_draft(session, session.round, wanted, bar.progress) is None:
                st.info(text("plan.nobody"))
        except GeoError as error:
            show_error(error)
        bar.empty()
    draft = find_draft(session, session.round)
    if draft is not None:
        village = draft.village()
        draw_lead(village)
        left, right = st.columns([736, 560], gap="medium")
        with left:
            draw_day_map(village)
            draw_comparison(village)
        with right:
            draw_team_days(village)
            draw_changes(session, session.round, draft, village)
            draw_why(village)
        with st.container(key="plan_out", horizontal=True, vertical_alignment="center", gap="small"):
            draw_publish(session, session.round, village)
            draw_files(session, session.round, draft, village)
elif may(session.scope, "assign"):
    st.info(text("plan.choose_village"))
draw_routes(session, session.round)

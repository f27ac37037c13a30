"""计划: who goes where, on which day, in which order; changed by hand, published to teams, taken away on paper."""

import streamlit as st

from geo.errors import GeoError
from geo.planning import PlanDocument
from geo.ui.done import say_done
from geo.ui.overview_view import draw_no_round
from geo.ui.plain import show_error
from geo.ui.plan_actions import draw_changes
from geo.ui.plan_compare import draw_comparison
from geo.ui.plan_data import find_draft, list_kept, read_wanted
from geo.ui.plan_files import draw_files
from geo.ui.plan_publish import draw_publish, draw_publish_all
from geo.ui.plan_run import draw_run
from geo.ui.plan_start import draw_start
from geo.ui.plan_units import choose_unit
from geo.ui.plan_view import draw_day_map, draw_lead, draw_team_days, draw_why
from geo.ui.plan_whatif import draw_what_if
from geo.ui.routes_view import draw_published
from geo.ui.shell import require

session = require("assign")
if session.round is None:
    draw_no_round(session)
    st.stop()
say_done()
draw_start(session, session.round)
try:
    working = draw_run()
except GeoError as error:
    show_error(error)
    working = False
kept = {} if working else list_kept(session, session.round)
unit = choose_unit(kept) if kept else ""
draft = find_draft(session, session.round, unit, kept[unit]) if unit else None
if draft is not None:
    wanted = read_wanted(kept[unit])
    village = draft.village()
    draw_lead(village)
    left, right = st.columns([736, 560], gap="medium")
    with left:
        draw_day_map(session, village)
        draw_comparison([one["draft"] for one in kept.values()] if len(kept) > 1 else [village.figures()])
        draw_what_if(session, session.round, wanted, [one["draft"] for one in kept.values()])
    with right:
        draw_team_days(village)
        draw_changes(session, session.round, wanted, draft, village)
    with st.container(key="plan_out", horizontal=True, vertical_alignment="center", gap="small"):
        draw_publish(session, session.round, draft, village)
        draw_publish_all(session, session.round, kept)
        drafted = PlanDocument(session.round.id, session.today, draft.terms.mode, draft.terms.seed, (village,))
        draw_files(session, session.round, drafted, what="plan")
    draw_why(village)
draw_published(session, session.round)

"""计划 begun: what is asked of a plan, for which homes, and the button that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.planning import list_tasks
from geo.store.plansettings import keep_plan_settings, read_plan_settings
from geo.ui.navigation import find_page, has_page
from geo.ui.plain import show_error
from geo.ui.plan_data import (
    ALL_MODES,
    TRAVELS,
    Wanted,
    choose_all,
    choose_homes,
    chosen_homes,
    usual_detour,
)
from geo.ui.plan_run import start_run
from geo.ui.session import view_params

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session


def draw_start(session: Session, round_: Round) -> None:
    """Draw what a plan is asked for, in one row, and plan when the button is pressed."""
    wanted = _ask_wanted(session)
    with st.container(key="plan_begin", horizontal=True, vertical_alignment="center", gap="small"):
        pressed = st.button(text("plan.start"), key="plan_start", type="secondary")
        if wanted.only is not None:
            st.markdown(text("plan.only", n=len(wanted.only)))
            st.button(text("plan.only.all"), key="plan_all", type="tertiary", on_click=choose_all)
    if not pressed:
        return
    try:
        _keep_detour(session, wanted)
        tasks = list_tasks(
            session.db, session.scope, round_=round_, place_id=session.place.id, setup=wanted.setup(), only=wanted.only
        )
        if not tasks:
            st.info(text("plan.nobody"))
            return
        start_run(session, round_, wanted, tasks)
    except GeoError as error:
        show_error(error)


def _ask_wanted(session: Session) -> Wanted:
    first = Wanted()
    level = session.place.level
    pool = False
    with st.container(key="plan_wanted", horizontal=True, vertical_alignment="bottom", gap="small"):
        teams = st.number_input(text("plan.ask.teams"), 1, 20, first.teams, key="plan_teams")
        days = st.number_input(text("plan.ask.days"), 1, 60, first.days, key="plan_days")
        hours = st.number_input(text("plan.ask.hours"), 1.0, 14.0, first.hours, 0.5, key="plan_hours")
        travel = st.selectbox(text("plan.ask.travel"), TRAVELS, key="plan_travel", format_func=_say("plan.travel"))
        detour = None
        if level in ("township", "village", "group"):
            detour = float(
                st.number_input(text("plan.ask.detour"), 1.0, 3.0, usual_detour(session), 0.01,
                                key=f"plan_detour_{session.place.id}", help=text("plan.ask.detour.help"))
            )  # fmt: skip
        mode = st.selectbox(text("plan.ask.mode"), ALL_MODES, key="plan_mode", format_func=_say("plan.mode"))
        if level in ("district", "township"):
            pool = st.checkbox(text("plan.ask.pool"), key="plan_pool", help=text("plan.ask.pool.help"))
    return Wanted(int(teams), int(days), float(hours), travel, detour, mode, pool, chosen_homes(session))


def _keep_detour(session: Session, wanted: Wanted) -> None:
    """Keep the detour that was typed as the setting of the township, so that it holds for its next plans too."""
    if wanted.detour is not None and abs(wanted.detour - usual_detour(session)) > 1e-9:  # noqa: PLR2004 - the same
        township = session.place.id if session.place.level == "township" else session.place.parent
        if township:
            kept = read_plan_settings(session.db).get(township, {})
            keep_plan_settings(session.db, session.scope, said={township: {**kept, "detour": wanted.detour}})


def _say(prefix: str) -> Any:
    return lambda word: text(f"{prefix}.{word}")


def offer_planning(session: Session, households: tuple[str, ...], *, key: str) -> None:
    """Draw the button that hands households to 计划, where only those are planned then."""
    if has_page("plan") and st.button(text("plan.add"), key=key):
        choose_homes(session, households)
        st.switch_page(find_page("plan"), query_params=view_params(session))

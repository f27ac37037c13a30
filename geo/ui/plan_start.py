"""计划 begun: what is asked of a plan, for which homes, and the button that starts it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.plan.stops import MODES
from geo.planning import list_tasks
from geo.store.plansettings import keep_plan_settings
from geo.ui.navigation import find_page, has_page
from geo.ui.plain import escape, show_error
from geo.ui.plan_ask import ask_more, ask_row, begin_asking
from geo.ui.plan_data import Wanted, choose_all, choose_homes, chosen_homes
from geo.ui.plan_run import start_run
from geo.ui.plan_settings import Kept, forget_others, list_changes, make_said, read_kept
from geo.ui.session import view_params

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session


def draw_start(session: Session, round_: Round) -> None:
    """Draw what a plan is asked for; keep it for the place and plan when the button is pressed."""
    kept = read_kept(session)
    asking = begin_asking(session, round_, kept)
    only = chosen_homes(session)
    with st.container(key="plan_wanted", horizontal=True, vertical_alignment="bottom", gap="small"):
        typed = ask_row(asking)
        mode = st.selectbox(text("plan.ask.mode"), MODES, key="plan_mode", width=112,
                            format_func=lambda one: text(f"plan.mode.{one}"))  # fmt: skip
        pool = kept.place.level != "village" and st.checkbox(
            text("plan.ask.pool"), key="plan_pool", help=text("plan.ask.pool.help")
        )
        pressed = st.button(text("plan.start"), key="plan_start")
        if only is not None:
            st.markdown(text("plan.only", n=len(only)))
            st.button(text("plan.only.all"), key="plan_all", type="tertiary", on_click=choose_all)
    typed = ask_more(asking, typed)
    _tell_others(session, kept)
    if not pressed:
        return
    changes = list_changes(kept, typed)
    wanted = Wanted(make_said(session, typed, changes, pool=pool), mode, only)
    try:
        _begin(session, round_, wanted)
        # Only what can be planned by is kept.
        keep_plan_settings(session.db, session.scope, said=changes)
    except GeoError as error:
        show_error(error)


def _begin(session: Session, round_: Round, wanted: Wanted) -> None:
    """Plan what is wanted. Raises `Invalid` where it cannot be planned: no day is left, no file of roads is there."""
    tasks = list_tasks(
        session.db, session.scope, round_=round_, place_id=session.place.id, setup=wanted.setup(), only=wanted.only
    )
    if not tasks:
        st.info(text("plan.nobody"))
        return
    tasks[0].measure()
    start_run(session, round_, wanted, tasks)


def _tell_others(session: Session, kept: Kept) -> None:
    """Say which units below have settings of their own, which hold there instead."""
    if not kept.others:
        return
    with st.container(key="plan_others", horizontal=True, vertical_alignment="center", gap="small"):
        names = text("list.comma").join(kept.others.values())
        st.caption(escape(text("plan.others", names=names)), width="content")
        st.button(text("plan.others.forget"), key="plan_forget", type="tertiary",
                  on_click=partial(forget_others, session, kept))  # fmt: skip


def offer_planning(session: Session, households: tuple[str, ...], *, key: str) -> None:
    """Draw the button that hands households to 计划, where only those are planned then."""
    if has_page("plan") and st.button(text("plan.add"), key=key):
        choose_homes(session, households)
        st.switch_page(find_page("plan"), query_params=view_params(session))

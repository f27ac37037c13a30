"""管理 on the screen: 轮次 (made, closed, locked; who joins and who is to leave), 队伍, 口径, 底图."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo import codes
from geo.errors import GeoError
from geo.i18n import text
from geo.store.households import find_code
from geo.store.published import close_round, list_published, lock_round, reopen_round
from geo.store.reads import read_figures
from geo.store.roster_changes import join_round, propose_leaving
from geo.store.rounds import RoundPlan, create_round, list_rounds
from geo.store.rules import load_rules
from geo.ui.admin_basemap import draw_basemap
from geo.ui.admin_rules import draw_rules
from geo.ui.admin_teams import draw_teams
from geo.ui.done import note_done
from geo.ui.overview_head import draw_head
from geo.ui.plain import say, show_error
from geo.ui.session import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.model import Round
    from geo.ui.session import Session

_TABS: Final = ("rounds", "teams", "lists", "basemap")
_ROW: Final = 28


def draw_page(session: Session) -> None:
    """Draw the part that the address names."""
    asked = str(st.query_params.get("tab", ""))
    tab = asked if asked in _TABS else _TABS[0]
    st.session_state["admin_tab"] = tab
    st.segmented_control(
        text("web.page.admin"), _TABS, key="admin_tab", required=True, label_visibility="collapsed",
        format_func=lambda one: text(f"admin.tab.{one}"), on_change=lambda: show(tab=st.session_state["admin_tab"]),
    )  # fmt: skip
    if tab == "teams":
        draw_teams(session)
        return
    if tab == "lists":
        draw_rules(session)
        return
    if tab == "basemap":
        draw_basemap(session)
        return
    rounds = list_rounds(session.db, session.scope)
    with st.container(key="sec_rounds"):
        _draw_rounds(session, rounds)
    if rounds:
        chosen = _choose_round(rounds)
        with st.container(key="sec_steps"):
            _draw_steps(session, chosen)
        if chosen.status != "locked":
            with st.container(key="sec_roster"):
                _draw_roster(session, chosen)
    with st.container(key="sec_new"):
        _draw_new(session)


def _draw_rounds(session: Session, rounds: list[Round]) -> None:
    draw_head(text("admin.tab.rounds"), text("admin.rounds.note", n=len(rounds)))
    published = list_published(session.db, session.scope)
    rows = [_row(session, one, published.get(one.id, "")) for one in rounds]
    if rows:
        headers = {name: st.column_config.TextColumn(text(f"admin.col.{name}")) for name in rows[0]}
        st.dataframe(pd.DataFrame(rows), hide_index=True, row_height=_ROW, column_config=headers, key="rounds")


def _row(session: Session, one: Round, figures: str) -> dict[str, Any]:
    found = read_figures(session.db, session.scope, round_id=one.id, place_id=session.scope.area)
    shares = {
        key: f"{one.percent} ({one.numerator:,} / {one.denominator:,})"
        for key, one in ((key, found.share(f"kpi.{key}")) for key in ("coverage", "excluded"))
    }
    return {
        "number": one.number,
        "name": one.name,
        "days": f"{one.starts_on} – {one.ends_on}",
        "target": f"{one.target_bp / 100:g}%",
        "status": text(f"round_status.{one.status}"),
        "roster": f"{found.counts.roster:,}",
        **shares,
        "pending": f"{found.counts.pending:,}",
        "figures": figures,
    }


def _choose_round(rounds: list[Round]) -> Round:
    by_id = {one.id: one for one in rounds}
    chosen = st.selectbox(
        text("admin.which"), list(by_id), index=len(by_id) - 1, key="admin_round",
        format_func=lambda one: text("admin.round", number=by_id[one].number, name=by_id[one].name), width=320,
    )  # fmt: skip
    return by_id[chosen]


def _draw_steps(session: Session, chosen: Round) -> None:
    """The steps that the status allows, each with what it does."""
    steps: dict[str, list[tuple[str, Callable[..., Any]]]] = {
        "open": [("close", close_round)],
        "closed": [("lock", lock_round), ("reopen", reopen_round)],
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, service in steps.get(chosen.status, []):
            st.button(
                text(f"admin.do.{name}"), key=f"round_{name}", on_click=_take, args=(session, chosen, name, service)
            )
        st.caption(text(f"admin.about.{chosen.status}"))


def _take(session: Session, chosen: Round, name: str, service: Callable[..., Any]) -> None:
    try:
        answer = service(session.db, session.scope, round_id=chosen.id)
    except GeoError as error:
        note_done(say(error))
        return
    note_done(text(f"admin.done.{name}", name=chosen.name, id=answer or ""))


def _draw_roster(session: Session, chosen: Round) -> None:
    draw_head(text("admin.roster"), text("admin.roster.note"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        code = st.text_input(text("admin.code"), key="roster_code", max_chars=60, width=220).strip()
        reason = st.selectbox(
            text("admin.reason"), codes.EXCLUDING_OUTCOMES, index=None, key="roster_reason", width=160,
            format_func=lambda one: text(f"outcome.{one}"), placeholder=text("issue_form.choose"),
        )  # fmt: skip
        evidence = st.text_input(text("admin.evidence"), key="roster_evidence", max_chars=200)
        leave = st.button(text("admin.leave"), key="roster_leave", disabled=not code or reason is None)
        join = st.button(text("admin.join"), key="roster_join", disabled=not code)
    if not (leave or join):
        return
    try:
        home = find_code(session.db, session.scope, code=code)
        if join:
            join_round(session.db, session.scope, round_id=chosen.id, household_id=home)
        else:
            propose_leaving(
                session.db, session.scope, round_id=chosen.id, household_id=home, reason=str(reason), evidence=evidence
            )
    except GeoError as error:
        show_error(error)
        return
    note_done(text("admin.joined" if join else "admin.proposed", code=code))
    st.rerun()


def _draw_new(session: Session) -> None:
    draw_head(text("admin.new"), text("admin.new.note"))
    usual = load_rules(session.db, session.scope)["target"] / 100
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(text("admin.col.name"), key="new_name", max_chars=60, width=240)
        first = st.date_input(text("admin.first"), session.today, key="new_first", format="YYYY-MM-DD", width=150)
        last = st.date_input(
            text("admin.last"), session.today + timedelta(days=30), key="new_last", format="YYYY-MM-DD", width=150
        )
        target = st.number_input(
            text("admin.target"),
            0.0,
            100.0,
            usual,
            step=0.5,
            key="new_target",
            width=120,
        )
        phone = st.checkbox(text("admin.phone"), key="new_phone")
        made = st.button(text("admin.make"), key="new_make", type="primary", disabled=not name.strip())
    if not made or not isinstance(first, date) or not isinstance(last, date):
        return
    plan = RoundPlan(
        name, first, last, session.scope.area, target_bp=round(float(target) * 100), away_phone_counts=phone
    )
    try:
        done = create_round(session.db, session.scope, plan=plan)
    except GeoError as error:
        show_error(error)
        return
    note_done(text("admin.made", number=done.number, name=done.name))
    st.rerun()

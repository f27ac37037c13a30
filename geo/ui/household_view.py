"""The household page: who it is, how it stands in this round, recording a visit, what was said before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.access import may
from geo.errors import NotAllowed, NotFound
from geo.gaps import rank_gaps
from geo.i18n import text
from geo.store.gap_homes import read_gap_homes
from geo.store.households import get_household
from geo.ui import household_edits as edits
from geo.ui.household_data import SYMBOLS, Card, read_card
from geo.ui.household_facts import say_last, show_facts, show_group, show_visits
from geo.ui.navigation import find_page
from geo.ui.noting import note_view
from geo.ui.plain import show_error
from geo.ui.session import show, view_params
from geo.ui.visit_form import show_form
from geo.ui.visit_issues import show_issues
from geo.ui.visit_save import show_last_saved, show_save_bar

if TYPE_CHECKING:
    from geo.model import Round, Scope
    from geo.store.database import Database
    from geo.ui.session import Session

_STYLE: Final = Path(__file__).parent / "static" / "forms.css"
_COLUMNS: Final = (262, 742, 262)
_SHOWN_DIGITS: Final = 6


def show_page(session: Session, *, household_id: str) -> None:
    """Draw the page of the household that the address names, or say where to find one."""
    st.html(_STYLE)
    if not household_id:
        show_nobody(session)
        return
    try:
        place_id = str(get_household(session.db, session.scope, household_id=household_id)["place"])
        if session.place.id != place_id:
            show(place=place_id)
            st.rerun()
        note_view(household_id)
        show_household(session.db, session.scope, household_id=household_id, round_=session.round)
    except (NotFound, NotAllowed) as error:
        show_error(error)
        show_nobody(session)


def show_household(db: Database, scope: Scope, *, household_id: str, round_: Round | None) -> None:
    """Draw the page of one household. Raises `NotFound`, `NotAllowed`."""
    card = read_card(db, scope, household_id=household_id, round_=round_)
    left, middle, right = st.columns(_COLUMNS, gap="medium")
    entry = None
    with left:
        show_last_saved(db, scope)
        _show_homes(card)
    with middle, st.container(key="sec_household"):
        _show_head(card)
        with st.container(key="last_visit"):
            st.text(say_last(card))
        if may(scope, "record_visit"):
            entry = show_form(db, scope, card=card)
        else:
            show_issues(db, scope, card=card)
    with right:
        show_visits(db, scope, card=card)
        show_facts(db, scope, card=card)
        show_group(card)
    if may(scope, "record_visit"):
        show_save_bar(db, scope, card=card, entry=entry)


def open_household(household_id: str) -> None:
    """Go to another household's card; the rest of the address stays."""
    st.query_params["h"] = household_id
    st.rerun()


def _show_head(card: Card) -> None:
    name = str(card.row["head_name"])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="hh_head"):
        with st.container(key="hh_name", width="content"):
            st.text(name or text("household.no_name"))
        st.text(" · ".join([str(card.row["code"]), *(one.name for one in card.crumbs[-2:])]))
        st.badge(text(f"household_class.{card.row['household_class']}"), color="gray")
        for tag in card.tags:
            st.badge(text(f"tag.{tag}"), color="orange")
        if card.row["size"] is not None:
            st.text(text("household.size", n=card.row["size"]))
        _show_state(card)


def _show_state(card: Card) -> None:
    if card.round is None:
        st.text(text("household.no_round"))
        return
    if card.status is None:
        st.text(text("household.not_in_roster"))
        return
    state = str(card.status["state"])
    words = f"{SYMBOLS[state]} {text(f'state.{state}')}"
    if card.status["pending"]:
        words = f"{words} · {text('mark.exclusion_pending')}"
    st.text(words)


def _show_homes(card: Card) -> None:
    """The households of the group in register order; choosing a row opens it."""
    with st.container(key="sec_homes"):
        if card.homes is None or card.homes.empty:
            st.markdown(f"**{text('household.group_homes')}**")
            st.caption(text("empty.place") if card.round else text("empty.round"))
            return
        in_d = card.homes[card.homes["roster"] == 1]
        done = int(in_d["effective"].sum())
        st.markdown(f"**{text('household.group_homes')}**")
        st.caption(text("household.group_progress", n=done, m=len(in_d) - done))
        shown = card.homes[["state", "head_name", "code", "last_on"]].copy()
        ids = list(card.homes["household"])
        here = [ids.index(card.id)] if card.id in ids else []
        shown["state"] = shown["state"].map(SYMBOLS)
        shown["code"] = shown["code"].map(_shorten)
        key = f"homes:{card.id}"
        st.dataframe(
            shown, key=key, hide_index=True, height=min(38 + 28 * len(shown), 520), row_height=28, on_select="rerun",
            selection_mode="single-row", column_config=_home_columns(),
            selection_default={"selection": {"rows": here, "columns": [], "cells": []}},
        )  # fmt: skip
        _follow_choice(st.session_state.get(key), ids, card)


def _shorten(code: str) -> str:
    """The end of a long code: within a group the beginning is the same for all."""
    return f"…{code[-_SHOWN_DIGITS:]}" if len(code) > _SHOWN_DIGITS + 3 else code


def _follow_choice(choice: Any, ids: list[str], card: Card) -> None:
    rows = choice["selection"]["rows"] if choice else []
    if rows and ids[rows[0]] != card.id:
        open_household(ids[rows[0]])


def _home_columns() -> dict[str, Any]:
    return {
        "state": st.column_config.TextColumn(text("household.col.state"), width=28),
        "head_name": st.column_config.TextColumn(text("household.col.head"), width=60),
        "code": st.column_config.TextColumn(text("household.col.code"), width=78),
        "last_on": st.column_config.DateColumn(text("household.col.last"), width=56, format="MM-DD"),
    }


def show_nobody(session: Session) -> None:
    """Draw the page without a household: the ways to one, the first that is still to be reached, and adding one."""
    st.markdown(f"### {text('household.none')}")
    st.caption(text("household.none_how"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _offer_first(session)
        if may(session.scope, "edit_household") and st.button(text("household.add"), key="add_home"):
            edits.open_addition(session.db, session.scope, place_id=session.place.id, go=open_household)
        for name in ("gaps", "map"):
            st.page_link(find_page(name), label=text(f"household.to_{name}"), query_params=view_params(session))


def _offer_first(session: Session) -> None:
    """Offer the household that presses most, in a village or group, to who records visits."""
    if session.round is None or session.place.level not in ("village", "group"):
        return
    if not may(session.scope, "record_visit"):
        return
    found = read_gap_homes(session.db, session.scope, round_id=session.round.id, place_id=session.place.id)
    gaps = rank_gaps(found.waiting, session.today, found.rules)
    if not gaps.empty and st.button(text("household.first"), type="primary", key="first_home"):
        open_household(str(gaps["household"].iloc[0]))

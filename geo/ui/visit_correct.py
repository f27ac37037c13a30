"""Correcting a visit: a void row, and another visit in its place where one is meant; both stay on record."""

from __future__ import annotations

from dataclasses import replace as replace_entry
from typing import TYPE_CHECKING, Any

import streamlit as st

from geo import codes
from geo.errors import GeoError
from geo.i18n import text
from geo.model import VisitEntry, new_id
from geo.store.rounds import current_round
from geo.store.visits import list_persons, list_told, void_visit
from geo.ui.household_data import IMPLIED_REASONS, Card, find_visit, foresee_void, read_card
from geo.ui.plain import show_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Scope
    from geo.store.database import Database


def open_correction(db: Database, scope: Scope, *, household_id: str, visit_id: str) -> None:
    """Open the dialog of one visit; the ids of what it will store are made now, so a double click is one correction."""
    _correction_dialog(db, scope, household_id, visit_id, (new_id(), new_id()))


@st.dialog(text("visit.correct_title"), width="medium")
def _correction_dialog(db: Database, scope: Scope, household_id: str, visit_id: str, ids: tuple[str, str]) -> None:
    try:
        card = read_card(db, scope, household_id=household_id, round_=current_round(db, scope))
        visit = find_visit(card, visit_id)
    except GeoError as error:
        show_error(error)
        return
    outcome = text(f"outcome.{visit['outcome']}")
    st.text(f"{card.row['code']} · {visit['visited_on'].isoformat()} · {outcome}")
    persons = tuple(list_persons(db, scope, visit_id=visit_id))
    topics, checks = list_told(db, scope, visit_id=visit_id)
    fields = _show_fields(card, visit, new_visit=ids[1])
    replacement = replace_entry(fields, persons=persons, topics=topics, checks=checks)
    after = foresee_void(db, scope, card=card, visit=visit)
    if after is None:
        st.caption(text("ask.void_outside", date=visit["visited_on"]))
    else:
        st.caption(text("ask.void", date=visit["visited_on"], n=after[0], N=after[1]))
    with st.container(horizontal=True):
        replace = st.button(text("visit.replace"), type="primary", key=f"replace:{ids[0]}")
        void = st.button(text("visit.void"), key=f"void:{ids[0]}")
        keep = st.button(text("visit.keep"), key=f"keep:{ids[0]}")
    if keep:
        st.rerun()
    if replace or void:
        try:
            void_visit(db, scope, visit_id=visit_id, void_id=ids[0], replacement=replacement if replace else None)
        except GeoError as error:
            show_error(error)
            return
        st.rerun()


def _show_fields(card: Card, visit: Mapping[Any, Any], *, new_visit: str) -> VisitEntry:
    """The visit as it should have been, prefilled with what was recorded."""
    with st.container(horizontal=True, gap="medium"):
        outcome = st.selectbox(
            text("visit.outcome"), codes.OUTCOMES, index=codes.OUTCOMES.index(visit["outcome"]),
            key=f"{new_visit}:outcome", format_func=lambda one: text(f"outcome.{one}"), width=180,
        )  # fmt: skip
        mode = st.selectbox(
            text("visit.mode"), codes.MODES, index=codes.MODES.index(visit["mode"]), key=f"{new_visit}:mode",
            format_func=lambda one: text(f"mode.{one}"), width=110,
        )  # fmt: skip
        visited_on = st.date_input(
            text("visit.date"), visit["visited_on"], max_value=card.today, key=f"{new_visit}:date",
            format="YYYY-MM-DD", width=150,
        )  # fmt: skip
    reason = None
    if outcome != "effective":
        usual = IMPLIED_REASONS.get(outcome) or visit["reason"]
        reason = st.selectbox(
            text("visit.reason"), codes.VISIT_REASONS, key=f"{new_visit}:reason:{outcome}",
            index=codes.VISIT_REASONS.index(usual) if usual in codes.VISIT_REASONS else None,
            format_func=lambda one: text(f"reason.{one}"), placeholder=text("visit.reason_none"),
        )  # fmt: skip
    note = st.text_area(text("visit.note"), visit["note"], key=f"{new_visit}:note", height=70, max_chars=2000)
    respondent = visit["respondent"] if outcome in codes.CONTACT_OUTCOMES else None
    revisit_on = visit["revisit_on"] if outcome != "effective" else None
    return VisitEntry(
        id=new_visit, household=card.id, visited_on=visited_on or card.today, outcome=outcome, mode=mode, reason=reason,
        respondent=respondent, revisit_on=revisit_on, note=note.strip(),
    )  # fmt: skip

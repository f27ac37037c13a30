"""The bar that saves a visit and goes on, and the strip that says what was saved last."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.coverage import Share
from geo.errors import Conflict, GeoError
from geo.i18n import text
from geo.store.calls import Call, Called, record_call
from geo.store.households import get_household
from geo.store.places import get_place
from geo.ui.household_data import Card, find_next, foresee_save, list_stops, round_of
from geo.ui.photos import store_photos
from geo.ui.plain import escape, show_error
from geo.ui.visit_correct import open_correction
from geo.ui.visit_draft import forget_draft
from geo.ui.visit_form import finish_form, read_entry
from geo.ui.visit_issues import look_again, read_answers, read_raised

if TYPE_CHECKING:
    from geo.model import Scope, VisitEntry
    from geo.store.database import Database

_LAST: Final = "visit_last_saved"
_PROBLEM: Final = "visit_problem"
_ORDER: Final = "visit_order"
#: Asked to save while no outcome was chosen, as far as this run knew.
_WANTED: Final = "visit_save_wanted"
#: Seconds in which the last save can be corrected from the strip above the list.
_CORRECT_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class _LastSaved:
    visit_id: str
    household_id: str
    called: Called
    at: float


def show_save_bar(db: Database, scope: Scope, *, card: Card, entry: VisitEntry | None) -> None:
    """Draw 保存并到下一户 · 保存并停在这户 · 跳过 · 上一户, and what saving will make of the figures.

    Saving runs before the page is drawn again and for the household that the address names then, so that keys pressed
    quickly one after the other are neither lost nor stored twice.
    """
    ids, waiting = list_stops(db, scope, card=card)
    st.session_state[_ORDER] = (ids, waiting)
    _save_late(db, scope, entry)
    following, previous = find_next(ids, waiting, card.id), find_next(ids, waiting, card.id, step=-1)
    with st.bottom:
        problem = st.session_state.pop(_PROBLEM, None)
        if isinstance(problem, GeoError):
            show_error(problem)
        with st.container(horizontal=True, vertical_alignment="center", key="save_bar"):
            st.button(
                text("visit.save_next"), type="primary", shortcut="Ctrl+Enter", key="save_next", on_click=_save,
                args=(db, scope), kwargs={"go_on": True},
            )  # fmt: skip
            st.button(text("visit.save_stay"), key="save_stay", on_click=_save, args=(db, scope))
            st.button(
                text("visit.skip"), type="tertiary", shortcut="Right", key="save_skip", on_click=_go, args=(following,),
                disabled=following is None,
            )  # fmt: skip
            st.button(
                text("visit.back"), type="tertiary", shortcut="Left", key="save_back", on_click=_go, args=(previous,),
                disabled=previous is None,
            )  # fmt: skip
            st.caption(_outlook(db, scope, card=card, entry=entry))


def _save_late(db: Database, scope: Scope, entry: VisitEntry | None) -> None:
    """Save what two keys in one run asked for in the wrong order: a busy server hears of both at once."""
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None and entry is not None:
        _save(db, scope, go_on=wanted)
        st.rerun()


def _go(household_id: str | None) -> None:
    if household_id:
        st.query_params["h"] = household_id


def _save(db: Database, scope: Scope, *, go_on: bool = False) -> None:
    """Store the visit as its fields stand; what went wrong is said in the next drawing, the form keeps its content."""
    household_id = st.query_params.get("h", "")
    entry = read_entry(household_id, db.today()) if household_id else None
    if entry is None:
        st.session_state[_WANTED] = go_on
        return
    try:
        called = record_call(db, scope, call=_read_call(db, scope, entry))
    except GeoError as error:
        st.session_state[_PROBLEM] = error
        if isinstance(error, Conflict):
            look_again(entry.id)
        return
    wrong = store_photos(db, scope, about="visit", about_id=entry.id)
    if wrong:
        # The visit is stored: what a photo lacks is said, and it can be added again beside the visit.
        st.session_state[_PROBLEM] = wrong[0]
    finish_form(entry)
    forget_draft(db, scope, household_id)
    st.session_state[_LAST] = _LastSaved(entry.id, household_id, called, time.monotonic())
    ids, waiting = st.session_state.get(_ORDER, ([], set()))
    following = find_next(ids, waiting, household_id)
    if go_on and following:
        st.query_params["h"] = following


def _read_call(db: Database, scope: Scope, entry: VisitEntry) -> Call:
    """Return the visit with all that its form says about issues."""
    home = get_household(db, scope, household_id=entry.household)
    on = entry.visited_on
    return Call(entry, read_raised(entry.id, home=home, on=on), read_answers(entry.id, on=on))


def _outlook(db: Database, scope: Scope, *, card: Card, entry: VisitEntry | None) -> str:
    """What saving will make of the group's coverage, or where the date falls."""
    if entry is None:
        return text("visit.choose_first")
    if card.round is not None and not card.round.starts_on <= entry.visited_on <= card.round.ends_on:
        other = round_of(db, scope, day=entry.visited_on)
        return text("visit.other_round", round=escape(other.name)) if other else text("visit.no_round")
    after = foresee_save(card, outcome=entry.outcome, mode=entry.mode, visited_on=entry.visited_on)
    if after is None or card.figures is None:
        return text("visit.not_in_roster")
    share = Share("kpi.coverage", *after)
    key = "visit.after_same" if card.figures.counts.effective == after[0] else "visit.after"
    return text(key, n=after[0], N=after[1], p=share.percent)


def show_last_saved(db: Database, scope: Scope) -> None:
    """Draw what was saved last, with a way to correct it for five minutes."""
    last: _LastSaved | None = st.session_state.get(_LAST)
    if last is None or time.monotonic() - last.at > _CORRECT_SECONDS:
        return
    with st.container(key="last_saved"):
        st.text(_say_saved(db, scope, last=last))
        if st.button(text("toast.correct"), type="tertiary", key="correct_last"):
            open_correction(db, scope, household_id=last.household_id, visit_id=last.visit_id)


def _say_saved(db: Database, scope: Scope, *, last: _LastSaved) -> str:
    code = str(get_household(db, scope, household_id=last.household_id)["code"])
    called, saved = last.called, last.called.visit
    if saved is None or not saved.roster:
        said = [text("toast.saved_outside", code=code)]
    else:
        place = get_place(db, scope, place_id=saved.place).name
        said = [text("toast.saved", code=code, place=place, n=saved.effective, N=saved.roster)]
    if called.numbers:
        said.append(text("toast.raised", numbers=text("list.comma").join(called.numbers)))
    if called.acted:
        said.append(text("toast.answered", n=len(called.acted)))
    if any(one.merged for one in called.acted):
        said.append(text("act.merged"))
    return "".join(said)

"""Head, phone and end of the ID of a household, masked, and the button that shows them for a minute, with a reason."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.store import reveal
from geo.ui.plain import show_error

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.household_data import Card

_KEPT: Final = "_revealed"
#: Reasons to choose from; the last is said in words.
_REASONS: Final = ("call", "check", "issue", "other")


def show_phone(db: Database, scope: Scope, *, card: Card) -> None:
    """Draw the phone masked, with the way to see it; while it is revealed, in full until the minute is over."""
    masked, left = str(card.row["phone"]), _seconds_left(card.id)
    if left > 0:
        # The browser asks for this part again just after the minute, whatever else happens on the page.
        st.fragment(_draw_revealed, run_every=left + 0.5)(card.id, masked)
        return
    st.session_state.pop(_KEPT, None)
    if not masked and not card.row["has_id"] and not card.row["head_name"]:
        return
    _draw_line(masked or "—")
    if may(scope, "reveal"):
        _ask(db, scope, card.id)


def _draw_revealed(household_id: str, masked: str) -> None:
    left = _seconds_left(household_id)
    if left <= 0:
        st.session_state.pop(_KEPT, None)
        _draw_line(masked or "—")
        return
    _draw_line(_say(st.session_state[_KEPT][2]))
    st.caption(text("reveal.until", s=max(1, round(left))))


def _draw_line(words: str) -> None:
    with st.container(horizontal=True, gap="small", key="fact_phone"):
        st.caption(text("household.fact.phone"), width=48)
        st.text(words, width="stretch")


def _say(found: reveal.Revealed) -> str:
    parts = [found.head_name, found.phone, text("reveal.last4", digits=found.id_last4) if found.id_last4 else ""]
    return text("list.comma").join(part for part in parts if part)


def _ask(db: Database, scope: Scope, household_id: str) -> None:
    """Draw the question why, behind a button."""
    with st.popover(text("reveal.show"), type="tertiary"):
        said = ask_reason(household_id, text("reveal.note", s=reveal.SHOWN_SECONDS))
    if said is not None:
        _reveal(db, scope, household_id, said)


def ask_reason(about: str, note: str) -> str | None:
    """Draw the question why, as a form: nothing happens before it is whole; return the answer once it is sent."""
    with st.form(f"reveal_{about}", border=False, enter_to_submit=False):
        st.caption(note)
        reason = st.radio(
            text("reveal.reason"), _REASONS, key=f"reveal_reason_{about}",
            format_func=lambda one: text(f"reveal.reason.{one}"),
        )  # fmt: skip
        words = st.text_input(text("reveal.words"), key=f"reveal_words_{about}", max_chars=100)
        if not st.form_submit_button(text("reveal.do"), type="primary", key=f"reveal_do_{about}"):
            return None
    chosen = "" if reason == "other" else text(f"reveal.reason.{reason}")
    return text("list.comma").join(filter(None, [chosen, words.strip()]))


def _reveal(db: Database, scope: Scope, household_id: str, reason: str) -> None:
    try:
        found = reveal.reveal_person(db, scope, household_id=household_id, reason=reason)
    except GeoError as error:
        show_error(error)
        return
    st.session_state[_KEPT] = (household_id, monotonic() + reveal.SHOWN_SECONDS, found)
    st.rerun()


def _seconds_left(household_id: str) -> float:
    """Return how long this household's data stays shown; 0 when nothing of it is, or the time is over."""
    kept = st.session_state.get(_KEPT)
    return max(0.0, kept[1] - monotonic()) if kept and kept[0] == household_id else 0.0

"""The heads of the place in view, masked until somebody with the right says why, and masked again after a minute."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.store import reveal
from geo.ui.plain import show_error
from geo.ui.reveal import ask_reason
from geo.ui.session import NAMES_SHOWN, names_left

if TYPE_CHECKING:
    from geo.ui.session import Session


def draw_names(session: Session) -> None:
    """Draw the way to see the heads of the place; while they are shown, how long yet and the way to hide them."""
    if not may(session.scope, "reveal"):
        return
    left = names_left(session.place.id)
    if left > 0:
        # The browser asks for this part again just after the minute, whatever else happens on the page.
        st.fragment(_draw_shown, run_every=left + 0.5)(session.place.id)
        return
    with st.popover(text("reveal.names")):
        said = ask_reason(f"names_{session.place.id}", text("reveal.names.note", place=session.place.name))
    if said is not None:
        _reveal(session, said)


def _draw_shown(place_id: str) -> None:
    left = names_left(place_id)
    if left <= 0 or st.button(text("reveal.names.hide", s=max(1, round(left))), key="names_hide"):
        st.session_state.pop(NAMES_SHOWN, None)
        st.rerun()


def _reveal(session: Session, reason: str) -> None:
    try:
        reveal.reveal_names(session.db, session.scope, place_id=session.place.id, reason=reason)
    except GeoError as error:
        show_error(error)
        return
    st.session_state[NAMES_SHOWN] = (session.place.id, monotonic() + reveal.SHOWN_SECONDS)
    st.rerun()

"""What the last act did, said once on the next run of the page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from geo.ui.plain import escape

_SAID: Final = "_said"


def note_done(words: str) -> None:
    """Keep a sentence (it may hold data text) for the next run."""
    st.session_state[_SAID] = words


def say_done() -> None:
    """Say what the last act did, once."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.toast(escape(said))

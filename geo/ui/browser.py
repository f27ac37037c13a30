"""Which browser a session belongs to: the owner of the exports and tiles it offers."""

from __future__ import annotations

import secrets
from typing import Final

import streamlit as st

from geo.web.naming import COOKIE, is_owner

_STAND_IN: Final = "_geo_owner"


def owner() -> str:
    """Return the random name of this session's browser, as the gate gave it.

    Without a browser (a page run by a test) it is a random name of the session, which no browser can present.
    """
    found = st.context.cookies.get(COOKIE)
    if is_owner(found):
        return str(found)
    return str(st.session_state.setdefault(_STAND_IN, secrets.token_urlsafe(32)))

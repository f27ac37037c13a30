"""Clicks in a table's column of buttons: which row it was, and the way to the household of that row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.ui.navigation import find_page, has_page
from geo.ui.session import view_params

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.ui.session import Session

_OPENED: Final = "_opened_home"


def clicked_row(key: str) -> int | None:
    """Return the row of the button just clicked, inside the column's callback."""
    found: Mapping[str, Any] | None = st.session_state.get(key)
    return int(found["row"]) if found else None


def open_home(key: str, homes: Sequence[tuple[str, str]]) -> None:
    """Note the household (id, place) of the row just clicked: the callback of a column of codes."""
    row = clicked_row(key)
    if row is not None and row < len(homes):
        st.session_state[_OPENED] = homes[row]


def follow_click(session: Session) -> None:
    """Go to the household noted by `open_home`, if there is one."""
    opened = st.session_state.pop(_OPENED, None)
    if opened and has_page("household"):
        home, place = opened
        st.switch_page(find_page("household"), query_params=view_params(session, h=home, place=place))

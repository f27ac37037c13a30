"""使用自己的数据: demo and own rows never share a database, so own data begins by serving another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.store.editions import DEFAULT_EDITION, list_editions
from geo.ui import datasource
from geo.ui.plain import show_error

if TYPE_CHECKING:
    from geo.store.database import Database


def offer_own_data() -> None:
    """Draw the way from the demo to the own database: what it holds, which units, and the button."""
    with st.container(key="sec_own"):
        st.markdown(f"#### {text('own.title')}")
        st.markdown(text("own.why"))
        edition = DEFAULT_EDITION
        if datasource.has_own():
            st.caption(text("own.exists"))
        else:
            editions = sorted(list_editions(), reverse=True)
            edition = st.selectbox(
                text("own.edition"), editions, index=editions.index(DEFAULT_EDITION), width=320, key="own_edition",
                format_func=lambda one: text("own.edition_of", day=one),
            )  # fmt: skip
        label = text("own.open") if datasource.has_own() else text("own.start")
        if st.button(label, type="primary", key="own_start"):
            try:
                datasource.serve_own(edition=edition)
            except GeoError as error:
                show_error(error)
                return
            _begin_anew()


def offer_demo(db: Database) -> None:
    """Draw the way back to the demo; nothing of the own data is deleted."""
    if not datasource.serves_own():
        return
    with st.container(key="own_back", horizontal=True, vertical_alignment="center"):
        st.caption(text("own.here", edition=db.setting("edition")))
        if st.button(text("own.back"), type="tertiary", key="own_leave"):
            datasource.serve_started()
            _begin_anew()


def _begin_anew() -> None:
    """What this session looked at belongs to the other database."""
    for name in list(st.session_state):
        del st.session_state[name]
    st.query_params.clear()
    st.rerun()

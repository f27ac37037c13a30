"""账号: who is logged in now, and the button that ends a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from geo.accounts.online import list_online, revoke_session
from geo.errors import GeoError
from geo.i18n import text
from geo.ui.conflict import say_moment
from geo.ui.done import note_done
from geo.ui.overview_head import draw_head
from geo.ui.plain import show_error

if TYPE_CHECKING:
    from geo.ui.session import Session

_SHOWN: Final = ("name", "person_name", "address", "opened_at", "seen_at")
_ROW: Final = 28


def draw_online(session: Session) -> None:
    """Draw the live sessions of the accounts one manages, the own one too, and the way to end a ticked one."""
    found = list_online(session.db, session.scope)
    draw_head(text("online.title"), text("online.note", n=len(found)))
    rows = [
        {
            "name": one.name, "person_name": one.person_name, "address": one.address,
            "opened_at": say_moment(one.opened_at), "seen_at": say_moment(one.seen_at),
        }
        for one in found
    ]  # fmt: skip
    columns = {name: st.column_config.TextColumn(text(f"account.shown.{name}")) for name in _SHOWN}
    st.dataframe(
        pd.DataFrame(rows, columns=list(_SHOWN)), hide_index=True, row_height=_ROW, column_config=columns, key="online"
    )
    known = {one.id: one for one in found}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox(
            text("online.which"), list(known), index=None, key="online_chosen", width=300,
            placeholder=text("online.pick"),
            format_func=lambda one: f"{known[one].name} {known[one].address} {say_moment(known[one].opened_at)}",
        )  # fmt: skip
        if chosen is None or not st.button(text("online.end"), key="online_end"):
            return
    try:
        revoke_session(session.db, session.scope, session=chosen)
    except GeoError as error:
        show_error(error)
        return
    note_done(text("online.ended", name=known[chosen].name))
    st.rerun()

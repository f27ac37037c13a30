"""The auditor's page: is the log whole, what happened, and the rows to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.audit import KINDS
from geo.exports.acts import say_state, write_acts
from geo.i18n import text
from geo.store.auditlog import Wanted, list_acts, take_acts, verify_audit
from geo.ui.overview_head import draw_head
from geo.web import grants

if TYPE_CHECKING:
    from geo.ui.session import Session

_ROWS: Final = 500
_SHOWN: Final = ("seq", "at", "actor", "kind", "action", "object", "diff")


def draw_page(session: Session) -> None:
    """Draw the state of the log, the choice of rows, the newest of them, and the link to all of them."""
    draw_head(text("audit.title"), text("audit.note"))
    _draw_state(session)
    wanted = _choose()
    rows = list_acts(session.db, session.scope, wanted=wanted, limit=_ROWS)
    if not rows:
        st.text(text("audit.none"))
        return
    frame = pd.DataFrame(rows)[[*_SHOWN]]
    frame["kind"] = frame["kind"].map(lambda kind: text(f"act_kind.{kind}"))
    columns: dict[str, Any] = {
        name: st.column_config.TextColumn(text(f"act.{name}"), width=width)
        for name, width in (("at", 190), ("actor", 120), ("kind", 80), ("action", 130), ("object", 220), ("diff", 380))
    }
    columns["seq"] = st.column_config.NumberColumn(text("act.seq"), width=70, format="%d")
    st.dataframe(frame, hide_index=True, height=520, row_height=28, key="audit_acts", column_config=columns)
    _draw_link(session, wanted)


def _draw_state(session: Session) -> None:
    if st.button(text("audit.verify"), key="audit_verify"):
        st.session_state["_audit_state"] = verify_audit(session.db, session.scope)
    found = st.session_state.get("_audit_state")
    if found is not None:
        (st.error if found.fault else st.text)(say_state(found))


def _choose() -> Wanted:
    with st.container(key="audit_choice", horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = st.selectbox(
            text("act.kind"), ["", *KINDS], key="audit_kind", width=150,
            format_func=lambda one: text(f"act_kind.{one}") if one else text("audit.all"),
        )  # fmt: skip
        actor = st.text_input(text("act.actor"), key="audit_actor", width=180)
        about = st.text_input(text("act.object"), key="audit_about", width=260)
    return Wanted(kind=kind or "", actor=actor.strip(), about=about.strip())


def _draw_link(session: Session, wanted: Wanted) -> None:
    """Offer the rows as one file; making it is an act of its own, so nothing is made before it is asked for."""
    if not st.button(text("audit.take"), key="audit_take"):
        return
    db, scope = session.db, session.scope

    def make() -> grants.Payload:
        return grants.Payload(write_acts(take_acts(db, scope, wanted=wanted)), "text/csv", text("audit.file"))

    st.link_button(text("audit.save"), f"/exports/{grants.offer(scope.owner, 'export', make)}", key="audit_save")

"""未入册的行 on 导入: rows that no import could take, where they stand in their file, what to do, and giving one up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.errors import GeoError
from geo.i18n import has_text, text
from geo.importer.findings import FIELDS
from geo.importer.refused import dismiss_refused, list_refused
from geo.mask import mask_name, mask_phone
from geo.ui.done import note_done
from geo.ui.plain import show_error
from geo.ui.ticks import clear_ticks, draw_ticked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.model import Scope
    from geo.store.database import Database

_ROWS: Final = 8
_WIDTHS: Final = {"file": 220, "where": 110, "field": 80, "value": 140, "what": 460, "code": 150, "day": 90}
#: Columns of a file whose values are somebody's: shown as leaders see them, for the list is about the row.
_MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    FIELDS["head_name"].header: mask_name,
    FIELDS["phone"].header: mask_phone,
}


def show_refused(db: Database, scope: Scope) -> None:
    """Draw the repair list of the scope's imports; nothing where no row waits."""
    rows = list_refused(db, scope)
    if not rows:
        return
    with st.container(key="sec_refused", gap="xsmall"):
        st.markdown(f"**{text('refused.title', n=len(rows))}**")
        st.caption(text("refused.how"))
        ids = [f"{row['batch']}|{row['row']}" for row in rows]
        ticked = draw_ticked(_make_table(rows), _columns(), of="refused", ids=ids, rows=_ROWS)
        if ticked:
            _draw_bar(db, scope, [rows[nth] for nth in ticked])


def _make_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = [
        {
            "file": " · ".join(part for part in (row["file_name"], row["unit"]) if part),
            "where": row["cell"] or text("refused.row", row=row["row"]),
            "field": row["field"],
            "value": _MASKS.get(row["field"], str)(row["value"]),
            "what": say_refusal(row),
            "code": row["code"],
            "day": row["day"],
        }
        for row in rows
    ]
    return pd.DataFrame(table, columns=list(_WIDTHS))


def say_refusal(row: dict[str, Any]) -> str:
    """Return what keeps a row out and what to do about it; a code without a sentence stands for itself."""
    key = f"finding.{row['code']}"
    if not has_text(key):
        return str(row["code"])
    return text(key, name=row["file_name"], n=row["row"], rows=0, column=row["field"], columns=row["value"], mb=20)


def _columns() -> dict[str, Any]:
    return {key: st.column_config.TextColumn(text(f"refused.col.{key}"), width=width) for key, width in _WIDTHS.items()}


def _draw_bar(db: Database, scope: Scope, picked: list[dict[str, Any]]) -> None:
    with st.container(key="refused_bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{text('refused.picked', n=len(picked))}**")
        if st.button(text("refused.dismiss"), key="refused_dismiss"):
            st.dialog(text("refused.dismiss_title"))(_ask_dismissal)(db, scope, picked)
        st.button(text("gap.unpick"), key="refused_unpick", type="tertiary", on_click=clear_ticks)


def _ask_dismissal(db: Database, scope: Scope, picked: list[dict[str, Any]]) -> None:
    st.markdown(text("refused.ask", n=len(picked)))
    reason = st.text_input(text("refused.reason"), key="refused_reason", placeholder=text("refused.reason_hint"))
    with st.container(horizontal=True):
        sure = st.button(text("refused.do", n=len(picked)), type="primary", key="refused_do")
        if st.button(text("act.back"), key="refused_back"):
            st.rerun()
    if not sure:
        return
    try:
        for row in picked:
            dismiss_refused(db, scope, batch=row["batch"], row=row["row"], reason=reason)
    except GeoError as error:
        show_error(error)
        return
    note_done(text("refused.done", n=len(picked)))
    clear_ticks()
    st.rerun()

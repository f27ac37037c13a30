"""Bringing in a list of work (实事, 队伍) from a page: looked through first, stored when somebody says so."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.errors import GeoError
from geo.i18n import has_text, text
from geo.importer import ImportOptions
from geo.importer.saying import say_changes, say_place
from geo.ui.done import note_done
from geo.ui.drop import drop_files
from geo.ui.plain import escape, show_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.importer import ImportReport
    from geo.ui.session import Session

_ENDINGS: Final = ["xlsx", "xls", "csv", "ods"]
_SHOWN: Final = 50


def offer_upload(session: Session, kind: str, bring: Callable[..., ImportReport]) -> None:
    """Draw the field for a file, what came of reading it, and the button that stores its good rows."""
    with st.expander(text(f"upload.{kind}")):
        st.caption(text(f"upload.{kind}.how"))
        file = drop_files(text("upload.file"), text("upload.hint"), key=f"upload_{kind}", type=_ENDINGS)
        if file is None:
            return
        unit = session.place.id if session.place.level == "village" else ""
        try:
            report = _bring(session, file, bring, ImportOptions(dry_run=True, unit=unit))
            _draw_report(report)
            if not report.rows_ok or not report.changed:
                return
            if st.button(text("upload.store", n=report.rows_ok), type="primary", key=f"upload_do_{kind}"):
                done = _bring(session, file, bring, ImportOptions(good_rows=True, unit=unit))
                note_done(done.message)
                st.rerun()
        except GeoError as error:
            show_error(error)


def _bring(session: Session, file: Any, bring: Callable[..., ImportReport], options: ImportOptions) -> ImportReport:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{Path(file.name).suffix.lower()}"
        path.write_bytes(file.getvalue())
        return bring(session.db, session.scope, path, name=file.name, options=options)


def _draw_report(report: ImportReport) -> None:
    st.text(text("upload.counts", total=report.rows_total, ok=report.rows_ok, bad=len(report.rows_bad)))
    changes = say_changes([report])
    st.text(text("list.semicolon").join(changes) if changes else report.message)
    found = [*report.rows_bad, *report.findings][:_SHOWN]
    if found:
        rows = [
            {"cell": say_place(one.cell), "field": one.field, "value": one.value, "why": _say(one.code, report)}
            for one in found
        ]
        columns = {name: st.column_config.TextColumn(text(f"upload.col.{name}")) for name in rows[0]}
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=columns, row_height=28)


def _say(code: str, report: ImportReport) -> str:
    key = f"finding.{code}"
    return escape(text(key, name=report.name, columns="", column="", rows=1)) if has_text(key) else code

"""台账: the issues behind a figure, as a table that opens each one, and as files; 措施 beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.exports import ExportHead, tabulate_ledger
from geo.i18n import text
from geo.importer.listed import import_issues
from geo.issues.picks import HOME_PICKS, PICKS
from geo.schema import LEDGER_COLUMNS
from geo.store.clearance import list_funnel_homes
from geo.store.measures import read_measures
from geo.ui.clear_homes import draw_home_list
from geo.ui.clicks import clicked_row
from geo.ui.export_menu import draw_menu, offer_people
from geo.ui.list_upload import offer_upload
from geo.ui.navigation import find_page
from geo.ui.overview_head import draw_head
from geo.ui.paging import find_page_of
from geo.ui.plain import escape
from geo.ui.session import show, view_params
from geo.units import shorten_township

if TYPE_CHECKING:
    from geo.ui.session import Session

_FORMS: Final = ("xlsx", "csv", "pdf")
_WIDTHS: Final = {
    "issue_number": 184, "township": 72, "village": 84, "group": 56, "head_name": 58, "category": 76,
    "description": 236, "raised_on": 88, "route": 76, "level_now": 62, "responsible": 100, "due_on": 88,
    "resolved_on": 88, "state": 70, "note": 120,
}  # fmt: skip
_ROW: Final = 28
_ROWS: Final = 16
_OPENED: Final = "_opened_issue"


def draw_funnel_homes(session: Session, pick: str) -> None:
    """Draw the choice of figure, and the households that a number of the funnel by households counts."""
    homes = list_funnel_homes(session.db, session.scope, place_id=session.place.id, pick=pick, as_of=session.as_of)
    with st.container(key="head_ledger", horizontal=True, vertical_alignment="center"):
        _draw_choice(pick)
    said = homes.assign(level=[text(f"issue_level.{one}") for one in homes["level"]])
    draw_home_list(session, said, key="funnel", title=_word(pick), leave="pick", more=("level", "issues"))


def _draw_choice(pick: str) -> None:
    st.session_state["pick"] = pick
    st.selectbox(
        text("clear.pick"), [*PICKS, *HOME_PICKS], key="pick", format_func=_word, label_visibility="collapsed",
        width=190, on_change=lambda: show(pick="" if st.session_state["pick"] == "all" else st.session_state["pick"]),
    )  # fmt: skip


def draw_ledger(session: Session, pick: str, rows: pd.DataFrame) -> None:
    """Draw the choice of figure, the rows it counts, and the file of just these rows."""
    with st.container(key="head_ledger", horizontal=True, vertical_alignment="center"):
        draw_head(text("clear.ledger"), text("clear.ledger.note", n=len(rows), word=_word(pick)))
        _draw_choice(pick)
        _draw_exports(session, pick, rows)
    if rows.empty:
        st.markdown(escape(text("clear.none", word=_word(pick))))
    else:
        _draw_rows(session, pick, rows)
    if may(session.scope, "import") and not session.is_past:
        offer_upload(session, "issues", import_issues)


def _draw_rows(session: Session, pick: str, rows: pd.DataFrame) -> None:
    page = find_page_of(f"ledger_page_{session.place.id}_{pick}", len(rows))
    rows = page.rows_of(rows)
    headers = {column.header: column.key for column in LEDGER_COLUMNS}
    table = tabulate_ledger(rows).as_frame().rename(columns=headers)
    table["township"] = table["township"].map(shorten_township)
    frame = table[[key for key in table.columns if key in _WIDTHS]]
    st.dataframe(
        frame, hide_index=True, row_height=_ROW, height=_ROW * min(len(frame), _ROWS) + 36, key="ledger",
        column_config=_columns(rows["issue"].tolist()),
    )  # fmt: skip
    page.draw()
    follow_issue(session)


def _word(pick: str) -> str:
    return text(f"clear.pick.{pick}")


def _draw_exports(session: Session, pick: str, rows: pd.DataFrame) -> None:
    head = ExportHead(
        title=text("exports.title.ledger"), place=session.place.name, round="", as_of=session.as_of,
        filters="" if pick == "all" else _word(pick), user=session.scope.actor,
    )  # fmt: skip
    exports = offer_people(
        session, "ledger", head, frame=rows, stamp=(session.place.id, pick, session.as_of), tabulate=tabulate_ledger,
        forms=_FORMS,
    )  # fmt: skip
    draw_menu(session, text("clear.export", n=len(rows)), exports)


def _columns(issues: list[str]) -> dict[str, Any]:
    headers = {column.key: column.header for column in LEDGER_COLUMNS}
    columns: dict[str, Any] = {
        key: st.column_config.TextColumn(headers[key], width=width) for key, width in _WIDTHS.items()
    }
    columns["issue_number"] = st.column_config.ButtonColumn(
        headers["issue_number"], width=_WIDTHS["issue_number"], type="tertiary", alignment="left", key="ledger_issue",
        on_click=note_issue, args=("ledger_issue", issues),
    )  # fmt: skip
    return columns


def note_issue(key: str, issues: list[str]) -> None:
    """Note the issue of the row just clicked: the callback of a column of numbers."""
    row = clicked_row(key)
    if row is not None and row < len(issues):
        st.session_state[_OPENED] = issues[row]


def follow_issue(session: Session) -> None:
    """Go to the issue whose number was just clicked, if there is one."""
    opened = st.session_state.pop(_OPENED, None)
    if opened:
        st.switch_page(find_page("issue"), query_params=view_params(session, i=opened))


def draw_measures(session: Session) -> None:
    """Draw every measure of valid issues here, those not done first; or, where a number asks for them, those done."""
    found = read_measures(session.db, session.scope, place_id=session.place.id, as_of=session.as_of)
    done = int(found["done_on"].notna().sum())
    draw_head(text("clear.measures"), text("clear.measures.note", n=len(found), done=done))
    if st.query_params.get("pick") == "done":
        found = found[found["done_on"].notna()]
        st.button(text("clear.measures.all", n=done), key="measures_all", on_click=show, kwargs={"pick": ""})
    if found.empty:
        st.markdown(escape(text("clear.measures.none")))
        return
    shown = found[["number", "text", "unit", "responsible", "drawn_on", "due_on", "done_on"]]
    columns: dict[str, Any] = {
        name: st.column_config.TextColumn(text(f"clear.measure.{name}"), width=width)
        for name, width in (
            ("text", 380),
            ("unit", 120),
            ("responsible", 110),
            ("drawn_on", 96),
            ("due_on", 96),
            ("done_on", 96),
        )
    }
    columns["number"] = st.column_config.ButtonColumn(
        text("clear.measure.number"), width=160, type="tertiary", alignment="left", key="measure_issue",
        on_click=note_issue, args=("measure_issue", found["issue"].tolist()),
    )  # fmt: skip
    st.dataframe(
        shown, hide_index=True, row_height=_ROW, height=_ROW * min(len(shown), _ROWS) + 36, key="measures",
        column_config=columns,
    )  # fmt: skip
    follow_issue(session)

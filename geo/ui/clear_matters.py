"""实事: what was done for people, counted and summed from rows; entered here, or brought in as a sheet."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.exports import ExportHead, tabulate_matters
from geo.i18n import text
from geo.importer.listed import import_matters
from geo.model import new_id
from geo.schema.columns_work import MATTER_COLUMNS
from geo.store.categories import list_categories, offer_categories
from geo.store.matter_reads import MatterSum, read_matters, sum_matters
from geo.store.matters import MatterEntry, add_matter, edit_matter, remove_matter
from geo.ui.clicks import clicked_row
from geo.ui.done import note_done
from geo.ui.export_menu import draw_menu, offer_table
from geo.ui.list_upload import offer_upload
from geo.ui.overview_head import draw_head
from geo.ui.photos import draw_photos
from geo.ui.plain import escape, show_error
from geo.ui.session import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.ui.session import Session

_ROW: Final = 28
_ROWS: Final = 14
_FEN: Final = 100
_FORMS: Final = ("xlsx", "csv", "pdf")
_OPENED: Final = "_opened_matter"
_WIDTHS: Final = {
    "matter_number": 190, "township": 80, "village": 84, "group": 56, "category": 80, "title": 260, "unit": 110,
    "responsible": 80, "funds": 120, "homes": 74, "started_on": 92, "done_on": 92,
}  # fmt: skip


def draw_matters(session: Session) -> None:
    """Draw the sums, the rows of a category, and what can be done: enter one, take the list away, bring one in."""
    sums = sum_matters(session.db, session.scope, place_id=session.place.id, as_of=session.as_of)
    asked = str(st.query_params.get("kind", ""))
    names = {one.code: one.name for one in list_categories(session.db, session.scope)}
    kind = asked if asked in names else ""
    frame = read_matters(
        session.db, session.scope, place_id=session.place.id, as_of=session.as_of, category=kind
    )  # fmt: skip
    with st.container(key="head_matters", horizontal=True, vertical_alignment="center"):
        note = text("matter.sum", n=sums.whole.matters, done=sums.whole.done, funds=say_funds(sums.whole.done_fen))
        draw_head(text("clear.tab.matters"), note)
        _choose_kind(kind, names)
        works = may(session.scope, "act_on_issue") and not session.is_past
        if works and st.button(text("matter.add"), key="matter_enter"):
            _ask_matter(session, new_id(), {})
        _draw_exports(session, frame, kind, names)
    _draw_sums(sums.by_category, sums.infrastructure, names)
    if frame.empty:
        st.markdown(escape(text("matter.none")))
    else:
        _draw_rows(frame)
        _follow(session, frame)
    if may(session.scope, "import") and not session.is_past:
        offer_upload(session, "matters", import_matters)


def say_funds(fen: int) -> str:
    """Return money as people say it: 552,000.00 元, from 10,000 yuan up in 万元, from 100 million up in 亿元."""
    for least, word in ((10_000_000_000, "yi"), (1_000_000, "wan")):
        if fen >= least:
            return text(f"matter.money.{word}", n=f"{fen / least:,.2f}")
    return text("matter.money.yuan", n=f"{fen / _FEN:,.2f}")


def _choose_kind(kind: str, names: Mapping[str, str]) -> None:
    st.session_state["matter_kind"] = kind
    st.selectbox(
        text("matter.category"), ["", *names], key="matter_kind", label_visibility="collapsed",
        format_func=lambda one: escape(names[one]) if one else text("matter.all"), width=150,
        on_change=lambda: show(kind=st.session_state["matter_kind"]),
    )  # fmt: skip


def _draw_exports(session: Session, frame: pd.DataFrame, kind: str, names: Mapping[str, str]) -> None:
    head = ExportHead(
        title=text("exports.title.matters"), place=session.place.name, round="", as_of=session.as_of,
        filters=names.get(kind, ""), user=session.scope.actor,
    )  # fmt: skip
    exports = offer_table(
        "matters", head, rows=len(frame), stamp=(session.place.id, kind, session.as_of),
        tabulate=partial(tabulate_matters, frame), forms=_FORMS,
    )  # fmt: skip
    draw_menu(session, text("matter.export", n=len(frame)), exports)


def _draw_sums(found: Mapping[str, MatterSum], infrastructure: MatterSum, names: Mapping[str, str]) -> None:
    """One line a category: how many done, for how much; 水电路讯房 together below."""
    lines = [(names[one], each) for one, each in found.items()]
    if lines:
        lines.append((text("matter.infrastructure"), infrastructure))
    parts = [text("matter.of", word=word, n=each.done, funds=say_funds(each.done_fen)) for word, each in lines]
    if parts:
        st.caption(escape(text("list.semicolon").join(parts)))


def _draw_rows(frame: pd.DataFrame) -> None:
    headers = {column.header: column.key for column in MATTER_COLUMNS}
    table = tabulate_matters(frame).as_frame().rename(columns=headers)
    shown = table[[key for key in _WIDTHS if table[key].astype(str).str.len().any()]]
    names = {column.key: column.header for column in MATTER_COLUMNS}
    columns: dict[str, Any] = {
        key: st.column_config.TextColumn(names[key], width=_WIDTHS[key]) for key in shown.columns
    }
    columns["funds"] = st.column_config.TextColumn(names["funds"], width=_WIDTHS["funds"], alignment="right")
    columns["matter_number"] = st.column_config.ButtonColumn(
        names["matter_number"], width=_WIDTHS["matter_number"], type="tertiary", alignment="left", key="matter_open",
        on_click=_note, args=(frame["matter"].tolist(),),
    )  # fmt: skip
    if "funds" in shown:
        shown = shown.assign(funds=[one if one == "" else f"{one:,.2f}" for one in shown["funds"]])
    st.dataframe(
        shown, hide_index=True, row_height=_ROW, height=_ROW * min(len(shown), _ROWS) + 36, key="matters",
        column_config=columns,
    )  # fmt: skip


def _note(ids: list[str]) -> None:
    row = clicked_row("matter_open")
    if row is not None and row < len(ids):
        st.session_state[_OPENED] = ids[row]


def _follow(session: Session, frame: pd.DataFrame) -> None:
    opened = st.session_state.pop(_OPENED, None)
    rows = frame[frame["matter"] == opened].to_dict("records") if opened else []
    if rows:
        _ask_matter(session, str(rows[0]["matter"]), {str(key): value for key, value in rows[0].items()})


@st.dialog(text("matter.title"), width="large")
def _ask_matter(session: Session, matter_id: str, row: dict[str, Any]) -> None:
    """The id is made when the form opens, so a double click is one matter; `row` is the one to change, if any."""
    entry = _read_form(session, matter_id, row)
    if row:
        draw_photos(session.db, session.scope, about="matter", about_id=matter_id, adds=not session.is_past)
    if session.is_past or not may(session.scope, "act_on_issue"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        saves = st.button(text("matter.save"), type="primary", key=f"matter:{matter_id}:save")
        reason = removes = None
        if row:
            reason = st.text_input(text("matter.why_remove"), key=f"matter:{matter_id}:why", max_chars=200)
            removes = st.button(text("matter.remove"), key=f"matter:{matter_id}:remove")
    try:
        if saves and row:
            changes = {name: getattr(entry, name) for name in _EDITED}
            edit_matter(session.db, session.scope, matter_id=matter_id, rev=int(row["rev"]), changes=changes)
            number = str(row["matter_number"])
        elif saves:
            number = add_matter(session.db, session.scope, entry=entry)
        elif removes:
            remove_matter(session.db, session.scope, matter_id=matter_id, rev=int(row["rev"]), reason=reason or "")
            number = str(row["matter_number"])
        else:
            return
    except GeoError as error:
        show_error(error)
        return
    note_done(text("matter.removed" if removes else "matter.saved", number=number))
    st.rerun()


#: What the form asks for.
_EDITED: Final = (
    "category", "title", "unit", "responsible", "funds_fen", "source", "homes", "started_on", "done_on", "note",
)  # fmt: skip


def _read_form(session: Session, matter_id: str, row: dict[str, Any]) -> MatterEntry:
    key = f"matter:{matter_id}"
    with st.container(horizontal=True, gap="medium"):
        names = offer_categories(session.db, session.scope)
        if "category" in row:
            names.setdefault(row["category"], str(row["category_name"]))
        category = st.selectbox(
            text("matter.category"), list(names), index=list(names).index(row.get("category", next(iter(names)))),
            format_func=lambda one: escape(names[one]), key=f"{key}:category", width=150,
        )  # fmt: skip
        title = st.text_input(text("matter.what"), row.get("title", ""), key=f"{key}:title", max_chars=200)
    texts = {}
    with st.container(horizontal=True, gap="medium"):
        for name in ("unit", "responsible", "source"):
            texts[name] = st.text_input(text(f"matter.{name}"), row.get(name, ""), key=f"{key}:{name}", max_chars=60)
    with st.container(horizontal=True, gap="medium"):
        fen, homes = _known(row.get("funds_fen")), _known(row.get("homes"))
        funds = st.number_input(
            text("matter.funds"), 0.0, None, None if fen is None else fen / _FEN, key=f"{key}:funds", format="%.2f"
        )
        count = st.number_input(text("matter.homes"), 0, None, homes, key=f"{key}:homes", step=1)
        days = [
            st.date_input(
                text(f"matter.{name}"), row.get(name), max_value=session.today, key=f"{key}:{name}", format="YYYY-MM-DD"
            )
            for name in ("started_on", "done_on")
        ]
    note = st.text_area(text("act.note"), row.get("note", ""), key=f"{key}:note", height=70, max_chars=2000)
    return MatterEntry(
        matter_id, str(row.get("place") or session.place.id), str(category), title, **texts, note=note,
        funds_fen=None if funds is None else round(funds * _FEN), homes=None if count is None else int(count),
        started_on=days[0], done_on=days[1],
    )  # fmt: skip


def _known(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)

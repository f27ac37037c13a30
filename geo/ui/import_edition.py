"""换一版行政区划: what a newer list of units changes, who succeeds whom where it does not say, and one confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.importer.succession import load_newer
from geo.store.editions import list_editions, open_book
from geo.store.land import draw_ahead
from geo.ui.import_split import offer_split
from geo.ui.plain import escape, show_error

if TYPE_CHECKING:
    from collections.abc import Container

    from geo.editions import EditionBook
    from geo.importer.succession import EditionReport, UnitChange
    from geo.model import Scope
    from geo.store.database import Database

_DRAWN: Final = "edition_drawn"
_PARTS: Final = "edition_parts"
_SHOWN: Final = 300
_Key = TypeVar("_Key")


def offer_edition(db: Database, scope: Scope) -> None:
    """Draw the way to a newer edition, where one ships; nothing is changed before the last button."""
    now = db.setting("edition")
    newer = [day for day in list_editions() if now and day > now]
    done = st.session_state.pop("edition_done", None)
    if done:
        st.success(escape(done))
    if not newer:
        return
    with st.expander(text("edition.title", now=now), key="edition"):
        to = st.selectbox(text("edition.to"), newer, index=None, key="edition_to", width=240, placeholder=newer[-1])
        if to is not None:
            _show(db, scope, to)


def _show(db: Database, scope: Scope, to: str) -> None:
    drawn: dict[str, str] = st.session_state.setdefault(_DRAWN, {})
    parts: dict[tuple[str, str], str] = st.session_state.setdefault(_PARTS, {})
    book = open_book(drawn=drawn, parts=parts)
    # What was drawn for another list may name units that this one does not have.
    _forget(drawn, book.edition(to).units)
    _forget(parts, book.edition(to).units)
    try:
        report = load_newer(db, scope, book=book, to=to, dry_run=True)
    except GeoError as error:
        show_error(error)
        return
    st.text(text("edition.ask_first", n=len(report.asks)) if report.asks else report.message)
    counts = ((how, report.counts.get(how, 0)) for how in ("renamed", "recoded", "moved", "merged", "new", "ask"))
    said = (text("units.count", how=text(f"units.how.{how}"), n=n) for how, n in counts if n)
    st.caption(text("list.comma").join(said))
    _ask_successors(report, book, drawn)
    offer_split(db, scope, book, to, parts)
    ready = report.outcome == "accept" and report.changed
    pressed = st.button(text("edition.load", to=to), type="primary", key="edition_load", disabled=not ready)
    _list_changes(report)
    if pressed:
        try:
            loaded = load_newer(db, scope, book=book, to=to)
            draw_ahead(db, scope)
        except GeoError as error:
            show_error(error)
            return
        st.session_state["edition_done"] = loaded.message
        st.session_state.pop(_DRAWN, None)
        st.session_state.pop(_PARTS, None)
        st.rerun()


def _forget(drawn: dict[_Key, str], target: Container[str]) -> None:
    for one in [one for one, new in drawn.items() if new not in target]:
        del drawn[one]


def _ask_successors(report: EditionReport, book: EditionBook, drawn: dict[str, str]) -> None:
    """Ask for each unit with households that the lists do not follow: likely ones first, then all of its level."""
    before = dict(drawn)
    asked = report.asks
    open_ones = [one for one in report.changes if one in asked or one.code in drawn]
    for one in open_ones:
        options = _successors(report, book, one)
        labels = {code: f"{code} {name}" for code, name in options.items()}
        chosen = st.selectbox(
            escape(text("edition.ask", name=one.name, code=one.code, n=one.households)), list(labels),
            index=list(labels).index(drawn[one.code]) if drawn.get(one.code) in labels else None,
            format_func=labels.__getitem__, key=f"edition_of:{one.code}", width=420,
            placeholder=text("import_page.choose_meaning"),
        )  # fmt: skip
        if chosen is not None:
            drawn[one.code] = chosen
    if drawn != before:
        st.rerun()


def _successors(report: EditionReport, book: EditionBook, one: UnitChange) -> dict[str, str]:
    """Return code → name of the units that may succeed, candidates first."""
    target = book.edition(report.to).units
    others = {unit.code: unit.name for unit in target.values() if unit.level == one.level}
    return dict(one.candidates) | others


def _list_changes(report: EditionReport) -> None:
    rows = [
        {
            "how": text(f"units.how.{one.how}"), "code": one.code, "name": one.name, "after": one.successor_code,
            "after_name": one.successor_name, "households": one.households, "groups": one.groups,
        }
        for one in sorted(report.changes, key=lambda one: -one.households)[:_SHOWN]
    ]  # fmt: skip
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(text(f"edition.col.{name}"))
        for name in ("how", "code", "name", "after", "after_name")
    }
    config |= {name: st.column_config.NumberColumn(text(f"edition.col.{name}")) for name in ("households", "groups")}
    st.dataframe(rows, hide_index=True, row_height=28, column_config=config, height=38 + 28 * min(len(rows), 10))

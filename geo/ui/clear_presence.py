"""谁去了、讲了什么、查了什么: one line a figure, each with the households it is of, which its number opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.coverage import Share
from geo.errors import GeoError
from geo.i18n import text
from geo.mask import is_small, say_count
from geo.store.presence import list_present
from geo.ui.clear_homes import draw_home_list
from geo.ui.navigation import find_page
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape, show_error
from geo.ui.session import view_params
from geo.ui.visit_more import say_entry

if TYPE_CHECKING:
    from geo.store.presence import Presence
    from geo.ui.session import Session

_MOST: Final = 6


def draw_presence(session: Session, found: Presence) -> None:
    """Draw homes that a leader came to, topics told and items looked into, each of the households of D."""
    draw_head(text("clear.sec.6"), text("clear.sec.6.note", N=found.roster))
    came, told, looked = st.columns(3, gap="medium")
    with came:
        for role, count in found.leads.items():
            _draw_line(session, f"lead:{role}", text(f"kpi.lead.{role}"), count, found.roster)
    with told:
        for word, count in _most(found.topics.items(), "topic"):
            _draw_line(session, f"topic:{word}", say_entry("topic", word), count, found.roster)
    least = session.rules()["small_count"]
    with looked:
        for word, (asked, problems) in _most(found.checks.items(), "check"):
            _draw_line(session, f"check:{word}", say_entry("check", word), asked, found.roster)
            if is_small(problems, session.place.level, least=least):
                st.text(text("clear.problems", n=say_count(problems, session.place.level, least=least)))
            elif problems:
                said = text("clear.problems", n=problems).strip()
                _draw_line(session, f"problem:{word}", said, problems, asked, good=False)
    what = str(st.query_params.get("present", ""))
    if what and session.round is not None:
        _draw_homes(session, what)


def _most(rows: Any, kind: str) -> list[Any]:
    """Return the entries that most households are of; where there is none, that is said."""
    kept = sorted(rows, key=lambda row: row[1], reverse=True)[:_MOST]
    if not kept:
        st.caption(text(f"clear.{kind}.none"))
    return kept


def _draw_line(session: Session, what: str, label: str, count: int, whole: int, *, good: bool = True) -> None:
    """Entries that somebody wrote are data: they are shown as text, never as markup."""
    share = Share("kpi.checked", count, whole, good=good)
    with st.container(key=f"present_{what.replace(':', '_')}", horizontal=True, vertical_alignment="center"):
        if count:
            params = view_params(session, present=what, who="1")
            st.page_link(find_page("clear"), label=escape(label), query_params=params)
        else:
            st.text(label)
        st.html(f'<div class="nums"><b>{count:,}</b><span>/ {whole:,} {share.percent}</span></div>', width="content")


def _draw_homes(session: Session, what: str) -> None:
    round_id = session.round.id if session.round is not None else ""
    try:
        homes = list_present(
            session.db,
            session.scope,
            round_id=round_id,
            place_id=session.place.id,
            what=what,
            as_of=session.as_of,
        )
    except GeoError as error:
        show_error(error)
        return
    if homes.empty:
        return
    kind, _, word = what.partition(":")
    named = text(f"kpi.lead.{word}") if kind == "lead" else say_entry("topic" if kind == "topic" else "check", word)
    draw_home_list(session, homes, key="present", title=named, leave="present")

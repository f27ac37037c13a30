"""谁去了、讲了什么、查了什么: one line a figure, each with the households it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.coverage import Share
from geo.i18n import text
from geo.ui import widgets
from geo.ui.overview_head import draw_head
from geo.ui.visit_more import say_entry

if TYPE_CHECKING:
    from geo.store.presence import Presence

_MOST: Final = 6


def draw_presence(found: Presence) -> None:
    """Draw homes that a leader came to, topics told and items looked into, each of the households of D."""
    draw_head(text("clear.sec.6"), text("clear.sec.6.note", N=found.roster))
    came, told, looked = st.columns(3, gap="medium")
    with came:
        leads = [Share(f"kpi.lead.{role}", count, found.roster) for role, count in found.leads.items()]
        st.html(widgets.rungs(leads))
    with told:
        _draw_said([(say_entry("topic", one), count, 0) for one, count in found.topics.items()], found.roster, "topic")
    with looked:
        _draw_said([(say_entry("check", one), *counts) for one, counts in found.checks.items()], found.roster, "check")


def _draw_said(rows: list[tuple[str, int, int]], roster: int, kind: str) -> None:
    """Entries that somebody wrote are data: they are shown as text, never as HTML."""
    if not rows:
        st.caption(text(f"clear.{kind}.none"))
        return
    for word, count, problems in sorted(rows, key=lambda row: -row[1])[:_MOST]:
        share = Share("kpi.checked", count, roster)
        aside = text("clear.problems", n=problems) if kind == "check" else ""
        st.text(text("clear.said", word=word, n=count, p=share.percent, aside=aside))

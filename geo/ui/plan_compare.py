"""计划 compared with two simpler orders of the same homes and teams; figures of plans as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from geo.i18n import text
from geo.plan.metrics import ORDERS, Metrics
from geo.planning.document import sum_metrics
from geo.ui.overview_head import draw_head

#: Figures of a comparison, in the order of its rows.
_COMPARED: Final = (
    "top_by_day", "travel_s", "team_days", "makespan_s", "balance", "overlap", "continuity", "over", "after_deadline",
)  # fmt: skip
_ROW: Final = 28
_NAMES: Final = 260
_CLOCKS: Final = ("travel_s", "makespan_s")
_SHARES: Final = ("overlap", "continuity")


def draw_comparison(plans: Sequence[Mapping[str, Any]]) -> None:
    """Draw the plan of one unit, or the sums of several, beside two simpler orders of the same homes and teams.

    `plans`: figures and compared of each, as drafts keep them.
    """
    draw_head(text("plan.compared"), text("plan.compared.note"))
    named = [("plan.this", [one["figures"] for one in plans])]
    named += [(f"plan.{order}", [one["compared"][order] for one in plans]) for order in ORDERS]
    sums = [(text(name), sum_metrics([Metrics(**one) for one in figures])) for name, figures in named]
    draw_figures(_COMPARED, sums, key="plan_compared", first="order_of")


def draw_figures(names: Sequence[str], plans: Sequence[tuple[str, Mapping[str, Any]]], *, key: str, first: str) -> None:
    """Draw figures (`planning.document.sum_metrics`), one row each by its name and unit, of several plans side by side.

    `first`: what the plans are told apart by, a name of a column.
    """
    rows = [[text(f"plan.figure.{name}"), *(_say(name, one) for _, one in plans)] for name in names]
    heads = [text(f"plan.column.{first}"), *(name for name, _ in plans)]
    with st.container(key=key):
        st.dataframe(
            pd.DataFrame(rows, columns=heads), hide_index=True, row_height=_ROW, height=_ROW * len(rows) + 38,
            column_config={heads[0]: st.column_config.TextColumn(width=_NAMES)},
        )  # fmt: skip


def _say(name: str, one: Mapping[str, Any]) -> str:
    value = one[name]
    if value is None:
        return "—"
    if name in _CLOCKS:
        return clock(value)
    if name == "top_served":
        return text("plan.of", n=value, total=one["top"])
    if name == "top_by_day":
        return text("plan.top_by_day", by_day=" → ".join(map(str, value)), total=one["top"])
    if name in _SHARES:
        return f"{100 * value:.0f} %"
    return f"{value:.2f}" if name == "balance" else f"{value:,}"


def clock(seconds: int) -> str:
    """Return seconds as hours and minutes."""
    return f"{seconds // 3600:,}:{seconds % 3600 // 60:02d}"

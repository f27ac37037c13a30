"""计划 of a township or a district: what is kept of its villages, and which one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from geo.i18n import text
from geo.ui.overview_head import draw_head
from geo.ui.plan_view import clock
from geo.ui.session import show

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNIT = "unit"


def choose_unit(kept: Mapping[str, Any]) -> str:
    """Draw the units that are planned, one row each with its figures and their sums, and return the chosen one."""
    if len(kept) == 1:
        return next(iter(kept))
    drafts = {unit: one["draft"] for unit, one in kept.items()}
    draw_head(text("plan.units"), _say_sums(list(drafts.values())))
    names = ("village", "homes", "served", "team_days", "travel", "longest", "balance", "late")
    heads = [text(f"plan.column.{name}") for name in names]
    rows = [
        [one["name"], one["homes"], one["served"], one["team_days"], clock(one["travel_s"]), clock(one["makespan_s"]),
         "—" if one["balance"] is None else f"{one['balance']:.2f}", one["late"]]
        for one in drafts.values()
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows, columns=heads), hide_index=True, key="plan_units", height=38 + 35 * min(len(rows), 8)
    )
    asked = str(st.query_params.get(_UNIT, ""))
    units = list(drafts)
    st.session_state["plan_unit"] = asked if asked in drafts else units[0]
    chosen: str = st.selectbox(
        text("plan.unit"), units, format_func=lambda unit: str(drafts[unit]["name"]), key="plan_unit", width=280,
        on_change=lambda: show(**{_UNIT: st.session_state["plan_unit"]}),
    )  # fmt: skip
    return chosen


def _say_sums(drafts: list[dict[str, Any]]) -> str:
    sums = {name: sum(one[name] for one in drafts) for name in ("homes", "served", "team_days", "travel_s")}
    return text("plan.units.sums", k=len(drafts), total=f"{sums['homes']:,}", n=f"{sums['served']:,}",
                days=f"{sums['team_days']:,}", travel=clock(sums["travel_s"]))  # fmt: skip

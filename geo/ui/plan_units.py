"""计划 of a township or a district: what is kept of its villages, and which one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from geo.i18n import text
from geo.ui.overview_head import draw_head
from geo.ui.plan_compare import clock
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
    rows = [_row(one["name"], one["figures"]) for one in drafts.values()]
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


def _row(name: str, one: Mapping[str, Any]) -> list[Any]:
    balance = "—" if one["balance"] is None else f"{one['balance']:.2f}"
    homes = one["served"] + one["left_out"]
    return [name, homes, one["served"], one["team_days"], clock(one["travel_s"]), clock(one["makespan_s"]), balance,
            one["after_deadline"]]  # fmt: skip


def _say_sums(drafts: list[dict[str, Any]]) -> str:
    names = ("served", "left_out", "team_days", "travel_s")
    served, left, days, travel = (sum(one["figures"][name] for one in drafts) for name in names)
    return text("plan.units.sums", k=len(drafts), total=f"{served + left:,}", n=f"{served:,}", days=f"{days:,}",
                travel=clock(travel))  # fmt: skip

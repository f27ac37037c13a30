"""计划 drawn: the sentence, what is asked, the day's map, the team-days, the comparison, and why stops stand there."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.exports.routes import say_why
from geo.i18n import text
from geo.planning import TeamDayRow, VillagePlan
from geo.ui.mapdata import read_areas
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape
from geo.ui.plan_compare import clock
from geo.ui.plan_map import draw_day, draw_swatch
from geo.ui.shell import say_day
from geo.ui.widgets import note

if TYPE_CHECKING:
    from geo.ui.session import Session

#: Columns of the team-days with their widths in px, and those that are seldom filled.
_WIDTHS: Final = {
    "team": 60, "date": 58, "where": 110, "stops": 48, "doors": 54, "travel": 54, "load": 104, "over": 64, "locked": 60,
}  # fmt: skip
_SELDOM: Final = ("over", "locked")


def draw_lead(village: VillagePlan) -> None:
    """Draw the sentence: how many, by whom, in how many days, who is left out and why, the longest day."""
    figures = village.metrics
    left = Counter(stop.reason for stop in village.unserved)
    reasons = text("list.comma").join(text(f"plan.lead.{reason}", n=count) for reason, count in sorted(left.items()))
    over = text("plan.lead.over", n=figures.over) if figures.over else text("plan.lead.in_time")
    words = text(
        "plan.lead", place=village.name, total=figures.served + figures.left_out, teams=len(village.teams),
        days=figures.days, n=figures.served, longest=clock(figures.makespan_s), over=over,
        left=text("plan.lead.left", reasons=reasons) if left else "",
    )  # fmt: skip
    with st.container(key="plan_lead"):
        st.markdown(f"#### {escape(words)}")


def draw_day_map(session: Session, village: VillagePlan) -> None:
    """Draw the routes of one day, which is chosen above the map."""
    days = sorted({one.day for one in village.team_days})
    if not days:
        return
    day = st.segmented_control(text("plan.day"), days, default=days[0], format_func=say_day, key="plan_day",
                               label_visibility="collapsed") or days[0]  # fmt: skip
    # A district has thousands of groups: their borders say nothing at that size.
    outlines = read_areas(session, by_village=False) if session.place.level != "district" else None
    st.image(draw_day(village, day, outlines), width="stretch")
    with st.container(key="plan_key", horizontal=True, vertical_alignment="center", gap="small"):
        for row in village.team_days:
            if row.day == day:
                st.html(draw_swatch(village, row.team), width="content")
                st.caption(escape(text("plan.key", team=row.team, n=len(row.stops))), width="content")
    st.html(note(text("plan.map.note")))


def draw_team_days(village: VillagePlan) -> None:
    """Draw one row a team-day: where, how many homes, doors and road, the whole with the excess."""
    draw_head(text("plan.team_days"), text("plan.team_days.note"))
    rows = [_team_day(one) for one in village.team_days]
    bar = st.column_config.ProgressColumn(
        format="%.1f", width=_WIDTHS["load"], min_value=0.0,
        max_value=max([village.day_s / 3600, *(row["load"] for row in rows)]),
    )  # fmt: skip
    # What nothing is said of takes no room.
    names = [name for name in _WIDTHS if name not in _SELDOM or any(row[name] for row in rows)]
    heads = {name: text(f"plan.column.{name}") for name in names}
    widths = {heads[name]: st.column_config.Column(width=_WIDTHS[name]) for name in names}
    table = pd.DataFrame(rows, columns=names).rename(columns=heads)
    st.dataframe(table, hide_index=True, column_config=widths | {heads["load"]: bar}, key="plan_table",
                 height=38 + 35 * min(len(table), 9))  # fmt: skip


def _team_day(row: TeamDayRow) -> dict[str, Any]:
    groups = list(dict.fromkeys(stop.group or text("exports.ungrouped") for stop in row.stops))
    return {
        "team": row.team, "date": f"{row.day:%m-%d}", "where": text("list.comma").join(groups),
        "stops": len(row.stops), "doors": clock(row.service_s), "travel": clock(row.travel_s),
        "load": round(row.load_s / 3600, 2),
        "over": text("plan.over", over=clock(row.over_s)) if row.over_s else "",
        "locked": text("plan.is_locked") if row.locked else "",
    }  # fmt: skip


def draw_why(village: VillagePlan) -> None:
    """Draw every stop in its order with the terms of its priority, its deadline and who answers for it.

    A row that is chosen is the home that `plan_actions` moves, holds or bars.
    """
    draw_head(text("plan.why"), text("plan.why.note"))
    rows = [
        [f"{row.day:%m-%d}", row.team, stop.seq, stop.code, stop.head, stop.group, stop.priority, say_why(stop)]
        for row in village.team_days
        for stop in row.stops
    ]
    rows += [["", "", None, one.code, one.head, one.group, one.priority, text(f"plan.why.{one.reason}")]
             for one in village.unserved]  # fmt: skip
    heads = [text(f"plan.column.{name}")
             for name in ("date", "team", "seq", "code", "head", "group", "priority", "why")]  # fmt: skip
    ids = [one.household for one in (*village.stops, *village.unserved) if one.reason != "unlocated"]
    st.dataframe(
        pd.DataFrame(rows, columns=heads), hide_index=True, key="plan_why", height=320, selection_mode="single-row",
        on_select=partial(_choose_home, ids), column_config={heads[-1]: st.column_config.TextColumn(width="large")},
    )  # fmt: skip


def _choose_home(ids: list[str]) -> None:
    """Take the chosen row's home as the one to change; one without a point has no place in a plan."""
    chosen = [nth for nth in st.session_state["plan_why"].selection.rows if nth < len(ids)]
    st.session_state["plan_move_home"] = ids[chosen[0]] if chosen else None

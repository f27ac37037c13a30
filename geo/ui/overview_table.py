"""The list under 总览: the worst villages, a village's groups or a group's households, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.i18n import text
from geo.store.reads import read_homes
from geo.ui import widgets
from geo.ui.clicks import clicked_row, follow_click, open_home
from geo.ui.navigation import find_page
from geo.ui.overview_exports import draw_overview_exports
from geo.ui.overview_head import draw_head
from geo.ui.overview_map import draw_map
from geo.ui.session import show, view_params

if TYPE_CHECKING:
    from geo.store.reads import Figures
    from geo.ui.overview_data import Overview
    from geo.ui.session import Session

_TOP: Final = 10
_ROW: Final = 28
_HEADER: Final = 34
_MOST_ROWS: Final = 20
_WIDTHS: Final = (890, 392)
_STATE_ORDER: Final = ("overdue", "unvisited", "missed", "refused", "partial", "effective")


def draw_units(session: Session, overview: Overview) -> None:
    """Draw the list that fits the level looked at: villages, groups or households."""
    if overview.level:
        left, right = st.columns(_WIDTHS, gap="medium")
        with left, st.container(key="sec_worst"):
            _draw_worst(session, overview)
        with right, st.container(key="sec_map"):
            draw_map(session, overview)
    elif overview.figures.counts.roster:
        with st.container(key="sec_worst"):
            _draw_homes(session, overview)


def _draw_worst(session: Session, overview: Overview) -> None:
    is_village = overview.level == "village"
    everything = st.query_params.get("all") == "1" or not is_village
    listed = [one for one in overview.units if one.counts.roster]
    units = listed if everything else listed[:_TOP]
    note = text("ov.worst.note" if is_village else "ov.worst.note.group")
    link = None
    if is_village and len(listed) > _TOP:
        label = text("ov.worst.top") if everything else text("ov.worst.all", n=len(listed))
        link = (label, find_page("overview"), view_params(session, all="" if everything else "1"))
    few = ".few" if is_village and len(listed) <= _TOP else ""
    with st.container(key="head_worst", horizontal=True, vertical_alignment="center"):
        draw_head(text(f"ov.worst.{overview.level}{few}"), note, link=link)
        draw_overview_exports(session, overview)
    frame = pd.DataFrame([_row(overview, one, nth) for nth, one in enumerate(units, 1)])
    st.dataframe(
        frame,
        hide_index=True,
        row_height=_ROW,
        height=_height(len(frame)),
        column_config=_columns([one.place.id for one in units]),
        key="worst",
    )


def _height(rows: int) -> int:
    return _HEADER + _ROW * min(max(rows, 1), _MOST_ROWS) + 2


def _row(overview: Overview, one: Figures, nth: int) -> dict[str, Any]:
    counts, share = one.counts, one.share("kpi.coverage")
    row: dict[str, Any] = {"number": nth, overview.level: one.place.name}
    if overview.level == "village":
        row["township"] = overview.townships.get(one.place.parent or "", "")
    row |= {
        "coverage": None if share.tenths is None else share.tenths / 10,
        "fraction": f"{counts.effective:,} / {counts.roster:,}",
        "remaining": overview.remaining_of(one),
        "overdue": counts.overdue,
    }
    if overview.level == "village":
        row["untouched"] = str(counts.groups - counts.groups_touched or "–")
    row["issues"] = _say_issues(one)
    row["delta"] = _say_delta(overview, one)
    return row


def _say_issues(one: Figures) -> str:
    late = f" ({one.issues['overdue']:,})" if one.issues["overdue"] else ""
    return f"{one.issues['open']:,}{late}"


def _say_delta(overview: Overview, one: Figures) -> str:
    before = overview.units_before.get(one.place.id)
    points = None if before is None else one.share("kpi.coverage").points_since(before.share("kpi.coverage"))
    return "—" if points is None else widgets.signed(points)


def _columns(places: list[str]) -> dict[str, Any]:
    column = st.column_config
    link: dict[str, Any] = {"type": "tertiary", "alignment": "left", "on_click": _open_unit, "args": (places,)}
    return {
        "number": column.NumberColumn(text("ov.col.number"), width=34),
        "village": column.ButtonColumn(text("ov.col.village"), width=100, key="worst_village", **link),
        "group": column.ButtonColumn(text("ov.col.group"), width=100, key="worst_group", **link),
        "township": column.TextColumn(text("ov.col.township"), width=96),
        "coverage": column.ProgressColumn(
            text("ov.col.coverage"), format="%.1f%%", min_value=0, max_value=100, width=170
        ),
        "fraction": column.TextColumn(text("ov.col.fraction"), alignment="right", width=96),
        "remaining": column.NumberColumn(text("ov.col.remaining"), width=60),
        "overdue": column.NumberColumn(text("ov.col.overdue"), width=70),
        "untouched": column.TextColumn(text("ov.col.untouched"), alignment="right", width=84),
        "issues": column.TextColumn(text("ov.col.issues"), alignment="right", width=80),
        "delta": column.TextColumn(text("ov.col.delta"), alignment="right", width=84),
    }


def _open_unit(places: list[str]) -> None:
    for key in ("worst_village", "worst_group"):
        row = clicked_row(key)
        if row is not None and row < len(places):
            show(place=places[row], all="")


def _draw_homes(session: Session, overview: Overview) -> None:
    homes = read_homes(
        session.db, session.scope, round_id=overview.round.id, place_id=session.place.id, as_of=session.as_of
    )
    rank = {state: nth for nth, state in enumerate(_STATE_ORDER)}
    homes = homes.assign(rank=homes["state"].map(rank)).sort_values(["rank", "code"]).reset_index(drop=True)
    draw_head(text("ov.worst.home"), text("ov.worst.note.home"))
    frame = pd.DataFrame(
        {
            "code": homes["code"],
            "head_name": homes["head_name"],
            "state": [text(f"state.{state}") for state in homes["state"]],
            "household_class": [text(f"household_class.{one}") for one in homes["household_class"]],
            "last_on": [text("exports.never") if pd.isna(day) else str(day) for day in homes["last_on"]],
            "assignee": homes["assignee"].fillna(""),
            "due_on": homes["due_on"].astype(str),
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        row_height=_ROW,
        height=_height(len(frame)),
        column_config=_home_columns(list(zip(homes["household"], homes["place"], strict=True))),
        key="homes",
    )
    follow_click(session)


def _home_columns(homes: list[tuple[str, str]]) -> dict[str, Any]:
    column = st.column_config
    return {
        "code": column.ButtonColumn(
            text("ov.col.code"),
            key="home_code",
            type="tertiary",
            alignment="left",
            on_click=open_home,
            args=("home_code", homes),
        ),
        "head_name": column.TextColumn(text("ov.col.head_name")),
        "state": column.TextColumn(text("ov.col.state")),
        "household_class": column.TextColumn(text("ov.col.household_class")),
        "last_on": column.TextColumn(text("ov.col.last_on")),
        "assignee": column.TextColumn(text("ov.col.assignee")),
        "due_on": column.TextColumn(text("ov.col.due_on")),
    }

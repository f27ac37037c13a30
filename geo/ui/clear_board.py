"""看板: how much is cleared, how it was, how far up it went, what was done; and what each unit still lacks."""

from __future__ import annotations

from html import escape as html
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo import codes
from geo.coverage import Share
from geo.i18n import text
from geo.ui import widgets
from geo.ui.clear_presence import draw_presence
from geo.ui.clicks import clicked_row
from geo.ui.navigation import find_page
from geo.ui.overview_head import draw_head
from geo.ui.session import show, view_params

if TYPE_CHECKING:
    from geo.issues import Funnel
    from geo.store.clearance import Clearance
    from geo.store.reads import Figures
    from geo.ui.clear_data import Board
    from geo.ui.session import Session

_WIDTHS: Final = (290, 300, 420, 260)
_BUCKETS: Final = ("overdue", "undated", "in_time")
_ROW: Final = 28
_HEADER: Final = 34
_MOST_ROWS: Final = 12
_UNITS: Final = ("homes", "issues")


def draw_lead(session: Session, board: Board) -> None:
    """Draw the first sentence: how many units are cleared, how many issues closed, what is late."""
    counts = board.clearance.counts
    late = text("clear.lead.late", late=counts["overdue"], undated=counts["undated"])
    if board.level and board.held:
        done, whole = sum(one.cleared for one in board.held), len(board.held)
        words = text(
            f"clear.lead.{board.level}", place=session.place.name, n=done, N=whole, valid=counts["valid"],
            closed=counts["closed"], late=late,
        )  # fmt: skip
    else:
        words = text(
            "clear.lead.here", place=session.place.name, valid=counts["valid"], closed=counts["closed"], late=late
        )
    st.html(widgets.sentence(words, stressed=late if counts["overdue"] or counts["undated"] else ""))


def draw_board(session: Session, board: Board) -> None:
    """Draw the four sections and the units."""
    first, second, third, fourth = st.columns(_WIDTHS, gap="medium")
    with first, st.container(key="sec_clear_1"):
        _draw_cleared(session, board.clearance)
    with second, st.container(key="sec_clear_2"):
        _draw_how(session, board.clearance)
    with third, st.container(key="sec_clear_3"):
        _draw_funnel(session, board.clearance)
    with fourth, st.container(key="sec_clear_4"):
        _draw_done(session, board.clearance)
    if board.level:
        with st.container(key="sec_clear_5"):
            _draw_units(board)
    if board.presence is not None and board.presence.roster:
        with st.container(key="sec_clear_6"):
            draw_presence(session, board.presence)
    elif board.presence is None and board.round is not None:
        st.button(text("clear.sec.6"), key="show_presence", on_click=show, kwargs={"who": "1"})


def _draw_line(
    session: Session, pick: str, label: str, number: int, aside: str = "", *, bad: bool = False, tab: str = "ledger"
) -> None:
    """Draw one figure whose number opens the rows it counts."""
    with st.container(key=f"state_clear_{pick}", horizontal=True, vertical_alignment="center"):
        if number:
            params = view_params(session, tab=tab, pick=pick)
            st.page_link(find_page("clear"), label=label, query_params=params)
        else:
            st.markdown(label)
        shade = ' style="color:var(--bad)"' if bad and number else ""
        st.html(f'<div class="nums"><b{shade}>{number:,}</b><span>{html(aside)}</span></div>', width="content")


def _draw_cleared(session: Session, found: Clearance) -> None:
    counts = found.counts
    draw_head(text("clear.sec.1"), text("ov.date", day=found.as_of))
    st.html(widgets.figure(found.share("kpi.clear")))
    for name in _BUCKETS:
        _draw_line(session, name, text(f"bucket.{name}"), counts[name], text("clear.unit"), bad=name == "overdue")
    total = text("clear.open.sum", open=counts["open"], valid=counts["valid"], closed=counts["closed"])
    st.html(widgets.note(total))
    _draw_line(session, "deferred", text("clear.deferred"), counts["deferred"], text("clear.unit"))
    _draw_line(session, "unverified", text("clear.unverified"), counts["unverified"], text("clear.unit"))


def _draw_how(session: Session, found: Clearance) -> None:
    counts = found.counts
    draw_head(text("clear.sec.2"), text("clear.sec.2.note", n=counts["closed"]))
    st.html(widgets.stacked_bar("kind-", {kind: counts[kind] for kind in codes.CLOSE_KINDS if counts[kind]}))
    for kind in codes.CLOSE_KINDS:
        _draw_line(session, kind, text(f"close_kind.{kind}"), counts[kind], found.share(f"kpi.{kind}").percent)
    st.html('<div class="foot"></div>')
    for pick, key in (("on_time", "kpi.ontime"), ("on_time_original", "kpi.ontime_original")):
        share = found.share(key)
        label = f"{text(key)} :gray[/ {share.denominator:,}]"
        _draw_line(session, pick, label, share.numerator, share.percent)
    rework = found.share("kpi.reworked")
    _draw_line(session, "reworked", text("clear.reworked"), rework.numerator, rework.percent)
    if found.spans.median is not None and found.spans.p90 is not None:
        st.html(widgets.note(text("clear.days", median=found.spans.median, p90=found.spans.p90)))


def _draw_funnel(session: Session, found: Clearance) -> None:
    by = str(st.query_params.get("by", _UNITS[0]))
    by = by if by in _UNITS else _UNITS[0]
    funnel = found.households if by == "homes" else found.issues
    with st.container(horizontal=True, vertical_alignment="center", key="head_funnel"):
        draw_head(text("clear.sec.3"), text(f"clear.funnel.{by}", n=funnel.reached[0]))
        st.session_state["funnel_by"] = by
        st.segmented_control(
            text("clear.funnel.by"), _UNITS, key="funnel_by", required=True, label_visibility="collapsed",
            format_func=lambda one: text(f"clear.by.{one}"), on_change=_switch_unit,
        )  # fmt: skip
    st.html(f'<div class="funnel fig-note"><i></i><span>{text("clear.reached")}</span>'
            f'<span>{text("clear.stopped")}</span></div>')  # fmt: skip
    for rank, level in enumerate(codes.ISSUE_LEVELS):
        _draw_level(session, funnel, rank, pick=f"{'homes' if by == 'homes' else 'reached'}_{level}")
    st.html(widgets.note(_say_sum(funnel, by)) + _other_funnel(found, by))


def _switch_unit() -> None:
    show(by="" if st.session_state["funnel_by"] == _UNITS[0] else st.session_state["funnel_by"])


def _draw_level(session: Session, funnel: Funnel, rank: int, *, pick: str) -> None:
    """One level: its name opens the rows, the bar is what reached it, the figure at the right what stopped there."""
    level, reached, whole = codes.ISSUE_LEVELS[rank], funnel.reached[rank], funnel.reached[0]
    width = f"{100 * reached / whole:.1f}" if whole else "0"
    with st.container(key=f"state_funnel_{level}", horizontal=True, vertical_alignment="center"):
        label = text(f"issue_level.{level}")
        with st.container(width=52):
            if reached:
                params = view_params(session, tab="ledger", pick=pick)
                st.page_link(find_page("clear"), label=label, query_params=params)
            else:
                st.markdown(label)
        st.html(
            f'<div class="funnel-bar"><i style="width:{width}%"></i><b>{reached:,}</b></div>',
            width="stretch",
        )
        stopped = funnel.stopped[rank]
        if stopped:
            params = view_params(
                session, tab="ledger", pick=pick.replace("reached_", "stopped_").replace("homes_", "homes_at_")
            )
            st.page_link(find_page("clear"), label=f"**{stopped:,}**", query_params=params, width="content")
        else:
            st.html(f'<div class="nums"><b>{stopped:,}</b></div>', width="content")


def _say_sum(funnel: Funnel, by: str) -> str:
    parts = " + ".join(f"{one:,}" for one in funnel.stopped)
    return text("clear.funnel.sum", parts=parts, whole=funnel.reached[0], unit=text(f"clear.unit.{by}"))


def _other_funnel(found: Clearance, by: str) -> str:
    """The other reading in one line, so that both stand on the page and on paper."""
    other = found.issues if by == "homes" else found.households
    unit = _UNITS[1 - _UNITS.index(by)]
    words = text(
        "clear.funnel.other", by=text(f"clear.by.{unit}"), reached=" · ".join(f"{one:,}" for one in other.reached),
        stopped=" · ".join(f"{one:,}" for one in other.stopped),
        open=" · ".join(f"{one:,}" for one in found.open_issues.stopped),
    )  # fmt: skip
    return widgets.note(words)


def _draw_done(session: Session, found: Clearance) -> None:
    draw_head(text("clear.sec.4"))
    counts = found.counts
    verified = Share("kpi.verified", counts["closed"], counts["closed"] + counts["unverified"])
    drawn = found.share("kpi.measures")
    for pick, share, tab in (("measures", drawn, "measures"), ("checked", verified, "ledger")):
        label = f"{text(share.formula)} :gray[/ {share.denominator:,}]"
        _draw_line(session, pick, label, share.numerator, share.percent, tab=tab)
    satisfied = found.share("kpi.satisfaction")
    _draw_line(session, "answered", f"{text('kpi.satisfaction')} :gray[{text('kpi.satisfaction.n')} "
               f"{satisfied.numerator:,} /]", satisfied.denominator, satisfied.percent_fine)  # fmt: skip
    for tab in ("measures", "review"):
        params = view_params(session, tab=tab)
        st.page_link(find_page("clear"), label=text(f"clear.open.{tab}"), query_params=params)


def _draw_units(board: Board) -> None:
    """Draw the units, those with something open first, and their sum."""
    draw_head(text(f"clear.units.{board.level}"), text("clear.units.note"))
    units = board.held
    rows = [_row(one, board.level, one.place.name) for one in units]
    if board.figures is not None:
        rows.append(_row(board.figures, board.level, text("clear.total", place=board.figures.place.name)))
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, row_height=_ROW, key="clear_units",
        height=_HEADER + _ROW * min(len(rows), _MOST_ROWS) + 2,
        column_config=_columns([one.place.id for one in units], by_phone=_counts_phone(board)),
    )  # fmt: skip


def _row(one: Figures, level: str, name: str) -> dict[str, Any]:
    # What makes a place cleared is being complete, which a phone call may be where the round says so.
    counts, issues = one.counts, one.issues
    share = Share("kpi.coverage", counts.complete, counts.roster)
    return {
        level: name,
        "coverage": None if share.tenths is None else share.tenths / 10,
        "fraction": f"{counts.complete:,} / {counts.roster:,}",
        "valid": issues["valid"],
        "closed": issues["closed"],
        "clear": one.share("kpi.clear").percent,
        "in_time": issues["in_time"],
        "overdue": issues["overdue"],
        "undated": issues["undated"],
        "deferred": issues["deferred"],
        "lacks": say_lack(one),
    }


def say_lack(one: Figures) -> str:
    """Return what a unit still lacks to be cleared; 已清零 where it lacks nothing."""
    missing, waiting = one.counts.roster - one.counts.complete, one.issues["open"]
    if one.cleared:
        return text("clear.cleared")
    if not one.counts.roster:
        return text("clear.no_home")
    parts = [text("clear.lacks.homes", n=missing)] if missing else []
    parts += [text("clear.lacks.issues", n=waiting)] if waiting else []
    return text("list.comma").join(parts)


def _counts_phone(board: Board) -> bool:
    return board.round is not None and board.round.away_phone_counts


def _columns(places: list[str], *, by_phone: bool) -> dict[str, Any]:
    column = st.column_config
    link: dict[str, Any] = {"type": "tertiary", "alignment": "left", "on_click": _open_unit, "args": (places,)}
    numbers = {
        name: column.NumberColumn(text(f"clear.col.{name}"), width=70)
        for name in ("valid", "closed", "in_time", "overdue", "undated", "deferred")
    }
    return {
        "village": column.ButtonColumn(text("ov.col.village"), width=110, key="clear_village", **link),
        "group": column.ButtonColumn(text("ov.col.group"), width=110, key="clear_group", **link),
        "coverage": column.ProgressColumn(
            text("kpi.phone" if by_phone else "ov.col.coverage"), format="%.1f%%", min_value=0, max_value=100, width=170
        ),
        "fraction": column.TextColumn(text("clear.col.fraction"), alignment="right", width=100),
        "clear": column.TextColumn(text("kpi.clear"), alignment="right", width=76),
        "lacks": column.TextColumn(text("clear.col.lacks"), width=230),
        **numbers,
    }


def _open_unit(places: list[str]) -> None:
    for key in ("clear_village", "clear_group"):
        row = clicked_row(key)
        if row is not None and row < len(places):
            show(place=places[row])

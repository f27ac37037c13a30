"""看板: how much is cleared, how it was, how far up it went, what was done; and what each unit still lacks."""

from __future__ import annotations

from html import escape as html
from typing import TYPE_CHECKING, Any, Final, TypeAlias

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
#: Counts of a unit's issues that its row says.
_COUNTED: Final = ("valid", "closed", "in_time", "overdue", "undated", "deferred")
#: Where a click in the table of units leads: a page, and what of its address differs.
_Way: TypeAlias = "tuple[str, dict[str, str]]"
_OPENED: Final = "_opened_way"


def draw_lead(session: Session, board: Board) -> None:
    """Draw the first sentence: how many units are cleared, how many issues closed, what is late."""
    counts = board.clearance.counts
    is_late = bool(counts["overdue"] or counts["undated"])
    is_done = not is_late and counts["closed"] == counts["valid"]
    late = text("clear.lead.done" if is_done else "clear.lead.late", late=counts["overdue"], undated=counts["undated"])
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
    st.html(widgets.sentence(words, stressed=late if is_late else ""))


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
            _draw_units(session, board)
    if board.presence is not None and board.presence.roster:
        with st.container(key="sec_clear_6"):
            draw_presence(session, board.presence)
    elif board.presence is None and board.round is not None:
        st.button(text("clear.sec.6"), key="show_presence", on_click=show, kwargs={"who": "1"})


def _draw_line(
    session: Session, pick: str, label: str, number: int, aside: str = "", *, bad: bool = False, tab: str = "ledger",
    whole: tuple[str, int] | None = None,
) -> None:  # fmt: skip
    """Draw one figure whose number opens the rows it counts; `whole` is what it is a part of, which opens its own."""
    with st.container(key=f"state_clear_{pick}", horizontal=True, vertical_alignment="center"):
        _draw_link(session, pick, label, number, tab=tab)
        if whole is not None:
            _draw_link(session, whole[0], text("clear.of", n=whole[1]), whole[1], tab=tab)
        shade = ' style="color:var(--bad)"' if bad and number else ""
        st.html(f'<div class="nums"><b{shade}>{number:,}</b><span>{html(aside)}</span></div>', width="content")


def _draw_link(session: Session, pick: str, label: str, number: int, *, tab: str = "ledger") -> None:
    """Draw the way to the rows that a number counts; without one there is nothing to open."""
    if number:
        st.page_link(find_page("clear"), label=label, query_params=view_params(session, tab=tab, pick=pick))
    else:
        st.markdown(label)


def _draw_cleared(session: Session, found: Clearance) -> None:
    counts = found.counts
    draw_head(text("clear.sec.1"), text("ov.date", day=found.as_of))
    st.html(widgets.figure(found.share("kpi.clear")))
    for name in _BUCKETS:
        _draw_line(session, name, text(f"bucket.{name}"), counts[name], text("clear.unit"), bad=name == "overdue")
    total = text("clear.open.sum", open=counts["open"], valid=counts["valid"], closed=counts["closed"])
    st.html(widgets.note(total))
    with st.container(key="clear_sum", horizontal=True, gap="small"):
        for name in ("open", "valid", "closed"):
            _draw_link(
                session, name, text("compare.count", word=text(f"clear.pick.{name}"), n=counts[name]), counts[name]
            )
    _draw_line(session, "deferred", text("clear.deferred"), counts["deferred"], text("clear.unit"))
    _draw_line(session, "unverified", text("clear.unverified"), counts["unverified"], text("clear.unit"))


def _draw_how(session: Session, found: Clearance) -> None:
    counts = found.counts
    draw_head(text("clear.sec.2"), text("clear.sec.2.note", n=counts["closed"]))
    st.html(widgets.stacked_bar("kind-", {kind: counts[kind] for kind in codes.CLOSE_KINDS if counts[kind]}))
    for kind in codes.CLOSE_KINDS:
        _draw_line(session, kind, text(f"close_kind.{kind}"), counts[kind], found.share(f"kpi.{kind}").percent)
    st.html('<div class="foot"></div>')
    for pick, whole, key in (
        ("on_time", "judged", "kpi.ontime"), ("on_time_original", "judged_original", "kpi.ontime_original"),
        ("reworked", "valid", "kpi.reworked"),
    ):  # fmt: skip
        share = found.share(key)
        _draw_line(session, pick, text(key), share.numerator, share.percent, whole=(whole, share.denominator))
    if found.spans.median is not None and found.spans.p90 is not None:
        said = text("clear.days", median=found.spans.median, p90=found.spans.p90)
        with st.container(key="clear_days"):
            _draw_link(session, "checked", said, found.spans.count)


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
    drawn, satisfied = found.share("kpi.measures"), found.share("kpi.satisfaction")
    for share, pick, whole, tab in (
        (drawn, "done", "", "measures"), (verified, "closed", "checked", "ledger"),
        (satisfied, "satisfied", "answered", "ledger"),
    ):  # fmt: skip
        aside = satisfied.percent_fine if share is satisfied else share.percent
        label, of = text(share.formula), (whole, share.denominator)
        _draw_line(session, pick, label, share.numerator, aside, tab=tab, whole=of)
    for tab in ("measures", "review"):
        params = view_params(session, tab=tab)
        st.page_link(find_page("clear"), label=text(f"clear.open.{tab}"), query_params=params)


def _draw_units(session: Session, board: Board) -> None:
    """Draw the units, those with something open first, and their sum; each number opens the rows it counts."""
    draw_head(text(f"clear.units.{board.level}"), text("clear.units.note"))
    shown = [(one, one.place.name) for one in board.held]
    if board.figures is not None:
        shown.append((board.figures, text("clear.total", place=board.figures.place.name)))
    rows = [_row(one, board.level, name) for one, name in shown]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, row_height=_ROW, key="clear_units",
        height=_HEADER + _ROW * min(len(rows), _MOST_ROWS) + 2,
        column_config=_columns([one for one, _ in shown], by_phone=_counts_phone(board)),
    )  # fmt: skip
    opened = st.session_state.pop(_OPENED, None)
    if opened is not None:
        page, params = opened
        st.switch_page(find_page(page), query_params=view_params(session, **params))


def _row(one: Figures, level: str, name: str) -> dict[str, Any]:
    # What makes a place cleared is being complete, which a phone call may be where the round says so.
    counts, issues = one.counts, one.issues
    share = Share("kpi.coverage", counts.complete, counts.roster)
    return {
        level: name,
        "coverage": None if share.tenths is None else share.tenths / 10,
        "fraction": f"{counts.complete:,} / {counts.roster:,}",
        "clear": one.share("kpi.clear").percent,
        **{name: issues[name] for name in _COUNTED},
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


def _columns(units: list[Figures], *, by_phone: bool) -> dict[str, Any]:
    column = st.column_config

    def open_by(key: str, header: str, width: int, ways: list[_Way], **look: Any) -> Any:
        return column.ButtonColumn(
            header, width=width, type="tertiary", key=f"clear_{key}", on_click=_note_way, args=(f"clear_{key}", ways),
            **look,
        )  # fmt: skip

    numbers = {
        name: open_by(
            name, text(f"clear.col.{name}"), 70,
            [("clear", {"place": one.place.id, "tab": "ledger", "pick": name}) for one in units], alignment="right",
        )
        for name in _COUNTED
    }  # fmt: skip
    here: list[_Way] = [("clear", {"place": one.place.id}) for one in units]
    return {
        "village": open_by("village", text("ov.col.village"), 110, here, alignment="left"),
        "group": open_by("group", text("ov.col.group"), 110, here, alignment="left"),
        "coverage": column.ProgressColumn(
            text("kpi.phone" if by_phone else "ov.col.coverage"), format="%.1f%%", min_value=0, max_value=100, width=170
        ),
        "fraction": column.TextColumn(text("clear.col.fraction"), alignment="right", width=100),
        "clear": column.TextColumn(text("kpi.clear"), alignment="right", width=76),
        "lacks": open_by("lacks", text("clear.col.lacks"), 230, [_way_to_lack(one) for one in units], alignment="left"),
        **numbers,
    }


def _way_to_lack(one: Figures) -> _Way:
    """Return where what a unit lacks is listed: homes that are missing, else its open issues, else the unit itself."""
    if one.counts.roster > one.counts.complete:
        return "gaps", {"place": one.place.id}
    return "clear", {"place": one.place.id, **({"tab": "ledger", "pick": "open"} if one.issues["open"] else {})}


def _note_way(key: str, ways: list[_Way]) -> None:
    row = clicked_row(key)
    if row is not None and row < len(ways):
        st.session_state[_OPENED] = ways[row]

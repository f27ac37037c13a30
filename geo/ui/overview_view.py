"""总览 on the screen: the sentence, then four sections in the order of the four questions."""

from __future__ import annotations

from html import escape as html
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.access import may
from geo.coverage import Share
from geo.i18n import text
from geo.ui import widgets
from geo.ui.navigation import find_page, has_page
from geo.ui.overview_head import draw_head
from geo.ui.overview_next import draw_next
from geo.ui.plain import escape
from geo.ui.session import view_params

if TYPE_CHECKING:
    from geo.ui.overview_data import Overview
    from geo.ui.session import Session

_WIDTHS: Final = (346, 322, 258, 308)
_BUCKETS: Final = ("overdue", "undated", "in_time")
#: States that have rows in 缺口, in the order of the list, then 有效走访.
_LISTED: Final = ("overdue", "unvisited", "missed", "refused", "partial", "effective")


def draw_overview(session: Session, overview: Overview) -> None:
    """Draw the sentence and the four sections."""
    _draw_lead(overview)
    first, second, third, fourth = st.columns(_WIDTHS, gap="medium")
    with first, st.container(key="sec_1"):
        _draw_progress(overview)
    with second, st.container(key="sec_2"):
        _draw_missing(session, overview)
    with third, st.container(key="sec_3"):
        _draw_open(overview)
    with fourth, st.container(key="sec_4"):
        draw_next(session, overview)


def draw_no_round(session: Session) -> None:
    """Say that there is no round yet, with the way to the import."""
    st.html(widgets.sentence(text("empty.round")))
    if may(session.scope, "import") and has_page("import"):
        st.page_link(find_page("import"), label=text("empty.round.import"))


def draw_no_home(overview: Overview) -> None:
    """Say that the round's roster has no household here, and how many have left it."""
    st.html(widgets.sentence(text("empty.place")))
    if overview.figures.counts.left:
        st.html(widgets.note(text("ov.state.left", n=overview.figures.counts.left)))


def say_lead(overview: Overview) -> str:
    """Return the first sentence: how many are reached, who is missing, what is open. It may hold a place's name."""
    figures, number = overview.figures, overview.round.number
    counts, issues = figures.counts, figures.issues["open"]
    missing = counts.roster - counts.effective
    if not missing and figures.cleared:
        return text("ov.lead.done", r=number, N=counts.roster, place=figures.place.name)
    if not missing:
        return text("ov.lead.full", r=number, N=counts.roster, i=issues)
    gap, percent = text("ov.lead.gap", m=missing), figures.share("kpi.coverage").percent
    return text("ov.lead", r=number, n=counts.effective, N=counts.roster, p=percent, gap=gap, i=issues)


def _draw_lead(overview: Overview) -> None:
    figures, lead = overview.figures, say_lead(overview)
    missing = figures.counts.roster - figures.counts.effective
    aside = text("ov.lead.unentered", n=overview.unentered) if overview.unentered else ""
    if not missing and figures.cleared:
        st.markdown(f"# {escape(lead + aside)}", anchors=False)
    else:
        gap = text("ov.lead.gap", m=missing) if missing else ""
        st.html(widgets.sentence(lead + aside, stressed=gap))


def _draw_progress(overview: Overview) -> None:
    figures, round_ = overview.figures, overview.round
    counts = figures.counts
    draw_head(text("sec.q1"), text("ov.date", day=overview.figures.as_of))
    target = f"{round_.target_bp / 100:g}%"
    key = "kpi.gap.phone" if round_.away_phone_counts else "kpi.gap"
    st.html(
        widgets.figure(figures.share("kpi.coverage"), target_bp=round_.target_bp, notes=[_say_delta(overview)])
        + f'<div class="fig-note two"><span>{html(text("ov.state.away", n=counts.away))}</span>'
        f"<span>{html(text(key, t=target, n=overview.remaining))}</span></div>"
        + widgets.rungs([figures.share(name) for name in ("kpi.attempt", "kpi.contact", "kpi.coverage")])
    )
    st.html(
        '<div class="foot rungs apart">'
        + widgets.share_cells(figures.share("kpi.phone"))
        + (widgets.share_cells(figures.share("kpi.groups_complete")) if counts.groups else "")
        + "</div>"
    )


def _say_delta(overview: Overview) -> str:
    before = overview.before
    if before is None:
        return text("kpi.delta.none")
    points = overview.figures.share("kpi.coverage").points_since(before.share("kpi.coverage"))
    if points is None:
        return text("kpi.delta.none")
    return text("kpi.delta", r=before.round.number, d=widgets.signed(points))


def _draw_missing(session: Session, overview: Overview) -> None:
    counts = overview.figures.counts
    missing = counts.roster - counts.effective
    link = (text("ov.names"), find_page("gaps"), view_params(session)) if has_page("gaps") else None
    draw_head(text("sec.q2"), text("count.homes", n=missing), link=link)
    shown = {state: getattr(counts, state) for state in _LISTED}
    st.html(widgets.state_bar(shown))
    with st.container(key="states", gap=None):
        for state, count in shown.items():
            _draw_state(session, state, Share(f"state.{state}", count, counts.roster, state == "effective"))
    added = text("ov.added", n=counts.added) if counts.added else ""
    left = text("ov.state.left", n=counts.left) if counts.left else ""
    st.html(
        f'<div class="foot fig-note"><span>{html(text("ov.state.sum", N=counts.roster))}</span>'
        f"<span>{html(added)}</span></div>{widgets.note(left)}"
    )


def _draw_state(session: Session, state: str, share: Share) -> None:
    label = f"{text(f'state.{state}')} :gray[{text(f'state_note.{state}')}]"
    with st.container(key=f"state_{state}", horizontal=True, vertical_alignment="center"):
        st.html(widgets.symbol(state), width="content")
        if state == "effective" or not share.numerator or not has_page("gaps"):
            st.markdown(label)
        else:
            st.page_link(find_page("gaps"), label=label, query_params=view_params(session, state=state))
        st.html(f'<div class="nums"><b>{share.numerator:,}</b><span>{share.percent}</span></div>', width="content")


def _draw_open(overview: Overview) -> None:
    issues = overview.figures.issues
    draw_head(text("sec.q3"), text("ov.date", day=overview.figures.as_of))
    clear = overview.figures.share("kpi.clear")
    notes = [
        f"{text('kpi.clear')} {clear.percent}",
        f"{text('kpi.clear.n')} {clear.numerator:,} ÷ {text('kpi.clear.N')} {clear.denominator:,}",
    ]
    lines = "".join(
        f'<span>{html(text(f"bucket.{name}"))} <span class="fig-note">{html(text(f"bucket_note.{name}"))}</span></span>'
        f'<b class="{"bad" if name == "overdue" and issues[name] else ""}">{issues[name]:,}</b>'
        for name in _BUCKETS
    )
    st.html(
        widgets.big_number(issues["open"], text("ov.issues"), notes)
        + '<div style="height:8px"></div>'
        + widgets.stacked_bar("bucket-", {name: issues[name] for name in _BUCKETS if issues[name]})
        + f'<div class="lines">{lines}</div>'
    )
    extra = [text("kpi.deferred", d=issues["deferred"], u=issues["unverified"])]
    st.html(f'<div class="foot fig-note"><span>{html(_say_cleared(overview))}</span></div>{widgets.note(extra[0])}')


def _say_cleared(overview: Overview) -> str:
    key = "kpi.cleared.group" if overview.level == "group" else "kpi.cleared"
    units = [one for one in overview.units if one.counts.roster] or [overview.figures]
    if not overview.level:
        return text("kpi.cleared.here" if overview.figures.cleared else "kpi.cleared.not")
    return text(key, n=sum(one.cleared for one in units), N=len(units))

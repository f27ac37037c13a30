"""下一步去哪 of 总览: what presses most, each with its count, its place and the way to exactly those rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape as html
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.access import may
from geo.i18n import text
from geo.ui import widgets
from geo.ui.navigation import find_page, has_page
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape
from geo.ui.session import view_params

if TYPE_CHECKING:
    from geo.store.reads import Figures
    from geo.ui.overview_data import Overview
    from geo.ui.session import Session

_MOST: Final = 3
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: how often, in which units (a count of one of them), and the page and filter with its rows."""

    name: str
    count: int
    of_unit: Callable[[Figures], int]
    params: dict[str, str]
    page: str = "gaps"


def list_steps(overview: Overview) -> list[Step]:
    """Return the steps with anything to do, in the order of ux.md; where none presses, who is to be reached."""
    counts, issues = overview.figures.counts, overview.figures.issues
    steps = (
        Step("untouched", counts.groups - counts.groups_touched,
             lambda one: one.counts.groups - one.counts.groups_touched, {"by": "group", "only": "untouched"}),
        Step("overdue", counts.overdue, lambda one: one.counts.overdue, {"state": "overdue"}),
        Step("issue_overdue", issues["overdue"], lambda one: one.issues["overdue"], {"mark": "issue_overdue"}),
        Step("unassigned", counts.unassigned, lambda one: one.counts.unassigned, {"mark": "unassigned"}),
        Step("issue_undated", issues["undated"], lambda one: one.issues["undated"], {"mark": "issue_undated"}),
        Step("exclusions", counts.pending, lambda one: one.counts.pending, {"by": "out", "only": "pending"}),
        Step("unentered", overview.unentered, lambda _one: 0, {}, "import"),
    )  # fmt: skip
    missing = Step("missing", _count_missing(overview.figures), _count_missing, {})
    return [step for step in steps if step.count] or [step for step in (missing,) if step.count]


def _count_missing(figures: Figures) -> int:
    return figures.counts.roster - figures.counts.effective


def draw_next(session: Session, overview: Overview) -> None:
    """Draw the first three steps with place and button, what waits for a decision besides, and the days left."""
    draw_head(text("sec.q4"))
    steps = list_steps(overview)
    for step in steps[:_MOST]:
        _draw_step(session, step, say_where(overview, step.of_unit))
    if not steps:
        st.html(widgets.note(text("ov.next.none")))
    st.html(f"<b>{html(_say_days(overview))}</b><br>{widgets.note(_say_pace(overview))}")
    for step in steps[_MOST:]:
        if step.name in ("exclusions", "unentered"):
            _draw_aside(session, step)


def _draw_step(session: Session, step: Step, where: str) -> None:
    words = f"**{escape(text(f'ov.next.{step.name}', n=step.count))}**"
    with st.container(key=f"next_{step.name}", horizontal=True, vertical_alignment="center"):
        st.markdown(f"{words}  \n:gray[:small[{escape(where)}]]" if where else words)
        _link(session, step)


def _draw_aside(session: Session, step: Step) -> None:
    """Draw a step in one small line: decisions about the denominator are never out of sight."""
    with st.container(key=f"aside_{step.name}", horizontal=True, vertical_alignment="center"):
        st.markdown(f":gray[:small[{escape(text(f'ov.next.{step.name}', n=step.count))}]]")
        _link(session, step)


def _link(session: Session, step: Step) -> None:
    if not has_page(step.page) or (step.page == "import" and not may(session.scope, "import")):
        return
    decides = step.name == "unentered" or (step.name == "exclusions" and may(session.scope, "manage_round"))
    label = text(f"ov.go.{step.name}" if decides else "ov.names")
    params = view_params(session, **step.params) if step.page == "gaps" else {}
    st.page_link(find_page(step.page), label=label, query_params=params)


def say_where(overview: Overview, of_unit: Callable[[Figures], int]) -> str:
    """Return how many units it is about and which has most; where each has one, the first few by name."""
    places = overview.with_any(of_unit)
    if not places:
        return ""
    worst, most = places[0]
    if most == 1:
        names = text("list.comma").join(one.place.name for one, _ in places[:_NAMED])
        return names if len(places) <= _NAMED else text("ov.next.among", names=names, k=len(places))
    level = text(f"level.{overview.level}")
    return text("ov.next.where", k=len(places), level=level, place=worst.place.name, n=most)


def _say_days(overview: Overview) -> str:
    days = overview.pace.days_left
    return text("kpi.pace.left", d=days) if days >= 0 else text("kpi.pace.over", d=-days)


def _say_pace(overview: Overview) -> str:
    rate = overview.pace.lately
    lately = f"{rate:,.0f}" if rate >= 10 or rate == int(rate) else f"{rate:.1f}"  # noqa: PLR2004 - one decimal below ten
    if overview.pace.needed is None:
        return text("kpi.pace.over_note", n=overview.remaining)
    if not overview.remaining:
        return text("kpi.pace.done", k=overview.days_lately, b=lately)
    return text("kpi.pace.need", a=overview.pace.needed, k=overview.days_lately, b=lately)

"""计划 compared: with two simpler orders of the same homes, and with what other means would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.plan.metrics import ORDERS, Metrics
from geo.planning import Order, plan_places
from geo.planning.document import sum_metrics
from geo.planning.whatif import list_changes, shorten
from geo.ui.overview_head import draw_head
from geo.ui.plain import show_error
from geo.ui.plan_data import Wanted

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session

_WHAT_IF: Final = "_plan_what_if"
#: Figures of a comparison, in the order of its columns.
_COMPARED: Final = (
    "top_by_day", "travel_s", "team_days", "makespan_s", "balance", "overlap", "continuity", "over", "after_deadline",
)  # fmt: skip
_CHANGED: Final = ("served", "left_out", "top_served", "team_days", "makespan_s", "travel_s", "after_deadline")
#: How much of a whole search each change gets: who fits into the days is known early.
_EFFORT: Final = 0.1
_NARROW: Final = 66
_CLOCKS: Final = ("travel_s", "makespan_s")


def draw_comparison(plans: Sequence[Mapping[str, Any]]) -> None:
    """Draw the plan of one unit, or the sums of several, beside two simpler orders of the same homes and teams.

    `plans`: figures and compared of each, as drafts keep them.
    """
    draw_head(text("plan.compared"), text("plan.compared.note"))
    named = [("plan.this", [one["figures"] for one in plans])]
    named += [(f"plan.{order}", [one["compared"][order] for one in plans]) for order in ORDERS]
    sums = [(text(name), sum_metrics([Metrics(**one) for one in figures])) for name, figures in named]
    _draw_table(_COMPARED, sums, key="plan_compared", first="order_of")


def draw_what_if(session: Session, round_: Round, wanted: Wanted, plans: Sequence[Mapping[str, Any]]) -> None:
    """Draw what 3 days, 5 days and one team more would do, planned when it is asked for."""
    draw_head(text("plan.what_if.head"))
    stamp = (str(session.db.path), round_.id, session.place.id, repr(wanted))
    known = st.session_state.get(_WHAT_IF)
    if known is None or known[0] != stamp:
        if not st.button(text("plan.what_if.do"), key="plan_what_if"):
            return
        try:
            known = (stamp, _plan_changes(session, round_, wanted))
        except GeoError as error:
            show_error(error)
            return
        st.session_state[_WHAT_IF] = known
    now = shorten(sum_metrics([Metrics(**one["figures"]) for one in plans]))
    _draw_table(_CHANGED, [(text("plan.this"), now), *known[1]], key="plan_changes", first="means")


def _plan_changes(session: Session, round_: Round, wanted: Wanted) -> list[tuple[str, dict[str, Any]]]:
    """Return the figures of each change for the place in view."""
    changes = list_changes(wanted.setup())
    order = Order(wanted.mode, effort=_EFFORT)
    bar = st.progress(0.0, text("plan.running"))
    answer = []
    for nth, (name, setup) in enumerate(changes):
        document = plan_places(
            session.db, session.scope, round_id=round_.id, place_id=session.place.id, setup=setup, order=order,
            only=wanted.only,
        )  # fmt: skip
        answer.append((name, shorten(document.total())))
        bar.progress((nth + 1) / len(changes), text("plan.running"))
    bar.empty()
    return answer


def _draw_table(columns: Sequence[str], rows: Sequence[tuple[str, Mapping[str, Any]]], *, key: str, first: str) -> None:
    heads = [text(f"plan.column.{name}") for name in (first, *columns)]
    shown = [[name, *(_say(column, one) for column in columns)] for name, one in rows]
    narrow = {head: st.column_config.TextColumn(width=_NARROW) for head in heads[2:]}
    with st.container(key=key):
        st.dataframe(pd.DataFrame(shown, columns=heads), hide_index=True, column_config=narrow)


def _say(column: str, one: Mapping[str, Any]) -> str:
    value = one[column]
    if value is None:
        return "—"
    if column in _CLOCKS:
        return clock(value)
    if column == "top_served":
        return text("plan.of", n=value, total=one["top"])
    if column == "top_by_day":
        return text("plan.top_by_day", by_day=" → ".join(map(str, value)), total=one["top"])
    if column in ("balance", "overlap", "continuity"):
        return f"{value:.2f}"
    return f"{value:,}"


def clock(seconds: int) -> str:
    """Return seconds as hours and minutes."""
    return f"{seconds // 3600:,}:{seconds % 3600 // 60:02d}"

"""轮次对比 in figures: a round beside an earlier one, unit by unit; every number opens the households it is of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.codes import COMPARED_KINDS
from geo.exports import ExportHead
from geo.exports.compared import tabulate_compared, tell_compared
from geo.i18n import text
from geo.schema.columns_work import COMPARED_COLUMNS
from geo.store.comparing import list_earlier
from geo.store.round_figures import PICKED, Compared, compare_rounds, list_compared
from geo.ui.clear_homes import draw_home_list
from geo.ui.clicks import clicked_row
from geo.ui.export_menu import draw_menu, offer_table
from geo.ui.navigation import find_page
from geo.ui.overview_data import UNIT_LEVEL
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape
from geo.ui.session import show, view_params

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session

_FORMS: Final = ("xlsx", "csv", "pdf")
_ROW: Final = 28
_ROWS: Final = 14


def draw_rounds(session: Session) -> None:
    """Draw the comparison of the session's round with the one that the address names, else the last before it."""
    earlier = list_earlier(session.db, session.scope, of=session.round) if session.round is not None else []
    if session.round is None or not earlier:
        st.markdown(escape(text("compare.none")))
        return
    asked = str(st.query_params.get("with", ""))
    then = next((one for one in earlier if str(one.number) == asked), earlier[0])
    where: dict[str, Any] = {
        "round_id": session.round.id, "earlier_id": then.id, "place_id": session.place.id, "as_of": session.as_of,
    }  # fmt: skip
    found = compare_rounds(session.db, session.scope, level=UNIT_LEVEL.get(session.place.level, "village"), **where)
    with st.container(key="head_compare", horizontal=True, vertical_alignment="center"):
        draw_head(text("compare.title"), _say_lead(found))
        _choose_earlier(earlier, then)
        _draw_exports(session, found)
    _draw_kinds(session, found)
    pick = str(st.query_params.get("pick", ""))
    if pick in PICKED:
        _draw_homes(session, list_compared(session.db, session.scope, pick=pick, **where), pick)
    elif found.units:
        _draw_units(found)


def _say_lead(found: Compared) -> str:
    then, now = (one.share("kpi.coverage") for one in (found.whole.then, found.whole.now))
    points = found.whole.points
    return text(
        "compare.lead", then=found.earlier.name, before=then.percent, now=found.later.name, after=now.percent,
        points="—" if points is None else f"{points:+.1f}",
    )  # fmt: skip


def _choose_earlier(earlier: list[Round], then: Round) -> None:
    numbers = [str(one.number) for one in earlier]
    names = {str(one.number): one.name for one in earlier}
    st.session_state["compare_with"] = str(then.number)
    st.selectbox(
        text("compare.with"), numbers, key="compare_with", format_func=names.__getitem__, width=170,
        label_visibility="collapsed", on_change=lambda: show(**{"with": st.session_state["compare_with"]}),
    )  # fmt: skip


def _draw_exports(session: Session, found: Compared) -> None:
    head = ExportHead(
        title=text("exports.title.compared"), place=session.place.name,
        round=text("cli.compare.rounds", then=found.earlier.name, now=found.later.name), as_of=found.as_of, filters="",
        user=session.scope.actor,
    )  # fmt: skip
    exports = offer_table(
        "compared", head, rows=len(found.units) + 1,
        stamp=(session.place.id, found.earlier.id, found.later.id, found.as_of, session.db.revision()),
        tabulate=partial(tabulate_compared, found), forms=_FORMS,
    )  # fmt: skip
    draw_menu(session, text("compare.export", n=len(found.units) + 1), exports)


def _draw_kinds(session: Session, found: Compared) -> None:
    """Draw the kinds, which sum to the households due, and beside them those that missed several rounds in a row."""
    counts = {**{kind: found.whole.kinds[kind] for kind in COMPARED_KINDS}, "in_a_row": found.whole.in_a_row}
    with st.container(key="compare_kinds", horizontal=True, gap="small", vertical_alignment="center"):
        for kind, count in counts.items():
            label = text("compare.count", word=text(f"compare.kind.{kind}", k=found.mark), n=count)
            if count:
                params = view_params(session, tab="rounds", pick=kind, **{"with": str(found.earlier.number)})
                st.page_link(find_page("clear"), label=label, query_params=params)
            else:
                st.markdown(label)
    total = found.whole.now.counts.roster
    phone = found.earlier.away_phone_counts or found.later.away_phone_counts
    st.caption(text("compare.sum", N=f"{total:,}", left=found.whole.left) + (text("compare.phone") if phone else ""))


def _draw_units(found: Compared) -> None:
    rows = [tell_compared(one) for one in (*found.units, found.whole)]
    shown = [one for one in COMPARED_COLUMNS if one.key != "number"]
    frame = pd.DataFrame(rows)[[one.key for one in shown]]
    columns: dict[str, Any] = {one.key: st.column_config.NumberColumn(one.header) for one in shown}
    columns["name"] = st.column_config.ButtonColumn(
        shown[0].header, width=120, type="tertiary", alignment="left", key="compare_unit", on_click=_open_unit,
        args=([one.now.place.id for one in found.units],),
    )  # fmt: skip
    st.dataframe(
        frame, hide_index=True, row_height=_ROW, height=_ROW * min(len(frame), _ROWS) + 36, key="compare_units",
        column_config=columns,
    )  # fmt: skip


def _open_unit(places: list[str]) -> None:
    row = clicked_row("compare_unit")
    if row is not None and row < len(places):
        show(place=places[row])


def _draw_homes(session: Session, homes: pd.DataFrame, pick: str) -> None:
    said = homes.assign(
        kind=[text(f"compare.kind.{one}") for one in homes["kind"]],
        last_outcome=[text(f"outcome.{one}") if one else "" for one in homes["last_outcome"].fillna("")],
    )
    title = text(f"compare.kind.{pick}")
    draw_home_list(
        session, said, key="compare", title=title, leave="pick", back=text("compare.back"),
        more=("kind", "missed_rounds", "last_outcome"),
    )  # fmt: skip

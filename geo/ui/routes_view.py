"""Published routes: who goes where on which day and how far they are; a recorder accepts a home or gives it back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.store.homes import read_homes
from geo.store.places import find_by_code
from geo.store.routes import answer_route, read_routes
from geo.ui.done import note_done
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape, show_error
from geo.ui.plan_data import choose_homes
from geo.ui.session import show

#: Parts of what a route is called: round, unit code, day, team.
_PARTS = 4

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from geo.model import Round
    from geo.ui.session import Session


def draw_routes(session: Session, round_: Round) -> None:
    """Draw what was published in the place in view, with progress, and for recorders the way to answer."""
    rows = read_routes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    draw_head(text("routes.title"))
    if not rows:
        st.markdown(text("routes.none"))
        return
    homes = read_homes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    done = set(homes.loc[homes["effective"] == 1, "household"])
    reached = sum(one["household"] in done for one in rows)
    st.progress(reached / len(rows), text("routes.progress", n=reached, total=len(rows)))
    _draw_team_days(rows, done)
    if may(session.scope, "assign"):
        _offer_rest(session, [str(one["household"]) for one in rows if one["household"] not in done])
    heads = [text(f"plan.column.{name}") for name in ("date", "team", "seq", "code", "status", "reason")]
    shown = [
        [f"{one['day']:%m-%d}", _say_who(one), one["seq"], one["code"],
         text("routes.done") if one["household"] in done else text(f"assignment_status.{one['status']}"),
         one["reason"] or ""]
        for one in rows
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(shown, columns=heads), hide_index=True, key="routes_table")
    open_rows = [one for one in rows if one["status"] in ("assigned", "accepted") and one["household"] not in done]
    if open_rows and may(session.scope, "record_visit"):
        _draw_answer(session, open_rows)


def _draw_team_days(rows: list[RowMapping], done: set[str]) -> None:
    """Draw one row a published team-day: homes, how many are reached, accepted, returned and not answered."""
    table: dict[tuple[str, str], list[int]] = {}
    for one in rows:
        counts = table.setdefault((f"{one['day']:%m-%d}", _say_who(one)), [0] * 5)
        state = "done" if one["household"] in done else one["status"]
        for nth, counted in enumerate(("", "done", "accepted", "returned", "assigned")):
            counts[nth] += counted in ("", state)
    heads = [text(f"plan.column.{name}") for name in ("date", "team", "homes")]
    heads += [text("routes.done"), *(text(f"assignment_status.{one}") for one in ("accepted", "returned", "assigned"))]
    shown = pd.DataFrame([[*name, *counts] for name, counts in table.items()], columns=heads)
    st.dataframe(shown, hide_index=True, key="routes_days", height=38 + 35 * min(len(shown), 6))


def _offer_rest(session: Session, rest: list[str]) -> None:
    """Draw the button that hands what is left of the published routes to planning, returned homes among them."""
    if rest:
        st.button(text("routes.rest", n=len(rest)), key="routes_rest", on_click=partial(choose_homes, session, rest))


def _say_who(row: RowMapping) -> str:
    return str(row["person_name"] or row["team_name"] or text("exports.team"))


def _draw_answer(session: Session, rows: list[RowMapping]) -> None:
    by_id = {str(one["id"]): one for one in rows}
    with st.container(key="routes_answer", horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox(
            text("routes.home"), list(by_id), format_func=lambda one: by_id[one]["code"], key="routes_home"
        )
        reason = st.text_input(text("routes.reason"), key="routes_reason")
        accepts = st.button(text("routes.accept"), key="routes_accept")
        returns = st.button(text("routes.return"), key="routes_return")
    if not (accepts or returns) or chosen is None:
        return
    row = by_id[chosen]
    try:
        answer_route(
            session.db,
            session.scope,
            assignment_id=chosen,
            rev=row["rev"],
            accepts=accepts,
            reason=reason if returns else "",
        )
    except GeoError as error:
        show_error(error)
        return
    note_done(escape(text("routes.accepted" if accepts else "routes.returned", code=row["code"])))
    st.rerun()


def follow_code(session: Session) -> None:
    """Go to the village whose route the code on a sheet names (`R4-520602202204-20191121-1`), once."""
    parts = str(st.query_params.get("route", "")).split("-")
    if len(parts) != _PARTS or parts[1] == session.place.code:
        return
    found = find_by_code(session.db, session.scope, code=parts[1])
    if found is not None:
        show(place=found)
        st.rerun()

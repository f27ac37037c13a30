"""Published routes: who goes where on which day and how far they are; a recorder takes a route or gives a home back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.errors import GeoError
from geo.exports.routes import amap_link, geo_link
from geo.i18n import text
from geo.planning.published import assignee_of, name_teams, read_published
from geo.store.homes import read_homes
from geo.store.mywork import find_worker
from geo.store.places import find_by_code
from geo.store.routes import answer_route, read_routes
from geo.ui.done import note_done
from geo.ui.navigation import find_page
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape, say, show_error
from geo.ui.plan_data import choose_homes
from geo.ui.plan_files import draw_files
from geo.ui.session import show, view_params
from geo.ui.shell import say_day

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from geo.model import Round
    from geo.ui.session import Session

_CODE: Final = "route"
_OPEN: Final = ("assigned", "accepted")


def draw_published(session: Session, round_: Round) -> None:
    """Draw what was published in the place in view: progress, team-days, the rest, files, one route at a time."""
    rows = read_routes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    draw_head(text("routes.title"))
    if not rows:
        st.markdown(text("routes.none"))
        return
    homes = read_homes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    done = _draw_progress(rows, homes)
    names = name_teams(rows)
    _draw_team_days(rows, names, done)
    _offer_rest(session, [str(one["household"]) for one in rows if one["household"] not in done])
    document = read_published(session.db, session.scope, round_=round_, place_id=session.place.id, rows=rows)
    if document.villages:
        draw_files(session, round_, document, what="routes")
    _draw_route(session, rows, homes, done)


def draw_my_route(session: Session, round_: Round) -> None:
    """Draw the reader's route, or the one that a sheet's code names: progress, stops, the ways to answer."""
    rows = read_routes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    draw_head(text("routes.mine"))
    code = _read_code()
    if code and not _rows_of(rows, code, round_):
        st.warning(escape(text("routes.unknown", id=code)))
    if not rows:
        st.markdown(text("routes.none"))
        return
    homes = read_homes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    done = _draw_progress(_rows_of(rows, code, round_) or rows, homes)
    _draw_route(session, rows, homes, done)


def has_route(session: Session, round_: Round, person_id: str) -> bool:
    """Say whether somebody has stops in the place in view that are published and not given back."""
    rows = read_routes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    return any(one["person"] == person_id and one["status"] in _OPEN for one in rows)


def _rows_of(rows: Sequence[RowMapping], code: str, round_: Round) -> list[RowMapping]:
    """Return the stops of the route that a sheet's code names (`exports.routes.head.route_id`)."""
    number, _, called = code.partition("-")
    return [one for one in rows if one["route"] == called] if number == f"R{round_.number}" and called else []


def _draw_progress(rows: Sequence[RowMapping], homes: pd.DataFrame) -> set[str]:
    """Draw how many of some stops are reached; return the households that are."""
    done = set(homes.loc[homes["effective"] == 1, "household"])
    reached = sum(one["household"] in done for one in rows)
    st.progress(reached / len(rows), text("routes.progress", n=reached, total=len(rows)))
    return done


def _draw_route(session: Session, rows: Sequence[RowMapping], homes: pd.DataFrame, done: set[str]) -> None:
    names = name_teams(rows)
    shown = _choose_route(session, rows, names)
    _draw_stops(shown, names, homes.set_index("household"), done)
    left = [one for one in shown if one["status"] in _OPEN and one["household"] not in done]
    if left:
        _draw_answer(session, left)


def _draw_team_days(rows: Sequence[RowMapping], names: dict[str, str], done: set[str]) -> None:
    """Draw one row a published team-day: homes, how many are reached, accepted, returned and not answered."""
    table: dict[tuple[str, str], list[int]] = {}
    for one in rows:
        counts = table.setdefault((f"{one['day']:%m-%d}", names[assignee_of(one)]), [0] * 5)
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


def _choose_route(session: Session, rows: Sequence[RowMapping], names: dict[str, str]) -> list[RowMapping]:
    """Draw whose route of which day is shown: the one that a sheet's code names, else the reader's next one."""
    coded = [] if session.round is None else _rows_of(rows, _read_code(), session.round)
    me = None if coded else find_worker(session.db, session.scope)
    whose = list(names)
    first = assignee_of(coded[0]) if coded else me[0] if me is not None and me[0] in names else None
    with st.container(key="routes_choice", horizontal=True, vertical_alignment="bottom", gap="small"):
        who = st.selectbox(text("routes.who"), whose, whose.index(first) if first else None, width=220,
                           format_func=names.__getitem__, key="routes_who", placeholder=text("routes.all"))  # fmt: skip
        own = [one for one in rows if who is None or assignee_of(one) == who]
        days = sorted({one["day"] for one in own})
        next_day = min((day for day in days if day >= session.today), default=days[0])
        usual = coded[0]["day"] if coded and who == first else next_day
        day = st.selectbox(text("plan.day"), days, days.index(usual) if who else None, format_func=say_day,
                           width=220, key=f"routes_day_{who}", placeholder=text("routes.all"))  # fmt: skip
    if coded and (who, day) == (first, coded[0]["day"]):
        return coded
    return [one for one in own if day is None or one["day"] == day]


def _draw_stops(rows: Sequence[RowMapping], names: dict[str, str], homes: pd.DataFrame, done: set[str]) -> None:
    """Draw the stops in their order, with links that open each in a map."""
    heads = [text(f"plan.column.{name}") for name in ("seq", "code", "group", "status", "amap", "geo", "date", "team",
                                                      "reason")]  # fmt: skip
    shown = []
    for one in rows:
        home = homes.loc[one["household"]] if one["household"] in homes.index else None
        state = text("routes.done") if one["household"] in done else text(f"assignment_status.{one['status']}")
        group = "" if home is None else home["group"]
        shown.append([one["seq"], one["code"], group, state, *_link(home, one["code"]), f"{one['day']:%m-%d}",
                      names[assignee_of(one)], one["reason"] or ""])  # fmt: skip
    links = {head: st.column_config.LinkColumn(display_text=text("routes.open")) for head in heads[4:6]}
    st.dataframe(pd.DataFrame(shown, columns=heads), hide_index=True, key="routes_table", column_config=links)


def _link(home: Any, code: str) -> tuple[str | None, str | None]:
    """Return the links of a home to AMap and to any map, nothing where it has no point."""
    if home is None or not home["located"] or home["lon"] != home["lon"]:
        return None, None
    lon, lat = float(home["lon"]), float(home["lat"])
    return amap_link(lon, lat, code), geo_link(lon, lat)


def _draw_answer(session: Session, rows: Sequence[RowMapping]) -> None:
    """Draw the ways to answer: begin, accept what is shown, or give one home back with a reason."""
    by_id = {str(one["id"]): one for one in rows}
    waiting = [one for one in rows if one["status"] == "assigned"]
    with st.container(key="routes_begin", horizontal=True, vertical_alignment="center", gap="small"):
        where = view_params(session, h=str(rows[0]["household"]), place=str(rows[0]["place"]))
        st.page_link(find_page("household"), label=text("routes.begin"), query_params=where)
        if waiting:
            st.button(
                text("routes.accept", n=len(waiting)), key="routes_accept", on_click=partial(_accept, session, waiting)
            )
    with st.container(key="routes_answer", horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox(
            text("routes.home"), list(by_id), format_func=lambda one: by_id[one]["code"], key="routes_home", width=220
        )
        reason = st.text_input(text("routes.reason"), key="routes_reason")
        if not st.button(text("routes.return"), key="routes_return") or chosen is None:
            return
    row = by_id[chosen]
    try:
        answer_route(
            session.db, session.scope, assignment_id=chosen, rev=row["rev"], accepts=False, reason=reason
        )  # fmt: skip
    except GeoError as error:
        show_error(error)
        return
    note_done(escape(text("routes.returned", code=row["code"])))
    st.rerun()


def _accept(session: Session, rows: Sequence[RowMapping]) -> None:
    try:
        for one in rows:
            answer_route(session.db, session.scope, assignment_id=str(one["id"]), rev=one["rev"], accepts=True)
    except GeoError as error:
        note_done(say(error))
        return
    note_done(text("routes.accepted", n=len(rows)))


def _read_code() -> str:
    """Return what the code on a sheet calls its route (`R4-520602202204-K7Q2XM-20191121-1`), '' without one."""
    return str(st.query_params.get(_CODE, ""))


def follow_code(session: Session) -> None:
    """Go to the village (or township) whose route the code on a sheet names, once."""
    _, _, called = _read_code().partition("-")
    unit = called.partition("-")[0]
    if not unit or unit == session.place.code:
        return
    found = find_by_code(session.db, session.scope, code=unit)
    if found is not None:
        show(place=found)
        st.rerun()

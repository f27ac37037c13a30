"""计划 published: one unit, whose people are asked for, or all that are planned at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.planning import Draft, VillagePlan
from geo.planning.document import call_route
from geo.store.assignments import list_assignees
from geo.store.gap_homes import read_gap_homes
from geo.store.routes import Route, publish_routes
from geo.ui.done import note_done
from geo.ui.plain import escape, show_error
from geo.ui.plan_data import drop_draft

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session


def draw_publish(session: Session, round_: Round, draft: Draft, village: VillagePlan) -> None:
    """Draw the button that publishes: it asks who goes in each team, and says how many homes go to how many teams."""
    if st.button(text("plan.publish"), type="primary", key="plan_publish", disabled=not village.team_days):
        st.dialog(text("plan.publish"))(_ask_publish)(session, round_, draft, village)


def _ask_publish(session: Session, round_: Round, draft: Draft, village: VillagePlan) -> None:
    names = _list_names(session, village.place)
    teams = list(dict.fromkeys(one.team for one in village.team_days))
    st.markdown(text("plan.publish.ask", k=len(teams), n=len(village.stops)))
    if not names:
        st.warning(text("assign.who.none"))
        return
    likely = choose_people([(one.name, one.people) for one in draft.task.setup.teams], names)
    listed = list(names)
    chosen = {
        team: st.selectbox(escape(text("plan.publish.who", team=team)), listed, index=listed.index(likely[team]),
                           format_func=names.__getitem__, key=f"plan_who_{nth}")
        for nth, team in enumerate(teams)
    }  # fmt: skip
    if not st.button(text("plan.publish.do"), type="primary", key="plan_publish_do"):
        return
    routes = [
        Route(chosen[one.team], one.day, tuple(stop.household for stop in one.stops), one.locked, one.route)
        for one in village.team_days
    ]
    _publish(session, round_, routes, [village.place])


def draw_publish_all(session: Session, round_: Round, kept: Mapping[str, Any]) -> None:
    """Draw the button that publishes the plans of all units at once."""
    if len(kept) > 1 and st.button(text("plan.publish.all", n=len(kept)), key="plan_publish_all"):
        st.dialog(text("plan.publish"), width="large")(_ask_publish_all)(session, round_, kept)


def _ask_publish_all(session: Session, round_: Round, kept: Mapping[str, Any]) -> None:
    routes, table, without = _collect(session, round_, kept)
    homes = sum(len(one.households) for one in routes)
    st.markdown(text("plan.publish.ask", k=len(table), n=homes))
    heads = [text(f"plan.column.{name}") for name in ("village", "team", "person", "team_days", "homes")]
    st.dataframe(pd.DataFrame(table, columns=heads), hide_index=True, key="plan_publish_table", height=320)
    if without:
        st.warning(escape(text("plan.publish.without", names=text("list.comma").join(without))))
    if routes and st.button(text("plan.publish.do"), type="primary", key="plan_publish_all_do"):
        published = [unit for unit, one in kept.items() if one["draft"]["name"] not in without]
        _publish(session, round_, routes, published)


def _collect(
    session: Session, round_: Round, kept: Mapping[str, Any]
) -> tuple[list[Route], list[list[Any]], list[str]]:
    """Return the routes of all units less the homes visited since, a row a team, and units that have nobody to go."""
    gaps = read_gap_homes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    waiting = set(gaps.waiting["household"])
    routes: list[Route] = []
    table: list[list[Any]] = []
    without: list[str] = []
    for unit, one in kept.items():
        draft, names = one["draft"], _list_names(session, unit)
        if not names:
            without.append(draft["name"])
            continue
        likely = choose_people(draft["teams"], names)
        by_team: dict[str, list[Route]] = {}
        for written, team, households, locked in draft["routes"]:
            left, day = tuple(home for home in households if home in waiting), date.fromisoformat(written)
            called = call_route(draft["code"], draft["mark"], day, 1 + list(likely).index(team))
            by_team.setdefault(team, []).append(Route(likely[team], day, left, locked, called))
        for team, some in by_team.items():
            routes += [route for route in some if route.households]
            homes = sum(len(route.households) for route in some)
            table.append([draft["name"], team, names[some[0].assignee], len(some), homes])
    return routes, table, without


def choose_people(teams: Iterable[tuple[str, Sequence[str]]], names: Mapping[str, str]) -> dict[str, str]:
    """Return who goes in each team (name, people), by id: the first of its people who is known, else by turns."""
    ids = {name: one for one, name in reversed(list(names.items()))}
    listed = list(names)
    return {
        team: next((ids[who] for who in people if who in ids), listed[min(nth, len(listed) - 1)])
        for nth, (team, people) in enumerate(teams)
    }


def _list_names(session: Session, unit: str) -> dict[str, str]:
    """Return those whom homes of a unit can be given to, names by id."""
    people = list_assignees(session.db, session.scope, place_id=unit)
    return {str(one["id"]): str(one["name"]) or text("exports.team") for one in people}


def _publish(session: Session, round_: Round, routes: Sequence[Route], units: Sequence[str]) -> None:
    try:
        count = publish_routes(session.db, session.scope, round_id=round_.id, routes=routes)
    except GeoError as error:
        show_error(error)
        return
    for unit in units:
        drop_draft(session, round_, unit)
    note_done(text("plan.published", k=len({one.assignee for one in routes}), n=count))
    st.rerun()

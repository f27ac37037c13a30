"""地图 on the screen: toolbar with the figure, the map, and beside it the card of what was clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.coverage import remaining_to_target
from geo.i18n import text
from geo.store.tile_reads import list_unlocated
from geo.ui.map_card import Card, draw_card, link_home
from geo.ui.map_filters import pick_criteria
from geo.ui.map_people import draw_people
from geo.ui.map_selection import draw_selection, keep_drawn, read_drawn
from geo.ui.mapdata import HomesAt, MapView, read_map
from geo.ui.mapview import Clicked, offer_map, show_map
from geo.ui.navigation import find_page
from geo.ui.plain import escape
from geo.ui.session import Session, show, view_params
from geo.ui.widgets import fraction

if TYPE_CHECKING:
    from geo.mapspec import View
    from geo.store.matching import Criteria

VIEWS: Final = ("visits", "issues", "people")
_WIDTHS: Final = (986, 316)
_HEIGHT: Final = 566


def draw_map(session: Session) -> None:
    """Draw the page of the session's place."""
    with st.container(key="map_bar", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(key="map_choices", horizontal=True, vertical_alignment="center", gap="small"):
            picked = _pick_view()
            criteria = pick_criteria(session)
        view: View = "issues" if picked == "issues" else "visits"
        found = read_map(session, view, criteria)
        _draw_figure(found, view, criteria)
    card, drawn = _chosen(session), read_drawn(session)
    left, right = st.columns(_WIDTHS)
    with left:
        clicked = show_map(
            _token(session, view, criteria, found),
            height=_HEIGHT,
            selected=0 if card is None else card.listed.tile_id,
            at=None if card is None else card.at,
            drawn=drawn,
        )
    with right, st.container(key="map_card"):
        if drawn:
            draw_selection(session, found, drawn)
        if card is not None:
            draw_card(session, card)
        elif picked == "people" and not drawn:
            draw_people(session, found)
        elif not drawn:
            _draw_place(session, found)
    if clicked is not None:
        _follow(session, found, clicked, card)


def _pick_view() -> str:
    picked = st.segmented_control(
        text("map.views"),
        VIEWS,
        key="view",
        default="visits",
        format_func=lambda one: text(f"map.view.{one}"),
        label_visibility="collapsed",
        bind="query-params",
    )
    return picked or "visits"


def _draw_figure(found: MapView, view: View, criteria: Criteria) -> None:
    share, round_ = found.share, found.figures.round
    words = f"{text(share.formula)} {share.percent} · {fraction(share)}"
    if view == "visits" and not criteria:
        left = remaining_to_target(found.figures.counts, round_.target_bp)
        words += " · " + text("map.remaining", n=left, t=f"{round_.target_bp / 100:g}%")
    st.text(words, width="content")


def _token(session: Session, view: View, criteria: Criteria, found: MapView) -> str:
    """Return the token of this view: the same while it is of the same things, so that the map stays as it is.

    A save does not change it: the map hears of it and fetches what became different.
    """
    key = (view, criteria, session.place.id, found.figures.round.id, session.as_of, session.scope, str(session.db.path))
    kept = st.session_state.get("_map_token")
    if kept is None or kept[0] != key:
        offered = offer_map(
            found.spec,
            tiles=found.tiles,
            find_facts=HomesAt(session).facts,
            renew=lambda: read_map(session, view, criteria).spec,
        )
        kept = (key, offered)
        st.session_state["_map_token"] = kept
    return str(kept[1])


def _chosen(session: Session) -> Card | None:
    """Return the household that the address names, if it is on this round's roster and may be seen."""
    wanted = st.query_params.get("h", "")
    found = HomesAt(session).find(household_id=wanted) if wanted else None
    return None if found is None else Card(*found)


def _follow(session: Session, found: MapView, clicked: Clicked, card: Card | None) -> None:
    """Do what the click asks: open a household's card, go down into a unit, or close the card."""
    wanted = ""
    if clicked.kind in ("drawn", "clear"):
        keep_drawn(session, clicked.ring)
    if clicked.kind == "household":
        named = HomesAt(session).find(tile_id=clicked.number)
        wanted = "" if named is None else named[0].household
    elif clicked.kind in ("next", "previous") and card is not None:
        wanted = card.neighbour(1 if clicked.kind == "next" else -1)
    elif clicked.number:
        place = found.spec.place_of(clicked.number)
        if place is None:
            return
        if place != session.place.id:
            show(place=place)
    show(h=wanted)
    st.rerun()


def _draw_place(session: Session, found: MapView) -> None:
    """Say what to click, and list what is not on the map: unlocated households of this village or group."""
    st.markdown(f"**{escape(session.place.name)}**")
    st.caption(text("map.hint.homes" if session.place.level in ("village", "group") else "map.hint.areas"))
    st.page_link(find_page("gaps"), label=text("map.to_gaps"), query_params=view_params(session))
    counts = found.figures.counts
    missing = counts.roster - counts.located
    if not missing or session.place.level not in ("village", "group"):
        return
    st.markdown(f"**{text('map.unlocated', n=missing)}**")
    homes = list_unlocated(
        session.db, session.scope, round_id=found.figures.round.id, place_id=session.place.id, as_of=session.as_of
    )
    for household_id, code, tile_id in homes:
        link_home(session, household_id, tile_id, label=text("map.locate", code=escape(code)))

"""Setting a household's point: a click on the map of its village, or its coordinates by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.store.households import get_household, set_point
from geo.ui.base_maps import offer_base
from geo.ui.mapdata import HomesAt, read_map
from geo.ui.mapview import offer_map, show_map
from geo.ui.plain import show_error
from geo.ui.session import Session

if TYPE_CHECKING:
    from geo.model import Place, Scope
    from geo.store.database import Database
    from geo.ui.household_data import Card

_HEIGHT: Final = 380


def open_point(db: Database, scope: Scope, *, card: Card) -> None:
    """Open the dialog that sets the household's point; the map shows the smallest unit that has any point."""
    row = dict(get_household(db, scope, household_id=card.id))
    _point_dialog(db, scope, row, _offer_map(db, scope, card=card))


def _offer_map(db: Database, scope: Scope, *, card: Card) -> str | None:
    if card.round is None:
        return None
    for place in reversed(card.crumbs):
        token = _offer_place(Session(db, scope, card.today, place, card.round, card.today), place)
        if token is not None:
            return token
    return None


def _offer_place(session: Session, place: Place) -> str | None:
    """Return the token of a place's map; None for a group or village nobody of which is on the map yet."""
    found = read_map(session, "visits")
    if place.level in ("group", "village") and not found.figures.counts.located:
        return None
    facts = HomesAt(session).facts
    return offer_map(found.spec, tiles=found.tiles, find_facts=facts, base=offer_base(session.db))


@st.dialog(text("household.point_title"), width="large")
def _point_dialog(db: Database, scope: Scope, row: dict[str, Any], token: str | None) -> None:
    at = None if row["lon"] is None or row["lat"] is None else (row["lon"], row["lat"])
    st.caption(text("household.point_how"))
    key = f"point:{row['id']}:{row['rev']}"
    if token is not None:
        clicked = show_map(token, key=f"{key}:map", height=_HEIGHT, selected=int(row["tile_id"]), at=at, mode="point")
        if clicked is not None and clicked.kind == "point":
            st.session_state[f"{key}:lon"], st.session_state[f"{key}:lat"] = clicked.lon, clicked.lat
    for name in ("lon", "lat"):
        st.session_state.setdefault(f"{key}:{name}", row[name])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        lon = st.number_input(
            text("household.lon"), -180.0, 180.0, step=0.0001, format="%.6f", key=f"{key}:lon", width=180
        )
        lat = st.number_input(
            text("household.lat"), -90.0, 90.0, step=0.0001, format="%.6f", key=f"{key}:lat", width=180
        )
        ready = lon is not None and lat is not None
        pressed = st.button(text("household.save_point"), type="primary", key=f"{key}:save", disabled=not ready)
    if not pressed:
        return
    try:
        set_point(db, scope, household_id=row["id"], rev=row["rev"], lon=float(lon), lat=float(lat))
    except GeoError as error:
        show_error(error)
        return
    st.rerun()

"""What was drawn around on the map: households or whole groups, how they stand, and what can be done with them.

The area stands in the address (`sel`), so that it survives reruns and reloads and can be passed on.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

import shapely
import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.store.zones import list_zones, remove_zone, save_zone
from geo.tiles import places_within
from geo.ui.choices import choose_one, choose_part
from geo.ui.done import note_done
from geo.ui.map_clicks import read_ring
from geo.ui.map_work import offer_groups, offer_homes, read_chosen_gaps, read_chosen_groups
from geo.ui.plain import escape, show_error
from geo.ui.session import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.ui.household_tiles import Ring
    from geo.ui.mapdata import MapView
    from geo.ui.session import Session

SELECTED: Final = "sel"
ZONE: Final = "zone"
UNITS: Final = ("home", "group")
#: Signs of an area in an address, so that a link of the page fits a code that a phone reads: a line drawn by hand loses
#: only what a finger cannot draw.
_MOST_SIGNS: Final = 480
#: An address holds degrees to so many decimals (about a metre).
_DECIMALS: Final = 5
_STEPS: Final = 10**_DECIMALS
_NAMED: Final = 8


def keep_drawn(ring: Ring) -> None:
    """Put the area drawn last into the address; an empty one takes it out."""
    show(**{SELECTED: write_ring(ring), ZONE: ""})


def read_drawn(session: Session) -> Ring:
    """Return the area that the address names: one that was drawn, or a saved one (片区)."""
    drawn = parse_ring(str(st.query_params.get(SELECTED, "")))
    if drawn:
        return drawn
    wanted = str(st.query_params.get(ZONE, ""))
    return next((one.ring for one in list_zones(session.db, session.scope) if one.id == wanted), ()) if wanted else ()


def write_ring(ring: Ring) -> str:
    """Return an area as the address holds it: `lon,lat` of one corner, then `~east,north` to each next in 0.00001°.

    Of a long line only those corners are kept that shape it.
    """
    if not ring:
        return ""
    said, tolerance = _write_corners(ring), 0.1 / _STEPS
    while len(said) > _MOST_SIGNS:
        said = _write_corners(shapely.Polygon(ring).simplify(tolerance).exterior.coords[:-1])
        tolerance *= 2
    return said


def _write_corners(corners: Sequence[tuple[float, ...]]) -> str:
    steps = [(round(lon * _STEPS), round(lat * _STEPS)) for lon, lat in corners]
    moves = [f"~{x - before_x},{y - before_y}" for (before_x, before_y), (x, y) in pairwise(steps)]
    (x, y), *_ = steps
    return "".join([f"{x / _STEPS:.{_DECIMALS}f},{y / _STEPS:.{_DECIMALS}f}", *moves])


def parse_ring(said: str) -> Ring:
    """Return the area behind what an address says; none for anything that is no area.

    Read are also all corners as `lon,lat;lon,lat;…`, as addresses of before have them.
    """
    try:
        first, *others = ([float(number) for number in one.split(",")] for one in re.split("[~;]", said))
        corners = [first, *others] if ";" in said else list(accumulate(others, _move, initial=first))
    except ValueError:
        return ()
    return read_ring([corners])


def _move(corner: list[float], by: list[float]) -> list[float]:
    return [round(at + steps / _STEPS, _DECIMALS) for at, steps in zip(corner, by, strict=True)]


def pick_zone(session: Session) -> None:
    """Draw the choice of a saved area (片区), where there is any."""
    zones = {one.id: one.name for one in list_zones(session.db, session.scope)}
    if zones:
        choose_one(ZONE, list(zones), zones.__getitem__, label=text("map.filter.zone"), width=128)


def draw_selection(session: Session, found: MapView, ring: Ring) -> None:
    """Draw what lies in the area, as households or as groups, and what can be done with those left."""
    unit = choose_part("unit", UNITS, lambda one: text(f"map.picked.by.{one}"), label=text("map.picked.by"))
    with st.container(key="drawn_actions", gap="small"):
        (_draw_groups if unit == "group" else _draw_homes)(session, found, ring)
    if may(session.scope, "assign"):
        _draw_saving(session, ring)
    if st.button(text("map.picked.clear"), key="drawn_clear", type="tertiary", on_click=keep_drawn, args=((),)):
        st.rerun()


def _draw_homes(session: Session, found: MapView, ring: Ring) -> None:
    index, wanted = found.tiles.now()
    numbers = index.within(ring, wanted)
    st.markdown(f"**{text('map.picked', n=len(numbers))}**")
    if not len(numbers):
        return
    round_ = found.figures.round
    gaps = read_chosen_gaps(session, round_, numbers)
    st.caption(text("map.picked.none") if gaps.empty else text("map.picked.gaps", n=len(gaps)))
    if not gaps.empty:
        offer_homes(session, round_, gaps, filters=text("map.picked.area"))


def _draw_groups(session: Session, found: MapView, ring: Ring) -> None:
    index, wanted = found.tiles.now()
    places = places_within(index, ring, wanted)
    st.markdown(f"**{text('map.picked.groups', n=len(places))}**")
    st.caption(text("map.picked.groups.rule"))
    if not places:
        return
    round_ = found.figures.round
    groups = read_chosen_groups(session, round_, places)
    if groups.empty:
        st.caption(text("map.picked.groups.none"))
        return
    st.caption(text("map.picked.groups.gaps", n=len(groups), homes=int(groups["remaining"].sum())))
    for row in groups.head(_NAMED).to_dict("records"):
        name = row["group"] or text("exports.ungrouped")
        st.text(text("map.picked.group", village=row["village"], group=name, n=row["remaining"], N=row["roster"]))
    offer_groups(session, round_, groups, filters=text("map.picked.area"))


def _draw_saving(session: Session, ring: Ring) -> None:
    """Draw the way to keep the area under a name, or to give up a kept one."""
    kept = str(st.query_params.get(ZONE, ""))
    if kept and SELECTED not in st.query_params:
        if st.button(text("map.zone.remove"), key="zone_remove", type="tertiary"):
            remove_zone(session.db, session.scope, zone_id=kept)
            note_done(escape(text("map.zone.removed")))
            show(**{ZONE: ""})
            st.rerun()
        return
    with st.popover(text("map.zone.save")):
        name = st.text_input(text("map.zone.name"), key="zone_name", max_chars=40)
        if not st.button(text("map.zone.do"), key="zone_do", type="primary"):
            return
        try:
            made = save_zone(session.db, session.scope, name=name, place_id=session.place.id, ring=ring)
        except GeoError as error:
            show_error(error)
            return
        note_done(escape(text("map.zone.saved", name=made.name)))
        show(**{SELECTED: "", ZONE: made.id})
        st.rerun()

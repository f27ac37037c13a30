"""What was drawn around on the map: how many households, how they stand, and what can be done with those left."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from geo.exports import ExportHead, tabulate_gaps
from geo.gaps import rank_gaps
from geo.i18n import text
from geo.store.homes import read_gap_homes
from geo.ui.assigning import Work, offer_work
from geo.ui.export_menu import draw_export, offer_table
from geo.ui.shell import say_round

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.household_tiles import Ring
    from geo.ui.mapdata import MapView
    from geo.ui.session import Session

_KEPT: Final = "_map_drawn"


def keep_drawn(session: Session, ring: Ring) -> None:
    """Remember the area drawn last, for the place and round it was drawn on; an empty one forgets it."""
    st.session_state[_KEPT] = (_key(session), ring)


def read_drawn(session: Session) -> Ring:
    """Return the area that stands."""
    key, ring = st.session_state.get(_KEPT, (None, ()))
    return ring if key == _key(session) else ()


def draw_selection(session: Session, found: MapView, ring: Ring) -> None:
    """Draw the count of what lies in the area, and for those still to be reached: assign, export."""
    index, wanted = found.tiles.now()
    numbers = index.within(ring, wanted)
    st.markdown(f"**{text('map.picked', n=len(numbers))}**")
    gaps = _gaps_among(session, found, frozenset(numbers.tolist())) if len(numbers) else pd.DataFrame()
    if gaps.empty:
        st.caption(text("map.picked.none") if len(numbers) else "")
    else:
        st.caption(text("map.picked.gaps", n=len(gaps)))
        _offer(session, found.figures.round, gaps)
    if st.button(text("map.picked.clear"), key="drawn_clear", type="tertiary"):
        keep_drawn(session, ())
        st.rerun()


def _gaps_among(session: Session, found: MapView, numbers: frozenset[int]) -> pd.DataFrame:
    """Return the rows of the gap list of this place whose household is among the numbers."""
    lists = read_gap_homes(
        session.db, session.scope, round_id=found.figures.round.id, place_id=session.place.id, as_of=session.as_of
    )
    gaps = rank_gaps(lists.waiting, session.as_of)
    chosen: pd.DataFrame = gaps[gaps["tile_id"].isin(numbers)].reset_index(drop=True)
    return chosen


def _offer(session: Session, round_: Round, gaps: pd.DataFrame) -> None:
    with st.container(key="drawn_actions", gap="small"):
        if not session.is_past:
            villages = set(gaps["village_id"])
            held = gaps["assignment_id"].notna() & (gaps["by_group"] == 0)
            offer_work(Work(
                session.db, session.scope, round_, session.today, "home", tuple(gaps["household"].astype(str)),
                session.place.id, villages.pop() if len(villages) == 1 else "", int(held.sum()),
            ))  # fmt: skip
        head = ExportHead(
            title=text("exports.title.gaps"), place=session.place.name, round=say_round(round_, session.today),
            as_of=session.as_of, filters=text("map.picked.area"), user=session.scope.actor,
        )  # fmt: skip
        (export,) = offer_table(
            "drawn", head, rows=len(gaps), stamp=tuple(gaps["household"]), tabulate=partial(tabulate_gaps, gaps),
            forms=["xlsx"],
        )  # fmt: skip
        draw_export(session, text("map.picked.export", n=len(gaps)), export)


def _key(session: Session) -> tuple[object, ...]:
    return session.place.id, session.round.id if session.round else None, str(session.db.path)

"""地图 on the screen: toolbar with the figure, the map, and beside it the card of what was clicked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import streamlit as st

from geo.coverage import remaining_to_target
from geo.i18n import text
from geo.store.basemap import read_basemap
from geo.store.tile_reads import list_unlocated
from geo.ui.base_maps import offer_base
from geo.ui.choices import choose_part
from geo.ui.map_card import Card, draw_card, link_home
from geo.ui.map_clicks import Clicked
from geo.ui.map_filters import pick_criteria, say_criteria
from geo.ui.map_people import draw_people
from geo.ui.map_rounds import draw_comparison, pick_earlier
from geo.ui.map_selection import draw_selection, keep_drawn, read_drawn
from geo.ui.mapdata import HomesAt, MapView, read_before, read_map
from geo.ui.mapview import offer_map, show_map
from geo.ui.navigation import find_page
from geo.ui.overview_data import read_overview
from geo.ui.plain import escape
from geo.ui.printing import Kept, draw_prints
from geo.ui.saying import say_side
from geo.ui.session import Session, show, view_params
from geo.ui.share import draw_share
from geo.ui.widgets import fraction

if TYPE_CHECKING:
    from geo.mapspec import View
    from geo.model import Round
    from geo.store.matching import Criteria
    from geo.ui.household_tiles import Ring
    from geo.ui.map_clicks import Standing

VIEWS: Final = ("visits", "issues", "people", "compare")
_WIDTHS: Final = (986, 316)
_HEIGHT: Final = 566
_HEIGHT_OF_TWO: Final = 530


@dataclass(frozen=True, slots=True)
class Asked:
    """What a map of the page is asked to show; `earlier` is the round that this one is compared with.

    `before`: the map of the earlier round, which stands beside that of this one.
    """

    view: View
    criteria: Criteria
    earlier: Round | None = None
    before: bool = False

    def read(self, session: Session) -> MapView:
        """Return what it shows at this moment, read as the session may."""
        if self.before and self.earlier is not None:
            return read_before(session, self.earlier, self.criteria)
        return read_map(session, self.view, self.criteria, earlier=self.earlier)


#: A map of the page, and what was clicked on it.
Answer: TypeAlias = tuple[MapView, Clicked | None]


def draw_map(session: Session) -> None:
    """Draw the page of the session's place."""
    with st.container(key="map_bar", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(key="map_choices", horizontal=True, vertical_alignment="center", gap="small"):
            picked = choose_part("view", VIEWS, lambda one: text(f"map.view.{one}"), label=text("map.views"))
            asked = _ask(session, picked)
        found = asked.read(session)
        if found.too_few:
            st.caption(text("map.too_few", n=session.rules()["small_count"]))
        elif asked.earlier is None:
            _draw_figure(found, asked)
    card, drawn = _chosen(session), read_drawn(session)
    left, right = st.columns(_WIDTHS)
    with left:
        one = asked.earlier is None
        answers = [(found, _show(session, asked, found, card, drawn))] if one else _show_two(
            session, asked, found, card, drawn
        )  # fmt: skip
    # On a phone what was chosen lies over the map as a sheet; what stands beside an untouched map comes under it.
    with right, st.container(key="map_card" if card is not None or drawn else "map_beside"):
        if drawn:
            draw_selection(session, found, drawn)
        if card is not None:
            draw_card(session, card)
        elif not drawn:
            _draw_beside(session, asked, found, picked)
    for shown, clicked in answers:
        if clicked is not None and clicked.standing is not None:
            _open_dialog(session, asked, shown, clicked.kind, clicked.standing)
        elif clicked is not None:
            _follow(session, shown, clicked, card)


def _open_dialog(session: Session, asked: Asked, shown: MapView, kind: str, standing: Standing) -> None:
    """Open 分享 or 打印 of a map as it stands."""
    filters = say_criteria(session, asked.criteria)
    if asked.earlier is not None:
        with_round = text("map.compare.round", r=asked.earlier.number)
        filters = text("list.comma").join(one for one in (with_round, filters) if one)
    if kind == "print":
        sides = [asked] if asked.earlier is None else [replace(asked, before=True), asked]
        told = len(sides) - 1 if shown.figures.round == session.round else 0
        kept = Kept(standing, asked, tuple(partial(one.read, session) for one in sides), told)
        st.dialog(text("act.print"))(draw_prints)(session, kept, filters=filters)
        return
    also = (
        text("share.filtered", filters=filters, share=f"{shown.share.percent}，{fraction(shown.share)}")
        if filters
        else ""
    )
    overview = read_overview(session, shown.figures.round)
    st.dialog(text("act.share"))(draw_share)(overview, standing=standing, also=also)


def _ask(session: Session, picked: str) -> Asked:
    earlier = pick_earlier(session) if picked == "compare" else None
    view: View = "issues" if picked == "issues" else "compare" if earlier is not None else "visits"
    criteria = pick_criteria(session)
    return Asked(view, criteria, earlier)


def _draw_beside(session: Session, asked: Asked, found: MapView, picked: str) -> None:
    """Draw what stands beside the map while nothing is chosen on it."""
    if asked.earlier is not None:
        draw_comparison(session, found, asked.earlier)
    elif picked == "people":
        draw_people(session, found, asked.criteria.assignee)
    else:
        _draw_place(session, found)


def _show(
    session: Session, asked: Asked, found: MapView, card: Card | None, drawn: Ring, *, key: str = "map"
) -> Clicked | None:
    return show_map(
        _token(session, asked, found, key=key),
        key=key,
        height=_HEIGHT if asked.earlier is None else _HEIGHT_OF_TWO,
        selected=0 if card is None else card.listed.tile_id,
        at=None if card is None else card.at,
        drawn=drawn,
        linked=asked.earlier is not None,
    )


def _show_two(session: Session, asked: Asked, found: MapView, card: Card | None, drawn: Ring) -> list[Answer]:
    """Show the earlier round as it ended, and beside it this one with what became of each household since."""
    then = replace(asked, before=True)
    before = then.read(session)
    answers: list[Answer] = []
    for column, part, shown, key in zip(
        st.columns(2, gap="small"), (then, asked), (before, found), ("map_before", "map"), strict=True
    ):
        with column:
            st.caption(say_side(shown))
            answers.append((shown, _show(session, part, shown, card, drawn, key=key)))
    return answers


def _draw_figure(found: MapView, asked: Asked) -> None:
    share, round_ = found.share, found.figures.round
    words = f"{text(share.formula)} {share.percent} · {fraction(share)}"
    if asked.view != "issues" and not asked.criteria:
        left = remaining_to_target(found.figures.counts, round_.target_bp)
        words += " · " + text("map.remaining", n=left, t=f"{round_.target_bp / 100:g}%")
    st.text(words, width="content")


def _token(session: Session, asked: Asked, found: MapView, *, key: str) -> str:
    """Return the token of a view: the same while it is of the same things, so that the map stays as it is.

    A save does not change it: the map hears of it and fetches what became different.
    """
    base = read_basemap(session.db)
    of = (asked, session.place.id, found.figures.round.id, session.as_of, session.scope, str(session.db.path), base)
    kept = st.session_state.get(f"_{key}_token")
    if kept is None or kept[0] != of:
        at = replace(session, round=found.figures.round, as_of=found.figures.as_of)
        offered = offer_map(
            found.spec,
            tiles=found.tiles,
            find_facts=HomesAt(at).facts,
            renew=lambda: asked.read(session).spec,
            base=offer_base(session.db),
        )
        kept = (of, offered)
        st.session_state[f"_{key}_token"] = kept
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
        keep_drawn(clicked.ring)
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
            show(place=place, sel="", zone="")
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
    if missing > len(homes):
        st.caption(text("map.unlocated.more", n=missing - len(homes)))

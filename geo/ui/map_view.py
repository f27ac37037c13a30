"""地图 on the screen: toolbar with the figure, the map, and beside it the card of what was clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.coverage import remaining_to_target
from geo.gaps import PRIORITY_TERMS, rank_gaps
from geo.i18n import text
from geo.ui.mapdata import MapView, make_facts, read_map
from geo.ui.mapview import Clicked, offer_map, show_map
from geo.ui.navigation import find_page
from geo.ui.plain import escape
from geo.ui.session import Session, show, view_params
from geo.ui.widgets import fraction, symbol

if TYPE_CHECKING:
    from geo.mapspec import View

VIEWS: Final = ("visits", "issues")
_WIDTHS: Final = (986, 316)
_HEIGHT: Final = 566


def draw_map(session: Session) -> None:
    """Draw the page of the session's place."""
    with st.container(key="map_bar", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = _pick_view()
        found = read_map(session, view)
        _draw_figure(found, view)
    left, right = st.columns(_WIDTHS)
    home = _chosen(found)
    with left:
        clicked = show_map(
            _token(session, view, found), height=_HEIGHT, selected=0 if home is None else int(home["tile_id"])
        )
    with right, st.container(key="map_card"):
        if home is not None:
            _draw_card(session, found, home)
        else:
            _draw_place(session, found)
    if clicked is not None:
        _follow(session, found, clicked)


def _pick_view() -> View:
    picked = st.segmented_control(
        text("map.views"),
        VIEWS,
        key="view",
        default="visits",
        format_func=lambda one: text(f"map.view.{one}"),
        label_visibility="collapsed",
        bind="query-params",
    )
    return "issues" if picked == "issues" else "visits"


def _draw_figure(found: MapView, view: View) -> None:
    share = found.figures.share("kpi.coverage" if view == "visits" else "kpi.clear")
    counts, round_ = found.figures.counts, found.figures.round
    words = f"{text(share.formula)} {share.percent} · {fraction(share)}"
    if view == "visits":
        words += " · " + text(
            "map.remaining", n=remaining_to_target(counts, round_.target_bp), t=f"{round_.target_bp / 100:g}%"
        )
    st.text(words, width="content")


def _token(session: Session, view: View, found: MapView) -> str:
    """Return the token of this view: the same while nothing it shows has changed, so that the map stays as it is."""
    key = (
        view,
        session.place.id,
        found.figures.round.id,
        session.as_of,
        session.db.revision(),
        session.scope.role,
        str(session.db.path),
    )
    kept = st.session_state.get("_map_token")
    if kept is None or kept[0] != key:
        facts = None if found.homes is None else make_facts(found.homes)
        kept = (key, offer_map(found.spec, points=found.points, tiles=found.tiles, find_facts=facts))
        st.session_state["_map_token"] = kept
    return str(kept[1])


def _chosen(found: MapView) -> dict[Any, Any] | None:
    """Return the row of the household the address names, if it is on this map."""
    wanted = st.query_params.get("h", "")
    if not wanted or found.homes is None:
        return None
    rows = found.homes[found.homes["household"] == wanted]
    return None if rows.empty else rows.iloc[0].to_dict()


def _follow(session: Session, found: MapView, clicked: Clicked) -> None:
    """Do what the click asks: open a household's card, go down into a unit, or close the card."""
    if clicked.kind == "household" and found.homes is not None:
        row = found.homes[found.homes["tile_id"] == clicked.number]
        if not row.empty:
            st.query_params["h"] = str(row.iloc[0]["household"])
            st.rerun()
    elif clicked.kind == "clear":
        st.query_params.pop("h", None)
        st.rerun()
    elif place := found.spec.place_of(clicked.number):
        st.query_params.pop("h", None)
        if place != session.place.id:
            show(place=place)
        st.rerun()


def _draw_place(session: Session, found: MapView) -> None:
    """Say what to click, and list what is not on the map: unlocated households of this village or group."""
    st.markdown(f"**{escape(session.place.name)}**")
    st.caption(text("map.hint.homes" if found.homes is not None else "map.hint.areas"))
    st.page_link(find_page("gaps"), label=text("map.to_gaps"), query_params=view_params(session))
    if found.homes is None:
        return
    missing = found.homes[(found.homes["located"] == 0) & (found.homes["roster"] == 1)]
    if not missing.empty:
        st.markdown(f"**{text('map.unlocated', n=len(missing))}**")
        for row in missing.head(12).to_dict("records"):
            _link_home(session, row, label=text("map.locate", code=escape(str(row["code"]))))


def _link_home(session: Session, row: dict[Any, Any], *, label: str) -> None:
    with st.container(key=f"home_{row['tile_id']}"):
        st.page_link(find_page("household"), label=label, query_params=view_params(session, h=str(row["household"])))


def _draw_card(session: Session, found: MapView, home: dict[Any, Any]) -> None:
    group = home["group"] or home["village"]
    st.text(text("map.card.where", group=group, code=home["code"]))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(symbol(home["state"]), width="content")
        st.text(text(f"state.{home['state']}"), width="content")
        st.text(str(home["head_name"]), width="content")
    with st.container(gap=None, key="map_facts"):
        for name, value in _list_facts(home).items():
            if value:
                with st.container(horizontal=True, gap="small", key=f"card_{name}"):
                    st.caption(text(f"map.card.{name}"), width=72)
                    st.text(value, width="stretch")
    _draw_why(found, home)
    _draw_ways(session, found, home)


def _list_facts(home: dict[Any, Any]) -> dict[str, str]:
    tags = [text(f"tag.{tag}") for tag in str(home["tags"]).split(",") if tag]
    last = (
        text("map.fact.never")
        if pd.isna(home["last_on"])
        else f"{home['last_on']:%Y-%m-%d} {text('outcome.' + home['last_outcome_ever'])}"
    )
    return {
        "household_class": text(f"household_class.{home['household_class']}"),
        "tags": text("list.comma").join(tags),
        "size": "" if pd.isna(home["size"]) else text("map.card.people", n=int(home["size"])),
        "last": last,
        "attempts": text("map.card.times", n=int(home["attempts"])),
        "assignee": "" if pd.isna(home["assignee"]) else str(home["assignee"]),
        "due": f"{home['due_on']:%Y-%m-%d}",
        "issues": text("map.fact.issues", n=int(home["open_issues"])) if home["open_issues"] else "",
    }


def _draw_why(found: MapView, home: dict[Any, Any]) -> None:
    """Print the terms of the priority of a household that is still to be reached."""
    if home["effective"] or not home["roster"] or found.homes is None:
        return
    gaps = rank_gaps(found.homes[found.homes["roster"] == 1], found.figures.as_of)
    row = gaps[gaps["household"] == home["household"]].iloc[0]
    terms = [f"{text(f'term.{term}')} +{row[f'p_{term}']}" for term in PRIORITY_TERMS if row[f"p_{term}"]]
    st.markdown(f"**{text('map.card.why')}**")
    st.text(text("map.card.priority", p=int(row["priority"]), terms=" ".join(terms) or text("map.card.no_terms")))


def _draw_ways(session: Session, found: MapView, home: dict[Any, Any]) -> None:
    label = "map.card.record" if may(session.scope, "record_visit") else "map.card.open"
    _link_home(session, home, label=text(label))
    if home["dwelling"] and not pd.isna(home["dwelling"]) and found.homes is not None:
        same = found.homes[
            (found.homes["dwelling"] == home["dwelling"]) & (found.homes["household"] != home["household"])
        ]
        if not same.empty:
            st.caption(text("map.card.same_dwelling", n=len(same)))
            for row in same.to_dict("records"):
                _link_home(session, row, label=escape(str(row["code"])))
    if st.button(text("map.card.close"), key="card_close", type="tertiary"):
        st.query_params.pop("h", None)
        st.rerun()

"""The card beside the map: one household, as far as the one who looks may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from geo.access import may
from geo.gaps import PRIORITY_TERMS, rank_gaps
from geo.i18n import text
from geo.store.rules import load_rules
from geo.ui.navigation import find_page
from geo.ui.noting import note_view
from geo.ui.plain import escape
from geo.ui.session import Session, show, view_params
from geo.ui.widgets import symbol

if TYPE_CHECKING:
    from geo.store.tile_reads import Listed


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One household: where it stands, and the homes of its leaf place (columns of `read_homes`, in register order)."""

    listed: Listed
    homes: pd.DataFrame

    @property
    def home(self) -> dict[Any, Any]:
        """The household's own row."""
        row: dict[Any, Any] = self.homes[self.homes["household"] == self.listed.household].iloc[0].to_dict()
        return row

    @property
    def at(self) -> tuple[float, float] | None:
        """Where it stands (lon, lat in WGS84 degrees), if that is known."""
        if self.listed.lon is None or self.listed.lat is None:
            return None
        return self.listed.lon, self.listed.lat

    def neighbour(self, step: int) -> str:
        """Return the id of the household some steps on in its group; after the last comes the first."""
        ids = self.homes["household"].tolist()
        return str(ids[(ids.index(self.listed.household) + step) % len(ids)])

    def same_dwelling(self) -> pd.DataFrame:
        """Return the other households of the same dwelling."""
        dwelling = self.home["dwelling"]
        if pd.isna(dwelling) or not dwelling:
            return self.homes.iloc[:0]
        others: pd.DataFrame = self.homes[
            (self.homes["dwelling"] == dwelling) & (self.homes["household"] != self.listed.household)
        ]
        return others


def link_home(session: Session, household_id: str, tile_id: int, *, label: str) -> None:
    """Draw the way to a household's page."""
    with st.container(key=f"home_{tile_id}"):
        st.page_link(find_page("household"), label=label, query_params=view_params(session, h=household_id))


def draw_card(session: Session, card: Card) -> None:
    """Draw who lives there, how it stands, why it comes first, and what to do next."""
    if may(session.scope, "see_details"):
        note_view(card.listed.household)
    home = card.home
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
    _draw_why(session, card)
    _draw_ways(session, card)


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


def _draw_why(session: Session, card: Card) -> None:
    """Print the terms of the priority of a household that is still to be reached."""
    home = card.home
    if home["effective"] or not home["roster"]:
        return
    round_id = session.round.id if session.round is not None else ""
    rules = load_rules(session.db, session.scope, round_id=round_id)
    gaps = rank_gaps(card.homes[card.homes["roster"] == 1], session.as_of, rules)
    row = gaps[gaps["household"] == home["household"]].iloc[0]
    terms = [f"{text(f'term.{term}')} +{row[f'p_{term}']}" for term in PRIORITY_TERMS if row[f"p_{term}"]]
    st.markdown(f"**{text('map.card.why')}**")
    st.text(text("map.card.priority", p=int(row["priority"]), terms=" ".join(terms) or text("map.card.no_terms")))


def _draw_ways(session: Session, card: Card) -> None:
    label = "map.card.record" if may(session.scope, "record_visit") else "map.card.open"
    link_home(session, card.listed.household, card.listed.tile_id, label=text(label))
    same = card.same_dwelling()
    if not same.empty:
        st.caption(text("map.card.same_dwelling", n=len(same)))
        # They stand at one point of the map: here each can be chosen.
        for row in same.to_dict("records"):
            said = text("map.card.same", code=row["code"], state=text(f"state.{row['state']}"))
            st.button(
                escape(said), key=f"same_{row['tile_id']}", type="tertiary", on_click=show,
                kwargs={"h": str(row["household"])},
            )  # fmt: skip
    if st.button(text("map.card.close"), key="card_close", type="tertiary"):
        show(h="")
        st.rerun()

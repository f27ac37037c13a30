"""The right side of the household page: what was said before, the facts, the group's coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.i18n import text
from geo.ui import household_edits as edits
from geo.ui.assigning import Work, offer_work
from geo.ui.photos import draw_photos
from geo.ui.reveal import show_phone
from geo.ui.widgets import fraction, note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.coverage import Share
    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.household_data import Card

_SHOWN_VISITS = 3


def show_visits(db: Database, scope: Scope, *, card: Card) -> None:
    """Draw the visits, newest first; voided ones stay, marked."""
    with st.container(key="sec_visits"):
        st.markdown(f"**{text('household.visits', n=len(card.visits))}**")
        if not card.visits:
            st.caption(text("household.never"))
        for one in card.visits[:_SHOWN_VISITS]:
            _show_visit(db, scope, card=card, visit=one)
        rest = card.visits[_SHOWN_VISITS:]
        if rest:
            with st.expander(text("household.visits_more", n=len(rest))):
                for one in rest:
                    _show_visit(db, scope, card=card, visit=one)


def _show_visit(db: Database, scope: Scope, *, card: Card, visit: Mapping[Any, Any]) -> None:
    with st.container(key=f"visit_{visit['id']}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.text(f"{visit['visited_on'].isoformat()} {visit['round_name'] or text('household.outside_rounds')}")
            if visit["void"]:
                st.badge(text("household.voided"), color="gray")
            elif may(scope, "record_visit"):
                opened = st.button(text("visit.correct"), type="tertiary", key=f"correct_{visit['id']}")
                if opened:
                    edits.open_correction(db, scope, household_id=card.id, visit_id=visit["id"])
        st.text(_describe(visit))
        if visit["note"]:
            st.text(str(visit["note"]))
        draw_photos(db, scope, about="visit", about_id=str(visit["id"]), adds=not visit["void"])


def say_last(card: Card) -> str:
    """Return the last visit that counts in one line: its day, what came of it, what was written."""
    last = next((one for one in card.visits if not one["void"]), None)
    if last is None:
        return text("household.never")
    return text(
        "household.last", d=f"{last['visited_on']:%m-%d}", said=_describe(last), note=str(last["note"])
    ).rstrip()


def _describe(visit: Mapping[Any, Any]) -> str:
    words = [text(f"outcome.{visit['outcome']}")]
    if visit["mode"] != "in_person":
        words.insert(0, text(f"mode.{visit['mode']}"))
    if visit["reason"]:
        words.append(text(f"reason.{visit['reason']}"))
    if visit["revisit_on"]:
        words.append(text("household.revisit", d=visit["revisit_on"]))
    if visit["entry_kind"] != "live":
        words.append(text(f"entry_kind.{visit['entry_kind']}"))
    return " · ".join(words)


def show_facts(db: Database, scope: Scope, *, card: Card) -> None:
    """Draw the facts; the phone is masked until somebody with the right says why it must be seen."""
    with st.container(key="sec_facts"):
        st.markdown(f"**{text('household.facts')}**")
        show_phone(db, scope, card=card)
        facts = {
            "residence": text(f"residence.{card.row['residence']}"),
            "assignee": _say_assignee(card),
            "due_on": card.status["due_on"] if card.status is not None else "",
            "point": _point(card),
            "note": card.row["note"],
        }
        for name, value in facts.items():
            if value == "" or pd.isna(value):
                continue
            with st.container(horizontal=True, gap="small", key=f"fact_{name}"):
                st.caption(text(f"household.fact.{name}"), width=48)
                st.text(str(value), width="stretch")
        _offer_work(db, scope, card=card)
        if may(scope, "edit_household"):
            _offer_edits(db, scope, card=card)


def _say_assignee(card: Card) -> str:
    if card.status is None or pd.isna(card.status["assignee"]):
        return ""
    name = str(card.status["assignee"])
    return text("household.by_group", name=name) if card.status["by_group"] else name


def _offer_work(db: Database, scope: Scope, *, card: Card) -> None:
    """Give this one household to somebody, or change what was given; a group's assignment is changed on 缺口."""
    if card.round is None or card.status is None or not card.status["roster"]:
        return
    own = not pd.isna(card.status["assignment_id"]) and not card.status["by_group"]
    work = Work(
        db, scope, card.round, card.today, "home", (card.id,), str(card.row["place"]), card.village.id, int(own)
    )
    with st.container(horizontal=True, gap="small", key="work"):
        offer_work(work, quiet=True)


#: Systems of points that were taken as they were written.
_PLAIN: Final = ("", "wgs84", "cgcs2000")


def _point(card: Card) -> str:
    source = text(f"coord_source.{card.row['coord_source']}")
    if card.row["lon"] is None or card.row["lat"] is None:
        return source
    place = f"{card.row['lon']:.4f}, {card.row['lat']:.4f} {source}"
    system = card.row["coord_system"]
    return place if system in _PLAIN else text("household.point_from", place=place, system=system)


def _offer_edits(db: Database, scope: Scope, *, card: Card) -> None:
    with st.container(horizontal=True, gap="small", key="edits"):
        if st.button(text("household.edit"), key="edit_facts", type="tertiary"):
            edits.open_facts(db, scope, household_id=card.id)
        if st.button(text("household.set_point"), key="edit_point", type="tertiary"):
            edits.open_point(db, scope, card=card)
        if st.button(text("household.move"), key="edit_move", type="tertiary"):
            edits.open_move(db, scope, household_id=card.id)
        if st.button(text("household.add"), key="edit_add", type="tertiary"):
            edits.open_addition(db, scope, place_id=card.row["place"], go=_open)


def _open(household_id: str) -> None:
    st.query_params["h"] = household_id
    st.rerun()


def show_group(card: Card) -> None:
    """Draw the coverage of the household's leaf place in the round."""
    if card.figures is None:
        return
    share = card.figures.share("kpi.coverage")
    with st.container(key="sec_group"):
        with st.container(horizontal=True, gap="small"):
            st.markdown(f"**{text('household.this_group')}**")
            st.text(card.figures.place.name)
            st.text(share.percent)
        st.html(note(f"{text('kpi.coverage')} = {fraction(share)} · {text('household.as_of', d=card.figures.as_of)}"))
        if share.denominator:
            st.html(_bar(share, target_bp=card.figures.round.target_bp))


def _bar(share: Share, *, target_bp: int) -> str:
    """The bar of a share with the target's tick: HTML made of numbers."""
    width = (share.tenths or 0) / 10
    return (
        f'<div class="fig-bar thin"><i style="width:{width:.1f}%"></i><u style="left:{target_bp / 100:.2f}%"></u></div>'
    )

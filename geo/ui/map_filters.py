"""The filters of the map: which households it shows, kept in the address; the map itself stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from geo import codes
from geo.i18n import text
from geo.store.categories import list_categories, name_categories
from geo.store.matching import NOBODY, Criteria, list_responsible, list_teams
from geo.ui.choices import choose_one
from geo.ui.map_selection import pick_zone
from geo.ui.plain import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.ui.session import Session

#: Days without an effective visit, and rounds missed in a row, that can be asked for.
DAYS: Final = (30, 60, 90, 180, 365)
MISSED: Final = (1, 2, 3, 4, 5, 6)
_WIDTH: Final = 128


def pick_criteria(session: Session) -> Criteria:
    """Draw the filters and return what they ask for."""
    tag = _pick("tag", codes.TAG_KINDS, lambda one: text(f"tag.{one}"))
    kind = _pick("class", codes.HOUSEHOLD_CLASSES, lambda one: text(f"household_class.{one}"))
    who = _pick_assignee(session)
    names = {one.code: one.name for one in list_categories(session.db, session.scope)}
    with st.popover(text("map.filter.more"), width="content"):
        teams = dict(list_teams(session.db, session.scope, place_id=session.place.id))
        team = _pick("team", list(teams), lambda one: teams.get(one, one))
        category = _pick("category", list(names), lambda one: escape(names.get(one, one)))
        days = _pick("days", [str(one) for one in DAYS], lambda one: text("map.filter.days_of", n=int(one)))
        pick_zone(session)
        missed = _pick("missed", [str(one) for one in MISSED], lambda one: text("map.filter.missed_of", n=int(one)))
    return Criteria(tag, kind, category, who, int(days or 0), int(missed or 0), team)


def _pick_assignee(session: Session) -> str:
    people = dict(_list_people(session))
    people[NOBODY] = text("map.filter.nobody")
    return _pick("answers", list(people), lambda one: people.get(one, one))


def _list_people(session: Session) -> list[tuple[str, str]]:
    if session.round is None:
        return []
    return list_responsible(
        session.db, session.scope, round_id=session.round.id, place_id=session.place.id, as_of=session.as_of
    )


def _pick(name: str, options: Sequence[str], say: Callable[[str], str]) -> str:
    """Draw one choice; nothing chosen is everybody."""
    return choose_one(name, options, say, label=text(f"map.filter.{name}"), width=_WIDTH)


def say_criteria(session: Session, criteria: Criteria) -> str:
    """Return what the filters ask for in words; empty for nothing."""
    said = []
    if criteria.tag:
        said.append(text(f"tag.{criteria.tag}"))
    if criteria.household_class:
        said.append(text(f"household_class.{criteria.household_class}"))
    if criteria.assignee and session.round is not None:
        people = _list_people(session)
        names = {NOBODY: text("map.filter.nobody"), **dict(people)}
        said.append(text("map.filter.said", name=names.get(criteria.assignee, criteria.assignee)))
    if criteria.team:
        teams = dict(list_teams(session.db, session.scope, place_id=session.place.id))
        said.append(teams.get(criteria.team, criteria.team))
    if criteria.category:
        said.append(name_categories(session.db, session.scope)(criteria.category))
    if criteria.days:
        said.append(text("map.filter.days_of", n=criteria.days))
    if criteria.missed:
        said.append(text("map.filter.missed_of", n=criteria.missed))
    return text("list.comma").join(said)

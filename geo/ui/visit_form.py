"""The fields of a visit: outcome by digit, a few closed lists, a note; what they say is read from the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.access import may
from geo.i18n import text
from geo.model import VisitEntry
from geo.store.assignments import list_assignees
from geo.store.teams import FIVE
from geo.ui.household_data import IMPLIED_REASONS, Card, round_of
from geo.ui.photos import choose_photos
from geo.ui.visit_draft import begin_form, end_form, first_value, form_here, form_id, keep_form
from geo.ui.visit_issues import show_issues, show_raised
from geo.ui.visit_more import choose_checks, choose_topics, read_checks

if TYPE_CHECKING:
    from datetime import date

    from geo.model import Scope
    from geo.store.database import Database

#: Outcomes with a button and a digit of their own, in this order; the rest stand under 其他.
QUICK: Final = ("effective", "partial_proxy", "not_home", "away_all", "postponed", "refused")
_OTHERS: Final = tuple(one for one in codes.OUTCOMES if one not in QUICK)
_RESPONDENTS: Final = tuple(one for one in codes.RESPONDENTS if one != "none")
_USUAL_RESPONDENT: Final = {"effective": "head", "partial_proxy": "proxy", "refused": "head", "postponed": "head"}
_PERSONS: Final = "visit_persons"


def finish_form(entry: VisitEntry) -> None:
    """Forget a form that was saved; who came is proposed for the next one."""
    end_form(entry.household)
    st.session_state[_PERSONS] = list(entry.persons)


def read_entry(household_id: str, today: date) -> VisitEntry | None:
    """Return the visit as its fields stand now; None before an outcome is chosen."""
    prefix = form_id(household_id)
    outcome = _chosen(prefix)
    if outcome is None:
        return None
    kept = st.session_state
    mode = kept.get(f"{prefix}:mode") or "in_person"
    meets = outcome in codes.CONTACT_OUTCOMES and mode == "in_person"
    usual = _USUAL_RESPONDENT.get(outcome, "head")
    failed = outcome != "effective"
    return VisitEntry(
        id=prefix,
        household=household_id,
        visited_on=kept.get(f"{prefix}:date") or today,
        outcome=outcome,
        mode=mode,
        reason=kept.get(f"{prefix}:reason:{outcome}", IMPLIED_REASONS.get(outcome)) if failed else None,
        respondent=(kept.get(f"{prefix}:met:{usual}") or usual) if meets else None,
        revisit_on=kept.get(f"{prefix}:revisit") if failed else None,
        note=(kept.get(f"{prefix}:note") or "").strip(),
        persons=tuple(kept.get(f"{prefix}:persons") or ()),
        topics=tuple(kept.get(f"{prefix}:topics") or ()),
        checks=read_checks(prefix),
        approved_by=(kept.get(f"{prefix}:approved") or "").strip() or None,
    )


def _chosen(prefix: str) -> str | None:
    outcome: str | None = st.session_state.get(f"{prefix}:outcome")
    return st.session_state.get(f"{prefix}:other") or outcome if outcome in _OTHERS else outcome


def show_form(db: Database, scope: Scope, *, card: Card) -> VisitEntry | None:
    """Draw the fields; return the entry as it stands, None before an outcome is chosen.

    What this browser had begun for the household is taken up again, and kept with every change.
    """
    prefix = begin_form(db, scope, card.id)
    outcome = _choose_outcome(prefix)
    with st.container(horizontal=True, gap="medium", key="visit_facts"):
        if outcome is None or outcome in codes.CONTACT_OUTCOMES:
            usual = _USUAL_RESPONDENT.get(outcome or "effective", "head")
            _choose("respondent", _RESPONDENTS, key=f"{prefix}:met:{usual}", first=usual)
        _choose("mode", codes.MODES, key=f"{prefix}:mode", first="in_person")
        st.date_input(
            text("visit.date"), min(first_value(f"{prefix}:date", card.today), card.today), max_value=card.today,
            key=f"{prefix}:date", format="YYYY-MM-DD", width=150,
        )  # fmt: skip
    _ask_approval(db, scope, prefix=prefix, day=st.session_state[f"{prefix}:date"])
    if outcome not in (None, "effective"):
        _ask_why(prefix, outcome, card)
    _choose_persons(db, scope, card=card, prefix=prefix)
    choose_topics(db, scope, prefix=prefix)
    choose_checks(db, scope, prefix=prefix)
    show_issues(db, scope, card=card, prefix=prefix)
    st.text_area(text("visit.note"), first_value(f"{prefix}:note", ""), key=f"{prefix}:note", height=70, max_chars=2000)
    show_raised(db, scope, card=card, prefix=prefix)
    with st.expander(text("photo.add")):
        choose_photos(prefix)
    keep_form(db, scope, card.id, prefix)
    return read_entry(card.id, card.today)


def choose_outcome(outcome: str) -> None:
    """Choose an outcome for the household that the address names now, also when its page is still being drawn."""
    here = form_here()
    if here is not None:
        st.session_state[f"{here}:outcome"] = outcome


def _choose_outcome(prefix: str) -> str | None:
    chosen = _chosen(prefix)
    other = chosen is not None and chosen not in QUICK
    with st.container(horizontal=True, gap="small", key="outcomes"):
        for nth, outcome in enumerate(QUICK, start=1):
            st.button(
                text(f"outcome.{outcome}"), key=f"outcome_{nth}", shortcut=str(nth), on_click=choose_outcome,
                args=(outcome,), type="primary" if chosen == outcome else "secondary",
            )  # fmt: skip
        st.button(
            text("visit.other"), key="outcome_0", shortcut="0", on_click=choose_outcome, args=(_OTHERS[0],),
            type="primary" if other else "secondary",
        )  # fmt: skip
    if other:
        st.segmented_control(
            text("visit.other"), _OTHERS, default=_OTHERS[0], required=True, key=f"{prefix}:other",
            format_func=lambda one: text(f"outcome.{one}"), label_visibility="collapsed",
        )  # fmt: skip
        if chosen in codes.EXCLUDING_OUTCOMES:
            st.caption(text("visit.proposes_exclusion"))
    return chosen


def _choose(name: str, options: tuple[str, ...], *, key: str, first: str) -> None:
    st.segmented_control(
        text(f"visit.{name}"), options, default=first_value(key, first), required=True, key=key,
        format_func=lambda one: text(f"{name}.{one}"),
    )  # fmt: skip


def _ask_why(prefix: str, outcome: str, card: Card) -> None:
    begun = first_value(f"{prefix}:reason:{outcome}", IMPLIED_REASONS.get(outcome))
    with st.container(horizontal=True, gap="medium", key="visit_why"):
        st.selectbox(
            text("visit.reason"), codes.VISIT_REASONS, key=f"{prefix}:reason:{outcome}", width=260,
            index=codes.VISIT_REASONS.index(begun) if begun in codes.VISIT_REASONS else None,
            placeholder=text("visit.reason_none"),
            format_func=lambda one: text(f"reason.{one}"),
        )  # fmt: skip
        st.date_input(
            text("visit.revisit"), first_value(f"{prefix}:revisit", None), min_value=card.today,
            key=f"{prefix}:revisit", format="YYYY-MM-DD", width=150,
        )  # fmt: skip


def _ask_approval(db: Database, scope: Scope, *, prefix: str, day: date | None) -> None:
    """Ask who lets a visit into a round that is locked, of those who may; the published figures stay as they are."""
    found = round_of(db, scope, day=day) if day is not None and may(scope, "manage_round") else None
    if found is not None and found.status == "locked":
        st.text_input(
            text("visit.approved_by"), key=f"{prefix}:approved", max_chars=60, width=320,
            help=text("visit.approved_by.why", round=found.name),
        )  # fmt: skip


def _choose_persons(db: Database, scope: Scope, *, card: Card, prefix: str) -> None:
    """Who came: prefilled with the ones of the last save, else the village's five, else who has the household."""
    found = [one for one in list_assignees(db, scope, place_id=card.row["place"]) if "role" in one]
    people = {str(one["id"]): _name_role(one) for one in found}
    if not people:
        return
    five = [str(one["id"]) for one in found if one["role"] in FIVE]
    owner = [card.status["assignee_id"]] if card.status is not None else []
    usual = first_value(f"{prefix}:persons", st.session_state.get(_PERSONS)) or five or owner
    st.multiselect(
        text("visit.persons"), list(people), default=[one for one in usual if one in people], key=f"{prefix}:persons",
        format_func=people.__getitem__, placeholder=text("visit.persons_none"),
    )  # fmt: skip


def _name_role(one: Any) -> str:
    role = text(f"team_role.{one['role']}") if one["role"] else ""
    return f"{one['name']} {role}".strip()

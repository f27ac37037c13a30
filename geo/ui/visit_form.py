"""Recording a visit: outcome by digit, a few closed lists, one save; sending twice is one row."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.coverage import Share
from geo.errors import GeoError
from geo.i18n import text
from geo.model import Saved, VisitEntry, new_id
from geo.store.assignments import list_assignees
from geo.store.visits import record_visit
from geo.ui.household_data import IMPLIED_REASONS, Card, find_next, foresee_save, round_of
from geo.ui.plain import escape, show_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.model import Scope
    from geo.store.database import Database

#: Outcomes with a button and a digit of their own, in this order; the rest stand under 其他.
QUICK: Final = ("effective", "partial_proxy", "not_home", "away_all", "postponed", "refused")
_OTHERS: Final = tuple(one for one in codes.OUTCOMES if one not in QUICK)
_RESPONDENTS: Final = tuple(one for one in codes.RESPONDENTS if one != "none")
_USUAL_RESPONDENT: Final = {"effective": "head", "partial_proxy": "proxy", "refused": "head", "postponed": "head"}
_FORMS: Final = "visit_forms"
_LAST_SAVED: Final = "visit_last_saved"


@dataclass(frozen=True, slots=True)
class LastSaved:
    """The visit this session saved last: what the strip above the list says, and how to correct it."""

    visit_id: str
    household_id: str
    code: str
    place: str
    saved: Saved
    at: float


def form_id(household_id: str) -> str:
    """Return the id of the visit being entered for a household: made once a form, so a double click is one row."""
    forms: dict[str, str] = st.session_state.setdefault(_FORMS, {})
    return forms.setdefault(household_id, new_id())


def last_saved() -> LastSaved | None:
    """Return what this session saved last."""
    found: LastSaved | None = st.session_state.get(_LAST_SAVED)
    return found


def show_form(db: Database, scope: Scope, *, card: Card) -> VisitEntry | None:
    """Draw the fields; return the entry as it stands, None before an outcome is chosen."""
    prefix = form_id(card.id)
    outcome = _choose_outcome(prefix)
    in_person = st.session_state.get(f"{prefix}:mode", "in_person") == "in_person"
    meets = outcome is None or (outcome in codes.CONTACT_OUTCOMES)
    with st.container(horizontal=True, gap="medium", key="visit_facts"):
        respondent = _choose_respondent(prefix, outcome) if meets else None
        mode = _choose("mode", codes.MODES, prefix=prefix, first="in_person")
        visited_on = st.date_input(
            text("visit.date"), value=card.today, max_value=card.today, key=f"{prefix}:date", format="YYYY-MM-DD",
            width=150,
        )  # fmt: skip
    reason, revisit_on = (None, None)
    if outcome not in (None, "effective"):
        reason, revisit_on = _ask_why(prefix, outcome, card)
    persons = _choose_persons(db, scope, card=card, prefix=prefix)
    note = st.text_area(text("visit.note"), key=f"{prefix}:note", height=70, max_chars=2000)
    if outcome is None:
        return None
    return VisitEntry(
        id=prefix, household=card.id, visited_on=visited_on or card.today, outcome=outcome, mode=mode, reason=reason,
        respondent=respondent if meets and in_person else None, revisit_on=revisit_on, note=note.strip(),
        persons=tuple(persons),
    )  # fmt: skip


def _choose_outcome(prefix: str) -> str | None:
    key = f"{prefix}:outcome"
    chosen: str | None = st.session_state.get(key)

    def choose(outcome: str) -> None:
        st.session_state[key] = outcome

    with st.container(horizontal=True, gap="small", key="outcomes"):
        for nth, outcome in enumerate(QUICK, start=1):
            st.button(
                text(f"outcome.{outcome}"), key=f"{prefix}:o{nth}", shortcut=str(nth), on_click=choose, args=(outcome,),
                type="primary" if chosen == outcome else "secondary",
            )  # fmt: skip
        other = chosen is not None and chosen not in QUICK
        st.button(
            text("visit.other"), key=f"{prefix}:o0", shortcut="0", on_click=choose, args=(_OTHERS[0],),
            type="primary" if other else "secondary",
        )  # fmt: skip
    if other:
        picked = st.segmented_control(
            text("visit.other"), _OTHERS, default=_OTHERS[0], required=True, key=f"{prefix}:other",
            format_func=lambda one: text(f"outcome.{one}"), label_visibility="collapsed",
        )  # fmt: skip
        chosen = str(picked)
        if chosen in codes.EXCLUDING_OUTCOMES:
            st.caption(text("visit.proposes_exclusion"))
    return chosen


def _choose(name: str, options: tuple[str, ...], *, prefix: str, first: str) -> str:
    return str(
        st.segmented_control(
            text(f"visit.{name}"), options, default=first, required=True, key=f"{prefix}:{name}",
            format_func=lambda one: text(f"{name}.{one}"),
        )
    )  # fmt: skip


def _choose_respondent(prefix: str, outcome: str | None) -> str:
    usual = _USUAL_RESPONDENT.get(outcome or "effective", "head")
    return str(
        st.segmented_control(
            text("visit.respondent"), _RESPONDENTS, default=usual, required=True, key=f"{prefix}:met:{usual}",
            format_func=lambda one: text(f"respondent.{one}"),
        )
    )  # fmt: skip


def _ask_why(prefix: str, outcome: str, card: Card) -> tuple[str | None, Any]:
    implied = IMPLIED_REASONS.get(outcome)
    with st.container(horizontal=True, gap="medium", key="visit_why"):
        reason = st.selectbox(
            text("visit.reason"), codes.VISIT_REASONS, key=f"{prefix}:reason:{outcome}", width=260,
            index=codes.VISIT_REASONS.index(implied) if implied else None, placeholder=text("visit.reason_none"),
            format_func=lambda one: text(f"reason.{one}"),
        )  # fmt: skip
        revisit_on = st.date_input(
            text("visit.revisit"), value=None, min_value=card.today, key=f"{prefix}:revisit", format="YYYY-MM-DD",
            width=150,
        )  # fmt: skip
    return reason, revisit_on


def _choose_persons(db: Database, scope: Scope, *, card: Card, prefix: str) -> list[str]:
    """Who came: prefilled with the ones of the last save, else with whoever the household is assigned to."""
    people = {
        str(one["id"]): _name_role(one)
        for one in list_assignees(db, scope, place_id=card.row["place"])
        if "role" in one
    }
    if not people:
        return []
    usual = st.session_state.get("visit_persons") or [card.status["assignee_id"] if card.status is not None else None]
    return list(
        st.multiselect(
            text("visit.persons"), list(people), default=[one for one in usual if one in people],
            key=f"{prefix}:persons", format_func=people.__getitem__, placeholder=text("visit.persons_none"),
        )
    )  # fmt: skip


def _name_role(one: Any) -> str:
    role = text(f"team_role.{one['role']}") if one["role"] else ""
    return f"{one['name']} {role}".strip()


def show_outlook(db: Database, scope: Scope, *, card: Card, entry: VisitEntry | None) -> None:
    """Say before saving what saving will make of the group's coverage, and where the date falls."""
    if entry is None:
        st.caption(text("visit.choose_first"))
        return
    if card.round is not None and not card.round.starts_on <= entry.visited_on <= card.round.ends_on:
        other = round_of(db, scope, day=entry.visited_on)
        st.caption(text("visit.other_round", round=escape(other.name)) if other else text("visit.no_round"))
        return
    after = foresee_save(card, outcome=entry.outcome, mode=entry.mode, visited_on=entry.visited_on)
    if after is None:
        st.caption(text("visit.not_in_roster"))
        return
    share = card.figures.share("kpi.coverage") if card.figures else None
    now = (share.numerator, share.denominator) if share else None
    percent = _percent(*after)
    key = "visit.after_same" if now == after else "visit.after"
    st.caption(text(key, n=after[0], N=after[1], p=percent))


def _percent(numerator: int, denominator: int) -> str:
    return Share("kpi.coverage", numerator, denominator).percent


def show_save_bar(
    db: Database, scope: Scope, *, card: Card, entry: VisitEntry | None, go: Callable[[str], None]
) -> None:
    """Draw 保存并到下一户 · 保存并停在这户 · 跳过; `go` opens another household."""
    prefix = form_id(card.id)
    following = find_next(card.homes, card.id)
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", key="save_bar"):
        ready = entry is not None
        forward = st.button(
            text("visit.save_next"), type="primary", shortcut="Ctrl+Enter", key=f"{prefix}:next", disabled=not ready
        )
        stay = st.button(text("visit.save_stay"), key=f"{prefix}:stay", disabled=not ready)
        skip = st.button(
            text("visit.skip"), type="tertiary", shortcut="Right", key=f"{prefix}:skip", disabled=following is None
        )
        back = find_next(card.homes, card.id, step=-1)
        previous = st.button(
            text("visit.back"), type="tertiary", shortcut="Left", key=f"{prefix}:back", disabled=back is None
        )
        show_outlook(db, scope, card=card, entry=entry)
    if (forward or stay) and entry is not None and save(db, scope, card=card, entry=entry):
        go(following if forward and following else card.id)
    if skip and following:
        go(following)
    if previous and back:
        go(back)


def save(db: Database, scope: Scope, *, card: Card, entry: VisitEntry) -> bool:
    """Store the entry; say what went wrong and keep the form when it could not be."""
    try:
        saved = record_visit(db, scope, entry=entry)
    except GeoError as error:
        show_error(error)
        return False
    st.session_state[_FORMS].pop(card.id, None)
    st.session_state["visit_persons"] = list(entry.persons)
    place = next((one.name for one in card.crumbs if one.id == saved.place), card.crumbs[-1].name)
    st.session_state[_LAST_SAVED] = LastSaved(entry.id, card.id, str(card.row["code"]), place, saved, time.monotonic())
    return True

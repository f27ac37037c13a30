"""Issues in the form of a visit: what became of the open ones, and any number of new ones; saved with the visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.access import may
from geo.i18n import text
from geo.issues import Act, list_acts
from geo.model import new_id
from geo.store.calls import Answer
from geo.store.categories import name_categories
from geo.store.issue_acts import read_history
from geo.store.rules import load_rules
from geo.ui.issue_form import ask_issue, offer_issue, read_issue
from geo.ui.navigation import find_page
from geo.ui.plain import escape
from geo.ui.visit_draft import first_value, form_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from geo.model import IssueEntry, Scope
    from geo.store.database import Database
    from geo.ui.household_data import Card

#: Answer at the door → the act it is; those that the state of an issue allows are offered, in this order.
_ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "progress": {"kind": "progress"},
    "solved": {"kind": "resolved", "close_kind": "solved"},
    "explained": {"kind": "resolved", "close_kind": "explained"},
    "satisfied": {"kind": "closed", "verified_by": codes.HOUSEHOLD, "satisfaction": 1},
    "unsatisfied": {"kind": "closed", "verified_by": codes.HOUSEHOLD, "satisfaction": 0},
    "rework": {"kind": "reworked"},
}
#: What is chosen until something is: nothing has changed.
SAME: Final = "same"


def show_issues(db: Database, scope: Scope, *, card: Card, prefix: str = "") -> None:
    """Draw the open issues, each with its answers where the form of a visit (`prefix`) is open, then the done ones."""
    waiting = [one for one in card.issues if one["open"]]
    done = [one for one in card.issues if not one["open"]]
    names = name_categories(db, scope)
    answers = bool(prefix) and may(scope, "act_on_issue")
    with st.container(key="issues", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{text('issue_form.open', n=len(waiting))}**")
            if waiting and answers:
                st.caption(text("visit.answers"))
        for one in waiting:
            with st.container(key=f"issue_{one['id']}", gap="small", border=True):
                _show_issue(one, names)
                if answers:
                    _ask_answer(db, scope, issue=one, prefix=prefix)
        if done:
            with st.expander(text("issue_form.done", n=len(done))):
                for one in done:
                    with st.container(key=f"issue_{one['id']}", gap="small", border=True):
                        _show_issue(one, names)


def show_raised(db: Database, scope: Scope, *, card: Card, prefix: str) -> None:
    """Draw the new issues of the form and the button (`N`) that adds one."""
    if not may(scope, "raise_issue"):
        return
    raised: list[str] = st.session_state.get(f"{prefix}:raised", [])
    for nth, issue_id in enumerate(raised, start=1):
        with st.container(key=f"new_issue_{issue_id}", border=True, gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{text('visit.new_issue', n=nth)}**")
                st.button(
                    text("visit.drop_issue"), type="tertiary", key=f"drop_{issue_id}", on_click=_drop,
                    args=(prefix, issue_id),
                )  # fmt: skip
            ask_issue(db, scope, card=card, at=f"{prefix}:new:{issue_id}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(text("issue_form.raise"), shortcut="N", key="raise_issue", on_click=_add)
        offer_issue(db, scope, card=card)


def read_raised(prefix: str, *, home: Mapping[Any, Any], on: date) -> tuple[IssueEntry, ...]:
    """Return the new issues that the form of a visit to a household (its row) says now."""
    raised = st.session_state.get(f"{prefix}:raised", [])
    found = (read_issue(f"{prefix}:new:{one}", one, home=home, raised_on=on) for one in raised)
    return tuple(one for one in found if one is not None)


def read_answers(prefix: str, *, on: date) -> tuple[Answer, ...]:
    """Return what the form says was done about open issues; each answer has one id, so a double click is one act."""
    start = f"{prefix}:answer:"
    kept = st.session_state
    chosen = {str(key).removeprefix(start): str(kept[key]) for key in kept if str(key).startswith(start)}
    return tuple(
        Answer(
            one, Act(on=on, note=(kept.get(f"{prefix}:said:{one}") or "").strip(), **_ANSWERS[answer]),
            f"{prefix}:{one}", kept.get(f"{prefix}:seen:{one}"),
        )
        for one, answer in sorted(chosen.items())
        if answer in _ANSWERS
    )  # fmt: skip


def look_again(prefix: str) -> None:
    """Take the issues as they are now for what their author has seen: a conflict was told."""
    for key in [key for key in st.session_state if str(key).startswith(f"{prefix}:seen:")]:
        del st.session_state[key]


def _ask_answer(db: Database, scope: Scope, *, issue: Mapping[Any, Any], prefix: str) -> None:
    """Ask what became of an issue; until something is chosen, what the author has seen is how it stands now."""
    issue_id = str(issue["id"])
    standing, _ = read_history(db, scope, issue_id=issue_id)
    possible = list_acts(standing, db.today(), reopen_days=load_rules(db, scope)["reopen_days"])
    offered = [SAME, *(answer for answer, act in _ANSWERS.items() if act["kind"] in possible)]
    key = f"{prefix}:answer:{issue_id}"
    begun = first_value(key, SAME)
    answer = st.segmented_control(
        text("visit.answer"), offered, default=begun if begun in offered else SAME, required=True, key=key,
        format_func=lambda one: text(f"visit.answer.{one}"), label_visibility="collapsed",
    )  # fmt: skip
    seen = f"{prefix}:seen:{issue_id}"
    if answer == SAME:
        st.session_state[seen] = int(issue["rev"])
        return
    st.session_state.setdefault(seen, int(issue["rev"]))
    label = text("visit.said.rework" if answer == "rework" else "visit.said")
    said = f"{prefix}:said:{issue_id}"
    st.text_input(label, first_value(said, ""), key=said, max_chars=1000)


def _add() -> None:
    here = form_here()
    if here is not None:
        st.session_state.setdefault(f"{here}:raised", []).append(new_id())


def _drop(prefix: str, issue_id: str) -> None:
    st.session_state[f"{prefix}:raised"].remove(issue_id)


def _show_issue(issue: Mapping[Any, Any], names: Callable[[str], str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(escape(names(str(issue["category"]))), color="gray")
        st.text(str(issue["number"]))
        st.caption(_facts(issue))
    st.page_link(
        find_page("issue"), label=escape(str(issue["title"])),
        query_params={"i": str(issue["id"]), "place": str(issue["place"])},
    )  # fmt: skip


def _facts(issue: Mapping[Any, Any]) -> str:
    words = [
        text("issue_form.raised", d=issue["raised_on"]),
        text(f"route.{issue['route']}"),
        text(f"issue_level.{issue['level_now']}"),
        text(f"issue_state.{issue['state']}"),
    ]
    if issue["bucket"]:
        words.append(text(f"bucket.{issue['bucket']}"))
    if issue["due_on"]:
        words.append(text("issue_form.due", d=issue["due_on"]))
    return " · ".join(words)

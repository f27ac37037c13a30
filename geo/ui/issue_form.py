"""The household's issues, and raising one in its simple form."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.model import IssueEntry, new_id
from geo.store.issue_acts import read_history
from geo.store.issues import raise_issue
from geo.store.rules import list_categories, load_rules
from geo.ui.issue_acts import offer_acts
from geo.ui.navigation import find_page
from geo.ui.plain import escape, show_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.household_data import Card

_SCOPES: Final = ("household", "group", "village")


def show_issues(db: Database, scope: Scope, *, card: Card) -> None:
    """Draw the open issues of the household, then those that are done, and the way to raise one."""
    waiting = [one for one in card.issues if one["open"]]
    done = [one for one in card.issues if not one["open"]]
    with st.container(key="issues", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{text('issue_form.open', n=len(waiting))}**")
            if may(scope, "raise_issue") and st.button(text("issue_form.raise"), shortcut="N", key="raise_issue"):
                _raise_dialog(db, scope, card, new_id())
        for one in waiting:
            _show_issue(one)
            standing, _ = read_history(db, scope, issue_id=one["id"])
            offer_acts(db, scope, row=one, standing=standing)
        if done:
            with st.expander(text("issue_form.done", n=len(done))):
                for one in done:
                    _show_issue(one)


def _show_issue(issue: Mapping[Any, Any]) -> None:
    with st.container(key=f"issue_{issue['id']}", gap=None, border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(text(f"category.{issue['category']}"), color="gray")
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


def _choose_affected(card: Card, key: str) -> tuple[str, ...]:
    """Whom an issue of the group affects; none chosen: the group as a whole."""
    if card.homes is None or card.homes.empty:
        return ()
    homes = {
        str(one["household"]): escape(f"{one['code']} {one['head_name']}") for one in card.homes.to_dict("records")
    }
    chosen = st.multiselect(
        text("issue_form.affected"), list(homes), key=f"{key}:affected", format_func=homes.__getitem__,
        placeholder=text("issue_form.affected_all"),
    )  # fmt: skip
    return tuple(chosen)


def _ask_category(db: Database, scope: Scope, key: str) -> str | None:
    """Ask for a category that 口径 offers, and say when an issue is of it."""
    offered = {one.code: one for one in list_categories(db, scope) if one.offered}
    category = st.selectbox(
        text("issue_form.category"), list(offered), index=None, key=f"{key}:category",
        format_func=lambda one: text(f"category.{one}"), placeholder=text("issue_form.choose"),
    )  # fmt: skip
    if category is not None:
        st.caption(escape(offered[category].criteria))
    return category


def _propose_due(db: Database, scope: Scope, card: Card) -> date | None:
    """Return the day that 口径 proposes for an issue to be solved by a deadline, if it proposes one."""
    days = load_rules(db, scope)["due_days"]
    return card.today + timedelta(days=days) if days else None


@st.dialog(text("issue_form.title"))
def _raise_dialog(db: Database, scope: Scope, card: Card, issue_id: str) -> None:
    """The id is made when the dialog opens, so a double click raises one issue."""
    key = f"issue:{issue_id}"
    category = _ask_category(db, scope, key)
    title = st.text_input(text("issue_form.what"), key=f"{key}:title", max_chars=120)
    kind = st.segmented_control(
        text("issue_form.scope"), _SCOPES, default="household", required=True, key=f"{key}:scope",
        format_func=lambda one: text(f"issue_scope.{one}"),
    )  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        route = st.selectbox(
            text("issue_form.route"), codes.ISSUE_ROUTES, index=codes.ISSUE_ROUTES.index("time_limited"),
            key=f"{key}:route", format_func=lambda one: text(f"route.{one}"), width=150,
        )  # fmt: skip
        due_on = st.date_input(
            text("issue_form.due_on"), _propose_due(db, scope, card), min_value=card.today, key=f"{key}:due",
            format="YYYY-MM-DD", width=150,
        )  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        unit = st.text_input(text("act.unit"), key=f"{key}:unit", max_chars=60)
        who = st.text_input(text("act.responsible"), key=f"{key}:who", max_chars=60)
    affected = _choose_affected(card, key) if kind == "group" else ()
    detail = st.text_area(text("issue_form.detail"), key=f"{key}:detail", height=70, max_chars=2000)
    if not st.button(text("issue_form.save"), type="primary", key=f"{key}:save", disabled=category is None):
        return
    entry = IssueEntry(
        id=issue_id, place=card.village.id if kind == "village" else card.row["place"], scope=str(kind),
        category=str(category), title=title, raised_on=card.today, detail=detail.strip(), route=str(route),
        households=(card.id,) if kind == "household" else affected, due_on=due_on, unit=unit.strip(),
        responsible=who.strip(),
    )  # fmt: skip
    try:
        raise_issue(db, scope, entry=entry)
    except GeoError as error:
        show_error(error)
        return
    st.rerun()

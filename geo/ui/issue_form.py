"""A new issue: its fields, in the form of a visit or in a dialog of its own, and the entry they make."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.errors import GeoError
from geo.i18n import text
from geo.model import IssueEntry, new_id
from geo.store.calls import Call, record_call
from geo.store.categories import list_categories
from geo.store.reads import read_homes
from geo.store.rules import load_rules
from geo.ui.done import note_done
from geo.ui.plain import escape, show_error
from geo.ui.visit_draft import first_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.household_data import Card


def ask_issue(db: Database, scope: Scope, *, card: Card, at: str) -> None:
    """Draw the fields of one new issue under the keys `at`:…; `read_issue` reads them."""
    _ask_category(db, scope, f"{at}:category")
    st.text_input(text("issue_form.what"), first_value(f"{at}:title", ""), key=f"{at}:title", max_chars=120)
    with st.container(horizontal=True, gap="medium"):
        kind = st.segmented_control(
            text("issue_form.scope"), codes.ISSUE_SCOPES, default=first_value(f"{at}:scope", codes.ISSUE_SCOPES[0]),
            required=True, key=f"{at}:scope", format_func=lambda one: text(f"issue_scope.{one}"),
        )  # fmt: skip
        route = st.selectbox(
            text("issue_form.route"), codes.ISSUE_ROUTES, key=f"{at}:route", width=150,
            index=codes.ISSUE_ROUTES.index(first_value(f"{at}:route", "time_limited")),
            format_func=lambda one: text(f"route.{one}"),
        )  # fmt: skip
        if route in ("time_limited", "escalated"):
            st.date_input(
                text("issue_form.due_on"), first_value(f"{at}:due", _propose_due(db, scope, card)),
                min_value=card.today, key=f"{at}:due", format="YYYY-MM-DD", width=150,
            )  # fmt: skip
    st.caption(text(f"issue_form.about.{route}"))
    with st.container(horizontal=True, gap="medium"):
        for name, label in (("unit", "act.unit"), ("who", "act.responsible")):
            st.text_input(text(label), first_value(f"{at}:{name}", ""), key=f"{at}:{name}", max_chars=60)
    if kind != "household":
        _choose_affected(db, scope, card=card, kind=str(kind), key=f"{at}:affected")
    st.text_area(
        text("issue_form.detail"), first_value(f"{at}:detail", ""), key=f"{at}:detail", height=70, max_chars=2000
    )


def read_issue(at: str, issue_id: str, *, home: Mapping[Any, Any], raised_on: date) -> IssueEntry | None:
    """Return the issue that the fields under `at` say now, of a household (its row); None while they say nothing."""
    names = ("category", "title", "scope", "route", "due", "unit", "who", "affected", "detail")
    said: dict[str, Any] = {name: st.session_state.get(f"{at}:{name}") or "" for name in names}
    words = {name: str(said[name]).strip() for name in ("title", "unit", "who", "detail")}
    if not (said["category"] or words["title"] or words["detail"]):
        return None
    kind = said["scope"] or "household"
    return IssueEntry(
        id=issue_id, place=str(home["village"] if kind == "village" else home["place"]), scope=kind,
        category=said["category"], title=words["title"], raised_on=raised_on, detail=words["detail"],
        route=said["route"] or "time_limited", due_on=said["due"] or None, unit=words["unit"],
        responsible=words["who"], households=(home["id"],) if kind == "household" else tuple(said["affected"]),
    )  # fmt: skip


@st.dialog(text("issue_form.title"))
def open_issue(db: Database, scope: Scope, card: Card, issue_id: str) -> None:
    """Raise an issue without a visit; the id is made when the dialog opens, so a double click raises one."""
    ask_issue(db, scope, card=card, at=issue_id)
    if not st.button(text("issue_form.save"), type="primary", key=f"{issue_id}:save"):
        return
    entry = read_issue(issue_id, issue_id, home=card.row, raised_on=card.today)
    if entry is None:
        st.warning(text("err.issue_category"))
        return
    try:
        done = record_call(db, scope, call=Call(None, (entry,)))
    except GeoError as error:
        show_error(error)
        return
    note_done(text("issue_form.raised_as", numbers=text("list.comma").join(done.numbers)))
    st.rerun()


def offer_issue(db: Database, scope: Scope, *, card: Card) -> None:
    """Draw the button that raises an issue without a visit."""
    if st.button(text("issue_form.alone"), type="tertiary", key="raise_alone"):
        open_issue(db, scope, card, new_id())


def _ask_category(db: Database, scope: Scope, key: str) -> None:
    """Ask for a category that 口径 offers, and say when an issue is of it."""
    offered = {one.code: one for one in list_categories(db, scope) if one.offered}
    begun = first_value(key, None)
    chosen = st.selectbox(
        text("issue_form.category"), list(offered), index=list(offered).index(begun) if begun in offered else None,
        key=key, format_func=lambda one: escape(offered[one].name), placeholder=text("issue_form.choose"),
    )  # fmt: skip
    if chosen is not None:
        st.caption(escape(offered[chosen].criteria))


def _propose_due(db: Database, scope: Scope, card: Card) -> date | None:
    """Return the day that 口径 proposes for an issue to be solved by a deadline, if it proposes one."""
    days = load_rules(db, scope)["due_days"]
    return card.today + timedelta(days=days) if days else None


_WHOLE: Final = {"group": "issue_form.affected_all", "village": "issue_form.affected_village"}


def _choose_affected(db: Database, scope: Scope, *, card: Card, kind: str, key: str) -> None:
    """Whom an issue of a group or village affects; none chosen: all of it."""
    homes = card.homes
    if kind == "village" and card.round is not None:
        homes = read_homes(db, scope, round_id=card.round.id, place_id=card.village.id)
    if homes is None or homes.empty:
        return
    names = {str(one["household"]): escape(f"{one['code']} {one['head_name']}") for one in homes.to_dict("records")}
    st.multiselect(
        text("issue_form.affected"), list(names), default=[one for one in first_value(key, []) if one in names],
        key=key, format_func=names.__getitem__, placeholder=text(_WHOLE[kind]),
    )  # fmt: skip

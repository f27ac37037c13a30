"""The page of one issue: what it is, what can be done now, its measures, and its whole history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from geo import codes
from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.model import new_id
from geo.store.categories import name_categories
from geo.store.issue_acts import get_issue, list_homes_of, read_history
from geo.store.measures import MeasureEntry, add_measure, finish_measure, list_measures
from geo.store.places import breadcrumb
from geo.ui.done import note_done
from geo.ui.issue_acts import offer_acts
from geo.ui.navigation import find_page
from geo.ui.noting import note_view
from geo.ui.photos import draw_photos
from geo.ui.plain import escape, show_error
from geo.ui.session import view_params
from geo.ui.shell import say_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.issues import Standing
    from geo.ui.session import Session

_WIDTHS = (760, 506)


def show_page(session: Session, *, issue_id: str) -> None:
    """Draw the issue that the address names, or say where to find one."""
    if not issue_id:
        _say_nothing(session)
        return
    try:
        row = get_issue(session.db, session.scope, issue_id=issue_id)
        standing, events = read_history(session.db, session.scope, issue_id=issue_id)
    except GeoError as error:
        show_error(error)
        _say_nothing(session)
        return
    note_view(issue_id)
    left, right = st.columns(_WIDTHS, gap="medium")
    with left:
        with st.container(key="sec_issue"):
            _draw_head(session, row, standing)
            draw_photos(session.db, session.scope, about="issue", about_id=str(row["id"]), adds=True)
            offer_acts(session.db, session.scope, row=row, standing=standing)
        with st.container(key="sec_measures"):
            _draw_measures(session, row)
    with right, st.container(key="sec_history"):
        _draw_history(events)


def _say_nothing(session: Session) -> None:
    st.markdown(f"### {text('issue.none')}")
    st.page_link(find_page("clear"), label=text("issue.to_ledger"), query_params=view_params(session, tab="ledger"))


def _draw_head(session: Session, row: Mapping[Any, Any], standing: Standing) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        named = name_categories(session.db, session.scope)
        st.badge(escape(named(str(row["category"]))), color="gray")
        st.badge(text(f"issue_state.{standing.state}"), color="blue" if standing.state == "closed" else "orange")
        st.text(str(row["number"]))
    st.subheader(escape(str(row["title"])), anchor=False)
    if row["detail"]:
        st.text(str(row["detail"]))
    crumbs = breadcrumb(session.db, session.scope, place_id=row["place"])
    st.text(" › ".join(one.name for one in crumbs))
    st.text(" · ".join(_facts(row, standing)))
    for home in list_homes_of(session.db, session.scope, issue_id=str(row["id"])):
        params = view_params(session, h=home["id"], place=home["place"])
        label = text("issue.home", code=home["code"], head=home["head_name"])
        st.page_link(find_page("household"), label=escape(label), query_params=params)


def _facts(row: Mapping[Any, Any], standing: Standing) -> list[str]:
    said = [
        text("issue_form.raised", d=row["raised_on"]),
        text(f"issue_scope.{row['scope']}"),
        text(f"route.{row['route']}"),
        text("issue.level", level=text(f"issue_level.{standing.level}")),
    ]
    if standing.unit or standing.responsible:
        said.append(text("issue.responsible", who=" ".join(filter(None, (standing.unit, standing.responsible)))))
    said.append(text("issue.due", d=standing.due_on) if standing.due_on else text("bucket.undated"))
    if standing.original_due_on not in (None, standing.due_on):
        said.append(text("issue.first_due", d=standing.original_due_on))
    if standing.close_kind:
        said.append(text(f"close_kind.{standing.close_kind}"))
    if standing.reopen_count:
        said.append(text("issue.reopened", n=standing.reopen_count))
    if standing.deferral_asked:
        said.append(text("issue.deferral_asked"))
    if standing.duplicate_of:
        said.append(text("issue.duplicate"))
    return said


def _draw_history(events: list[dict[str, Any]]) -> None:
    """Draw the events, the latest first."""
    st.markdown(f"**{text('issue.history', n=len(events))}**")
    for one in reversed(events):
        with st.container(key=f"event_{one['seq']}", gap=None):
            st.text(f"{say_day(one['on'])}  {text('event.' + one['kind'])}  {text('issue_state.' + one['to_state'])}")
            st.caption(escape(" · ".join(_tell(one))))
            if one["note"]:
                st.text(one["note"])


def _tell(one: Mapping[str, Any]) -> list[str]:
    said = [text("issue.by", who=one["actor"])]
    if one["from_level"] and one["from_level"] != one["to_level"]:
        levels = (text(f"issue_level.{one[name]}") for name in ("from_level", "to_level"))
        said.append(" → ".join(levels))
    if one["due_on"]:
        said.append(text("issue.due", d=one["due_on"]))
    if one["unit"] or one["responsible"]:
        said.append(text("issue.responsible", who=" ".join(filter(None, (one["unit"], one["responsible"])))))
    if one["close_kind"]:
        said.append(text(f"close_kind.{one['close_kind']}"))
    if one["approved_by"]:
        said.append(text("issue.approved_by", who=one["approved_by"]))
    if one["verified_by"]:
        is_home = one["verified_by"] == codes.HOUSEHOLD
        said.append(text("issue.verified_by", who=text("act.verified.household") if is_home else one["verified_by"]))
    if one["satisfaction"] is not None:
        said.append(text(f"act.satisfied.{one['satisfaction']}"))
    return said


def _draw_measures(session: Session, row: Mapping[Any, Any]) -> None:
    found = list_measures(session.db, session.scope, issue_id=str(row["id"]))
    done = sum(one["done_on"] is not None for one in found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{text('issue.measures', n=len(found), done=done)}**")
        if may(session.scope, "act_on_issue") and st.button(text("measure.add"), key="measure_add"):
            _add_measure(session, str(row["id"]), new_id())
    for one in found:
        with st.container(key=f"measure_{one['id']}", horizontal=True, vertical_alignment="center", gap="small"):
            st.text(one["text"] or "…")
            who = " ".join(filter(None, (one["unit"], one["responsible"])))
            when = (
                text("measure.done", d=one["done_on"])
                if one["done_on"]
                else text("measure.due", d=one["due_on"] or "—")
            )
            st.caption(escape(" · ".join(filter(None, (who, when)))))
            if one["done_on"] is None and may(session.scope, "act_on_issue"):
                args = (session, one["id"], one["rev"])
                st.button(text("measure.finish"), key=f"finish_{one['id']}", on_click=_finish, args=args)
            draw_photos(session.db, session.scope, about="measure", about_id=str(one["id"]), adds=True)


def _finish(session: Session, measure_id: str, rev: int) -> None:
    try:
        finish_measure(session.db, session.scope, measure_id=measure_id, rev=rev, done_on=session.today)
    except GeoError as error:
        note_done(text(error.key, **error.params))
        return
    note_done(text("measure.finished"))


@st.dialog(text("measure.title"))
def _add_measure(session: Session, issue_id: str, measure_id: str) -> None:
    key = f"measure:{measure_id}"
    said = st.text_input(text("measure.text"), key=f"{key}:text", max_chars=200)
    with st.container(horizontal=True, gap="medium"):
        unit = st.text_input(text("act.unit"), key=f"{key}:unit", max_chars=60)
        who = st.text_input(text("act.responsible"), key=f"{key}:who", max_chars=60)
    due_on = st.date_input(text("act.due_on"), None, key=f"{key}:due", min_value=session.today, format="YYYY-MM-DD")
    if not st.button(text("measure.save"), type="primary", key=f"{key}:save"):
        return
    entry = MeasureEntry(measure_id, issue_id, said, session.today, unit, who, due_on)
    try:
        add_measure(session.db, session.scope, entry=entry)
    except GeoError as error:
        show_error(error)
        return
    st.rerun()

"""The steps that are possible for an issue, as buttons; each opens a form with what that step needs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.access import may
from geo.errors import Conflict, GeoError
from geo.i18n import text
from geo.issues import Act, list_acts
from geo.model import new_id
from geo.store.issue_acts import APPROVING, find_number
from geo.store.rules import load_rules
from geo.ui.issue_conflict import keep_clash, show_clash, take_act
from geo.ui.plain import show_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.issues import Standing
    from geo.model import Scope
    from geo.store.database import Database

#: Steps that end or settle something stand first; the others behind one button.
_FIRST: Final[tuple[str, ...]] = ("resolved", "closed", "reworked", "progress", "assigned", "escalated")


def offer_acts(db: Database, scope: Scope, *, row: Mapping[Any, Any], standing: Standing) -> None:
    """Draw the possible steps of an issue (its row and standing) that the role may take; none for a leader."""
    today = db.today()
    days = load_rules(db, scope)["reopen_days"]
    kinds = [kind for kind in list_acts(standing, today, reopen_days=days) if _may(scope, kind)]
    if not kinds:
        return
    others = [kind for kind in kinds if kind not in _FIRST]
    with st.container(key=f"acts_{row['id']}", horizontal=True, gap="small", vertical_alignment="center"):
        for kind in (kind for kind in _FIRST if kind in kinds):
            _offer(db, scope, row, standing, kind)
    if others:
        # Not a popover: it would stay open above the form that its buttons open.
        with (
            st.container(key=f"more_{row['id']}"),
            st.expander(text("act.more")),
            st.container(horizontal=True, gap="small"),
        ):
            for kind in others:
                _offer(db, scope, row, standing, kind)


def _may(scope: Scope, kind: str) -> bool:
    return may(scope, "act_on_issue") and (kind not in APPROVING or may(scope, "approve_issue"))


def _offer(db: Database, scope: Scope, row: Mapping[Any, Any], standing: Standing, kind: str) -> None:
    if st.button(text(f"event.{kind}"), key=f"act_{kind}_{row['id']}"):
        _open_form(db, scope, row, standing, kind, new_id())


@st.dialog(text("act.title"))
def _open_form(db: Database, scope: Scope, row: Mapping[Any, Any], standing: Standing, kind: str, act_id: str) -> None:
    """The id is made when the form opens, so a double click is one event."""
    if show_clash(db, scope, row=row, act_id=act_id):
        return
    st.markdown(f"**{text(f'event.{kind}')}**")
    st.text(f"{row['number']} {row['title']}")
    st.caption(text(f"act.about.{kind}"))
    key = f"act:{act_id}"
    today = db.today()
    on = st.date_input(
        text("act.on"), today, min_value=standing.last_on, max_value=today, key=f"{key}:on", format="YYYY-MM-DD"
    )
    said = _FIELDS[kind](standing, key) if kind in _FIELDS else {}
    note = st.text_area(text("act.note"), key=f"{key}:note", height=70, max_chars=1000)
    if not st.button(text(f"event.{kind}"), type="primary", key=f"{key}:do"):
        return
    try:
        if "number" in said:
            said["duplicate_of"] = find_number(db, scope, number=said.pop("number"))
        act = Act(kind, _day(on), note=note, **said)
        take_act(db, scope, row=row, act=act, act_id=act_id)
    except Conflict as conflict:
        keep_clash(act, act_id=act_id, conflict=conflict)
        st.rerun(scope="fragment")
    except GeoError as error:
        show_error(error)
        return
    st.rerun()


def _day(chosen: object) -> date:
    return chosen if isinstance(chosen, date) else date.max


def _ask_day(label: str, key: str) -> date | None:
    found = st.date_input(label, None, key=key, format="YYYY-MM-DD")
    return None if found is None else _day(found)


def _ask_who(standing: Standing, key: str) -> dict[str, Any]:
    with st.container(horizontal=True, gap="medium"):
        unit = st.text_input(text("act.unit"), standing.unit, key=f"{key}:unit", max_chars=60)
        person = st.text_input(text("act.responsible"), standing.responsible, key=f"{key}:who", max_chars=60)
    return {
        "unit": unit.strip() if unit.strip() != standing.unit else None,
        "responsible": person.strip() if person.strip() != standing.responsible else None,
    }


def _ask_term(standing: Standing, key: str) -> dict[str, Any]:
    if standing.due_on is not None:
        return {}
    return {"due_on": _ask_day(text("act.due_on"), f"{key}:due")}


def _assign(standing: Standing, key: str) -> dict[str, Any]:
    return _ask_who(standing, key) | _ask_term(standing, key)


def _escalate(standing: Standing, key: str) -> dict[str, Any]:
    above = codes.ISSUE_LEVELS[codes.ISSUE_LEVELS.index(standing.level) + 1 :]
    level = st.segmented_control(
        text("act.level"), above, default=above[0], required=True, key=f"{key}:level",
        format_func=lambda one: text(f"issue_level.{one}"),
    )  # fmt: skip
    due_on = _ask_day(text("act.due_new"), f"{key}:due")
    return {"level": str(level), "due_on": due_on, **_ask_who(standing, key)}


def _extend(standing: Standing, key: str) -> dict[str, Any]:
    st.caption(text("act.due_now", due=standing.due_on or "—"))
    return {"due_on": _ask_day(text("act.due_new"), f"{key}:due"), **_approve(standing, key)}


def _approve(_standing: Standing, key: str) -> dict[str, Any]:
    return {"approved_by": st.text_input(text("act.approved_by"), key=f"{key}:by", max_chars=60).strip()}


def _resolve(_standing: Standing, key: str) -> dict[str, Any]:
    kind = st.segmented_control(
        text("act.close_kind"), codes.CLOSE_KINDS, default="solved", required=True, key=f"{key}:kind",
        format_func=lambda one: text(f"close_kind.{one}"),
    )  # fmt: skip
    return {"close_kind": str(kind)}


def _close(_standing: Standing, key: str) -> dict[str, Any]:
    by = st.segmented_control(
        text("act.verified"), ("household", "person"), default="household", required=True, key=f"{key}:by",
        format_func=lambda one: text(f"act.verified.{one}"),
    )  # fmt: skip
    name = codes.HOUSEHOLD
    if by == "person":
        name = st.text_input(text("act.verified_by"), key=f"{key}:name", max_chars=60).strip()
    answer = st.segmented_control(
        text("act.satisfaction"), (1, 0), key=f"{key}:answer", format_func=lambda one: text(f"act.satisfied.{one}")
    )
    return {"verified_by": name, "satisfaction": answer}


def _duplicate(_standing: Standing, key: str) -> dict[str, Any]:
    return {"number": st.text_input(text("act.original"), key=f"{key}:number", max_chars=60).strip()}


_FIELDS: Final[dict[str, Callable[[Standing, str], dict[str, Any]]]] = {
    "assigned": _assign,
    "progress": _ask_term,
    "escalated": _escalate,
    "extended": _extend,
    "deferred": _approve,
    "resolved": _resolve,
    "closed": _close,
    "duplicated": _duplicate,
    "amended": _ask_who,
}

"""What can be done with gap rows: give them to somebody, take that back, take the list away as a file."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.exports import FORMATS, ExportHead, assignment_sheets, draw_outlines, tabulate_gaps, tabulate_groups
from geo.gaps import PRIORITY_TERMS
from geo.i18n import text
from geo.store.assignments import add_person, assign, list_assignees, withdraw
from geo.ui.export_menu import Export, draw_export, draw_menu, offer_table
from geo.ui.gaps_view import clear_selection
from geo.ui.navigation import find_page, has_page
from geo.ui.plain import escape, show_error
from geo.ui.session import view_params
from geo.ui.shell import say_round

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.exports import Table
    from geo.model import Round
    from geo.ui.gaps_data import GapFilter, GapLists
    from geo.ui.session import Session

_DAYS: Final = 7
_SAID: Final = "_said"
#: List of the screen → its name in the log.
_WHAT: Final = {"home": "gaps", "group": "groups", "todo": "todos"}


def draw_exports(session: Session, round_: Round, chosen: GapFilter, lists: GapLists, rows: pd.DataFrame) -> None:
    """Draw the export button, which says what it will give, and the other formats."""
    filtered = "filtered" if chosen.words() else "all"
    unit = "group" if chosen.by == "group" else "home"
    label = text(f"gap.export.{unit}.{filtered}", n=len(rows))
    exports = offer_table(
        _WHAT[chosen.by], _head(session, round_, chosen), rows=len(rows), stamp=(lists.view, chosen),
        tabulate=_tabulator(session, round_, chosen, rows), forms=list(FORMATS),
    )  # fmt: skip
    more = []
    if chosen.by == "home":
        sheet = _head(session, round_, chosen, title="assigned")
        by_person = Export(
            "sheets", "xlsx", sheet, len(rows), (lists.view, chosen),
            lambda _progress: (assignment_sheets(rows, head=sheet), len(rows)),
        )  # fmt: skip
        more = [(text("gap.export.sheets"), by_person)]
    with st.container(key="exports", horizontal=True, vertical_alignment="center", gap="small", width="content"):
        draw_menu(session, label, exports, more=more)


def _tabulator(session: Session, round_: Round, chosen: GapFilter, rows: pd.DataFrame) -> Callable[[], Table]:
    if chosen.by != "group":
        return partial(tabulate_gaps, rows)
    draw = draw_outlines(session.db, session.scope, place_id=session.place.id, level="group", round_id=round_.id)
    return partial(tabulate_groups, rows, draw)


def _head(session: Session, round_: Round, chosen: GapFilter, *, title: str = "", also: str = "") -> ExportHead:
    title = title or _WHAT[chosen.by]
    filters = text("list.comma").join(part for part in (chosen.words(), also) if part)
    return ExportHead(
        title=text(f"exports.title.{title}"),
        place=session.place.name,
        round=say_round(round_, session.today),
        as_of=session.as_of,
        filters=filters,
        user=session.scope.actor,
    )


def draw_actions(session: Session, round_: Round, chosen: GapFilter, lists: GapLists, picked: pd.DataFrame) -> None:
    """Draw the bar at the bottom for the ticked rows; without one there is none."""
    if picked.empty:
        return
    can_assign = may(session.scope, "assign") and not session.is_past and session.today <= round_.ends_on
    with st.bottom, st.container(key="actions", horizontal=True, vertical_alignment="center", gap="small"):
        unit = "group" if chosen.by == "group" else "home"
        st.markdown(f"**{text(f'gap.picked.{unit}', n=len(picked))}**")
        if can_assign and st.button(text("act.assign"), type="primary", key="assign"):
            st.dialog(text("assign.title"))(_draw_assign)(session, round_, chosen, picked)
        if can_assign and unit == "home" and picked["assignment_id"].notna().any():
            st.button(text("act.withdraw"), key="withdraw", on_click=_withdraw, args=(session, round_, picked))
        if unit == "home":
            head = _head(session, round_, chosen, also=text("gap.only_picked"))
            (export,) = offer_table(
                "picked", head, rows=len(picked), stamp=(lists.view, tuple(picked["household"])),
                tabulate=partial(tabulate_gaps, picked.reset_index(drop=True)), forms=["xlsx"],
            )  # fmt: skip
            draw_export(session, text("gap.export.picked"), export)
            _draw_touched(session, chosen, picked.iloc[-1])
        st.button(text("gap.unpick"), key="unpick", type="tertiary", on_click=clear_selection)


def _draw_touched(session: Session, chosen: GapFilter, row: pd.Series) -> None:
    """Draw the way to the row ticked last, and the terms of its priority."""
    if has_page("household"):
        params = view_params(session, h=str(row["household"]), place=str(row["place"]))
        st.page_link(find_page("household"), label=escape(text("gap.open", code=row["code"])), query_params=params)
    if chosen.by == "home":
        st.text(say_priority(row))


def say_priority(row: pd.Series) -> str:
    """Return why a row stands where it does: `LY-07-011 优先级 65 = 重点户 +30  超期 10 天 +10 …`."""
    terms = [text(f"gap.term.{term}", n=_amount(row, term), p=int(row[f"p_{term}"]))
             for term in PRIORITY_TERMS if row[f"p_{term}"]]  # fmt: skip
    if not terms:
        return text("gap.why.none", code=row["code"], p=int(row["priority"]))
    return text("gap.why", code=row["code"], p=int(row["priority"]), terms="  ".join(terms))


def _amount(row: pd.Series, term: str) -> int:
    counted = {"overdue": "overdue_days", "misses": "misses", "missed_rounds": "missed_rounds", "issue": "open_issues"}
    return int(row[counted[term]]) if term in counted else 0


def _draw_assign(session: Session, round_: Round, chosen: GapFilter, picked: pd.DataFrame) -> None:
    villages: set[str] = set(picked["village_id"]) if "village_id" in picked else set()
    home = villages.pop() if len(villages) == 1 else ""
    people = list_assignees(session.db, session.scope, place_id=home or session.place.id)
    names = {str(one["id"]): _name(one) for one in people}
    unit = "group" if chosen.by == "group" else "home"
    st.markdown(text(f"assign.how_many.{unit}", n=len(picked)))
    who = st.selectbox(text("assign.who"), list(names), index=0 if names else None, format_func=names.__getitem__,
                       placeholder=text("assign.who.none"), key="assign_who")  # fmt: skip
    new = st.text_input(text("assign.new"), key="assign_new", placeholder=text("assign.new.hint")) if home else ""
    first = max(round_.starts_on, session.today)
    due = st.date_input(
        text("assign.due"), value=min(round_.ends_on, session.today + timedelta(days=_DAYS)),
        min_value=first, max_value=round_.ends_on, format="YYYY-MM-DD", key="assign_due",
    )  # fmt: skip
    with st.container(horizontal=True):
        sure = st.button(text(f"assign.do.{unit}", n=len(picked)), type="primary", key="assign_do")
        if st.button(text("act.back"), key="assign_back"):
            st.rerun()
    if not sure:
        return
    ids = picked["place" if unit == "group" else "household"].astype(str).tolist()
    targets = {"groups" if unit == "group" else "households": ids}
    try:
        assignee = add_person(session.db, session.scope, name=new, place_id=home) if new.strip() else who
        if not assignee:
            st.warning(text("assign.who.none"))
            return
        count = assign(session.db, session.scope, round_id=round_.id, assignee=assignee, due_on=due, **targets)
    except GeoError as error:
        show_error(error)
        return
    name = new.strip() or names[assignee]
    st.session_state[_SAID] = text(f"assign.done.{unit}", n=count, name=name, due=f"{due:%m-%d}")
    clear_selection()
    st.rerun()


def _name(one: object) -> str:
    person = dict(one)  # type: ignore[call-overload]
    role = text(f"team_role.{person.get('role') or 'team'}")
    return f"{person['name']} · {role}" if person["name"] else role


def _withdraw(session: Session, round_: Round, picked: pd.DataFrame) -> None:
    try:
        ended = withdraw(
            session.db, session.scope, round_id=round_.id, households=picked["household"].astype(str).tolist()
        )
    except GeoError as error:
        st.session_state[_SAID] = text(error.key, **error.params)
        return
    st.session_state[_SAID] = text("assign.withdrawn", n=ended)
    clear_selection()


def say_done() -> None:
    """Say what the last action did, once."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.toast(escape(said))

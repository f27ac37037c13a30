"""派工: giving households or whole groups to somebody, another due date, taking it back; for 缺口 and 户 alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.store.assignments import add_person, assign, list_assignees, set_due, withdraw
from geo.store.rules import load_rules
from geo.ui.done import note_done
from geo.ui.plain import say, show_error
from geo.ui.ticks import clear_ticks

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from geo.model import Round, Scope
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be given to somebody: households, or whole groups, of one round.

    `where` is the place whose people are offered; `village` the one village all of it lies in, or ''. `held` counts
    those that have a live assignment of their own, which alone can get another date or be taken back.
    """

    db: Database
    scope: Scope
    round: Round
    today: date
    unit: Literal["home", "group"]
    ids: tuple[str, ...]
    where: str
    village: str
    held: int

    @property
    def is_open(self) -> bool:
        """Whether the scope may assign, and the round still has days."""
        return may(self.scope, "assign") and self.today <= self.round.ends_on and self.round.status == "open"

    @property
    def targets(self) -> dict[str, list[str]]:
        """The arguments of the services."""
        return {"groups" if self.unit == "group" else "households": list(self.ids)}


def offer_work(work: Work, *, quiet: bool = False) -> None:
    """Draw the buttons: give it to somebody; of what is given already, change the date, take it back.

    `quiet`: as links, where assigning is not what the page is for.
    """
    if not work.is_open:
        return
    first: Literal["primary", "tertiary"] = "tertiary" if quiet else "primary"
    others: Literal["secondary", "tertiary"] = "tertiary" if quiet else "secondary"
    if st.button(text("act.assign"), type=first, key="assign"):
        st.dialog(text("assign.title"))(_draw_assign)(work)
    if not work.held:
        return
    if st.button(text("act.due"), type=others, key="due"):
        st.dialog(text("due.title"))(_draw_due)(work)
    st.button(text("act.withdraw"), type=others, key="withdraw", on_click=_withdraw, args=(work,))


def _draw_assign(work: Work) -> None:
    people = list_assignees(work.db, work.scope, place_id=work.village or work.where)
    names = {str(one["id"]): _name(one) for one in people}
    st.markdown(text(f"assign.how_many.{work.unit}", n=len(work.ids)))
    who = st.selectbox(text("assign.who"), list(names), index=0 if names else None, format_func=names.__getitem__,
                       placeholder=text("assign.who.none"), key="assign_who")  # fmt: skip
    hint = text("assign.new.hint")
    new = st.text_input(text("assign.new"), key="assign_new", placeholder=hint) if work.village else ""
    due = _ask_due(work, "assign_due")
    if not _ask_sure(text(f"assign.do.{work.unit}", n=len(work.ids)), "assign"):
        return
    try:
        assignee = add_person(work.db, work.scope, name=new, place_id=work.village) if new.strip() else who
        if not assignee:
            st.warning(text("assign.who.none"))
            return
        count = assign(work.db, work.scope, round_id=work.round.id, assignee=assignee, due_on=due, **work.targets)
    except GeoError as error:
        show_error(error)
        return
    name = new.strip() or names[assignee]
    _finish(text(f"assign.done.{work.unit}", n=count, name=name, due=f"{due:%m-%d}"))


def _draw_due(work: Work) -> None:
    st.markdown(text(f"due.how_many.{work.unit}", n=work.held))
    rest = len(work.ids) - work.held
    if rest:
        st.caption(text(f"due.rest.{work.unit}", n=rest))
    due = _ask_due(work, "due_on")
    if not _ask_sure(text(f"due.do.{work.unit}", n=work.held), "due"):
        return
    try:
        count = set_due(work.db, work.scope, round_id=work.round.id, due_on=due, **work.targets)
    except GeoError as error:
        show_error(error)
        return
    _finish(text(f"due.done.{work.unit}", n=count, due=f"{due:%m-%d}"))


def _ask_due(work: Work, key: str) -> date:
    first, last = max(work.round.starts_on, work.today), work.round.ends_on
    usual = min(last, work.today + timedelta(days=load_rules(work.db, work.scope)["assign_days"]))
    return st.date_input(
        text("assign.due"), value=usual, min_value=first, max_value=last, format="YYYY-MM-DD", key=key
    )  # fmt: skip


def _ask_sure(label: str, key: str) -> bool:
    with st.container(horizontal=True):
        sure = st.button(label, type="primary", key=f"{key}_do")
        if st.button(text("act.back"), key=f"{key}_back"):
            st.rerun()
    return sure


def _finish(words: str) -> None:
    note_done(words)
    clear_ticks()
    st.rerun()


def _name(one: RowMapping) -> str:
    role = text(f"team_role.{one.get('role') or 'team'}")
    return f"{one['name']} · {role}" if one["name"] else role


def _withdraw(work: Work) -> None:
    try:
        ended = withdraw(work.db, work.scope, round_id=work.round.id, **work.targets)
    except GeoError as error:
        note_done(say(error))
        return
    note_done(text(f"assign.withdrawn.{work.unit}", n=ended))
    clear_ticks()

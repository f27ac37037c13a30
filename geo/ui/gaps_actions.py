"""What can be done with gap rows: give them to somebody, take that back, take the list away as a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.exports import FORMATS, ExportHead, assignment_sheets, draw_outlines, tabulate_gaps, tabulate_groups
from geo.gaps import PRIORITY_TERMS
from geo.i18n import text
from geo.store.reveal import take_people
from geo.ui.assigning import Work, offer_work
from geo.ui.export_menu import Export, draw_export, draw_menu, offer_people, offer_table
from geo.ui.navigation import find_page, has_page
from geo.ui.plain import escape
from geo.ui.plan_start import offer_planning
from geo.ui.session import view_params
from geo.ui.shell import say_round
from geo.ui.ticks import clear_ticks

if TYPE_CHECKING:
    from geo.exports import Progress
    from geo.model import Round
    from geo.ui.gaps_data import GapFilter, GapLists
    from geo.ui.session import Session

#: List of the screen → its name in the log.
_WHAT: Final = {"home": "gaps", "group": "groups", "todo": "todos"}


def draw_exports(session: Session, round_: Round, chosen: GapFilter, lists: GapLists, rows: pd.DataFrame) -> None:
    """Draw the export button, which says what it will give, and the other formats."""
    filtered = "filtered" if chosen.words(lists.rules) else "all"
    unit = "group" if chosen.by == "group" else "home"
    label = text(f"gap.export.{unit}.{filtered}", n=len(rows))
    said = _head(session, chosen, lists)
    tabulate = partial(tabulate_gaps, rules=lists.rules)
    if chosen.by == "group":
        draw = draw_outlines(session.db, session.scope, place_id=session.place.id, level="group", round_id=round_.id)
        exports = offer_table(
            _WHAT[chosen.by], said, rows=len(rows), stamp=(lists.view, chosen), forms=list(FORMATS),
            tabulate=partial(tabulate_groups, rows, draw, target_bp=round_.target_bp),
        )  # fmt: skip
    else:
        exports = offer_people(
            session, _WHAT[chosen.by], said, frame=rows, stamp=(lists.view, chosen), tabulate=tabulate,
            forms=list(FORMATS),
        )  # fmt: skip
    more = []
    if chosen.by == "home":
        sheet = _head(session, chosen, lists, title="assigned")

        def make_sheets(_: Progress | None) -> tuple[bytes, int]:
            taken = take_people(session.db, session.scope, rows)
            return assignment_sheets(taken, head=sheet.signed(), rules=lists.rules), len(rows)

        by_person = Export("sheets", "xlsx", sheet, len(rows), (lists.view, chosen), make_sheets)
        more = [(text("gap.export.sheets"), by_person)]
    with st.container(key="exports", horizontal=True, vertical_alignment="center", gap="small", width="content"):
        draw_menu(session, label, exports, more=more)


def _head(session: Session, chosen: GapFilter, lists: GapLists, *, title: str = "", also: str = "") -> ExportHead:
    title = title or _WHAT[chosen.by]
    filters = text("list.comma").join(part for part in (chosen.words(lists.rules), also) if part)
    return ExportHead(
        title=text(f"exports.title.{title}"),
        place=session.place.name,
        round=say_round(session.round, session.today) if session.round else "",
        as_of=session.as_of,
        filters=filters,
        user=session.scope.actor,
    )


def draw_actions(session: Session, round_: Round, chosen: GapFilter, lists: GapLists, picked: pd.DataFrame) -> None:
    """Draw the bar at the bottom for the ticked rows; without one there is none."""
    if picked.empty:
        return
    with st.bottom, st.container(key="actions", horizontal=True, vertical_alignment="center", gap="small"):
        unit = "group" if chosen.by == "group" else "home"
        st.markdown(f"**{text(f'gap.picked.{unit}', n=len(picked))}**")
        if not session.is_past:
            offer_work(_work_of(session, round_, chosen, picked))
            if unit == "home" and may(session.scope, "assign"):
                offer_planning(session, tuple(picked["household"].astype(str)), key="plan_picked")
        if unit == "home":
            tabulate = partial(tabulate_gaps, rules=lists.rules)
            head = _head(session, chosen, lists, also=text("gap.only_picked"))
            (export,) = offer_people(
                session, "picked", head, frame=picked.reset_index(drop=True),
                stamp=(lists.view, tuple(picked["household"])), tabulate=tabulate, forms=["xlsx"],
            )  # fmt: skip
            draw_export(session, text("gap.export.picked"), export)
            _draw_touched(session, chosen, picked.iloc[-1])
        st.button(text("gap.unpick"), key="unpick", type="tertiary", on_click=clear_ticks)


def _work_of(session: Session, round_: Round, chosen: GapFilter, picked: pd.DataFrame) -> Work:
    villages = set(picked["village_id"])
    is_group = chosen.by == "group"
    held = picked["assignee"].notna() if is_group else picked["assignment_id"].notna() & (picked["by_group"] == 0)
    return Work(
        session.db, session.scope, round_, session.today, "group" if is_group else "home",
        tuple(picked["place" if is_group else "household"].astype(str)), session.place.id,
        villages.pop() if len(villages) == 1 else "", int(held.sum()),
    )  # fmt: skip


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

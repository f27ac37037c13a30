"""管理 › 队伍: who has which task from which day, who leads, what was given back; entered here or from a sheet."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.access import for_files
from geo.errors import GeoError
from geo.exports import ExportHead, tabulate_teams
from geo.i18n import text
from geo.importer.listed import import_teams
from geo.model import new_id
from geo.schema.columns_work import TEAM_COLUMNS
from geo.store.assignments import list_returned
from geo.store.households import find_code
from geo.store.places import list_below, list_inside
from geo.store.teams import FIVE, HELPER, MemberEntry, add_member, end_member, list_members, mark_leader
from geo.ui.done import note_done
from geo.ui.export_menu import draw_menu, offer_table
from geo.ui.list_upload import offer_upload
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape, say, show_error
from geo.ui.ticks import clear_ticks, draw_ticked

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from geo.exports import Table
    from geo.model import Place
    from geo.ui.session import Session

_WIDTHS: Final = {
    "township": 130, "village": 96, "group": 64, "code": 150, "role": 150, "person_name": 90, "phone": 120, "leads": 60,
    "since": 96, "until": 96,
}  # fmt: skip
_ROWS: Final = 14


def draw_teams(session: Session) -> None:
    """Draw a village, who has a task there on a day, what can be done with a ticked one, and the form for another."""
    villages = list_inside(session.db, session.scope, level="village")
    by_id = {one.id: one for one in villages}
    asked = str(st.query_params.get("place", ""))
    with st.container(key="head_teams", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            text("level.village"), list(by_id), key="team_village", width=220,
            index=list(by_id).index(asked) if asked in by_id else 0, format_func=lambda one: by_id[one].name,
        ) if by_id else None  # fmt: skip
        day = st.date_input(text("team.on"), session.today, key="team_on", format="YYYY-MM-DD", width=150)
        where = chosen or session.scope.area
        frame = list_members(session.db, session.scope, place_id=where, on=day)
        draw_head(text("admin.tab.teams"), text("team.note", n=len(frame)))
        _draw_exports(
            session, len(frame), by_id[where].name if where in by_id else session.place.name,
            lambda: tabulate_teams(list_members(session.db, for_files(session.scope), place_id=where, on=day)),
        )  # fmt: skip
    _draw_members(session, frame, where)
    if chosen:
        _draw_form(session, by_id[chosen])
    if session.round is not None:
        _draw_returned(session, where)
    offer_upload(session, "teams", import_teams)


def _draw_exports(session: Session, rows: int, place: str, tabulate: Callable[[], Table]) -> None:
    head = ExportHead(
        title=text("exports.title.teams"), place=place, round="", as_of=session.today, filters="",
        user=session.scope.actor,
    )  # fmt: skip
    exports = offer_table(
        "teams", head, rows=rows, stamp=(place, rows), tabulate=tabulate, forms=("xlsx", "csv", "pdf"),
    )  # fmt: skip
    draw_menu(session, text("visits.export", n=rows), exports)


def _draw_members(session: Session, frame: pd.DataFrame, where: str) -> None:
    if frame.empty:
        st.markdown(escape(text("team.none")))
        return
    headers = {column.header: column.key for column in TEAM_COLUMNS}
    table = tabulate_teams(frame).as_frame().rename(columns=headers)
    table = table[[key for key in _WIDTHS if table[key].astype(str).str.len().any()]]
    names = {column.key: column.header for column in TEAM_COLUMNS}
    columns: dict[str, Any] = {
        key: st.column_config.TextColumn(names[key], width=_WIDTHS[key]) for key in table.columns
    }
    ticked = draw_ticked(table, columns, of=(where, "teams"), ids=frame["member"].tolist(), rows=_ROWS)
    if not (frame["leads"] & frame["role"].isin(FIVE)).any():
        st.caption(text("team.nobody_leads"))
    if ticked:
        _offer_changes(session, frame.iloc[ticked])


def _offer_changes(session: Session, picked: pd.DataFrame) -> None:
    with st.bottom, st.container(key="actions", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.markdown(f"**{text('team.picked', n=len(picked))}**")
        last = st.date_input(text("team.until"), session.today, key="team_until", format="YYYY-MM-DD", width=150)
        rows = picked[["member", "rev"]].to_dict("records")
        st.button(text("team.end"), key="team_end", on_click=_end, args=(session, rows, last))
        if len(picked) == 1 and picked["role"].iloc[0] in FIVE and not picked["leads"].iloc[0]:
            st.button(text("team.lead"), key="team_lead", on_click=_lead, args=(session, rows[0]))


def _end(session: Session, rows: list[dict[Any, Any]], last: Any) -> None:
    _do(
        [partial(end_member, member_id=str(one["member"]), rev=int(one["rev"]), until=last) for one in rows], session
    )  # fmt: skip


def _lead(session: Session, row: dict[Any, Any]) -> None:
    _do([partial(mark_leader, member_id=str(row["member"]), rev=int(row["rev"]))], session)


def _do(acts: list[Any], session: Session) -> None:
    try:
        for act in acts:
            act(session.db, session.scope)
    except GeoError as error:
        note_done(say(error))
        return
    note_done(text("team.changed", n=len(acts)))
    clear_ticks()


def _draw_form(session: Session, village: Place) -> None:
    """Give somebody a task: role, name, phone, from which day; the group of a cadre, the household of a helper."""
    with st.container(key="sec_member"):
        draw_head(text("team.add"), text("team.add.note"))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            role = st.selectbox(
                text("team.role"), codes.TEAM_ROLES, key="member_role", width=180,
                format_func=lambda one: text(f"team_role.{one}"),
            )  # fmt: skip
            groups = {one.id: one.name for one in list_below(
                session.db, session.scope, place_id=village.id, level="group")}  # fmt: skip
            place, code = village.id, ""
            if role == "group_cadre" and groups:
                place = st.selectbox(
                    text("level.group"), list(groups), key="member_group", width=120, format_func=groups.__getitem__
                )
            if role == HELPER:
                code = st.text_input(text("admin.code"), key="member_code", max_chars=60, width=200).strip()
            name = st.text_input(text("team.name"), key="member_name", max_chars=60, width=120)
            phone = st.text_input(text("team.phone"), key="member_phone", max_chars=20, width=140)
            since = st.date_input(text("team.since"), session.today, key="member_since", format="YYYY-MM-DD", width=150)
            if not st.button(text("team.do"), key="member_add"):
                return
        try:
            home = find_code(session.db, session.scope, code=code) if role == HELPER else None
            entry = MemberEntry(new_id(), str(place), str(role), since, name=name, phone=phone, household=home)
            add_member(session.db, session.scope, entry=entry)
        except GeoError as error:
            show_error(error)
            return
        note_done(text("team.added", name=name))
        st.rerun()


def _draw_returned(session: Session, where: str) -> None:
    """Say what was given back, by whom and why: it waits for somebody else."""
    if session.round is None:
        return
    found = list_returned(session.db, session.scope, round_id=session.round.id, place_id=where)
    if not found:
        return
    with st.container(key="sec_returned"):
        draw_head(text("team.returned"), text("team.returned.note", n=len(found)))
        for one in found:
            what = one["code"] or text("level.group")
            st.text(
                text("team.returned.one", what=what, name=one["name"], why=one["reason"] or "", who=one["returned_by"])
            )

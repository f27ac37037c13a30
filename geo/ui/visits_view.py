"""走访: 我的路线 (published to me), 我的户 (mine to answer for), 多户登记 (nobody at several doors), 我的工作."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo import codes
from geo.errors import GeoError
from geo.exports import ExportHead, tabulate_work
from geo.i18n import text
from geo.model import new_id
from geo.schema.columns_work import WORK_COLUMNS
from geo.store.assignments import list_assignees, return_assignment
from geo.store.bulk import record_visits
from geo.store.mywork import KINDS, find_worker, list_own_homes, read_work
from geo.store.reads import read_homes
from geo.ui.clicks import follow_click, open_home
from geo.ui.done import note_done
from geo.ui.export_menu import draw_menu, offer_people
from geo.ui.household_data import SYMBOLS
from geo.ui.navigation import find_page
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape, say, show_error
from geo.ui.routes_view import draw_my_route, follow_code, has_route
from geo.ui.session import show, view_params
from geo.ui.ticks import clear_ticks, draw_ticked

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session

_TABS: Final = ("route", "own", "many", "work")
_ROW: Final = 28
_ROWS: Final = 16
_WIDTHS: Final = {
    "state": 96, "village": 88, "group": 64, "code": 150, "head_name": 76, "last_on": 100, "attempts": 76,
    "due_on": 100, "via": 100,
}  # fmt: skip
_WORK_WIDTHS: Final = {
    "on": 96, "kind": 64, "village": 88, "group": 60, "code": 150, "head_name": 76, "about": 190, "what": 300,
    "result": 100,
}  # fmt: skip


def draw_page(session: Session) -> None:
    """Draw who one is, the switch between the parts, and the part that is looked at."""
    follow_code(session)
    asked = str(st.query_params.get("tab", ""))
    tab = asked if asked in _TABS else _find_tab(session)
    with st.container(key="visits_top", horizontal=True, vertical_alignment="center"):
        st.session_state["visits_tab"] = tab
        st.segmented_control(
            text("web.page.visits"), _TABS, key="visits_tab", required=True, label_visibility="collapsed",
            format_func=lambda one: text(f"visits.tab.{one}"),
            on_change=lambda: show(tab=st.session_state["visits_tab"]),
        )  # fmt: skip
        me = _choose_me(session) if tab in ("own", "work") else None
    if session.round is None:
        st.info(text("empty.round"))
    elif tab == "route":
        draw_my_route(session, session.round)
    elif tab == "many":
        _draw_many(session, session.round)
    elif me is None:
        st.info(text("visits.who_first"))
    elif tab == "own":
        _draw_own(session, session.round, *me)
    else:
        _draw_work(session, *me)


def _find_tab(session: Session) -> str:
    """Return the part to begin with: the route that a sheet's code names or that the reader has, else the own homes."""
    if "route" in st.query_params:
        return "route"
    mine = find_worker(session.db, session.scope)
    found = session.round is not None and mine is not None and has_route(session, session.round, mine[0])
    return "route" if found else "own"


def _choose_me(session: Session) -> tuple[str, str] | None:
    """Return the id and name of whom the page is about: the reader where their name is known, else who is chosen."""
    people = {
        str(one["id"]): str(one["name"])
        for one in list_assignees(session.db, session.scope, place_id=session.place.id)
        if "role" in one
    }
    mine = find_worker(session.db, session.scope)
    if mine is not None:
        return mine
    chosen = str(st.query_params.get("me", ""))
    with st.container(width="content"):
        st.session_state["visits_me"] = chosen if chosen in people else None
        st.selectbox(
            text("visits.me"), list(people), key="visits_me", format_func=people.__getitem__, width=220,
            label_visibility="collapsed", placeholder=text("visits.me"), index=None,
            on_change=lambda: show(me=st.session_state["visits_me"] or ""),
        )  # fmt: skip
    return (chosen, people[chosen]) if chosen in people else None


def _draw_own(session: Session, round_: Round, person_id: str, name: str) -> None:
    homes = list_own_homes(session.db, session.scope, person_id=person_id, round_id=round_.id)
    if homes.empty:
        st.markdown(escape(text("visits.own.none")))
        st.page_link(find_page("gaps"), label=text("household.to_gaps"), query_params=view_params(session))
        return
    done = int(homes["effective"].sum())
    draw_head(text("visits.own", name=name), text("visits.own.note", n=len(homes), done=done, m=len(homes) - done))
    homes = homes.sort_values(["effective", "due_on", "village_code", "group_code", "code"], ignore_index=True)
    first = homes[homes["effective"] == 0]
    if not first.empty:
        where = view_params(session, h=str(first["household"].iloc[0]), place=str(first["place"].iloc[0]))
        st.page_link(find_page("household"), label=text("visits.begin"), query_params=where)
    table = _table_of(homes).assign(via=[text(f"visits.via.{one}") for one in homes["via"]])
    ticked = draw_ticked(
        table, _columns(table, homes, "own_code"), of=(person_id, round_.id, "own"), ids=homes["household"].tolist(),
        rows=_ROWS,
    )  # fmt: skip
    follow_click(session)
    given = homes.iloc[ticked]
    given = given[given["via"] == "assigned"]
    if len(given):
        _offer_return(session, given)


def _table_of(homes: pd.DataFrame) -> pd.DataFrame:
    shown = homes[["code", "head_name", "village", "group", "last_on", "attempts", "due_on"]].copy()
    for key in ("last_on", "due_on"):
        shown[key] = [one.isoformat() if hasattr(one, "isoformat") else "" for one in shown[key]]
    shown.insert(0, "state", [f"{SYMBOLS[one]} {text(f'state.{one}')}" for one in homes["state"]])
    return shown


def _columns(table: pd.DataFrame, homes: pd.DataFrame, key: str) -> dict[str, Any]:
    column = st.column_config
    columns: dict[str, Any] = {
        name: column.TextColumn(text(f"visits.col.{name}"), width=_WIDTHS[name]) for name in table.columns
    }
    ids = list(zip(homes["household"], homes["place"], strict=True))
    columns["code"] = column.ButtonColumn(
        text("visits.col.code"), width=_WIDTHS["code"], type="tertiary", alignment="left", key=key, on_click=open_home,
        args=(key, ids),
    )  # fmt: skip
    return columns


def _offer_return(session: Session, given: pd.DataFrame) -> None:
    """Give the ticked ones back; one of a whole group goes back with its group."""
    with st.bottom, st.container(key="actions", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.markdown(f"**{text('gap.picked.home', n=len(given))}**")
        st.text_input(text("visits.why"), key="return_why", max_chars=200, width=320)
        st.button(text("visits.return"), key="return_do", on_click=_return, args=(session, given))
        if given["by_group"].any():
            st.caption(text("visits.return.group"))


def _return(session: Session, given: pd.DataFrame) -> None:
    reason = str(st.session_state.get("return_why") or "")
    rows = given.drop_duplicates("assignment_id")
    try:
        for one in rows.to_dict("records"):
            given_as, rev = str(one["assignment_id"]), int(one["rev"])
            return_assignment(session.db, session.scope, assignment_id=given_as, rev=rev, reason=reason)
    except GeoError as error:
        note_done(say(error))
        return
    note_done(text("visits.returned", n=len(rows)))
    clear_ticks()


def _draw_many(session: Session, round_: Round) -> None:
    """Several doors where nobody was home: only that can be recorded for many at once."""
    if session.place.level not in ("village", "group"):
        st.info(text("visits.many.where"))
        return
    homes = read_homes(session.db, session.scope, round_id=round_.id, place_id=session.place.id)
    homes = homes[homes["effective"] == 0].reset_index(drop=True)
    draw_head(text("visits.many"), text("visits.many.note", n=len(homes)))
    if homes.empty:
        st.markdown(escape(text("visits.many.none")))
        return
    ticked = draw_ticked(
        _table_of(homes), _columns(_table_of(homes), homes, "many_code"), of=(session.place.id, round_.id, "many"),
        ids=homes["household"].tolist(), rows=_ROWS,
    )  # fmt: skip
    follow_click(session)
    if ticked:
        _offer_many(session, homes.iloc[ticked]["household"].tolist())


def _offer_many(session: Session, homes: list[str]) -> None:
    with st.bottom, st.container(key="actions", horizontal=True, vertical_alignment="bottom", gap="small"):
        day = st.date_input(
            text("visit.date"), session.today, max_value=session.today, key="many_day", format="YYYY-MM-DD", width=150
        )
        reason = st.selectbox(
            text("visit.reason"), codes.VISIT_REASONS, key="many_reason", width=220,
            index=codes.VISIT_REASONS.index("unknown"), format_func=lambda one: text(f"reason.{one}"),
        )  # fmt: skip
        sure = st.button(text("visits.many.do", n=len(homes)), type="primary", key="many_do")
    if not sure:
        return
    ids = st.session_state.setdefault("many_ids", {})
    frame = pd.DataFrame(
        {"id": [ids.setdefault(one, new_id()) for one in homes], "household": homes, "visited_on": day,
         "outcome": "not_home", "reason": reason, "entry_kind": "bulk"}
    )  # fmt: skip
    try:
        done = record_visits(session.db, session.scope, frame=frame)
    except GeoError as error:
        show_error(error)
        return
    st.session_state.pop("many_ids", None)
    note_done(text("visits.many.done", n=done.stored))
    clear_ticks()
    st.rerun()


def _draw_work(session: Session, person_id: str, name: str) -> None:
    since = st.date_input(
        text("visits.since"), None, max_value=session.today, key="work_since", format="YYYY-MM-DD", width=170
    )
    frame = read_work(session.db, session.scope, person_id=person_id, since=since)
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_head(text("visits.work", name=name), _say_work(frame))
        head = ExportHead(
            title=text("exports.title.work"), place=session.place.name, round="", as_of=session.today,
            filters=name if since is None else f"{name} {since}", user=session.scope.actor,
        )  # fmt: skip
        exports = offer_people(
            session, "work", head, frame=frame, stamp=(person_id, since), tabulate=tabulate_work,
            forms=("xlsx", "csv", "pdf"),
        )  # fmt: skip
        draw_menu(session, text("visits.export", n=len(frame)), exports)
    if frame.empty:
        st.markdown(escape(text("visits.work.none")))
        return
    headers = {column.header: column.key for column in WORK_COLUMNS}
    table = tabulate_work(frame).as_frame().rename(columns=headers)[[*_WORK_WIDTHS]]
    names = {column.key: column.header for column in WORK_COLUMNS}
    columns = {key: st.column_config.TextColumn(names[key], width=_WORK_WIDTHS[key]) for key in _WORK_WIDTHS}
    st.dataframe(
        table, hide_index=True, row_height=_ROW, height=_ROW * min(len(table), _ROWS) + 36, column_config=columns,
        key="work",
    )  # fmt: skip


def _say_work(frame: pd.DataFrame) -> str:
    counts = {kind: int((frame["kind"] == kind).sum()) for kind in KINDS}
    effective = int(((frame["kind"] == "visit") & (frame["result"] == "effective")).sum())
    return text("visits.work.note", **counts, effective=effective)

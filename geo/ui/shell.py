"""The frame of every page: demo strip, context bar, role switch; and `require`, the first statement of every page."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo import codes
from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.store.places import breadcrumb, name_own, search
from geo.store.reads import read_children, read_many
from geo.store.rounds import list_rounds
from geo.ui.navigation import ENTRIES, find_page, has_page
from geo.ui.noting import note_refusal
from geo.ui.overview_data import read_overview
from geo.ui.plain import escape, show_error
from geo.ui.printing import draw_prints
from geo.ui.reveal_names import draw_names
from geo.ui.saying import say_day, say_round
from geo.ui.session import (
    AS_OF,
    PLACE,
    ROUND,
    Session,
    read_entered,
    read_session,
    show,
    view_params,
    write_address,
    write_role,
)
from geo.ui.share import draw_share

if TYPE_CHECKING:
    from geo.store.reads import Figures

_STATIC: Final = Path(__file__).parent / "static"


def require(action: str, *, context: bool = True) -> Session:
    """Draw the frame and return the session, or say that this is outside the role's rights and end the run.

    `action` is one of `geo.access.RIGHTS`. `context`: draw the bar with place, round, day and search below the strip.
    """
    st.html(_STATIC / "style.css")
    st.logo((_STATIC / "mark.svg").read_text(encoding="utf-8").replace("{name}", text("app.name")))
    try:
        session = read_session()
    except GeoError as error:
        show_error(error)
        st.stop()
    _draw_strip(session)
    allowed = may(session.scope, action)
    if allowed and context:
        write_address()
        _draw_context(session)
    _draw_brand(session)
    if not allowed:
        _go_home(session)
        note_refusal(action, str(st.session_state.get("_page")))
        with st.container(key="refused"):
            st.warning(text("shell.refused", role=text(f"role.{session.scope.role}")))
        st.stop()
    return session


def _go_home(session: Session) -> None:
    """Lead who may not see the landing page, and asked for nothing else, to the first page that is theirs."""
    if st.session_state.get("_page", "overview") != "overview":
        return
    own = [name for name, entry in ENTRIES.items() if not entry.hidden and may(session.scope, entry.action)]
    if own and has_page(own[0]):
        st.switch_page(find_page(own[0]))


def _draw_strip(session: Session) -> None:
    if session.db.held:
        st.warning(text("health.read_only", why=text(f"health.{session.db.held}")))
    if session.db.is_demo:
        with st.container(key="demo_banner"):
            st.html(f"<div>{text('shell.strip')}</div>")


def _draw_brand(session: Session) -> None:
    """The product's name and the role switch, fixed to the header; last, for a fixed element leaves a gap after it."""
    with st.container(key="who", horizontal=True, vertical_alignment="center", gap="small"):
        if not session.db.is_demo:
            _draw_holder(session)
            return
        st.session_state["role_switch"] = session.scope.role
        st.selectbox(
            text("shell.role"),
            codes.ROLES,
            key="role_switch",
            format_func=lambda role: text("shell.role_is", role=text(f"role.{role}")),
            on_change=_switch_role,
            label_visibility="collapsed",
        )


def _draw_holder(session: Session) -> None:
    """Who came in, and the ways to the own password and out; without accounts, that this is one person's machine."""
    entered = read_entered(session.db)
    if entered is None:
        st.html(f'<span class="note">{text("who.local")}</span>')
        return
    name = html.escape(entered.person_name or entered.name)
    links = (("/account/password", "who.password"), ("/logout", "who.logout"))
    anchors = "".join(f'<a href="{path}" target="_self">{text(key)}</a>' for path, key in links)
    st.html(f'<span class="note">{name} · {text("role." + entered.role)}</span> {anchors}')


def _switch_role() -> None:
    write_role(st.session_state["role_switch"])


def _draw_context(session: Session) -> None:
    with st.container(key="ctx", horizontal=True, vertical_alignment="center", gap="small"):
        _draw_breadcrumb(session)
        if session.round is not None:
            _draw_children(session)
            _draw_round(session)
            _draw_day(session)
        _forget_words(session)
        with st.container(key="ctx_right", horizontal=True, vertical_alignment="center", gap="small"):
            words = st.text_input(
                text("shell.find"), key="find", placeholder=text("shell.find.hint"), label_visibility="collapsed",
                on_change=_note_place, args=(_view_of(session),), width=250,
            )  # fmt: skip
            draw_names(session)
            _draw_ways_out(session)
    if words:
        _draw_hits(session, words)


def _draw_ways_out(session: Session) -> None:
    """Draw 分享 and 打印; on the map the map itself answers them, for it knows where it stands."""
    if session.round is None:
        return
    if st.button(text("act.share"), key="share"):
        st.dialog(text("act.share"))(draw_share)(read_overview(session, session.round))
    if st.button(text("act.print"), key="print"):
        st.dialog(text("act.print"))(draw_prints)(session)


def _draw_breadcrumb(session: Session) -> None:
    page = _current_page()
    _draw_own_areas(session)
    with st.container(key="crumbs", horizontal=True, vertical_alignment="center", gap=None, width="content"):
        for place in breadcrumb(session.db, session.scope, place_id=session.place.id):
            if place.id == session.place.id:
                st.markdown(f"**{escape(place.name)}**")
            else:
                st.page_link(page, label=escape(place.name), query_params=view_params(session, **{PLACE: place.id}))
                st.html('<span class="sep">›</span>')


def _draw_own_areas(session: Session) -> None:
    """Draw the choice between several own areas; above them there is no unit that this session may see."""
    if not session.scope.further:
        return
    own = name_own(session.db, session.scope)
    above = [one.id for one in breadcrumb(session.db, session.scope, place_id=session.place.id)]
    st.session_state["own_area"] = next((one for one in own if one in above), None)
    st.selectbox(
        text("shell.own_area"), list(own), key="own_area", format_func=own.__getitem__, width=140,
        on_change=lambda: show(place=st.session_state["own_area"]), label_visibility="collapsed",
    )  # fmt: skip


def _draw_children(session: Session) -> None:
    round_ = session.round
    if round_ is None or session.place.level == "group":
        return
    children = worst_first(
        read_children(session.db, session.scope, round_id=round_.id, place_id=session.place.id, as_of=session.as_of)
    )
    if not children:
        return
    labels = {one.place.id: _with_figure(one) for one in children}
    st.session_state["child"] = None
    st.selectbox(
        text("shell.child"),
        list(labels),
        index=None,
        key="child",
        format_func=labels.__getitem__,
        placeholder=text("shell.child"),
        on_change=_open_child,
        label_visibility="collapsed",
        width=150,
    )


def _open_child() -> None:
    if st.session_state["child"]:
        show(place=st.session_state["child"])


def _draw_round(session: Session) -> None:
    rounds = {one.number: say_round(one, session.today) for one in list_rounds(session.db, session.scope)}
    if session.round is not None:
        st.session_state["round_pick"] = session.round.number
    st.selectbox(
        text("shell.rounds"),
        sorted(rounds, reverse=True),
        key="round_pick",
        format_func=rounds.__getitem__,
        on_change=lambda: show(round=str(st.session_state["round_pick"])),
        label_visibility="collapsed",
        width=250,
    )


def _draw_day(session: Session) -> None:
    with st.popover(text("shell.as_of", day=say_day(session.as_of)), type="tertiary"):
        st.session_state["day_pick"] = session.as_of
        st.date_input(
            text("shell.day"),
            key="day_pick",
            max_value=session.today,
            format="YYYY-MM-DD",
            on_change=_pick_day,
            args=(session.today.isoformat(),),
        )
        if session.is_past:
            st.button(text("shell.to_today"), on_click=show, kwargs={AS_OF: ""})


def _pick_day(today: str) -> None:
    picked = st.session_state["day_pick"]
    show(asof="" if picked is None or picked.isoformat() == today else picked.isoformat())


def worst_first(figures: list[Figures]) -> list[Figures]:
    """Return places with a roster, worst first by what is missing; those without a household come last."""
    return sorted(figures, key=lambda one: (not one.counts.roster, one.counts.complete - one.counts.roster))


def _with_figure(figures: Figures) -> str:
    counts = figures.counts
    if not counts.roster:
        return text("shell.no_home", place=figures.place.name)
    return text("shell.place_figure", place=figures.place.name, n=counts.effective, N=counts.roster)


def _draw_hits(session: Session, words: str) -> None:
    hits = search(session.db, session.scope, words=words)
    with st.container(key="hits", horizontal=True, vertical_alignment="center", gap="small"):
        st.button(text("shell.find.close"), on_click=_clear_find, type="tertiary", key="find_close")
        if not hits:
            st.text(text("shell.find.none", words=words))
        figures = _figures_of(session, [hit["id"] for hit in hits if hit["kind"] == "place"])
        for nth, hit in enumerate(hits):
            _draw_hit(session, hit, figures, nth)


def _figures_of(session: Session, places: list[str]) -> dict[str, str]:
    if session.round is None or not places:
        return {}
    found = read_many(session.db, session.scope, round_id=session.round.id, place_ids=places, as_of=session.as_of)
    return {one.place.id: f"{one.counts.effective:,}/{one.counts.roster:,}" for one in found if one.counts.roster}


def _draw_hit(session: Session, hit: dict[str, str], figures: dict[str, str], nth: int) -> None:
    if hit["kind"] == "household":
        # The map flies there and shows the card; elsewhere it is the household's own page.
        page = _current_page() if st.session_state.get("_page") == "map" else find_page("household")
        params = view_params(session, h=hit["id"], place=hit["place"])
    else:
        page, params = _current_page(), view_params(session, **{PLACE: hit["id"]})
    label = f"{hit['label']} {figures.get(hit['id'], '')}".strip()
    with st.container(key=f"hit_{nth}", width="content"):
        st.page_link(page, label=escape(label), query_params=params)


def _view_of(session: Session) -> tuple[str, str]:
    return session.place.id, str(st.session_state.get("_page"))


def _note_place(view: tuple[str, str]) -> None:
    st.session_state["_found_from"] = view


def _forget_words(session: Session) -> None:
    """Empty the search field once one of its hits, or anything else, has led elsewhere."""
    if st.session_state.get("find") and st.session_state.get("_found_from") != _view_of(session):
        st.session_state["find"] = ""


def _clear_find() -> None:
    st.session_state["find"] = ""


def _current_page() -> st.Page:
    """The page being run; the pages of one household and of one issue give way to the landing page."""
    name = st.session_state.get("_page", "overview")
    return find_page(
        name
        if name in ENTRIES and name not in ("household", "issue", "import", "admin", "accounts", "audit")
        else "overview"
    )


__all__ = ["AS_OF", "PLACE", "ROUND", "require", "say_day", "say_round", "show_error", "worst_first"]

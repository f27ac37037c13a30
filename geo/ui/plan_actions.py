"""计划 changed by hand: a home moved, held or barred, team-days locked, the rest planned again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.plan.replan import KEEPS
from geo.plan.stops import Slot
from geo.planning import Draft, VillagePlan
from geo.ui.done import note_done
from geo.ui.plain import say
from geo.ui.plan_compare import clock
from geo.ui.plan_data import Wanted, keep_draft

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session


def draw_changes(session: Session, round_: Round, wanted: Wanted, draft: Draft, village: VillagePlan) -> None:
    """Draw what people change by hand: a home's team-day, locks, and planning the rest again."""
    slots = _name_slots(draft)
    keep = partial(_change, session, round_, wanted)
    with st.container(key="plan_move", horizontal=True, vertical_alignment="bottom", gap="small"):
        known = [*village.stops, *(one for one in village.unserved if one.household in draft.task.stops.ids)]
        codes = {stop.household: stop.code for stop in known}
        home = st.selectbox(text("plan.move.home"), list(codes), index=None, format_func=codes.__getitem__,
                            placeholder=text("plan.move.pick"), key="plan_move_home")  # fmt: skip
        target = st.selectbox(text("plan.move.to"), list(slots), format_func=slots.__getitem__, key="plan_move_to")
        st.button(text("plan.move.do"), key="plan_move_do", disabled=home is None,
                  on_click=partial(keep, lambda: draft.moved(str(home), target)))  # fmt: skip
    if home is not None:
        _draw_home(draft, home, keep)
    with st.container(key="plan_again", horizontal=True, vertical_alignment="bottom", gap="small"):
        used = [(one.day, one.team) for one in draft.plan.team_days]
        st.session_state["plan_locked"] = sorted(draft.locked & set(used))
        st.multiselect(
            text("plan.lock"), used, format_func=slots.__getitem__, key="plan_locked",
            placeholder=text("plan.lock.none"),
            on_change=lambda: keep(lambda: draft.with_locks(st.session_state["plan_locked"])),
        )  # fmt: skip
        kept = st.selectbox(text("plan.keep"), KEEPS, index=1, key="plan_keep",
                            format_func=lambda one: text(f"plan.keep.{one}"))  # fmt: skip
        st.button(text("plan.again"), key="plan_again_do", on_click=partial(keep, lambda: draft.replanned(kept)))
    _draw_hand(draft, codes, slots)


def _draw_home(draft: Draft, home: str, keep: Callable[[Callable[[], Draft]], None]) -> None:
    """Draw what holds for the chosen home when the rest is planned again: whether it stays, and who must not come."""
    stop = draft.task.stops.ids.index(home)
    teams = {nth: one.name for nth, one in enumerate(draft.task.setup.teams, start=1)}
    with st.container(key="plan_home", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.session_state["plan_hold"] = stop in draft.bounds.fixed
        st.checkbox(text("plan.hold"), key="plan_hold", disabled=draft.slot_of(home) is None,
                    on_change=lambda: keep(lambda: draft.held(home, stays=st.session_state["plan_hold"])))  # fmt: skip
        st.session_state["plan_bar"] = [team for team in teams if (stop, team) in draft.bounds.barred]
        st.multiselect(
            text("plan.bar"), list(teams), format_func=teams.__getitem__, key="plan_bar",
            placeholder=text("plan.bar.none"),
            on_change=lambda: keep(lambda: draft.barred_from(home, st.session_state["plan_bar"])),
        )  # fmt: skip


def _draw_hand(draft: Draft, codes: dict[str, str], slots: dict[Slot, str]) -> None:
    """Say which homes are held or barred by hand."""
    ids, bounds = draft.task.stops.ids, draft.bounds
    teams = [one.name for one in draft.task.setup.teams]
    held = [f"{codes[ids[stop]]} → {slots[slot]}" for stop, slot in sorted(bounds.fixed.items()) if slot in slots]
    barred = [text("plan.barred", code=codes[ids[stop]], team=teams[team - 1]) for stop, team in sorted(bounds.barred)]
    if held or barred:
        st.text(text("plan.by_hand", said=text("list.semicolon").join([*held, *barred])))


def _name_slots(draft: Draft) -> dict[Slot, str]:
    """Return how every team-day that there may be is called, with its length where somebody goes."""
    loads = {(one.day, one.team): one.load_s for one in draft.plan.team_days}
    return {
        (day, team): text("plan.slot", day=f"{date:%m-%d}", team=name, load=clock(loads.get((day, team), 0)))
        for day, date in enumerate(draft.task.days, start=1)
        for team, name in enumerate((one.name for one in draft.task.setup.teams), start=1)
    }


def _change(session: Session, round_: Round, wanted: Wanted, make: Callable[[], Draft]) -> None:
    try:
        keep_draft(session, round_, wanted, make())
    except GeoError as error:
        note_done(say(error))

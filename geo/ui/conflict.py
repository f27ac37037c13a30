"""Two people changed the same: both values, who and when; the person chooses fact by fact, the rest merges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from geo import codes, config
from geo.errors import Conflict, GeoError
from geo.i18n import text
from geo.store import households
from geo.ui.done import note_done
from geo.ui.plain import escape, show_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.model import Scope
    from geo.store.database import Database

_KEPT: Final = "facts_conflict"
_CODED: Final = {"household_class": codes.HOUSEHOLD_CLASSES, "residence": codes.RESIDENCES}
_SIDES: Final = ("mine", "theirs")


@dataclass(frozen=True, slots=True)
class Clash:
    """One fact that both changed: its word, both values in words, who changed it and when (UTC ISO)."""

    name: str
    label: str
    theirs: str
    mine: str
    who: str
    time: str


def keep_conflict(household_id: str, *, wanted: dict[str, Any], conflict: Conflict) -> None:
    """Remember what this person wanted to change and what of it is in conflict, until they have chosen."""
    st.session_state[_KEPT] = (household_id, wanted, conflict.params.get("fields") or {})


def forget_conflict() -> None:
    """Forget an unresolved conflict."""
    st.session_state.pop(_KEPT, None)


def choose_sides(clashes: list[Clash], key: str) -> dict[str, str | None]:
    """Draw both values of each fact and a choice; return fact → mine, theirs, or None while none is chosen."""
    chosen: dict[str, str | None] = {}
    for one in clashes:
        with st.container(key=f"clash_{one.name}", gap="small"):
            st.markdown(f"**{one.label}**")
            said = text("err.conflict", who=one.who, time=say_moment(one.time), theirs=one.theirs, mine=one.mine)
            st.warning(escape(said))
            chosen[one.name] = st.radio(
                one.label, _SIDES, index=None, key=f"{key}:{one.name}:{one.time}", horizontal=True,
                label_visibility="collapsed", format_func=lambda side: text(f"household.use_{side}"),
            )  # fmt: skip
    return chosen


def show_conflict(db: Database, scope: Scope, *, household_id: str) -> bool:
    """Draw the open conflict of a household, fact by fact, and the button that stores what was chosen."""
    kept = st.session_state.get(_KEPT)
    if not kept or kept[0] != household_id:
        return False
    wanted: dict[str, Any] = kept[1]
    now = households.get_household(db, scope, household_id=household_id)
    fields: dict[str, tuple[str, str]] = {name: kept[2][name] for name in wanted if name in kept[2]}
    clashes = [
        Clash(name, text(f"household.field.{name}"), _word(name, now[name]), _word(name, wanted[name]), *last)
        for name, last in fields.items()
    ]
    chosen = choose_sides(clashes, "conflict")
    rest = [text(f"household.field.{name}") for name in wanted if name not in fields]
    if rest:
        st.caption(escape(text("conflict.rest", names=text("list.comma").join(rest))))
    changes = {name: value for name, value in wanted.items() if chosen.get(name, "mine") == "mine"}
    ready = None not in chosen.values()
    offer_choice("conflict_save", lambda: _store(db, scope, household_id, int(now["rev"]), changes), ready=ready)
    return True


def offer_choice(key: str, store: Callable[[], None], *, ready: bool) -> None:
    """Draw the button that stores what was chosen, once everything is; it may meet another conflict."""
    if not st.button(text("conflict.save"), type="primary", key=key, disabled=not ready):
        return
    try:
        store()
    except GeoError as error:
        show_error(error)
        return
    note_done(text("conflict.saved"))
    st.rerun()


def _store(db: Database, scope: Scope, household_id: str, rev: int, changes: Mapping[str, Any]) -> None:
    households.edit_household(db, scope, household_id=household_id, rev=rev, changes=dict(changes))
    forget_conflict()


def _word(name: str, value: Any) -> str:
    if name in _CODED and value in _CODED[name]:
        return text(f"{name}.{value}")
    return say_fact(value)


def say_fact(value: Any) -> str:
    """Return a value in words; empty for nothing."""
    if isinstance(value, date):
        return value.isoformat()
    return text("household.empty") if value in (None, "") else str(value)


def say_moment(moment: str | None) -> str:
    """Return a moment (UTC ISO) in the configured zone, to the minute."""
    if not moment:
        return ""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(config.ZONE)).strftime("%m-%d %H:%M")

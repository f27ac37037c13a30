"""Two people changed one household: both values, who and when, and the choice which to keep."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from geo import codes, config
from geo.errors import GeoError
from geo.i18n import text
from geo.store import households
from geo.ui.plain import escape, show_error

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database

_KEPT: Final = "facts_conflict"
_CODED: Final = {"household_class": codes.HOUSEHOLD_CLASSES, "residence": codes.RESIDENCES}


def keep_conflict(household_id: str, *, seen: dict[str, Any], mine: dict[str, Any]) -> None:
    """Remember what this person wanted to change, until they have chosen."""
    wanted = {name: value for name, value in mine.items() if value != seen[name]}
    st.session_state[_KEPT] = (household_id, wanted)


def forget_conflict() -> None:
    """Forget an unresolved conflict."""
    st.session_state.pop(_KEPT, None)


def show_conflict(db: Database, scope: Scope, *, household_id: str) -> bool:
    """Draw the open conflict of a household with its two buttons; say whether there is one."""
    kept = st.session_state.get(_KEPT)
    if not kept or kept[0] != household_id:
        return False
    wanted: dict[str, Any] = kept[1]
    now = households.get_household(db, scope, household_id=household_id)
    who = str(now["updated_by"] or now["created_by"])
    for name, mine in wanted.items():
        st.markdown(f"**{text(f'household.field.{name}')}**")
        said = text("err.conflict", who=who, time=_local(now["updated_at"]), theirs=_word(name, now[name]),
                    mine=_word(name, mine))  # fmt: skip
        st.warning(escape(said))
    with st.container(horizontal=True):
        use_mine = st.button(text("household.use_mine"), type="primary", key="conflict_mine")
        use_theirs = st.button(text("household.use_theirs"), key="conflict_theirs")
    if use_mine:
        try:
            households.edit_household(db, scope, household_id=household_id, rev=int(now["rev"]), changes=wanted)
        except GeoError as error:
            show_error(error)
            return True
    if use_mine or use_theirs:
        forget_conflict()
        st.rerun()
    return True


def _word(name: str, value: Any) -> str:
    if name in _CODED and value in _CODED[name]:
        return text(f"{name}.{value}")
    return text("household.empty") if value in (None, "") else str(value)


def _local(moment: str | None) -> str:
    if not moment:
        return ""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(config.ZONE)).strftime("%m-%d %H:%M")

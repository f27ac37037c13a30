"""The form of a visit as it stands, kept with every change: a reload and a restart of the server lose nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.i18n import text
from geo.store.drafts import drop_draft, find_draft, keep_draft

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database

_RESTORED: Final = "visit_restored"
#: Marks a day among the plain values of a draft.
_DAY: Final = "day:"


def restore_draft(db: Database, scope: Scope, household_id: str) -> str | None:
    """Take up the form that this browser had begun for a household; return its id, None where there is none."""
    found = find_draft(db, scope, about=_about(household_id))
    if not found or not found.get("id"):
        return None
    prefix = str(found["id"])
    said = {name: _read(value) for name, value in dict(found.get("fields", {})).items()}
    st.session_state.setdefault(_RESTORED, {})[prefix] = said
    for name in ("outcome", "other"):
        if said.get(name):
            st.session_state[f"{prefix}:{name}"] = said[name]
    return prefix


def first_value(prefix: str, name: str, usual: Any) -> Any:
    """Return what a field begins with: what the draft had in it, else what is usual."""
    said = st.session_state.get(_RESTORED, {}).get(prefix, {})
    return said[name] if said.get(name) is not None else usual


def keep_form(db: Database, scope: Scope, household_id: str, prefix: str) -> None:
    """Keep the fields of a form once something was chosen or written in it, and say that they are kept."""
    start = f"{prefix}:"
    fields = {
        str(key).removeprefix(start): _plain(value)
        for key, value in st.session_state.items()
        if str(key).startswith(start) and value not in (None, "", [])
    }
    if not ({"outcome", "note", "topics"} & fields.keys()):
        return
    keep_draft(db, scope, about=_about(household_id), content={"id": prefix, "fields": fields})
    if prefix in st.session_state.get(_RESTORED, {}):
        st.caption(text("visit.restored"))


def forget_draft(db: Database, scope: Scope, household_id: str) -> None:
    """Forget the draft of a visit that was saved."""
    drop_draft(db, scope, about=_about(household_id))


def _about(household_id: str) -> str:
    return f"visit:{household_id}"


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return f"{_DAY}{value.isoformat()}"
    return list(value) if isinstance(value, tuple) else value


def _read(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_DAY):
        return date.fromisoformat(value.removeprefix(_DAY))
    return value

"""The form of a visit as it stands, kept with every change: a reload and a restart of the server lose nothing.

Its fields are the keys `<id>:…` of the session, where the id is that of the visit it will store.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.i18n import text
from geo.model import new_id
from geo.store.drafts import drop_draft, find_draft, keep_draft

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database

_FORMS: Final = "visit_forms"
_RESTORED: Final = "visit_restored"
#: Marks a day among the plain values of a draft.
_DAY: Final = "day:"
#: What no widget holds, so that a draft gives it back to the session itself.
_LOOSE: Final = ("outcome", "other", "raised", "seen")
#: What somebody chooses or writes first: a form with none of it has not been begun.
_BEGUN: Final = frozenset({"outcome", "note", "topics", "check", "raised", "answer"})
#: Answers that say nothing.
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], (), "same")


def form_id(household_id: str) -> str:
    """Return the id of the visit being entered for a household: made once a form, so a double click is one row."""
    forms: dict[str, str] = st.session_state.setdefault(_FORMS, {})
    return forms.setdefault(household_id, new_id())


def form_here() -> str | None:
    """Return the form of the household that the address names now, also when its page is still being drawn."""
    household_id = st.query_params.get("h")
    return form_id(household_id) if household_id else None


def begin_form(db: Database, scope: Scope, household_id: str) -> str:
    """Return the id of the form of a household; one that is not on the screen takes up what this browser had begun."""
    known = st.session_state.get(_FORMS, {}).get(household_id)
    if known is None or f"{known}:date" not in st.session_state:
        begun = _restore(db, scope, household_id)
        if begun is not None:
            _take_pressed(known, begun)
            st.session_state.setdefault(_FORMS, {})[household_id] = begun
    return form_id(household_id)


def end_form(household_id: str) -> None:
    """Forget a form that was saved."""
    st.session_state[_FORMS].pop(household_id, None)


def first_value(key: str, usual: Any) -> Any:
    """Return what a field (its key) begins with: what the draft had in it, else what is usual."""
    prefix, _, name = key.partition(":")
    said = st.session_state.get(_RESTORED, {}).get(prefix, {})
    return said[name] if said.get(name) is not None else usual


def keep_form(db: Database, scope: Scope, household_id: str, prefix: str) -> None:
    """Keep the fields of a form once something was chosen or written in it, and say that they are kept."""
    start = f"{prefix}:"
    fields = {
        str(key).removeprefix(start): _plain(value)
        for key, value in st.session_state.items()
        if str(key).startswith(start) and value not in _NOTHING
    }
    if not _BEGUN & {name.partition(":")[0] for name in fields}:
        return
    keep_draft(db, scope, about=_about(household_id), content={"id": prefix, "fields": fields})
    if prefix in st.session_state.get(_RESTORED, {}):
        st.caption(text("visit.restored"))


def forget_draft(db: Database, scope: Scope, household_id: str) -> None:
    """Forget the draft of a visit that was saved."""
    drop_draft(db, scope, about=_about(household_id))


def _restore(db: Database, scope: Scope, household_id: str) -> str | None:
    """Give the draft of a household back to the session; return the id of its form, None where there is none."""
    found = find_draft(db, scope, about=_about(household_id))
    if not found or not found.get("id"):
        return None
    prefix = str(found["id"])
    said = {name: _read(value) for name, value in dict(found.get("fields", {})).items()}
    st.session_state.setdefault(_RESTORED, {})[prefix] = said
    for name, value in said.items():
        if name.partition(":")[0] in _LOOSE:
            st.session_state[f"{prefix}:{name}"] = value
    return prefix


def _take_pressed(known: str | None, begun: str) -> None:
    """Keep an outcome whose key was pressed before the page of the household was drawn."""
    pressed = st.session_state.get(f"{known}:outcome") if known not in (None, begun) else None
    if pressed:
        st.session_state[f"{begun}:outcome"] = pressed


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

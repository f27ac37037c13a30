"""What the log keeps of looking and of refusals: once for each thing a session looks at or is refused."""

from __future__ import annotations

import logging
from typing import Final

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from geo.errors import GeoError
from geo.store.auditlog import log_act
from geo.ui import datasource
from geo.ui.session import read_scope

_LOG: Final = logging.getLogger(__name__)


def note_view(record_id: str) -> None:
    """Log that this session opened the record of a household or an issue; reruns of the page are no further view."""
    _note("view", record_id, "")


def note_refusal(action: str, page: str) -> None:
    """Log that this session was refused an action on a page."""
    _note("refusal", page, action)


def _note(act: str, object_id: str, asked: str) -> None:
    said = f"_noted_{act}"
    if st.session_state.get(said) == (object_id, asked):
        return
    try:
        db = datasource.database()
        log_act(db, read_scope(db), action=act, object_id=object_id, diff={"action": asked} if asked else None)
    except (GeoError, SQLAlchemyError):
        # Reading goes on while the file is locked or read-only; the program's own log says what was not noted.
        _LOG.exception("%s of %s was not noted", act, object_id)
    st.session_state[said] = (object_id, asked)

"""Data text on a page: shown as it is, never read as markdown or HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.errors import NotAllowed
from geo.i18n import has_text, text
from geo.incidents import note_incident
from geo.ui.noting import note_refusal

if TYPE_CHECKING:
    from geo.errors import GeoError

_MARKS: Final = re.compile(r"([!-/:-@\[-`{-~])")


def escape(words: str) -> str:
    """Return data text so that markdown shows it letter by letter: every ASCII mark escaped, one line."""
    return _MARKS.sub(r"\\\1", " ".join(words.split()))


def say(error: GeoError) -> str:
    """Return the sentence of an error; one without a sentence is an incident, told by its code."""
    if not has_text(error.key):
        return text("err.other", id=note_incident("an error has no sentence"))
    return text(error.key, **error.params)


def show_error(error: GeoError) -> None:
    """Say in one sentence what went wrong and what to do; a refusal is noted in the log of acts."""
    if isinstance(error, NotAllowed):
        note_refusal(str(error.params.get("action", error.key)), str(st.session_state.get("_page")))
    st.error(escape(say(error)))

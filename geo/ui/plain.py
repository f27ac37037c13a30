"""Data text on a page: shown as it is, never read as markdown or HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.i18n import text

if TYPE_CHECKING:
    from geo.errors import GeoError

_MARKS: Final = re.compile(r"([!-/:-@\[-`{-~])")


def escape(words: str) -> str:
    """Return data text so that markdown shows it letter by letter: every ASCII mark escaped, one line."""
    return _MARKS.sub(r"\\\1", " ".join(words.split()))


def show_error(error: GeoError) -> None:
    """Show what went wrong and what to do, in the catalogue's words."""
    st.error(escape(text(error.key, **error.params)))

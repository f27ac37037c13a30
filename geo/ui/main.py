"""The main script of every session and every rerun: the frame, and the page that the address names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from geo.i18n import text

_PAGES: Final = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class _Entry:
    file: str
    key: str
    url: str | None = None
    hidden: bool = False


_ENTRIES: Final = (
    _Entry("overview.py", "web.page.overview"),
    _Entry("map.py", "web.page.map", "map"),
    _Entry("gaps.py", "web.page.gaps", "gaps"),
    _Entry("household.py", "web.page.household", "household", hidden=True),
    _Entry("import_.py", "web.page.import", "import"),
)


def list_pages() -> list[st.Page]:
    """Return the pages that exist, in the order of the navigation; the first is the landing page."""
    return [
        st.Page(
            _PAGES / entry.file,
            title=text(entry.key),
            url_path=entry.url,
            default=entry.url is None,
            visibility="hidden" if entry.hidden else "visible",
        )
        for entry in _ENTRIES
        if (_PAGES / entry.file).is_file()
    ]


st.set_page_config(page_title=text("web.title"), layout="wide", initial_sidebar_state="collapsed")
st.navigation(list_pages(), position="top").run()

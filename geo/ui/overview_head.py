"""The heading of a section: its name, a note, and a link at its right end."""

from __future__ import annotations

from html import escape as html

import streamlit as st

from geo.ui.plain import escape


def draw_head(name: str, note: str = "", *, link: tuple[str, st.Page, dict[str, str]] | None = None) -> None:
    """Draw a section's name with a note (catalogue text) and a link (label, page, parameters) at its right end."""
    shown = f"<small>{html(note)}</small>" if note else ""
    if link is None:
        st.html(f'<div class="sec-name">{html(name)}{shown}</div>')
        return
    with st.container(key=f"head_{link[1].url_path}", horizontal=True, vertical_alignment="center"):
        st.html(f'<div class="sec-name">{html(name)}{shown}</div>', width="content")
        st.page_link(link[1], label=escape(link[0]), query_params=link[2])

"""Choices that stand in the address: a control shows what the address names, and a click writes it there.

By codes, never by words: a link means the same in every language and holds no person's name. What the address names
and the control does not offer is nothing chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.ui.session import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def choose_one(name: str, options: Sequence[str], say: Callable[[str], str], *, label: str, width: int) -> str:
    """Draw a select box for a parameter of the address and return what is chosen; '' for nothing."""
    _follow_address(name, options)
    chosen = st.selectbox(
        label, list(options), index=None, key=name, format_func=say, placeholder=label, label_visibility="collapsed",
        width=width, on_change=_write, args=(name, ""),
    )  # fmt: skip
    return chosen or ""


def choose_part(name: str, options: Sequence[str], say: Callable[[str], str], *, label: str) -> str:
    """Draw a row of parts for a parameter of the address and return the chosen one; the first stands for none."""
    _follow_address(name, options, first=options[0])
    st.segmented_control(
        label, list(options), key=name, format_func=say, label_visibility="collapsed", on_change=_write,
        args=(name, options[0]),
    )  # fmt: skip
    return str(st.session_state[name] or options[0])


def _follow_address(name: str, options: Sequence[str], *, first: str | None = None) -> None:
    asked = str(st.query_params.get(name, ""))
    st.session_state[name] = asked if asked in options else first


def _write(name: str, usual: str) -> None:
    chosen = st.session_state[name] or ""
    show(**{name: "" if chosen == usual else chosen})

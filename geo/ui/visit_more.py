"""What was told at the door (宣讲) and what was looked into (大排查), as part of the form of a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo import codes
from geo.i18n import has_text, text
from geo.store.lists import read_list
from geo.ui.plain import escape
from geo.ui.visit_draft import first_value

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database


def say_entry(name: str, entry: str) -> str:
    """Return the word of an entry of a list: a code's from the catalogue, else what somebody wrote."""
    return text(f"{name}.{entry}") if has_text(f"{name}.{entry}") else entry


def choose_topics(db: Database, scope: Scope, *, prefix: str) -> None:
    """Draw the policy topics as pills; several may be told at one visit."""
    topics = read_list(db, scope, name="topic")
    begun = [one for one in first_value(f"{prefix}:topics", []) if one in topics]
    st.pills(
        text("visit.topics"), topics, default=begun, key=f"{prefix}:topics", selection_mode="multi",
        format_func=lambda one: escape(say_entry("topic", one)),
    )  # fmt: skip


def choose_checks(db: Database, scope: Scope, *, prefix: str) -> None:
    """Draw the items of the check: each asked and well, a problem, or not asked."""
    with st.expander(text("visit.checks")), st.container(horizontal=True, gap="medium", key="visit_checks"):
        for item in read_list(db, scope, name="check"):
            key = f"{prefix}:check:{item}"
            st.segmented_control(
                escape(say_entry("check", item)), codes.CHECK_RESULTS, key=key,
                default=first_value(key, None), format_func=lambda one: text(f"check_result.{one}"),
            )  # fmt: skip


def read_checks(prefix: str) -> tuple[tuple[str, str], ...]:
    """Return the items that were asked, with what was found."""
    start = f"{prefix}:check:"
    return tuple(
        (str(key).removeprefix(start), str(value))
        for key, value in sorted(st.session_state.items(), key=lambda pair: str(pair[0]))
        if str(key).startswith(start) and value in codes.CHECK_RESULTS
    )

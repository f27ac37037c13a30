"""Splitting a village when a newer list of units comes: some of its groups go to another one than the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.i18n import text
from geo.store.places import list_inside
from geo.ui.plain import escape

if TYPE_CHECKING:
    from geo.editions import EditionBook
    from geo.model import Scope
    from geo.store.database import Database


def offer_split(db: Database, scope: Scope, book: EditionBook, to: str, parts: dict[tuple[str, str], str]) -> None:
    """Draw what was split so far, each with a way back, and a way to split a village; `parts` as in `EditionBook`."""
    groups = list_inside(db, scope, level="group")
    holders = {group.parent for group in groups}
    villages = {one.code: one for one in list_inside(db, scope, level="village") if one.id in holders}
    if not villages:
        return
    with st.expander(text("edition.split", n=len(parts)), key="edition_split"):
        st.caption(text("edition.split_how"))
        for (code, group), new in list(parts.items()):
            _show_part(book, to, parts, (code, group, villages[code].name if code in villages else code, new))
        chosen = st.selectbox(
            text("edition.split_village"), list(villages), index=None, key="split_village", width=420,
            format_func=lambda one: f"{one} {villages[one].name}", placeholder=text("import_page.choose_meaning"),
        )  # fmt: skip
        if chosen is not None:
            _choose(book, to, parts, chosen, [one.name for one in groups if one.parent == villages[chosen].id])


def _show_part(book: EditionBook, to: str, parts: dict[tuple[str, str], str], part: tuple[str, str, str, str]) -> None:
    code, group, village, new = part
    with st.container(horizontal=True, vertical_alignment="center"):
        name = book.edition(to).units[new].name
        st.text(text("edition.part", village=village, group=group, code=new, name=name))
        if st.button(text("edition.part_back"), key=f"split_back:{code}:{group}", type="tertiary"):
            del parts[code, group]
            st.rerun()


def _choose(book: EditionBook, to: str, parts: dict[tuple[str, str], str], code: str, groups: list[str]) -> None:
    """Ask for the groups that leave and the village they go to."""
    open_ones = [one for one in groups if (code, one) not in parts]
    leaving = st.multiselect(
        text("edition.split_groups"), open_ones, key=f"split_groups:{code}", width=420,
        placeholder=text("import_page.choose_meaning"),
    )  # fmt: skip
    names = {unit.code: unit.name for unit in book.edition(to).units.values() if unit.level == "village"}
    new = st.selectbox(
        text("edition.split_to"), list(names), index=None, key=f"split_to:{code}", width=420,
        format_func=lambda one: f"{one} {names[one]}", placeholder=text("import_page.choose_meaning"),
    )  # fmt: skip
    ready = bool(leaving) and new is not None
    if st.button(escape(text("edition.split_do", n=len(leaving))), key="split_do", disabled=not ready) and new:
        parts.update({(code, one): new for one in leaving})
        st.rerun()

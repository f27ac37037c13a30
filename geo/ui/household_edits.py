"""Dialogs of the household page: facts, point, group, a new household; each carries the row's `rev` and is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import codes
from geo.errors import Conflict, GeoError
from geo.i18n import text
from geo.model import new_id
from geo.store import households, places
from geo.ui.conflict import forget_conflict, keep_conflict, show_conflict
from geo.ui.done import note_done
from geo.ui.household_point import open_point
from geo.ui.plain import show_error
from geo.ui.visit_correct import open_correction

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.model import Place, Scope
    from geo.store.database import Database

#: What is typed for "no phone any more".
_NONE: Final = ("-", "—")

__all__ = ["open_addition", "open_correction", "open_facts", "open_move", "open_point"]


def open_facts(db: Database, scope: Scope, *, household_id: str) -> None:
    """Open the dialog that corrects facts and tags; remembers the `rev` the person saw."""
    row = households.get_household(db, scope, household_id=household_id)
    seen = {name: row[name] for name in (*households.EDITABLE, "rev")}
    tags = households.list_tags(db, scope, household_id=household_id)
    forget_conflict()
    _facts_dialog(db, scope, household_id, seen, tags)


@st.dialog(text("household.edit_title"))
def _facts_dialog(db: Database, scope: Scope, household_id: str, seen: dict[str, Any], tags: list[str]) -> None:
    if show_conflict(db, scope, household_id=household_id):
        return
    key = f"facts:{household_id}:{seen['rev']}"
    changes: dict[str, Any] = {
        "size": st.number_input(
            text("household.field.size"), min_value=0, max_value=99, value=seen["size"], step=1, key=f"{key}:size"
        ),
        "household_class": _pick("household_class", codes.HOUSEHOLD_CLASSES, seen, key),
        "residence": _pick("residence", codes.RESIDENCES, seen, key),
        "note": st.text_area(text("household.field.note"), seen["note"], key=f"{key}:note", max_chars=2000, height=70),
    }
    # Head and phone are masked here as everywhere: what is typed replaces them, nothing typed leaves them.
    head = st.text_input(
        text("household.field.head_name"), key=f"{key}:head", max_chars=60,
        placeholder=text("household.now", value=seen["head_name"] or "—"),
    ).strip()  # fmt: skip
    if head:
        changes["head_name"] = head
    phone = st.text_input(
        text("household.field.phone"), key=f"{key}:phone", max_chars=30,
        placeholder=text("household.now", value=seen["phone"] or "—"),
    ).strip()  # fmt: skip
    if phone:
        changes["phone"] = "" if phone in _NONE else phone
    chosen = st.multiselect(
        text("household.field.tags"), codes.TAG_KINDS, default=tags, key=f"{key}:tags",
        format_func=lambda one: text(f"tag.{one}"),
    )  # fmt: skip
    if not st.button(text("household.save"), type="primary", key=f"{key}:save"):
        return
    wanted = {name: value for name, value in changes.items() if value != seen[name]}
    _save_facts(db, scope, household_id, seen, wanted, chosen if set(chosen) != set(tags) else None)


def _save_facts(
    db: Database, scope: Scope, household_id: str, seen: dict[str, Any], wanted: dict[str, Any], tags: list[str] | None
) -> None:
    """Store what the person changed; what others changed besides stays, and that is said."""
    try:
        rev = households.edit_household(db, scope, household_id=household_id, rev=seen["rev"], changes=wanted)
        if rev > seen["rev"] + 1:
            note_done(text("conflict.merged"))
        if tags is not None:
            households.set_tags(db, scope, household_id=household_id, kinds=tags)
    except Conflict as conflict:
        keep_conflict(household_id, wanted=wanted, conflict=conflict)
        st.rerun(scope="fragment")
    except GeoError as error:
        show_error(error)
        return
    st.rerun()


def _pick(name: str, options: tuple[str, ...], seen: dict[str, Any], key: str) -> str:
    return str(
        st.selectbox(
            text(f"household.field.{name}"), options, index=options.index(seen[name]), key=f"{key}:{name}",
            format_func=lambda one: text(f"{name}.{one}"),
        )
    )  # fmt: skip


def open_move(db: Database, scope: Scope, *, household_id: str) -> None:
    """Open the dialog that moves the household to another group of its village."""
    row = households.get_household(db, scope, household_id=household_id)
    groups = [one for one in _leaves(db, scope, str(row["village"])) if one.id != row["place"]]
    _move_dialog(db, scope, household_id, int(row["rev"]), groups)


@st.dialog(text("household.move_title"))
def _move_dialog(db: Database, scope: Scope, household_id: str, rev: int, groups: list[Place]) -> None:
    if not groups:
        st.caption(text("household.move_nowhere"))
        return
    st.caption(text("household.move_how"))
    names = {one.id: one.name for one in groups}
    chosen = st.selectbox(
        text("household.field.group"), list(names), format_func=names.__getitem__, index=None,
        key=f"move:{household_id}:{rev}", placeholder=text("household.choose_group"),
    )  # fmt: skip
    if st.button(text("household.move_do"), type="primary", key=f"move_do:{household_id}", disabled=chosen is None):
        try:
            households.move_household(db, scope, household_id=household_id, rev=rev, place_id=str(chosen))
        except GeoError as error:
            show_error(error)
            return
        st.rerun()


def open_addition(db: Database, scope: Scope, *, place_id: str, go: Callable[[str], None]) -> None:
    """Open the dialog that adds a household under a place; `go` opens it afterwards."""
    place = places.get_place(db, scope, place_id=place_id)
    village = place.parent if place.level == "group" and place.parent else place.id
    _addition_dialog(db, scope, new_id(), _leaves(db, scope, village), place_id, go)


@st.dialog(text("household.add_title"))
def _addition_dialog(
    db: Database, scope: Scope, household_id: str, leaves: list[Place], place_id: str, go: Callable[[str], None]
) -> None:
    """The id is made when the dialog opens, so a double click adds one household."""
    names = {one.id: one.name for one in leaves}
    key = f"add:{household_id}"
    ids = list(names)
    place = st.selectbox(
        text("household.field.group"), ids, index=ids.index(place_id) if place_id in names else None,
        format_func=names.__getitem__, key=f"{key}:place", placeholder=text("household.choose_group"),
    )  # fmt: skip
    code = st.text_input(text("household.field.code"), key=f"{key}:code", max_chars=60)
    head = st.text_input(text("household.field.head_name"), key=f"{key}:head", max_chars=60)
    size = st.number_input(text("household.field.size"), 0, 99, None, step=1, key=f"{key}:size")
    phone = st.text_input(text("household.field.phone"), key=f"{key}:phone", max_chars=30)
    kind = st.selectbox(
        text("household.field.household_class"), codes.HOUSEHOLD_CLASSES, key=f"{key}:class",
        format_func=lambda one: text(f"household_class.{one}"),
    )  # fmt: skip
    st.caption(text("household.add_how"))
    if not st.button(text("household.add_do"), type="primary", key=f"{key}:save", disabled=place is None):
        return
    new = households.NewHousehold(
        household_id, code, str(place), head, size=size, phone=phone.strip(), household_class=str(kind)
    )
    try:
        households.add_household(db, scope, new=new)
    except GeoError as error:
        show_error(error)
        return
    go(household_id)


def _leaves(db: Database, scope: Scope, village: str) -> list[Place]:
    """The groups of a village, or the village itself where it has none."""
    place = places.get_place(db, scope, place_id=village)
    if place.level != "village":
        return []
    return places.list_children(db, scope, place_id=village) or [place]

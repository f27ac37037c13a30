"""口径 on the screen: figures, categories and lists of words, each with its source and year; every change is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.rules import BY_KEY, CHOICES
from geo.store.categories import CategoryRow, list_categories, write_category
from geo.store.lists import DEFAULTS, read_list, write_list
from geo.store.rules import RuleRow, list_rule_changes, list_rules, write_rule
from geo.ui.done import note_done
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape, show_error
from geo.ui.visit_more import say_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.ui.session import Session

_ROW: Final = 28
_HUNDRED: Final = 100
_CHANGES: Final = 30
#: Stands for a category that is to be added.
_NEW: Final = ""


def draw_rules(session: Session) -> None:
    """Draw all of 口径: what is in force, the way to change it, and what was changed."""
    rules, categories = list_rules(session.db, session.scope), list_categories(session.db, session.scope)
    with st.container(key="sec_rules"):
        draw_head(text("rules.title"), text("rules.note"))
        _draw_table("rules_table", [_rule_row(one) for one in rules], "rules.col")
        if may(session.scope, "manage"):
            _change_rule(session, {one.key: one for one in rules})
    with st.container(key="sec_categories"):
        draw_head(text("rules.categories"), text("rules.categories.note"))
        _draw_table("categories_table", [_category_row(one) for one in categories], "rules.col")
        if may(session.scope, "manage"):
            _change_category(session, {one.code: one for one in categories})
    for name in DEFAULTS:
        _draw_list(session, name)
    if may(session.scope, "manage"):
        _draw_changes(session)


def say_value(key: str, value: int) -> str:
    """Return a figure with its unit."""
    unit = BY_KEY[key].unit
    return text(f"rules.unit.{unit}", n=f"{value / _HUNDRED:g}" if unit == "bp" else value)


def _rule_row(one: RuleRow) -> dict[str, Any]:
    return {
        "group": text(f"rules.group.{BY_KEY[one.key].group}"),
        "rule": text(f"rule.{one.key}"),
        "value": say_value(one.key, one.value),
        "source": one.source,
        "year": one.year,
        "changed_by": one.changed_by,
    }


def _category_row(one: CategoryRow) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "criteria": one.criteria,
        "source": one.source,
        "year": one.year,
        "offered": text("rules.yes" if one.offered else "rules.no"),
    }


def _draw_table(key: str, rows: list[dict[str, Any]], prefix: str) -> None:
    config = {name: st.column_config.TextColumn(text(f"{prefix}.{name}")) for name in rows[0]}
    st.dataframe(
        pd.DataFrame(rows).astype(str), hide_index=True, row_height=_ROW, column_config=config, key=key,
        height=_ROW * len(rows) + 36,
    )  # fmt: skip


def _change_rule(session: Session, rules: dict[str, RuleRow]) -> None:
    key = st.selectbox(
        text("rules.which"), [one.key for one in CHOICES], key="rule_key",
        format_func=lambda one: text(f"rule.{one}"), width=320,
    )  # fmt: skip
    choice, now = BY_KEY[key], rules[key]
    shown = _HUNDRED if choice.unit == "bp" else 1
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        value = st.number_input(
            text(f"rules.in.{choice.unit}"), choice.least / shown, choice.most / shown, now.value / shown,
            step=1.0, format="%g", key=f"rule_value_{key}", width=130,
        )  # fmt: skip
        source, year = _ask_source(session, f"rule_{key}", now.source, now.year)
        pressed = st.button(text("rules.save"), key="rule_save")
    if pressed:
        chosen = round(float(value) * shown)
        _take(lambda: write_rule(session.db, session.scope, key=key, value=chosen, source=source, year=year))


def _change_category(session: Session, categories: dict[str, CategoryRow]) -> None:
    chosen = st.selectbox(
        text("rules.which_category"), [*categories, _NEW], key="category_code", width=320,
        format_func=lambda one: escape(f"{one} {categories[one].name}") if one else text("rules.new_category"),
    )  # fmt: skip
    now = categories.get(chosen) or CategoryRow("", "", "", "", session.today.year)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        code = chosen or st.text_input(text("rules.col.code"), key="category_new", max_chars=16, width=150)
        name = st.text_input(text("rules.col.name"), now.name, key=f"category_name_{chosen}", max_chars=20, width=220)
    criteria = st.text_area(
        text("rules.col.criteria"), now.criteria, key=f"criteria_{chosen}", height=70, max_chars=2000
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        source, year = _ask_source(session, f"category_{chosen}", now.source, now.year)
        offered = st.checkbox(text("rules.col.offered"), now.offered, key=f"category_on_{chosen}")
        pressed = st.button(text("rules.save"), key="category_save")
    if pressed:
        _take(
            lambda: write_category(
                session.db,
                session.scope,
                code=code,
                name=name,
                criteria=criteria,
                source=source,
                year=year,
                offered=offered,
            )
        )


def _ask_source(session: Session, key: str, source: str, year: int) -> tuple[str, int]:
    said = st.text_input(text("rules.col.source"), source, key=f"{key}_source", max_chars=200)
    of = st.number_input(text("rules.col.year"), 1949, session.today.year + 10, year, key=f"{key}_year", width=110)
    return str(said), int(of)


def _take(write: Callable[[], object]) -> None:
    try:
        write()
    except GeoError as error:
        show_error(error)
        return
    note_done(text("rules.saved"))
    st.rerun()


def _draw_changes(session: Session) -> None:
    changes = list_rule_changes(session.db, session.scope)
    with st.container(key="sec_rule_changes"):
        draw_head(text("rules.changes"), text("rules.changes.note", n=len(changes)))
        if changes:
            _draw_table("rule_changes", [_change_row(one) for one in changes[:_CHANGES]], "rules.change")


def _change_row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": str(one["at"])[:16].replace("T", " "),
        "actor": one["actor"],
        "object": one["object"],
        "was": _say_change(one["was"]),
        "is": _say_change(one["is"]),
    }


def _say_change(said: Any) -> str:
    """Return what stood or stands: of a figure or category its facts, of a list its entries."""
    if isinstance(said, dict):
        shown = [str(value) for name, value in said.items() if name not in ("key", "code")]
        return text("list.comma").join(shown)
    return text("list.comma").join(str(one) for one in said or ())


def _draw_list(session: Session, name: str) -> None:
    """One entry a line; codes of ours are shown by their words and stay codes."""
    entries = read_list(session.db, session.scope, name=name)
    words = {say_entry(name, one): one for one in (*DEFAULTS[name], *entries)}
    with st.container(key=f"sec_list_{name}"):
        draw_head(text(f"admin.list.{name}"), text("admin.list.note"))
        said = st.text_area(
            text(f"admin.list.{name}"), "\n".join(say_entry(name, one) for one in entries), key=f"list_{name}",
            height=160, label_visibility="collapsed",
        )  # fmt: skip
        if may(session.scope, "manage") and st.button(text("admin.list.save"), key=f"list_save_{name}"):
            try:
                kept = [words.get(" ".join(one.split()), one) for one in str(said).splitlines()]
                write_list(session.db, session.scope, name=name, entries=kept)
            except GeoError as error:
                show_error(error)
                return
            note_done(text("admin.list.saved"))
            st.rerun()

"""The lists of 缺口 (by household, by group, 已走访待办) with the filter of the address. Nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.gaps import GAP_MARKS, GAP_STATES, TODO_MARKS, list_todos, rank_gaps, rank_places
from geo.i18n import text
from geo.store.homes import GapHomes, read_gap_homes, read_todo_homes
from geo.store.reads import Figures, read_figures

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pandas as pd

    from geo.model import Round, Scope
    from geo.store.database import Database
    from geo.ui.session import Session

#: The three lists; the first is the one shown when the address names none.
LISTS: Final = ("home", "group", "todo")
UNTOUCHED: Final = "untouched"


@dataclass(frozen=True, slots=True)
class View:
    """What a list is of: the key of the caches, so that every write makes it another one."""

    path: str
    revision: int
    round: str
    place: str
    as_of: date


@dataclass(frozen=True, slots=True)
class GapLists:
    """The lists of a place in a round: rows of `geo.gaps`; shared between runs, so nobody may change them.

    The rows of 已走访待办 are read when they are looked at; the others count them without. `scope` and `view` name
    what the lists are of: the key of whatever is made from them.
    """

    scope: Scope
    view: View
    lengths: dict[str, int]
    homes: pd.DataFrame
    groups: pd.DataFrame
    read_todos: Callable[[], pd.DataFrame]

    def of(self, by: str) -> pd.DataFrame:
        """Return one of the lists."""
        if by == "todo":
            return self.read_todos()
        return self.groups if by == "group" else self.homes


@dataclass(frozen=True, slots=True)
class GapFilter:
    """Which list and which of its rows: empty texts let everything through."""

    by: str = "home"
    state: str = ""
    mark: str = ""
    only: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that the list knows."""
        return TODO_MARKS if self.by == "todo" else GAP_MARKS

    def rows_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that pass, in their order, numbered anew."""
        if self.by == "group":
            return (rows[rows["untouched"]] if self.only else rows).reset_index(drop=True)
        if self.state and self.by == "home":
            rows = rows[rows["state"] == self.state]
        if self.mark:
            rows = rows[rows[f"m_{self.mark}"]]
        return rows.reset_index(drop=True)

    def words(self) -> str:
        """Return the filter as the screen and the file say it; empty without one."""
        said = []
        if self.state and self.by == "home":
            said.append(text(f"state.{self.state}"))
        if self.mark and self.by != "group":
            said.append(text(f"mark.{self.mark}"))
        if self.only and self.by == "group":
            said.append(text("gap.only.untouched"))
        return text("list.comma").join(said)

    def last(self) -> tuple[str, str]:
        """Return the parameter of the last condition and its words, to offer its removal."""
        if self.by == "group":
            return "only", text("gap.only.untouched")
        if self.mark:
            return "mark", text(f"mark.{self.mark}")
        return "state", text(f"state.{self.state}") if self.state else ""


def read_filter() -> GapFilter:
    """Return the filter the address names; what it cannot name is left out."""
    by = str(st.query_params.get("by", LISTS[0]))
    by = by if by in LISTS else LISTS[0]
    state, mark = str(st.query_params.get("state", "")), str(st.query_params.get("mark", ""))
    known = TODO_MARKS if by == "todo" else GAP_MARKS
    return GapFilter(
        by=by,
        state=state if state in GAP_STATES else "",
        mark=mark if mark in known else "",
        only=UNTOUCHED if st.query_params.get("only") == UNTOUCHED else "",
    )


def read_lists(session: Session, round_: Round) -> tuple[Figures, GapLists]:
    """Return the figures of the session's place and its three lists."""
    figures = read_figures(
        session.db, session.scope, round_id=round_.id, place_id=session.place.id, as_of=session.as_of
    )
    view = View(str(session.db.path), session.db.revision(), round_.id, session.place.id, session.as_of)
    # What is read depends on role and area only, so everybody of the same ones shares it.
    scope = replace(session.scope, actor="", owner="")
    with st.spinner(text("gap.reading")):
        found, gaps, groups = _load(scope, view, _db=session.db)
    lengths = {"home": len(gaps), "group": len(groups), "todo": found.todos}
    return figures, GapLists(scope, view, lengths, gaps, groups, partial(_load_todos, scope, view, _db=session.db))


@st.cache_resource(max_entries=6, show_spinner=False)
def _load(scope: Scope, view: View, *, _db: Database) -> tuple[GapHomes, pd.DataFrame, pd.DataFrame]:
    found = read_gap_homes(_db, scope, round_id=view.round, place_id=view.place, as_of=view.as_of)
    gaps = rank_gaps(found.waiting, view.as_of)
    return found, gaps, rank_places(found.places, gaps)


@st.cache_resource(max_entries=6, show_spinner=False)
def _load_todos(scope: Scope, view: View, *, _db: Database) -> pd.DataFrame:
    return list_todos(read_todo_homes(_db, scope, round_id=view.round, place_id=view.place, as_of=view.as_of))

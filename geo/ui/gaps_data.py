"""The lists of 缺口 (by household, by group, 已走访待办, 剔除) with the filter of the address; nothing is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.codes import GAP_MARKS, GAP_STATES, TODO_MARKS
from geo.exports import say_mark
from geo.gaps import list_todos, rank_gaps, rank_places
from geo.i18n import text
from geo.store.exclusions import read_exclusions
from geo.store.gap_homes import GapHomes, read_gap_homes, read_todo_homes
from geo.store.reads import Figures, read_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    import pandas as pd

    from geo.model import Round, Scope
    from geo.rules import Rules
    from geo.store.database import Database
    from geo.ui.session import Session

#: The lists; the first is the one shown when the address names none.
LISTS: Final = ("home", "group", "todo", "out")
#: List → what the parameter `only` may keep of it.
ONLY: Final = {"group": ("untouched",), "out": ("pending", "left")}


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
    """The lists of a place in a round; shared between runs, so nobody may change their rows.

    `scope` and `view` name what the lists are of: the key of whatever is made from them. `lengths` counts each list, of
    exclusions those that wait for a decision; `readers` give the rows, which for some are read when they are looked at;
    `rules` is 口径 of the round.
    """

    scope: Scope
    view: View
    lengths: Mapping[str, int]
    has_exclusions: bool
    readers: Mapping[str, Callable[[], pd.DataFrame]]
    rules: Rules

    def of(self, by: str) -> pd.DataFrame:
        """Return one of the lists: rows of `geo.gaps`, or of `store.exclusions.read_exclusions`."""
        return self.readers[by]()


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
        if self.only == "untouched":
            rows = rows[rows["untouched"]]
        elif self.only:
            rows = rows[(rows["state"] == "pending") == (self.only == "pending")]
        if self.state:
            rows = rows[rows["state"] == self.state]
        if self.mark:
            rows = rows[rows[f"m_{self.mark}"]]
        return rows.reset_index(drop=True)

    def words(self, rules: Rules) -> str:
        """Return the filter as the screen and the file say it; empty without one."""
        said = []
        if self.state:
            said.append(text(f"state.{self.state}"))
        if self.mark:
            said.append(say_mark(self.mark, rules))
        if self.only:
            said.append(text(f"gap.only.{self.only}"))
        return text("list.comma").join(said)

    def last(self, rules: Rules) -> tuple[str, str]:
        """Return the parameter of the last condition and its words, to offer its removal."""
        if self.only:
            return "only", text(f"gap.only.{self.only}")
        if self.mark:
            return "mark", say_mark(self.mark, rules)
        return "state", text(f"state.{self.state}") if self.state else ""


def read_filter() -> GapFilter:
    """Return the filter the address names; what it cannot name is left out."""
    by = str(st.query_params.get("by", LISTS[0]))
    by = by if by in LISTS else LISTS[0]
    state, mark, only = (str(st.query_params.get(name, "")) for name in ("state", "mark", "only"))
    marks = {"home": GAP_MARKS, "todo": TODO_MARKS}.get(by, ())
    return GapFilter(
        by=by,
        state=state if by == "home" and state in GAP_STATES else "",
        mark=mark if mark in marks else "",
        only=only if only in ONLY.get(by, ()) else "",
    )


def read_lists(session: Session, round_: Round) -> tuple[Figures, GapLists]:
    """Return the figures of the session's place and its lists; the rows of exclusions are read by their own view."""
    figures = read_figures(
        session.db, session.scope, round_id=round_.id, place_id=session.place.id, as_of=session.as_of
    )
    view = View(str(session.db.path), session.db.revision(), round_.id, session.place.id, session.as_of)
    # What is read depends on role and area only, so everybody of the same ones shares it.
    scope = replace(session.scope, actor="", owner="")
    with st.spinner(text("gap.reading")):
        found, gaps, groups = _load(scope, view, _db=session.db)
    counts = figures.counts
    lengths = {"home": len(gaps), "group": len(groups), "todo": found.todos, "out": counts.pending}
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        "home": lambda: gaps,
        "group": lambda: groups,
        "todo": partial(_load_todos, scope, view, _db=session.db),
        "out": partial(_load_exclusions, scope, view, _db=session.db),
    }
    return figures, GapLists(scope, view, lengths, bool(counts.pending or counts.left), readers, found.rules)


@st.cache_resource(max_entries=6, show_spinner=False)
def _load(scope: Scope, view: View, *, _db: Database) -> tuple[GapHomes, pd.DataFrame, pd.DataFrame]:
    found = read_gap_homes(_db, scope, round_id=view.round, place_id=view.place, as_of=view.as_of)
    gaps = rank_gaps(found.waiting, view.as_of, found.rules)
    return found, gaps, rank_places(found.places, gaps)


@st.cache_resource(max_entries=6, show_spinner=False)
def _load_todos(scope: Scope, view: View, *, _db: Database) -> pd.DataFrame:
    return list_todos(read_todo_homes(_db, scope, round_id=view.round, place_id=view.place, as_of=view.as_of))


@st.cache_resource(max_entries=6, show_spinner=False)
def _load_exclusions(scope: Scope, view: View, *, _db: Database) -> pd.DataFrame:
    return read_exclusions(_db, scope, round_id=view.round, place_id=view.place, as_of=view.as_of)

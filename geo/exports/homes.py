"""Lists of households and of groups: gaps, 已走访待办, gaps by group, the roster."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geo import codes, config
from geo.codes import GAP_MARKS, GAP_STATES
from geo.exports import said
from geo.exports.outlines import tell_boundary
from geo.exports.table import Look, Style, Table, coverage_looks, draw_points, tabulate
from geo.i18n import text
from geo.palette import VISIT_SYMBOLS
from geo.rules import USUAL
from geo.schema import GAP_COLUMNS, GROUP_COLUMNS, ROSTER_COLUMNS, OutColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.exports.outlines import Outlines
    from geo.rules import Rules
    from geo.workbook import Value

#: Columns whose values hardly repeat.
_DISTINCT: Final = frozenset({"code", "head_name", "phone", "note"})
_HOLDS: Final = {column.key: column.holds for column in (*ROSTER_COLUMNS, *GROUP_COLUMNS, *GAP_COLUMNS)}


def tabulate_gaps(frame: pd.DataFrame, *, rules: Rules = USUAL, columns: tuple[OutColumn, ...] = GAP_COLUMNS) -> Table:
    """Return the list of gap rows (`gaps.rank_gaps` or `list_todos`, filtered and sorted as on screen).

    `rules`: 口径 of the round, which the reasons name. A column that the rows do not have (the priority of visited
    homes) is empty.
    """
    style = _style("reasons", GAP_STATES)
    say = partial(_say_gap, rules)
    return tabulate("gaps", frame, columns, say, shapes=draw_points, sheets="township", style=style)


def tabulate_groups(
    frame: pd.DataFrame, shapes: Outlines | None = None, *,
    target_bp: int = config.TARGET_BP,
) -> Table:  # fmt: skip
    """Return the list by group (`gaps.group_gaps`); `shapes` draws the area of each row's place.

    On a map a group is coloured by its coverage, in the classes that the round's target makes.
    """
    style = Style("effective", coverage_looks(target_bp), label="group", of="roster")
    columns, say = tell_boundary(GROUP_COLUMNS, _say_group, shapes)
    return tabulate(
        "groups", frame, columns, say, shapes=shapes, geometry="MultiPolygon", sheets="township", style=style
    )


def tabulate_roster(frame: pd.DataFrame) -> Table:
    """Return the roster (`store.register.read_roster`)."""
    style = _style("state", codes.VISIT_STATES)
    return tabulate("roster", frame, ROSTER_COLUMNS, _say_home, shapes=draw_points, sheets="township", style=style)


def _style(column: str, states: tuple[str, ...]) -> Style:
    looks = tuple(Look(text(f"state.{one}"), VISIT_SYMBOLS[one].fill, VISIT_SYMBOLS[one].shape) for one in states)
    return Style(column, looks, label="code")


def _say_gap(rules: Rules, frame: pd.DataFrame, key: str) -> Sequence[Value]:
    return _reasons(frame, rules) if key == "reasons" else _say(frame, key)


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key in _GAP_WORDS:
        source, word = _GAP_WORDS[key]
        return said.translate(frame[source], word)
    return _plain(frame, key)


def _say_home(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key in _HOME_WORDS:
        return said.translate(frame[key], _HOME_WORDS[key])
    return _plain(frame, key)


def _say_group(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key == "untouched":
        return [text("exports.yes") if one else "" for one in frame["untouched"]]
    return _say(frame, key)


def _plain(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    holds = _HOLDS.get(key, "text")
    if key not in frame:
        return [None if holds != "text" else ""] * len(frame)
    if holds == "whole":
        return said.wholes(frame[key])
    if holds == "degrees":
        return said.decimals(frame[key])
    return said.texts(frame[key]) if key in _DISTINCT else said.translate(frame[key], said.as_text)


def _located(value: object) -> str:
    return text("exports.located" if value else "mark.unlocated")


#: Column → the column of the rows it is made from, and how a value of it is said.
_GAP_WORDS: Final[dict[str, tuple[str, Callable[[object], str]]]] = {
    "group": ("group", said.group),
    "household_class": ("household_class", said.coded("household_class")),
    "tags": ("tags", said.tags),
    "last_on": ("last_on", lambda value: str(value or text("exports.never"))),
    "last_outcome": ("last_outcome_ever", said.coded("outcome")),
    "located": ("located", _located),
}
_HOME_WORDS: Final[dict[str, Callable[[object], str]]] = {
    "household_class": said.coded("household_class"),
    "tags": said.tags,
    "residence": said.coded("residence"),
    "state": said.coded("state"),
}


def _reasons(frame: pd.DataFrame, rules: Rules) -> Sequence[Value]:
    """Return the state and the marks of each row in words; few combinations occur, each is said once."""
    marks = [mark for mark in GAP_MARKS if f"m_{mark}" in frame]
    states, names = pd.factorize(frame["state"])
    numbers = states.astype(np.int64) << len(marks)
    for bit, mark in enumerate(marks):
        numbers |= frame[f"m_{mark}"].to_numpy(dtype=np.int64) << bit
    distinct, positions = np.unique(numbers, return_inverse=True)
    words = []
    for number in distinct.tolist():
        state = names[number >> len(marks)]
        reasons = [text(f"state.{state}")] if state in GAP_STATES else []
        reasons += [said.say_mark(mark, rules) for bit, mark in enumerate(marks) if number >> bit & 1]
        words.append(text("list.comma").join(reasons))
    return [words[position] for position in positions]

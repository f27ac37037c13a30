"""The gap list (domain §5): tables in, tables out; no I/O, no clock.

On the list: h ∈ D without an effective in-person visit, so its length is N − n. Its state is exclusive and sums to
that; marks are further facts on the same rows. 已走访待办, visited homes with something left to do, is a second list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd

from geo.codes import GAP_MARKS, GAP_STATES, TODO_MARKS
from geo.rules import USUAL, Rules

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from geo.config import PriorityWeights

#: Some homes → those of them that a round's D held on its last day, with complete (in C then, 0/1).
AskRound: TypeAlias = Callable[[Sequence[str]], Mapping[str, int]]

#: Marks that hold from so many on: mark → the key of the figure of 口径.
MARK_RULES: Final = {"missed_twice": "misses_mark", "missed_rounds": "missed_rounds_mark"}
#: Terms of the priority, in the order they are printed; each is a column `p_<term>` of points.
PRIORITY_TERMS: Final = (
    "tag",
    "never",
    "overdue",
    "misses",
    "issue",
    "issue_overdue",
    "last_of_group",
    "missed_rounds",
)


def rank_gaps(homes: pd.DataFrame, as_of: date, rules: Rules = USUAL) -> pd.DataFrame:
    """Return the gap rows of a table of homes, highest priority first, one row per household.

    `homes`: one row per household of D with the columns of `store.reads.read_homes`; `rules`: 口径 of the round.
    Added columns: overdue_days, one boolean per mark (`m_<mark>`), one integer per term (`p_<term>`), priority (their
    sum), suggested (1 … n).
    """
    gaps = homes[homes["effective"] == 0].copy()
    open_homes = homes[homes["complete"] == 0].groupby("place")["household"].transform("size")
    gaps["left_in_group"] = open_homes.reindex(gaps.index).fillna(0).astype(int)
    gaps["overdue_days"] = _overdue_days(gaps, as_of)
    _add_marks(gaps, GAP_MARKS, rules)
    _add_priority(gaps, rules.weights)
    gaps = gaps.sort_values(
        ["priority", "overdue_days", "village_code", "group_code", "code"], ascending=[False, False, True, True, True]
    )
    gaps["suggested"] = np.arange(1, len(gaps) + 1)
    return gaps.reset_index(drop=True)


def list_todos(homes: pd.DataFrame) -> pd.DataFrame:
    """Return 已走访待办: visited homes with overdue or undated issues, no point or nobody responsible."""
    todos = homes[homes["effective"] == 1].copy()
    _add_marks(todos, TODO_MARKS)
    marks = [f"m_{mark}" for mark in TODO_MARKS]
    return todos[todos[marks].any(axis=1)].sort_values(["village_code", "group_code", "code"]).reset_index(drop=True)


def group_gaps(homes: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """Return one row per place with a gap: see `rank_places`. `gaps` is the result of `rank_gaps` on the same homes.

    Who answers for whole groups is not told by a table of homes: these columns are empty.
    """
    keys = ["place", "township", "village", "group", "village_code", "group_code"]
    places = homes.groupby(keys, dropna=False).agg(roster=("household", "size"), effective=("effective", "sum"),
                                                   complete=("complete", "sum")).reset_index()  # fmt: skip
    return rank_places(places, gaps)


def rank_places(places: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """Return one row per place with a gap: place, names, roster, effective, remaining, one count per state, untouched.

    Worst first by what is missing. `places`: place, its names and codes, roster, effective, complete, one row per leaf
    place, and the live assignment of the whole place if known (assignee, due_on); `gaps`: the result of `rank_gaps` on
    their homes.
    """
    wanted = ["place", "township", "village", "group", "village_id", "village_code", "group_code"]
    wanted += ["roster", "effective", "complete", "assignee", "due_on"]
    rows = places[[name for name in wanted if name in places]].assign(remaining=places["roster"] - places["effective"])
    for state in GAP_STATES:
        counts = gaps.loc[gaps["state"] == state].groupby("place").size()
        rows[state] = rows["place"].map(counts).fillna(0).astype(int)
    rows["untouched"] = rows["complete"] == 0
    top = gaps.groupby("place")["priority"].max()
    rows["priority"] = rows["place"].map(top).fillna(0).astype(int)
    rows = rows[rows["remaining"] > 0]
    order = ["remaining", "priority", "group_code", "village_code"]
    return rows.sort_values(order, ascending=[False, False, True, True]).reset_index(drop=True)


def missed_in_a_row(homes: Sequence[str], rounds: Iterable[AskRound]) -> list[int]:
    """连漏 k 轮 of each household id: each of `rounds`, newest first, says who of some homes was complete in it.

    Counts rounds until one with h ∈ C; rounds whose D did not hold h are passed over. A round is asked only about
    homes that no newer one was complete for.
    """
    missed = dict.fromkeys(homes, 0)
    running = list(missed)
    for ask in rounds:
        if not running:
            break
        complete = ask(running)
        for one in running:
            missed[one] += complete.get(one) == 0
        running = [one for one in running if complete.get(one) != 1]
    return [missed[one] for one in homes]


def _overdue_days(homes: pd.DataFrame, as_of: date) -> pd.Series:
    days = (pd.Timestamp(as_of) - pd.to_datetime(homes["due_on"])).dt.days
    return days.where(homes["overdue"] == 1, 0).fillna(0).astype(int)


def _add_marks(homes: pd.DataFrame, wanted: Sequence[str], rules: Rules = USUAL) -> None:
    marks = {
        "never": homes["last_on"].isna(),
        "missed_rounds": homes["missed_rounds"] >= rules["missed_rounds_mark"],
        "missed_twice": homes["misses"] >= rules["misses_mark"],
        "away_uncontacted": (homes["away"] == 1) & (homes["phone"] == 0),
        "revisit_on_return": (homes["phone"] == 1) & (homes["effective"] == 0),
        "unassigned": homes["assigned"] == 0,
        "priority_overdue": (homes["priority_home"] == 1) & (homes["overdue"] == 1),
        "unlocated": homes["located"] == 0,
        "issue_overdue": homes["overdue_issues"] > 0,
        "issue_undated": homes["undated_issues"] > 0,
        "exclusion_pending": homes["pending"] == 1,
    }
    for mark in wanted:
        homes[f"m_{mark}"] = marks[mark].astype(bool)


def _add_priority(gaps: pd.DataFrame, weights: PriorityWeights) -> None:
    terms = {
        "tag": weights.tag * gaps["priority_home"],
        "never": weights.never * gaps["m_never"],
        "overdue": np.minimum(weights.overdue_cap, weights.overdue_day * gaps["overdue_days"]),
        "misses": weights.misses * gaps["m_missed_twice"],
        "issue": weights.issue * (gaps["open_issues"] > 0),
        "issue_overdue": weights.issue_overdue * gaps["m_issue_overdue"],
        "last_of_group": weights.last_of_group * (gaps["left_in_group"] == 1),
        "missed_rounds": weights.missed_round * gaps["missed_rounds"],
    }
    for term, points in terms.items():
        gaps[f"p_{term}"] = points.astype(int)
    gaps["priority"] = gaps[[f"p_{term}" for term in PRIORITY_TERMS]].sum(axis=1).astype(int)

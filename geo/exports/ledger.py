"""The ledger of issues (台账) as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo import codes
from geo.exports import said
from geo.exports.table import Look, Style, Table, draw_points, tabulate
from geo.i18n import text
from geo.palette import BUCKETS, OUTLINE
from geo.schema import LEDGER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.workbook import Value

_WORDS: Final[dict[str, Callable[[object], str]]] = {
    "group": said.as_text,
    "route": said.coded("route"),
    "level_now": said.coded("issue_level"),
    "state": said.coded("issue_state"),
}
#: States of an issue that nobody needs to see to any more are pale on a map.
_DONE: Final = ("resolved", "closed", "invalid")


def tabulate_ledger(frame: pd.DataFrame) -> Table:
    """Return the list of issues (`store.ledger.read_ledger`)."""
    looks = tuple(
        Look(text(f"issue_state.{one}"), BUCKETS["in_time"] if one in _DONE else OUTLINE, "circle")
        for one in codes.ISSUE_STATES
    )
    style = Style("state", looks, label="issue_number")
    return tabulate("ledger", frame, LEDGER_COLUMNS, _say, shapes=draw_points, sheets="township", style=style)


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    return said.say(frame, key, words=_WORDS, made=MADE)


def describe_issue(row: dict[Any, Any]) -> str:
    """Return the title and the detail, once where the detail repeats it."""
    title, detail = str(row["title"]), str(row["detail"])
    if title in detail:
        return detail
    return f"{title}{text('list.colon')}{detail}" if detail else title


def name_heads(row: dict[Any, Any]) -> str:
    """Return the head of the household; of several, the first and how many they are."""
    if row["households"] > 1:
        return text("exports.ledger.several", head=row["head_name"], n=row["households"])
    return str(row["head_name"])


def _remark(row: dict[Any, Any]) -> str:
    """Return how it was closed, whose duplicate it is, how often it was taken up again, and the last note on it."""
    said_of_it = []
    if not said.is_nothing(row["close_kind"]):
        said_of_it.append(text(f"close_kind.{row['close_kind']}"))
    if not said.is_nothing(row["duplicate_of"]):
        # A file may say that an issue repeats another one without naming it: it is stored as a repeat of itself.
        known = row["duplicate_of"] != row["issue_number"]
        key = "exports.ledger.duplicate" if known else "exports.ledger.duplicate_unnamed"
        said_of_it.append(text(key, number=row["duplicate_of"]))
    if row["reopened"]:
        said_of_it.append(text("exports.ledger.reopened", n=int(row["reopened"])))
    if row["remark"]:
        said_of_it.append(str(row["remark"]))
    return text("list.semicolon").join(said_of_it)


#: Column of the list → the columns it is made of, and how.
MADE: Final[dict[str, tuple[tuple[str, ...], Callable[[dict[Any, Any]], str]]]] = {
    "category": (("category_name",), lambda row: str(row["category_name"])),
    "description": (("title", "detail"), describe_issue),
    "head_name": (("head_name", "households"), name_heads),
    "note": (("close_kind", "duplicate_of", "issue_number", "reopened", "remark"), _remark),
}

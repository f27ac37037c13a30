"""The sheet of a joint review (研判单) as a list: what comes before it, or what it decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from geo.exports import said
from geo.exports.ledger import MADE
from geo.exports.table import Table, tabulate
from geo.i18n import text
from geo.schema import REVIEW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.workbook import Value


def tabulate_review(frame: pd.DataFrame) -> Table:
    """Return the sheet of a review: rows of `store.reviews.list_candidates` or `read_decided`."""
    filled = frame.assign(
        decision=frame.get("decision", ""),
        note=frame.get("note", ""),
        signature="",
    )
    return tabulate("review", filled, REVIEW_COLUMNS, _say)


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    return said.say(frame, key, words=_WORDS, made=_MADE)


def _each(prefix: str) -> Callable[[object], str]:
    """Return what says codes that are joined by a comma."""
    return lambda codes: text("list.comma").join(text(f"{prefix}.{one}") for one in str(codes).split(",") if one)


_WORDS: Final[dict[str, Callable[[object], str]]] = {
    "group": said.as_text,
    "reasons": _each("review_reason"),
    "history": _each("event"),
    "decision": _each("review_decision"),
}
#: What is made as in the ledger.
_MADE: Final = {key: MADE[key] for key in ("category", "description", "head_name")}

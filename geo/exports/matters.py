"""The ledger of practical matters (实事台账) as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.exports import said
from geo.exports.ledger import MADE
from geo.exports.table import Table, draw_points, tabulate
from geo.schema.columns_work import MATTER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from geo.workbook import Value

#: Fen in a yuan.
FEN: Final = 100
_WORDS: Final[dict[str, Callable[[object], str]]] = {"group": said.as_text}


def tabulate_matters(frame: pd.DataFrame) -> Table:
    """Return the list of matters (`store.matter_reads.read_matters`)."""
    return tabulate("matters", frame, MATTER_COLUMNS, _say, shapes=draw_points, sheets="township")


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key == "funds":
        return [None if said.is_nothing(fen) else int(fen) / FEN for fen in frame["funds_fen"].tolist()]
    if key == "homes":
        return said.wholes(frame["homes"])
    return said.say(frame, key, words=_WORDS, made={"category": MADE["category"]})

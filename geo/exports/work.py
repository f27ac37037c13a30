"""What one person did (我的工作) as a list for them to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.exports import said
from geo.exports.table import Table, tabulate
from geo.i18n import text
from geo.schema.columns_work import WORK_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from geo.workbook import Value

_WORDS: Final[dict[str, Callable[[object], str]]] = {"group": said.as_text, "kind": said.coded("work")}
#: Kind → the list of codes its result is of.
_RESULTS: Final = {"visit": "outcome", "issue": "close_kind"}


def tabulate_work(frame: pd.DataFrame) -> Table:
    """Return the list of what a person did (`store.mywork.read_work`)."""
    return tabulate("work", frame, WORK_COLUMNS, _say)


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    return said.say(frame, key, words=_WORDS, made={"result": (("kind", "result"), _say_result)})


def _say_result(row: dict[Any, Any]) -> str:
    if said.is_nothing(row["result"]):
        return ""
    return text(f"{_RESULTS.get(str(row['kind']), 'work.result')}.{row['result']}")

"""The people of teams (队伍) as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.exports import said
from geo.exports.table import Table, tabulate
from geo.i18n import text
from geo.schema.columns_work import TEAM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from geo.workbook import Value

_WORDS: Final[dict[str, Callable[[object], str]]] = {
    "group": said.as_text,
    "role": said.coded("team_role"),
    "leads": lambda value: text("team.leads") if value else "",
}


def tabulate_teams(frame: pd.DataFrame) -> Table:
    """Return the list of who has which task (`store.teams.list_members`)."""
    return tabulate("teams", frame, TEAM_COLUMNS, _say, sheets="township")


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    return said.say(frame, key, words=_WORDS, made={})

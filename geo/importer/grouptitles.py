"""Groups that stand as titles between the rows (一组 above its households) of a sheet without a group column: asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.importer.findings import Option
from geo.importer.meanings import SKIP
from geo.importer.rows import names_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.importer.findings import Ledger
    from geo.importer.headers import Header
    from geo.importer.rows import DataRows
    from geo.validate import Cell

#: The answer that takes the titles for the groups of the rows below them.
TAKE: Final = "take"


def read_group_titles(ledger: Ledger, header: Header, rows: DataRows, answers: Mapping[str, str]) -> list[Cell] | None:
    """Return the group of every row as the titles above it say; None where they say none or are not taken.

    Asked once: `group_titles` = take, or skip (the households lie in the village itself).
    """
    titles = {at: text for at, text in rows.titles.items() if names_group(text)}
    if header.index_of("group") is not None or not titles or answers.get("group_titles") == SKIP:
        return None
    if answers.get("group_titles") != TAKE:
        options = (Option(TAKE, TAKE), Option(SKIP, SKIP))
        for nth in range(min(titles), len(rows.cells)):
            ledger.ask("group_titles", nth, "group", "", options=options, suggestion=TAKE)
        return None
    said: list[Cell] = []
    now: Cell = None
    for nth in range(len(rows.cells)):
        now = titles.get(nth, now)
        said.append(now)
    return said

"""Groups that stand as titles between the rows (一组 above its households), or as names of sheets: asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.importer.findings import Option
from geo.importer.margins import names_group
from geo.importer.meanings import SKIP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.importer.findings import Ledger
    from geo.importer.headers import Header
    from geo.importer.rows import DataRows
    from geo.importer.sheets import Sheet
    from geo.validate import Cell

#: The answer that takes the titles for the groups of the rows below them.
TAKE: Final = "take"
#: What a title may end with.
_COLONS: Final = ":\uff1a "


def read_group_titles(
    ledger: Ledger, header: Header, sheet: Sheet, rows: DataRows, answers: Mapping[str, str]
) -> list[Cell] | None:
    """Return the group of every row as the titles above it, or its sheet's name, say; None where none is taken.

    Asked once: `group_titles` = take, or skip (the households lie in the village itself).
    """
    titles = _list_titles(sheet, rows)
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


def _list_titles(sheet: Sheet, rows: DataRows) -> dict[int, Cell]:
    """Return the groups that titles and the names of sheets say, by the data row they begin at; None: no longer one."""
    titles: dict[int, Cell] = {}
    before = None
    for nth, number in enumerate(rows.sheet_rows if sheet.parts else rows.sheet_rows[:1]):
        name = sheet.part_of(number).name
        if name != before:
            before = name
            titles[nth] = name if names_group(name) else None
    titles |= {at: text.rstrip(_COLONS) for at, text in rows.titles.items() if names_group(text)}
    return titles if any(titles.values()) else {}

"""What a filled-in form says beyond the outcome: how, whom, why not, when again; what an issue is, its way, by when.

Its words are the catalogue's, as the forms offer them (`geo.field.form.LISTS`), or the codes themselves. What is none
of them is left empty and listed: the visit and the issue stay.
"""

from __future__ import annotations

from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from geo import codes
from geo.i18n import text
from geo.importer.findings import FIELDS
from geo.signs import clean_name
from geo.validate import is_blank, parse_day, parse_text, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.validate import Cell

#: Column → its closed list, and how the words of the list are called in the catalogue.
_LISTED: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "mode": (codes.MODES, "mode"),
    "respondent": (codes.RESPONDENTS, "respondent"),
    "reason": (codes.VISIT_REASONS, "reason"),
    "issue_route": (codes.ISSUE_ROUTES, "route"),
}
_DAYS: Final = ("revisit_on", "issue_due")
_SHOWN: Final = 200


def read_answers(ledger: Ledger, cells: Callable[[str], Sequence[Cell]]) -> dict[str, list[Any]]:
    """Return mode, respondent, reason, issue_route (codes or None), revisit_on, issue_due (days), issue_title."""
    columns: dict[str, list[Any]] = {}
    for key in _LISTED:
        columns[key] = _read_all(cells(key), partial(_read_word, ledger, key), None)
    for key in _DAYS:
        columns[key] = _read_all(cells(key), partial(_read_day, ledger, key), None)
    columns["issue_title"] = _read_all(cells("issue_title"), partial(_read_text, ledger), "")
    return columns


def _read_all(cells: Sequence[Cell], read: Callable[[int, Cell], Any], nothing: Any) -> list[Any]:
    """Return what each cell of a column says; most files have none of these columns."""
    return [nothing if cell is None else read(nth, cell) for nth, cell in enumerate(cells)]


@cache
def _words(key: str) -> Mapping[str, str]:
    listed, name = _LISTED[key]
    return {clean_name(text(f"{name}.{code}")): code for code in listed} | {code: code for code in listed}


def _read_word(ledger: Ledger, key: str, nth: int, cell: Cell) -> str | None:
    if cell in (None, "") or is_blank(said := to_text(cell)):
        return None
    code = _words(key).get(clean_name(said))
    if code is None:
        ledger.warn("W_RANGE", nth, key, said[:_SHOWN])
    return code


def _read_day(ledger: Ledger, key: str, nth: int, cell: Cell) -> date | None:
    if cell in (None, ""):
        return None
    day, code = parse_day(cell, date.max)
    if code:
        ledger.warn(code, nth, key, to_text(cell)[:_SHOWN])
    return day


def _read_text(ledger: Ledger, nth: int, cell: Cell) -> str:
    if cell in (None, "") or is_blank(to_text(cell)):
        return ""
    value, code = parse_text(cell, longest=FIELDS["issue_title"].longest)
    if code:
        ledger.warn(code, nth, "issue_title", to_text(cell)[:_SHOWN])
    return value or ""

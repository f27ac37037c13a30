"""Words of a cell for codes of a closed list: the catalogue's, those of files, and the codes themselves."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from geo import codes
from geo.i18n import text
from geo.schema.columns_work import CATEGORY_WORDS, LEVEL_ALIASES, ROUTE_WORDS, STATE_WORDS
from geo.schema.words import load_words
from geo.signs import clean_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.importer.listed.table import ListTable

#: Field → the codes, the catalogue's prefix of their words, and other words for them.
_LISTS: Final[Mapping[str, tuple[tuple[str, ...], str, Mapping[str, str]]]] = {
    "category": (codes.ISSUE_CATEGORIES, "category", CATEGORY_WORDS),
    "route": (codes.ISSUE_ROUTES, "route", ROUTE_WORDS),
    "level_now": (codes.ISSUE_LEVELS, "issue_level", LEVEL_ALIASES),
    "state": (codes.ISSUE_STATES, "issue_state", STATE_WORDS),
    "close_kind": (codes.CLOSE_KINDS, "close_kind", {}),
}


def find_code(key: str, said: str) -> str:
    """Return the code that a word stands for; '' for an unknown one."""
    return _words(key).get(clean_name(said).upper(), "")


def code_of(table: ListTable, nth: int, key: str) -> str:
    """Return the code that a cell stands for; '' for an empty or unknown one. A category's own name comes first."""
    said = table.text(nth, key)
    own = table.categories.get(clean_name(said).upper(), "") if key == "category" else ""
    return own or find_code(key, said)


def require_code(table: ListTable, nth: int, key: str) -> str:
    """Return the code of a cell; a row without a word, or with an unknown one, is refused and '' comes back."""
    found, said = code_of(table, nth, key), table.text(nth, key)
    if not found:
        table.refuse("R_UNKNOWN_VALUE" if said else "R_REQUIRED", nth, key, said)
    return found


def read_code(table: ListTable, nth: int, key: str) -> str:
    """Return the code of a cell that may be empty; an unknown word is listed and left empty."""
    found, said = code_of(table, nth, key), table.text(nth, key)
    if said and not found:
        table.warn("W_UNMATCHED", nth, key, said)
    return found


@cache
def _words(key: str) -> dict[str, str]:
    listed, prefix, other = _LISTS[key]
    words = {clean_name(word).upper(): code for word, code in load_words().issue.items()} if key == "category" else {}
    words |= {clean_name(word).upper(): code for word, code in other.items()}
    words |= {clean_name(text(f"{prefix}.{code}")).upper(): code for code in listed}
    return words | {code.upper(): code for code in listed}

"""Sums of money as people write them: 35000, 3.5万元, ￥1,200.50; the header may say the unit. Pure."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from geo.schema.columns_work import MONEY_UNITS
from geo.store.matters import MOST_FEN
from geo.validate import is_blank, to_text

if TYPE_CHECKING:
    from geo.validate import Cell

_YUAN: Final = 100


def parse_money(cell: Cell, *, header: str) -> tuple[int | None, str]:
    """Return whole fen (0.01 yuan) of a cell; a unit in it goes before that of its header, and yuan is the usual one.

    Code: W_RANGE (no sum, negative, or beyond any budget); parts of a fen are rounded half up.
    """
    if isinstance(cell, bool):
        return None, "W_RANGE"
    said = unicodedata.normalize("NFKC", repr(cell) if isinstance(cell, float) else to_text(cell))
    said = said.replace(",", "").replace(" ", "").strip()
    if is_blank(said):
        return None, ""
    fen = _unit_of(header) or _YUAN
    for word in _WORDS:
        if said.endswith(word) or said.startswith(word):
            said, fen = said.removesuffix(word).removeprefix(word), MONEY_UNITS[word]
            break
    try:
        found = Decimal(said) * fen
    except InvalidOperation:
        return None, "W_RANGE"
    if not found.is_finite() or not 0 <= found <= MOST_FEN:
        return None, "W_RANGE"
    return int(found + Decimal("0.5")), ""


_WORDS: Final = tuple(unicodedata.normalize("NFKC", word) for word in MONEY_UNITS)


def _unit_of(header: str) -> int:
    plain = unicodedata.normalize("NFKC", header)
    return next((fen for word, fen in MONEY_UNITS.items() if f"({word})" in plain or plain.endswith(f"/{word}")), 0)

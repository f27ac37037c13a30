"""Chinese ID numbers (GB 11643): whether one holds, and the rule that no text keeps a whole one (domain §7)."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from operator import mul
from typing import Final

from geo.signs import clean_name

#: Weights and check characters of an ID number.
ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS: Final = "10X98765432"
#: Signs of an ID number.
ID_LONG: Final = 18
#: What 17 characters "0" weigh as bytes.
_ZEROS: Final = ord("0") * sum(ID_WEIGHTS)
_WITHIN: Final = re.compile(r"(?<!\d)\d{17}[\dXxＸｘ](?!\d)")


def check_id_number(text: str) -> bool:
    """Say whether the check character and the birthday of an 18-character ID number hold."""
    total = sum(map(mul, text[:17].encode(), ID_WEIGHTS)) - _ZEROS
    return ID_CHECKS[total % 11] == text[17] and _is_birthday(text[6:14])


def hide_id_numbers(text: str) -> str:
    """Return a text with every ID number in it reduced to its last four."""
    if len(text) < ID_LONG:
        return text
    return _WITHIN.sub(lambda found: _hide(found[0]), text)


def _hide(run: str) -> str:
    plain = clean_name(run).upper()
    return "*" * (ID_LONG - 4) + plain[-4:] if check_id_number(plain) else run


@lru_cache(maxsize=65_536)
def _is_birthday(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True

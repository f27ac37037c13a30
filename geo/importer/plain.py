"""Cells that mean what they say, letter for letter, found for a whole column at once.

Most cells of a long column are of this kind. What is found here is what `geo.validate` gives back as it stands and
without a code; its rules run for all the others.
"""

from __future__ import annotations

import re
from itertools import compress
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.days import make_day
from geo.idnumbers import ID_CHECKS, ID_WEIGHTS
from geo.schema.words import load_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.validate import Cell

_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_ID_LENGTH: Final = 18
_WEIGHTS: Final = np.array(ID_WEIGHTS, dtype=np.int32)
_CHECKS: Final = np.frombuffer(ID_CHECKS.encode("ascii"), dtype=np.uint8)
#: What the digits of a birthday are worth in YYYYMMDD.
_DECIMALS: Final = 10 ** np.arange(7, -1, -1, dtype=np.int64)


def plain_codes(cells: Iterable[Cell], *, longest: int) -> set[Cell]:
    """Return the cells that `validate.parse_code` takes as they are: Latin letters and digits."""
    too_short = max(map(len, load_words().blank))
    return {
        cell
        for cell in cells
        if type(cell) is str and cell.isalnum() and cell.isascii() and too_short < len(cell) <= longest
    }


def plain_phones(cells: Iterable[Cell]) -> set[Cell]:
    """Return the cells that `validate.parse_phone` takes as they are: mobile numbers of eleven digits."""
    return {cell for cell in cells if type(cell) is str and _MOBILE.fullmatch(cell)}


def plain_id_numbers(cells: Iterable[Cell]) -> set[Cell]:
    """Return the cells that `validate.parse_id_number` takes as they are: check character and birthday hold."""
    texts = [cell for cell in cells if type(cell) is str and len(cell) == _ID_LENGTH and cell.isascii()]
    signs = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(-1, _ID_LENGTH)
    # What is no digit wraps round to something above nine.
    digits = signs[:, :-1] - np.uint8(ord("0"))
    good = (digits <= 9).all(axis=1)  # noqa: PLR2004 - the last digit
    good &= _CHECKS[(digits @ _WEIGHTS) % len(_CHECKS)] == signs[:, -1]
    days, which = np.unique(digits[:, 6:14] @ _DECIMALS, return_inverse=True)
    are_days = [make_day(day // 10_000, day // 100 % 100, day % 100) is not None for day in days.tolist()]
    good &= np.array(are_days, dtype=bool)[which]
    return set(compress(texts, good.tolist()))

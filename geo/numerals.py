"""Numbers in digits and Chinese numerals, and the normal form of a numbered group. Pure."""

from __future__ import annotations

from functools import cache
from typing import Final

from geo.schema.words import load_words


def parse_number(text: str) -> int | None:
    """Return the whole number a text of digits or Chinese numerals below 100 says (23, 二十三, 二三 is none)."""
    if text.isdecimal():
        return int(text)
    numerals = load_words().numerals
    if not text or any(mark not in numerals for mark in text):
        return None
    values = [numerals[mark] for mark in text]
    if len(values) == 1:
        return values[0]
    tens = [value for value in values if value >= _TEN]
    if len(tens) != 1:
        return _positional(values)
    at = values.index(tens[0])
    ahead, behind = values[:at], values[at + 1 :]
    if len(ahead) > 1 or len(behind) > 1 or (ahead and tens[0] > _TEN):
        return None
    return (ahead[0] if ahead else 1) * tens[0] + (behind[0] if behind else 0)


_TEN: Final = 10


def _positional(values: list[int]) -> int | None:
    """一〇 is 10; 二三 may be two groups, so a row of digits without a zero is none."""
    if 0 not in values[1:] or values[0] == 0 or any(value >= _TEN for value in values):
        return None
    return int("".join(str(value) for value in values))


@cache
def name_group(number: int) -> str:
    """Return the normal form of a numbered group: 7 → 七组, 23 → 二十三组."""
    words = load_words()
    marks = {value: mark for mark, value in reversed(words.numerals.items())}
    if number > HIGHEST:
        return f"{number}{words.group_suffix}"
    tens, ones = divmod(number, _TEN)
    front = "" if not tens else (marks[tens] if tens > 1 else "") + marks[_TEN]
    return front + (marks[ones] if ones or not tens else "") + words.group_suffix


#: The highest number that has a form in Chinese numerals here.
HIGHEST: Final = 99

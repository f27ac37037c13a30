"""What a sheet writes between and below its households: totals, counts, page numbers, days, column numbers, titles.

Pure: texts in, yes or no out. Which rows are looked at, and what becomes of them, is `rows`'s matter.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from geo.schema.words import load_words
from geo.signs import clean_name
from geo.units import parse_group, simplify_name
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.validate import Cell

_BRACKETS: Final = re.compile(r"\([^)]*\)")
_LONGEST_TOTAL: Final = 12
#: What may stand behind the word for a total in the column of names: 合计：40户, 合计（户）.
_COUNT: Final = re.compile(r"([:(]?\d.*|[:(].*|)")
#: So many columns in a row are numbers of columns; fewer only where a name is a number, too, or all are marked as such.
_LEAST_NUMBERED: Final = 4
_LEAST_MARKED: Final = 2
#: ①, (1) and the like: a number that no household has.
_MARKED: Final = re.compile(r"\(\d+\)|[\u2460-\u24ff\u2776-\u2793]")


def names_group(text: str) -> bool:
    """Say whether a title names one group or several: 一组, 第二组（12 户）, 周家组：, each with or without a colon."""
    bare = _BRACKETS.sub("", clean_name(text)).rstrip(":")
    return parse_group(bare) is not None and bare.endswith(load_words().group_tails)


def is_total(cell: str, *, of_unit: bool) -> bool:
    """A unit may stand before the word (一组小计); a name may end with it."""
    words = load_words().total
    said = simplify_name(cell)
    if not of_unit:
        return any(said.startswith(word) and _COUNT.fullmatch(said.removeprefix(word)) for word in words)
    return said.startswith(words) or (len(said) <= _LONGEST_TOTAL and said.endswith(words))


def mentions_total(cell: Cell) -> bool:
    """Say whether a short cell speaks of a total, wherever in it: 以上合计 2 户."""
    if not isinstance(cell, str) or not total_marks().search(cell):
        return False
    said = simplify_name(cell)
    return len(said) <= _LONGEST_TOTAL and any(word in said for word in load_words().total)


@cache
def total_marks() -> re.Pattern[str]:
    """Return what finds the characters that totals end with: a quick look at each cell."""
    marks = {word[-1] for word in load_words().total}
    marks |= {chr(old) for old, new in load_words().traditional.items() if chr(new) in marks}
    return re.compile(f"[{re.escape(''.join(sorted(marks)))}]")


def counts_homes(cell: Cell) -> bool:
    """Say whether a cell counts households or people and says nothing else: 共2户, 12 户 40 人."""
    return isinstance(cell, str) and _margins().counts.fullmatch(simplify_name(cell)) is not None


def is_margin(cells: Sequence[Cell]) -> bool:
    """Say whether texts are together a page's number, a day or a count: 第1页 共3页, 2026年5月, 共2户."""
    return _margins().any.fullmatch(",".join(simplify_name(to_text(cell)) for cell in cells)) is not None


class _Margins:
    """The patterns of margins, made of the words for them."""

    def __init__(self) -> None:
        words = load_words()
        numeral = rf"[\d{''.join(words.numerals)}]+"
        units = "|".join((*words.counted, *words.person))
        counted = rf"{numeral}({units})"
        self.counts = re.compile(rf"({words.in_all}?{counted}[,、;。]?)+")
        day = rf"{numeral}{words.year}({numeral}{words.month}({numeral}({'|'.join(words.day)}))?)?"
        page = rf"({words.group_ordinal}|{words.in_all}){numeral}{words.page}"
        self.any = re.compile(rf"({page}|{day}|{words.in_all}{counted}|[,、/;。])+")


@cache
def _margins() -> _Margins:
    return _Margins()


def counts_columns(row: Sequence[Cell], head_at: int | None) -> bool:
    """Say whether a row under the header only numbers the columns: 1, 2, 3 · ① ② ③ · (1) (2) (3)."""
    said = [to_text(cell).strip() for cell in row if to_text(cell).strip()]
    numbers = [clean_name(one).strip("()") for one in said]
    if numbers != [str(number) for number in range(1, len(numbers) + 1)]:
        return False
    if len(numbers) >= _LEAST_NUMBERED:
        return True
    is_marked = all(_MARKED.fullmatch(one.replace("（", "(").replace("）", ")")) for one in said)
    has_head = head_at is not None and bool(to_text(row[head_at]).strip())
    return len(numbers) >= _LEAST_MARKED and (is_marked or has_head)

"""Groups (村民组) as cells of a table name them: behind a village's name, or several in one cell. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geo.numerals import HIGHEST, name_group, parse_number
from geo.schema.words import load_words
from geo.units import cut_tail, find_stem, parse_group, simplify_name

if TYPE_CHECKING:
    from geo.units import GroupName, Unit

_ENDS: Final = 2


@lru_cache(maxsize=65_536)
def read_group(text: str, village: Unit) -> GroupName | None:
    """Return the group a cell names in a village, whose name may stand before it: 孟溪村一组 is 一组."""
    group = parse_group(text)
    if group is None or group.key.startswith("#"):
        return group
    name = simplify_name(text)
    for ahead in (simplify_name(village.name), find_stem(village)):
        if ahead and name.startswith(ahead):
            rest = parse_group(name.removeprefix(ahead))
            if rest is not None and (rest.several or rest.key.startswith("#")):
                return rest
    return group


def list_group_parts(text: str) -> list[str]:
    """Return the groups that a cell of several may mean, in normal form: 二三组, 2、3组 and 2-3组 are 二组 and 三组."""
    words = load_words()
    core, _ = cut_tail(simplify_name(text).removeprefix(words.group_ordinal))
    parts = re.findall(rf"\d+|[{''.join(words.numerals)}]+", core)
    numbers = [parse_number(one) for one in parts]
    if len(parts) == _ENDS and None not in numbers and any(mark in core for mark in words.group_ranges):
        first, last = (number or 0 for number in numbers)
        numbers = list(range(first, min(last, first + HIGHEST) + 1))
    elif None in numbers:
        numbers = [parse_number(mark) for part in parts for mark in ([part] if part.isdecimal() else part)]
    return [name_group(number) for number in dict.fromkeys(numbers) if number]

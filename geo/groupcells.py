"""Groups (村民组) as cells of a table name them: behind a village's name, or several in one cell. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geo.numerals import HIGHEST, name_group, parse_number
from geo.schema.words import load_words
from geo.units import cut_tail, find_stem, parse_group, simplify_name

if TYPE_CHECKING:
    from geo.units import GroupName, Unit, UnitIndex

_ENDS: Final = 2
_BRACKETS: Final = re.compile(r"\([^)]*\)")
#: A shorter name of a village may be that of a hamlet: 新村.
_LEAST_NAME: Final = 3
#: What a cell says that names no group of its village (`doubt_group`).
NONE: Final = "none"
OPEN: Final = "open"


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


def is_numbered(group: GroupName | None) -> bool:
    """Say whether a group is one of a number, or several."""
    return group is not None and (group.several or group.key.startswith("#"))


def read_path(text: str, village: Unit, index: UnitIndex) -> GroupName | None:
    """Return the group a cell names behind its township and village: 和平乡孟溪村一组."""
    own = (simplify_name(village.name), find_stem(village))
    for ahead, name in index.split_path(simplify_name(text)):
        if ahead and name.startswith(own) and is_numbered(group := read_group(name, village)):
            return group
    return None


def doubt_group(text: str, village: Unit, index: UnitIndex) -> str:
    """Say what a cell that numbers no group is: NONE (未分组, its village's name), OPEN (村委会, another village), ''.

    The bare stem of the village is a hamlet of that name: natural villages are often called like the whole.
    """
    words = load_words()
    name = _BRACKETS.sub("", simplify_name(text))
    if name in words.ungrouped:
        return NONE
    if name in words.no_group:
        return OPEN
    if name == find_stem(village):
        return ""
    if name == simplify_name(village.name) or village.id in index.named("village", name):
        return NONE
    return OPEN if any(_names_other(one, village, index) for _, one in index.split_path(name)) else ""


def _names_other(name: str, village: Unit, index: UnitIndex) -> bool:
    """Say whether a name is another village's, or that of a group behind it; a bare stem counts within a township."""
    for end in range(len(name), _ENDS - 1, -1):
        others = [index.by_id[one] for one in index.find("village", name[:end])]
        if not others:
            continue
        if village in others:
            return False
        group = parse_group(name[end:])
        if all(find_stem(one) == name[:end] for one in others):
            return is_numbered(group) and any(one.parent == village.parent for one in others)
        return end == len(name) or is_numbered(group) or (group is not None and end >= _LEAST_NAME)
    return False


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

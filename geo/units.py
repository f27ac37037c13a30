"""Names of units and groups: which unit a spelling means. Pure; nothing here guesses.

A village has many spellings (孟溪 / 孟溪村 / 孟溪村委会 / 孟溪村村民委员会); 和平乡 is short for 和平土家族侗族乡;
村 and 社区 of one stem are different units. Groups (村民组) are numbers (一组 = 1组 = 第1组 = 第一村民组 = 1社) or
names (周家组).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geo.numerals import name_group, parse_number
from geo.schema.words import load_words
from geo.signs import clean_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from geo.earlier import EarlierUnits

#: Digits of a village's code in the national list; a household code that begins with one is district-wide.
VILLAGE_DIGITS: Final = 12
_UNIT_DIGITS: Final = (6, 9, VILLAGE_DIGITS)
_STEM_LEAST: Final = 2
_ENDS: Final = 2
#: What may stand between a township and a village in one cell.
_JOINS: Final = "-/\\·>、,;|"
_BRACKETS = re.compile(r"\([^)]*\)")
#: A name that stands in brackets as a whole: （一组）
_WHOLE = re.compile(r"^[(\[【]([^()\[\]【】]+)[)\]】]$")
#: Marks after a group's name that are none of it: 一组、
_AFTER: Final = "、,;。."


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the hierarchy as the matching sees it."""

    id: str
    code: str
    name: str
    full_name: str
    level: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class UnitMatch:
    """What a spelling means: the unit, or why not (blank, unknown, ambiguous, conflict) and the nearest ones.

    `earlier` is the closed unit that was meant, where `unit` is its successor.
    """

    unit: Unit | None
    reason: str
    candidates: tuple[Unit, ...] = ()
    earlier: Unit | None = None


_NOT_WIDE: Final = UnitMatch(None, "blank")


@dataclass(frozen=True, slots=True)
class GroupName:
    """A group's name: `key` is equal for all its spellings, `name` is the normal form, `several` marks 二三组."""

    key: str
    name: str
    several: bool = False


def simplify_name(text: str) -> str:
    """Return a name of a unit or a header, cleaned and in simplified characters."""
    return clean_name(text).translate(load_words().traditional)


class UnitIndex:
    """The spellings of one edition's units; what none of them means may be a unit that an earlier one had."""

    def __init__(self, units: Iterable[Unit], earlier: EarlierUnits | None = None) -> None:
        """Index townships and villages by their spellings and codes, groups by their village."""
        self.earlier = earlier
        self._coded: dict[str, UnitMatch] = {}
        self.by_id = {unit.id: unit for unit in units}
        self.by_code = {unit.code: unit for unit in self.by_id.values() if unit.level != "group"}
        self._wide: dict[str, bool] = {}
        self._names: dict[str, dict[str, set[str]]] = {
            level: defaultdict(set) for level in ("district", "township", "village")
        }
        self._stems: dict[str, dict[str, set[str]]] = {level: defaultdict(set) for level in self._names}
        self.groups: dict[str, dict[str, Unit]] = defaultdict(dict)
        for unit in self.by_id.values():
            self._add(unit)
        self._prefixes = sorted(
            (*self._names["township"], *self._stems["township"]), key=lambda name: (-len(name), name)
        )

    def _add(self, unit: Unit) -> None:
        if unit.level == "group":
            group = parse_group(unit.name)
            if unit.parent and group is not None:
                self.groups[unit.parent][group.key] = unit
            return
        for name in _spellings(unit):
            self._names[unit.level][name].add(unit.id)
        stem = find_stem(unit)
        if len(stem) >= _STEM_LEAST:
            self._stems[unit.level][stem].add(unit.id)

    def match_village(self, village: str, *, township: str = "", district: str = "", code: str = "") -> UnitMatch:
        """Return the village or community that name, township, district and code all mean.

        `conflict`: they speak of different units; `ambiguous`: a bare stem that fits two; `unknown`: none fits.
        """
        found = _match(
            self, simplify_name(village), simplify_name(township), simplify_name(district), clean_name(code)
        )  # fmt: skip
        texts = {"village": village, "township": township, "district": district, "code": code}
        return self._or_earlier(found, lambda earlier: earlier.match_village(texts))

    def _or_earlier(self, found: UnitMatch, ask: Callable[[EarlierUnits], UnitMatch | None]) -> UnitMatch:
        """Return what is meant; in a file of an earlier list by that list. It never decides between two that fit."""
        if self.earlier is None:
            return found
        is_open = found.reason in ("unknown", "conflict")
        return (ask(self.earlier) if is_open or self.earlier.comes_first else None) or found

    def named(self, level: str, name: str) -> set[str]:
        """Return the ids of the units of a level that a name may mean; a village may carry its township before it."""
        name = clean_name(name)
        if level == "village":
            return _match_name(self, name, None)
        found = self.find(level, name)
        return found if found or level != "township" else self.find(level, _plain_township(name))

    def coded(self, household_code: str) -> UnitMatch:
        """Return the village whose unit code a district-wide household code begins with, if any."""
        if len(household_code) <= VILLAGE_DIGITS:
            return _NOT_WIDE
        prefix = household_code[:VILLAGE_DIGITS]
        if prefix not in self._coded:
            unit = self.by_code.get(prefix)
            known = unit is not None and unit.level == "village"
            found = UnitMatch(unit, "matched") if known else UnitMatch(None, "unknown")
            self._coded[prefix] = self._or_earlier(found, lambda earlier: earlier.coded(household_code))
        return self._coded[prefix]

    def is_wide(self, household_code: str) -> bool:
        """Say whether a household code is district-wide: it begins with the code of a district, township or village."""
        # What follows the unit's code has a character at least.
        start = household_code[:-1][:VILLAGE_DIGITS]
        if start not in self._wide:
            self._wide[start] = not self.by_code.keys().isdisjoint([start[:digits] for digits in _UNIT_DIGITS])
        return self._wide[start]

    def find_named(self, text: str) -> set[UnitMatch]:
        """Return the villages that a title, a sheet's or a file's name speaks of: by full name, code, or name alone.

        A name that follows other characters counts only behind a unit or a date: 大孟溪村 does not name 孟溪村.
        """
        plain = simplify_name(text)
        codes = {self.by_code[code] for code in re.findall(r"(?<!\d)\d{12}(?!\d)", plain) if code in self.by_code}
        spans: dict[tuple[int, int], set[str]] = {}
        for name, ids in self._names["village"].items():
            at = plain.find(name)
            if at >= 0 and self._may_begin(plain[:at]):
                spans[at, at + len(name)] = ids
        found = {
            one
            for span, ids in spans.items()
            if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in spans)
            for one in ids
        }
        if not found:
            found = {unit.id for unit in [_match(self, plain, "", "", "").unit] if unit is not None}
        townships = {one for name in self._prefixes if name in plain for one in self.find("township", name)}
        inside = {one for one in found if self.by_id[one].parent in townships}
        named = {self.by_id[one] for one in inside or found} | {unit for unit in codes if unit.level == "village"}
        if self.earlier is not None and (not named or self.earlier.comes_first):
            followed = self.earlier.named(text)
            if followed is not None:
                return {followed}
        return {UnitMatch(unit, "matched") for unit in named}

    def _may_begin(self, before: str) -> bool:
        if not before or unicodedata.category(before[-1]) != "Lo":
            return True
        units = (*self._prefixes, *self._names["district"])
        return before.endswith((*load_words().before_village, *units))

    def find(self, level: str, name: str) -> set[str]:
        """Return the ids a spelling may mean at a level: an exact spelling before a bare stem."""
        return self._names[level].get(name) or self._stems[level].get(name) or set()

    def split_path(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield (township, village) readings of a name that carries its township: 和平乡孟溪村."""
        for district in self._names["district"]:
            if district in name:
                name = name.split(district, 1)[1].lstrip(_JOINS)
        yield "", name
        for prefix in self._prefixes:
            if name.startswith(prefix) and len(name) > len(prefix):
                yield prefix, name[len(prefix) :].lstrip(_JOINS)

    def nearest(self, name: str, township: Unit | None = None) -> tuple[Unit, ...]:
        """Return up to five villages whose names look most like this one, of the township if it is known."""
        villages = [
            unit
            for unit in self.by_id.values()
            if unit.level == "village" and (township is None or unit.parent == township.id)
        ]
        by_name = {unit.name: unit for unit in villages}
        close = get_close_matches(name, by_name, n=5, cutoff=0.3)
        return tuple(by_name[one] for one in close) or tuple(villages[:5] if township else ())

    def group(self, village: Unit, group: GroupName, *, earlier: Unit | None = None) -> Unit | None:
        """Return the group of a village, if it is known; of a closed village's the one that goes on for it.

        A group that left a village which is still there is found where it went, unless another one has its name now.
        """
        known = self._group(village, group)
        if self.earlier is None or (known is not None and earlier is None and not self.earlier.comes_first):
            return known
        return self.earlier.group(earlier or village, group) or known

    def _group(self, village: Unit, group: GroupName) -> Unit | None:
        return self.groups[village.id].get(group.key) if village.id in self.groups else None


def _match(index: UnitIndex, village: str, township: str, district: str, code: str) -> UnitMatch:
    by_code = index.by_code.get(code[:VILLAGE_DIGITS])
    if not village and not code:
        return UnitMatch(None, "blank")
    above = _match_township(index, township)
    if above.reason not in ("matched", "blank"):
        named = _match_name(index, village, None) or {unit.id for unit in index.nearest(village)}
        return UnitMatch(None, above.reason, tuple(index.by_id[one] for one in sorted(named)))
    if district and not _is_district(index, district):
        return UnitMatch(None, "conflict", index.nearest(village))
    if not village:
        found = {by_code.id} if by_code and by_code.level == "village" else set()
    else:
        found = _match_name(index, village, above.unit)
    if above.unit is not None:
        inside = {one for one in found if index.by_id[one].parent == above.unit.id}
        if found and not inside:
            return UnitMatch(None, "conflict", tuple(index.by_id[one] for one in sorted(found)))
        found = inside
    if not found:
        return UnitMatch(None, "unknown", index.nearest(village, above.unit))
    candidates = tuple(index.by_id[one] for one in sorted(found))
    if len(candidates) > 1:
        return UnitMatch(None, "ambiguous", candidates)
    if len(code) >= VILLAGE_DIGITS and by_code != candidates[0]:
        return UnitMatch(None, "conflict", (*candidates, *((by_code,) if by_code else ())))
    return UnitMatch(candidates[0], "matched")


def _match_name(index: UnitIndex, village: str, township: Unit | None) -> set[str]:
    if village in index.by_code and index.by_code[village].level == "village":
        return {index.by_code[village].id}
    for prefix, name in index.split_path(village):
        found = index.find("village", name)
        if prefix:
            parents = index.find("township", prefix)
            found = {one for one in found if index.by_id[one].parent in parents}
        elif township is not None:
            inside = {one for one in found if index.by_id[one].parent == township.id}
            found = inside or found
        if found:
            return found
    return set()


def _match_township(index: UnitIndex, name: str) -> UnitMatch:
    if not name:
        return UnitMatch(None, "blank")
    coded = index.by_code.get(name)
    for _, reading in index.split_path(name):
        found = {coded.id} if coded and coded.level == "township" else index.find("township", reading)
        found = found or index.find("township", _plain_township(reading))
        if len(found) == 1:
            return UnitMatch(index.by_id[next(iter(found))], "matched")
        if found:
            return UnitMatch(None, "ambiguous", tuple(index.by_id[one] for one in sorted(found)))
    return UnitMatch(None, "unknown")


def _is_district(index: UnitIndex, name: str) -> bool:
    known = [unit.name for unit in index.by_id.values() if unit.level == "district"]
    return any(one in name or name in one for one in known) or name in index.by_code


def _spellings(unit: Unit) -> set[str]:
    words = load_words()
    names = {simplify_name(unit.name), simplify_name(unit.full_name)} - {""}
    stem = find_stem(unit)
    if unit.level == "township":
        names.add(_plain_township(unit.name))
    elif unit.level == "village" and unit.name.endswith(words.community):
        names |= {unit.name + tail for tail in words.community_tails}
        names |= {stem + tail for tail in words.community_tails if tail.startswith(words.community_tails[0][0])}
    elif unit.level == "village" and unit.name.endswith(words.village):
        names |= {unit.name + tail for tail in words.village_tails}
        names |= {stem + tail for tail in words.village_tails if tail.endswith(words.village)}
    return names


@lru_cache(maxsize=4096)
def _plain_township(name: str) -> str:
    """Return stem and kind of a township's name: 和平土家族侗族乡人民政府 → 和平乡."""
    words = load_words()
    for tail in words.township_tails:
        name = name.removesuffix(tail)
    kind = next((one for one in words.township_kinds if name.endswith(one)), "")
    stem = name.removesuffix(kind)
    shorter = True
    while shorter:
        shorter = False
        for people in words.peoples:
            if stem.endswith(people) and stem != people:
                stem, shorter = stem.removesuffix(people), True
    return stem + words.township_kind_of.get(kind, "")


def shorten_township(name: str) -> str:
    """Return the short form people use of a township: 滑石侗族苗族土家族乡 → 滑石乡."""
    return _plain_township(name)


def find_stem(unit: Unit) -> str:
    """Return a name without its kind: 和平 of 和平乡, 孟溪 of 孟溪村; '' for a group."""
    words = load_words()
    if unit.level == "township":
        plain = _plain_township(unit.name)
        return next((plain.removesuffix(kind) for kind in words.township_kinds if plain.endswith(kind)), plain)
    if unit.level == "village":
        for tail in (words.community, words.village):
            if unit.name.endswith(tail):
                return unit.name.removesuffix(tail)
    return ""


@lru_cache(maxsize=65_536)
def parse_group(text: str) -> GroupName | None:
    """Return the group a text names, in normal form (`七组`; a named group keeps its name).

    None for a blank text and for a kind without a name (组, 村民组).
    """
    words = load_words()
    name = re.sub(r"^(\d+)\.0$", r"\1", simplify_name(text)).strip(_AFTER)
    name = _WHOLE.sub(r"\1", name)
    if not name or name in words.blank or name.removeprefix(words.group_ordinal) in words.group_tails:
        return None
    bare = _BRACKETS.sub("", name) or name
    core, tail = cut_tail(bare.removeprefix(words.group_ordinal) or bare)
    number = parse_number(core)
    if number:
        return GroupName(f"#{number}", name_group(number))
    if _names_several(core):
        return GroupName(name, name, several=True)
    core, tail = cut_tail(name)
    core = core or name
    return GroupName(core, core + words.group_suffix if tail else core)


def cut_tail(name: str) -> tuple[str, str]:
    """Return a group's name without the word for its kind, and that word: 周家 and 组 of 周家组."""
    for tail in load_words().group_tails:
        if name.endswith(tail) and name != tail:
            return name.removesuffix(tail), tail
    return name, ""


def _names_several(core: str) -> bool:
    """二三 · 1、2 · 1-3 · 1组2 · 一组二 · 0: several numbers, parts joined by a mark, or a number that no group has."""
    words = load_words()
    tails, digit = "|".join(words.group_tails), rf"[\d{''.join(words.numerals)}]"
    if core.isdecimal() or re.match(rf"{digit}+({tails}).*{digit}", core):
        return True
    if any(join in core[1:-1] for join in words.group_joins):
        return True
    if len(re.findall(r"\d+", core)) > 1 or re.fullmatch(r"\d+-\d+", core):
        return True
    return len(core) > 1 and all(mark in words.numerals for mark in core)

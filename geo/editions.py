"""Units over time: what became of each unit from one yearly list to another. Pure; nothing here guesses.

A code means different units in different years: 520602002002 was 桂花塘社区 until 2019 and is 两板桥社区 since. So a
unit is followed list by list, its name first: the same name under the same code is the same unit; the same name under
another code lives on there (moved to another township, or recoded in its own); only then is the same code under a new
name a rename. What the lists do not say (a 社区 that ends where a 村 of its stem begins, units merged or split) is left
to a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from geo.schema.words import load_words
from geo.signs import clean_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: How a unit came to its successor; `renamed` also stands before the two after it (renamed+moved).
HOWS: Final = ("same", "renamed", "recoded", "moved", "renamed+recoded", "renamed+moved", "merged", "new", "ask")
_COUNTY_DIGITS: Final = 6
_LEVELS: Final = ("district", "township", "village")
_SUGGESTED: Final = 5


@dataclass(frozen=True, slots=True)
class ListedUnit:
    """One unit as a yearly list has it; `parent` is the code of the unit above it."""

    level: str
    code: str
    name: str
    full_name: str
    parent: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One yearly list: its day (ISO text) and its units by code, villages or communities and all above them."""

    day: str
    units: dict[str, ListedUnit]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a unit: its successor (None: the lists do not say), how (`HOWS`), and who may be it."""

    unit: ListedUnit | None
    how: str
    candidates: tuple[ListedUnit, ...] = ()


def compare(old: Edition, new: Edition) -> dict[str, str]:
    """Return code → code for every unit of one list that the other list tells the successor of, in either direction."""
    found: dict[str, str] = {}
    for level in _LEVELS:
        left = {unit.code: unit for unit in old.units.values() if unit.level == level}
        right = {unit.code: unit for unit in new.units.values() if unit.level == level}
        found |= _compare_level(left, right)
    return found


def _compare_level(left: dict[str, ListedUnit], right: dict[str, ListedUnit]) -> dict[str, str]:
    found = {code: code for code, unit in left.items() if code in right and right[code].name == unit.name}
    counties = ({code[:_COUNTY_DIGITS] for code in side} for side in (left, right))
    shared = set.intersection(*counties)
    scopes: tuple[Callable[[ListedUnit], str], ...] = (
        lambda unit: unit.parent,
        lambda unit: unit.code[:_COUNTY_DIGITS],
        # A whole county that was coded anew: only its units may be looked for elsewhere.
        lambda unit: unit.code if unit.code[:_COUNTY_DIGITS] in shared else "",
    )
    for scope in scopes:
        found |= _pair_names(_rest(left, found), _rest(right, found.values()), scope)
    gone, come = _rest(left, found), _rest(right, found.values())
    living = {name_key(unit) for unit in come.values()}
    leaving = {name_key(unit) for unit in gone.values()}
    for code in gone.keys() & come.keys():
        if name_key(gone[code]) not in living and name_key(come[code]) not in leaving:
            found[code] = code
    return found


def _rest(units: dict[str, ListedUnit], taken: Iterable[str]) -> dict[str, ListedUnit]:
    known = set(taken)
    return {code: unit for code, unit in units.items() if code not in known}


def _pair_names(
    left: dict[str, ListedUnit], right: dict[str, ListedUnit], scope: Callable[[ListedUnit], str]
) -> dict[str, str]:
    """Return the pairs whose name stands exactly once on either side of a scope."""
    sides = []
    for units in (left, right):
        named: dict[tuple[str, str], list[str]] = defaultdict(list)
        for unit in units.values():
            named[scope(unit), name_key(unit)].append(unit.code)
        sides.append(named)
    return {
        codes[0]: sides[1][key][0]
        for key, codes in sides[0].items()
        if len(codes) == 1 and len(sides[1].get(key, ())) == 1
    }


def name_key(unit: ListedUnit) -> str:
    """Return a village's name without what an office adds to it: 大江坪社区居委 → 大江坪社区; others as they are."""
    name = clean_name(unit.name)
    words = load_words()
    if unit.level != "village" or name.endswith((words.village, words.community)):
        return name
    for kind, tails in ((words.community, words.community_tails), (words.village, words.village_tails)):
        for tail in tails:
            if name.endswith(kind + tail):
                return name.removesuffix(tail)
    return name


@dataclass(slots=True)
class EditionBook:
    """Several yearly lists, followed from one to another; `drawn` are successors that a person gave (code → code).

    A drawn successor counts where the lists do not say; it is a code of the list that is asked for. `parts` are those
    of groups of a village that was split ((village's code, group's name) → code): they go elsewhere than the rest.
    """

    editions: Sequence[Edition]
    drawn: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    _steps: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _new: dict[tuple[str, str], list[ListedUnit]] = field(default_factory=dict)

    def days(self) -> list[str]:
        """Return the days of the lists, oldest first."""
        return sorted(one.day for one in self.editions)

    def edition(self, day: str) -> Edition:
        """Return the list of a day. Raises `KeyError`."""
        for one in self.editions:
            if one.day == day:
                return one
        raise KeyError(day)

    def follow(self, code: str, start: str, end: str) -> Fate:
        """Return what became of a unit of the list of one day in the list of another, through all lists between."""
        unit, target = self.edition(start).units[code], self.edition(end).units
        found = self._trace(unit, start, end)
        if found is None and self.drawn.get(code) in target:
            new = target[self.drawn[code]]
            sharing = sum(one == new.code for one in self.drawn.values()) > 1 or new.code in self._told(
                unit, start, end
            )
            return Fate(new, "merged" if sharing else tell_how(unit, new))
        if found is None:
            return Fate(None, "ask", self._suggest(unit, start, end))
        return Fate(target[found], tell_how(unit, target[found]))

    def list_overruled(self, start: str, end: str) -> list[tuple[str, str, str]]:
        """Return the drawn successors that the lists speak against: the unit's code, what was drawn, what they say."""
        before = self.edition(start).units
        told = (
            (code, new, self._trace(before[code], start, end)) for code, new in self.drawn.items() if code in before
        )
        return [(code, new, found) for code, new, found in told if found not in (None, new)]

    def new_units(self, start: str, end: str) -> list[ListedUnit]:
        """Return the units of a list that, by the lists alone, no unit of another became, by code."""
        if (start, end) not in self._new:
            told = {self._trace(unit, start, end) for unit in self.edition(start).units.values()}
            come = [unit for code, unit in sorted(self.edition(end).units.items()) if code not in told]
            self._new[start, end] = come
        return self._new[start, end]

    def reused_codes(self, start: str, end: str) -> list[str]:
        """Return the codes that both lists have and that mean another unit in the second."""
        before, after = self.edition(start).units, self.edition(end).units
        both = sorted(before.keys() & after.keys())
        return [code for code in both if self._trace(before[code], start, end) != code]

    def _trace(self, unit: ListedUnit, start: str, end: str) -> str | None:
        here: str | None = unit.code
        for old, new in pairwise(self._between(start, end)):
            here = self._step(old, new).get(here) if here is not None else self._returns(unit, old, new)
        return here

    def _between(self, start: str, end: str) -> list[str]:
        days = self.days()
        first, last = days.index(start), days.index(end)
        return days[first : last + 1] if first <= last else days[last : first + 1][::-1]

    def _step(self, old: str, new: str) -> dict[str, str]:
        if (old, new) not in self._steps:
            self._steps[old, new] = compare(self.edition(old), self.edition(new))
        return self._steps[old, new]

    def _returns(self, unit: ListedUnit, old: str, new: str) -> str | None:
        """A unit that a list left out and a later one has again: its name is new there, once in the county."""
        told = set(self._step(old, new).values())
        again = [
            one.code
            for one in self._around(unit, new)
            if one.code not in told and name_key(one) == name_key(unit)
        ]  # fmt: skip
        return again[0] if len(again) == 1 else None

    def _around(self, unit: ListedUnit, day: str) -> list[ListedUnit]:
        """Return the units of a list that are of the same level and county."""
        county = unit.code[:_COUNTY_DIGITS]
        return [
            one for one in self.edition(day).units.values() if one.level == unit.level and one.code.startswith(county)
        ]

    def _told(self, unit: ListedUnit, start: str, end: str) -> set[str | None]:
        return {self._trace(one, start, end) for one in self._around(unit, start)}

    def _suggest(self, unit: ListedUnit, start: str, end: str) -> tuple[ListedUnit, ...]:
        """Return units that may be the successor, likeliest first: of the same stem, then new ones beside it.

        For a township: where most of its villages went.
        """
        target = self.edition(end).units
        if unit.level == "township":
            below = [one for one in self.edition(start).units.values() if one.parent == unit.code]
            went = Counter(target[code].parent for one in below if (code := self._trace(one, start, end)) is not None)
            return tuple(target[code] for code, _ in went.most_common(_SUGGESTED))
        told = self._told(unit, start, end)
        fresh = [one for one in self._around(unit, end) if one.code not in told]
        alike = [one for one in fresh if stem_of(one) == stem_of(unit)]
        beside = [one for one in fresh if one.parent == unit.parent and one not in alike]
        return tuple([*alike, *beside][:_SUGGESTED])


def stem_of(unit: ListedUnit) -> str:
    """Return a village's name without its kind: 桐木坪社区 and 桐木坪村 are both 桐木坪."""
    words = load_words()
    key = name_key(unit)
    for kind in (words.community, words.village):
        if key.endswith(kind):
            return key.removesuffix(kind)
    return key


def tell_how(old: ListedUnit, new: ListedUnit) -> str:
    """Return how a unit came to its successor, from the names and codes of both."""
    renamed = clean_name(old.name) != clean_name(new.name)
    if old.code == new.code:
        return "renamed" if renamed else "same"
    moved = "recoded" if old.parent == new.parent else "moved"
    return f"renamed+{moved}" if renamed else moved

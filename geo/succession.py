"""Which unit a code and a name speak of, whichever year they come from, and what it is called in another list. Pure.

Names are looked up in the list that is said, in earlier ones (newest first), in the list that is asked for, then in
all others. Code and name must agree: in one list, or through what became of either; what disagrees is asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from geo.editions import Fate
from geo.signs import clean_name
from geo.units import Unit, UnitIndex

if TYPE_CHECKING:
    from geo.editions import EditionBook, ListedUnit

_LEVEL_OF_DIGITS: Final = {6: "district", 9: "township", 12: "village"}
_ASK: Final = Fate(None, "ask")


@dataclass(slots=True)
class Succession:
    """Answers for one pair of lists: `start` is the list the codes are said to be of, `end` the one asked for."""

    book: EditionBook
    start: str
    end: str
    _indexes: dict[str, UnitIndex] = field(default_factory=dict)

    def find(self, code: str, name: str) -> Fate:
        """Return the successor of the unit that a code, a name or both mean; how is `ask` where nothing tells."""
        code, name = trim_code(clean_name(code)), clean_name(name)
        pair = self._pair(code, name)
        if pair is not None:
            return self._fate(*pair)
        named = self._named(name, code) if name else None
        coded = self._coded(code) if code else None
        if named is None and coded is None:
            return _ASK
        if named is None or coded is None:
            found = named or coded
            return self._fate(*found) if found and not (name and named is None) else self._asked(found)
        fate, other = self._fate(*named), self._fate(*coded)
        return fate if fate.unit is not None and fate.unit == other.unit else self._asked(named, coded)

    def _days(self) -> list[str]:
        days = self.book.days()
        earlier = [day for day in reversed(days) if day < self.start]
        first = list(dict.fromkeys([self.start, *earlier, self.end]))
        return [*first, *(day for day in days if day not in first)]

    def _index(self, day: str) -> UnitIndex:
        if day not in self._indexes:
            units = self.book.edition(day).units.values()
            self._indexes[day] = UnitIndex(
                Unit(one.code, one.code, one.name, one.full_name, one.level, one.parent or None) for one in units
            )
        return self._indexes[day]

    def _pair(self, code: str, name: str) -> tuple[str, ListedUnit] | None:
        """The first list in which the code bears the name, in any spelling."""
        if not code or not name:
            return None
        for day in self._days():
            unit = self.book.edition(day).units.get(code)
            if unit is not None and code in self._index(day).named(unit.level, name):
                return day, unit
        return None

    def _coded(self, code: str) -> tuple[str, ListedUnit] | None:
        for day in self._days():
            unit = self.book.edition(day).units.get(code)
            if unit is not None:
                return day, unit
        return None

    def _named(self, name: str, code: str) -> tuple[str, ListedUnit] | None:
        """The first list in which the name means one unit of the code's level (any level without a code)."""
        told = _LEVEL_OF_DIGITS.get(len(code)) if code.isdecimal() else None
        for day in self._days():
            for level in (told,) if told else ("village", "township", "district"):
                found = self._index(day).named(level, name)
                if len(found) == 1:
                    return day, self.book.edition(day).units[next(iter(found))]
                if found:
                    return None
        return None

    def _fate(self, day: str, unit: ListedUnit) -> Fate:
        if day == self.end and self.start != self.end and unit in self.book.new_units(self.start, self.end):
            return Fate(unit, "new")
        return self.book.follow(unit.code, day, self.end)

    def _asked(self, *found: tuple[str, ListedUnit] | None) -> Fate:
        fates = [self._fate(*one) for one in found if one is not None]
        units = [unit for fate in fates for unit in ((fate.unit,) if fate.unit else fate.candidates)]
        return Fate(None, "ask", tuple(dict.fromkeys(units)))


def trim_code(code: str) -> str:
    """Return a unit's code without the zeros that fill it up to twelve digits: 520602202000 is township 520602202."""
    for digits in sorted(_LEVEL_OF_DIGITS):
        if len(code) == max(_LEVEL_OF_DIGITS) and code.isdecimal() and not code[digits:].strip("0"):
            return code[:digits]
    return code

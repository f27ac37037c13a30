"""Which unit a feature is: by code and by name, both where both are there; a conflict is asked about, never decided.

A feature may name a district, a township, a village or a group. A group that is new to its village is to be made; a
feature whose village nobody knows is kept aside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from geo.importer.findings import Option
from geo.importer.meanings import SKIP
from geo.schema.words import load_words
from geo.signs import clean_name
from geo.units import VILLAGE_DIGITS, parse_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo.importer.outlines.texts import UnitTexts
    from geo.units import GroupName, Unit, UnitIndex

_GROUP_DIGITS: Final = 15
_LEVELS: Final = ("village", "township", "district")


@dataclass(frozen=True, slots=True)
class Match:
    """What a feature is: a unit that is there, or a new group (`village` and `group`), or neither.

    `reason` then is unknown (kept aside), conflict or ambiguous (asked about, with `candidates`), several (二三组) or
    no_group (the name of the group is left empty). `earlier` is the village of an earlier list that is named.
    """

    unit: Unit | None = None
    village: Unit | None = None
    group: GroupName | None = None
    reason: str = "matched"
    candidates: tuple[Unit, ...] = ()
    earlier: Unit | None = None

    @property
    def key(self) -> str:
        """Return what is equal for features of one unit; '' without one."""
        if self.unit is not None:
            return self.unit.id
        return f"{self.village.id}/{self.group.key}" if self.village is not None and self.group is not None else ""


@dataclass(slots=True)
class Matcher:
    """Matches the features of one file; `answers` are those to its questions (`unit:<label>` → unit id or code).

    `home` is the village that the file or the user names for groups whose feature names none.
    """

    index: UnitIndex
    answers: Mapping[str, str]
    home: Unit | None = None
    _all_codes: dict[str, Unit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index groups by their codes too."""
        self._all_codes = {unit.code: unit for unit in self.index.by_id.values()}

    def find(self, texts: UnitTexts) -> Match:
        """Return which unit a feature's texts mean."""
        answer = self.answers.get(f"unit:{texts.label}", "")
        answered = self.index.by_id.get(answer) or self._all_codes.get(answer)
        if answer == SKIP:
            return Match(reason="unknown")
        if answered is not None:
            return self._answered(answered, texts)
        coded = self._coded(texts)
        new = coded is None and len(texts.code) > VILLAGE_DIGITS
        if texts.group or texts.level == "group" or new or (coded is not None and coded.level == "group"):
            return self._group(texts, coded)
        if texts.village or texts.village_code or texts.level == "village" or (coded and coded.level == "village"):
            # Among groups, one without a name is not the village: that takes a level, or a code of its own.
            is_bare = texts.no_group and not texts.level and not texts.code
            found = self._village(texts)
            return Match(reason="no_group") if is_bare and found.unit is not None else found
        if texts.township or texts.level == "township" or (coded and coded.level == "township"):
            return self._other("township", texts.township or texts.name, coded)
        if texts.district or texts.level == "district" or (coded and coded.level == "district"):
            return self._other("district", texts.district or texts.name, coded)
        return self._by_name(texts) if texts.name and not texts.code else Match(reason="unknown")

    def options(self, match: Match) -> tuple[Option, ...]:
        """Return the answers to the question of a match: its candidates, and leaving the feature aside."""
        return (*(Option(unit.id, self.label(unit)) for unit in match.candidates), Option(SKIP, SKIP))

    def names(self, match: Match) -> dict[str, str]:
        """Return the names of township, village and group that a match means, by field."""
        names = {match.group.name: "group"} if match.group is not None else {}
        unit = match.unit or match.village
        while unit is not None and unit.level != "district":
            names[unit.name] = unit.level
            unit = self.index.by_id.get(unit.parent or "")
        return {level: name for name, level in reversed(names.items())}

    def label(self, unit: Unit) -> str:
        """Return a unit's name after that of the unit above it."""
        above = self.index.by_id.get(unit.parent or "")
        return f"{above.name} {unit.name}" if above else unit.name

    def _coded(self, texts: UnitTexts) -> Unit | None:
        """The unit of a code; one longer than a village's is a group's, or its village's where its group is 000."""
        code = texts.code
        unit = self._all_codes.get(code) or self._all_codes.get(code[:_GROUP_DIGITS])
        if unit is None and len(code) > VILLAGE_DIGITS and not code[VILLAGE_DIGITS:_GROUP_DIGITS].strip("0"):
            return self._all_codes.get(code[:VILLAGE_DIGITS])
        return unit

    def _answered(self, unit: Unit, texts: UnitTexts) -> Match:
        named = texts.level == "group" or clean_name(texts.name).endswith(load_words().group_tails)
        group = parse_group(texts.group or (texts.name if named else ""))
        if unit.level == "village" and group is not None:
            return self._group_of(unit, group)
        return Match(unit)

    def _village_match(self, texts: UnitTexts, village: str) -> Match:
        """Match a village by all that speaks of it: names of three levels, its code or a code that begins with it."""
        code = texts.village_code or texts.code[:VILLAGE_DIGITS]
        township = texts.township or (texts.parent if texts.level == "village" else "")
        if not village and len(code) < VILLAGE_DIGITS:
            return Match(reason="unknown")
        found = self.index.match_village(village, township=township, district=texts.district, code=code)
        if found.unit is not None:
            return Match(found.unit, earlier=found.earlier)
        return Match(
            reason=found.reason if found.reason in ("conflict", "ambiguous") else "unknown",
            candidates=found.candidates,
        )

    def _village(self, texts: UnitTexts) -> Match:
        found = self._village_match(texts, texts.village or texts.name)
        ancestry = self.index.earlier
        if found.unit is not None and found.earlier and ancestry is not None and not ancestry.is_whole(found.unit):
            return Match(reason="unknown", candidates=(found.unit,))
        return found

    def _group(self, texts: UnitTexts, coded: Unit | None) -> Match:
        """A group by its name and its village; its own code, where it is known, must mean the same."""
        group = parse_group(texts.group or texts.name)
        above = texts.village or (texts.parent if texts.level == "group" else "")
        village = (
            self._village_match(texts, above) if above or texts.code or texts.village_code else self._around(texts)
        )
        if village.unit is None and coded is not None and coded.level == "group" and not above:
            village = Match(self.index.by_id.get(coded.parent or ""))
        if village.unit is None or group is None:
            return village if village.unit is None else Match(reason="unknown")
        if group.several:
            return Match(village=village.unit, group=group, reason="several")
        found = self._group_of(village.unit, group, earlier=village.earlier)
        if coded is not None and coded.level == "group" and found.unit != coded:
            return Match(reason="conflict", candidates=tuple(one for one in (found.unit, coded) if one is not None))
        return found

    def _around(self, texts: UnitTexts) -> Match:
        """The village of a feature that names none: that of its folder, else the one its file is about."""
        found = self._village_match(texts, texts.folder) if texts.folder else Match(reason="unknown")
        return Match(self.home) if found.unit is None and self.home is not None else found

    def _group_of(self, village: Unit, group: GroupName, *, earlier: Unit | None = None) -> Match:
        return Match(self.index.group(village, group, earlier=earlier), village, group, earlier=earlier)

    def _other(self, level: str, name: str, coded: Unit | None) -> Match:
        """A township or the district, by name and code."""
        found = {self.index.by_id[one] for one in self.index.named(level, clean_name(name))} if name else set()
        if coded is not None and coded.level == level and (not name or coded in found):
            return Match(coded)
        if coded is not None or len(found) > 1:
            candidates = dict.fromkeys([*found, *([coded] if coded is not None else [])])
            return Match(reason="conflict" if coded is not None else "ambiguous", candidates=tuple(candidates))
        return Match(found.pop()) if found else Match(reason="unknown")

    def _by_name(self, texts: UnitTexts) -> Match:
        """A feature that has nothing but a name: 孟溪村, 和平乡, 孟溪村一组, or 一组 in a folder called 孟溪村."""
        name = clean_name(texts.name)
        found = {one for level in _LEVELS for one in self.index.named(level, name)}
        if len(found) == 1:
            return Match(self.index.by_id[found.pop()])
        if found:
            return Match(reason="ambiguous", candidates=tuple(self.index.by_id[one] for one in sorted(found)))
        readings = {one.key: one for one in self._split_name(name)}
        if len(readings) == 1:
            return readings.popitem()[1]
        if readings:
            villages = {one.village for one in readings.values() if one.village is not None}
            return Match(reason="ambiguous", candidates=tuple(sorted(villages, key=lambda unit: unit.code)))
        group = parse_group(name)
        village = self._around(texts).unit
        if group is not None and not group.several and village is not None:
            # Not every mark in a village's folder is a group: a new one must be called one.
            is_called = group.key.startswith("#") or name.endswith(load_words().group_tails)
            if is_called or self.index.group(village, group) is not None:
                return self._group_of(village, group)
        return Match(reason="unknown", candidates=self.index.nearest(name))

    def _split_name(self, name: str) -> Iterable[Match]:
        """Yield the readings of a name as a village's name, as long as can be, followed by a group's with its tail."""
        for at in range(len(name) - 1, 1, -1):
            group = parse_group(name[at:])
            villages = self.index.named("village", name[:at])
            if group is not None and not group.several and villages and name.endswith(load_words().group_tails):
                yield from (self._group_of(self.index.by_id[one], group) for one in villages)
                return

"""Units that newer lists closed, and who goes on in their place: what a file of an earlier year means today. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geo.units import Unit, UnitIndex, UnitMatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.units import GroupName


@dataclass(slots=True)
class EarlierUnits:
    """The units as they stood before each newer list, in the order they are asked; closed ones lead to their heirs.

    `heirs` maps the id of every unit, of whatever time, to the unit of today that goes on in its place; one without
    is not there. `comes_first`: a file is of the first of these states, so its names and codes are read there before
    those of today are tried.
    """

    states: Sequence[Sequence[Unit]]
    heirs: Mapping[str, Unit]
    comes_first: bool = False
    _indexes: dict[int, UnitIndex] = field(default_factory=dict)

    def match_village(self, texts: Mapping[str, str]) -> UnitMatch | None:
        """Return the village of today that goes on for the one of an earlier list that the texts mean; else None."""
        return self._first(lambda index: {index.match_village(**texts).unit} - {None})

    def coded(self, household_code: str) -> UnitMatch | None:
        """Return the same for the village whose code a household's code begins with."""
        return self._first(lambda index: {index.coded(household_code).unit} - {None})

    def named(self, text: str) -> UnitMatch | None:
        """Return the same for the one village that a title or a file's name speaks of."""
        return self._first(lambda index: {match.unit for match in index.find_named(text)})

    def group(self, village: Unit, group: GroupName) -> Unit | None:
        """Return the group of today that goes on for a group of a closed village."""
        for nth in range(len(self.states)):
            found = self._index(nth).group(village, group)
            if found is not None and found.id in self.heirs:
                return self.heirs[found.id]
        return None

    def is_whole(self, heir: Unit) -> bool:
        """Say whether a unit never took in two of an earlier list: else the land of one of them is not its land."""
        return all(sum(self.heirs.get(one.id) == heir for one in state) <= 1 for state in self.states)

    def _first(self, find: Callable[[UnitIndex], set[Unit | None]]) -> UnitMatch | None:
        """Return what the first state says that knows one unit; a unit that is still there was not followed."""
        for nth in range(len(self.states)):
            found = find(self._index(nth))
            old = found.pop() if len(found) == 1 else None
            heir = self.heirs.get(old.id) if old is not None else None
            if old is not None and heir is not None and heir.level == "village":
                return UnitMatch(heir, "matched", earlier=old if heir.id != old.id else None)
        return None

    def _index(self, nth: int) -> UnitIndex:
        if nth not in self._indexes:
            self._indexes[nth] = UnitIndex(self.states[nth])
        return self._indexes[nth]

"""Where the rows of a file belong, and the registered homes around them: the ground that a reading is weighed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.importer.points.evidence import Field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.crs import System
    from geo.crs.shifted import Floats
    from geo.importer.points.cells import Writing, Written
    from geo.importer.points.evidence import Rows
    from geo.store.area import Area
    from geo.store.ground import Ground, Homes
    from geo.units import GroupName, Unit, UnitIndex

#: Registered points are kept to so many digits of a degree.
_CLOSE: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Placing:
    """What the rows of a file are judged by: their units and codes, what is known, and what was said."""

    villages: Sequence[Unit | None]
    groups: Sequence[GroupName | None]
    codes: Sequence[str]
    units: UnitIndex
    ground: Ground
    crs: System | str
    answers: Mapping[str, str]


class Homesteads:
    """The leaf of every row as a number, the same for a registered home of that leaf; and the rows' known areas."""

    def __init__(self, placing: Placing, written: Written, writing: Writing) -> None:
        """Keep what the rows say; nothing is looked up before it is asked for."""
        self._placing, self._written, self._writing = placing, written, writing
        self._numbers: dict[str, int] = {}
        self._memo: dict[tuple[str, str], int] = {}

    def field(self) -> Field:
        """Return where the rows belong."""
        ground, villages = self._placing.ground, self._placing.villages
        if ground.district is not None and not ground.outlines:
            return Field(self._leaves_of, [ground.district], np.zeros(len(villages), dtype=np.int64))
        areas: list[Area] = []
        places: dict[str, int] = {}
        own = []
        for village in villages:
            key = village.id if village else ""
            if key not in places:
                places[key] = _place(areas, ground.area_of(key) if key else ground.district)
            own.append(places[key])
        return Field(self._leaves_of, areas, np.array(own, dtype=np.int64))

    def _leaves_of(self, rows: Rows) -> Rows:
        villages, groups, memo = self._placing.villages, self._placing.groups, self._memo
        found = []
        for nth in rows.tolist():
            village, group = villages[nth], groups[nth]
            key = (village.id if village else "", group.key if group else "")
            if key not in memo:
                memo[key] = self._number(self._name(village, group))
            found.append(memo[key])
        return np.array(found, dtype=np.int64)

    def _name(self, village: Unit | None, group: GroupName | None) -> str:
        if village is None or group is None:
            return village.id if village else ""
        known = self._placing.units.group(village, group)
        return known.id if known else f"{village.id}/{group.key}"

    def _number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    def registered(self, rows: Rows) -> tuple[Rows, Floats, Floats]:
        """Return the registered homes of the rows' villages: leaf, lon, lat.

        A point that came from the very numbers this file has for the household proves nothing about them.
        """
        here = {village.id for nth in rows.tolist() if (village := self._placing.villages[nth]) is not None}
        homes = self._placing.ground.read_homes(here)
        leaves = np.array([self._number(place) for place in homes.places], dtype=np.int64)
        other = self._are_independent(homes, here)
        return leaves[other], homes.lon[other], homes.lat[other]

    def _are_independent(self, homes: Homes, here: set[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Say which homes did not get their point from this file."""
        placing = self._placing
        rows = {
            (village.id, placing.codes[nth]): nth
            for nth, village in enumerate(placing.villages)
            if village is not None and village.id in here
        }
        own = np.array([rows.get(key, -1) for key in zip(homes.villages, homes.codes, strict=True)], dtype=np.int64)
        x, y = self._written.x[own], self._written.y[own]
        same = (np.abs(x - homes.lon) < _CLOSE) & (np.abs(y - homes.lat) < _CLOSE)
        for nth in np.flatnonzero(own >= 0).tolist():
            written = homes.written[nth]
            same[nth] = written == self._writing.of(int(own[nth])) if written else same[nth]
        return ~(same & (own >= 0))


def _place(areas: list[Area], area: Area | None) -> int:
    """Return the place of an area among those known, where it is put if it is new; -1 for none."""
    if area is None:
        return -1
    found = next((nth for nth, one in enumerate(areas) if one is area), len(areas))
    if found == len(areas):
        areas.append(area)
    return found

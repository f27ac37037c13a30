"""How the coordinates of one declared source are read: as declared, answered or proven, or not before somebody says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import ASK, System
from geo.importer.meanings import SKIP
from geo.importer.points.evidence import Weighed, weigh
from geo.importer.points.readings import PLAIN, SHIFTS, SWAPPED, Reading, are_metres, list_projections, parse_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.crs.shifted import Floats
    from geo.importer.points.evidence import Field, Flags, Neighbours, Rows
    from geo.importer.points.sources import Source
    from geo.store.area import Area

#: The kind of the question how a source is read, and how its id begins.
READING: Final = "points_crs"
#: Rows from which a sample tells whether a shift is worth weighing at all: its blocks, and the share it must reach.
_MANY: Final = 4_000
_BLOCKS: Final = 10
_BLOCK: Final = 150
_WORTH: Final = 0.6


@dataclass(frozen=True, slots=True)
class Lot:
    """The rows of one declared source that hold usable numbers, the numbers, and which rows tell their own order."""

    source: Source
    rows: Rows
    x: Floats
    y: Floats
    fixed: Flags

    @property
    def question(self) -> str:
        """Return the id under which the reading of this source is asked and answered."""
        return f"{READING}:{self.source.label}" if self.source.label else READING


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a lot is read.

    `how` is plain (as it stands, nothing was proposed), declared, answered, applied (proven) or asked (nothing is read
    before somebody answers). `weighed` is the evidence, `best` the key of the reading that speaks for itself ('' none),
    `neighbours` the undisputed points it was weighed by.
    """

    lot: Lot
    how: str
    reading: Reading
    weighed: tuple[Weighed, ...]
    best: str = ""
    neighbours: Neighbours | None = None

    def chosen(self) -> Weighed:
        """Return the chosen reading's own points."""
        return next(one for one in self.weighed if one.reading == self.reading)

    def proposed(self) -> Weighed | None:
        """Return what to show beside the points as they stand: the proven reading, or the chosen, named, likeliest."""
        others = [one for one in self.weighed if not one.reading.is_plain]
        keys = (self.best, self.reading.key, self.lot.source.named)
        told = next((one for key in keys for one in others if one.reading.key == key), None)
        likely = max(others, key=lambda one: (int(one.fits.sum()), int(one.inside.sum())), default=None)
        return told or (likely if likely is not None and likely.inside.any() else None)


def judge(
    lot: Lot, field: Field, *, find_neighbours: Callable[[Rows], Neighbours | None], area: Area | None,
    crs: System | str, answers: Mapping[str, str],
) -> Verdict:  # fmt: skip
    """Return how a lot is read. `crs` is the system that the user declared for the file, `auto` or `ask`."""
    told = crs if isinstance(crs, System) else _answered(answers.get(lot.question, ""))
    if told is not None:
        declared = isinstance(told, System)
        reading = Reading(told) if isinstance(told, System) else told
        around = None if declared else find_neighbours(lot.rows)
        found = _weigh(lot, field, [PLAIN] if reading == PLAIN else [PLAIN, reading], around)
        return Verdict(lot, "declared" if declared else "answered", reading, tuple(found), neighbours=around)
    neighbours = find_neighbours(lot.rows) if _is_worth(lot, field, find_neighbours) else None
    weighed = _weigh(lot, field, [PLAIN], neighbours)
    readings = _list_readings(lot, field, weighed[0], neighbours, area)
    weighed = weighed if len(readings) == 1 else _weigh(lot, field, readings, neighbours)
    best = _find_best(weighed, lot.source.named)
    key = best.reading.key if best else ""
    if _must_ask(lot.source, best) or (best is not None and crs == ASK):
        return Verdict(lot, "asked", PLAIN, tuple(weighed), key, neighbours)
    if best is None:
        return Verdict(lot, "plain", PLAIN, tuple(weighed), "", neighbours)
    return Verdict(lot, "applied", best.reading, tuple(weighed), key, neighbours)


def _find_best(weighed: list[Weighed], named: str) -> Weighed | None:
    """Return the proven reading: the named one first, then one that neighbours prove, then the one that most fit."""
    proven = [one for one in weighed if not one.reading.is_plain and one.is_proven()]
    return max(
        proven,
        key=lambda one: (one.reading.system.name == named, one.reading.needs_neighbours, int(one.fits.sum())),
        default=None,
    )


def _answered(answer: str) -> Reading | None:
    return parse_reading(answer) if answer and answer != SKIP else PLAIN if answer == SKIP else None


def _must_ask(source: Source, best: Weighed | None) -> bool:
    """A name in the file is followed only where the points prove it; one that claims nothing unusual needs no proof."""
    if source.claims_old_datum:
        return True
    if source.claims_shift or source.named.startswith("EPSG:"):
        return best is None or best.reading.system.name != source.named
    return False


def _weigh(lot: Lot, field: Field, readings: list[Reading], neighbours: Neighbours | None) -> list[Weighed]:
    return weigh(field, lot.rows, lot.x, lot.y, readings=readings, neighbours=neighbours, fixed=lot.fixed)


def _list_readings(
    lot: Lot, field: Field, plain: Weighed, neighbours: Neighbours | None, area: Area | None
) -> list[Reading]:
    """Return the readings that can compete for a lot; as it stands is always the first."""
    found = [PLAIN]
    if area is None or len(lot.rows) == 0:
        return found
    metres = are_metres(lot.x, lot.y)
    if not metres.all() and not plain.inside.all() and not lot.fixed.all():
        found.append(SWAPPED)
    if lot.source.claims_shift or neighbours is not None:
        found += [one for one in SHIFTS if not one.swapped or SWAPPED in found]
    if metres.any():
        known = neighbours is not None and bool(neighbours.knows(field.leaves_of(lot.rows)).any())
        listed = list_projections(lot.x[metres], lot.y[metres], area)
        found += [one for one in listed if known or not one.needs_neighbours]
    if lot.source.named.startswith("EPSG:"):
        named = _answered(lot.source.named)
        found += [named] if named is not None and named not in found else []
    return found


def _is_worth(lot: Lot, field: Field, find_neighbours: Callable[[Rows], Neighbours | None]) -> bool:
    """Say whether neighbours can prove a shift: of a long lot that claims none, a sample has to speak for one."""
    if len(lot.rows) < _MANY or lot.source.claims_shift:
        return len(lot.rows) > 0
    starts = np.linspace(0, len(lot.rows) - _BLOCK, _BLOCKS).astype(np.int64)
    some = np.unique(np.concatenate([np.arange(start, start + _BLOCK) for start in starts]))
    part = Lot(lot.source, lot.rows[some], lot.x[some], lot.y[some], lot.fixed[some])
    neighbours = find_neighbours(part.rows)
    if neighbours is None:
        return False
    weighed = _weigh(part, field, [PLAIN, *SHIFTS], neighbours)
    return max(float(one.fits.mean()) for one in weighed[1:]) >= _WORTH

"""From the coordinate cells of a file to points in WGS84 degrees, each with the system it came in and its writing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.crs import CGCS2000
from geo.importer.points.cells import PointCells, Writing, Written, read_cells
from geo.importer.points.evidence import LEAST, Neighbours
from geo.importer.points.homesteads import Homesteads, Placing
from geo.importer.points.listing import Listing
from geo.importer.points.readings import PLAIN
from geo.importer.points.sources import Source, SourceCells, read_sources
from geo.importer.points.verdict import Lot, Verdict, judge

if TYPE_CHECKING:
    from geo.crs.shifted import Floats
    from geo.importer.findings import Ledger
    from geo.importer.points.evidence import Rows
    from geo.store.area import Area

#: Points of a source that are shown before and after.
_SHOWN: Final = 400


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one reading of a source: points inside their area, points that fit, metres to neighbours."""

    reading: str
    inside: int
    fits: int
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class PointSource:
    """How the points of one declared source are read, and why.

    `how`: plain, declared, answered, applied, asked (see `verdict.Verdict`); `reading` the key of the reading that is
    taken, `best` of the one that is proven, `proposed` of the one to show beside the points as they stand ('' none).
    `moves` are (lon, lat as they stand, lon, lat as proposed) in WGS84 degrees of at most 400 of its `usable` points,
    the first pair not a number for metres; `around` at most 400 undisputed points of their groups.
    """

    label: str
    question: str
    named: str
    usable: int
    how: str
    reading: str
    best: str
    evidence: tuple[Evidence, ...]
    proposed: str = ""
    moves: tuple[tuple[float, float, float, float], ...] = ()
    around: tuple[tuple[float, float], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return what a report says of the source."""
        return {
            "source": self.label, "named": self.named, "usable": self.usable, "how": self.how, "reading": self.reading,
            "proven": self.best,
            "readings": [
                {"reading": one.reading, "inside": one.inside, "fits": one.fits, "distance_m": one.distance_m}
                for one in self.evidence
            ],
        }  # fmt: skip


@dataclass(slots=True)
class Points:
    """One entry a row: lon, lat (WGS84 degrees, None without a point), the system it came in, what was written."""

    lon: list[float | None]
    lat: list[float | None]
    system: list[str]
    written: list[str]
    sources: tuple[PointSource, ...] = ()


def read_points(ledger: Ledger, cells: PointCells, said: SourceCells, placing: Placing) -> Points | None:
    """Return the points of a file; None where no row says anything of one, and then nothing is listed either.

    What is wrong, repaired or in question is listed in the ledger.
    """
    written = read_cells(cells, placing.ground.district)
    if not written.says:
        return None
    sources, source_of = read_sources(said)
    bench = _Bench(ledger, written, placing, Writing(cells, [one.label for one in sources], source_of))
    numbers = np.array(source_of)
    for nth in sorted(range(len(sources)), key=lambda nth: _rank(sources[nth])):
        bench.settle(sources[nth], np.flatnonzero(numbers == nth))
    return bench.points()


def _rank(source: Source) -> int:
    """What claims nothing unusual is read first: its points are the neighbours of what does."""
    return 2 if source.claims_shift or source.claims_old_datum else 0 if source.named else 1


class _Bench:
    """What the sources of one file share while they are read one after the other."""

    def __init__(self, ledger: Ledger, written: Written, placing: Placing, writing: Writing) -> None:
        self._written, self._placing, self._writing = written, placing, writing
        self._listing = Listing(ledger, written, writing, placing.ground.district, placing.answers)
        self._homes = Homesteads(placing, written, writing)
        self._field = self._homes.field()
        self._usable = written.usable()
        self._usable[list(ledger.refusals)] = False
        rows = len(written.x)
        self._lon, self._lat = np.full(rows, np.nan), np.full(rows, np.nan)
        self._system, self._raw = [""] * rows, [""] * rows
        self._settled = np.zeros(rows, dtype=bool)
        self._sources: list[PointSource] = []
        self._fixed = np.zeros(rows, dtype=bool)
        self._fixed[list(written.told)] = True

    def settle(self, source: Source, rows: Rows) -> None:
        """Decide how one source is read, take its points and list the rest."""
        usable = rows[self._usable[rows]]
        lot = Lot(source, usable, self._written.x[usable], self._written.y[usable], self._fixed[usable])
        verdict = judge(
            lot, self._field, find_neighbours=self._neighbours, area=self._area(usable), crs=self._placing.crs,
            answers=self._placing.answers,
        )  # fmt: skip
        self._sources.append(_report(verdict))
        self._listing.list_unusable(rows[~self._usable[rows]])
        if verdict.how == "asked":
            self._listing.ask(verdict)
            return
        taken, lon, lat = self._listing.take(verdict)
        self._lon[usable[taken]], self._lat[usable[taken]] = lon[taken], lat[taken]
        self._keep(verdict, usable[taken])
        if not verdict.reading.system.is_shifted:
            self._settled[usable[taken]] = True

    def _keep(self, verdict: Verdict, rows: Rows) -> None:
        """Keep the system of located rows and what they wrote, unless that is the very numbers of the point."""
        source, reading = verdict.lot.source, verdict.reading
        name = source.named if reading == PLAIN and source.named == CGCS2000.name else reading.system.name
        says_more = reading != PLAIN or source.label != ""
        for nth in rows.tolist():
            self._system[nth] = name
            if says_more or not self._writing.is_plain(nth):
                self._raw[nth] = self._writing.of(nth)

    def _area(self, rows: Rows) -> Area | None:
        """Return the area that bounds the projections worth trying: the district's, else any unit's of the rows."""
        if self._placing.ground.district is not None:
            return self._placing.ground.district
        known = self._field.area_of[rows]
        known = known[known >= 0]
        return self._field.areas[int(known[0])] if len(known) else None

    def _neighbours(self, rows: Rows) -> Neighbours | None:
        """Return the undisputed points of the groups of rows: registered ones, and those settled in this file.

        None where too few of the rows have any.
        """
        own = self._field.leaves_of(rows)
        leaves, lon, lat = self._homes.registered(rows)
        here = np.flatnonzero(self._settled)
        leaves = np.concatenate([leaves, self._field.leaves_of(here)])
        if np.isin(own, leaves).sum() < LEAST:
            return None
        return Neighbours(leaves, np.concatenate([lon, self._lon[here]]), np.concatenate([lat, self._lat[here]]))

    def points(self) -> Points:
        """Return the points of all rows."""
        self._listing.list_turned(self._lon, self._lat)
        return Points(_listed(self._lon), _listed(self._lat), self._system, self._raw, tuple(self._sources))


def _listed(column: Floats) -> list[float | None]:
    values = column.astype(object)
    values[~np.isfinite(column)] = None
    return [*values.tolist()]


def _report(verdict: Verdict) -> PointSource:
    evidence = tuple(
        Evidence(one.reading.key, int(one.inside.sum()), int(one.fits.sum()), one.median_m) for one in verdict.weighed
    )
    lot, shown = verdict.lot, verdict.proposed()
    source = PointSource(
        lot.source.label, lot.question, lot.source.named, len(lot.rows), verdict.how, verdict.reading.key, verdict.best,
        evidence,
    )  # fmt: skip
    if shown is None:
        return source
    before = verdict.weighed[0]
    table = _thin(np.column_stack([before.lon, before.lat, shown.lon, shown.lat]))
    around = verdict.neighbours
    known = _thin(np.column_stack([around.lon, around.lat])) if around is not None else np.zeros((0, 2))
    return replace(
        source, proposed=shown.reading.key, around=tuple((lon, lat) for lon, lat in known.tolist()),
        moves=tuple((a, b, c, d) for a, b, c, d in table.tolist() if np.isfinite(c)),
    )  # fmt: skip


def _thin(table: Floats) -> Floats:
    """Return at most as many rows of a table as are shown, evenly spread."""
    some = np.unique(np.linspace(0, len(table) - 1, min(_SHOWN, len(table))).astype(np.int64))
    return table[some]

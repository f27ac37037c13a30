"""The index that map tiles are cut from: columns of located households in Morton order.

An index never changes: after a save `TileIndex.patched` gives the next one, which shares what stayed the same. So a
tile is always of one moment, and readers need no lock. It holds numbers alone: no name, no code, no text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.codes import ISSUE_RINGS, VISIT_STATES
from geo.crs import WGS84, System, from_wgs84
from geo.tiles.cells import Cells, count_cells
from geo.tiles.grid import GRID_BITS, morton_key, split_key, to_grid

#: What is packed into the byte of a household: state (`codes.VISIT_STATES`), ring (`codes.ISSUE_RINGS`), whether other
#: households live in the same dwelling.
STATE_BITS: Final = 0x0F
RING_SHIFT: Final = 4
SHARED: Final = 0x40
#: An open issue of the household went up to the township or higher.
ESCALATED: Final = 0x80
#: So many saves back the index knows which households changed; an older map fetches all its tiles anew.
CHANGES_KEPT: Final = 64
#: A save that changed more than this is told as "everything".
_MOST_TOLD: Final = 400
#: Many numbers are looked up in a table of all there can be, as long as that is not too large.
_FEW: Final = 1000
_TABLE_UP_TO: Final = 1 << 27

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which households a view shows; what is None is not asked for.

    `leaves`: roster places (ids). `among`: numbers of households (tile ids), sorted: what a further filter left.
    """

    leaves: frozenset[str] | None = None
    among: NDArray[np.uint32] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became different with one version: grid cells (x, y) where something changed; None for anywhere."""

    version: int
    cells: tuple[tuple[int, int], ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """Households without a point, as columns in no order."""

    tile_id: NDArray[np.uint32]
    leaf: NDArray[np.int32]
    code: NDArray[np.uint8]

    def kept(self, chosen: Mask) -> Aside:
        """Return the rows chosen."""
        return Aside(self.tile_id[chosen], self.leaf[chosen], self.code[chosen])

    def without(self, gone: Mask, more: Aside) -> Aside:
        """Return the rows that are not gone, and those of another."""
        joined = (
            np.concatenate([getattr(self, name)[~gone], getattr(more, name)]) for name in ("tile_id", "leaf", "code")
        )
        return Aside(*joined)


@dataclass(frozen=True, slots=True)
class Tally:
    """Households that a view wants, located or not: by state, by ring (excluded ones in none), and by leaf place.

    `places`: place id → (effective, roster, unlocated of the roster).
    """

    states: tuple[int, ...]
    rings: tuple[int, ...]
    places: Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class TileIndex:
    """Located households of one round as of one day within one area, as columns in Morton order.

    `version` is the revision of the store it was read at; `leaf` indexes `leaves` (roster places by id). `aside` are
    the households without a point: in no tile, but in every count. `system` is what the base map is drawn in: in GCJ-02
    the households stand where such a map shows their places.
    """

    version: int
    key: NDArray[np.uint64]
    tile_id: NDArray[np.uint32]
    leaf: NDArray[np.int32]
    code: NDArray[np.uint8]
    leaves: Mapping[str, int]
    aside: Aside
    changes: tuple[Change, ...] = ()
    system: System = WGS84
    #: Counts by cells of the zoom levels that were asked for; they only ever become more.
    _cells: dict[int, Cells] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return the number of households."""
        return len(self.key)

    def span(self, zoom: int, x: int, y: int) -> slice:
        """Return the rows of a tile: one slice."""
        shift = 2 * (GRID_BITS - zoom)
        first = int(morton_key(np.array([x]), np.array([y]))[0]) << shift
        bounds = np.array([first, first + (1 << shift)], dtype=np.uint64)
        start, stop = np.searchsorted(self.key, bounds)
        return slice(int(start), int(stop))

    def rows_in(self, zoom: int, squares: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of several squares (x, y) of one zoom level."""
        shift = np.uint64(2 * (GRID_BITS - zoom))
        first = np.sort(morton_key(squares[:, 0], squares[:, 1])) << shift
        starts = np.searchsorted(self.key, first)
        held = np.searchsorted(self.key, first + (np.uint64(1) << shift)) - starts
        nth = np.arange(held.sum()) - np.repeat(np.cumsum(held) - held, held)
        rows: NDArray[np.int64] = np.repeat(starts, held) + nth
        return rows

    def cells(self, zoom: int) -> Cells:
        """Return the households counted by the cells of a zoom level; the first call counts them."""
        found = self._cells.get(zoom)
        if found is None:
            found = self._cells[zoom] = count_cells(self.key, self.code, zoom)
        return found

    def only(self, wanted: Wanted) -> TileIndex:
        """Return the index of the households that a view wants: this one where it wants all."""
        mask = self.shown(slice(None), wanted)
        apart = self._pick(self.aside.tile_id, self.aside.leaf, wanted)
        if (mask is None or mask.all()) and (apart is None or apart.all()):
            return self
        if mask is None or apart is None:  # pragma: no cover - a view asks the same of both
            raise ValueError(wanted)
        # By number, not by mask: a filter leaves few, and a mask is read whole for each column.
        rows = np.flatnonzero(mask)
        columns = {name: getattr(self, name)[rows] for name in ("key", "tile_id", "leaf", "code")}
        return replace(self, **columns, aside=self.aside.kept(apart), _cells={})

    def shown(self, rows: slice | NDArray[np.intp], wanted: Wanted) -> Mask | None:
        """Return which of the rows a view wants; None for all of them."""
        return self._pick(self.tile_id[rows], self.leaf[rows], wanted)

    def count(self, wanted: Wanted) -> int:
        """Return how many located households a view wants."""
        mask = self.shown(slice(None), wanted)
        return len(self) if mask is None else int(mask.sum())

    def within(self, ring: Sequence[tuple[float, float]], wanted: Wanted) -> NDArray[np.uint32]:
        """Return the numbers (sorted) of the households a view wants that stand in an area.

        `ring` are its corners (lon, lat in WGS84 degrees), joined by lines that are straight on the map.
        """
        corners = np.array(ring, dtype=np.float64)
        on_map = to_grid(*from_wgs84(self.system, corners[:, 0], corners[:, 1]))
        area = shapely.make_valid(shapely.Polygon(np.stack(on_map, axis=1)))
        mask = self.shown(slice(None), wanted)
        rows = np.arange(len(self)) if mask is None else np.flatnonzero(mask)
        x, y = split_key(self.key[rows])
        west, south, east, north = area.bounds
        near = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        inside = shapely.intersects_xy(area, x[near], y[near])
        return np.sort(self.tile_id[rows[near][inside]])

    def tally(self, wanted: Wanted) -> Tally:
        """Count the households that a view wants, also those without a point."""
        apart = self.aside
        leaf, code = (np.concatenate([getattr(self, name), getattr(apart, name)]) for name in ("leaf", "code"))
        located = np.arange(len(leaf)) < len(self)
        mask = self._pick(np.concatenate([self.tile_id, apart.tile_id]), leaf, wanted)
        if mask is not None:
            leaf, code, located = leaf[mask], code[mask], located[mask]
        state = code & STATE_BITS
        on_roster = state != VISIT_STATES.index("excluded")
        ring = (code[on_roster] >> RING_SHIFT) & (len(ISSUE_RINGS) - 1)
        counted = [
            np.bincount(leaf[rows], minlength=len(self.leaves)).tolist()
            for rows in (state == VISIT_STATES.index("effective"), on_roster, on_roster & ~located)
        ]
        places = {place: tuple(column[nth] for column in counted) for place, nth in self.leaves.items()}
        return Tally(
            tuple(np.bincount(state, minlength=len(VISIT_STATES)).tolist()),
            tuple(np.bincount(ring, minlength=len(ISSUE_RINGS)).tolist()),
            {place: counts for place, counts in places.items() if any(counts)},
        )

    def _pick(self, tile_id: NDArray[np.uint32], leaf: NDArray[np.int32], wanted: Wanted) -> Mask | None:
        masks = []
        if wanted.leaves is not None and not (table := self._of_leaves(wanted.leaves)).all():
            masks.append(table[leaf])
        if wanted.among is not None:
            masks.append(_among(tile_id, wanted.among))
        return None if not masks else np.logical_and.reduce(masks)

    def changed_since(self, version: int) -> tuple[tuple[int, int], ...] | None:
        """Return the grid cells that changed after a version; None where that is not known any more."""
        if version == self.version:
            return ()
        since = [one for one in self.changes if one.version > version]
        known = self.changes and self.changes[0].version <= version + 1
        if not known or any(one.cells is None for one in since):
            return None
        return tuple({cell for one in since for cell in one.cells or ()})

    def patched(self, fresh: pd.DataFrame, version: int, *, places: set[str], homes: set[int]) -> TileIndex:
        """Return the index after a save: the rows of some leaf places and households are those of `fresh`.

        `fresh` holds every household of `places` as it is now (columns as in `build_index`); `homes` are the
        tile ids of households that may have stood elsewhere before.
        """
        part = build_index(fresh, version, leaves=self.leaves, system=self.system)
        leaves = [self.leaves[one] for one in places if one in self.leaves]
        moved = np.array(sorted(homes), dtype=np.uint32)
        gone, away = (np.isin(rows.leaf, leaves) | np.isin(rows.tile_id, moved) for rows in (self, self.aside))
        aside = self.aside.without(away, part.aside)
        old = _Rows(self.key[gone], self.tile_id[gone], self.leaf[gone], self.code[gone])
        new = _Rows(part.key, part.tile_id, part.leaf, part.code)
        changes = (*self.changes, Change(version, _differing(old, new)))[-CHANGES_KEPT:]
        cells = {
            zoom: known.changed(count_cells(old.key, old.code, zoom), count_cells(new.key, new.code, zoom))
            for zoom, known in self._cells.copy().items()
        }
        if old.stands_as(new):
            code = self.code.copy()
            code[gone] = new.code
            columns: dict[str, Any] = {"code": code}
        else:
            keep = ~gone
            at = np.searchsorted(self.key[keep], new.key)
            columns = {
                name: np.insert(getattr(self, name)[keep], at, getattr(new, name))
                for name in ("key", "tile_id", "leaf", "code")
            }
        return replace(self, version=version, leaves=part.leaves, aside=aside, changes=changes, _cells=cells, **columns)

    def unchanged(self, version: int) -> TileIndex:
        """Return the index for a version in which nothing that it shows became different."""
        return replace(self, version=version, changes=(*self.changes, Change(version, ()))[-CHANGES_KEPT:])

    def _of_leaves(self, leaves: frozenset[str]) -> Mask:
        table = np.zeros(len(self.leaves), dtype=bool)
        table[[self.leaves[one] for one in leaves if one in self.leaves]] = True
        return table


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some rows of an index, in its order."""

    key: NDArray[np.uint64]
    tile_id: NDArray[np.uint32]
    leaf: NDArray[np.int32]
    code: NDArray[np.uint8]

    def stands_as(self, other: _Rows) -> bool:
        """Say whether the same households stand in the same places."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("key", "tile_id", "leaf"))


def build_index(
    homes: pd.DataFrame, version: int, *, leaves: Mapping[str, int] | None = None, system: System = WGS84
) -> TileIndex:
    """Return the index of households: one row each, with place, tile_id, lon, lat, state, ring, dwelling.

    lon, lat are WGS84 degrees, or empty; state and ring are numbers. Households of one place that share a
    dwelling key stand where the first of them (the lowest tile id) stands. `leaves` are numbers given to places before;
    `system` is that of the base map under them.
    """
    homes = homes.reset_index(drop=True)
    known = dict(leaves or {})
    number, names = pd.factorize(homes["place"])
    for place in names:
        known.setdefault(str(place), len(known))
    leaf = np.array([known[str(place)] for place in names], dtype=np.int32)[number]
    located = (homes["lon"].notna() & homes["lat"].notna()).to_numpy()
    tile_id = homes["tile_id"].to_numpy(dtype=np.uint32)
    code = homes["state"].to_numpy(dtype=np.uint8) | (homes["ring"].to_numpy(dtype=np.uint8) << RING_SHIFT)
    if "escalated" in homes:
        code = np.where(homes["escalated"].to_numpy(dtype=bool), code | ESCALATED, code).astype(np.uint8)
    aside = Aside(tile_id[~located], leaf[~located], code[~located])
    lon, lat, shared = _house(homes if located.all() else homes[located].reset_index(drop=True))
    key = morton_key(*to_grid(*from_wgs84(system, lon, lat)))
    tile_id, leaf, code = tile_id[located], leaf[located], code[located]
    code = np.where(shared, code | SHARED, code).astype(np.uint8)
    order = np.lexsort((tile_id, key))
    return TileIndex(version, key[order], tile_id[order], leaf[order], code[order], known, aside, system=system)


def _house(homes: pd.DataFrame) -> tuple[NDArray[Any], NDArray[Any], Mask]:
    """Return where each household is drawn, and whether it shares its dwelling."""
    lon, lat = (homes[name].to_numpy(dtype=np.float64).copy() for name in ("lon", "lat"))
    shared = np.zeros(len(homes), dtype=bool)
    held = np.flatnonzero((homes["dwelling"].notna() & (homes["dwelling"] != "")).to_numpy(dtype=bool))
    if not len(held):
        return lon, lat, shared
    some = homes.iloc[held][["place", "dwelling", "tile_id", "lon", "lat"]]
    groups = some.sort_values("tile_id").groupby(["place", "dwelling"], sort=False, observed=True)
    for target, name in ((lon, "lon"), (lat, "lat")):
        target[held] = groups[name].transform("first").reindex(some.index).to_numpy()
    shared[held] = groups["tile_id"].transform("size").reindex(some.index).to_numpy() > 1
    return lon, lat, shared


def _differing(old: _Rows, new: _Rows) -> tuple[tuple[int, int], ...] | None:
    """Return the grid cells where two sets of rows differ; None when there are too many to tell."""
    before = set(zip(old.key.tolist(), old.tile_id.tolist(), old.code.tolist(), strict=True))
    after = set(zip(new.key.tolist(), new.tile_id.tolist(), new.code.tolist(), strict=True))
    keys = {row[0] for row in before ^ after}
    if len(keys) > _MOST_TOLD:
        return None
    x, y = split_key(np.array(sorted(keys), dtype=np.uint64))
    return tuple(zip(x.tolist(), y.tolist(), strict=True))


def _among(values: NDArray[np.uint32], ordered: NDArray[np.uint32]) -> Mask:
    if not len(ordered) or not len(values):
        return np.zeros(len(values), dtype=bool)
    if len(values) > _FEW and (most := max(int(ordered[-1]), int(values.max()))) < _TABLE_UP_TO:
        table = np.zeros(most + 1, dtype=bool)
        table[ordered] = True
        return table[values]
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: Mask = ordered[at] == values
    return found

"""Households counted by small cells: made once for each size of cell, kept right by the difference of each save.

A tile of cells is then a slice of ready columns, however many households stand in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.tiles.grid import GRID_BITS, morton_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Cells to a tile's side: 2^7.
CELL_BITS: Final = 7
#: The bits of a code under the cell: state and ring.
_CODE_BITS: Final = 6
_CODE: Final = (1 << _CODE_BITS) - 1
_PLACE: Final = (1 << 2 * CELL_BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Counts of one zoom level: a row for each code (state | ring << 4) that a cell holds, in Morton order of cells.

    `joined` is the cell's Morton number << 6 | code; `place` the cell's Morton number within its tile.
    """

    zoom: int
    joined: NDArray[np.uint64]
    count: NDArray[np.uint32]
    place: NDArray[np.uint16]
    code: NDArray[np.uint8]

    def span(self, x: int, y: int) -> slice:
        """Return the rows of a tile of this zoom: one slice."""
        shift = 2 * CELL_BITS + _CODE_BITS
        first = int(morton_key(np.array([x]), np.array([y]))[0]) << shift
        start, stop = np.searchsorted(self.joined, np.array([first, first + (1 << shift)], dtype=np.uint64))
        return slice(int(start), int(stop))

    def changed(self, old: Cells, new: Cells) -> Cells:
        """Return the counts after some households (`old`) have gone and others (`new`) have come."""
        keys = np.concatenate([old.joined, new.joined])
        steps = np.concatenate([-old.count.astype(np.int64), new.count.astype(np.int64)])
        found, which = np.unique(keys, return_inverse=True)
        more = np.bincount(which, weights=steps, minlength=len(found)).astype(np.int64)
        found, more = found[more != 0], more[more != 0]
        at = np.searchsorted(self.joined, found)
        known = np.zeros(len(found), dtype=bool)
        inside = at < len(self.joined)
        known[inside] = self.joined[at[inside]] == found[inside]
        count = self.count.astype(np.int64)
        count[at[known]] += more[known]
        joined, count = (
            np.insert(self.joined, at[~known], found[~known]),
            np.insert(count, at[~known], more[~known]),
        )
        return _cells(self.zoom, joined[count != 0], count[count != 0])


def count_cells(key: NDArray[np.uint64], code: NDArray[np.uint8], zoom: int) -> Cells:
    """Count households (Morton keys in any order, and the byte of each) by the cells of a zoom level."""
    shift = np.uint64(2 * (GRID_BITS - zoom - CELL_BITS))
    joined = ((key >> shift) << np.uint64(_CODE_BITS)) | (code & np.uint8(_CODE))
    joined.sort()
    first = np.flatnonzero(np.concatenate([[True], joined[1:] != joined[:-1]]) if len(joined) else [])
    return _cells(zoom, joined[first], np.diff(np.append(first, len(joined))))


def _cells(zoom: int, joined: NDArray[np.uint64], count: NDArray[np.int64]) -> Cells:
    place = (joined >> np.uint64(_CODE_BITS)) & np.uint64(_PLACE)
    code = joined & np.uint64(_CODE)
    return Cells(zoom, joined, count.astype(np.uint32), place.astype(np.uint16), code.astype(np.uint8))

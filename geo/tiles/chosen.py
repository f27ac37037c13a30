"""Households of an index chosen by their state or by an area drawn around them; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.index import ESCALATED, STATE_BITS, TileIndex, Wanted

#: A leaf place is chosen by an area in which more than this share of its located households stand.
_HALF: Final = 0.5


def numbers_in_state(index: TileIndex, wanted: Wanted, *states: int) -> NDArray[np.uint32]:
    """Return the numbers (tile ids, sorted) of the households a view wants in one of some states, located or not."""
    tile_id, _, code = _columns(index, wanted)
    return np.sort(tile_id[np.isin(code & STATE_BITS, states)])


def count_escalated(index: TileIndex, wanted: Wanted) -> int:
    """Return how many of the households a view wants, located or not, have an open issue that went up."""
    return int((_columns(index, wanted)[2] & ESCALATED != 0).sum())


def count_by_place(index: TileIndex, wanted: Wanted, state: int) -> dict[str, int]:
    """Return leaf place → how many of the households a view wants are in a state, located or not."""
    _, leaf, code = _columns(index, wanted)
    counts = np.bincount(leaf[(code & STATE_BITS) == state], minlength=len(index.leaves))
    return {place: int(counts[nth]) for place, nth in index.leaves.items() if counts[nth]}


def places_within(index: TileIndex, ring: Sequence[tuple[float, float]], wanted: Wanted) -> list[str]:
    """Return the leaf places (groups, or villages without groups) of which more than half stands in an area.

    `ring` are its corners (lon, lat in WGS84 degrees). Of the households a view wants those with a point decide.
    """
    inside = np.isin(index.tile_id, index.within(ring, wanted))
    shown = index.shown(slice(None), wanted)
    leaf = index.leaf if shown is None else index.leaf[shown]
    all_of, in_it = (np.bincount(one, minlength=len(index.leaves)) for one in (leaf, index.leaf[inside]))
    return [place for place, nth in index.leaves.items() if in_it[nth] > _HALF * all_of[nth]]


def _columns(index: TileIndex, wanted: Wanted) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.uint8]]:
    """Return number, leaf and byte of all households a view wants, those without a point last."""
    parts = []
    for rows in (index, index.aside):
        mask = index._pick(rows.tile_id, rows.leaf, wanted)  # noqa: SLF001 - of the same package
        parts.append([column if mask is None else column[mask] for column in (rows.tile_id, rows.leaf, rows.code)])
    tile_id, leaf, code = (np.concatenate(pair) for pair in zip(*parts, strict=True))
    return tile_id, leaf, code

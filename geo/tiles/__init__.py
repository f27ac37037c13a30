"""Household points in the binary form in which they reach the browser: tiles cut from an index."""

from geo.tiles.chosen import count_by_place, count_escalated, numbers_in_state, places_within
from geo.tiles.grid import from_grid, morton_key, split_key, to_grid
from geo.tiles.index import CHANGES_KEPT, TileIndex, Wanted, build_index
from geo.tiles.tile import CELLS, MAX_ZOOM, MIN_ZOOM, POINTS, POINTS_FROM_ZOOM, Tile, decode_tile, encode_tile

__all__ = [
    "CELLS",
    "CHANGES_KEPT",
    "MAX_ZOOM",
    "MIN_ZOOM",
    "POINTS",
    "POINTS_FROM_ZOOM",
    "Tile",
    "TileIndex",
    "Wanted",
    "build_index",
    "count_by_place",
    "count_escalated",
    "decode_tile",
    "encode_tile",
    "from_grid",
    "morton_key",
    "numbers_in_state",
    "places_within",
    "split_key",
    "to_grid",
]

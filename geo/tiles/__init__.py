"""Household points in the binary forms in which they reach the browser: whole blocks, and tiles cut from an index."""

from geo.tiles.block import Points, decode_block, encode_block, make_points
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
    "Points",
    "Tile",
    "TileIndex",
    "Wanted",
    "build_index",
    "decode_block",
    "decode_tile",
    "encode_block",
    "encode_tile",
    "from_grid",
    "make_points",
    "morton_key",
    "split_key",
    "to_grid",
]

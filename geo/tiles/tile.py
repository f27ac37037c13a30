"""Tiles cut from an index: points from zoom 13 on, counts of small cells below; one rule for a zoom, never for a tile.

Little-endian bytes: magic `GEOT`, u8 version (2), u8 kind (1 points, 2 cells), u8 zoom, u8 zero, u32 rows, u32 tile x,
u32 tile y, u32 data version (24 bytes); then the arrays one after the other.

- points: i16 x, i16 y (from the tile's corner, 4096 to a tile: 1/16 px), u32 number of the household, u8 state | ring
  << 4 | 0x40 where others share the dwelling: 9 bytes a household. A tile also holds those who stand just outside it
  and whose symbol reaches in, so that each tile can be drawn alone.
- cells: u32 households, u16 position (row × 128 + column), u8 state | ring << 4: one row for each state and ring that a
  cell holds; 128 cells to a tile's side. The households of all rows are those of the tile.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.grid import GRID_BITS, split_key
from geo.tiles.index import SHARED, STATE_BITS, TileIndex, Wanted

MAGIC: Final = b"GEOT"
VERSION: Final = 2
POINTS: Final = 1
CELLS: Final = 2
MIN_ZOOM: Final = 10
MAX_ZOOM: Final = 20
POINTS_FROM_ZOOM: Final = 13
#: Positions to a tile's side: 2^12.
_STEP_BITS: Final = 12
_PX: Final = (1 << _STEP_BITS) // 256
#: How far outside a tile a household's symbol may reach in, in px of the tile; more with a ring or a count beside it.
_PAD_PX: Final = 15
_WIDE_PAD_PX: Final = 32
#: The wide margin is one of these squares: a tile is 8 of them wide.
_PAD_ZOOMS: Final = 3
_CELL_BITS: Final = 7
_HEADER: Final = struct.Struct("<4sBBBBIIII")
_COLUMNS: Final = {POINTS: ("<i2", "<i2", "<u4", "u1"), CELLS: ("<u4", "<u2", "u1")}


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A tile read back: its kind, where it is, the version of its data, and its columns in the order of the format."""

    kind: int
    zoom: int
    x: int
    y: int
    version: int
    columns: tuple[NDArray[Any], ...]


def encode_tile(
    index: TileIndex, zoom: int, x: int, y: int, *, wanted: Wanted | None = None, points_from: int = POINTS_FROM_ZOOM
) -> bytes:
    """Return the tile of the households that a view wants: points from a zoom on, else cells.

    Raises `ValueError` for a tile that the map does not have.
    """
    if not (MIN_ZOOM <= zoom <= MAX_ZOOM and 0 <= x < 1 << zoom and 0 <= y < 1 << zoom):
        raise ValueError("no such tile")
    wanted = wanted or Wanted()
    kind = POINTS if zoom >= points_from else CELLS
    columns = (_cut_points if kind == POINTS else _count_cells)(index, zoom, (x, y), wanted)
    header = _HEADER.pack(MAGIC, VERSION, kind, zoom, 0, len(columns[0]), x, y, index.version)
    return header + b"".join(
        column.astype(width).tobytes() for column, width in zip(columns, _COLUMNS[kind], strict=True)
    )


def decode_tile(content: bytes) -> Tile:
    """Return what a tile holds. Raises `ValueError` for bytes that are no whole tile."""
    if len(content) < _HEADER.size:
        raise ValueError("too short for a tile")
    magic, version, kind, zoom, _, count, x, y, data = _HEADER.unpack_from(content)
    if magic != MAGIC or version != VERSION or kind not in _COLUMNS:
        raise ValueError("not a tile of this version")
    columns: list[NDArray[Any]] = []
    start = _HEADER.size
    for width in _COLUMNS[kind]:
        if start + np.dtype(width).itemsize * count > len(content):
            raise ValueError("cut off")
        columns.append(np.frombuffer(content, dtype=width, count=count, offset=start))
        start += columns[-1].nbytes
    if start != len(content):
        raise ValueError("too long")
    return Tile(kind, zoom, x, y, data, tuple(columns))


def _cut_points(index: TileIndex, zoom: int, at: tuple[int, int], wanted: Wanted) -> tuple[NDArray[Any], ...]:
    rows = index.rows_in(zoom + _PAD_ZOOMS, _padded(zoom + _PAD_ZOOMS, at))
    mask = index.shown(rows, wanted)
    rows = rows if mask is None else rows[mask]
    code = index.code[rows]
    x, y = (_place(*pair, zoom=zoom) for pair in zip(split_key(index.key[rows]), at, strict=True))
    outside = np.maximum(_beyond(x), _beyond(y))
    keep = outside <= np.where(code > STATE_BITS, _WIDE_PAD_PX, _PAD_PX) * _PX
    return x[keep], y[keep], index.tile_id[rows][keep], code[keep]


def _place(cells: NDArray[np.int64], tile: int, *, zoom: int) -> NDArray[np.int64]:
    """Return grid coordinates as steps from the tile's edge."""
    shift = GRID_BITS - zoom - _STEP_BITS
    inside = cells - (tile << (GRID_BITS - zoom))
    return inside >> shift if shift >= 0 else inside << -shift


def _beyond(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how far outside the tile a coordinate is, in steps; 0 inside."""
    return np.maximum(np.maximum(-steps, steps - (1 << _STEP_BITS) + 1), 0)


@cache
def _frame() -> NDArray[np.int64]:
    """Return the squares of a tile and of the ring around it, from the tile's corner."""
    side = np.arange(-1, (1 << _PAD_ZOOMS) + 1)
    return np.stack([axis.ravel() for axis in np.meshgrid(side, side)], axis=1)


def _padded(zoom: int, at: tuple[int, int]) -> list[tuple[int, int]]:
    squares = _frame() + np.array(at, dtype=np.int64) * (1 << _PAD_ZOOMS)
    inside = ((squares >= 0) & (squares < 1 << zoom)).all(axis=1)
    return [(int(x), int(y)) for x, y in squares[inside]]


def _count_cells(index: TileIndex, zoom: int, at: tuple[int, int], wanted: Wanted) -> tuple[NDArray[Any], ...]:
    rows = index.span(zoom, *at)
    mask = index.shown(rows, wanted)
    key, code = index.key[rows], index.code[rows]
    if mask is not None:
        key, code = key[mask], code[mask]
    shift = np.uint64(2 * (GRID_BITS - zoom - _CELL_BITS))
    cell = (key >> shift) & np.uint64((1 << (2 * _CELL_BITS)) - 1)
    joined = (cell.astype(np.uint32) << np.uint32(6)) | (code & ~np.uint8(SHARED) & np.uint8(0x3F))
    found, counts = _count(joined)
    x, y = split_key((found >> 6).astype(np.uint64))
    return counts, (y << _CELL_BITS) | x, found & 0x3F


def _count(values: NDArray[np.uint32]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the distinct values and how often each is there: by sorting few, by a table for many."""
    table_size = 1 << (2 * _CELL_BITS + 6)
    if len(values) < table_size >> 4:
        found, counts = np.unique(values, return_counts=True)
        return found, counts
    table = np.bincount(values, minlength=table_size)
    held = np.flatnonzero(table)
    return held, table[held]

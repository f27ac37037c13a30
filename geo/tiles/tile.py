"""Tiles cut from an index: points from zoom 13 on, counts of small cells below; one rule for a zoom, never for a tile.

Little-endian bytes: magic `GEOT`, u8 version (3), u8 kind (1 points, 2 cells), u8 zoom, u8 width of a count, u32 rows,
u32 tile x, u32 tile y, u32 data version (24 bytes); then the arrays one after the other.

- points: i16 x, i16 y (from the tile's corner, 4096 to a tile: 1/16 px), u32 number of the household, u8 state | ring
  << 4 | 0x40 where others share the dwelling | 0x80 where an issue went up: 9 bytes a household. A tile also holds
  those who stand just outside it and whose symbol reaches in, so that each tile can be drawn alone.
- cells: households (as many bytes as the header says: 1, 2 or 4), u8 and u8 the lower and the upper half of the step
  from the row before to this one along the Morton curve over the tile's 128 × 128 cells, u8 state | ring << 4: one row
  for each state and ring that a cell holds. Steps are small, so that the upper half packs to nothing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import CELL_BITS, Cells
from geo.tiles.grid import GRID_BITS, split_key
from geo.tiles.index import STATE_BITS, TileIndex, Wanted

MAGIC: Final = b"GEOT"
VERSION: Final = 3
POINTS: Final = 1
CELLS: Final = 2
MIN_ZOOM: Final = 6
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
_HEADER: Final = struct.Struct("<4sBBBBIIII")
_POINTS: Final = ("<i2", "<i2", "<u4", "u1")
#: Bytes of a count → its column and the others.
_CELLS: Final = {width: (f"<u{width}", "u1", "u1", "u1") for width in (1, 2, 4)}


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
    if wanted is not None:
        index = index.only(wanted)
    if zoom >= points_from:
        kind, wide, columns = POINTS, 0, _cut_points(index, zoom, (x, y))
    else:
        kind, (wide, columns) = CELLS, _cut_cells(index.cells(zoom), x, y)
    header = _HEADER.pack(MAGIC, VERSION, kind, zoom, wide, len(columns[0]), x, y, index.version)
    widths = _widths(kind, wide)
    return header + b"".join(column.astype(width).tobytes() for column, width in zip(columns, widths, strict=True))


def decode_tile(content: bytes) -> Tile:
    """Return what a tile holds. Raises `ValueError` for bytes that are no whole tile."""
    if len(content) < _HEADER.size:
        raise ValueError("too short for a tile")
    magic, version, kind, zoom, wide, count, x, y, data = _HEADER.unpack_from(content)
    widths = _widths(kind, wide)
    if magic != MAGIC or version != VERSION or not widths:
        raise ValueError("not a tile of this version")
    columns: list[NDArray[Any]] = []
    start = _HEADER.size
    for width in widths:
        if start + np.dtype(width).itemsize * count > len(content):
            raise ValueError("cut off")
        columns.append(np.frombuffer(content, dtype=width, count=count, offset=start))
        start += columns[-1].nbytes
    if start != len(content):
        raise ValueError("too long")
    if kind == CELLS:
        amount, lower, upper, code = columns
        column, row = split_key(np.cumsum(lower.astype(np.uint64) | (upper.astype(np.uint64) << np.uint64(8))))
        columns = [amount, (row << CELL_BITS) | column, code]
    return Tile(kind, zoom, x, y, data, tuple(columns))


def _widths(kind: int, wide: int) -> tuple[str, ...]:
    return (_POINTS if not wide else ()) if kind == POINTS else _CELLS.get(wide, ()) if kind == CELLS else ()


def _cut_points(index: TileIndex, zoom: int, at: tuple[int, int]) -> tuple[NDArray[Any], ...]:
    """Return the columns of a tile: those who stand in it, which are one slice, then those of its margin."""
    rows = index.span(zoom, *at)
    x, y = _steps(index.key[rows], zoom, at)
    around = index.rows_in(zoom + _PAD_ZOOMS, _margin(zoom + _PAD_ZOOMS, at))
    code = index.code[around]
    beside_x, beside_y = _steps(index.key[around], zoom, at)
    outside = np.maximum(_beyond(beside_x), _beyond(beside_y))
    keep = outside <= np.where(code > STATE_BITS, _WIDE_PAD_PX, _PAD_PX) * _PX
    pairs = (
        (x, beside_x), (y, beside_y), (index.tile_id[rows], index.tile_id[around]), (index.code[rows], code)
    )  # fmt: skip
    return tuple(np.concatenate([inside, beside[keep]]) for inside, beside in pairs)


def _steps(key: NDArray[np.uint64], zoom: int, at: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    x, y = split_key(key)
    return _place(x, at[0], zoom=zoom), _place(y, at[1], zoom=zoom)


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
    """Return the squares of the ring around a tile, from the tile's corner."""
    side = np.arange(-1, (1 << _PAD_ZOOMS) + 1)
    squares = np.stack([axis.ravel() for axis in np.meshgrid(side, side)], axis=1)
    ring: NDArray[np.int64] = squares[((squares < 0) | (squares >= 1 << _PAD_ZOOMS)).any(axis=1)]
    return ring


def _margin(zoom: int, at: tuple[int, int]) -> NDArray[np.int64]:
    squares = _frame() + np.array(at, dtype=np.int64) * (1 << _PAD_ZOOMS)
    inside: NDArray[np.int64] = squares[((squares >= 0) & (squares < 1 << zoom)).all(axis=1)]
    return inside


def _cut_cells(cells: Cells, x: int, y: int) -> tuple[int, tuple[NDArray[Any], ...]]:
    """Return how many bytes a count takes, and the columns of a tile."""
    rows = cells.span(x, y)
    count, place = cells.count[rows], cells.place[rows]
    steps = np.diff(place, prepend=np.uint16(0))
    most = int(count.max(initial=0))
    wide = next(width for width in _CELLS if most < 1 << 8 * width)
    return wide, (count, steps & 0xFF, steps >> 8, cells.code[rows])

"""Household points as one compact binary block, the form in which they reach the browser.

For maps of one village or one file, drawn from a table at hand; the map of the district takes tiles (`tile.py`).
Positions are cells of the grid of `grid.py`. A block covers a square of 2^(16 + shift) cells: a position is two 16-bit
offsets from its origin in steps of 2^shift cells. Rows are in Morton order.

Little-endian bytes: magic `GEOT`, u8 version, u8 shift, u16 zero, u32 count, u32 origin x, u32 origin y, u32 zero
(24 bytes); then the arrays one after the other: u16 x, u16 y, u32 id, u8 state | issue << 4, u8 households in the
dwelling (10 bytes a symbol).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.codes import ISSUE_RINGS, VISIT_STATES
from geo.tiles.grid import GRID_BITS, MAX_LATITUDE, Floats, Ints, from_grid, morton_key, to_grid

MAGIC: Final = b"GEOT"
VERSION: Final = 1
OFFSET_BITS: Final = 16
_HEADER: Final = struct.Struct("<4sBBHIIII")
_BYTES_EACH: Final = 10
_MAX_DWELLING: Final = 255


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """One entry a symbol: position in WGS84 degrees (lon, lat) and what is drawn there.

    `tile_id` is the household's number in tiles; `visit_state` and `issue_state` index `codes.VISIT_STATES` and
    `codes.ISSUE_RINGS`; `dwelling` counts the households that share the symbol (255 = that many or more).
    """

    lon: Floats
    lat: Floats
    tile_id: NDArray[np.uint32]
    visit_state: NDArray[np.uint8]
    issue_state: NDArray[np.uint8]
    dwelling: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Check what would otherwise be drawn wrongly. Raises `ValueError`."""
        count = len(self.lon)
        columns = (self.lat, self.tile_id, self.visit_state, self.issue_state, self.dwelling)
        if any(len(column) != count for column in columns):
            raise ValueError("columns of different lengths")
        if count == 0:
            return
        if not (np.isfinite(self.lon).all() and np.isfinite(self.lat).all()):
            raise ValueError("a position is not a number")
        if np.abs(self.lon).max() > 180 or np.abs(self.lat).max() > MAX_LATITUDE:  # noqa: PLR2004 - degrees of a half circle
            raise ValueError("a position is outside the map")
        if self.visit_state.max() >= len(VISIT_STATES) or self.issue_state.max() >= len(ISSUE_RINGS):
            raise ValueError("an unknown state")

    def __len__(self) -> int:
        """Return the number of symbols."""
        return len(self.lon)


def make_points(**columns: Any) -> Points:
    """Return points from sequences of numbers, with the widths that a block has; see `Points`."""
    return Points(
        lon=np.asarray(columns["lon"], dtype=np.float64),
        lat=np.asarray(columns["lat"], dtype=np.float64),
        tile_id=np.asarray(columns["tile_id"], dtype=np.uint32),
        visit_state=np.asarray(columns["visit_state"], dtype=np.uint8),
        issue_state=np.asarray(columns["issue_state"], dtype=np.uint8),
        dwelling=np.minimum(np.asarray(columns["dwelling"], dtype=np.int64), _MAX_DWELLING).astype(np.uint8),
    )


def encode_block(points: Points) -> bytes:
    """Return the block of the points, in Morton order.

    Positions move by at most half a step each way: 0.3 m or less as long as the points lie within some 35 km.
    """
    x, y = to_grid(points.lon, points.lat)
    shift, origin_x, origin_y = _frame(x, y)
    offset_x, offset_y = (x - origin_x) >> shift, (y - origin_y) >> shift
    order = np.argsort(morton_key(x >> shift, y >> shift), kind="stable")
    packed = points.visit_state | (points.issue_state << 4)
    header = _HEADER.pack(MAGIC, VERSION, shift, 0, len(points), origin_x, origin_y, 0)
    columns = (
        offset_x.astype("<u2"), offset_y.astype("<u2"), points.tile_id.astype("<u4"), packed.astype("u1"),
        points.dwelling.astype("u1"),
    )  # fmt: skip
    return header + b"".join(column[order].tobytes() for column in columns)


def decode_block(block: bytes) -> Points:
    """Return the points of a block, in its order. Raises `ValueError` for bytes that are no whole block."""
    if len(block) < _HEADER.size:
        raise ValueError("too short for a block")
    magic, version, shift, _, count, origin_x, origin_y, _ = _HEADER.unpack_from(block)
    if magic != MAGIC or version != VERSION or shift > GRID_BITS - OFFSET_BITS:
        raise ValueError("not a block of this version")
    if len(block) != _HEADER.size + _BYTES_EACH * count:
        raise ValueError("cut off or too long")
    columns: list[NDArray[Any]] = []
    start = _HEADER.size
    for width in ("<u2", "<u2", "<u4", "u1", "u1"):
        column = np.frombuffer(block, dtype=width, count=count, offset=start)
        columns.append(column)
        start += column.nbytes
    x, y, tile_id, packed, dwelling = columns
    places = ((origin_x, x), (origin_y, y))
    middle = (1 << shift) / 2
    lon, lat = from_grid(*(origin + (offset.astype(np.int64) << shift) + middle for origin, offset in places))
    return make_points(
        lon=lon, lat=lat, tile_id=tile_id, visit_state=packed & 15, issue_state=packed >> 4, dwelling=dwelling
    )


def _frame(x: Ints, y: Ints) -> tuple[int, int, int]:
    """Return the smallest shift whose square holds all cells, and its origin on the grid of that shift."""
    if len(x) == 0:
        return 0, 0, 0
    for shift in range(GRID_BITS - OFFSET_BITS + 1):
        origin_x, origin_y = int(x.min()) >> shift, int(y.min()) >> shift
        reach = max((int(x.max()) >> shift) - origin_x, (int(y.max()) >> shift) - origin_y)
        if reach < 1 << OFFSET_BITS:
            return shift, origin_x << shift, origin_y << shift
    raise ValueError("a position is outside the map")

"""The grid under every block and tile: Web-Mercator (EPSG:3857), 2^30 cells a side (3.7 cm at the equator).

x grows east, y south. A tile of zoom z is the square of cells whose upper z bits are its x and y; in Morton order (the
bits of x and y interleaved) all cells of a tile stand together.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

GRID_BITS: Final = 30
#: Web-Mercator ends here (degrees of latitude).
MAX_LATITUDE: Final = 85.05112877980659


def to_grid(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """Return the cells of positions (WGS84 degrees) on the 2^30 Web-Mercator grid: x east, y south."""
    side = 1 << GRID_BITS
    x = (lon + 180) / 360
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
    limit = side - 1
    return (
        np.clip(np.floor(x * side), 0, limit).astype(np.int64),
        np.clip(np.floor(y * side), 0, limit).astype(np.int64),
    )


def from_grid(x: NDArray[Any], y: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the positions (lon, lat in WGS84 degrees) of grid coordinates; the inverse of `to_grid`."""
    side = float(1 << GRID_BITS)
    lon = x / side * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / side))))
    return lon, lat


def morton_key(x: Ints, y: Ints) -> NDArray[np.uint64]:
    """Return the bits of x and y interleaved (x lowest), for coordinates below 2^32."""
    return _spread(x) | (_spread(y) << np.uint64(1))


def split_key(key: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Return x and y of Morton keys; the inverse of `morton_key`."""
    return _gather(key), _gather(key >> np.uint64(1))


def _spread(value: Ints) -> NDArray[np.uint64]:
    """Return the bits of a 32-bit number moved to the even places of 64 (the usual magic masks)."""
    spread = value.astype(np.uint64)
    for move, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        spread = (spread | (spread << np.uint64(move))) & np.uint64(mask)
    return spread


def _gather(key: NDArray[np.uint64]) -> Ints:
    """Return the bits at the even places as one number."""
    value = key & np.uint64(0x5555555555555555)
    for move, mask in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
        (16, 0x00000000FFFFFFFF),
    ):
        value = (value | (value >> np.uint64(move))) & np.uint64(mask)
    return value.astype(np.int64)

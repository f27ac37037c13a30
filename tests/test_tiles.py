"""The grid under the map's tiles: Web-Mercator, and Morton keys that come apart again."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.tiles import from_grid, morton_key, split_key, to_grid


def test_morton_key_interleaves_bits() -> None:
    """The key of (x, y) has the bits of x at the even places and those of y at the odd ones."""
    keys = morton_key(np.array([0b101, 0, 3, 2**30 - 1]), np.array([0b011, 1, 0, 2**30 - 1]))
    assert keys.tolist() == [0b011011, 2, 5, 2**60 - 1]


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 2**30 - 1), st.integers(0, 2**30 - 1)), min_size=1))
def test_keys_come_apart_again(cells: list[tuple[int, int]]) -> None:
    """Splitting a key returns its x and y."""
    x, y = (np.array(axis) for axis in zip(*cells, strict=True))
    back = split_key(morton_key(x, y))
    assert [axis.tolist() for axis in back] == [x.tolist(), y.tolist()]


def test_the_grid_is_web_mercator() -> None:
    """Longitude 0 on the equator is the middle of the grid; north is up, and the way back returns the position."""
    middle = 1 << 29
    x, y = to_grid(np.array([0.0, 109.2]), np.array([0.0, 27.7]))
    assert (x[0], y[0]) == (middle, middle)
    assert y[1] < middle < x[1]
    lon, lat = from_grid(x + 0.5, y + 0.5)
    east = (lon[1] - 109.2) * 111_320 * math.cos(math.radians(27.7))
    assert math.hypot(east, (lat[1] - 27.7) * 110_600) < 0.05

"""Blocks of household points: what goes in comes out, near enough, in the order that later tiles need."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tiles import Points, decode_block, encode_block, from_grid, make_points, morton_key, to_grid

households = st.lists(
    st.tuples(
        st.floats(109.0, 109.3),
        st.floats(27.5, 27.8),
        st.integers(0, 2**32 - 1),
        st.integers(0, 6),
        st.integers(0, 3),
        st.integers(1, 255),
    ),
    max_size=60,
    unique_by=lambda row: row[2],
)


def points_of(rows: list[tuple[float, float, int, int, int, int]]) -> Points:
    """Return points from rows in the order of the columns."""
    names = ("lon", "lat", "tile_id", "visit_state", "issue_state", "dwelling")
    return make_points(**{name: [row[at] for row in rows] for at, name in enumerate(names)})


def by_id(points: Points) -> dict[int, tuple[float, float, int, int, int]]:
    """Return what a block says of each household."""
    columns = (points.tile_id, points.lon, points.lat, points.visit_state, points.issue_state, points.dwelling)
    return {int(row[0]): (float(row[1]), float(row[2]), *map(int, row[3:])) for row in zip(*columns, strict=True)}


def distance_m(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return the distance of two nearby positions in metres."""
    east = (a[0] - b[0]) * 111_320 * math.cos(math.radians(a[1]))
    return math.hypot(east, (a[1] - b[1]) * 110_600)


@given(households)
def test_a_block_returns_what_was_put_in(rows: list[tuple[float, float, int, int, int, int]]) -> None:
    """Every household comes back once with its states, within 0.45 m over 30 km (0.3 m each way)."""
    points = points_of(rows)
    given_in, found = by_id(points), by_id(decode_block(encode_block(points)))
    assert found.keys() == given_in.keys()
    for tile_id, fact in given_in.items():
        assert found[tile_id][2:] == fact[2:]
        assert distance_m(found[tile_id], fact) <= 0.45


def test_a_village_is_exact_to_a_few_centimetres() -> None:
    """Over 5 km no household moves by more than 0.1 m, and 2,000 of them take 10 bytes each and a header."""
    random = np.random.default_rng(7)
    rows = [
        (109.2 + east, 27.7 + north, number, 0, 0, 1)
        for number, (east, north) in enumerate(random.uniform(0, 0.045, (2000, 2)), start=1)
    ]
    block = encode_block(points_of(rows))
    found = by_id(decode_block(block))
    assert len(block) == 24 + 10 * 2000
    assert max(distance_m(found[row[2]], row) for row in rows) <= 0.1


@given(households)
def test_encoding_again_changes_nothing(rows: list[tuple[float, float, int, int, int, int]]) -> None:
    """What a block says, packed again, is the same block."""
    block = encode_block(points_of(rows))
    assert encode_block(decode_block(block)) == block


def test_rows_are_in_morton_order() -> None:
    """Households of one map tile stand together: the Morton keys of a block rise."""
    random = np.random.default_rng(3)
    rows = [(109 + x, 27 + y, at, 0, 0, 1) for at, (x, y) in enumerate(random.uniform(0, 0.1, (500, 2)))]
    found = decode_block(encode_block(points_of(rows)))
    x, y = to_grid(found.lon, found.lat)
    shift = 5
    keys = morton_key(x >> shift, y >> shift)
    assert (np.diff(keys.astype(np.int64)) >= 0).all()


def test_morton_key_interleaves_bits() -> None:
    """The key of (x, y) has the bits of x at the even places and those of y at the odd ones."""
    keys = morton_key(np.array([0b101, 0, 3, 2**30 - 1]), np.array([0b011, 1, 0, 2**30 - 1]))
    assert keys.tolist() == [0b011011, 2, 5, 2**60 - 1]


def test_the_grid_is_web_mercator() -> None:
    """Longitude 0 on the equator is the middle of the grid; north is up, and the way back returns the position."""
    middle = 1 << 29
    x, y = to_grid(np.array([0.0, 109.2]), np.array([0.0, 27.7]))
    assert (x[0], y[0]) == (middle, middle)
    assert y[1] < middle < x[1]
    lon, lat = from_grid(x + 0.5, y + 0.5)
    assert distance_m((lon[1], lat[1]), (109.2, 27.7)) < 0.05


@pytest.mark.parametrize(
    "block", [b"", b"GEOT", b"NOPE" + bytes(20), encode_block(points_of([(109, 27, 1, 0, 0, 1)]))[:-1]]
)
def test_other_bytes_are_refused(block: bytes) -> None:
    """Bytes that are no whole block of this version raise an error instead of wrong points."""
    with pytest.raises(ValueError, match=r"block|cut"):
        decode_block(block)


@pytest.mark.parametrize(
    "row", [(float("nan"), 27, 1, 0, 0, 1), (109, 91, 1, 0, 0, 1), (109, 27, 1, 7, 0, 1), (109, 27, 1, 0, 4, 1)]
)
def test_what_cannot_be_drawn_is_refused(row: tuple[float, float, int, int, int, int]) -> None:
    """A missing or impossible position and an unknown state raise an error; nothing lands at 0, 0."""
    with pytest.raises(ValueError, match=r"position|state"):
        points_of([row])

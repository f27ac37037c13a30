"""Visit points and households in pairs: as many as there can be, then the least total distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from geo.mapping.pairing import EARTH_M, pair_points

#: Points on a small lattice about 11 m apart, so that ties and crowds occur.
SPOTS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14)


def haversine_m(points: np.ndarray, homes: np.ndarray) -> np.ndarray:
    """Great-circle distances, written another way than the product's."""
    lon1, lat1 = np.radians(points[:, 0])[:, None], np.radians(points[:, 1])[:, None]
    lon2, lat2 = np.radians(homes[:, 0])[None, :], np.radians(homes[:, 1])[None, :]
    half = np.sin((lat1 - lat2) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon1 - lon2) / 2) ** 2
    return 2 * EARTH_M * np.arcsin(np.sqrt(half))


def best_by_hand(metres: np.ndarray, within: float) -> tuple[int, float]:
    """Return the most pairs and their least total distance: a dense assignment with a price on every pair too far."""
    price = 1e6
    rows, columns = linear_sum_assignment(np.where(metres <= within, metres, price))
    taken = metres[rows, columns] <= within
    return int(taken.sum()), float(metres[rows, columns][taken].sum())


@settings(max_examples=150, deadline=None)
@given(points=SPOTS, homes=SPOTS, within=st.sampled_from([5.0, 15.0, 30.0, 60.0]))
def test_pairs_are_the_best_there_are(points, homes, within):
    """On random crowds the number of pairs is the maximum, the sum of distances the least, and no home is used twice."""
    if not points or not homes:
        return
    here = np.array(points, dtype=float) * 1e-4 + (28.2, -15.2)
    there = np.array(homes, dtype=float) * 1e-4 + (28.20003, -15.20002)
    metres = haversine_m(here, there)
    chosen, nearest = pair_points((here[:, 0], here[:, 1]), (there[:, 0], there[:, 1]), within_m=within)
    paired = np.flatnonzero(chosen >= 0)
    assert len(set(chosen[paired].tolist())) == len(paired)
    assert (metres[paired, chosen[paired]] <= within + 1e-6).all()
    most = (maximum_bipartite_matching(csr_array(metres <= within), perm_type="column") >= 0).sum()
    pairs, total = best_by_hand(metres, within)
    assert (len(paired), pairs) == (most, most)
    assert metres[paired, chosen[paired]].sum() == pytest.approx(total, abs=1e-3)
    assert nearest == pytest.approx(metres.min(axis=1), abs=1e-4)


def test_one_visit_covers_one_household():
    """Two homes beside one point are one pair; taking the nearest first would lose one of two pairs."""
    chosen, _ = pair_points(([0.0], [0.0]), ([0.0001, -0.0001], [0.0, 0.0]), within_m=30)
    assert (chosen >= 0).sum() == 1
    chosen, _ = pair_points(([0.0, 0.0002], [0.0, 0.0]), ([0.0001, 0.00035], [0.0, 0.0]), within_m=20)
    assert chosen.tolist() == [0, 1]


def test_nothing_to_pair():
    """Without points or homes, or with all too far, nobody is paired and the distance is still told."""
    assert pair_points(([], []), ([1.0], [1.0]), within_m=5)[0].tolist() == []
    assert pair_points(([1.0], [1.0]), ([], []), within_m=5)[0].tolist() == [-1]
    chosen, nearest = pair_points(([0.0], [0.0]), ([1.0], [0.0]), within_m=5)
    assert (chosen.tolist(), nearest[0]) == ([-1], pytest.approx(np.pi / 180 * EARTH_M))


def test_a_home_on_the_point_is_a_pair():
    """A distance of zero is the best of pairs, not a missing one."""
    assert pair_points(([5.0, 6.0], [5.0, 6.0]), ([6.0, 5.0], [6.0, 5.0]), within_m=1)[0].tolist() == [1, 0]

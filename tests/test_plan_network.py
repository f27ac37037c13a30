"""Road networks and straight lines: lengths against an independent Dijkstra and figures by hand."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import Invalid
from geo.plan.network import Edge, build_network, measure_pairs, travel_seconds
from geo.plan.travel import Pace, Walk, measure_plane, measure_sphere, project


def walk(edges: list[Edge], start: str) -> dict[str, float]:
    """Dijkstra with a heap, over the edges as they are given."""
    ways: dict[str, list[tuple[str, float]]] = {}
    for edge in edges:
        ways.setdefault(edge.start, []).append((edge.end, edge.length_m))
        if not edge.oneway:
            ways.setdefault(edge.end, []).append((edge.start, edge.length_m))
    found: dict[str, float] = {}
    heap = [(0.0, start)]
    while heap:
        length, node = heapq.heappop(heap)
        if node in found:
            continue
        found[node] = length
        for other, more in ways.get(node, []):
            heapq.heappush(heap, (length + more, other))
    return found


EDGES = st.lists(
    st.builds(Edge, st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.integers(0, 50).map(float), st.booleans()),
    max_size=14,
)


@given(EDGES)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_shortest_ways(edges):
    """With loops, edges side by side, of no length and one-way, every pair is as another Dijkstra finds it."""
    network = build_network([(one, 0.0, 0.0, 0.0) for one in "abcdef"], edges)
    pairs = [(start, end) for start in "abcdef" for end in "abcdef"]
    expected = [walk(edges, start).get(end, math.inf) for start, end in pairs]
    assert measure_pairs(network, pairs) == pytest.approx(expected, abs=1e-6)


def test_only_what_is_near_is_searched_and_nothing_is_lost():
    """In a net of one-way streets, places near each other are as far apart as a search of the whole net finds."""
    random = np.random.default_rng(4)
    side, step = 24, 0.02
    nodes = [
        (f"{row} {column}", 109 + column * step, 27 + row * step, 0.0) for row in range(side) for column in range(side)
    ]
    beside = [((row, column), other) for row in range(side) for column in range(side)
              for other in ((row + 1, column), (row, column + 1)) if max(other) < side]  # fmt: skip
    edges = [Edge(*(f"{row} {column}" for row, column in pair[:: random.choice([1, -1])]), float(random.integers(2_000, 20_000)),
                  bool(random.random() < 0.4)) for pair in beside]  # fmt: skip
    network = build_network(nodes, edges)
    near = [
        nth
        for nth in np.flatnonzero(network.main_part)
        if all(abs(int(one) - 9) < 4 for one in network.ids[nth].split())
    ]
    seconds, off_m = travel_seconds(network, network.lon[near], network.lat[near], travel="car", walk=Walk(Pace()))
    assert off_m == pytest.approx(0, abs=0.1)
    lengths = [walk(edges, network.ids[start]) for start in near]
    expected = [[some[network.ids[end]] for end in near] for some in lengths]
    assert seconds == pytest.approx(np.array(expected) / (25 / 3.6), abs=1)


def test_a_node_that_nobody_lists():
    """An edge may join nodes that the table of nodes lacks; a pair with an unknown node has no way."""
    network = build_network([("a", 1.5, 42.5, 900.0)], [Edge("a", "x", 5.0)])
    assert measure_pairs(network, [("a", "x"), ("x", "a"), ("a", "?")]) == [5.0, 5.0, math.inf]
    assert math.isnan(network.lon[network.place["x"]])


@pytest.mark.parametrize("length", [-1.0, math.nan, math.inf])
def test_a_length_that_is_none(length):
    """A negative or endless edge is refused with its nodes."""
    with pytest.raises(Invalid):
        build_network([], [Edge("a", "b", length)])


def test_the_main_part():
    """The largest part from which every node is reached, both ways, is told from dead ends and islands."""
    edges = [Edge("a", "b", 1.0), Edge("b", "c", 1.0), Edge("c", "d", 1.0, oneway=True), Edge("x", "y", 1.0)]
    network = build_network([], edges)
    assert [one for one in network.ids if network.main_part[network.place[one]]] == ["a", "b", "c"]


def test_straight_lines():
    """A thousandth of a degree of latitude is 111.195 m; metres on a plane are Pythagoras'."""
    lon, lat = np.array([109.0, 109.0, 109.001]), np.array([27.7, 27.701, 27.7])
    metres = measure_sphere(lon, lat)
    assert metres[0, 1] == pytest.approx(math.radians(0.001) * 6_371_008.8, rel=1e-6)
    assert metres[0, 2] == pytest.approx(math.radians(0.001) * 6_371_008.8 * math.cos(math.radians(27.7)), rel=1e-6)
    x, y = project(lon, lat)
    assert measure_plane(x, y) == pytest.approx(metres, rel=1e-4)
    assert measure_plane(np.array([0.0, 3.0]), np.array([0.0, 4.0]))[0, 1] == 5.0


def test_pace():
    """1,000 m at 4.5 km/h with a detour of 1.3 take 1,040 s; a pace at which nobody arrives is refused."""
    assert Pace(4.5, 1.3).seconds(np.array([1_000.0]))[0] == 1_040
    for wrong in ((0.0, 1.3), (4.5, 0.9), (math.nan, 1.3)):
        with pytest.raises(Invalid):
            Pace(*wrong)

"""The user's own road network: shortest ways over its edges by Dijkstra's algorithm (scipy), in metres or seconds.

Grain: nodes by id (any text), edges by the two ids they join. An edge goes both ways unless it is one-way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from geo.errors import Invalid
from geo.plan.stops import UNREACHABLE
from geo.plan.travel import RADIUS_M, Walk, measure_sphere, speed_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Rows of a distance table that are worked on at a time, so that its memory stays small.
_ROWS: Final = 64
#: Whoever lives farther from the roads than this is not reached by them.
_FARTHEST_M: Final = 3_000.0
#: Neighbours as near as this walk over, where that is quicker than the roads.
_ON_FOOT_M: Final = 1_000.0
#: An edge of no length is written as a length that nobody notices: the sparse table would take it for no edge.
_NO_LENGTH: Final = 1e-9


#: Roads are made ready for a way of moving once while villages of a district are planned one after the other.
_READY: Final = 2
#: More than what adding seconds in another order can make of a sum.
_HAIR: Final = 1 + 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A road network; two are never the same, so that what is made ready of one is found again.

    `ids` in order; `place` the index of each id; `graph` the shortest edge between two nodes (row → column), metres.
    `lon`, `lat` degrees WGS84, NaN where a node has none; `elev_m` metres above the sea, NaN where unknown.
    """

    ids: tuple[str, ...]
    place: dict[str, int]
    edges: tuple[Edge, ...]
    graph: csr_array
    lon: Floats
    lat: Floats
    elev_m: Floats

    @property
    def main_part(self) -> NDArray[np.bool_]:
        """Say of each node whether it is in the largest part from which every node is reached, both ways."""
        return _find_main_part(self.graph)

    def time(self, travel: str) -> csr_array:
        """Return the quickest edge between two nodes (row → column) in seconds, for a way of moving (`SPEEDS_KMH`).

        Roads that nobody moves on that way are left out; walking ignores one-way.
        """
        timed = [_timed(edge, travel) for edge in self.edges]
        return _to_graph([edge for edge in timed if edge is not None], self.place)


@dataclass(frozen=True, slots=True)
class Edge:
    """A stretch of road in metres from one node to another, and back unless it is one-way.

    `highway`: OpenStreetMap's class, '' = unknown; `speed_kmh`: what is driven there, if that is known.
    """

    start: str
    end: str
    length_m: float
    oneway: bool = False
    highway: str = ""
    speed_kmh: float | None = None


def build_network(nodes: Iterable[tuple[str, float, float, float]], edges: Iterable[Edge]) -> Network:
    """Return the network of nodes (id, lon, lat, elev_m) and edges; an edge may join nodes that are not listed.

    Of several edges between two nodes the shortest counts. Raises `Invalid` for a length that is none.
    """
    known = {one[0]: one[1:] for one in nodes}
    listed = list(edges)
    for edge in listed:
        if not (np.isfinite(edge.length_m) and edge.length_m >= 0):
            raise Invalid("network.length", start=edge.start, end=edge.end)
    ids = tuple(dict.fromkeys([*known, *(end for edge in listed for end in (edge.start, edge.end))]))
    place = {one: nth for nth, one in enumerate(ids)}
    nothing = (np.nan, np.nan, np.nan)
    table = np.array([known.get(one, nothing) for one in ids], dtype=float).reshape(-1, 3)
    return Network(ids, place, tuple(listed), _to_graph(listed, place), table[:, 0], table[:, 1], table[:, 2])


def _find_main_part(graph: csr_array) -> NDArray[np.bool_]:
    _, label = connected_components(graph, directed=True, connection="strong")
    main: NDArray[np.bool_] = label == np.bincount(label).argmax()
    return main


def _timed(edge: Edge, travel: str) -> Edge | None:
    """Return an edge with its seconds in the place of its metres, or nothing where nobody moves on it that way."""
    speed = speed_on(edge.highway, travel)
    if speed is None:
        return None
    driven = speed if edge.speed_kmh is None or travel == "walk" else edge.speed_kmh
    return Edge(edge.start, edge.end, edge.length_m / (driven / 3.6), edge.oneway and travel != "walk")


def _to_graph(edges: Sequence[Edge], place: dict[str, int]) -> csr_array:
    """Return the shortest edge of every pair; a table of sparse entries would add edges that lie side by side."""
    shortest: dict[tuple[int, int], float] = {}
    for edge in edges:
        start, end = place[edge.start], place[edge.end]
        for way in ((start, end),) if edge.oneway else ((start, end), (end, start)):
            shortest[way] = min(shortest.get(way, np.inf), max(edge.length_m, _NO_LENGTH))
    ways = np.array(list(shortest), dtype=np.int64).reshape(-1, 2)
    size = (len(place), len(place))
    return csr_array((np.array(list(shortest.values())), (ways[:, 0], ways[:, 1])), shape=size)


def measure_pairs(network: Network, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Return the metres of the shortest way of each pair of node ids, in order.

    inf: there is none, or one of the two is not in the network.
    """
    wanted: dict[int, list[int]] = {}
    for nth, (one, other) in enumerate(pairs):
        if one in network.place and other in network.place:
            wanted.setdefault(network.place[one], []).append(nth)
    starts = sorted(wanted)
    answer = [np.inf] * len(pairs)
    for begin in range(0, len(starts), _ROWS):
        some = starts[begin : begin + _ROWS]
        table = np.atleast_2d(dijkstra(network.graph, indices=some))
        for row, start in zip(table, some, strict=True):
            for nth in wanted[start]:
                answer[nth] = float(row[network.place[pairs[nth][1]]])
    return answer


def travel_seconds(
    network: Network, lon: Floats, lat: Floats, *, travel: str, walk: Walk
) -> tuple[NDArray[np.int64], Floats]:
    """Return the seconds between points (lon, lat in WGS84 degrees) over the roads, and how far each is from them.

    Each point walks to and from the nearest node of the network's main part; one that is farther than 3 km from it has
    no way (`UNREACHABLE`). Points within 1 km of each other walk over where that is quicker.
    """
    roads = _make_ready(network, travel)
    chord, nth = roads.tree.query(_on_sphere(lon, lat))
    node, off_m = roads.nodes[nth], 2 * RADIUS_M * np.arcsin(np.clip(chord / 2, 0, 1))
    to_road, from_road = walk.seconds(lon, lat, network.lon[node], network.lat[node])
    unique, back = np.unique(node, return_inverse=True)
    middle = int(np.hypot(network.lon[unique] - np.median(lon), network.lat[unique] - np.median(lat)).argmin())
    table = _measure_between(roads.graph, unique, middle)
    by_road = table[np.ix_(back, back)] + to_road[:, None] + from_road[None, :]
    seconds = np.minimum(by_road, _walk_over(lon, lat, walk))
    far = off_m > _FARTHEST_M
    gone = ~np.isfinite(seconds) | far[:, None] | far[None, :]
    matrix = np.where(gone, UNREACHABLE, np.rint(np.where(gone, 0, seconds))).astype(np.int64)
    np.fill_diagonal(matrix, 0)
    return matrix, off_m


def _walk_over(lon: Floats, lat: Floats, walk: Walk) -> Floats:
    """Return the seconds on foot between points that are near each other, inf between the others."""
    seconds = np.full((len(lon), len(lon)), np.inf)
    rows, columns = np.nonzero(np.triu(measure_sphere(lon, lat) <= _ON_FOOT_M, 1))
    there, back = walk.seconds(lon[rows], lat[rows], lon[columns], lat[columns])
    seconds[rows, columns], seconds[columns, rows] = there, back
    return seconds


@dataclass(frozen=True, slots=True)
class _Roads:
    """Roads as one way of moving sees them: seconds (row → column), and the nodes that people walk to from their doors.

    `nodes` are those of the main part that have a place; `tree` finds the nearest, by points of a sphere of radius 1.
    """

    graph: csr_array
    nodes: NDArray[np.int64]
    tree: cKDTree


@lru_cache(_READY)
def _make_ready(network: Network, travel: str) -> _Roads:
    """Return the roads for a way of moving. Raises `Invalid` where no node of the main part has a place."""
    graph = network.time(travel)
    placed = np.isfinite(network.lon) & np.isfinite(network.lat)
    nodes = np.flatnonzero(_find_main_part(graph) & placed)
    if not nodes.size:
        raise Invalid("network.no_points")
    return _Roads(graph, nodes, cKDTree(_on_sphere(network.lon[nodes], network.lat[nodes])))


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Return points (lon, lat in degrees) on a sphere of radius 1, x, y, z a row."""
    east, north = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def _measure_between(graph: csr_array, nodes: NDArray[np.int64], middle: int) -> Floats:
    """Return the seconds from each of some nodes, all of which reach each other, to each of them.

    The shortest way between two is no longer than that by the `middle` one, so that on it nothing lies farther from
    the middle, there and back, than the two ends together: the rest of the network is not searched.
    """
    out, home = dijkstra(graph, indices=nodes[middle]), dijkstra(graph.T.tocsr(), indices=nodes[middle])
    around = out + home
    kept = np.flatnonzero(around <= 2 * around[nodes].max() * _HAIR)
    inner = graph[kept][:, kept]
    place = np.searchsorted(kept, nodes)
    table = np.empty((len(nodes), len(nodes)))
    order = np.argsort(home[nodes], kind="stable")
    for at in range(0, len(nodes), _ROWS):
        some = order[at : at + _ROWS]
        farthest = (home[nodes[some]].max() + out[nodes].max()) * _HAIR
        table[some] = np.atleast_2d(dijkstra(inner, indices=place[some], limit=farthest))[:, place]
    return table

"""Published routing instances and a real mountain road network: costs and lengths as others have them."""

from __future__ import annotations

import csv
import gzip
import heapq
import math

import numpy as np
import pytest

from geo.cli import main
from geo.plan.engine import Budget
from geo.plan.instances import parse_instance, read_best
from geo.plan.network import measure_pairs, travel_seconds
from geo.plan.solving import cost_routes, solve_instance
from geo.plan.travel import Pace, Walk, measure_sphere
from geo.ways.roads import read_network

pytestmark = pytest.mark.real

INSTANCES = ("X-n101-k25", "X-n200-k36", "X-n1001-k43", "C1_10_1", "RC2_10_1", "pr1002", "u1060", "pcvrptw/RC2_10_1")


@pytest.mark.parametrize("name", INSTANCES)
def test_published_solutions_cost_what_they_say(shared_data, name):
    """The routes of every published solution cost, by our distances, exactly what is published."""
    file = shared_data / "routing" / "vrp" / f"{name}.vrp"
    solution = file.with_suffix(".sol").read_text(encoding="utf-8")
    routes = tuple(
        tuple(map(int, line.split(":")[1].split())) for line in solution.splitlines() if line.startswith("Route")
    )
    instance = parse_instance(file.read_text(encoding="utf-8"))
    assert cost_routes(instance, routes) == read_best(solution)


def test_an_instance_is_solved_near_the_best_known(shared_data):
    """X-n101-k25 is solved within 3 % of the best known in 2,000 iterations, by routes that carry no more than allowed."""
    text = (shared_data / "routing" / "vrp" / "X-n101-k25.vrp").read_text(encoding="utf-8")
    instance = parse_instance(text)
    solved = solve_instance(instance, Budget(2_000, 30))
    assert solved.feasible
    assert sorted(place for route in solved.routes for place in route) == list(range(1, 101))
    assert all(sum(int(instance.demand[place]) for place in route) <= 206 for route in solved.routes)
    assert 27_591 <= solved.cost <= 27_591 * 1.03


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_mountain_roads_equal_another_dijkstra(shared_data, tmp_path, capsys):
    """Lengths between 200 pairs of nodes of Andorra's roads are within 1 m of a Dijkstra written here."""
    folder = shared_data / "routing"
    nodes, edges = folder / "andorra_road_nodes.csv.gz", folder / "andorra_road_edges.csv.gz"
    ways: dict[str, list[tuple[str, float]]] = {}
    for edge in read(edges):
        ways.setdefault(edge["from"], []).append((edge["to"], float(edge["length_m"])))
        ways.setdefault(edge["to"], []).append((edge["from"], float(edge["length_m"])))
    ids = [node["node_id"] for node in read(nodes)]
    chosen = np.random.default_rng(8).integers(0, [40, len(ids)], (200, 2))
    pairs = [(ids[start], ids[end]) for start, end in chosen]
    (tmp_path / "pairs.csv").write_text("from,to\n" + "".join(f"{a},{b}\n" for a, b in pairs), encoding="utf-8")
    assert (
        main(["network-distance", "--nodes", str(nodes), "--edges", str(edges), "--pairs", str(tmp_path / "pairs.csv")])
        == 0
    )
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["from"], row["to"]) for row in rows] == pairs
    lengths = {start: walk(ways, start) for start in {start for start, _ in pairs}}
    for row, (start, end) in zip(rows, pairs, strict=True):
        expected = lengths[start].get(end)
        if expected is None:
            assert row["distance_m"] == "unreachable"
        else:
            assert math.isclose(float(row["distance_m"]), expected, abs_tol=1.0)


def walk(ways, start):
    """Dijkstra with a heap."""
    found: dict[str, float] = {}
    heap = [(0.0, start)]
    while heap:
        length, node = heapq.heappop(heap)
        if node not in found:
            found[node] = length
            for other, more in ways.get(node, []):
                heapq.heappush(heap, (length + more, other))
    return found


def test_seconds_over_mountain_roads(shared_data):
    """Walking times between 30 nodes of Andorra's roads are their lengths at 4.5 km/h, or over the hill where near."""
    folder = shared_data / "routing"
    nodes, edges = folder / "andorra_road_nodes.csv.gz", folder / "andorra_road_edges.csv.gz"
    network = read_network(nodes, edges)
    main_part = np.flatnonzero(network.main_part)
    some = np.random.default_rng(3).choice(main_part, 30, replace=False)
    lon, lat = network.lon[some], network.lat[some]
    seconds, off_m = travel_seconds(network, lon, lat, travel="walk", walk=Walk(Pace(4.5, 1.3)))
    assert off_m.max() < 0.01
    pairs = [(network.ids[a], network.ids[b]) for a in some for b in some]
    lengths = np.array(measure_pairs(network, pairs)).reshape(30, 30)
    apart = measure_sphere(lon, lat)
    expected = np.minimum(lengths, np.where(apart <= 1_000, apart * 1.3, np.inf)) / 1.25
    assert np.abs(seconds - expected).max() <= 1

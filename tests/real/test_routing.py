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


def test_settlements_over_mountain_roads_equal_another_dijkstra(shared_data, tmp_path, capsys):
    """Between Andorra's settlements, from their nearest nodes, lengths are within 1 m of a Dijkstra written here."""
    folder = shared_data / "routing"
    nodes, edges = folder / "andorra_road_nodes.csv.gz", folder / "andorra_road_edges.csv.gz"
    ways: dict[str, list[tuple[str, float]]] = {}
    for edge in read(edges):
        ways.setdefault(edge["from"], []).append((edge["to"], float(edge["length_m"])))
        ways.setdefault(edge["to"], []).append((edge["from"], float(edge["length_m"])))
    points = {node["node_id"]: (float(node["lon"]), float(node["lat"])) for node in read(nodes)}
    joined = max((walk(ways, node) for node in list(points)[:3]), key=len)
    with (shared_data / "places" / "andorra_settlements.csv").open(encoding="utf-8") as file:
        settlements = [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]
    near = [min((apart(point, points[node]), node) for node in joined) for point in settlements]
    pairs = [(start, end) for _, start in near for _, end in near]
    (tmp_path / "pairs.csv").write_text("from,to\n" + "".join(f"{a},{b}\n" for a, b in pairs), encoding="utf-8")
    options = ["--nodes", str(nodes), "--edges", str(edges), "--pairs", str(tmp_path / "pairs.csv")]
    assert main(["network-distance", *options]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["from"], row["to"]) for row in rows] == pairs
    lengths = {start: walk(ways, start) for _, start in near}
    expected = np.array([lengths[start][end] for start, end in pairs])
    assert np.array([float(row["distance_m"]) for row in rows]) == pytest.approx(expected, abs=1.0)

    lon, lat = np.array(settlements).T
    seconds, off_m = travel_seconds(read_network(nodes, edges), lon, lat, travel="walk", walk=Walk(Pace(4.5, 1.0)))
    own_off = np.array([off for off, _ in near])
    assert off_m == pytest.approx(own_off, abs=1.0)
    by_road = expected.reshape(len(near), -1) + own_off[:, None] + own_off[None, :]
    far = (measure_sphere(lon, lat) > 1_000) & (off_m <= 3_000)[:, None] & (off_m <= 3_000)[None, :]
    # Walks to the roads and back are whole seconds each.
    assert seconds[far] * 1.25 == pytest.approx(by_road[far], abs=2.0)


def apart(one, other):
    """Metres between two points (lon, lat in degrees) on a sphere, by the cosine rule."""
    (lon, lat), (other_lon, other_lat) = (tuple(map(math.radians, point)) for point in (one, other))
    cosine = math.sin(lat) * math.sin(other_lat) + math.cos(lat) * math.cos(other_lat) * math.cos(lon - other_lon)
    return 6_371_008.8 * math.acos(min(1.0, cosine))


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

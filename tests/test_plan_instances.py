"""Published instance formats: distances by TSPLIB's own figures and hand-computed ones, and answers costed apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geo.errors import Invalid
from geo.plan.engine import Budget
from geo.plan.instances import parse_instance, read_best
from geo.plan.solving import cost_routes, solve_instance
from geo.plan.tours import nearest_tour

POINTS = [(0, 0), (3, 4), (6, 8), (0, 9), (10, 1)]
BUDGET = Budget(200, 20)


def write(kind: str, weights: str, *sections: str, points=POINTS, **said: object) -> str:
    """An instance in TSPLIB's format."""
    head = {"NAME": "small", "TYPE": kind, "DIMENSION": len(points), "EDGE_WEIGHT_TYPE": weights, **said}
    lines = [f"{name} : {value}" for name, value in head.items()]
    if weights != "EXPLICIT":
        lines += ["NODE_COORD_SECTION", *(f"{nth} {x} {y}" for nth, (x, y) in enumerate(points, start=1))]
    return "\n".join([*lines, *sections, "EOF", ""])


def section(name: str, values) -> str:
    rows = [" ".join(map(str, row if isinstance(row, tuple) else (row,))) for row in values]
    return "\n".join([name, *(f"{nth} {row}" for nth, row in enumerate(rows, start=1))])


DEPOT = "DEPOT_SECTION\n1\n-1"


def test_rounding_by_kind():
    """Distances are rounded half up, up, down, or added by axis, as TSPLIB defines each kind."""
    points = [(0, 0), (1, 1), (3, 0.5)]
    expected = {"EUC_2D": [1, 3], "CEIL_2D": [2, 4], "FLOOR_2D": [1, 3], "MAN_2D": [2, 4], "MAX_2D": [1, 3],
                "ATT": [1, 1]}  # fmt: skip
    for kind, row in expected.items():
        assert list(parse_instance(write("TSP", kind, points=points)).distance[0, 1:]) == row, kind
    half = parse_instance(write("TSP", "EUC_2D", points=[(0, 0), (2.5, 0), (0, 3.5)]))
    assert list(half.distance[0]) == [0, 3, 4]


def test_places_on_the_earth():
    """GEO reads degrees and minutes: one degree along a meridian is 111 km and rounds up as TSPLIB says."""
    found = parse_instance(write("TSP", "GEO", points=[(10.0, 20.0), (11.0, 20.0), (10.3, 20.0)])).distance
    degree = 6378.388 * 3.141592 / 180
    assert list(found[0]) == [0, int(degree + 1), int(degree / 2 + 1)]


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("FULL_MATRIX", "0 1 2 1 0 3 2 3 0"), ("UPPER_ROW", "1 2 3"), ("LOWER_ROW", "1 2 3"),
        ("UPPER_DIAG_ROW", "0 1 2 0 3 0"), ("LOWER_DIAG_ROW", "0 1 0 2 3 0"), ("UPPER_COL", "1 2 3"),
        ("LOWER_COL", "1 2 3"), ("UPPER_DIAG_COL", "0 1 0 2 3 0"), ("LOWER_DIAG_COL", "0 1 2 0 3 0"),
    ],
)  # fmt: skip
def test_explicit_weights(form, numbers):
    """Every form of explicit weights gives the same matrix, however its numbers are broken into lines."""
    text = write("TSP", "EXPLICIT", f"EDGE_WEIGHT_SECTION\n{numbers.replace(' 3', chr(10) + '3', 1)}",
                 points=[0, 0, 0], EDGE_WEIGHT_FORMAT=form)  # fmt: skip
    assert parse_instance(text).distance.tolist() == [[0, 1, 2], [1, 0, 3], [2, 3, 0]]


def test_an_asymmetric_tour():
    """A full matrix that differs by direction is solved in the cheap direction."""
    text = write("ATSP", "EXPLICIT", "EDGE_WEIGHT_SECTION\n0 1 9\n9 0 1\n1 9 0", points=[0, 0, 0],
                 EDGE_WEIGHT_FORMAT="FULL_MATRIX")  # fmt: skip
    solved = solve_instance(parse_instance(text), BUDGET)
    assert (solved.cost, solved.routes) == (3, ((1, 2),))


def test_a_tour_that_can_be_seen():
    """Twelve points on a circle are visited around it."""
    points = [
        (round(1000 * math.cos(nth * math.tau / 12)), round(1000 * math.sin(nth * math.tau / 12))) for nth in range(12)
    ]
    solved = solve_instance(parse_instance(write("TSP", "EUC_2D", points=points)), BUDGET)
    (tour,) = solved.routes
    assert tour in (tuple(range(1, 12)), tuple(range(11, 0, -1)))


def test_a_long_tour_is_straightened():
    """A tour of 150 places is a tour of all of them, shorter than by nearest neighbours, and the same for a seed."""
    points = [(int(x), int(y)) for x, y in np.random.default_rng(7).integers(0, 1000, (150, 2))]
    instance = parse_instance(write("TSP", "EUC_2D", points=points))
    nearest = cost_routes(instance, (tuple(nearest_tour(instance.distance)[1:]),))
    first, again = (solve_instance(instance, Budget(300, 60), seed=2) for _ in range(2))
    assert first == again
    assert sorted(first.routes[0]) == list(range(1, 150))
    assert first.cost < 0.9 * nearest


def test_capacity_makes_routes():
    """Demands of 3 and a capacity of 6 need two routes, none of which carries more; the cost is their legs' sum."""
    text = write("CVRP", "EUC_2D", section("DEMAND_SECTION", [0, 3, 3, 3, 3]), DEPOT, CAPACITY=6)
    instance = parse_instance(text)
    solved = solve_instance(instance, BUDGET)
    assert solved.feasible
    assert sorted(len(route) for route in solved.routes) == [2, 2]
    legs = [leg for route in solved.routes for leg in zip((0, *route), (*route, 0), strict=True)]
    assert solved.cost == sum(math.floor(math.dist(POINTS[a], POINTS[b]) + 0.5) for a, b in legs)


def test_time_windows_in_tenths():
    """Windows and service are kept, and costs are counted in tenths that are cut off."""
    windows = [(0, 100), (0, 6), (40, 50), (0, 100), (0, 100)]
    text = write("VRPTW", "EUC_2D", section("DEMAND_SECTION", [0, 1, 1, 1, 1]), section("TIME_WINDOW_SECTION", windows),
                 DEPOT, CAPACITY=4, VEHICLES=4, SERVICE_TIME=5)  # fmt: skip
    instance = parse_instance(text)
    solved = solve_instance(instance, BUDGET)
    assert solved.feasible
    for route in solved.routes:
        clock, here = 0.0, 0
        for place in route:
            clock = max(clock + math.floor(math.dist(POINTS[here], POINTS[place]) * 10) / 10, windows[place][0])
            assert clock <= windows[place][1]
            clock, here = clock + 5, place
    legs = [leg for route in solved.routes for leg in zip((0, *route), (*route, 0), strict=True)]
    expected = sum(math.floor(math.dist(POINTS[a], POINTS[b]) * 10 + 1e-9) / 10 for a, b in legs)
    assert solved.cost == pytest.approx(expected)


def test_a_table_of_solomon():
    """Solomon's layout says the same as the section format."""
    rows = ["0 0 0 0 0 100 0", "1 3 4 1 0 90 5", "2 6 8 1 0 90 5"]
    text = (
        "C999\n\nVEHICLE\nNUMBER     CAPACITY\n  2         4\n\nCUSTOMER\nCUST NO.  XCOORD.\n" + "\n".join(rows) + "\n"
    )
    instance = parse_instance(text)
    assert (instance.name, instance.vehicles, instance.capacity) == ("C999", 2, 4)
    assert instance.distance.tolist() == [[0, 50, 100], [50, 0, 50], [100, 50, 0]]
    assert solve_instance(instance, BUDGET).cost == 20.0


def test_prizes_may_be_left():
    """A far place with a small prize is left out, and the cost counts its prize."""
    points = [(0, 0), (3, 4), (1000, 0)]
    text = write("PCVRPTW", "EUC_2D", section("DEMAND_SECTION", [0, 1, 1]), section("PRIZE_SECTION", [0, 50, 20]),
                 section("TIME_WINDOW_SECTION", [(0, 9000)] * 3), DEPOT, points=points, CAPACITY=2, VEHICLES=1)  # fmt: skip
    solved = solve_instance(parse_instance(text), BUDGET)
    assert (solved.routes, solved.unserved, solved.cost) == (((1,),), (2,), 100 + 200)


def test_a_depot_that_is_not_first():
    """The depot becomes place 0 and the others keep their order."""
    text = write("CVRP", "EUC_2D", section("DEMAND_SECTION", [1, 1, 0, 1, 1]), "DEPOT_SECTION\n3\n-1", CAPACITY=9)
    instance = parse_instance(text)
    assert instance.distance[0].tolist() == [0, 10, 5, 6, 8]
    assert instance.demand.tolist() == [0, 1, 1, 1, 1]


def test_a_long_route_is_split():
    """A limit on the distance of a route is kept."""
    text = write("CVRP", "EUC_2D", section("DEMAND_SECTION", [0, 1, 1, 1, 1]), DEPOT, CAPACITY=9, DISTANCE=25)
    instance = parse_instance(text)
    solved = solve_instance(instance, BUDGET)
    assert solved.feasible
    assert all(cost_routes(instance, (route,)) <= 25 for route in solved.routes)
    assert len(solved.routes) > 1


def test_exact_distances():
    """With exact rounding a cost keeps four decimals."""
    text = write("TSP", "EUC_2D", points=[(0, 0), (1, 1), (2, 0)])
    assert solve_instance(parse_instance(text, rounding="exact"), BUDGET).cost == pytest.approx(
        2 + 2 * 2**0.5, abs=1e-3
    )


def test_the_cost_of_a_solution():
    """The cost is read from a solution file with or without a colon."""
    assert read_best("Route #1: 1 2\nCost 27591\n") == 27591
    assert read_best("Route #1: 1\nCost: 42444.8\nOptimal: True\n") == 42444.8
    assert read_best("Route #1: 1\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", write("CVRP", "EUC_2D").replace("5 10 1\n", ""), write("HCP", "EUC_2D"), write("TSP", "XRAY1"),
        write("TSP", "EXPLICIT", "EDGE_WEIGHT_SECTION\n1 2", points=[0, 0, 0], EDGE_WEIGHT_FORMAT="UPPER_ROW"),
        write("TSP", "EUC_2D").replace("DIMENSION : 5", "DIMENSION : x"),
        write("CVRP", "EUC_2D", "DEPOT_SECTION\n1\n2\n-1"),
    ],
)  # fmt: skip
def test_what_is_no_instance(text):
    """What cannot be read, or is of a kind that cannot be solved, is refused with a sentence, not with Python's words."""
    with pytest.raises(Invalid) as refused:
        parse_instance(text)
    assert "index" not in str(refused.value)


def test_iterations_repeat():
    """The same iterations and seed give the same routes."""
    points = [(int(x), int(y)) for x, y in np.random.default_rng(1).integers(0, 1000, (25, 2))]
    text = write("CVRP", "EUC_2D", section("DEMAND_SECTION", [0] + [1] * 24), DEPOT, points=points, CAPACITY=7)
    first, second = (solve_instance(parse_instance(text), Budget(50, 60), seed=4) for _ in range(2))
    assert first == second

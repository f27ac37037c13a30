"""Planning measured: published instances beside OR-tools and VROOM (where they are installed), villages, a district.

`python -m benchmarks.plan instances FOLDER [SECONDS]` · `villages` · `district [VILLAGES]`. Seconds are of the CPU.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import describe_machine, show_table
from geo.plan.assemble import assemble
from geo.plan.engine import Budget
from geo.plan.instances import Instance, parse_instance, read_best
from geo.plan.metrics import Metrics, compare, measure
from geo.plan.solving import cost_routes, solve_instance
from geo.plan.stops import Stops, Terms

DAY_S = 7 * 3600


def measure_instances(folder: Path, seconds: float) -> str:
    """Return a table: gap to the best known cost of every instance of a folder, by solver."""
    rows = []
    for path in sorted(folder.rglob("*.vrp")):
        instance = parse_instance(path.read_text(encoding="utf-8"))
        best = read_best(path.with_suffix(".sol").read_text(encoding="utf-8"))
        solved = solve_instance(instance, Budget(10**9, 1e9, seconds), seed=1)
        found = cost_routes(instance, solved.routes) if solved.feasible else None
        other = solve_by_ortools(instance, seconds) if find_spec("ortools") else None
        rows.append(
            [path.relative_to(folder).with_suffix(""), instance.kind, f"{best:g}", show(found, best), show(other, best)]
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return show_table(["instance", "kind", "best known", "product", "OR-tools"], rows)


def show(cost: float | None, best: float) -> str:
    """Return a cost with its gap in percent."""
    return "–" if cost is None else f"{cost:g} ({(cost / best - 1) * 100:.2f} %)"


def solve_by_ortools(instance: Instance, seconds: float) -> float | None:
    """Return the cost that OR-tools' guided local search finds in so many seconds of the wall; None for prizes."""
    if instance.prize is not None:
        return None
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # noqa: PLC0415 - not of the product

    count = len(instance.distance)
    manager = pywrapcp.RoutingIndexManager(count, instance.vehicles or count // 2, 0)
    routing = pywrapcp.RoutingModel(manager)
    table = instance.distance.tolist()
    leg = routing.RegisterTransitCallback(lambda a, b: table[manager.IndexToNode(a)][manager.IndexToNode(b)])
    routing.SetArcCostEvaluatorOfAllVehicles(leg)
    if instance.capacity is not None and instance.demand is not None:
        demand = instance.demand.tolist()
        load = routing.RegisterUnaryTransitCallback(lambda a: demand[manager.IndexToNode(a)])
        routing.AddDimension(load, 0, instance.capacity, True, "load")  # noqa: FBT003 - its own interface
    if instance.opens is not None:
        add_windows(routing, manager, instance)
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(round(seconds * 1000))
    found = routing.SolveWithParameters(asked)
    return None if found is None else found.ObjectiveValue() / instance.scale


def add_windows(routing: Any, manager: Any, instance: Instance) -> None:
    """Add the time windows of an instance to a model of OR-tools."""
    table, service = instance.distance.tolist(), instance.service.tolist()

    def pass_time(a: int, b: int) -> int:
        start, end = manager.IndexToNode(a), manager.IndexToNode(b)
        return table[start][end] + service[start]

    horizon = int(instance.closes[0])
    routing.AddDimension(routing.RegisterTransitCallback(pass_time), horizon, horizon, False, "time")  # noqa: FBT003
    clock = routing.GetDimensionOrDie("time")
    for place in range(1, len(instance.distance)):
        window = int(instance.opens[place]), int(instance.closes[place])
        clock.CumulVar(manager.NodeToIndex(place)).SetRange(*window)


def make_village(count: int, seed: int) -> tuple[Stops, np.ndarray]:
    """Return homes in clusters of about thirty, the start point in the middle; seconds on foot, detour 1.3."""
    random = np.random.default_rng(seed)
    centres = random.normal(0, 1_500, (max(3, count // 30), 2))
    xy = np.vstack([[0, 0], centres[random.integers(0, len(centres), count)] + random.normal(0, 150, (count, 2))])
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    service = random.choice([900, 1_200, 1_500, 1_800], count + 1)
    service[0] = 0
    priority = random.choice([0.0, 10.0, 30.0, 60.0], count + 1, p=[0.5, 0.3, 0.15, 0.05])
    ids = tuple(map(str, range(count + 1)))
    stops = Stops(ids, service, priority, np.zeros(count + 1, dtype=np.int64), ("",) * (count + 1), xy[:, 0], xy[:, 1])
    return stops, np.rint(metres * 1.3 / 1.25).astype(np.int64)


def measure_villages() -> str:
    """Return a table: one village by mode, beside two simpler orders, and half of the time for its most urgent."""
    rows = []
    for count in (300, 450, 600):
        stops, matrix = make_village(count, count)
        for mode in ("compact", "balanced"):
            began = time.process_time()
            plan = assemble(stops, matrix, Terms(DAY_S, mode=mode, seconds=1e9))
            rows.append([count, mode, *figures(measure(plan, stops)), f"{time.process_time() - began:.1f}"])
        for name, one in compare(stops, matrix, Terms(DAY_S), among=range(1, count + 1)).items():
            rows.append([count, name.replace("_", " "), *figures(one), "–"])
        half = assemble(stops, matrix, Terms(DAY_S, days=len(plan.team_days) // 2, seconds=1e9, effort=0.3))
        found = measure(half, stops)
        rows.append([count, f"half the time: {found.top_by_day[-1]} of {found.top} most urgent", *figures(found), "–"])
    return show_table(["homes", "order", "travel h", "team-days", "max/min load", "overlap", "CPU s"], rows)


def figures(one: Metrics) -> list[str]:
    """Return travel, team-days, balance and overlap."""
    return [f"{one.travel_s / 3600:.1f}", str(one.team_days), f"{one.balance:.2f}", f"{one.overlap:.2f}"]


def plan_one(seed: int) -> tuple[list[float], list[float], int]:
    """Plan one village of a district; return travel, team-days and balance of the plan and of nearest neighbour."""
    count = int(np.random.default_rng(seed).integers(250, 660))
    stops, matrix = make_village(count, seed)
    plan = measure(assemble(stops, matrix, Terms(DAY_S, mode="balanced", effort=0.03, seconds=1e9)), stops)
    near = compare(stops, matrix, Terms(DAY_S), among=range(1, count + 1))["nearest_neighbour"]
    return *([one.travel_s, one.team_days, one.balance] for one in (plan, near)), count


def measure_district(villages: int) -> str:
    """Return a table: many villages in as many processes as there are cores."""
    began = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(plan_one, range(villages)))
    took = time.perf_counter() - began
    homes = sum(one[2] for one in found)
    rows = []
    for nth, name in enumerate(("balanced", "nearest neighbour")):
        table = np.array([one[nth] for one in found], dtype=float)
        ratios = np.quantile(table[:, 2], [0.5, 0.9])
        seconds = f"{took:.0f}" if not nth else "–"
        rows.append([villages, f"{homes:,}", name, f"{table[:, 0].sum() / 3600:,.0f}", f"{table[:, 1].sum():,.0f}",
                     f"{ratios[0]:.2f}", f"{ratios[1]:.2f}", seconds])  # fmt: skip
    heads = ["villages", "homes", "order", "travel h", "team-days", "max/min median", "p90", "seconds"]
    return show_table(heads, rows)


def main(arguments: list[str]) -> None:
    """Print one table."""
    what, *rest = arguments or ["villages"]
    print(describe_machine() + "\n")
    if what == "instances":
        print(measure_instances(Path(rest[0]), float(rest[1]) if len(rest) > 1 else 10.0))
    elif what == "district":
        print(measure_district(int(rest[0]) if rest else 170))
    else:
        print(measure_villages())


if __name__ == "__main__":
    main(sys.argv[1:])

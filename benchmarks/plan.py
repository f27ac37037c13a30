"""Planning measured: villages and districts beside two simpler orders and OR-tools; published instances.

`python -m benchmarks.plan PIECE`, where PIECE is `instances FOLDER [SECONDS] [SOLVER] [NAME …]`, `villages`, `growth`,
`district [VILLAGES]`, `ortools [VILLAGES]` (some villages of that district by OR-tools), `store [HOUSEHOLDS]` (the gap
list of a stored district), or `page`, which writes what is kept into docs/benchmarks.md. What is done is kept in the
file that GEO_BENCH_KEEP names, and not measured again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.instances import SOLVERS, measure_instances
from benchmarks.kept import keep
from benchmarks.measure import describe_machine
from benchmarks.plan_page import write_page
from benchmarks.solvers import plan_by_ortools, plan_by_pyvrp
from benchmarks.world import SCOPE, built_world
from geo.plan.assemble import assemble
from geo.plan.engine import Budget, Fleet, Task, search
from geo.plan.metrics import Metrics, compare, measure
from geo.plan.orders import nearest_neighbour
from geo.plan.stops import Stops, Terms
from geo.planning import Order, default_setup, plan_places
from geo.store.database import Database

DAY_S = 7 * 3600
#: What each of a district's villages gets (`geo.planning.run`).
EFFORT = 0.04
GROWTH = (5_000, 20_000, 77_000, 160_000)
#: Homes of a village, on average.
VILLAGE = 454


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


def measure_villages(sizes: Sequence[int] = (300, 450, 600), reference_s: float = 15.0) -> None:
    """Measure one village by mode, beside two simpler orders, and half of the time for its most urgent."""
    for count in sizes:
        keep(f"village {count}", lambda count=count: measure_village(count))
        keep(f"reference {count} {reference_s:g}", lambda count=count: measure_reference(count, reference_s))


def measure_village(count: int) -> list[list[object]]:
    """Return rows of one village by order."""
    rows: list[list[object]] = []
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
    return rows


def measure_reference(count: int, seconds: float) -> list[object]:
    """Return the travel after 1 CPU-second beside that of PyVRP as it ships after many, on as many team-days."""
    stops, matrix = make_village(count, count)
    routes = nearest_neighbour(matrix, stops, day_s=DAY_S, among=range(1, count + 1))
    task = Task((matrix,), stops.service_s[1:], (Fleet(len(routes), DAY_S),))
    found = search(task, Budget(10**9, 1e9, 1.0), start=[(0, route) for route in routes])
    mine = cost(matrix, [route for _, route in found.routes])
    long = cost(matrix, plan_by_pyvrp(stops, matrix, DAY_S, most=len(routes), seconds=seconds))
    return [count, len(routes), round(mine / 3600, 2), round(long / 3600, 2), round((mine / long - 1) * 100, 2)]


def cost(matrix: np.ndarray, routes: Sequence[Sequence[int]]) -> int:
    """Return the seconds of travel of routes."""
    return sum(int(matrix[[0, *route], [*route, 0]].sum()) for route in routes)


def figures(one: Metrics) -> list[str]:
    """Return travel, team-days, balance and overlap."""
    balance, overlap = one.balance or 1.0, one.overlap or 0.0
    return [f"{one.travel_s / 3600:.1f}", str(one.team_days), f"{balance:.2f}", f"{overlap:.2f}"]


def measure_ortools(villages: int, seconds: float = 2.0, some: int = 12) -> list[list[object]]:
    """Return rows: some of a district's villages by the product as all are planned, and by OR-tools."""
    chosen = list(range(0, villages, max(1, villages // some)))[:some]
    ours, theirs = np.zeros(3), np.zeros(3)
    for seed in chosen:
        count = int(np.random.default_rng(seed).integers(250, 660))
        stops, matrix = make_village(count, seed)
        began = time.process_time()
        plan = measure(assemble(stops, matrix, Terms(DAY_S, mode="balanced", effort=EFFORT, seconds=1e9)), stops)
        ours += (plan.travel_s, plan.team_days, time.process_time() - began)
        routes = plan_by_ortools(stops, matrix, DAY_S, seconds)
        theirs += (cost(matrix, routes), len(routes), seconds)
    return [[name, len(chosen), f"{one[0] / 3600:.1f}", int(one[1]), f"{one[2] / len(chosen):.2f}"]
            for name, one in (("balanced", ours), ("OR-tools", theirs))]  # fmt: skip


def plan_one(seed: int) -> tuple[list[list[float]], int]:
    """Plan one village of a district; return travel, team-days, balance and overlap by order, and its homes."""
    count = int(np.random.default_rng(seed).integers(250, 660))
    stops, matrix = make_village(count, seed)
    plan = measure(assemble(stops, matrix, Terms(DAY_S, mode="balanced", effort=EFFORT, seconds=1e9)), stops)
    others = compare(stops, matrix, Terms(DAY_S), among=range(1, count + 1))
    found = (plan, others["nearest_neighbour"], others["register_order"])
    return [[one.travel_s, one.team_days, one.balance or 1.0, one.overlap or 0.0] for one in found], count


def measure_district(villages: int) -> list[list[object]]:
    """Return rows: many villages in as many processes as there are cores, by order of the stops."""
    began = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(plan_one, range(villages)))
    took = time.perf_counter() - began
    homes = sum(one[1] for one in found)
    rows: list[list[object]] = []
    for nth, name in enumerate(("balanced", "nearest neighbour", "register order")):
        table = np.array([one[0][nth] for one in found], dtype=float)
        ratios = np.quantile(table[:, 2], [0.5, 0.9])
        rows.append([villages, f"{homes:,}", name, f"{table[:, 0].sum() / 3600:,.0f}", f"{table[:, 1].sum():,.0f}",
                     f"{ratios[0]:.2f}", f"{ratios[1]:.2f}", f"{table[:, 3].mean():.2f}",
                     "–" if nth else f"{took:.0f}"])  # fmt: skip
    return rows


def measure_growth() -> None:
    """Measure the balanced plan of districts of more and more homes."""
    for homes in GROWTH:
        villages = -(-homes // VILLAGE)
        keep(f"growth {homes}", lambda villages=villages: measure_district(villages)[0])


def measure_stored(households: int) -> list[list[object]]:
    """Return rows of the gap list of a stored district, planned as `plan --db` does, by order."""
    with built_world(households) as world:
        gather_homes(world.db, households)
        setup = default_setup()
        began = time.perf_counter()
        document = plan_places(world.db, SCOPE, round_id="r2", place_id="d", setup=setup, order=Order())
        took = time.perf_counter() - began
    rows: list[list[object]] = []
    for order in ("", "nearest_neighbour", "register_order"):
        total = document.total(order)
        gaps = document.total()["served"] + document.total()["left_out"]
        overlap = "–" if total["overlap"] is None else f"{total['overlap']:.2f}"
        rows.append([f"{households:,}", f"{gaps:,}", (order or "balanced").replace("_", " "),
                     f"{total['travel_s'] / 3600:,.0f}", f"{total['team_days']:,}", f"{total['balance'] or 1:.2f}",
                     f"{total['balance_p90'] or 1:.2f}", overlap, "–" if order else f"{took:.0f}"])  # fmt: skip
    return rows


def gather_homes(db: Database, households: int) -> None:
    """Put the homes of each group near each other, the groups of a village within three kilometres."""
    random = np.random.default_rng(3)
    groups = -(-households // 50)
    villages = -(-groups // 10)
    middle = np.column_stack([109 + random.random(villages), 27.5 + random.random(villages) / 2])
    centre = middle[np.arange(groups) // 10] + random.normal(0, 0.013, (groups, 2))
    at = centre[np.arange(households) // 50] + random.normal(0, 0.0015, (households, 2))
    rows = [(round(lon, 6), round(lat, 6), f"h{nth:07d}") for nth, (lon, lat) in enumerate(at.tolist())]
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE household SET lon = ?, lat = ? WHERE id = ?", rows)


def main(arguments: list[str]) -> None:
    """Measure one piece, and print what is kept."""
    what, *rest = arguments or ["villages"]
    if what == "page":
        write_page()
        return
    keep(f"machine {what}", describe_machine)
    number = int(rest[0]) if rest and rest[0].isdigit() else None
    if what == "instances":
        seconds = float(rest[1]) if len(rest) > 1 else 10.0
        solvers = [one for one in rest[2:] if one in SOLVERS] or SOLVERS
        names = [one for one in rest[2:] if one not in SOLVERS]
        print(measure_instances(Path(rest[0]), seconds, names, solvers))
    elif what == "district":
        keep(f"district {number or 170}", lambda: measure_district(number or 170))
    elif what == "ortools":
        keep(f"ortools {number or 170}", lambda: measure_ortools(number or 170))
    elif what == "growth":
        measure_growth()
    elif what == "store":
        keep(f"store {number or 157_000}", lambda: measure_stored(number or 157_000))
    elif what == "villages":
        measure_villages(*([(number,), 2.0] if number else []))


if __name__ == "__main__":
    main(sys.argv[1:])

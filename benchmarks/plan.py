"""Planning measured: published instances beside OR-tools and VROOM (where they are installed), villages, districts.

`python -m benchmarks.plan PIECE`, where PIECE is `instances FOLDER [SECONDS] [NAME …]`, `villages`, `growth`,
`district [VILLAGES]` or `store [HOUSEHOLDS]` (the gap list of a stored district). Seconds are of the CPU for instances,
of the wall for districts. Rows that are done are kept in the file that GEO_BENCH_KEEP names, and not measured again.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.measure import describe_machine, show_table
from benchmarks.solvers import solve_by_ortools, solve_by_vroom
from benchmarks.world import SCOPE, built_world
from geo.plan.assemble import assemble
from geo.plan.engine import Budget
from geo.plan.instances import parse_instance, read_best
from geo.plan.metrics import Metrics, compare, measure
from geo.plan.solving import cost_routes, solve_instance
from geo.plan.stops import Stops, Terms
from geo.planning import Order, default_setup, plan_places
from geo.store.database import Database

DAY_S = 7 * 3600
#: What each of a district's villages gets (`geo.planning.run`).
EFFORT = 0.04
GROWTH = (5_000, 20_000, 77_000, 160_000)
#: Homes of a village, on average.
VILLAGE = 454


def keep(name: str, measure_row: Callable[[], list[object]]) -> list[object]:
    """Return the row of a name that was kept, else measure and keep it."""
    path = Path(os.environ.get("GEO_BENCH_KEEP", os.devnull))
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    known = dict(json.loads(line) for line in lines)
    if name in known:
        return list(known[name])
    row = [str(one) for one in measure_row()]
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps([name, row], ensure_ascii=False) + "\n")
    print(row, file=sys.stderr, flush=True)
    return list(row)


def measure_instances(folder: Path, seconds: float, names: Sequence[str] = ()) -> str:
    """Return a table: gap to the best known cost of every instance of a folder (or of those named), by solver."""
    rows = []
    for path in sorted(folder.rglob("*.vrp")):
        name = str(path.relative_to(folder).with_suffix(""))
        if not names or name in names:
            rows.append(keep(f"{name} {seconds:g}", lambda path=path, name=name: measure_one(path, name, seconds)))
    heads = [
        "instance",
        "kind",
        "best known",
        f"product, {seconds:g} CPU-s",
        f"OR-tools, {seconds:g} s",
        f"VROOM, at most {seconds:g} s",
    ]
    return show_table(heads, rows)


def measure_one(path: Path, name: str, seconds: float) -> list[object]:
    """Return one instance solved by each solver that is there; every answer is costed by the instance's distances."""
    instance = parse_instance(path.read_text(encoding="utf-8"))
    best = read_best(path.with_suffix(".sol").read_text(encoding="utf-8"))
    solved = solve_instance(instance, Budget(10**9, 1e9, seconds), seed=1)
    found = cost_routes(instance, solved.routes) if solved.feasible else None
    other = solve_by_ortools(instance, seconds) if find_spec("ortools") else None
    began = time.process_time()
    third = solve_by_vroom(instance, seconds) if find_spec("vroom") else None
    took = f", {time.process_time() - began:.0f} CPU-s" if third is not None else ""
    return [name, instance.kind, f"{best:g}", show(found, best), show(other, best), show(third, best) + took]


def show(cost: float | None, best: float) -> str:
    """Return a cost with its gap in percent."""
    return "–" if cost is None else f"{cost:g} ({(cost / best - 1) * 100:.2f} %)"


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


DISTRICT = ["villages", "homes", "order", "travel h", "team-days", "max/min median", "p90", "overlap", "seconds"]


def show_district(villages: int) -> str:
    """Return a table of one district, the three orders side by side in the same run."""
    kept = keep(f"district {villages}", lambda: [json.dumps(measure_district(villages), ensure_ascii=False)])
    return show_table(DISTRICT, json.loads(str(kept[0])))


def measure_growth() -> str:
    """Return a table: the balanced plan of districts of more and more homes."""
    rows = []
    for homes in GROWTH:
        villages = -(-homes // VILLAGE)
        rows.append(keep(f"growth {homes}", lambda villages=villages: measure_district(villages)[0]))
    return show_table(DISTRICT, rows)


def measure_store(households: int) -> str:
    """Return a table: the gap list of a stored district, planned as `plan --db` does, beside two simpler orders."""
    kept = keep(f"store {households}", lambda: [json.dumps(measure_stored(households), ensure_ascii=False)])
    heads = ["households", "gaps", "order", "travel h", "team-days", "max/min median", "p90", "overlap", "seconds"]
    return show_table(heads, json.loads(str(kept[0])))


def measure_stored(households: int) -> list[list[object]]:
    """Return rows of a stored district, by order."""
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
    """Print one table."""
    what, *rest = arguments or ["villages"]
    print(describe_machine() + "\n")
    if what == "instances":
        print(measure_instances(Path(rest[0]), float(rest[1]) if len(rest) > 1 else 10.0, rest[2:]))
    elif what == "district":
        print(show_district(int(rest[0]) if rest else 170))
    elif what == "growth":
        print(measure_growth())
    elif what == "store":
        print(measure_store(int(rest[0]) if rest else 157_000))
    else:
        print(measure_villages())


if __name__ == "__main__":
    main(sys.argv[1:])

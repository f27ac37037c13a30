"""Published routing instances solved by the product, and by OR-tools and VROOM where they are installed.

Every answer is costed from its routes by the instance's distances, the product's again here leg by leg; seconds are of
the CPU for the product, of the wall for the others. As many at once as there are cores.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.kept import read_kept, write_kept
from benchmarks.measure import show_table
from benchmarks.solvers import solve_by_ortools, solve_by_vroom
from geo.plan.engine import Budget
from geo.plan.instances import Instance, parse_instance, read_best
from geo.plan.solving import solve_instance

SOLVERS = ("product", "OR-tools", "VROOM")
_MODULES = {"OR-tools": "ortools", "VROOM": "vroom"}


def measure_instances(folder: Path, seconds: float, names: Sequence[str] = (), solvers: Sequence[str] = SOLVERS) -> str:
    """Measure every instance of a folder (or those named) by each solver, and return the table of what is kept."""
    paths = {str(path.relative_to(folder).with_suffix("")): path for path in sorted(folder.rglob("*.vrp"))}
    known = read_kept()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = {
            pool.submit(solve_one, path, solver, seconds): f"instance {seconds:g} {solver} {name}"
            for solver in solvers
            if solver not in _MODULES or find_spec(_MODULES[solver])
            for name, path in paths.items()
            if (not names or name in names) and f"instance {seconds:g} {solver} {name}" not in known
        }
        for future in as_completed(waiting):
            write_kept(waiting[future], future.result())
    return show_instances(read_kept())


def solve_one(path: Path, solver: str, seconds: float) -> dict[str, Any]:
    """Return kind, best known cost and the cost that a solver reaches (None = no answer), and its CPU-seconds."""
    instance = parse_instance(path.read_text(encoding="utf-8"))
    best = read_best(path.with_suffix(".sol").read_text(encoding="utf-8"))
    began = time.process_time()
    if solver == "product":
        solved = solve_instance(instance, Budget(10**9, 1e9, seconds), seed=1)
        cost = cost_again(instance, solved.routes) if solved.feasible else None
        if cost is not None and abs(cost - solved.cost) > 1e-6:
            raise AssertionError(path, cost, solved.cost)
    else:
        solve = solve_by_ortools if solver == "OR-tools" else solve_by_vroom
        cost = solve(instance, seconds)
    return {"kind": instance.kind, "best": best, "cost": cost, "cpu": round(time.process_time() - began, 1)}


def cost_again(instance: Instance, routes: Sequence[Sequence[int]]) -> float:
    """Return the cost of routes, leg by leg; refuse one visited twice, missing without a prize, late, or overload."""
    units, seen = 0, [place for route in routes for place in route]
    left = set(range(1, len(instance.distance))) - set(seen)
    if len(seen) != len(set(seen)) or (left and instance.prize is None):
        raise AssertionError(sorted(left))
    for route in routes:
        here = clock = 0
        for place in (*route, 0):
            leg = int(instance.distance[here][place])
            units, clock, here = units + leg, clock + leg, place
            if instance.opens is not None and instance.closes is not None and instance.service is not None:
                clock = max(clock, int(instance.opens[place]))
                if clock > instance.closes[place]:
                    raise AssertionError(route)
                clock += int(instance.service[place])
        if instance.demand is not None and sum(int(instance.demand[one]) for one in route) > (instance.capacity or 0):
            raise AssertionError(route)
    if instance.prize is not None:
        units += sum(int(instance.prize[place]) for place in left)
    return units / instance.scale


def show_instances(known: dict[str, Any]) -> str:
    """Return a table of what is kept: gap to the best known cost by seconds and solver."""
    columns: dict[str, dict[str, Any]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for key, found in known.items():
        if key.startswith("instance "):
            _, seconds, solver, name = key.split(" ", 3)
            columns[f"{solver}, {seconds} s"] = found
            rows.setdefault(name, {})[f"{solver}, {seconds} s"] = found
    table = []
    for name, by_column in sorted(rows.items()):
        first = next(iter(by_column.values()))
        cells = [_show(by_column.get(column)) for column in columns]
        table.append([name, first["kind"], f"{first['best']:g}", *cells])
    return show_table(["instance", "kind", "best known", *columns], table)


def _show(found: dict[str, Any] | None) -> str:
    """Return a cost with its gap in percent."""
    if found is None or found["cost"] is None:
        return "–"
    return f"{found['cost']:g} ({(found['cost'] / found['best'] - 1) * 100:.2f} %)"

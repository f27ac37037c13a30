"""`route-solve` and `network-distance`: the engine and the road network, for checking against published results."""

from __future__ import annotations

import csv
import sys
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.cli.exits import DONE, FAILED
from geo.cli.session import print_json, tell
from geo.errors import Invalid
from geo.i18n import text
from geo.importer.textfile import decode_text
from geo.plan.engine import Budget
from geo.plan.instances import Instance, parse_instance, read_best
from geo.plan.network import measure_pairs
from geo.plan.solving import Solved, solve_instance
from geo.ways.roads import read_network
from geo.ways.tables import read_table

if TYPE_CHECKING:
    import argparse

UNREACHABLE: Final = "unreachable"
#: Where nothing else says when to stop; a loaded machine gives this process a part of the wall's time only.
_MOST_ITERATIONS: Final = 10**9
_WALL: Final = 3.0


def run_route_solve(options: argparse.Namespace) -> int:
    """Solve a published instance; exit code 1 when no routes were found that keep every limit."""
    instance = parse_instance(_read(options.file), rounding=options.rounding)
    best = options.best
    beside = options.file.with_suffix(".sol")
    if best is None and options.rounding is None and beside.is_file():
        best = read_best(_read(beside))
    seconds = options.seconds
    budget = Budget(options.iterations or _MOST_ITERATIONS, seconds * _WALL, seconds)
    solved = solve_instance(instance, budget, seed=options.seed)
    if options.out is not None:
        options.out.write_text(_write_solution(solved), encoding="utf-8")
    if options.json:
        print_json(_answer(instance, solved, best))
    else:
        sys.stdout.write(_write_solution(solved))
        if best:
            tell(text("route.gap", best=f"{best:g}", gap=f"{_gap(solved, best):.2f}"))
    if not solved.feasible:
        tell(text("route.infeasible"))
    return DONE if solved.feasible else FAILED


def run_network_distance(options: argparse.Namespace) -> int:
    """Print the length of the shortest way of each pair, in order; exit code 1 when a node is not in the network."""
    network = read_network(options.nodes, options.edges)
    rows = read_table(options.pairs, needed=["from", "to"])
    pairs = [(row.word("from"), row.word("to")) for row in rows]
    metres = measure_pairs(network, pairs)
    found = [(*pair, round(one, 3) if isfinite(one) else UNREACHABLE) for pair, one in zip(pairs, metres, strict=True)]
    if options.json:
        print_json([dict(zip(("from", "to", "distance_m"), one, strict=True)) for one in found])
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("from", "to", "distance_m"))
        writer.writerows(found)
    unknown = [one for one in dict.fromkeys(end for pair in pairs for end in pair) if one not in network.place]
    if unknown:
        tell(text("network.no_node", n=len(unknown), nodes=", ".join(unknown[:10])))
    return FAILED if unknown else DONE


def _read(path: Path) -> str:
    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    return decode_text(path.read_bytes())


def _gap(solved: Solved, best: float) -> float:
    return (solved.cost / best - 1) * 100


def _answer(instance: Instance, solved: Solved, best: float | None) -> dict[str, object]:
    answer: dict[str, object] = {
        "name": instance.name, "type": instance.kind, "places": len(instance.distance), "cost": solved.cost,
        "feasible": solved.feasible, "routes": [list(route) for route in solved.routes],
        "unserved": list(solved.unserved), "iterations": solved.iterations,
    }  # fmt: skip
    if instance.kind in ("TSP", "ATSP"):
        answer["tour"] = [1, *(place + 1 for route in solved.routes for place in route)]
    if best:
        answer |= {"best": best, "gap_percent": round(_gap(solved, best), 3)}
    return answer


def _write_solution(solved: Solved) -> str:
    """Return the solution as CVRPLIB writes it: client n is place n, the depot place 0."""
    lines = [f"Route #{nth}: {' '.join(map(str, route))}" for nth, route in enumerate(solved.routes, start=1)]
    return "\n".join([*lines, f"Cost {solved.cost}"]) + "\n"

"""Solving a published instance with the product's own engine, and costing the answer from the instance alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.plan.engine import Budget, Fleet, Meter, Task, search
from geo.plan.instances import Instance
from geo.plan.tours import nearest_tour, search_tour

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: With fewer places there is nothing to change places.
_LEAST_PLACES: Final = 8


@dataclass(frozen=True, slots=True)
class Solved:
    """Routes of places in order of visit, without the depot; those left out; the cost in published units.

    The cost is the distance of the routes, and of a prize-collecting instance the prizes of what is left out besides.
    """

    routes: tuple[tuple[int, ...], ...]
    unserved: tuple[int, ...]
    cost: float
    feasible: bool
    iterations: int


def solve_instance(instance: Instance, budget: Budget, *, seed: int = 0) -> Solved:
    """Return the best routes found within the budget; places as the instance numbers them (depot 0)."""
    if _is_tour(instance):
        return _solve_tour(instance, budget, seed)
    found = search(_to_task(instance), budget, seed=seed)
    routes = tuple(stops for _, stops in found.routes)
    return Solved(routes, found.unserved, cost_routes(instance, routes), found.feasible, found.iterations)


def _is_tour(instance: Instance) -> bool:
    """Say whether all places are to be visited once by one vehicle, at the same cost in both directions."""
    symmetric = bool((instance.distance == instance.distance.T).all())
    return instance.kind == "TSP" and symmetric and len(instance.distance) >= _LEAST_PLACES


def _solve_tour(instance: Instance, budget: Budget, seed: int) -> Solved:
    meter = Meter(budget)
    tour = search_tour(instance.distance, nearest_tour(instance.distance), go_on=meter.go_on, seed=seed)
    routes = (tuple(tour[1:]),)
    return Solved(routes, (), cost_routes(instance, routes), feasible=True, iterations=meter.done)


def cost_routes(instance: Instance, routes: tuple[tuple[int, ...], ...]) -> float:
    """Return the cost of routes in published units, summed leg by leg from the instance's distances."""
    paths = [np.array([0, *route, 0]) for route in routes]
    units = sum(int(instance.distance[path[:-1], path[1:]].sum()) for path in paths)
    if instance.prize is not None:
        served = {place for route in routes for place in route}
        units += sum(int(value) for place, value in enumerate(instance.prize) if place and place not in served)
    return units if instance.scale == 1 else units / instance.scale


def _to_task(instance: Instance) -> Task:
    count = len(instance.distance) - 1
    service = np.zeros(count, dtype=np.int64) if instance.service is None else instance.service[1:]
    moving = instance.opens is not None or instance.longest is not None
    # Without times to keep, time need not pass: the engine is quicker with nothing to watch.
    seconds = instance.distance if moving else np.zeros_like(instance.distance)
    opens, closes = instance.opens, instance.closes
    fleet = Fleet(
        instance.vehicles or count, instance.longest, opens_s=0 if opens is None else int(opens[0]),
        closes_s=None if closes is None else int(closes[0]),
        capacity=None if instance.demand is None else instance.capacity,
    )  # fmt: skip
    demand = None if fleet.capacity is None else _clients(instance.demand)
    return Task(
        (seconds,), service, (fleet,), costs=(instance.distance,), prizes=_clients(instance.prize), demand=demand,
        earliest_s=_clients(opens), latest_s=_clients(closes),
    )  # fmt: skip


def _clients(values: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    return None if values is None else values[1:]

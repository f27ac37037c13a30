"""Other solvers, which are not of the product, and its own as it ships; None where they find nothing or cannot."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import numpy as np
import pyvrp
from numpy.typing import NDArray

from geo.plan.instances import Instance
from geo.plan.solving import cost_routes
from geo.plan.stops import Stops

#: How much VROOM explores, its most; it ends when it is done.
_EXPLORATION = 5


def solve_by_ortools(instance: Instance, seconds: float) -> float | None:
    """Return the cost that OR-tools' guided local search finds in so many seconds of the wall; None for prizes."""
    if instance.prize is not None:
        return None
    from ortools.constraint_solver import pywrapcp  # noqa: PLC0415 - not of the product

    count = len(instance.distance)
    manager = pywrapcp.RoutingIndexManager(count, instance.vehicles or count // 2, 0)
    routing = pywrapcp.RoutingModel(manager)
    leg = routing.RegisterTransitMatrix(instance.distance.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(leg)
    if instance.capacity is not None and instance.demand is not None:
        demand = instance.demand.tolist()
        load = routing.RegisterUnaryTransitCallback(lambda a: demand[manager.IndexToNode(a)])
        routing.AddDimension(load, 0, instance.capacity, True, "load")  # noqa: FBT003 - its own interface
    if instance.opens is not None:
        add_windows(routing, manager, instance)
    routes = run_ortools(routing, manager, seconds)
    return None if routes is None else cost_routes(instance, routes)


def run_ortools(routing: Any, manager: Any, seconds: float) -> tuple[tuple[int, ...], ...] | None:
    """Return the routes that guided local search finds in so many seconds of the wall, None = none."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # noqa: PLC0415 - not of the product

    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(round(seconds * 1000))
    found = routing.SolveWithParameters(asked)
    if found is None:
        return None
    routes = []
    for vehicle in range(routing.vehicles()):
        at, route = found.Value(routing.NextVar(routing.Start(vehicle))), []
        while not routing.IsEnd(at):
            route.append(manager.IndexToNode(at))
            at = found.Value(routing.NextVar(at))
        routes.append(tuple(route))
    return tuple(route for route in routes if route)


def plan_by_ortools(stops: Stops, matrix: NDArray[np.int64], day_s: int, seconds: float) -> tuple[tuple[int, ...], ...]:
    """Return routes within a day each: fewest first (a price of four days each), then least travel."""
    from ortools.constraint_solver import pywrapcp  # noqa: PLC0415 - not of the product

    manager = pywrapcp.RoutingIndexManager(len(matrix), len(matrix) // 3 + 2, 0)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(matrix.tolist()))
    passed = routing.RegisterTransitMatrix((matrix + stops.service_s[:, None]).tolist())
    routing.AddDimension(passed, 0, day_s, True, "day")  # noqa: FBT003 - its own interface
    routing.SetFixedCostOfAllVehicles(4 * day_s)
    routes = run_ortools(routing, manager, seconds)
    if routes is None:
        raise AssertionError(len(matrix))
    return routes


def plan_by_pyvrp(
    stops: Stops, matrix: NDArray[np.int64], day_s: int, *, most: int, seconds: float
) -> tuple[tuple[int, ...], ...]:
    """Return routes within a day each, at most so many, that PyVRP finds with its own parameters in CPU-seconds."""
    clients = [pyvrp.Client(location=nth, service_duration=int(stops.service_s[nth])) for nth in range(1, len(matrix))]
    places = [pyvrp.Location(0, 0) for _ in range(len(matrix))]
    fleet = [pyvrp.VehicleType(num_available=most, shift_duration=day_s)]
    data = pyvrp.ProblemData(places, clients, [pyvrp.Depot(location=0)], fleet, [matrix], [matrix])
    began = time.process_time()
    found = pyvrp.solve(data, lambda _: time.process_time() - began > seconds, seed=1, collect_stats=False)
    return tuple(tuple(one.idx + 1 for one in route.schedule() if one.type == pyvrp.ActivityType.CLIENT)
                 for route in found.best.routes())  # fmt: skip


def add_windows(routing: Any, manager: Any, instance: Instance) -> None:
    """Add the time windows of an instance to a model of OR-tools."""
    service = np.array(instance.service)
    passed = (instance.distance + service[:, None]).tolist()
    horizon = int(instance.closes[0])
    routing.AddDimension(routing.RegisterTransitMatrix(passed), horizon, horizon, False, "time")  # noqa: FBT003
    clock = routing.GetDimensionOrDie("time")
    for place in range(1, len(instance.distance)):
        window = int(instance.opens[place]), int(instance.closes[place])
        clock.CumulVar(manager.NodeToIndex(place)).SetRange(*window)


def solve_by_vroom(instance: Instance, seconds: float) -> float | None:
    """Return the cost of what VROOM finds at its highest level of exploration in time; None for prizes."""
    if instance.prize is not None:
        return None
    import vroom  # noqa: PLC0415 - not of the product

    count = len(instance.distance)
    task = vroom.Input()
    task.set_durations_matrix(profile="car", matrix_input=instance.distance.astype(np.uint32))
    window = {} if instance.opens is None else {"time_window": list(map(int, (instance.opens[0], instance.closes[0])))}
    room = {} if instance.capacity is None else {"capacity": [instance.capacity]}
    for vehicle in range(instance.vehicles or count // 2):
        task.add_vehicle(vroom.Vehicle(vehicle, start=0, end=0, **room, **window))
    for place in range(1, count):
        task.add_job(vroom.Job(place, location=place, **describe_job(instance, place)))
    found = task.solve(exploration_level=_EXPLORATION, nb_threads=1, timeout=timedelta(seconds=seconds))
    if found.summary.unassigned:
        return None
    jobs = found.routes[found.routes["type"] == "job"]
    routes = tuple(tuple(int(one) for one in rows["id"]) for _, rows in jobs.groupby("vehicle_id"))
    return cost_routes(instance, routes)


def describe_job(instance: Instance, place: int) -> dict[str, Any]:
    """Return what a place asks of a vehicle."""
    job: dict[str, Any] = {}
    if instance.capacity is not None and instance.demand is not None:
        job["delivery"] = [int(instance.demand[place])]
    if instance.service is not None:
        job["default_service"] = int(instance.service[place])
    if instance.opens is not None:
        job["time_windows"] = [[int(instance.opens[place]), int(instance.closes[place])]]
    return job

"""The routing engine: PyVRP, wrapped in this one file, because its interface moves between versions.

Everything outside speaks of stops (numbered from 1; 0 is the start point), whole seconds and team-days. A team-day is
one team's route on one day, from the start point back to it.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.IteratedLocalSearch import IteratedLocalSearch, IteratedLocalSearchParams
from pyvrp.PenaltyManager import PenaltyManager, PenaltyParams
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    NeighbourhoodParams,
    PerturbationManager,
    PerturbationParams,
    compute_neighbours,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What a second of work beyond the wanted length of a day costs, in seconds of travel.
_OVERTIME_COST: Final = 20
#: Moves are tried between a stop and so many near ones. The engine's own 50 makes a search four times as slow; with
#: windows, near in time is not near on the ground, and few are too few.
_NEIGHBOURS, _NEIGHBOURS_IN_TIME = 12, 40
#: An iteration shakes at most so many stops; where the length of a day is the only limit, the engine's own 25 make it
#: twice as slow.
_SHAKEN, _SHAKEN_LIMITED = 10, 25
#: What a unit beyond a limit costs at first, and after how many answers that is adapted. The engine's own 50,000 and
#: 500 leave a search of seconds no way through answers that break a limit.
_PENALTY, _PENALTY_UPDATES = 20.0, 50
#: So many seconds too many cost as much as the highest prize: fewer, and everything would be served too late.
_PRIZE_SECONDS: Final = 60
#: An answer is gone on with where it is better than the one so many before: a hundredth of all, within bounds. The
#: engine's own 300 is for minutes.
_HISTORY_SHARE, _SHORTEST_HISTORY, _LONGEST_HISTORY = 100, 10, 50
#: What the engine says that an answer costs which breaks a limit.
_IMPOSSIBLE: Final = 2**63 - 1
#: Asked before every iteration with the share of the budget that is used; answering True ends the search.
Ask: TypeAlias = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search stops: after so many iterations (repeatable), and at the latest after so many seconds.

    `seconds` pass on the wall, `cpu_seconds` are those that this process works.
    """

    iterations: int
    seconds: float
    cpu_seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class Fleet:
    """Team-days of one kind: how many there are, and from which second of the plan to which they work.

    `day_s` is the most a route may last, None = any length. With `wanted_s`, seconds beyond it are overtime, which the
    search avoids. `profile` is the index of the matrix that the routes are timed by. `day_cost` is what using one of
    them costs, in seconds of travel. `capacity` is the demand that one carries, None = any.
    """

    count: int
    day_s: int | None = None
    opens_s: int = 0
    closes_s: int | None = None
    wanted_s: int | None = None
    profile: int = 0
    day_cost: int = 0
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What the engine solves.

    `seconds`: one matrix a profile, each (n + 1) × (n + 1), row and column 0 the start point, whole seconds, may be
    asymmetric. `costs`: what the legs cost where that is something else than their seconds.
    `service_s`, `prizes`, `demand`, `earliest_s`, `latest_s`: n values, the first stop's first. A prize makes a stop
    optional: leaving it out costs the prize; 0 = must be served. Service begins between `earliest_s` and `latest_s`,
    seconds of the plan; -1 = any time. `opens_s` … `closes_s` is the window of the start point.
    """

    seconds: tuple[NDArray[np.int64], ...]
    service_s: NDArray[np.int64]
    fleet: tuple[Fleet, ...]
    costs: tuple[NDArray[np.int64], ...] | None = None
    prizes: NDArray[np.int64] | None = None
    demand: NDArray[np.int64] | None = None
    earliest_s: NDArray[np.int64] | None = None
    latest_s: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Routes (stops in order of visit) with the index of the fleet each belongs to, and what was left out.

    `feasible` says whether every route keeps its times; an infeasible answer is the best that was found.
    """

    routes: tuple[tuple[int, tuple[int, ...]], ...]
    unserved: tuple[int, ...]
    feasible: bool
    iterations: int


def search(
    task: Task,
    budget: Budget,
    *,
    seed: int = 0,
    start: Sequence[tuple[int, Sequence[int]]] | None = None,
    ask: Ask | None = None,
    first: bool = False,
) -> Found:
    """Return the best routes found within the budget; `start` (fleet index, stops) is where the search begins.

    `first`: the first routes that keep every limit end it. The same task, seed, start and iterations give the same
    routes, unless the seconds ran out first.
    """
    meter = Meter(budget, ask)
    data = _to_data(task)
    random = pyvrp.RandomNumberGenerator(seed)
    moves, penalties = _make_moves(data, task, random), _make_penalties(data, task)
    if start is None:
        begin = moves(pyvrp.Solution.make_random(data, random), penalties.max_cost_evaluator(), exhaustive=True)
    else:
        begin = _improve(_to_solution(data, start), moves, penalties)
    history = int(np.clip(budget.iterations // _HISTORY_SHARE, _SHORTEST_HISTORY, _LONGEST_HISTORY))
    params = IteratedLocalSearchParams(history_length=history, exhaustive_on_best=False)
    going = IteratedLocalSearch(data, penalties, moves, begin, params)
    with warnings.catch_warnings():
        # It says that times are hard to keep; `feasible` says whether they were.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = going.run(
            lambda cost: not meter.go_on() or (first and cost < _IMPOSSIBLE), collect_stats=False, display=False
        )
    best = result.best
    found = tuple((route.vehicle_type(), _stops_of(route)) for route in best.routes())
    served = {stop for _, stops in found for stop in stops}
    unserved = tuple(stop for stop in range(1, len(task.service_s) + 1) if stop not in served)
    return Found(found, unserved, best.is_feasible(), result.num_iterations)


def _to_solution(data: pyvrp.ProblemData, start: Sequence[tuple[int, Sequence[int]]]) -> pyvrp.Solution:
    routes = [pyvrp.Route(data, [_activity(stop) for stop in stops], kind) for kind, stops in start if stops]
    return pyvrp.Solution(data, routes)


def _improve(begin: pyvrp.Solution, moves: LocalSearch, penalties: PenaltyManager) -> pyvrp.Solution:
    """Return a solution after every move that betters it; as it was where that would break a limit that it keeps."""
    better = moves(begin, penalties.cost_evaluator(), exhaustive=True)
    return better if better.is_feasible() or not begin.is_feasible() else begin


def _make_moves(data: pyvrp.ProblemData, task: Task, random: pyvrp.RandomNumberGenerator) -> LocalSearch:
    timed = task.latest_s is not None
    near = NeighbourhoodParams(num_neighbours=_NEIGHBOURS_IN_TIME if timed else _NEIGHBOURS)
    limited = timed or task.demand is not None
    shaking = PerturbationManager(PerturbationParams(1, _SHAKEN_LIMITED if limited else _SHAKEN))
    moves = LocalSearch(data, random, compute_neighbours(data, near), shaking)
    for operator in OPERATORS:
        if operator.supports(data):
            moves.add_operator(operator(data))
    return moves


def _make_penalties(data: pyvrp.ProblemData, task: Task) -> PenaltyManager:
    dear = 0.0 if task.prizes is None else float(task.prizes.max(initial=0)) / _PRIZE_SECONDS
    penalty = max(_PENALTY, dear)
    begin = [penalty] * data.num_load_dimensions, penalty, penalty
    return PenaltyManager(begin, PenaltyParams(solutions_between_updates=_PENALTY_UPDATES))


class Meter:
    """Counts iterations and time from when it is made, and says when a budget is used up or somebody wants to stop."""

    def __init__(self, budget: Budget, ask: Ask | None = None) -> None:
        """Begin to count."""
        self.done = 0
        self._budget = budget
        self._ask = ask
        self._began = time.perf_counter()
        self._worked = time.process_time()

    def go_on(self) -> bool:
        """Say whether there is budget for one more iteration, and count it."""
        budget = self._budget
        if self._ask is not None and self._ask(min(1.0, self.done / budget.iterations)):
            return False
        if self.done >= budget.iterations or time.perf_counter() - self._began >= budget.seconds:
            return False
        if time.process_time() - self._worked >= budget.cpu_seconds:
            return False
        self.done += 1
        return True


def _to_data(task: Task) -> pyvrp.ProblemData:
    count = len(task.service_s)
    # The engine wants places on a plane for nothing but its own pictures: the matrices say all.
    locations = [pyvrp.Location(0, 0) for _ in range(count + 1)]
    clients = [_client(task, nth) for nth in range(count)]
    seconds: list[Any] = [np.ascontiguousarray(matrix, dtype=np.int64) for matrix in task.seconds]
    costs: list[Any] = (
        seconds if task.costs is None else [np.ascontiguousarray(one, dtype=np.int64) for one in task.costs]
    )
    fleet = [_vehicle(one) for one in task.fleet]
    return pyvrp.ProblemData(locations, clients, [pyvrp.Depot(location=0)], fleet, costs, seconds)


def _client(task: Task, nth: int) -> pyvrp.Client:
    prize = 0 if task.prizes is None else int(task.prizes[nth])
    window: dict[str, Any] = {}
    if task.latest_s is not None and task.latest_s[nth] >= 0:
        window["tw_late"] = int(task.latest_s[nth])
    if task.earliest_s is not None and task.earliest_s[nth] >= 0:
        window["tw_early"] = int(task.earliest_s[nth])
    carried = [] if task.demand is None else [int(task.demand[nth])]
    return pyvrp.Client(
        location=nth + 1, delivery=carried, service_duration=int(task.service_s[nth]), prize=prize,
        required=prize == 0, **window,
    )  # fmt: skip


def _vehicle(fleet: Fleet) -> pyvrp.VehicleType:
    limits: dict[str, Any] = {} if fleet.closes_s is None else {"tw_late": fleet.closes_s}
    if fleet.day_s is not None:
        wanted = fleet.day_s if fleet.wanted_s is None else min(fleet.wanted_s, fleet.day_s)
        limits |= {"shift_duration": wanted, "max_overtime": fleet.day_s - wanted, "unit_overtime_cost": _OVERTIME_COST}
    return pyvrp.VehicleType(
        num_available=fleet.count, capacity=[] if fleet.capacity is None else [fleet.capacity],
        fixed_cost=fleet.day_cost, unit_distance_cost=1, tw_early=fleet.opens_s, profile=fleet.profile, **limits,
    )  # fmt: skip


def _activity(stop: int) -> pyvrp.Activity:
    return pyvrp.Activity(pyvrp.ActivityType.CLIENT, stop - 1)


def _stops_of(route: pyvrp.Route) -> tuple[int, ...]:
    return tuple(one.idx + 1 for one in route.schedule() if one.type == pyvrp.ActivityType.CLIENT)

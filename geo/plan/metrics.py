"""What a plan is worth, and what simpler orders of the same stops would be: figures, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.plan.orders import nearest_neighbour, register_order
from geo.plan.stops import Plan, Slot, Stops, Terms, band_priorities, list_late, make_team_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.plan.orders import Route

#: The orders that a plan is compared with.
ORDERS: Final = ("register_order", "nearest_neighbour")


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of a plan, seconds where nothing else is said.

    `makespan_s`: the longest team-day. `balance`: longest ÷ shortest team-day (1 = alike; None without any).
    `overlap`: of the stops, the share that lies inside the hull of another team-day (None without points).
    `top_by_day`: how many stops of the highest band of priority are served by the end of day 1, 2, …
    `continuity`: of the stops with an owner, the share whose team-day's team visits most of that owner's stops.
    `over`: team-days that are longer than a day. `after_deadline`: stops served late. `left_out`: stops
    on no team-day.
    """

    travel_s: int
    service_s: int
    team_days: int
    days: int
    makespan_s: int
    balance: float | None
    overlap: float | None
    served: int
    left_out: int
    top: int
    top_by_day: tuple[int, ...]
    continuity: float | None
    over: int
    after_deadline: int


def measure(plan: Plan, stops: Stops) -> Metrics:
    """Return the figures of a plan."""
    loads = [one.load_s for one in plan.team_days]
    served = [stop for one in plan.team_days for stop in one.stops]
    bands = band_priorities(stops.priority[1:])
    days = max((one.day for one in plan.team_days), default=0)
    day_of = {stop: one.day for one in plan.team_days for stop in one.stops}
    urgent = [nth for nth, band in enumerate(bands, start=1) if band == bands.max()]
    return Metrics(
        plan.travel_s, sum(one.service_s for one in plan.team_days), len(loads), days, max(loads, default=0),
        round(max(loads) / max(1, min(loads)), 4) if loads else None, _overlap(plan, stops),
        len(served), len(stops) - len(served), len(urgent),
        tuple(sum(day_of.get(stop, days + 1) <= day for stop in urgent) for day in range(1, days + 1)),
        _continuity(plan, stops), sum(one.over_s > 0 for one in plan.team_days), len(plan.late),
    )  # fmt: skip


def compare(stops: Stops, matrix: NDArray[np.int64], terms: Terms, *, among: Sequence[int]) -> dict[str, Metrics]:
    """Return the figures of the two simpler orders on the same stops (those `among`, in the register's order)."""
    orders = {"register_order": register_order, "nearest_neighbour": nearest_neighbour}
    answer = {}
    for name, order in orders.items():
        routes = order(matrix, stops, day_s=terms.day_s, among=among)
        answer[name] = measure(as_plan(stops, matrix, routes, terms), stops)
    return answer


def as_plan(stops: Stops, matrix: NDArray[np.int64], routes: Sequence[Route], terms: Terms) -> Plan:
    """Return given routes as a plan: in their order, the teams of a day one after the other."""
    slots: list[Slot] = [(1 + nth // terms.teams, 1 + nth % terms.teams) for nth in range(len(routes))]
    team_days = tuple(
        make_team_day(matrix, stops, tuple(route), slot=slot, day_s=terms.day_s)
        for route, slot in zip(routes, slots, strict=True)
    )
    return Plan(team_days, (), list_late(stops, team_days))


def _overlap(plan: Plan, stops: Stops) -> float | None:
    if stops.x_m is None or stops.y_m is None or not plan.team_days:
        return None
    xy = np.column_stack([stops.x_m, stops.y_m])
    hulls = np.array([shapely.convex_hull(shapely.multipoints(xy[list(one.stops)])) for one in plan.team_days])
    inside = total = 0
    for nth, one in enumerate(plan.team_days):
        others = np.delete(hulls, nth)
        points = shapely.points(xy[list(one.stops)])
        total += len(points)
        inside += int(sum(shapely.contains_properly(others, point).any() for point in points))
    return round(inside / total, 4)


def _continuity(plan: Plan, stops: Stops) -> float | None:
    pairs = [(stops.owner[stop], one.team) for one in plan.team_days for stop in one.stops if stops.owner[stop]]
    if not pairs:
        return None
    return round(_most_together(pairs) / len(pairs), 4)


def _most_together(pairs: list[tuple[str, int]]) -> int:
    """Return how many pairs are of their owner's most frequent team."""
    counts: dict[str, dict[int, int]] = {}
    for owner, team in pairs:
        mine = counts.setdefault(owner, {})
        mine[team] = mine.get(team, 0) + 1
    return sum(max(mine.values()) for mine in counts.values())

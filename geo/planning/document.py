"""A plan of villages as it is stored, shown and taken away: rows of stops and team-days, figures and reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from geo.plan.metrics import Metrics


@dataclass(frozen=True, slots=True)
class StopRow:
    """A household of the plan; its head is masked.

    `seq`: 1, 2, … on its team-day, 0 where it is not served, and `reason` says why.
    `issues`: categories of its `open_issues`, overdue ones first. `terms`: points of its priority by term
    (`gaps.PRIORITY_TERMS`), those that are not 0. `arrive_s`: seconds after the team set out. `due_on`: until when it
    is wanted; `late`: it comes after that.
    """

    household: str
    code: str
    head: str
    township: str
    village: str
    village_code: str
    group: str
    size: int
    tags: tuple[str, ...]
    last_on: date | None
    overdue_days: int
    lon: float | None
    lat: float | None
    service_s: int
    priority: int
    terms: Mapping[str, int]
    state: str
    last_outcome: str
    open_issues: int
    issues: tuple[str, ...]
    owner: str
    due_on: date | None
    seq: int = 0
    arrive_s: int = 0
    reason: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class TeamDayRow:
    """A team on a day: its stops in order, where its time goes (seconds), and whether people locked it.

    `route`: how it is called within its round (`call_route`); of a published one as it was published.
    """

    day: date
    team: str
    stops: tuple[StopRow, ...]
    travel_s: int
    service_s: int
    over_s: int
    locked: bool = False
    route: str = ""

    @property
    def load_s(self) -> int:
        """Return the length of the team-day."""
        return self.travel_s + self.service_s


def call_route(unit: str, mark: str, day: date, team: int) -> str:
    """Return how a route is called, by numbers: code of the unit, mark of its plan, day, number of the team in it."""
    return f"{unit}-{mark}-{day:%Y%m%d}-{team}"


@dataclass(frozen=True, slots=True)
class VillagePlan:
    """The plan of one village (or of a township whose villages share teams).

    `days` are those that teams may go on, `teams` the names; `start` is lon, lat of the start point. `metrics` are the
    plan's, `compared` those of simpler orders on the same served stops.
    """

    place: str
    code: str
    name: str
    days: tuple[date, ...]
    teams: tuple[str, ...]
    day_s: int
    start: tuple[float, float] | None
    team_days: tuple[TeamDayRow, ...]
    unserved: tuple[StopRow, ...]
    metrics: Metrics
    compared: Mapping[str, Metrics]

    @property
    def stops(self) -> tuple[StopRow, ...]:
        """Return all stops that are served, by day, team and order."""
        return tuple(stop for one in self.team_days for stop in one.stops)

    def figures(self) -> dict[str, Any]:
        """Return its figures, and those of the orders it is compared with, as plain values."""
        return {"figures": asdict(self.metrics), "compared": {name: asdict(one) for name, one in self.compared.items()}}


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """Plans of villages of one round as of a day, made with one mode and seed."""

    round: str
    as_of: date
    mode: str
    seed: int
    villages: tuple[VillagePlan, ...]

    @property
    def place(self) -> str:
        """Return the village's name, or what several have in common: their township's."""
        townships = {stop.township for one in self.villages for stop in one.stops}
        return self.villages[0].name if len(self.villages) == 1 else " ".join(sorted(townships))

    def list_routes(self) -> Iterator[tuple[VillagePlan, TeamDayRow]]:
        """Yield every team-day with its village."""
        for village in self.villages:
            for row in village.team_days:
                yield village, row

    def total(self, order: str = "") -> dict[str, Any]:
        """Return the sums over all villages, of the plan or of a simpler order (`geo.plan.metrics.Metrics`)."""
        return sum_metrics([one.compared[order] if order else one.metrics for one in self.villages])


def sum_metrics(some: Sequence[Metrics]) -> dict[str, Any]:
    """Return the sums of the figures of several units' plans; means of what cannot be summed.

    `balance` and `balance_p90` are the median and the ninth decile of the units' longest ÷ shortest team-day.
    """
    ratios = sorted(one.balance for one in some if one.balance is not None and one.team_days > 1)
    days = max((len(one.top_by_day) for one in some), default=0)
    by_day = [sum(one.top_by_day[min(nth, len(one.top_by_day) - 1)] for one in some if one.top_by_day)
              for nth in range(days)]  # fmt: skip
    summed = ("travel_s", "service_s", "team_days", "served", "left_out", "over", "after_deadline", "top")
    return {
        **{name: sum(getattr(one, name) for one in some) for name in summed},
        "makespan_s": max((one.makespan_s for one in some), default=0),
        "balance": _quantile(ratios, 0.5), "balance_p90": _quantile(ratios, 0.9),
        "overlap": _mean([one.overlap for one in some]), "continuity": _mean([one.continuity for one in some]),
        "top_by_day": by_day,
    }  # fmt: skip


def _quantile(values: list[float], part: float) -> float | None:
    """Return the value that so many parts of the sorted ones do not exceed (nearest rank)."""
    return round(values[min(len(values) - 1, int(part * len(values)))], 4) if values else None


def _mean(values: list[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return round(sum(known) / len(known), 4) if known else None

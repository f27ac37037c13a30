"""What is planned: stops to be visited from one start point, what the teams' days are like, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from geo.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mode = Literal["compact", "balanced"]
MODES: Final[tuple[Mode, ...]] = ("balanced", "compact")
#: A leg that cannot be travelled, in a matrix of seconds.
UNREACHABLE: Final = -1
#: Why a stop is on no team-day: no way there and back · a day is too short for it alone · no team-day that it may be
#: on · the team-days that there are do not hold it · it came to the list after it was planned.
REASONS: Final = ("unreachable", "too_long", "no_slot", "no_time", "unplanned")
#: So many bands of priority tell prizes apart.
_BANDS: Final = 5
#: A day and a team, both from 1.
Slot: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stops:
    """The start point (index 0) and n stops; every array has n + 1 values, the start point's are not used.

    `service_s` whole seconds at the door; `priority` a number, the higher the sooner; `deadline_day` the last day
    (1, 2, …) on which the visit is in time, 0 = none; `owner` who answers for the household, '' = nobody.
    `x_m`, `y_m` metres on a plane (east, north), for what is drawn and measured; None where only a matrix is known.
    """

    ids: tuple[str, ...]
    service_s: NDArray[np.int64]
    priority: NDArray[np.float64]
    deadline_day: NDArray[np.int64]
    owner: tuple[str, ...]
    x_m: NDArray[np.float64] | None = None
    y_m: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        """Return the number of stops, without the start point."""
        return len(self.ids) - 1

    def take(self, inner: NDArray[np.int64]) -> Stops:
        """Return the stops of some indexes, the start point's (0) first."""
        return Stops(
            tuple(self.ids[one] for one in inner), self.service_s[inner], self.priority[inner],
            self.deadline_day[inner], tuple(self.owner[one] for one in inner),
            None if self.x_m is None else self.x_m[inner], None if self.y_m is None else self.y_m[inner],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan may use: the length of a day in seconds, teams a day, days (None = as many as needed), the mode.

    compact: fewest team-days, then least travel. balanced: the same team-days, their loads alike, then least travel.
    `shut` are the slots on which nobody works. `effort` multiplies the iterations of the search: the same seed and
    effort give the same plan. `seconds` is a bound for slow machines, which the iterations end before.
    `continuity_s` is what it costs, in seconds of travel, that another team than its owner's visits a stop.
    """

    day_s: int
    teams: int = 1
    days: int | None = None
    mode: Mode = "compact"
    seed: int = 0
    effort: float = 1.0
    seconds: float = 10.0
    shut: frozenset[Slot] = frozenset()
    continuity_s: int = 1200

    def __post_init__(self) -> None:
        """Refuse terms under which nothing can be planned. Raises `Invalid`."""
        if self.day_s <= 0 or self.teams < 1 or self.effort <= 0 or (self.days is not None and self.days < 1):
            raise Invalid("plan.terms")


@dataclass(frozen=True, slots=True)
class TeamDay:
    """One team on one day (both from 1): its stops in order of visit, and where its time goes, in seconds.

    `over_s` is what it is longer than a day: a plan that people made by hand may have such days, and they are shown.
    """

    day: int
    team: int
    stops: tuple[int, ...]
    travel_s: int
    service_s: int
    over_s: int = 0

    @property
    def load_s(self) -> int:
        """Return the length of the team-day: travel and service."""
        return self.travel_s + self.service_s


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a plan must keep, by stop.

    `fixed`: the day and the team that a stop must be on, 0 = any. `barred`: (stop, team) that must not meet. `away`:
    (stop, day) on which the household is not there. `owner_team`: the team of the stop's owner, which is preferred.
    `locked`: team-days that stay as they are, with their stops in their order.
    """

    fixed: Mapping[int, Slot] = field(default_factory=dict)
    barred: frozenset[tuple[int, int]] = frozenset()
    away: frozenset[tuple[int, int]] = frozenset()
    owner_team: Mapping[int, int] = field(default_factory=dict)
    locked: tuple[TeamDay, ...] = ()

    @property
    def by_team(self) -> bool:
        """Say whether it matters for some stop which team comes."""
        return bool(self.barred or self.owner_team or any(team for _, team in self.fixed.values()))

    def allow(self, stop: int, slot: Slot) -> bool:
        """Say whether a stop may be on the team-day of a slot."""
        day, team = self.fixed.get(stop, (0, 0))
        return (
            day in (0, slot[0])
            and team in (0, slot[1])
            and (stop, slot[1]) not in self.barred
            and (stop, slot[0]) not in self.away
        )

    def take(self, inner: NDArray[np.int64]) -> Bounds:
        """Return the bounds of some stops, numbered by their place in `inner`; what is locked has left."""
        place = {int(stop): nth for nth, stop in enumerate(inner)}
        return Bounds(
            {place[stop]: slot for stop, slot in self.fixed.items() if stop in place},
            frozenset((place[stop], team) for stop, team in self.barred if stop in place),
            frozenset((place[stop], day) for stop, day in self.away if stop in place),
            {place[stop]: team for stop, team in self.owner_team.items() if stop in place},
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Team-days in order, and the stops that none of them serves, each with the reason (`REASONS`).

    `late` are stops served after their deadline, because nothing earlier was possible. `cut`: the seconds ran out
    before the iterations, so that a quicker machine would find another plan.
    """

    team_days: tuple[TeamDay, ...]
    unserved: tuple[tuple[int, str], ...] = ()
    late: tuple[int, ...] = ()
    cut: bool = False

    @property
    def travel_s(self) -> int:
        """Return the travel of all team-days in seconds."""
        return sum(one.travel_s for one in self.team_days)


def make_team_day(
    matrix: NDArray[np.int64], stops: Stops, route: tuple[int, ...], *, slot: Slot, day_s: int
) -> TeamDay:
    """Return a team-day with its times summed from the matrix (seconds): start point, stops in order, start point."""
    path = np.array([0, *route, 0])
    travel = int(matrix[path[:-1], path[1:]].sum())
    service = int(stops.service_s[list(route)].sum())
    return TeamDay(slot[0], slot[1], route, travel, service, max(0, travel + service - day_s))


def list_late(stops: Stops, team_days: Sequence[TeamDay]) -> tuple[int, ...]:
    """Return the stops that are visited after their deadline."""
    return tuple(sorted(stop for one in team_days for stop in one.stops if 0 < stops.deadline_day[stop] < one.day))


def band_priorities(priority: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return bands 0 … 4: the distinct values in order where there are few, else equal steps between least and most."""
    values = np.unique(priority)
    if len(values) <= _BANDS:
        return np.searchsorted(values, priority).astype(np.int64)
    edges = np.linspace(values[0], values[-1], _BANDS + 1)[1:-1]
    return np.searchsorted(edges, priority, side="right").astype(np.int64)

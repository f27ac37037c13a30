"""The gap list of a village as stops: minutes at the door, deadlines as days of the plan, owners as teams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geo.errors import Invalid
from geo.gaps import PRIORITY_TERMS
from geo.mask import mask_name
from geo.plan.stops import Bounds, Slot, Stops
from geo.plan.travel import project
from geo.planning.document import StopRow
from geo.planning.teams import UnitSetup
from geo.store.ways import WayFiles
from geo.ways.legs import measure_legs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MONITORED: Final = "mon_"
_AWAY: Final = "away_all"


@dataclass(frozen=True, slots=True)
class UnitTask:
    """One unit's gap list as a task: located homes in the order of `stops` (from 1), and those without a point."""

    place: str
    code: str
    name: str
    setup: UnitSetup
    days: tuple[date, ...]
    start: tuple[float, float] | None
    rows: tuple[StopRow, ...]
    unlocated: tuple[StopRow, ...]
    stops: Stops
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    bounds: Bounds
    files: WayFiles

    def measure(self) -> NDArray[np.int64]:
        """Return the seconds between all points, the start point's first. Raises `Invalid`: no such roads, heights."""
        setup = self.setup
        return measure_legs(self.files, self.lon, self.lat, ways=setup.ways, travel=setup.travel, pace=setup.pace)


def make_task(
    gaps: pd.DataFrame, unit: tuple[str, str, str], setup: UnitSetup, *, days: Sequence[date],
    start: tuple[float, float] | None, files: WayFiles,
) -> UnitTask:  # fmt: skip
    """Return the task of a unit (id, code, name) from rows of `gaps.rank_gaps`, in the register's order.

    `files`: the user's roads and heights. A home without a point cannot be planned. Without a known start point it is
    the middle of the homes.
    """
    ordered = gaps.sort_values(["village_code", "group_code", "code"], na_position="first")
    rows = [_to_row(row, setup) for row in ordered.to_dict("records")]
    located = [one for one in rows if one.lon is not None and one.lat is not None]
    begin = start or _middle(located)
    lon = np.array([begin[0] if begin else 0.0, *(one.lon for one in located)], dtype=float)
    lat = np.array([begin[1] if begin else 0.0, *(one.lat for one in located)], dtype=float)
    x, y = project(lon, lat)
    stops = Stops(
        ("", *(one.household for one in located)),
        np.array([0, *(one.service_s for one in located)], dtype=np.int64),
        np.array([0, *(one.priority for one in located)], dtype=float),
        np.array([0, *(_deadline(one.due_on, days) for one in located)], dtype=np.int64),
        ("", *(one.owner for one in located)), x, y,
    )  # fmt: skip
    away = frozenset((nth, day) for nth, one in enumerate(located, start=1) for day in _absent_on(one, setup, days))
    of_person = {who: nth for nth, team in enumerate(setup.teams, start=1) for who in team.people}
    owner_team = {nth: of_person[one.owner] for nth, one in enumerate(located, start=1) if one.owner in of_person}
    unlocated = tuple(one for one in rows if one.lon is None or one.lat is None)
    bounds = Bounds(_find_fixed(located, setup, days), _find_barred(located, setup), away, owner_team)
    return UnitTask(*unit, setup, tuple(days), begin, tuple(located), unlocated, stops, lon, lat, bounds, files)


def _find_fixed(rows: Sequence[StopRow], setup: UnitSetup, days: Sequence[date]) -> dict[int, Slot]:
    """Return the day and team that stops must have. Raises `Invalid` for a team or day that is not planned."""
    fixed = {}
    for nth, row in enumerate(rows, start=1):
        if row.code in setup.forced:
            team, day = setup.forced[row.code]
            if day is not None and day not in days:
                raise Invalid("plan.forced_day", code=row.code, day=day)
            fixed[nth] = (0 if day is None else days.index(day) + 1, _find_team(setup, team) if team else 0)
    return fixed


def _find_barred(rows: Sequence[StopRow], setup: UnitSetup) -> frozenset[tuple[int, int]]:
    """Return the stops and teams that must not meet. Raises `Invalid` for a team that there is not."""
    return frozenset(
        (nth, _find_team(setup, team))
        for nth, row in enumerate(rows, start=1)
        for team in setup.forbidden.get(row.code, ())
    )


def _find_team(setup: UnitSetup, name: str) -> int:
    names = [one.name for one in setup.teams]
    if name not in names:
        raise Invalid("plan.no_team", name=name, known=" ".join(names))
    return names.index(name) + 1


def _to_row(row: dict[Any, Any], setup: UnitSetup) -> StopRow:
    located = bool(row["located"]) and row["lon"] == row["lon"]
    terms = {term: int(row[f"p_{term}"]) for term in PRIORITY_TERMS if row[f"p_{term}"]}
    return StopRow(
        row["household"], row["code"], mask_name(_word(row["head_name"])), _word(row["township"]),
        _word(row["village"]), _word(row["village_code"]), _word(row["group"]), _count(row["size"]),
        tuple(kind for kind in _word(row["tags"]).split(",") if kind), _day(row["last_on"]), int(row["overdue_days"]),
        float(row["lon"]) if located else None, float(row["lat"]) if located else None,
        service_seconds(row, setup.minutes), int(row["priority"]), terms, row["state"],
        _word(row["last_outcome_ever"]), int(row["open_issues"]), tuple(row["issues"]), _word(row["assignee"]),
        due_day(row, setup),
    )  # fmt: skip


def due_day(row: dict[Any, Any], setup: UnitSetup) -> date | None:
    """Return until when a home is wanted: as it was assigned, of tagged ones by what was set for them, if sooner."""
    due = [_day(row["due_on"]), setup.due_tagged if row["priority_home"] else None]
    return min((day for day in due if day is not None), default=None)


def _day(value: object) -> date | None:
    """Return a day; a frame may hold it as text, or nothing."""
    if isinstance(value, str) and value:
        return date.fromisoformat(value)
    return value if isinstance(value, date) and value == value else None  # noqa: PLR0124 - NaT alone differs


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: float | None) -> int:
    """Return a number of people; a frame holds an unknown one as None or NaN."""
    return 0 if pd.isna(value) else int(value)


def service_seconds(row: dict[Any, Any], minutes: Any) -> int:
    """Return the seconds at the door: by the last outcome, else by class, tags and open issues."""
    base = minutes.get(_word(row["last_outcome_ever"]))
    if base is None:
        of_class = _word(row["household_class"])
        usual = minutes["monitored"] if of_class.startswith(_MONITORED) else 0
        base = minutes["default"] + minutes.get(of_class, usual)
        base += minutes["care_tag"] if row["priority_home"] else 0
    return 60 * int(base + minutes["open_issue"] * int(row["open_issues"]))


def _deadline(due_on: date | None, days: Sequence[date]) -> int:
    """Return the last day of the plan that is in time, 0 where it is over before the first or not before the last."""
    if due_on is None:
        return 0
    in_time = sum(day <= due_on for day in days)
    return in_time if in_time < len(days) else 0


def _absent_on(row: StopRow, setup: UnitSetup, days: Sequence[date]) -> list[int]:
    """Return the days on which a home that went away as a whole is not there."""
    if setup.away_window is None or row.last_outcome != _AWAY:
        return []
    first, last = setup.away_window
    return [nth for nth, day in enumerate(days, start=1) if not first <= day <= last]


def _middle(rows: Sequence[StopRow]) -> tuple[float, float] | None:
    """Return the median point of homes."""
    if not rows:
        return None
    lon, lat = (np.median([getattr(one, name) for one in rows]) for name in ("lon", "lat"))
    return float(lon), float(lat)

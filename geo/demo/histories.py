"""The history of one issue from raising to closing, to the end of the demo's year."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geo import codes

if TYPE_CHECKING:
    from geo.demo.village import Village


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an issue: its day as an ordinal, levels and states before and after."""

    kind: str
    day: int
    from_level: str | None
    to_level: str
    from_state: str | None
    to_state: str


@dataclass(slots=True)
class History:
    """The steps of an issue in order; no step lies before the one before it or after `last`."""

    last: int
    events: list[Event] = field(default_factory=list)

    def add(self, kind: str, day: int, *, state: str, level: str | None = None) -> None:
        """Append a step; without a level the issue stays where it is."""
        before = self.events[-1] if self.events else None
        at = min(max(day, before.day), self.last) if before else day
        to_level = level or (before.to_level if before else codes.ISSUE_LEVELS[0])
        self.events.append(
            Event(kind, at, before.to_level if before else None, to_level, before.to_state if before else None, state)
        )

    def until(self, day: int) -> list[Event]:
        """Return the steps up to a day."""
        return [event for event in self.events if event.day <= day]


class Course:
    """Draws how issues of one unit go: rules and limits of the unit, one random stream."""

    def __init__(self, village: Village, rng: np.random.Generator) -> None:
        """Take the limits: in 和平乡 every escalation, in finished villages every step lies before the demo's day."""
        world = village.world
        self.rng, self.given, self.decided = rng, world.params["issues"], world.decided["issues"]
        self.finished = village.finished
        self.end = world.window(self.decided["end_window"])
        self.finished_by = world.window(self.decided["finished_by"])
        heping = village.unit.township == world.params["presets"]["heping"]["unit_prefix"]
        self.escalated_by = world.as_of if heping else self.end[0] - 1

    def run(self, raised: int, level: str, route: str) -> History:
        """Return the history of an issue that goes up to a level, and is closed before the year ends."""
        ups = self._escalations(raised, codes.ISSUE_LEVELS.index(level))
        closed = self._closing_day(raised, ups, route)
        history = History(closed)
        history.add("raised", raised, state="open")
        if route == "on_spot":
            history.add("resolved", raised, state="resolved")
            history.add("closed", closed, state="closed")
            return history
        bounds = [*ups, closed]
        history.add("assigned", min(raised + self._days([0, 2]), bounds[0]), state="assigned")
        history.add("progress", min(raised + self._days([1, 4]), bounds[0]), state="in_progress")
        for nth, up in enumerate(ups):
            history.add("escalated", up, state="assigned", level=codes.ISSUE_LEVELS[nth + 1])
            history.add("progress", min(up + 1, bounds[nth + 1]), state="in_progress")
        self._finish(history, resolved=closed - self._days(self.decided["verified_after_days"]), closed=closed)
        return history

    def _finish(self, history: History, *, resolved: int, closed: int) -> None:
        begun = history.events[-1].day
        if resolved - begun > self.decided["deferred_from_days"] and self.rng.random() < self.decided["deferred_share"]:
            history.add("deferred", begun + self._days([25, 45]), state="deferred")
            history.add("progress", resolved - self._days([4, 9]), state="in_progress")
        elif self.rng.random() < self.decided["reworked"]:
            history.add("resolved", resolved - self._days([4, 8]), state="resolved")
            history.add("reworked", history.events[-1].day + 2, state="in_progress")
        history.add("resolved", resolved, state="resolved")
        history.add("closed", closed, state="closed")

    def _escalations(self, raised: int, count: int) -> list[int]:
        days, day = [], raised
        latest = self.finished_by[0] if self.finished else self.escalated_by
        for nth in range(count):
            day = max(
                day, min(day + self._days(self.decided["escalated_after_days"][nth]), latest - 2 * (count - 1 - nth))
            )
            days.append(day)
        return days

    def _closing_day(self, raised: int, ups: list[int], route: str) -> int:
        given: dict[str, Any] = self.decided["days_to_close"]
        days = self.rng.lognormal(np.log(given["median"]), given["sigma"]) * given["times"][len(ups)]
        if route == "on_spot":
            days = 0
        elif route == "explained":
            days = self._days([0, self.decided["explained_within_days"]])
        closed = max([raised + round(float(days)), *ups[-1:]])
        if self.finished:
            return max(raised, *ups[-1:], min(closed, int(self.rng.integers(*self.finished_by, endpoint=True))))
        return closed if closed <= self.end[0] else int(self.rng.integers(*self.end, endpoint=True))

    def _days(self, span: list[int]) -> int:
        return int(self.rng.integers(span[0], span[1], endpoint=True))

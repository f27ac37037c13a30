"""What one row of a ledger of issues tells of its history: the events that lead to the state it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from geo import codes
from geo.issues import Event

if TYPE_CHECKING:
    from datetime import date

#: State → the kinds of event that lead there; a ledger does not tell the days between.
_WAYS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "open": (),
    "assigned": (("assigned", "assigned"),),
    "in_progress": (("progress", "in_progress"),),
    "resolved": (("resolved", "resolved"),),
    "closed": (("resolved", "resolved"), ("closed", "closed")),
    "deferred": (("deferred", "deferred"),),
    "returned": (("returned", "returned"),),
    "invalid": (("invalidated", "invalid"),),
}


@dataclass(frozen=True, slots=True)
class Course:
    """What a row says of the course of its issue; `resolved_on` is there where the state is resolved or closed."""

    raised_on: date
    state: str = "open"
    level: str = "village"
    route: str = ""
    due_on: date | None = None
    resolved_on: date | None = None
    close_kind: str = ""
    unit: str = ""
    responsible: str = ""
    note: str = ""


def tell_events(course: Course, *, actor: str) -> list[Event]:
    """Return the events of an issue in order; they replay to what the row says.

    What the row dates is dated so; all else happened on the day the issue was raised, or the last one known.
    """
    first = Event(
        "raised", course.raised_on, actor, None, "village", None, "open", due_on=course.due_on,
        unit=course.unit or None, responsible=course.responsible or None,
    )  # fmt: skip
    events = [first]
    reached = _reached(course)
    if reached != "village":
        events.append(_next(events[-1], "escalated", "assigned", course.raised_on, level=reached))
    for kind, state in _WAYS[course.state]:
        on = course.resolved_on or course.raised_on
        level = course.level if kind == "returned" else events[-1].to_level
        event = _next(events[-1], kind, state, on, level=level)
        events.append(replace(event, close_kind=_close_kind(course)) if kind in codes.DONE_STATES else event)
    events[-1] = replace(events[-1], note=course.note)
    return events


def _reached(course: Course) -> str:
    """Return how far up the issue was; what was returned to a level came from the next one."""
    above = codes.ISSUE_LEVELS.index(course.level) + (course.state == "returned")
    return codes.ISSUE_LEVELS[min(above, len(codes.ISSUE_LEVELS) - 1)]


def _close_kind(course: Course) -> str:
    if course.close_kind:
        return course.close_kind
    if course.route == "explained":
        return "explained"
    on_spot = course.route == "on_spot" and course.resolved_on == course.raised_on
    return "solved_on_spot" if on_spot else "solved"


def _next(before: Event, kind: str, state: str, on: date, *, level: str) -> Event:
    return Event(kind, on, before.actor, before.to_level, level, before.to_state, state)

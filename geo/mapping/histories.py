"""What the rows of issues say: which issue a row belongs to, its state, and the history that its rows tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.schema.mapped import MAPPED_FIELDS, NOTHING
from geo.validate import is_blank

if TYPE_CHECKING:
    from geo.importer.register import Row
    from geo.mapping.desk import Desk
    from geo.mapping.reading import Rows

_FIELDS = MAPPED_FIELDS["issues"]
#: Facts that the first row of an issue decides, and what stands where it says nothing.
FACTS: Final[dict[str, Any]] = {
    "category": None, "title": "", "detail": "", "scope": None, "route": "time_limited", "due_on": None,
    "responsible": "", "verified_by": None, "satisfaction": None, "close_kind": None,
}  # fmt: skip
#: State → the events that lead there from open.
_WAYS: Final[dict[str, tuple[str, ...]]] = {
    "open": (), "assigned": ("assigned",), "in_progress": ("progress",), "resolved": ("resolved",),
    "closed": ("resolved", "closed"), "deferred": ("deferred",), "returned": ("returned",),
    "invalid": ("invalidated",),
}  # fmt: skip
#: Events after which nothing is under way: only a reopening leads on from them.
_STANDING: Final = ("resolved", "closed", "deferred", "invalidated")
_NEEDED: Final = ("key", "raised_on", "category")
_ENDS: Final = ("resolved_on", "closed_on")
#: State → the days of an end that it does not know; of every other state all.
_UNTAKEN: Final[dict[str, tuple[str, ...]]] = {"closed": (), "resolved": ("closed_on",)}
_DAYS: Final = ("changed_on", "resolved_on", "closed_on")

#: One event of an issue: its kind and day.
Event = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """One row of an issue: its place in the file, its state and the days that belong to it."""

    nth: int
    state: str
    raised_on: str
    resolved_on: str | None
    changed_on: str | None

    @property
    def ended_on(self) -> str:
        """Return the day the row's state was reached; a day after all others while nothing has ended."""
        return self.changed_on if self.changed_on and self.state in ("closed", "resolved", "invalid") else "9999"


def group_rows(desk: Desk, rows: Rows) -> dict[str, list[Told]]:
    """Return the rows of each issue, by its number, in the order in which they ended.

    A row that lacks number, day or category is refused (R_REQUIRED). Where it is a household or a visit too, that
    stays: the issue is not made and listed (W_ISSUE_INCOMPLETE), or the row says nothing of any issue.
    """
    own = _own_columns(desk)
    groups: dict[str, list[Told]] = {}
    for nth in np.flatnonzero(rows.mask).tolist():
        if nth in desk.ledger.refusals or rows.get("category", nth) == NOTHING:
            continue
        lacking = [key for key in _NEEDED if rows.get(key, nth) is None]
        if not lacking:
            groups.setdefault(rows.get("key", nth), []).append(_read_state(desk, rows, nth))
        elif not _is_more(desk, nth):
            value = desk.spec.targets["issues"].fields[lacking[0]]
            desk.ledger.refuse("R_REQUIRED", nth, _FIELDS[lacking[0]].header, "", value=value)
        elif "category" not in lacking or not all(is_blank(desk.ledger.table.column(name)[nth]) for name in own):
            value = desk.spec.targets["issues"].fields[lacking[0]]
            desk.ledger.warn("W_ISSUE_INCOMPLETE", nth, _FIELDS[lacking[0]].header, "", value=value)
    for group in groups.values():
        group.sort(key=lambda one: (one.ended_on, one.nth))
    return groups


def _is_more(desk: Desk, nth: int) -> bool:
    """Say whether a row is a household or a visit besides."""
    return desk.homes[nth] is not None or nth in desk.visits


def _own_columns(desk: Desk) -> list[str]:
    """Return the columns that only the issues read: a row where all are blank says nothing of an issue."""
    spec = desk.spec
    others = replace(spec, targets={name: one for name, one in spec.targets.items() if name != "issues"})
    taken = {name for value in others.values() for name in value.columns}
    mine = {name for value in spec.targets["issues"].fields.values() for name in value.columns}
    return sorted(name for name in mine - taken if name in desk.ledger.table.index_of)


def _read_state(desk: Desk, rows: Rows, nth: int) -> Told:
    """Return what a row says of its issue's state.

    Without a state column the days tell: closed where there is a day of closing, else resolved, else open. A closing
    or resolution without a day is not made, and listed; so is the day of an end that the state does not know.
    """
    days = _read_days(desk, rows, nth)
    closed_on, resolved_on, changed_on = days["closed_on"], days["resolved_on"], days["changed_on"]
    state = rows.get("state", nth) or ("closed" if closed_on else "resolved" if resolved_on else "open")
    if state == "closed":
        changed_on = closed_on or changed_on or resolved_on
    elif state == "resolved":
        changed_on = resolved_on or changed_on or closed_on
    for key in _UNTAKEN.get(state, _ENDS):
        if days[key] is not None and days[key] != changed_on:
            desk.ledger.warn("W_ATTR_DIFFERS", nth, _FIELDS[key].header, days[key])
    if changed_on is None and state in ("closed", "resolved"):
        if not any(("issues", key, nth) in desk.ledger.faulty for key in _DAYS):
            desk.ledger.warn("W_DATE_MISSING", nth, _FIELDS["closed_on"].header, state)
        state = "open"
    raised_on = rows.get("raised_on", nth)
    return Told(nth, state, raised_on, resolved_on, None if state == "open" else changed_on or raised_on)


def _read_days(desk: Desk, rows: Rows, nth: int) -> Row:
    """Return the days of a row's state; one before the issue was raised, or a closing before its resolution, is none.

    It is left empty and listed (W_DATE_IMPOSSIBLE).
    """
    days: Row = {key: rows.get(key, nth) for key in _DAYS}
    raised_on = rows.get("raised_on", nth)
    for key, day in days.items():
        before = days["resolved_on"] if key == "closed_on" and days["resolved_on"] else raised_on
        if day is not None and day < before:
            days[key] = None
            desk.ledger.faulty.add(("issues", key, nth))
            value = desk.spec.targets["issues"].fields[key]
            desk.ledger.warn("W_DATE_IMPOSSIBLE", nth, _FIELDS[key].header, day, value=value)
    return days


def list_events(group: list[Told]) -> list[Event]:
    """Return the history that the rows of an issue tell, in order; no event lies before the one ahead of it.

    A later row reopens what stands ended; where nothing has ended, a row of the same state only repeats it.
    """
    found: list[Event] = [("raised", min(one.raised_on for one in group))]
    for nth, one in enumerate(group):
        on = one.changed_on or one.raised_on
        if found[-1][0] in _STANDING:
            found.append(("reopened", on))
        elif nth and one.state == group[nth - 1].state:
            continue
        for kind in _WAYS[one.state]:
            day = one.resolved_on if kind == "resolved" and one.resolved_on and not nth else on
            found.append((kind, day))
    latest = ""
    ordered = []
    for kind, day in found:
        latest = max(latest, day)
        ordered.append((kind, latest))
    return ordered


def fold_facts(desk: Desk, rows: Rows, kept: list[Told]) -> Row:
    """Return the facts of an issue: the first that a row says of each counts; what differs later is listed."""
    facts: Row = {}
    for one in kept:
        for name in FACTS:
            said = rows.get(name, one.nth)
            if said is None:
                continue
            if facts.setdefault(name, said) != said:
                desk.ledger.warn("W_ATTR_DIFFERS", one.nth, _FIELDS[name].header, str(said))
    return facts

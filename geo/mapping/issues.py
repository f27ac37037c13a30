"""Issues of a file: one key is one issue, its rows are its history; what is stored grows, and is never overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.importer.proposals import Proposal
from geo.importer.register import Row
from geo.mapping.evaluate import holds
from geo.mapping.visits import find_homes
from geo.schema.columns import MAPPED_UNITS
from geo.schema.mapped import MAPPED_FIELDS, NOTHING

if TYPE_CHECKING:
    from geo.mapping.desk import Desk, Home, PlaceBook
    from geo.mapping.reading import Reading, Rows

_FIELDS = MAPPED_FIELDS["issues"]
#: Facts that the first row of an issue decides, and what stands where it says nothing.
_FACTS: Final[dict[str, Any]] = {
    "category": None, "title": "", "detail": "", "scope": None, "route": "time_limited", "due_on": None,
    "responsible": "", "verified_by": None, "satisfaction": None, "close_kind": None,
}  # fmt: skip
#: State → the events that lead there from open.
_WAYS: Final[dict[str, tuple[str, ...]]] = {
    "open": (), "assigned": ("assigned",), "in_progress": ("progress",), "resolved": ("resolved",),
    "closed": ("resolved", "closed"), "deferred": ("deferred",), "returned": ("returned",),
    "invalid": ("invalidated",),
}  # fmt: skip
#: Kind of event → the state after it.
_AFTER: Final = {
    "raised": "open", "assigned": "assigned", "progress": "in_progress", "resolved": "resolved", "closed": "closed",
    "deferred": "deferred", "returned": "returned", "invalidated": "invalid", "reopened": "in_progress",
}  # fmt: skip
_OVER: Final = ("closed", "invalid")
#: What events of the history can decide; those of a file decide what is named here, by their kind.
_NO_FACTS: Final[Row] = dict.fromkeys(
    ("act", "due_on", "unit", "responsible", "close_kind", "approved_by", "verified_by", "satisfaction", "duplicate_of")
)
_EVENT_FACTS: Final = {
    "raised": ("due_on", "responsible"),
    "closed": ("close_kind", "verified_by", "satisfaction"),
}

#: One event of an issue: its kind and day.
Event = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Said:
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


def plan_issues(desk: Desk, book: PlaceBook, reading: Reading) -> None:
    """Plan the issues of the file with their events; rows of one key are one issue.

    The first row raises it and says what it is; every later row (by the day it ended) reopens it and ends it again.
    """
    rows = reading.targets.get("issues")
    if rows is None:
        return
    groups = _group_rows(desk, rows)
    homes = find_homes(desk, rows, [one.nth for group in groups.values() for one in group], target="issues")
    duplicates = _find_duplicates(desk)
    known, events = _read_known(desk, list(groups))
    ids = {number: row["id"] for number, row in known.items()} | {
        number: desk.new_id() for number in groups if number not in known
    }
    for number, group in groups.items():
        kept = [one for one in group if one.nth not in desk.ledger.refusals]
        if not kept:
            continue
        facts = _fold(desk, rows, kept)
        wanted = _list_events(kept)
        is_duplicate = any(duplicates[one.nth] for one in kept)
        original = _original_of(desk, rows, kept, ids, number, is_duplicate=is_duplicate)
        if number in known:
            _compare(desk, known[number], events[number], wanted, facts, original)
            continue
        home = next((home for one in kept if (home := homes.get(one.nth)) is not None), None)
        row = _new_issue(desk, book, kept[0].nth, home, facts) if home or desk.leaves[kept[0].nth] else None
        if row is None:
            desk.ledger.refuse("R_REQUIRED", kept[0].nth, MAPPED_UNITS["village"], number)
            continue
        row |= {"id": ids[number], "number": number, "raised_on": wanted[0][1], "duplicate_of": original}
        _plan_issue(desk, row, wanted, home)


def _group_rows(desk: Desk, rows: Rows) -> dict[str, list[_Said]]:
    groups: dict[str, list[_Said]] = {}
    for nth in np.flatnonzero(rows.mask).tolist():
        if nth in desk.ledger.refusals or rows.get("category", nth) == NOTHING:
            continue
        number, raised_on = rows.get("key", nth), rows.get("raised_on", nth)
        for key, said in (("key", number), ("raised_on", raised_on), ("category", rows.get("category", nth))):
            if said is None and nth not in desk.ledger.refusals:
                desk.ledger.refuse(
                    "R_REQUIRED", nth, _FIELDS[key].header, "", value=desk.spec.targets["issues"].fields[key]
                )
        if nth not in desk.ledger.refusals:
            groups.setdefault(number, []).append(_read_state(desk, rows, nth, raised_on))
    for group in groups.values():
        group.sort(key=lambda one: (one.ended_on, one.nth))
    return groups


def _read_state(desk: Desk, rows: Rows, nth: int, raised_on: str) -> _Said:
    """Return what a row says of its issue's state.

    Without a state column the days tell: closed where there is a day of closing, else resolved, else open. A closing
    or resolution without a day is not made, and listed.
    """
    closed_on, resolved_on = rows.get("closed_on", nth), rows.get("resolved_on", nth)
    state = rows.get("state", nth) or ("closed" if closed_on else "resolved" if resolved_on else "open")
    changed_on = rows.get("changed_on", nth)
    if state == "closed":
        changed_on = closed_on or changed_on or resolved_on
    elif state == "resolved":
        changed_on = resolved_on or changed_on or closed_on
    if changed_on is None and state in ("closed", "resolved"):
        desk.ledger.warn("W_DATE_MISSING", nth, _FIELDS["closed_on"].header, state)
        state = "open"
    return _Said(nth, state, raised_on, resolved_on, None if state == "open" else changed_on or raised_on)


def _list_events(group: list[_Said]) -> list[Event]:
    """Return the history that the rows of an issue tell, in order; no event lies before the one ahead of it."""
    found: list[Event] = [("raised", min(one.raised_on for one in group))]
    for nth, one in enumerate(group):
        on = one.changed_on or one.raised_on
        if nth:
            found.append(("reopened", on))
        for kind in _WAYS[one.state]:
            day = one.resolved_on if kind == "resolved" and one.resolved_on and not nth else on
            found.append((kind, day))
    latest = ""
    ordered = []
    for kind, day in found:
        latest = max(latest, day)
        ordered.append((kind, latest))
    return ordered


def _fold(desk: Desk, rows: Rows, kept: list[_Said]) -> Row:
    """Return the facts of an issue: the first that a row says of each counts; what differs later is listed."""
    facts: Row = {}
    for one in kept:
        for name in _FACTS:
            said = rows.get(name, one.nth)
            if said is None:
                continue
            if facts.setdefault(name, said) != said:
                desk.ledger.warn("W_ATTR_DIFFERS", one.nth, _FIELDS[name].header, str(said))
    return facts


def _find_duplicates(desk: Desk) -> list[bool]:
    conditions = desk.spec.targets["issues"].duplicate
    if not conditions:
        return [False] * len(desk.ledger.table)
    found: list[bool] = holds(conditions, desk.ledger.table).tolist()
    return found


def _original_of(
    desk: Desk, rows: Rows, kept: list[_Said], ids: dict[str, str], number: str, *, is_duplicate: bool
) -> str | None:
    """Return the id of the issue that one repeats: the named one, else, where the file names none, its own."""
    named = next((said for one in kept if (said := rows.get("duplicate_of", one.nth)) is not None), None)
    if named is None or named == number:
        return ids[number] if is_duplicate else None
    if named not in ids:
        known = desk.connection.exec_driver_sql("SELECT id FROM issue WHERE number = ?", (named,)).scalar()
        if known is None:
            desk.ledger.warn("W_UNMATCHED", kept[0].nth, _FIELDS["duplicate_of"].header, named)
            return ids[number]
        ids[named] = known
    return ids[named]


def _read_known(desk: Desk, numbers: list[str]) -> tuple[dict[str, Row], dict[str, list[Row]]]:
    """Return the stored issues with these numbers, and their events in order."""
    known = {row["number"]: row for row in desk.fetch("SELECT * FROM issue WHERE number IN ({marks})", numbers)}
    by_id = {row["id"]: number for number, row in known.items()}
    events: dict[str, list[Row]] = {number: [] for number in known}
    for row in desk.fetch("SELECT * FROM issue_event WHERE issue IN ({marks}) ORDER BY issue, seq", by_id):
        events[by_id[row["issue"]]].append(row)
    return known, events


def _new_issue(desk: Desk, book: PlaceBook, nth: int, home: Home | None, facts: Row) -> Row:
    leaf = desk.leaves[nth]
    place = home.place if home is not None else leaf.id if leaf is not None else desk.root
    scope = "household" if home is not None else "group" if book.by_id[place]["level"] == "group" else "village"
    return {
        "place": place, "raised_by_visit": None, "level_now": "village", "max_level": "village", "resolved_on": None,
        "closed_on": None, "reopen_count": 0, **_FACTS, **desk.created(), **facts,
        "scope": facts.get("scope", scope), "title": facts.get("title", facts["category"]),
        "original_due_on": facts.get("due_on"),
    }  # fmt: skip


def _plan_issue(desk: Desk, row: Row, wanted: list[Event], home: Home | None) -> None:
    row |= _outcome_of(wanted, row["close_kind"])
    desk.insert("issue", row)
    desk.plan.counts["issues_new"] += 1
    desk.plan.counts["issues_reopened"] += row["reopen_count"]
    desk.plan.counts["issues_duplicate"] += row["duplicate_of"] is not None
    if home is not None:
        desk.insert("issue_household", {"issue": row["id"], "household": home.id})
    for event in _event_rows(desk, row["id"], wanted, 0, None):
        facts = _EVENT_FACTS.get(event["kind"], ())
        desk.insert("issue_event", event | {name: row[name] for name in facts})


def _event_rows(desk: Desk, issue: str, events: list[Event], before: int, state: str | None) -> list[Row]:
    found = []
    for seq, (kind, day) in enumerate(events, start=before + 1):
        found.append(
            {"issue": issue, "seq": seq, "on": day, "at": desk.stamp, "actor": desk.actor, "kind": kind,
             "from_level": None if state is None else "village", "to_level": "village", "from_state": state,
             "to_state": _AFTER[kind], "note": "", **_NO_FACTS}
        )  # fmt: skip
        state = _AFTER[kind]
    return found


def _outcome_of(events: list[Event], close_kind: str | None) -> Row:
    """Return the columns of an issue that its history decides."""
    state = _AFTER[events[-1][0]]
    days = {kind: day for kind, day in events if kind in ("resolved", "closed")}
    return {
        "state": state, "reopen_count": sum(kind == "reopened" for kind, _ in events),
        "resolved_on": days.get("resolved") if state in ("resolved", "closed") else None,
        "closed_on": days.get("closed") if state == "closed" else None,
        "close_kind": (close_kind or "solved") if state == "closed" else None,
    }  # fmt: skip


def _compare(desk: Desk, known: Row, stored: list[Row], wanted: list[Event], facts: Row, original: str | None) -> None:
    """Add the events that a newer file tells; where the stored history went another way, only say so."""
    told = [(row["kind"], row["on"]) for row in stored]
    news = wanted[len(told) :] if wanted[: len(told)] == told else []
    if told[: len(wanted)] != wanted and not news:
        shown = _AFTER[wanted[-1][0]]
        desk.plan.proposals.append(Proposal("correction", 0, known["number"], "", known["state"], shown, taken=False))
    changes: Row = {}
    if news:
        for event in _event_rows(desk, known["id"], news, stored[-1]["seq"], stored[-1]["to_state"]):
            desk.insert("issue_event", event)
        changes = _outcome_of(wanted, facts.get("close_kind"))
        desk.plan.counts["issues_reopened"] += sum(kind == "reopened" for kind, _ in news)
    if original is not None and known["duplicate_of"] is None:
        changes["duplicate_of"] = original
    changes = {name: said for name, said in changes.items() if known[name] != said}
    if not changes and not news:
        desk.plan.counts["issues_same"] += 1
        return
    desk.plan.updates.append(("issue", known, changes | desk.changed(known)))
    desk.plan.counts["issues_changed"] += 1

"""Issues of a file: one key is one issue, its rows are its history; what is stored grows, and is never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.importer.proposals import Proposal
from geo.importer.register import Row
from geo.mapping.evaluate import holds
from geo.mapping.histories import FACTS, fold_facts, group_rows, list_events
from geo.mapping.visits import find_homes
from geo.schema.columns import MAPPED_UNITS
from geo.schema.mapped import MAPPED_FIELDS

if TYPE_CHECKING:
    from geo.mapping.desk import Desk, Home, PlaceBook
    from geo.mapping.histories import Event, Told
    from geo.mapping.reading import Reading, Rows

_FIELDS = MAPPED_FIELDS["issues"]
#: Kind of event → the state after it.
_AFTER: Final = {
    "raised": "open", "assigned": "assigned", "progress": "in_progress", "resolved": "resolved", "closed": "closed",
    "deferred": "deferred", "returned": "returned", "invalidated": "invalid", "reopened": "in_progress",
}  # fmt: skip
#: What events of the history can decide; those of a file decide what is named here, by their kind.
_NO_FACTS: Final[Row] = dict.fromkeys(
    ("act", "due_on", "unit", "responsible", "close_kind", "approved_by", "verified_by", "satisfaction", "duplicate_of")
)
_EVENT_FACTS: Final = {
    "raised": ("due_on", "responsible"),
    "closed": ("close_kind", "verified_by", "satisfaction"),
}
#: What a closing decides.
_ENDING: Final = _EVENT_FACTS["closed"]
#: Facts that a later file may add where the stored issue says nothing; no event decides them.
_FILLED: Final = ("title", "detail", "due_on")
#: Letters of a detail that stand as the title where the file has none.
_SHORT: Final = 200


def plan_issues(desk: Desk, book: PlaceBook, reading: Reading) -> None:
    """Plan the issues of the file with their events; rows of one key are one issue.

    The first row raises it and says what it is; every later row (by the day it ended) reopens it and ends it again.
    """
    rows = reading.targets.get("issues")
    if rows is None:
        return
    groups = group_rows(desk, rows)
    homes = find_homes(desk, rows, [one.nth for group in groups.values() for one in group], target="issues")
    known, events = _read_known(desk, list(groups))
    groups = _keep_placed(desk, groups, homes, known)
    duplicates = _find_duplicates(desk)
    ids = {number: known[number]["id"] if number in known else desk.new_id() for number in groups}
    desk.issues = {one.nth for kept in groups.values() for one in kept}
    for number, kept in groups.items():
        facts = fold_facts(desk, rows, kept)
        _list_elsewhere(desk, kept, homes)
        wanted = list_events(kept)
        is_duplicate = any(duplicates[one.nth] for one in kept)
        original = _original_of(desk, rows, kept, ids, number, is_duplicate=is_duplicate)
        if number in known:
            facts |= {} if original is None else {"duplicate_of": original}
            _compare(desk, kept, known[number], events[number], wanted, facts)
            continue
        home = next((home for one in kept if (home := homes.get(one.nth)) is not None), None)
        row = _new_issue(desk, book, kept, home, facts)
        row |= {"id": ids[number], "number": number, "raised_on": wanted[0][1], "duplicate_of": original}
        _plan_issue(desk, row, wanted, home)


def _keep_placed(
    desk: Desk, groups: dict[str, list[Told]], homes: dict[int, Home], known: dict[str, Row]
) -> dict[str, list[Told]]:
    """Return the rows that stay of each issue; a new issue none of whose rows tells a place is refused."""
    placed: dict[str, list[Told]] = {}
    for number, group in groups.items():
        kept = [one for one in group if one.nth not in desk.ledger.refusals]
        if number in known or any(one.nth in homes or desk.leaves[one.nth] for one in kept):
            placed[number] = kept
            continue
        for one in (one for one in kept if one.nth not in desk.ledger.waiting):
            desk.ledger.refuse("R_REQUIRED", one.nth, MAPPED_UNITS["village"], number)
    return {number: kept for number, kept in placed.items() if kept}


def _list_elsewhere(desk: Desk, kept: list[Told], homes: dict[int, Home]) -> None:
    """List rows of an issue that name another household or place than the first row that names one."""
    told = [homes[one.nth] for one in kept if one.nth in homes]
    for one in kept:
        home, leaf = homes.get(one.nth), desk.leaves[one.nth]
        if home is not None and home != told[0]:
            desk.ledger.warn("W_ATTR_DIFFERS", one.nth, _FIELDS["household"].header, home.code)
        elif home is None and leaf is not None and leaf != next(filter(None, (desk.leaves[one.nth] for one in kept))):
            desk.ledger.warn("W_ATTR_DIFFERS", one.nth, MAPPED_UNITS["village"], leaf.code)


def _find_duplicates(desk: Desk) -> list[bool]:
    conditions = desk.spec.targets["issues"].duplicate
    if not conditions:
        return [False] * len(desk.ledger.table)
    found: list[bool] = holds(conditions, desk.ledger.table).tolist()
    return found


def _original_of(
    desk: Desk, rows: Rows, kept: list[Told], ids: dict[str, str], number: str, *, is_duplicate: bool
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


def _new_issue(desk: Desk, book: PlaceBook, kept: list[Told], home: Home | None, facts: Row) -> Row:
    """Return a new issue where its household lives, else in the first place that its rows name."""
    leaf = next((leaf for one in kept if (leaf := desk.leaves[one.nth]) is not None), None)
    place = home.place if home is not None else leaf.id if leaf is not None else desk.root
    scope = "household" if home is not None else "group" if book.by_id[place]["level"] == "group" else "village"
    return {
        "place": place, "raised_by_visit": None, "level_now": "village", "max_level": "village", "resolved_on": None,
        "closed_on": None, "reopen_count": 0, **FACTS, **desk.created(), **facts,
        "scope": facts.get("scope", scope), "title": _title_of(desk, facts), "original_due_on": facts.get("due_on"),
    }  # fmt: skip


def _title_of(desk: Desk, facts: Row) -> str:
    """Return the title of an issue; where the file has none, the detail, else the category as people call it."""
    said: str = facts.get("title") or facts.get("detail", "")[:_SHORT]
    return said or desk.category_names[facts["category"]]


def _plan_issue(desk: Desk, row: Row, wanted: list[Event], home: Home | None) -> None:
    row |= _outcome_of(wanted, row["close_kind"])
    desk.insert("issue", row)
    desk.plan.counts["issues_new"] += 1
    desk.plan.counts["issues_reopened"] += row["reopen_count"]
    desk.plan.counts["issues_duplicate"] += row["duplicate_of"] is not None
    if home is not None:
        desk.insert("issue_household", {"issue": row["id"], "household": home.id})
    for event in _event_rows(desk, row, wanted, 0, None):
        desk.insert("issue_event", event)


def _event_rows(desk: Desk, row: Row, events: list[Event], before: int, state: str | None) -> list[Row]:
    """Return the rows of events that follow the first `before` ones of an issue; `row` is the issue as it will be."""
    found = []
    for seq, (kind, day) in enumerate(events, start=before + 1):
        found.append(
            {"issue": row["id"], "seq": seq, "on": day, "at": desk.stamp, "actor": desk.actor, "kind": kind,
             "from_level": None if state is None else "village", "to_level": "village", "from_state": state,
             "to_state": _AFTER[kind], "note": "", **_NO_FACTS,
             **{name: row[name] for name in _EVENT_FACTS.get(kind, ())}}
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


def _compare(desk: Desk, kept: list[Told], known: Row, stored: list[Row], wanted: list[Event], facts: Row) -> None:
    """Add what a newer file tells: events that follow the stored ones, facts of which nothing is stored.

    Where the stored history went another way, that is only said; a fact that differs is listed and stays.
    """
    told = [(row["kind"], row["on"]) for row in stored]
    is_same = all(_is_same(before, after) for before, after in zip(told, wanted, strict=False))
    news = wanted[len(told) :] if is_same else []
    if not is_same:
        shown, row = _AFTER[wanted[-1][0]], kept[-1].nth + 1
        desk.plan.proposals.append(Proposal("correction", row, known["number"], "", known["state"], shown, taken=False))
    changes = _fill(desk, kept[0].nth, known, facts)
    if news:
        ending = {name: facts.get(name) for name in _ENDING} if any(kind == "closed" for kind, _ in news) else {}
        changes |= ending | _outcome_of(wanted, facts.get("close_kind"))
        for event in _event_rows(desk, known | changes, news, stored[-1]["seq"], stored[-1]["to_state"]):
            desk.insert("issue_event", event)
        desk.plan.counts["issues_reopened"] += sum(kind == "reopened" for kind, _ in news)
    changes = {name: said for name, said in changes.items() if known[name] != said}
    if not changes and not news:
        desk.plan.counts["issues_same"] += 1
        return
    desk.plan.updates.append(("issue", known, changes | desk.changed(known)))
    desk.plan.counts["issues_changed"] += 1


def _is_same(stored: Event, wanted: Event) -> bool:
    """Say whether a file tells an event that is stored; it does not tell when an issue was taken up again."""
    return stored == wanted or (stored[0] == wanted[0] == "reopened" and stored[1] <= wanted[1])


def _fill(desk: Desk, nth: int, known: Row, facts: Row) -> Row:
    """Return what the facts of a later file add to a stored issue; list what they say otherwise (W_ATTR_DIFFERS).

    The very same file adds nothing: what is empty now was emptied since.
    """
    changes: Row = {}
    unsaid = (None, "", _title_of(desk, {"category": known["category"]}))
    for name, said in facts.items():
        if name == "duplicate_of":
            changes |= {name: said} if known[name] is None else {}
        elif name in _FILLED and known[name] in unsaid:
            changes |= {} if desk.again else {name: said}
        elif (name not in _ENDING or known["state"] == "closed") and said not in _stored(known, name):
            desk.ledger.warn("W_ATTR_DIFFERS", nth, _FIELDS[name].header, str(said))
    if "due_on" in changes and known["original_due_on"] is None:
        changes["original_due_on"] = changes["due_on"]
    return changes


def _stored(known: Row, name: str) -> tuple[Any, Any]:
    """Return what is stored of a fact: a due day that was extended has its first one besides."""
    return known[name], known.get(f"original_{name}", known[name])

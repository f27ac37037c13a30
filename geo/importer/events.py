"""The second half of a plan: tags, visits, issues and roster rows that a file adds to its households."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from geo import codes
from geo.importer.plan import Proposal
from geo.importer.register import rows_of_visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.importer.plan import Bench
    from geo.importer.register import Row

#: How an imported visit was entered: from a workbook, which stands for paper.
_ENTRY = "paper"


def plan_tags(bench: Bench) -> None:
    """Plan the care tags that a household does not hold yet, since the row's day, else the import's.

    An import never ends a tag, and the same file never brings one back that was ended.
    """
    planned: set[tuple[str, str]] = set()
    for nth, home in _homes(bench):
        for kind in bench.value("tags", nth):
            held = (home["id"], kind)
            if held in bench.register.tags or held in planned:
                continue
            if bench.choices.again and held in bench.register.ended_tags:
                continue
            planned.add(held)
            bench.plan.insert(
                "household_tag",
                {"id": bench.new_id(), "household": home["id"], "kind": kind, "status": "active",
                 "since": (bench.value("own_day", nth) or bench.import_day).isoformat(), "until": None,
                 **bench.created()},
            )  # fmt: skip
            bench.plan.counts["tags_new"] += 1


def plan_visits(bench: Bench) -> dict[int, str]:
    """Plan the visits: known by household, day and mode; return the id of the visit of each row.

    The same again changes nothing; another outcome is a proposed correction, and so is one that was taken back.
    """
    join_visits(bench)
    of_row: dict[int, str] = {}
    planned: dict[tuple[str, str, str], str] = {}
    for nth, home in _homes(bench):
        visit, day = bench.value("visit", nth), bench.value("visited_on", nth)
        if visit is None or day is None:
            continue
        mode, outcome = visit
        key = (home["id"], day.isoformat(), mode)
        if key in planned:
            of_row[nth] = planned[key]
            continue
        round_id = bench.calendar.round_of(home, day)
        if round_id is None:
            bench.plan.outside.append(nth + 1)
        known = bench.register.outcomes.get((*key, outcome)) or bench.register.visits.get(key)
        if not _enters(bench, nth, key, outcome, known):
            of_row[nth] = planned[key] = known["id"] if known is not None else ""
            continue
        row = _visit_row(bench, home["id"], key, outcome, round_id) | {"note": bench.value("note", nth) or ""}
        if known is not None:
            _void(bench, known)
        bench.plan.insert("visit", row)
        if round_id:
            _propose(bench, row)
        of_row[nth] = planned[key] = row["id"]
    return {nth: visit_id for nth, visit_id in of_row.items() if visit_id}


def join_visits(bench: Bench) -> None:
    """Bring kept visits without a round into the round that holds their day by now: voided, and entered again with it.

    `store.proposals.adopt_visits` does the same when a round is made without a file.
    """
    joined: dict[str, str] = {}
    homes: dict[str, Row] = {}
    if bench.register.outside:
        homes = {row["id"]: row for row in (*bench.register.households.values(), *bench.homes.values())}
    for old in bench.register.outside:
        round_id = bench.calendar.round_of(homes[old["household"]], date.fromisoformat(old["visited_on"]))
        if round_id is None:
            continue
        fresh = old | {"id": bench.new_id(), "round": round_id}
        joined[old["id"]] = fresh["id"]
        _void(bench, old)
        bench.plan.insert("visit", fresh)
        _propose(bench, fresh)
        key = (old["household"], old["visited_on"], old["mode"])
        bench.register.visits[key] = bench.register.outcomes[(*key, old["outcome"])] = fresh
        bench.plan.counts["visits_joined"] += 1
    for table in ("visit_person", "visit_topic"):
        for row in rows_of_visits(bench.connection, table, joined):
            bench.plan.insert(table, row | {"visit": joined[row["visit"]]})


def _propose(bench: Bench, row: Row) -> None:
    if row["outcome"] in codes.EXCLUDING_OUTCOMES and row["mode"] == "in_person":
        bench.plan.roster_marks.append(("propose", row["round"], row["household"], row["visited_on"], row["outcome"]))


def _visit_row(bench: Bench, home: str, key: tuple[str, str, str], outcome: str, round_id: str | None) -> Row:
    return {
        "id": bench.new_id(), "kind": "visit", "round": round_id, "household": home, "visited_on": key[1],
        "recorded_at": bench.stamp, "recorded_by": bench.actor, "mode": key[2], "outcome": outcome,
        "reason": None if outcome == "effective" else "unknown", "respondent": None, "revisit_on": None, "note": "",
        "lon": None, "lat": None, "entry_kind": _ENTRY, "void_of": None,
    }  # fmt: skip


def _enters(bench: Bench, nth: int, key: tuple[str, str, str], outcome: str, known: Row | None) -> bool:
    """Say whether a visit of the file is entered: a new one, or a correction that was chosen."""
    if known is not None and known["outcome"] == outcome:
        bench.plan.counts["visits_same"] += 1
        return False
    if known is None and (*key, outcome) not in bench.register.voided:
        bench.plan.counts["visits_new"] += 1
        return True
    taken = "correction" in bench.choices.apply
    unit, before = bench.value("village", nth).name, known["outcome"] if known is not None else ""
    bench.plan.proposals.append(Proposal("correction", nth + 1, bench.value("code", nth), unit, before, outcome, taken))
    bench.plan.counts["visits_corrected"] += taken
    return taken


def _void(bench: Bench, known: Row) -> None:
    bench.plan.insert(
        "visit",
        known | {"id": bench.new_id(), "kind": "void", "void_of": known["id"], "recorded_at": bench.stamp,
                 "recorded_by": bench.actor, "note": "", "entry_kind": _ENTRY, "lon": None, "lat": None},
    )  # fmt: skip
    if known["round"] and known["outcome"] in codes.EXCLUDING_OUTCOMES:
        bench.plan.roster_marks.append(
            ("withdraw", known["round"], known["household"], known["visited_on"], known["outcome"])
        )


def plan_issues(bench: Bench, visits: dict[int, str]) -> None:
    """Plan one household issue for each category a row names: open, undated, known by household, category and day.

    Without a day of its own the import day counts, and an open issue of the category is the same one.
    """
    numbers: dict[str, int] = {}
    planned: set[tuple[str, str, str]] = set()
    for nth, home in _homes(bench):
        for category, title in bench.value("issues", nth):
            day = bench.value("own_day", nth)
            raised_on = (day or bench.import_day).isoformat()
            key = (home["id"], category, raised_on)
            is_open = day is None and (home["id"], category) in bench.register.open_issues
            if key in bench.register.issues or key in planned or is_open:
                bench.plan.counts["issues_same"] += key not in planned
                continue
            planned.add(key)
            prefix = f"{bench.background.units.by_id[home['village']].code}-{raised_on[:4]}-"
            row = _issue_row(bench, home, category, title, raised_on) | {
                "number": f"{prefix}{_next_number(bench, prefix, numbers):04d}", "raised_by_visit": visits.get(nth),
            }  # fmt: skip
            _insert_issue(bench, home["id"], row)


def _next_number(bench: Bench, prefix: str, numbers: dict[str, int]) -> int:
    if prefix not in numbers:
        last = bench.connection.exec_driver_sql(
            "SELECT max(number) FROM issue WHERE number >= ? AND number < ?", (prefix, f"{prefix}~")
        ).scalar()
        numbers[prefix] = int(last.rsplit("-", 1)[1]) if last else 0
    numbers[prefix] += 1
    return numbers[prefix]


def _issue_row(bench: Bench, home: Row, category: str, title: str, raised_on: str) -> Row:
    return {
        "id": bench.new_id(), "number": "", "place": home["place"], "raised_by_visit": None, "scope": "household",
        "category": category, "title": title, "detail": "", "raised_on": raised_on, "level_now": "village",
        "max_level": "village", "route": "time_limited", "due_on": None, "original_due_on": None, "responsible": "",
        "state": "open", "close_kind": None, "resolved_on": None, "closed_on": None, "verified_by": None,
        "satisfaction": None, "duplicate_of": None, "reopen_count": 0, **bench.created(),
    }  # fmt: skip


def _insert_issue(bench: Bench, home: str, row: Row) -> None:
    bench.plan.insert("issue", row)
    bench.plan.insert("issue_household", {"issue": row["id"], "household": home})
    bench.plan.insert(
        "issue_event",
        {"issue": row["id"], "seq": 1, "on": row["raised_on"], "at": bench.stamp, "actor": bench.actor,
         "kind": "raised", "from_level": None, "to_level": "village", "from_state": None, "to_state": "open",
         "note": ""},
    )  # fmt: skip
    bench.plan.counts["issues_new"] += 1


def plan_roster(bench: Bench) -> None:
    """Plan roster rows of the chosen round.

    A village without a roster row gets its households as baseline, those of further files of the same drop too; in a
    village that has one, unknown households are proposed as 新增户, and households of the roster that the file does
    not name are only listed. A household whose move was not taken belongs to the village it is registered in.
    """
    if bench.round is None:
        return
    named: set[str] = set()
    for first, home in bench.homes.items():
        named.add(home["id"])
        village = home["village"]
        if home["id"] in bench.register.roster or home["exited_on"] or not bench.calendar.covers(bench.round, village):
            continue
        if village in bench.choices.begun or village not in bench.register.baseline_villages:
            bench.plan.insert("round_roster", _roster_row(bench.round.id, home, None))
            bench.plan.counts["roster_baseline"] += 1
            bench.plan.begun.add(village)
            continue
        taken = bench.choices.take_additions
        added_on = (bench.choices.added_on or bench.background.today).isoformat()
        unit = bench.background.units.by_id[village].name
        bench.plan.proposals.append(Proposal("addition", first + 1, home["code"], unit, "", added_on, taken))
        if taken:
            bench.plan.insert("round_roster", _roster_row(bench.round.id, home, added_on))
            bench.plan.counts["roster_added"] += 1
    _list_missing(bench, named)


def _roster_row(round_id: str, home: Row, added_on: str | None) -> Row:
    return {
        "round": round_id, "household": home["id"], "place": home["place"], "baseline": int(added_on is None),
        "added_on": added_on, "excluded_on": None, "excluded_reason": None, "approved_by": None, "approved_on": None,
        "rev": 1,
    }  # fmt: skip


def _list_missing(bench: Bench, named: set[str]) -> None:
    """List households of the roster that the file does not name, in its villages; those that have left are none."""
    units = bench.background.units.by_id
    known: dict[str, Row] = {row["id"]: row for row in bench.register.households.values()}
    for one, row in bench.register.roster.items():
        home = known.get(one)
        if home is None or home["exited_on"] or row["approved_on"]:
            continue
        if one not in named and home["village"] in bench.plan.villages:
            unit = units[home["village"]].name
            bench.plan.proposals.append(Proposal("missing", 0, home["code"], unit, "", "", taken=False))
            bench.plan.counts["roster_missing"] += 1


def _homes(bench: Bench) -> Iterator[tuple[int, Row]]:
    for nth, first in bench.understood.firsts.items():
        yield nth, bench.homes[first]

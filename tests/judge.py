"""A second reading of domain §3: plain Python over the raw tables of a file, sharing no code with the product.

It attributes visits to rounds by itself, from days, rosters and scopes: the column `visit.round` is believed only for
programmes other than the default one.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

CONTACT = {"effective", "partial_proxy", "refused", "postponed"}
PARTIAL = {"partial_proxy", "postponed"}
NO_CARE = {"away_all", "relocated"}
COUNTS = (
    "rows", "roster", "baseline", "added", "left", "pending", "attempted", "contacted", "effective", "phone", "complete",
    "away", "overdue", "unvisited", "missed", "refused", "partial", "entered_7d", "located", "priority",
    "priority_effective", "unassigned", "groups", "groups_touched", "groups_complete",
)  # fmt: skip


class Judge:
    """The tables of one file, read once."""

    def __init__(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            file.row_factory = sqlite3.Row
            self.tables = {
                name: [dict(row) for row in file.execute(f'SELECT * FROM "{name}"')]
                for name in ("place", "household", "household_tag", "round", "round_roster", "visit", "assignment")
            }
            days = dict(file.execute("SELECT round, as_of FROM coverage_day").fetchall())
            stored = [dict(row) for row in file.execute("SELECT * FROM coverage_cell WHERE span = 'all'")]
        #: Round → the day its stored cells are of, and place → counts of those that are not all zero.
        self.cells = {
            round_id: (
                date.fromisoformat(day),
                {
                    row["place"]: {name: row[name] for name in COUNTS}
                    for row in stored
                    if row["round"] == round_id and any(row[name] for name in COUNTS)
                },
            )
            for round_id, day in days.items()
        }
        self.places = {row["id"]: row for row in self.tables["place"]}
        self.homes = {row["id"]: row for row in self.tables["household"]}
        self.rounds = {row["id"]: row for row in self.tables["round"]}
        self.rosters: dict[str, set[str]] = defaultdict(set)
        for row in self.tables["round_roster"]:
            self.rosters[row["household"]].add(row["round"])
        voided = {row["void_of"] for row in self.tables["visit"]}
        self.kept = defaultdict(list)
        for row in self.tables["visit"]:
            if row["kind"] == "visit" and row["id"] not in voided:
                self.kept[row["household"]].append(row)
        self.tags = defaultdict(list)
        for row in self.tables["household_tag"]:
            self.tags[row["household"]].append(row)
        self.live = defaultdict(list)
        for row in self.tables["assignment"]:
            if row["status"] in {"assigned", "accepted"}:
                self.live[row["round"], row["household"] or row["place"]].append(row)

    def above(self, place: str | None) -> list[str]:
        """Return a place and all above it."""
        found = []
        while place is not None:
            found.append(place)
            place = self.places[place]["parent"]
        return found

    def round_of(self, visit: dict) -> str | None:
        """Return the round a kept visit counts in."""
        own = self.rounds.get(visit["round"])
        if own is not None and own["programme"] != "visits":
            return own["id"]
        home = self.homes[visit["household"]]
        here = set(self.above(home["place"]))
        running = [
            row
            for row in self.rounds.values()
            if row["programme"] == "visits"
            and row["status"] != "draft"
            and row["starts_on"] <= visit["visited_on"] <= row["ends_on"]
        ]
        rostered = [row for row in running if row["id"] in self.rosters[home["id"]]]
        local = [row for row in running if row["scope"] in here]
        both = [row for row in rostered if row in local]
        return next((row["id"] for row in (*both, *rostered, *local)), None)

    def counts(self, round_id: str, as_of: date) -> dict[str, dict[str, int]]:
        """Return place → counts of a round as of a day, for every place with a roster row that has entered."""
        own = self.rounds[round_id]
        leaves: dict[str, dict[str, int]] = {}
        for row in self.tables["round_roster"]:
            if row["round"] != round_id or not self._entered(row, own, as_of):
                continue
            cell = leaves.setdefault(row["place"], dict.fromkeys(COUNTS, 0))
            for name in self._facts(row, own, self._visits(row["household"], own, as_of), as_of):
                cell[name] += 1
        return self._sum_up(leaves)

    def of_homes(self, round_id: str, as_of: date) -> dict[str, dict[str, object]]:
        """Return household of D → its state, days, tries and missed rounds, read one by one."""
        own, found = self.rounds[round_id], {}
        for row in self.tables["round_roster"]:
            if row["round"] != round_id or not self._entered(row, own, as_of):
                continue
            home = row["household"]
            facts = self._facts(row, own, self._visits(home, own, as_of), as_of)
            if "roster" not in facts:
                continue
            ever = [
                one
                for one in self.kept[home]
                if one["mode"] == "in_person" and one["visited_on"] <= as_of.isoformat() and self._is_of_default(one)
            ]
            tries = [one for one in self._visits(home, own, as_of) if one["mode"] == "in_person"]
            states = facts & {"overdue", "unvisited", "missed", "refused", "partial"}
            found[home] = {
                "state": next(iter(states), "effective"),
                "last_on": max((one["visited_on"] for one in ever), default=None),
                "last_effective_on": max(
                    (one["visited_on"] for one in ever if one["outcome"] == "effective"), default=None
                ),
                "attempts": len(tries),
                "misses": sum(one["outcome"] not in CONTACT for one in tries),
                "missed_rounds": self._missed(home, own, as_of),
            }
        return found

    def _missed(self, home: str, own: dict, as_of: date) -> int:
        """Count rounds that are over and whose D held the household, newest first, until one with it in C."""
        over = [
            row
            for row in self.rounds.values()
            if row["programme"] == own["programme"] and row["status"] != "draft" and row["ends_on"] < as_of.isoformat()
        ]
        missed = 0
        for one in sorted(over, key=lambda row: row["ends_on"], reverse=True):
            last = date.fromisoformat(one["ends_on"])
            rows = [r for r in self.tables["round_roster"] if r["round"] == one["id"] and r["household"] == home]
            if not rows or not self._entered(rows[0], one, last):
                continue
            facts = self._facts(rows[0], one, self._visits(home, one, last), last)
            if "complete" in facts:
                return missed
            missed += "roster" in facts
        return missed

    def _is_of_default(self, visit: dict) -> bool:
        own = self.rounds.get(visit["round"])
        return own is None or own["programme"] == "visits"

    @staticmethod
    def _entered(row: dict, own: dict, as_of: date) -> bool:
        return (own["starts_on"] if row["baseline"] else row["added_on"]) <= as_of.isoformat()

    def _visits(self, home: str, own: dict, as_of: date) -> list[dict]:
        until = min(as_of.isoformat(), own["ends_on"])
        return [
            row
            for row in self.kept[home]
            if own["starts_on"] <= row["visited_on"] <= until and self.round_of(row) == own["id"]
        ]

    def _sum_up(self, leaves: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for leaf, cell in leaves.items():
            if self.places[leaf]["level"] == "group" and cell["roster"]:
                cell["groups"] = 1
                cell["groups_touched"] = int(cell["complete"] > 0)
                cell["groups_complete"] = int(cell["complete"] == cell["roster"])
            for place in self.above(leaf):
                total = found.setdefault(place, dict.fromkeys(COUNTS, 0))
                for name in COUNTS:
                    total[name] += cell[name]
        return found

    def _tags(self, home: str, day: str) -> set[str]:
        return {
            row["kind"]
            for row in self.tags[home]
            if row["since"] <= day and (row["until"] is None or row["until"] >= day)
        }

    def _facts(self, row: dict, own: dict, visits: list[dict], as_of: date) -> set[str]:
        """Name the counts a roster row adds one to."""
        today, home = as_of.isoformat(), self.homes[row["household"]]
        here = sorted(
            (one for one in visits if one["mode"] == "in_person"),
            key=lambda one: (one["visited_on"], one["recorded_at"], one["id"]),
        )
        effective = [one["visited_on"] for one in here if one["outcome"] == "effective"]
        asked = row["excluded_on"] is not None and row["excluded_on"] <= today
        approved = asked and row["approved_on"] is not None and row["approved_on"] <= today
        seen = asked and any(day <= row["excluded_on"] for day in effective)
        if approved and (row["excluded_reason"] in {"merged", "duplicate"} or not seen):
            return {"rows", "left"}
        facts = {"rows", "roster", "baseline" if row["baseline"] else "added"}
        if asked and not approved:
            facts.add("pending")
        phoned = self._phoned_on(home["id"], visits, here)
        reached = [min(effective)] if effective else []
        complete = reached + ([phoned] if phoned and own["away_phone_counts"] else [])
        facts |= {
            name for name, holds in (("attempted", here), ("effective", effective), ("complete", complete)) if holds
        }
        if any(one["outcome"] in CONTACT for one in here):
            facts.add("contacted")
        if effective or phoned:
            facts.add("phone")
        tags = self._tags(home["id"], today)
        if not effective and ("away_all" in tags or any(one["outcome"] == "away_all" for one in here)):
            facts.add("away")
        if complete:
            entered = max(min(complete), own["starts_on"] if row["baseline"] else row["added_on"])
            if entered > (as_of - timedelta(days=7)).isoformat():
                facts.add("entered_7d")
        if home["lon"] is not None and home["lat"] is not None:
            facts.add("located")
        if tags - NO_CARE:
            facts |= {"priority", "priority_effective"} if effective else {"priority"}
        return facts if effective else facts | self._due(row, own, here, bool(complete), today)

    def _due(self, row: dict, own: dict, here: list[dict], complete: bool, today: str) -> set[str]:  # noqa: FBT001
        mine, group = self.live[own["id"], row["household"]], self.live[own["id"], row["place"]]
        due = min([own["ends_on"], *[one["due_on"] for one in (mine or group) if one["due_on"]]])
        facts = set() if mine or group else {"unassigned"}
        if not complete and today > due:
            return facts | {"overdue"}
        last = here[-1]["outcome"] if here else None
        if last is None:
            return facts | {"unvisited"}
        return facts | {"refused" if last == "refused" else "partial" if last in PARTIAL else "missed"}

    def _phoned_on(self, home: str, visits: list[dict], here: list[dict]) -> str | None:
        """Return the day an absent household counts as reached by phone."""
        phones = [one["visited_on"] for one in visits if one["mode"] != "in_person" and one["outcome"] == "effective"]
        tagged = [day for day in phones if "away_all" in self._tags(home, day)]
        found = [one["visited_on"] for one in here if one["outcome"] == "away_all"]
        ways = ([min(tagged)] if tagged else []) + ([max(min(found), min(phones))] if found and phones else [])
        return min(ways, default=None)

"""Visits of a file: known by their own key, else by household, day and mode; put into the rounds of their days."""

from __future__ import annotations

import hashlib
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo import codes
from geo.importer.journal import columns_of
from geo.importer.proposals import Proposal
from geo.importer.register import rows_of_visits
from geo.mapping.desk import Home
from geo.mapping.pairing import pair_points
from geo.mapping.rounds import round_of
from geo.schema.mapped import MAPPED_FIELDS, NOTHING

if TYPE_CHECKING:
    from geo.importer.register import Row
    from geo.mapping.desk import Desk, PlaceBook
    from geo.mapping.reading import Reading, Rows

#: What a row says of a visit: day (ISO), mode, outcome.
Said = tuple[str, str, str]

_FIELDS = MAPPED_FIELDS["visits"]
_CANDIDATE: Final = ("id", "village", "place", "code", "lon", "lat")
#: What a visit says besides: of a known one it is compared.
_ASIDE: Final = ("reason", "respondent", "revisit_on", "note")
_GONE: Final = "EXISTS (SELECT 1 FROM visit v WHERE v.void_of = x.id) AS gone"


def plan_visits(desk: Desk, book: PlaceBook, reading: Reading) -> None:
    """Plan the visits of the rows that name, or lie beside, a household; a visit outside every round is kept so."""
    if desk.made_rounds:
        join_visits(desk, book)
    rows = reading.targets.get("visits")
    if rows is None:
        return
    counted = [nth for nth in np.flatnonzero(rows.mask).tolist() if nth not in desk.ledger.refusals]
    said = {nth: visit for nth in counted if (visit := _read_visit(desk, rows, nth)) is not None}
    keys = _list_keys(desk, rows, said)
    if desk.spec.targets["visits"].match is not None:
        homes = _match_homes(desk, book, rows, said, keys)
    else:
        homes = find_homes(desk, rows, list(said), target="visits")
    made = _Made(desk, book, rows, keys)
    made.read_known(homes)
    for nth, home in homes.items():
        desk.visits[nth] = home, said[nth]
        made.add(nth, home, said[nth])


def _read_visit(desk: Desk, rows: Rows, nth: int) -> Said | None:
    """Return day, mode and outcome of a row; None where it makes no visit, which is listed if it should have."""
    outcome, day = rows.get("outcome", nth), rows.get("visited_on", nth)
    fields = desk.spec.targets["visits"].fields
    if outcome == NOTHING or (outcome is None and day is None):
        return None
    if outcome is None:
        if ("visits", "outcome", nth) not in desk.ledger.faulty:
            desk.ledger.warn("W_OUTCOME_MISSING", nth, _FIELDS["outcome"].header, day, value=fields["outcome"])
        return None
    if day is None and ("visits", "visited_on", nth) not in desk.ledger.faulty:
        day = desk.visit_date
    if day is None:
        if ("visits", "visited_on", nth) not in desk.ledger.faulty:
            desk.ledger.warn("W_DATE_MISSING", nth, _FIELDS["visited_on"].header, "", value=fields["visited_on"])
        return None
    mode, _, plain = outcome.rpartition(":")
    return day, mode or rows.get("mode", nth, "in_person"), plain


def find_homes(desk: Desk, rows: Rows, counted: list[int], *, target: str) -> dict[int, Home]:
    """Return the household of each row: that of the field `household`, else the row's own.

    A key that is nowhere, or in several villages while the row names none, refuses the row (R_REQUIRED).
    """
    if "household" not in rows.values:
        return _own_homes(desk, counted, target)
    wanted = {nth: code for nth in counted if (code := rows.get("household", nth)) is not None}
    by_code: dict[str, dict[str, Home]] = {}
    for row in desk.fetch("SELECT id, village, place, code FROM household WHERE code IN ({marks})", wanted.values()):
        by_code.setdefault(row["code"], {})[row["id"]] = Home(**row)
    for home in desk.homes:
        if home is not None:
            by_code.setdefault(home.code, {})[home.id] = home
    found: dict[int, Home] = {}
    for nth in counted:
        home = _choose_home(desk, nth, by_code.get(wanted.get(nth, ""), {}))
        if home is not None:
            found[nth] = home
        elif nth not in desk.ledger.waiting and (target == "visits" or nth in wanted):
            value = desk.spec.targets[target].fields["household"]
            header = MAPPED_FIELDS[target]["household"].header
            desk.ledger.refuse("R_REQUIRED", nth, header, wanted.get(nth, ""), value=value)
    return found


def _own_homes(desk: Desk, counted: list[int], target: str) -> dict[int, Home]:
    """Return the household that each row is itself; a visit of a row that is none has none (R_REQUIRED)."""
    found = {nth: home for nth in counted if (home := desk.homes[nth]) is not None}
    if target == "visits":
        for nth in counted:
            if nth not in found and nth not in desk.ledger.waiting:
                desk.ledger.refuse("R_REQUIRED", nth, MAPPED_FIELDS["households"]["key"].header, "")
    return found


def _choose_home(desk: Desk, nth: int, candidates: dict[str, Home]) -> Home | None:
    leaf = desk.leaves[nth]
    if leaf is not None and len(candidates) > 1:
        candidates = {one.id: one for one in candidates.values() if one.village == leaf.village}
    return next(iter(candidates.values())) if len(candidates) == 1 else None


def visit_id(name: str, key: str) -> str:
    """Return the id of a visit that a mapping knows by a key: the same key is the same row for ever."""
    return hashlib.sha256(f"{name}\x1f{key}".encode()).hexdigest()[:32]


def _list_keys(desk: Desk, rows: Rows, said: dict[int, Said]) -> dict[int, str]:
    """Return the key of every visit that has one: its own, else, where it is matched by place, its day and point.

    The second visit of a day at the very same point is another one.
    """
    by_place = desk.spec.targets["visits"].match is not None
    keys: dict[int, str] = {}
    times: Counter[str] = Counter()
    for nth, (day, _, _) in said.items():
        key = rows.get("key", nth)
        if key is None and by_place and rows.lon[nth] is not None:
            key = f"{day}|{rows.lon[nth]}|{rows.lat[nth]}"
            times[key] += 1
            key += f"|{times[key]}" if times[key] > 1 else ""
        if key:
            keys[nth] = key
    return keys


def _match_homes(
    desk: Desk, book: PlaceBook, rows: Rows, said: dict[int, Said], visit_keys: dict[int, str]
) -> dict[int, Home]:
    """Return the household of each point by the mapping's rule; known visits keep theirs, the rest are listed."""
    match = desk.spec.targets["visits"].match
    if match is None:
        return {}
    points = _located(desk, rows, list(said))
    keys = {nth: visit_id(desk.spec.name, visit_keys[nth]) for nth in points}
    stored = desk.fetch("SELECT id, household FROM visit WHERE id IN ({marks})", keys.values())
    known = {row["id"]: row["household"] for row in stored}
    homes, spots = _list_candidates(desk, book)
    found = {nth: homes[known[key]] for nth, key in keys.items() if key in known and known[key] in homes}
    visited = _visited(desk, book, said) | {home.id for home in found.values()}
    free = [one for one in spots if one not in visited]
    open_points = [nth for nth in points if keys[nth] not in known]
    chosen, nearest = pair_points(
        ([rows.lon[nth] for nth in open_points], [rows.lat[nth] for nth in open_points]),
        ([spots[one][0] for one in free], [spots[one][1] for one in free]), within_m=match.within_m,
    )  # fmt: skip
    for nth, index, metres in zip(open_points, chosen.tolist(), nearest.tolist(), strict=True):
        if index >= 0:
            found[nth] = homes[free[index]]
            continue
        shown = f"{rows.lon[nth]}, {rows.lat[nth]}" + (f" ({metres:.0f} m)" if np.isfinite(metres) else "")
        desk.ledger.warn("W_UNMATCHED", nth, _FIELDS["lon"].header, shown)
        desk.plan.counts["visits_unmatched"] += 1
    return dict(sorted(found.items()))


def _located(desk: Desk, rows: Rows, counted: list[int]) -> list[int]:
    found = []
    for nth in counted:
        if rows.lon[nth] is not None:
            found.append(nth)
        else:
            desk.ledger.warn("W_COORD_MISSING", nth, _FIELDS["lon"].header, "")
    return found


def _list_candidates(desk: Desk, book: PlaceBook) -> tuple[dict[str, Home], dict[str, tuple[float, float]]]:
    """Return the households that have not left, by id, and the points of those that have one."""
    rows: list[Any] = list(
        desk.connection.exec_driver_sql(
            f"SELECT {', '.join(_CANDIDATE)} FROM household WHERE exited_on IS NULL ORDER BY tile_id"
        )
    )
    pick = itemgetter(*(columns_of("household").index(name) for name in _CANDIDATE))
    rows += [pick(row) for row in desk.new.get("household", ())]
    inside = [row for row in rows if row[2] in book.by_id]
    homes = {row[0]: Home(*row[:4]) for row in inside}
    return homes, {row[0]: (row[4], row[5]) for row in inside if row[4] is not None}


def _visited(desk: Desk, book: PlaceBook, said: dict[int, Said]) -> set[str]:
    """Return the households that hold a visit already in one of the rounds that the file's days lie in."""
    days = {day for day, _, _ in said.values()}
    rounds = {one for day in days if (one := round_of(desk, book, desk.root, day)) is not None}
    rows = desk.fetch(
        f"SELECT x.household, {_GONE} FROM visit x WHERE x.kind = 'visit' AND x.round IN ({{marks}})", rounds
    )
    return {row["household"] for row in rows if not row["gone"]}


def join_visits(desk: Desk, book: PlaceBook) -> None:
    """Bring kept visits without a round into the round that holds their day by now: voided, and entered again with it.

    `store.proposals.adopt_visits` does the same when a round is made without a file.
    """
    outside = desk.connection.exec_driver_sql(
        "SELECT x.*, h.place AS home_place FROM visit x JOIN household h ON h.id = x.household"
        " WHERE x.kind = 'visit' AND x.round IS NULL AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.void_of = x.id)"
    ).mappings()
    joined: dict[str, str] = {}
    for row in [dict(one) for one in outside]:
        round_id = round_of(desk, book, row.pop("home_place"), row["visited_on"])
        if round_id is None:
            continue
        fresh = row | {"id": desk.new_id(), "round": round_id}
        joined[row["id"]] = fresh["id"]
        desk.insert(
            "visit",
            row | {"id": desk.new_id(), "kind": "void", "void_of": row["id"], "recorded_at": desk.stamp,
                   "recorded_by": desk.actor, "note": "", "entry_kind": "paper", "lon": None, "lat": None},
        )  # fmt: skip
        desk.insert("visit", fresh)
        _propose(desk, fresh)
        desk.plan.counts["visits_joined"] += 1
    for table in ("visit_person", "visit_topic", "visit_check"):
        for row in rows_of_visits(desk.connection, table, joined):
            desk.insert(table, row | {"visit": joined[row["visit"]]})


def _propose(desk: Desk, row: Row) -> None:
    """A visit that found no household any more proposes its exclusion."""
    if row["round"] and row["outcome"] in codes.EXCLUDING_OUTCOMES and row["mode"] == "in_person":
        desk.plan.roster_marks.append(("propose", row["round"], row["household"], row["visited_on"], row["outcome"]))


class _Made:
    """Plans visits one by one and remembers which there are."""

    def __init__(self, desk: Desk, book: PlaceBook, rows: Rows, keys: dict[int, str]) -> None:
        self._desk, self._book, self._rows, self._keys = desk, book, rows, keys
        self._by_id: dict[str, Row] = {}
        self._by_day: dict[tuple[str, str, str], Row] = {}
        self._rounds: dict[tuple[str, str], str | None] = {}

    def read_known(self, homes: dict[int, Home]) -> None:
        """Read the stored visits that rows of the file may be; one that was taken back is still known."""
        keyed = {nth: self._keys[nth] for nth in homes if nth in self._keys}
        ids = [visit_id(self._desk.spec.name, key) for key in keyed.values()]
        for row in self._desk.fetch("SELECT * FROM visit WHERE id IN ({marks})", ids):
            self._by_id[row["id"]] = row
        others = {home.id for nth, home in homes.items() if nth not in keyed}
        sql = (
            f"SELECT x.*, {_GONE} FROM visit x WHERE x.kind = 'visit' AND x.household IN ({{marks}}) ORDER BY gone DESC"
        )
        for row in self._desk.fetch(sql, others):
            self._by_day[row["household"], row["visited_on"], row["mode"]] = row

    def add(self, nth: int, home: Home, visit: Said) -> None:
        """Plan one visit, or compare it with the one that is there."""
        day, mode, _ = visit
        round_id = self._round_of(home, day)
        key = self._keys.get(nth, "")
        row_id = visit_id(self._desk.spec.name, key) if key else self._desk.new_id()
        known = self._by_id.get(row_id) if key else self._by_day.get((home.id, day, mode))
        if round_id is None and (known is None or known["round"] is None):
            self._desk.plan.outside.append(nth + 1)
        if known is not None:
            self._compare(nth, home, known, visit)
            return
        row = self._row(nth, home, visit, round_id) | {"id": row_id}
        self._desk.plan.counts["visits_new"] += 1
        self._desk.insert("visit", row)
        self._by_id[row_id] = self._by_day[home.id, day, mode] = row
        _propose(self._desk, row)

    def _round_of(self, home: Home, day: str) -> str | None:
        if (home.place, day) not in self._rounds:
            self._rounds[home.place, day] = round_of(self._desk, self._book, home.place, day)
        return self._rounds[home.place, day]

    def _compare(self, nth: int, home: Home, known: Row, visit: Said) -> None:
        """List what the file says otherwise of a known visit: nothing of it is overwritten.

        Another day, home, mode, reason, respondent, revisit or note is W_ATTR_DIFFERS; another outcome is a proposed
        correction, and so is a visit that was taken back (known by its day; one with a key of its own stays so).
        """
        for name in _ASIDE:
            told = self._rows.get(name, nth)
            if told is not None and told != known[name]:
                self._desk.ledger.warn("W_ATTR_DIFFERS", nth, _FIELDS[name].header, told)
        if (known["household"], known["visited_on"], known["mode"]) != (home.id, *visit[:2]):
            self._desk.ledger.warn("W_ATTR_DIFFERS", nth, _FIELDS["visited_on"].header, visit[0])
            # The store has no such visit, so the row as understood has none either.
            del self._desk.visits[nth]
        elif known["outcome"] != visit[2] or known.get("gone"):
            before = "" if known.get("gone") else known["outcome"]
            self._desk.plan.proposals.append(
                Proposal("correction", nth + 1, home.code, "", before, visit[2], taken=False)
            )  # fmt: skip
        self._desk.plan.counts["visits_same"] += 1

    def _row(self, nth: int, home: Home, visit: Said, round_id: str | None) -> Row:
        day, mode, outcome = visit
        rows = self._rows
        return {
            "kind": "visit", "round": round_id, "household": home.id, "visited_on": day,
            "recorded_at": self._desk.stamp, "recorded_by": self._desk.actor, "mode": mode, "outcome": outcome,
            "reason": rows.get("reason", nth, None if outcome == "effective" else "unknown"),
            "respondent": rows.get("respondent", nth), "revisit_on": rows.get("revisit_on", nth),
            "note": rows.get("note", nth, ""), "lon": rows.lon[nth], "lat": rows.lat[nth],
            "entry_kind": rows.get("entry_kind", nth, "paper"), "void_of": None,
        }  # fmt: skip

"""What the database holds already about the villages of a file; rows are as SQLite stores them (days as ISO text)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geo.store.database import read_setting, read_today, write_setting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

Row = dict[str, Any]
#: Values of one statement; SQLite takes up to 32,766.
_PART: Final = 10_000


@dataclass(slots=True)
class Register:
    """The present state of some villages, by the keys that a file knows things by.

    `visits` holds the newest kept visit of each (household, day, mode), `outcomes` one of each outcome of these;
    `voided` names (household, day, mode, outcome) of visits that were taken back, `outside` lists kept visits without
    a round. `tags` are held, `ended_tags` were. `issue_texts` has title, detail and due day of `issues`.
    """

    households: dict[tuple[str, str], Row] = field(default_factory=dict)
    tags: set[tuple[str, str]] = field(default_factory=set)
    ended_tags: set[tuple[str, str]] = field(default_factory=set)
    visits: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str, str], Row] = field(default_factory=dict)
    voided: set[tuple[str, str, str, str]] = field(default_factory=set)
    outside: list[Row] = field(default_factory=list)
    issues: set[tuple[str, str, str]] = field(default_factory=set)
    issue_texts: dict[tuple[str, str, str], tuple[str, str, str]] = field(default_factory=dict)
    open_issues: set[tuple[str, str]] = field(default_factory=set)
    roster: dict[str, Row] = field(default_factory=dict)
    baseline_villages: set[str] = field(default_factory=set)

    def find_visit(self, key: tuple[str, str, str], outcome: str) -> Row | None:
        """Return the kept visit of (household, day, mode): that of the outcome first."""
        return self.outcomes.get((*key, outcome)) or self.visits.get(key)

    def list_visited(self) -> set[str]:
        """Return the ids of households that have visits of any kind."""
        return {key[0] for known in (self.visits, self.outcomes, self.voided) for key in known}


def read_register(connection: Connection, villages: Iterable[str], round_id: str | None) -> Register:
    """Return what is registered in the villages, and the roster of the round there."""
    here = sorted(villages)
    state = Register()
    for row in _rows(connection, f"SELECT * FROM household WHERE village IN ({_marks(here)})", here):
        state.households[row["village"], row["code"]] = row
    of_village = f"JOIN household h ON h.id = x.household AND h.village IN ({_marks(here)})"
    today = read_today(connection).isoformat()
    for row in _rows(connection, f"SELECT x.household, x.kind, x.until FROM household_tag x {of_village}", here):
        holds = row["until"] is None or row["until"] >= today
        (state.tags if holds else state.ended_tags).add((row["household"], row["kind"]))
    visits = f"SELECT x.*, v.id AS void FROM visit x {of_village} LEFT JOIN visit v ON v.void_of = x.id"
    for row in _rows(connection, f"{visits} WHERE x.kind = 'visit' ORDER BY x.recorded_at, x.id", here):
        _add_visit(state, row)
    what = "x.household, i.category, i.raised_on, i.state, i.title, i.detail, i.due_on"
    issues = f"SELECT {what} FROM issue_household x {of_village} JOIN issue i ON i.id = x.issue"
    for row in _rows(connection, issues, here):
        key = (row["household"], row["category"], row["raised_on"])
        state.issues.add(key)
        state.issue_texts[key] = (row["title"], row["detail"] or "", row["due_on"] or "")
        if row["state"] not in ("closed", "invalid"):
            state.open_issues.add((row["household"], row["category"]))
    if round_id is not None:
        _read_roster(connection, state, here, round_id)
    return state


def _add_visit(state: Register, row: Row) -> None:
    key = (row["household"], row["visited_on"], row["mode"])
    if row.pop("void") is not None:
        state.voided.add((*key, row["outcome"]))
        return
    state.visits[key] = state.outcomes[(*key, row["outcome"])] = row
    if row["round"] is None:
        state.outside.append(row)


def _read_roster(connection: Connection, state: Register, here: list[str], round_id: str) -> None:
    """Read the roster rows of the villages, and those of households that live there now but are counted elsewhere."""
    rows = _rows(
        connection,
        "SELECT r.*, p.ancestor AS village FROM round_roster r JOIN place_path p ON p.place = r.place"
        f" WHERE r.round = ? AND p.ancestor IN ({_marks(here)})",
        [round_id, *here],
    )
    for row in rows:
        state.baseline_villages.add(row.pop("village"))
        state.roster[row["household"]] = row
    moved = _rows(
        connection,
        "SELECT r.* FROM round_roster r JOIN household h ON h.id = r.household"
        f" WHERE r.round = ? AND h.village IN ({_marks(here)})"
        f" AND r.place NOT IN (SELECT place FROM place_path WHERE ancestor IN ({_marks(here)}))",
        [round_id, *here, *here],
    )
    for row in moved:
        state.roster[row["household"]] = row


def known_pairs(connection: Connection, pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the (village id, household code) pairs that are registered under one of the codes, wherever that is."""
    found: set[tuple[str, str]] = set()
    wanted = sorted({code for _, code in pairs})
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        rows = _rows(connection, f"SELECT village, code FROM household WHERE code IN ({_marks(part)})", part)
        found |= {(row["village"], row["code"]) for row in rows}
    return found


def find_by_code(connection: Connection, codes: Iterable[str]) -> dict[str, Row]:
    """Return households by code wherever they live, for codes that are district-wide."""
    found: dict[str, Row] = {}
    if not any(_rows(connection, "SELECT id FROM household LIMIT 1", [])):
        return found
    wanted = sorted(set(codes))
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        for row in _rows(connection, f"SELECT * FROM household WHERE code IN ({_marks(part)})", part):
            found[row["code"]] = row
    return found


def rows_of_visits(connection: Connection, table: str, visits: Iterable[str]) -> list[Row]:
    """Return the rows of `visit_person` or `visit_topic` that belong to some visits."""
    wanted = sorted(visits)
    found: list[Row] = []
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        found += _rows(connection, f"SELECT * FROM {table} WHERE visit IN ({_marks(part)})", part)
    return found


def hash_owners(connection: Connection) -> dict[str, str]:
    """Return the household code of every stored ID hash."""
    rows = _rows(connection, "SELECT id_hash, code FROM household WHERE id_hash IS NOT NULL", [])
    return {row["id_hash"]: row["code"] for row in rows}


def read_id_key(connection: Connection) -> bytes:
    """Return the database's own random key for ID numbers; one is made where there is none."""
    key = read_setting(connection, "id_key")
    if not key:
        key = secrets.token_hex(32)
        write_setting(connection, "id_key", key)
    return bytes.fromhex(key)


def hash_id(key: bytes, number: str) -> str:
    """Return the keyed hash of an ID number (HMAC-SHA256); the number itself is never stored."""
    return hmac.digest(key, number.encode(), "sha256").hex()


def hash_ids(key: bytes, numbers: Iterable[str]) -> list[str | None]:
    """Return `hash_id` of each ID number, None for an empty one; the key is worked into the hash once."""
    begun = hmac.new(key, digestmod="sha256")

    def finish(number: str) -> str:
        one = begun.copy()
        one.update(number.encode())
        return one.hexdigest()

    return [finish(number) if number else None for number in numbers]


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))


def _rows(connection: Connection, sql: str, values: list[str]) -> Iterable[Row]:
    """Yield rows as mappings, straight from the driver: result objects cost more than the rows."""
    cursor = connection.connection.cursor()
    cursor.execute(sql, tuple(values))
    names = [column[0] for column in cursor.description]
    while part := cursor.fetchmany(_PART):
        yield from (dict(zip(names, row, strict=True)) for row in part)
    cursor.close()

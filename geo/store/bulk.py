"""Many visits at once, from another system or a test: checked, put into their rounds, stored in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo import codes, config
from geo.access import require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.idnumbers import hide_id_numbers
from geo.model import new_id
from geo.store.cells import refresh_cells
from geo.store.database import bulk_insert, now, read_today

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database

_NEEDED: Final = ("household", "visited_on", "outcome")
_OPTIONAL: Final[dict[str, Any]] = {
    "id": None, "mode": "in_person", "reason": None, "respondent": None, "revisit_on": None, "note": "",
    "entry_kind": "paper",
}  # fmt: skip
_STORED: Final = (
    "id", "household", "visited_on", "mode", "outcome", "reason", "respondent", "revisit_on", "note", "entry_kind",
)  # fmt: skip
_LISTED: Final = (
    ("outcome", codes.OUTCOMES), ("mode", codes.MODES), ("entry_kind", codes.ENTRY_KINDS),
    ("respondent", (None, *codes.RESPONDENTS)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What came of a bulk of visits: stored rows, how many of them lie in no round, how many were there already.

    `by_round` counts the stored visits of each round id.
    """

    stored: int
    outside: int
    same: int
    by_round: dict[str, int]


def record_visits(db: Database, scope: Scope, *, frame: pd.DataFrame) -> BulkResult:
    """Store many visits in one transaction, or none, and bring the cells of every touched round up to date.

    One row a visit: household (id), visited_on (local date), outcome; and, where given, id, mode, reason, respondent,
    revisit_on, note, entry_kind. A visit outside every round is stored without one and counted, not lost. An id that is
    stored already is the same visit. Raises `Invalid` (missing column, unknown code, future day, no reason, locked
    round), `NotFound`, `NotAllowed`, `Conflict` (an id that belongs to another visit).
    """
    require_right(scope, "record_visit")
    with db.write() as connection:
        rows = _complete(frame)
        _check(rows, read_today(connection).isoformat())
        _stage(connection, rows)
        _check_homes(connection, scope)
        same = _drop_known(connection)
        _attribute(connection)
        return _store(connection, scope, same)


def _complete(frame: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise Invalid("import.bulk_columns", columns=", ".join(missing))
    rows = pd.DataFrame({name: frame[name] for name in _STORED if name in frame.columns}).astype("object")
    for name, default in _OPTIONAL.items():
        if name not in rows:
            rows[name] = [new_id() for _ in range(len(rows))] if name == "id" else default
    rows["note"] = [hide_id_numbers(note) if isinstance(note, str) else note for note in rows["note"]]
    for name in ("visited_on", "revisit_on"):
        rows[name] = [None if pd.isna(day) else pd.Timestamp(day).date().isoformat() for day in rows[name]]
    return rows.where(rows.notna(), None)


def _check(rows: pd.DataFrame, today: str) -> None:
    for name, allowed in _LISTED:
        unknown = set(rows[name]) - set(allowed)
        if unknown:
            raise Invalid("err.unknown_code", value=min(map(str, unknown)))
    undated = rows["visited_on"].isna()
    if undated.any() or (rows["visited_on"] > today).any():
        raise Invalid("err.future", d=max((day for day in rows["visited_on"] if day), default=""))
    if ((rows["entry_kind"] == "bulk") & (rows["outcome"] != "not_home")).any():
        raise Invalid("err.bulk")
    bare = (rows["outcome"] != "effective") & rows["reason"].isna()
    if bare.any():
        raise Invalid("err.reason")
    if rows["id"].duplicated().any():
        raise Conflict("err.id_taken", id=str(rows.loc[rows["id"].duplicated(), "id"].iloc[0]))


def _stage(connection: Connection, rows: pd.DataFrame) -> None:
    """Put the rows beside the tables, so that the database itself joins them."""
    names = ", ".join(f'"{name}"' for name in _STORED)
    connection.exec_driver_sql("DROP TABLE IF EXISTS temp.arriving")
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE arriving ({names}, round, known INTEGER, PRIMARY KEY (id)) WITHOUT ROWID"
    )
    bulk_insert(connection, "arriving", list(_STORED), rows[list(_STORED)].itertuples(index=False, name=None))


def _check_homes(connection: Connection, scope: Scope) -> None:
    first = _first_of(connection)
    unknown = first("SELECT a.household FROM arriving a LEFT JOIN household h ON h.id = a.household WHERE h.id IS NULL")
    if unknown is not None:
        raise NotFound("err.no_household", household=unknown)
    areas = ", ".join("?" * len(scope.areas))
    abroad = first(
        "SELECT h.place FROM (SELECT DISTINCT household FROM arriving) a JOIN household h ON h.id = a.household"
        f" LEFT JOIN place_path p ON p.place = h.place AND p.ancestor IN ({areas}) WHERE p.place IS NULL",
        *scope.areas,
    )
    if abroad is not None:
        raise NotAllowed("err.right", action="area")


def _first_of(connection: Connection) -> Callable[..., Any]:
    return lambda sql, *values: connection.exec_driver_sql(f"{sql} LIMIT 1", values).scalar()


def _drop_known(connection: Connection) -> int:
    other = _first_of(connection)(
        "SELECT a.id FROM arriving a JOIN visit v ON v.id = a.id WHERE (v.household, v.visited_on, v.mode, v.outcome)"
        " <> (a.household, a.visited_on, a.mode, a.outcome)"
    )
    if other is not None:
        raise Conflict("err.id_taken", id=other)
    return connection.exec_driver_sql("DELETE FROM arriving WHERE id IN (SELECT id FROM visit)").rowcount


def _attribute(connection: Connection) -> None:
    """A visit's round: by its day, the one whose roster holds the household, else whose scope holds its place."""
    days = "r.programme = ? AND r.status <> 'draft' AND a.visited_on BETWEEN r.starts_on AND r.ends_on"
    by_roster = (
        "SELECT r.id FROM round r JOIN round_roster x ON x.round = r.id AND x.household = a.household"
        " JOIN household h ON h.id = a.household"
        " LEFT JOIN place_path p ON p.place = h.place AND p.ancestor = r.scope"
    )
    here_first = "ORDER BY p.place IS NULL, r.starts_on LIMIT 1"
    by_scope = (
        "SELECT r.id FROM round r JOIN household h ON h.id = a.household"
        " JOIN place_path p ON p.place = h.place AND p.ancestor = r.scope"
    )
    connection.exec_driver_sql(
        f"UPDATE arriving AS a SET round = coalesce(({by_roster} WHERE {days} {here_first}),"
        f" ({by_scope} WHERE {days}))",
        (config.PROGRAMME, config.PROGRAMME),
    )
    locked = _first_of(connection)(
        "SELECT r.name FROM arriving a JOIN round r ON r.id = a.round WHERE r.status = 'locked'"
    )
    if locked is not None:
        raise Invalid("err.locked", round=locked)


def _store(connection: Connection, scope: Scope, same: int) -> BulkResult:
    names = ", ".join(f'"{name}"' for name in _STORED)
    stored = connection.exec_driver_sql(
        f"INSERT INTO visit (kind, round, recorded_at, recorded_by, {names})"
        f" SELECT 'visit', round, ?, ?, {names} FROM arriving",
        (now(), scope.actor),
    ).rowcount
    by_round = {
        str(row[0]): int(row[1])
        for row in connection.exec_driver_sql(
            "SELECT round, count(*) FROM arriving WHERE round IS NOT NULL GROUP BY round"
        )
    }
    _propose_exclusions(connection)
    today = read_today(connection)
    for round_id in by_round:
        refresh_cells(connection, round_id, today)
    log_change(
        connection,
        scope,
        action="visit.bulk",
        object_id="",
        diff={"stored": stored, "by_round": by_round, "same": same},
    )
    return BulkResult(stored, stored - sum(by_round.values()), same, by_round)


def _propose_exclusions(connection: Connection) -> None:
    """Propose as `proposals.propose_exclusion` does, many at once: the earliest of the visits that ask for it."""
    marks = ", ".join("?" * len(codes.EXCLUDING_OUTCOMES))
    connection.exec_driver_sql(
        "UPDATE round_roster AS x SET excluded_on = a.visited_on, excluded_reason = a.outcome, rev = x.rev + 1"
        " FROM (SELECT *, row_number() OVER (PARTITION BY round, household ORDER BY visited_on, id) AS nth"
        f" FROM arriving WHERE mode = 'in_person' AND outcome IN ({marks})) AS a"
        " WHERE a.nth = 1 AND a.round = x.round AND a.household = x.household"
        " AND (x.excluded_on IS NULL OR x.approved_on IS NULL AND x.excluded_on > a.visited_on)",
        codes.EXCLUDING_OUTCOMES,
    )

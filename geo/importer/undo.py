"""Taking the last import back, exactly, while nothing later touches its rows."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo import config
from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Conflict, NotFound
from geo.importer.apply import refresh_touched
from geo.importer.journal import FOLLOWING, KEYS, columns_of, fetch_row, hash_values
from geo.schema import import_batch
from geo.store.cells import refresh_cells
from geo.store.database import now, read_today

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from geo.importer.register import Row
    from geo.model import Scope
    from geo.store.database import Database

#: Rows of other tables that point at an imported row: (imported table, pointing table, column).
_POINTERS = (
    ("household", "visit", "household"), ("household", "assignment", "household"),
    ("household", "issue_household", "household"), ("household", "household_tag", "household"),
    ("household", "round_roster", "household"), ("household", "team_member", "household"),
    ("household", "household", "predecessor"), ("household", "household", "successor"),
    ("place", "household", "place"), ("place", "round_roster", "place"), ("place", "issue", "place"),
    ("place", "assignment", "place"), ("place", "team_member", "place"), ("place", "person", "place"),
    ("place", "place", "parent"), ("visit", "visit", "void_of"), ("visit", "issue", "raised_by_visit"),
    ("visit", "visit_person", "visit"), ("visit", "visit_topic", "visit"), ("issue", "issue_event", "issue"),
    ("issue", "measure", "issue"), ("issue", "issue", "duplicate_of"), ("round", "round_roster", "round"),
    ("round", "visit", "round"), ("round", "assignment", "round"), ("round", "import_batch", "round"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Undone:
    """The batch that was taken back: its id, the file's name, and how many rows were removed or restored."""

    batch: str
    name: str
    removed: int
    restored: int


def find_undoable(db: Database, scope: Scope) -> RowMapping | None:
    """Return the last batch that is not undone and young enough (columns of `import_batch`); None without one."""
    require_right(scope, "import")
    with db.read() as connection:
        require_whole(connection, scope)
        return _last(connection)


def undo_last(db: Database, scope: Scope) -> Undone:
    """Take back the last import: its new rows go, what it changed is as before; the batch stays, marked.

    Raises `NotFound` when there is none within `config.UNDO_DAYS`, `Conflict` when something later touches its rows.
    """
    require_right(scope, "import")
    with db.write() as connection:
        require_whole(connection, scope)
        batch = _last(connection)
        if batch is None:
            raise NotFound("import.no_batch", days=config.UNDO_DAYS)
        entries = _entries(connection, batch["id"])
        touched = _touched(connection, batch["id"])
        _check_pointers(connection, batch["id"])
        removed = _revert(connection, entries)
        connection.execute(import_batch.update().where(import_batch.c.id == batch["id"]).values(undone_at=now()))
        log_change(connection, scope, action="import.undo", object_id=batch["id"], diff={"rows": len(entries)})
        refresh_touched(connection, touched, read_today(connection))
        _rebuild(connection, entries)
    return Undone(batch["id"], batch["file_name"], removed, len(entries) - removed)


def _last(connection: Connection) -> RowMapping | None:
    found = connection.execute(
        select(import_batch).where(import_batch.c.undone_at.is_(None)).order_by(import_batch.c.seq.desc()).limit(1)
    )
    row = found.mappings().first()
    if row is None:
        return None
    age = datetime.now(UTC) - datetime.fromisoformat(row["created_at"])
    return row if age <= timedelta(days=config.UNDO_DAYS) else None


def _entries(connection: Connection, batch: str) -> list[Row]:
    rows = connection.exec_driver_sql("SELECT * FROM import_row WHERE batch = ? ORDER BY seq DESC", (batch,))
    return [dict(row) for row in rows.mappings()]


def _check_pointers(connection: Connection, batch: str) -> None:
    """Refuse when a row that is not of the batch points at a row the batch made."""
    for made, table, column in _POINTERS:
        own = _FOLLOWED.get(table, "?3 = ?3")
        if table in KEYS and table not in FOLLOWING:
            own = f"{_name_of(table)} NOT IN (SELECT row_id FROM import_row WHERE batch = ?1 AND table_name = ?3)"
        later = connection.exec_driver_sql(
            f'SELECT 1 FROM "{table}" x WHERE {own} AND x."{column}" IN'
            " (SELECT row_id FROM import_row WHERE batch = ?1 AND table_name = ?2 AND before IS NULL) LIMIT 1",
            (batch, made, table),
        ).first()
        if later is not None:
            raise Conflict("import.touched", table=table)


#: Rows without an entry of their own: what is more than the import wrote was added later.
_FOLLOWED = {
    "import_batch": "x.id <> ?1 AND x.undone_at IS NULL AND ?3 = ?3",
    "issue_event": "?3 = ?3 AND x.seq > 1",
    "issue_household": "?3 = ?3 AND x.issue NOT IN"
    " (SELECT row_id FROM import_row WHERE batch = ?1 AND table_name = 'issue')",
}


def _touched(connection: Connection, batch: str) -> set[str]:
    """Return the households whose facts, tags, visits or roster rows the batch wrote."""
    found: set[str] = set()
    for table, column in (
        ("household", "id"),
        ("household_tag", "household"),
        ("visit", "household"),
        ("round_roster", "household"),
    ):
        rows = connection.exec_driver_sql(
            f'SELECT DISTINCT x.{column} FROM "{table}" x WHERE {_name_of(table)} IN'
            " (SELECT row_id FROM import_row WHERE batch = ? AND table_name = ?)",
            (batch, table),
        )
        found |= {row[0] for row in rows}
    return found


def _revert(connection: Connection, entries: list[Row]) -> int:
    """Check that every row is exactly as the import left it, then put all back; return how many rows went."""
    left = {(entry["table_name"], entry["row_id"]): entry["after_hash"] for entry in reversed(entries)}
    first = {(entry["table_name"], entry["row_id"]): entry["before"] for entry in entries}
    batch = entries[0]["batch"] if entries else ""
    for table in KEYS:
        expected = {name: digest for (where, name), digest in left.items() if where == table}
        found = _present(connection, table, batch) if expected else {}
        if any(found.get(name) != digest for name, digest in expected.items()):
            raise Conflict("import.touched", table=table)
    made = [key for key, before in first.items() if before is None]
    for (table, _), before in first.items():
        if before is not None:
            _restore(connection, table, json.loads(before))
    for table in reversed(KEYS):
        names = [name for where, name in made if where == table]
        if names:
            _delete(connection, table, names)
    return len(made)


def _present(connection: Connection, table: str, batch: str) -> dict[str, str]:
    """Return the hash of every row of a table that the batch wrote, as it is now."""
    name = _name_of(table)
    columns = ", ".join(f'x."{column}"' for column in columns_of(table))
    rows = connection.exec_driver_sql(
        f'SELECT {name}, {columns} FROM "{table}" x WHERE {name} IN'
        " (SELECT row_id FROM import_row WHERE batch = ? AND table_name = ?)",
        (batch, table),
    )
    return {row[0]: hash_values(row[1:]) for row in rows}


def _name_of(table: str) -> str:
    return " || '|' || ".join(f'x."{key}"' for key in KEYS[table])


def _delete(connection: Connection, table: str, names: list[str]) -> None:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):  # pragma: no cover - only SQLite is built for now
        raise TypeError(type(driver))
    ids = [(name,) for name in names]
    if table == "place":
        driver.executemany("DELETE FROM place_path WHERE place = ?", ids)
        driver.executemany("DELETE FROM coverage_cell WHERE place = ?", ids)
    elif table == "round":
        driver.executemany('DELETE FROM coverage_cell WHERE "round" = ?', ids)
        driver.executemany('DELETE FROM coverage_day WHERE "round" = ?', ids)
        driver.executemany('UPDATE import_batch SET "round" = NULL WHERE "round" = ?', ids)
    elif table == "issue":
        driver.executemany("DELETE FROM issue_event WHERE issue = ?", ids)
        driver.executemany("DELETE FROM issue_household WHERE issue = ?", ids)
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    driver.executemany(
        f'DELETE FROM "{table}" WHERE {where}', [tuple(name.split("|", len(KEYS[table]) - 1)) for name in names]
    )


def _restore(connection: Connection, table: str, before: Row) -> None:
    names = ", ".join(f'"{name}" = ?' for name in before)
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    values = (*before.values(), *(before[key] for key in KEYS[table]))
    connection.exec_driver_sql(f'UPDATE "{table}" SET {names} WHERE {where}', values)


def _rebuild(connection: Connection, entries: list[Row]) -> None:
    """Bring the rounds up to date whose roster lost rows: their places are no longer told by the households."""
    today = read_today(connection)
    rounds = {entry["row_id"].split("|")[0] for entry in entries if entry["table_name"] == "round_roster"}
    for round_id in sorted(rounds):
        if fetch_row(connection, "round", round_id) is not None:
            refresh_cells(connection, round_id, today)

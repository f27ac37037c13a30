"""Taking the last import back, exactly, while nothing later touches its rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from geo import config
from geo.access import require_right
from geo.audit import log_change
from geo.errors import Conflict, NotFound
from geo.importer.apply import refresh_touched
from geo.importer.journal import KEYS, fetch_row, hash_row
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
        return _last(connection)


def undo_last(db: Database, scope: Scope) -> Undone:
    """Take back the last import: its new rows go, what it changed is as before; the batch stays, marked.

    Raises `NotFound` when there is none within `config.UNDO_DAYS`, `Conflict` when something later touches its rows.
    """
    require_right(scope, "import")
    with db.write() as connection:
        batch = _last(connection)
        if batch is None:
            raise NotFound("import.no_batch", days=config.UNDO_DAYS)
        entries = _entries(connection, batch["id"])
        _check_pointers(connection, batch["id"])
        touched = _touched(entries)
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
        name = " || '|' || ".join(f'x."{key}"' for key in KEYS.get(table, ("id",)))
        own = (
            "EXISTS (SELECT 1 FROM import_row o WHERE o.batch = ?1 AND o.table_name = ?3 AND o.row_id = " + name + ")"
            if table in KEYS
            else "x.id = ?1"
            if table == "import_batch"
            else "0"
        )
        later = connection.exec_driver_sql(
            f'SELECT 1 FROM "{table}" x CROSS JOIN import_row m ON m.table_name = ?2 AND m.row_id = x."{column}"'  # noqa: S608 - names come from the list above
            f" WHERE m.batch = ?1 AND m.before IS NULL AND ?3 = ?3 AND NOT {own} LIMIT 1",
            (batch, made, table),
        ).first()
        if later is not None:
            raise Conflict("import.touched", table=table)


def _touched(entries: list[Row]) -> set[str]:
    found: set[str] = set()
    for entry in entries:
        if entry["table_name"] == "household":
            found.add(entry["row_id"])
        elif entry["table_name"] == "round_roster":
            found.add(entry["row_id"].split("|")[1])
    return found


def _revert(connection: Connection, entries: list[Row]) -> int:
    """Undo entry by entry, the last first; each row must be exactly as the import left it."""
    removed = 0
    for entry in entries:
        table = entry["table_name"]
        row = fetch_row(connection, table, entry["row_id"])
        if row is None or hash_row(table, row) != entry["after_hash"]:
            raise Conflict("import.touched", table=table)
        if entry["before"] is None:
            _delete(connection, table, row)
            removed += 1
        else:
            _restore(connection, table, json.loads(entry["before"]))
    return removed


def _delete(connection: Connection, table: str, row: Row) -> None:
    if table == "place":
        connection.exec_driver_sql("DELETE FROM place_path WHERE place = ?", (row["id"],))
        connection.exec_driver_sql("DELETE FROM coverage_cell WHERE place = ?", (row["id"],))
    elif table == "round":
        for name in ("coverage_cell", "coverage_day"):
            connection.exec_driver_sql(f'DELETE FROM {name} WHERE "round" = ?', (row["id"],))  # noqa: S608 - names above
        connection.exec_driver_sql('UPDATE import_batch SET "round" = NULL WHERE "round" = ?', (row["id"],))
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    values: tuple[Any, ...] = tuple(row[key] for key in KEYS[table])
    connection.exec_driver_sql(f'DELETE FROM "{table}" WHERE {where}', values)  # noqa: S608 - names come from schema


def _restore(connection: Connection, table: str, before: Row) -> None:
    names = ", ".join(f'"{name}" = ?' for name in before)
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    values = (*before.values(), *(before[key] for key in KEYS[table]))
    connection.exec_driver_sql(f'UPDATE "{table}" SET {names} WHERE {where}', values)  # noqa: S608 - names come from schema


def _rebuild(connection: Connection, entries: list[Row]) -> None:
    """Bring the rounds up to date whose roster lost rows: their places are no longer told by the households."""
    today = read_today(connection)
    rounds = {entry["row_id"].split("|")[0] for entry in entries if entry["table_name"] == "round_roster"}
    for round_id in sorted(rounds):
        if fetch_row(connection, "round", round_id) is not None:
            refresh_cells(connection, round_id, today)

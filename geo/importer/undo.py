"""Taking the last import back, exactly, while nothing later touches its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo import config
from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Conflict, NotFound
from geo.importer.apply import refresh_touched
from geo.importer.blocks import hash_rows
from geo.importer.journal import EVERY, FOLLOWING, GONE, KEYS, columns_of, fetch_row, hash_values, load_row
from geo.schema import import_batch, import_refused, import_row, made_code
from geo.store.cells import refresh_cells
from geo.store.database import bulk_insert, now, read_today

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
    ("place", "place", "parent"), ("place", "place", "successor"), ("place", "household", "village"),
    ("place", "round", "scope"), ("place", "team", "village"), ("team", "team_member", "team"),
    ("team", "assignment", "team"), ("person", "team_member", "person"), ("person", "assignment", "person"),
    ("person", "visit_person", "person"), ("visit", "visit", "void_of"), ("visit", "issue", "raised_by_visit"),
    ("visit", "visit_person", "visit"), ("visit", "visit_topic", "visit"), ("visit", "visit_check", "visit"),
    ("issue", "issue_event", "issue"),
    ("issue", "measure", "issue"), ("issue", "matter", "issue"), ("issue", "attachment", "issue"),
    ("visit", "attachment", "visit"), ("matter", "attachment", "matter"), ("place", "matter", "place"),
    ("issue", "issue", "duplicate_of"), ("round", "round_roster", "round"),
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

    Raises `NotFound` when there is none within `config.UNDO_DAYS`, `Conflict` when something later touches its rows, or
    a round that they belong to has been locked since.
    """
    require_right(scope, "import")
    with db.write() as connection:
        require_whole(connection, scope)
        batch = _last(connection)
        if batch is None:
            raise NotFound("import.no_batch", days=config.UNDO_DAYS)
        entries = _entries(connection, batch["id"])
        _stage(connection, entries)
        touched, rounds = _touched(connection), _rounds_of(connection)
        _check_pointers(connection, batch["id"])
        _check_locked(connection)
        restored = _restore_changed(connection, entries)
        removed = _remove_made(connection, entries)
        connection.execute(made_code.delete().where(made_code.c.batch == batch["id"]))
        connection.execute(import_row.delete().where(import_row.c.batch == batch["id"]))
        connection.execute(import_refused.delete().where(import_refused.c.batch == batch["id"]))
        connection.execute(import_batch.update().where(import_batch.c.id == batch["id"]).values(undone_at=now()))
        log_change(connection, scope, action="import.undo", object_id=batch["id"], diff={"rows": removed + restored})
        connection.exec_driver_sql("DROP TABLE temp.of_batch")
        _refresh(connection, touched, rounds)
    return Undone(batch["id"], batch["file_name"], removed, restored)


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


def _stage(connection: Connection, entries: list[Row]) -> None:
    """Name every row of the batch in a temporary table: `made` ones are new, the others were changed."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS temp.of_batch")
    connection.exec_driver_sql(
        "CREATE TEMP TABLE of_batch (table_name TEXT, name TEXT, made INTEGER, PRIMARY KEY (table_name, made, name))"
        " WITHOUT ROWID"
    )
    for entry in entries:
        table, name = entry["table_name"], entry["row_id"]
        if name.endswith(EVERY):
            connection.exec_driver_sql(
                f'INSERT INTO of_batch SELECT ?, {_name_of(table)}, 1 FROM "{table}" x WHERE {_begins(table)}',
                (table, *_bounds(name)),
            )
        else:
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO of_batch VALUES (?, ?, ?)", (table, name, int(entry["before"] is None))
            )


def _begins(table: str) -> str:
    """Return the condition that the last key of a row begins as the ids of an import; takes `_bounds`."""
    key = KEYS[table][-1]
    return f'x."{key}" >= ? AND x."{key}" < ?'


def _bounds(name: str) -> tuple[str, str]:
    prefix = name.removesuffix(EVERY)
    return prefix, f"{prefix}~"


def _check_pointers(connection: Connection, batch: str) -> None:
    """Refuse when a row that is not of the batch points at a row the batch made."""
    for made, table, column in _POINTERS:
        own = _FOLLOWED.get(table, "")
        if table in KEYS and table not in FOLLOWING:
            own = f"{_name_of(table)} NOT IN (SELECT name FROM of_batch WHERE table_name = '{table}')"
        later = connection.exec_driver_sql(
            f'SELECT 1 FROM "{table}" x WHERE {own or 1} AND x."{column}" IN'
            f" (SELECT name FROM of_batch WHERE table_name = '{made}' AND made = 1) LIMIT 1",
            (batch,) if table == "import_batch" else (),
        ).first()
        if later is not None:
            raise Conflict("import.touched", table=table)


def _check_locked(connection: Connection) -> None:
    """Refuse when visits or roster rows of the batch have been published with a round since."""
    for table in ("visit", "round_roster"):
        locked = connection.exec_driver_sql(
            f'SELECT r.name FROM "{table}" x JOIN "round" r ON r.id = x."round" WHERE r.status = \'locked\' AND'
            f" {_name_of(table)} IN (SELECT name FROM of_batch WHERE table_name = ?) LIMIT 1",
            (table,),
        ).scalar()
        if locked is not None:
            raise Conflict("import.undo_locked", round=locked)


#: Rows without an entry of their own: what is more than the import wrote was added later.
_FOLLOWED = {
    "import_batch": "x.id <> ? AND x.undone_at IS NULL",
    "issue_event": "x.at <> (SELECT i.created_at FROM issue i WHERE i.id = x.issue)",
    "issue_household": "x.issue NOT IN (SELECT name FROM of_batch WHERE table_name = 'issue')",
}


def _touched(connection: Connection) -> set[str]:
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
            " (SELECT name FROM of_batch WHERE table_name = ?)",
            (table,),
        )
        found |= {row[0] for row in rows}
    return found


def _rounds_of(connection: Connection) -> set[str]:
    """Return the rounds whose roster the batch wrote to."""
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT x.round FROM round_roster x WHERE {_name_of('round_roster')} IN"
        " (SELECT name FROM of_batch WHERE table_name = 'round_roster')"
    )
    return {row[0] for row in rows}


def _restore_changed(connection: Connection, entries: list[Row]) -> int:
    """Check that changed rows are as the import left them and put back what they were; return how many rows."""
    left: dict[tuple[str, str], str] = {}
    for entry in entries:
        if not entry["row_id"].endswith(EVERY):
            left.setdefault((entry["table_name"], entry["row_id"]), entry["after_hash"])
    for (table, name), digest in left.items():
        row = fetch_row(connection, table, name)
        now_is = GONE if row is None else hash_values(row[column] for column in columns_of(table))
        if now_is != digest:
            raise Conflict("import.touched", table=table)
    changed = [entry for entry in entries if entry["before"] is not None]
    for entry in changed:
        before = load_row(entry["before"])
        if entry["after_hash"] == GONE:
            bulk_insert(connection, entry["table_name"], list(before), [tuple(before.values())])
        else:
            _restore(connection, entry["table_name"], before)
    return len({(entry["table_name"], entry["row_id"]) for entry in changed})


def _remove_made(connection: Connection, entries: list[Row]) -> int:
    """Check that the new rows are as the import wrote them and delete them; return how many rows."""
    for entry in entries:
        table = entry["table_name"]
        if entry["row_id"].endswith(EVERY) and _hash_made(connection, table, entry["row_id"]) != entry["after_hash"]:
            raise Conflict("import.touched", table=table)
    removed = 0
    for table in reversed(KEYS):
        own = f"(SELECT name FROM of_batch WHERE table_name = '{table}' AND made = 1)"
        for other, column in _BELONGING.get(table, ()):
            connection.exec_driver_sql(f'DELETE FROM "{other}" WHERE "{column}" IN {own}')
        if table == "round":
            connection.exec_driver_sql(f'UPDATE import_batch SET "round" = NULL WHERE "round" IN {own}')
        gone = connection.exec_driver_sql(f'DELETE FROM "{table}" AS x WHERE {_name_of(table)} IN {own}')
        removed += gone.rowcount
    return removed


#: Rows that go with a new row of a table: (table, column).
_BELONGING = {
    "place": (("place_path", "place"), ("coverage_cell", "place")),
    "round": (("coverage_cell", "round"), ("coverage_day", "round")),
    "issue": (("issue_event", "issue"), ("issue_household", "issue")),
}


def _hash_made(connection: Connection, table: str, name: str) -> str:
    columns = ", ".join(f'x."{column}"' for column in columns_of(table))
    order = ", ".join(f'x."{key}"' for key in reversed(KEYS[table]))
    rows = connection.exec_driver_sql(
        f'SELECT {columns} FROM "{table}" x WHERE {_begins(table)} ORDER BY {order}', _bounds(name)
    ).all()
    return hash_rows(rows)


def _name_of(table: str) -> str:
    return " || '|' || ".join(f'x."{key}"' for key in KEYS[table])


def _restore(connection: Connection, table: str, before: Row) -> None:
    names = ", ".join(f'"{name}" = ?' for name in before)
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    values = (*before.values(), *(before[key] for key in KEYS[table]))
    connection.exec_driver_sql(f'UPDATE "{table}" SET {names} WHERE {where}', values)


def _refresh(connection: Connection, touched: set[str], rounds: set[str]) -> None:
    """Bring the cells up to date: where the households are, and whole rounds whose roster lost rows."""
    today = read_today(connection)
    refresh_touched(connection, touched, today)
    for round_id in sorted(rounds):
        if fetch_row(connection, "round", round_id) is not None:
            refresh_cells(connection, round_id, today)

"""What an import did to each row, so that it can be undone exactly while nothing later has touched it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from geo.schema import metadata
from geo.store.database import bulk_insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from geo.importer.register import Row

#: Tables that an import writes, in the order of writing, with the columns that name a row.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "place": ("id",),
    "round": ("id",),
    "household": ("id",),
    "household_tag": ("id",),
    "visit": ("id",),
    "issue": ("id",),
    "issue_household": ("issue", "household"),
    "issue_event": ("issue", "seq"),
    "round_roster": ("round", "household"),
}
_COLUMNS: Final = {name: [column.name for column in metadata.tables[name].c] for name in KEYS}


def columns_of(table: str) -> list[str]:
    """Return the columns of a table in its own order."""
    return _COLUMNS[table]


def row_id(table: str, row: Row) -> str:
    """Return what names a row in the journal."""
    return "|".join(str(row[key]) for key in KEYS[table])


def hash_row(table: str, row: Row) -> str:
    """Return a hash over all columns of a row as SQLite stores it."""
    values = [row[name] for name in _COLUMNS[table]]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, default=_hex).encode()).hexdigest()


def _hex(value: Any) -> str:  # noqa: ANN401 - bytes, the only thing JSON cannot say
    return bytes(value).hex()


class Journal:
    """Writes rows and remembers each of them for its batch."""

    def __init__(self, connection: Connection, batch: str) -> None:
        """Begin the journal of a batch."""
        self._connection = connection
        self._batch = batch
        self._entries: list[tuple[str, int, str, str, str | None, str]] = []

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Insert rows that carry every column of the table."""
        columns = _COLUMNS[table]
        bulk_insert(self._connection, table, columns, [tuple(row[name] for name in columns) for row in rows])
        for row in rows:
            self._note(table, row, None)

    def note_made(self, table: str, rows: Iterable[Row]) -> None:
        """Remember rows that a service inserted."""
        for row in rows:
            self._note(table, row, None)

    def update(self, table: str, before: Row, changes: Row) -> None:
        """Change one row."""
        names = ", ".join(f'"{name}" = ?' for name in changes)
        where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
        values = (*changes.values(), *(before[key] for key in KEYS[table]))
        self._connection.exec_driver_sql(f'UPDATE "{table}" SET {names} WHERE {where}', values)  # noqa: S608 - names come from schema
        self._note(table, before | changes, json.dumps(before, ensure_ascii=False, default=_hex))

    def _note(self, table: str, after: Row, before: str | None) -> None:
        name = row_id(table, after)
        self._entries.append(
            (self._batch, len(self._entries) + 1, table, name, before, hash_row(table, after))
        )  # fmt: skip

    def write(self) -> None:
        """Store the journal."""
        bulk_insert(
            self._connection, "import_row", ["batch", "seq", "table_name", "row_id", "before", "after_hash"],
            self._entries,
        )  # fmt: skip


def fetch_row(connection: Connection, table: str, name: str) -> Row | None:
    """Return a row as SQLite stores it, by what names it in the journal."""
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    values = tuple(name.split("|"))
    found = connection.exec_driver_sql(f'SELECT * FROM "{table}" WHERE {where}', values).mappings().first()  # noqa: S608 - names come from schema
    return dict(found) if found is not None else None

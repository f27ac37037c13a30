"""What an import did to each row, so that it can be undone exactly while nothing later has touched it."""

from __future__ import annotations

import hashlib
import json
from operator import itemgetter
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
    "visit_person": ("visit", "person"),
    "visit_topic": ("visit", "topic"),
    "issue": ("id",),
    "issue_household": ("issue", "household"),
    "issue_event": ("issue", "seq"),
    "round_roster": ("round", "household"),
    "import_refused": ("batch", "row"),
}
#: Rows that come and go with the issue they belong to; they need no entry of their own.
FOLLOWING: Final = ("issue_household", "issue_event")
_COLUMNS: Final = {name: [column.name for column in metadata.tables[name].c] for name in KEYS}


def columns_of(table: str) -> list[str]:
    """Return the columns of a table in its own order."""
    return _COLUMNS[table]


def row_id(table: str, row: Row) -> str:
    """Return what names a row in the journal."""
    keys = KEYS[table]
    return str(row[keys[0]]) if len(keys) == 1 else "|".join(str(row[key]) for key in keys)


def hash_values(values: Iterable[Any]) -> str:
    """Return a hash over all columns of a row, in the table's order, as SQLite stores them."""
    return hashlib.sha256(repr(tuple(values)).encode()).hexdigest()


def _hex(value: Any) -> str:
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
        pick = itemgetter(*columns)
        values = [pick(row) for row in rows]
        bulk_insert(self._connection, table, columns, values)
        if table not in FOLLOWING:
            for row, said in zip(rows, values, strict=True):
                self._note(table, row, said, None)

    def note_made(self, table: str, row: Row) -> None:
        """Remember a row that a service inserted."""
        self._note(table, row, itemgetter(*_COLUMNS[table])(row), None)

    def update(self, table: str, before: Row, changes: Row) -> None:
        """Change one row."""
        names = ", ".join(f'"{name}" = ?' for name in changes)
        where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
        values = (*changes.values(), *(before[key] for key in KEYS[table]))
        self._connection.exec_driver_sql(f'UPDATE "{table}" SET {names} WHERE {where}', values)
        after = itemgetter(*_COLUMNS[table])(before | changes)
        self._note(table, before, after, json.dumps(before, ensure_ascii=False, default=_hex))

    def _note(self, table: str, row: Row, after: tuple[Any, ...], before: str | None) -> None:
        entry = (self._batch, len(self._entries) + 1, table, row_id(table, row), before, hash_values(after))
        self._entries.append(entry)

    def write(self) -> None:
        """Store the journal."""
        bulk_insert(
            self._connection, "import_row", ["batch", "seq", "table_name", "row_id", "before", "after_hash"],
            self._entries,
        )  # fmt: skip


def fetch_row(connection: Connection, table: str, name: str) -> Row | None:
    """Return a row as SQLite stores it, by what names it in the journal."""
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    values = tuple(name.split("|", len(KEYS[table]) - 1))
    found = connection.exec_driver_sql(f'SELECT * FROM "{table}" WHERE {where}', values).mappings().first()
    return dict(found) if found is not None else None

"""What an import did to each row, so that it can be undone exactly while nothing later has touched it.

The ids of one import begin alike (`Bench.new_id`), so the new rows of a table are one entry: the prefix, and a hash
over all of them. Rows that were changed, and new rows with other keys, have an entry each.
"""

from __future__ import annotations

import hashlib
import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from geo.importer.blocks import in_parts
from geo.schema import metadata
from geo.schema.base import ADDED
from geo.store.database import bulk_insert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from geo.importer.blocks import Block
    from geo.importer.register import Row

#: Tables that an import writes, in the order of writing, with the columns that name a row.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "place": ("id",),
    "setting": ("key",),
    "round": ("id",),
    "household": ("id",),
    "household_tag": ("id",),
    "person": ("id",),
    "team": ("id",),
    "team_member": ("id",),
    "visit": ("id",),
    "visit_person": ("visit", "person"),
    "visit_topic": ("visit", "topic"),
    "visit_check": ("visit", "item"),
    "issue": ("id",),
    "issue_household": ("issue", "household"),
    "issue_event": ("issue", "seq"),
    "round_roster": ("round", "household"),
    "matter": ("id",),
    "import_refused": ("batch", "row"),
    "area_aside": ("batch", "row"),
}
#: Rows that come and go with the issue they belong to; they need no entry of their own.
FOLLOWING: Final = ("issue_household", "issue_event")
#: Ends the name of an entry that stands for all new rows whose last key begins so.
EVERY: Final = "*"
#: Stands for the hash of a row that was removed.
GONE: Final = ""
_COLUMNS: Final = {
    name: [column.name for column in metadata.tables[name].c if column.info is not ADDED] for name in KEYS
}
_BYTES: Final = "bytes"


def columns_of(table: str) -> list[str]:
    """Return the columns of a table in its own order, without those that a later revision added (`ADDED`)."""
    return _COLUMNS[table]


def row_id(table: str, row: Row) -> str:
    """Return what names a row in the journal."""
    return "|".join(str(row[key]) for key in KEYS[table])


def hash_values(values: Iterable[Any]) -> str:
    """Return a hash over all columns of a row, in the table's order, as SQLite stores them."""
    return hashlib.sha256(repr(tuple(values)).encode()).hexdigest()


def _dump(row: Row) -> str:
    """Return values of a row as JSON; what is bytes (an outline) is marked as such."""
    return json.dumps(row, ensure_ascii=False, default=lambda value: {_BYTES: bytes(value).hex()})


def load_row(said: str) -> Row:
    """Return the values of a row that the journal keeps."""
    row: Row = json.loads(said)
    return {name: bytes.fromhex(value[_BYTES]) if isinstance(value, dict) else value for name, value in row.items()}


class Journal:
    """Writes rows and remembers them for its batch."""

    def __init__(
        self, connection: Connection, batch: str, *, prefix: str = "", tick: Callable[[int], None] | None = None
    ) -> None:
        """Begin the journal of a batch; its new ids begin with `prefix`; `tick` hears of every part of rows written."""
        self._connection = connection
        self._batch = batch
        self._prefix = prefix
        self._tick = tick
        self._entries: list[tuple[Any, ...]] = []

    def insert(self, block: Block) -> None:
        """Insert the rows of a block."""
        self._write_rows(block)
        if block.table in FOLLOWING:
            return
        own, other = block, None
        marks = [bool(self._prefix) and key.startswith(self._prefix) for key in block.column(KEYS[block.table][-1])]
        if not all(marks):
            own, other = block.split(marks)
        if own.rows:
            self._note(block.table, f"{self._prefix}{EVERY}", None, own)
        for row in other.spread(_COLUMNS[block.table]) if other else ():
            self.note_made(block.table, row)

    def _write_rows(self, block: Block) -> None:
        if not block.rows:
            return
        names, pick, same = block.differing()
        for part in in_parts(block.rows):
            bulk_insert(self._connection, block.table, names, map(pick, part), same=same)
            if self._tick is not None:
                self._tick(len(part))

    def note_made(self, table: str, row: Row) -> None:
        """Remember a row that was inserted."""
        self._note(table, row_id(table, row), None, hash_values(itemgetter(*_COLUMNS[table])(row)))

    def update(self, table: str, before: Row, changes: Row) -> None:
        """Change one row; of what it was, the columns that change are kept."""
        names = ", ".join(f'"{name}" = ?' for name in changes)
        where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
        values = (*changes.values(), *(before[key] for key in KEYS[table]))
        self._connection.exec_driver_sql(f'UPDATE "{table}" SET {names} WHERE {where}', values)
        kept = {name: before[name] for name in (*KEYS[table], *changes)}
        after = itemgetter(*_COLUMNS[table])(before | changes)
        self._note(table, row_id(table, before), _dump(kept), hash_values(after))

    def remove(self, table: str, row: Row) -> None:
        """Remove one row, which is kept whole."""
        where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
        self._connection.exec_driver_sql(f'DELETE FROM "{table}" WHERE {where}', tuple(row[key] for key in KEYS[table]))
        self._note(table, row_id(table, row), _dump(row), GONE)

    def _note(self, table: str, name: str, before: str | None, after: str | Block) -> None:
        self._entries.append((self._batch, len(self._entries) + 1, table, name, before, after))

    def hash_blocks(self) -> None:
        """Compute the hashes of the new rows so far; the connection is free for other work meanwhile."""
        self._entries = [
            (*entry, after if isinstance(after, str) else after.hash(_COLUMNS[after.table]))
            for *entry, after in self._entries
        ]

    def write(self) -> None:
        """Store the journal."""
        self.hash_blocks()
        names = ["batch", "seq", "table_name", "row_id", "before", "after_hash"]
        bulk_insert(self._connection, "import_row", names, self._entries)


def fetch_row(connection: Connection, table: str, name: str) -> Row | None:
    """Return a row as SQLite stores it, by what names it in the journal."""
    where = " AND ".join(f'"{key}" = ?' for key in KEYS[table])
    values = tuple(name.split("|", len(KEYS[table]) - 1))
    found = connection.exec_driver_sql(f'SELECT * FROM "{table}" WHERE {where}', values).mappings().first()
    return dict(found) if found is not None else None

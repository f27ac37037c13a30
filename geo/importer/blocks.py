"""New rows of a table, as an import plans them: the columns that differ from row to row, and those that do not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo.importer.register import Row


@dataclass(slots=True)
class Block:
    """Rows to insert into one table, in the order of their keys (the last one first); other columns stay empty.

    A row is a tuple in the order of `names`; `same` are the columns that every row has alike.
    """

    table: str
    names: tuple[str, ...]
    same: Row
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        """Return the values of one column."""
        if name not in self.names:
            return [self.same.get(name)] * len(self.rows)
        at = self.names.index(name)
        return [row[at] for row in self.rows]

    def split(self, kept: Iterable[bool]) -> tuple[Block, Block]:
        """Return the rows marked true and those marked false, as blocks of their own."""
        yes, no = Block(self.table, self.names, self.same), Block(self.table, self.names, self.same)
        for row, keep in zip(self.rows, kept, strict=True):
            (yes if keep else no).rows.append(row)
        return yes, no

    def spread(self, columns: Sequence[str]) -> list[Row]:
        """Return every row as a mapping with all `columns` of its table."""
        blank = dict.fromkeys(columns) | self.same
        return [{**blank, **dict(zip(self.names, row, strict=True))} for row in self.rows]

    def hash(self, columns: Sequence[str]) -> str:
        """Return `hash_columns` over all `columns` of the table."""
        found = dict(zip(self.names, zip(*self.rows, strict=True), strict=True))
        return hash_columns(
            (found.get(name) or (self.same.get(name),) for name in columns), len(self.rows)
        )  # fmt: skip


def hash_columns(columns: Iterable[Sequence[Any]], count: int) -> str:
    """Return a hash over rows given column by column, as SQLite stores them.

    A column whose values are all the same may be given as one value.
    """
    digest = hashlib.sha256(str(count).encode())
    for values in columns:
        digest.update(b"\x1e" + _said(values).encode())
    return digest.hexdigest()


def _said(values: Sequence[Any]) -> str:
    if not values or values.count(values[0]) == len(values):
        return repr(values[0]) if values else ""
    try:
        return "\x1f".join(values)
    except TypeError:
        return repr(tuple(values))

"""New rows of a table, as an import plans them: the columns that differ from row to row, and those that do not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import repeat
from operator import is_, itemgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from geo.importer.register import Row

#: Rows that are written, and hashed, in one go.
_PART: Final = 5_000


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

    def differing(self) -> tuple[list[str], Callable[[tuple[Any, ...]], tuple[Any, ...]], Row]:
        """Return the columns that do differ, what picks their values out of a row, and what all rows have alike.

        A value that is bound for every row costs time, one that is missing most of all.
        """
        first = self.rows[0]
        kept = [nth for nth in range(len(first)) if not (_is_constant(first[nth]) and self._is_alike(nth))]
        same = self.same | {name: first[nth] for nth, name in enumerate(self.names) if nth not in set(kept)}
        said = {name: value for name, value in same.items() if value is not None}
        if len(kept) == len(first):
            return list(self.names), tuple, said
        return [self.names[nth] for nth in kept], _picker(kept), said

    def _is_alike(self, nth: int) -> bool:
        return all(map(is_, map(itemgetter(nth), self.rows), repeat(self.rows[0][nth])))

    def hash(self, columns: Sequence[str]) -> str:
        """Return `hash_rows` of the rows with all `columns` of the table."""
        digest = hashlib.sha256()
        for part in in_parts(self.rows):
            found: dict[str, Sequence[Any]] = dict(zip(self.names, zip(*part, strict=True), strict=True))
            for name in columns:
                digest.update(_said(found.get(name) or (self.same.get(name),)))
        return digest.hexdigest()


def hash_rows(rows: Sequence[Sequence[Any]]) -> str:
    """Return a hash over rows as SQLite stores them, column by column in parts."""
    digest = hashlib.sha256()
    for part in in_parts(rows):
        for values in zip(*part, strict=True):
            digest.update(_said(values))
    return digest.hexdigest()


def in_parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the rows in parts: what is written, or hashed, in one go."""
    return (rows[start : start + _PART] for start in range(0, len(rows), _PART))


def _picker(kept: Sequence[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    if len(kept) > 1:
        return itemgetter(*kept)
    return lambda row: tuple(row[nth] for nth in kept)


def _is_constant(value: Any) -> bool:
    """Say whether a value may stand in the text of a statement."""
    return value is None or (isinstance(value, str) and value.isprintable())


def _said(values: Sequence[Any]) -> bytes:
    """Return a column as bytes; one whose values are all the same is told by one value."""
    first = values[0]
    if values.count(first) == len(values):
        return b"\x1e" + repr(first).encode()
    try:
        return b"\x1e" + "\x1f".join(values).encode()
    except TypeError:
        return b"\x1e" + repr(tuple(values)).encode()

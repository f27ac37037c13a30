"""From a statement to a table, column by column: the rows of the driver as they come, values made only where needed.

A row object of the expression layer costs more than the row itself; a district has tens of thousands of rows, few
distinct days among them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Boolean, Date, Float, Integer, String

from geo.schema.base import FreeText, FreeWord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Select


def read_frame(connection: Connection, statement: Select[Any]) -> pd.DataFrame:
    """Return the rows of a select: days as `date`, booleans as `bool`, whole numbers as such unless one is missing."""
    result = connection.execute(statement)
    cursor = result.cursor
    if cursor is None:  # pragma: no cover - a select always has one
        raise TypeError(statement)
    rows = cursor.fetchall()
    names = list(result.keys())
    result.close()
    kinds = [column.type for column in statement.selected_columns]
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(names)
    return pd.DataFrame(
        {name: _read_column(values, kind) for name, values, kind in zip(names, columns, kinds, strict=True)}
    )


def _read_column(values: Sequence[Any], kind: object) -> pd.Series | list[Any]:
    # Types are named, not inferred: a column without a value would otherwise become one of numbers.
    if isinstance(kind, String | FreeText | FreeWord):
        return pd.Series(values, dtype="str")
    if isinstance(kind, Date):
        return pd.Series(_translate(values, date.fromisoformat), dtype=object)
    if isinstance(kind, Integer | Float):
        return pd.Series(values, dtype="float64" if isinstance(kind, Float) or None in values else "int64")
    if isinstance(kind, Boolean):
        return [bool(value) for value in values]
    return list(values)


def _translate(values: Sequence[Any], read: Callable[[str], date]) -> list[date | None]:
    """Return each value read; each distinct one is read once."""
    known = {value: None if value is None else read(value) for value in set(values)}
    return [known[value] for value in values]

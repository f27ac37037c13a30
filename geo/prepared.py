"""Statements that every save runs: compiled once to SQL text, then given straight to the database driver.

SQLAlchemy spends more on an execution (parameters, result objects, events) than SQLite does on these statements. What
is compiled is the same expression that everything else executes, so there is still one definition of every figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import Insert, Update
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import BindParameter, CompoundSelect, Connection, Dialect, Select

    Statement: TypeAlias = Select[Any] | CompoundSelect[Any] | Insert | Update

Values: TypeAlias = "Mapping[str, Any]"
_Process: TypeAlias = "Callable[[Any], Any] | None"


@dataclass(frozen=True, slots=True)
class _Bind:
    """One parameter: its name, how the driver wants its value, and that value where the statement itself gives it."""

    name: str
    process: _Process
    constant: Any = None
    given: bool = True


@dataclass(frozen=True, slots=True)
class _Compiled:
    """SQL text of one dialect, its parameters in order, and how values become what the driver stores and back."""

    sql: str
    binds: tuple[_Bind, ...]
    positional: bool
    results: tuple[tuple[int, Callable[[Any], Any]], ...]


class Prepared:
    """A statement with named parameters; rows are plain tuples of Python values, in the order of its columns."""

    def __init__(self, statement: Statement, *, columns: Iterable[str] = ()) -> None:
        """Keep a statement; an insert names the `columns` it gets."""
        self._statement: Final = statement
        self._columns: Final = list(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def all(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Return every row."""
        compiled = self._for(connection.dialect)
        found: list[tuple[Any, ...]] = self._run(connection, compiled, values, fetch=True)
        if not compiled.results:
            return found
        return [_convert(row, compiled.results) for row in found]

    def first(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """Return the first row, if there is one."""
        found = self.all(connection, values)
        return found[0] if found else None

    def value(self, connection: Connection, values: Values) -> Any:
        """Return the first column of the first row; None without one."""
        found = self.first(connection, values)
        return found[0] if found else None

    def write(self, connection: Connection, values: Values) -> int:
        """Run an insert or update; return how many rows it touched."""
        return int(self._run(connection, self._for(connection.dialect), values, fetch=False))

    def _run(self, connection: Connection, compiled: _Compiled, values: Values, *, fetch: bool) -> Any:
        given: Any = [_bound(bind, values) for bind in compiled.binds]
        if not compiled.positional:
            given = {bind.name: value for bind, value in zip(compiled.binds, given, strict=True)}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.sql, given)
            return cursor.fetchall() if fetch else cursor.rowcount
        except connection.dialect.loaded_dbapi.Error as error:
            # The same errors as any other statement raises.
            raise DBAPIError.instance(
                compiled.sql, given, error, connection.dialect.loaded_dbapi.Error, dialect=connection.dialect
            ) from error
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> _Compiled:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compile(self._statement, dialect, self._columns)
        return self._compiled[dialect.name]


def _compile(statement: Statement, dialect: Dialect, columns: list[str] | None) -> _Compiled:
    made = statement.compile(dialect=dialect, column_keys=columns)
    names: Sequence[str] = made.positiontup if made.positional and made.positiontup is not None else list(made.binds)
    binds = tuple(_bind(made.binds[name], name, dialect) for name in names)
    results = [] if isinstance(statement, Insert | Update) else list(statement.selected_columns)
    processes = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in results)
    return _Compiled(
        str(made), binds, made.positional, tuple((nth, one) for nth, one in enumerate(processes) if one is not None)
    )


def _bind(parameter: BindParameter[Any], name: str, dialect: Dialect) -> _Bind:
    process = parameter.type.dialect_impl(dialect).bind_processor(dialect)
    if parameter.required:
        return _Bind(name, process)
    constant = parameter.effective_value
    return _Bind(name, None, constant if process is None else process(constant), given=False)


def _bound(bind: _Bind, values: Values) -> Any:
    if not bind.given:
        return bind.constant
    value = values[bind.name]
    return value if bind.process is None else bind.process(value)


def _convert(row: Sequence[Any], processes: tuple[tuple[int, Callable[[Any], Any]], ...]) -> tuple[Any, ...]:
    values = list(row)
    for nth, process in processes:
        values[nth] = process(values[nth])
    return tuple(values)

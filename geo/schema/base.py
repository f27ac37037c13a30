"""What table definitions share: the metadata and column makers.

Times are UTC ISO text (`…Z`); days are local dates; lon and lat are WGS84 degrees.
`info={"personal": True}` marks personal data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    DDL,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from geo import codes
from geo.idnumbers import hide_id_numbers

if TYPE_CHECKING:
    from sqlalchemy import Dialect

metadata = MetaData()
PERSONAL: Final[dict[str, Any]] = {"personal": True}
#: Columns that a later revision added to a table of the import journal: they stand outside its hashes, so that imports
#: made before can be undone. Whoever changes one raises `rev`, which stands inside.
ADDED: Final[dict[str, Any]] = {"added": True}


class _Hiding:
    """What a person writes in own words: an ID number in it is never stored whole, whoever stores it."""

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the same on each
        """Return a value as it is stored and compared."""
        return value if value is None else hide_id_numbers(value)


class FreeText(_Hiding, TypeDecorator[str]):
    """A text in somebody's own words, without whole ID numbers."""

    impl = Text
    cache_ok = True


class FreeWord(_Hiding, TypeDecorator[str]):
    """A line in somebody's own words (a name, a unit, a title), without whole ID numbers."""

    impl = String
    cache_ok = True


def id_column() -> Column[str]:
    """Make a text key, made by whoever creates the row."""
    return Column("id", String, primary_key=True)


def ref(name: str, target: str, *, null: bool = False) -> Column[str]:
    """Make a reference to another table's id."""
    return Column(name, ForeignKey(f"{target}.id"), nullable=null)


def code(name: str, allowed: tuple[str, ...], *, null: bool = False, default: str | None = None) -> Column[str]:
    """Make a word of a closed list, checked by the database; `info["allowed"]` is the list."""
    # Not IN (...): SQLite would build the list anew for every row written.
    listed = " OR ".join(f"{name} = '{word}'" for word in allowed)
    check = CheckConstraint(listed)
    return Column(name, String, check, nullable=null, server_default=default, info={"allowed": allowed})


def category_column() -> Column[str]:
    """Make the category of an issue or matter: `info["allowed"]` are those that ship, a database may have more."""
    return Column("category", String, nullable=False, info={"allowed": codes.ISSUE_CATEGORIES})


def edited() -> tuple[Column[Any], ...]:
    """Columns of every row that can change; `rev` is the optimistic lock."""
    return (
        Column("created_at", String, nullable=False),
        Column("created_by", String, nullable=False),
        Column("updated_at", String),
        Column("updated_by", String),
        Column("rev", Integer, nullable=False, server_default="1"),
    )


def flag(name: str, *, default: bool = False) -> Column[bool]:
    """Make a yes-or-no column, never empty."""
    return Column(name, Boolean, nullable=False, server_default=text("1" if default else "0"))


def count(name: str) -> Column[int]:
    """Make a whole number, never empty."""
    return Column(name, Integer, nullable=False, server_default="0")


def forbid_updates(table: Table) -> DDL:
    """Return a trigger that refuses to change rows of an append-only table once they are written."""
    return DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE ON {table.name} "
        f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
    ).execute_if(dialect="sqlite")


def forbid_deletes(table: Table) -> DDL:
    """Return a trigger that refuses to delete rows of a table that is kept for good."""
    return DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER {table.name}_kept BEFORE DELETE ON {table.name} "
        f"BEGIN SELECT RAISE(ABORT, '{table.name} is kept'); END"
    ).execute_if(dialect="sqlite")

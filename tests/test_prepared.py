"""Prepared statements: the same rows, the same values and the same errors as SQLAlchemy's own execution."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, func, select, union_all
from sqlalchemy.exc import IntegrityError

from geo.coverage import leaf_statement, leaf_values
from geo.prepared import Prepared
from geo.schema import round_, setting
from geo.store.rounds import find_round

if TYPE_CHECKING:
    from geo.store.database import Database


def test_values_come_back_as_python_values(world: Database) -> None:
    """Days are dates and flags are booleans, as from the expression itself; constants need not be given."""
    wanted = select(round_.c.starts_on, round_.c.away_phone_counts, round_.c.name).where(
        round_.c.status != "draft", round_.c.starts_on <= bindparam("day")
    )
    with world.read() as connection:
        expected = [tuple(row) for row in connection.execute(wanted, {"day": date(2099, 1, 1)})]
        assert Prepared(wanted).all(connection, {"day": date(2099, 1, 1)}) == expected
    assert isinstance(expected[0][0], date)
    assert isinstance(expected[0][1], bool)


def test_no_row_is_none(world: Database) -> None:
    """A statement that finds nothing says so; a union works as a select does."""
    one = select(setting.c.value).where(setting.c.key == bindparam("of_key"))
    with world.read() as connection:
        assert Prepared(one).first(connection, {"of_key": "no such"}) is None
        assert Prepared(one).value(connection, {"of_key": "no such"}) is None
        assert len(Prepared(union_all(one, one)).all(connection, {"of_key": "kind"})) == 2


def test_leaf_counts_are_those_of_the_expression(world: Database) -> None:
    """The compiled roll-up of a leaf gives, for every group of a round, what executing the expression gives."""
    with world.read() as connection:
        round_row = find_round(connection, "2")
        statement = leaf_statement(phone_counts=round_row.away_phone_counts)
        places = connection.exec_driver_sql(
            "SELECT DISTINCT place FROM round_roster WHERE round = ?", (round_row.id,)
        ).scalars()  # fmt: skip
        for leaf in list(places):
            values = leaf_values(round_row, round_row.ends_on, leaf)
            expected = [tuple(row) for row in connection.execute(statement, values)]
            assert expected
            assert Prepared(statement).all(connection, values) == expected


def test_errors_are_those_of_sqlalchemy(world: Database) -> None:
    """A constraint that does not hold raises the wrapped error, and the transaction takes everything back."""
    insert = Prepared(setting.insert(), columns=("key", "value"))

    def write_twice() -> None:
        with world.write() as connection:
            assert insert.write(connection, {"key": "once", "value": "1"}) == 1
            insert.write(connection, {"key": "once", "value": "2"})

    with pytest.raises(IntegrityError, match="UNIQUE"):
        write_twice()
    with world.read() as connection:
        assert connection.execute(select(func.count()).where(setting.c.key == "once")).scalar() == 0

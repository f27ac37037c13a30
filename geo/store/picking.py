"""Choosing some households for a statement: their ids are put beside the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, column, select, table

from geo.schema import place_path, round_roster
from geo.store.database import bulk_insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from geo.coverage import Homes
    from geo.model import Round


def pick(connection: Connection, ids: Iterable[str], *, to: str = "picked") -> Homes:
    """Put some households beside the tables, so that a statement can be about just them; return their choice.

    The next choice of the same name takes its place.
    """
    connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {to} (household TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.exec_driver_sql(f"DELETE FROM {to}")
    bulk_insert(connection, to, ["household"], [(one,) for one in ids])
    return select(table(to, column("household", String)).c.household)


def pick_under(connection: Connection, round_: Round, ids: Iterable[str], place_id: str) -> Homes:
    """Choose those of some households that a round's roster has under a place."""
    row = round_roster.c
    rows = select(row.household, row.place).where(row.round == round_.id, row.household.in_(pick(connection, ids)))
    under = select(place_path.c.place).where(place_path.c.ancestor == place_id)
    inside = frozenset(connection.execute(under).scalars())
    chosen = [household for household, leaf in connection.execute(rows) if leaf in inside]
    return pick(connection, chosen, to="picked_under")

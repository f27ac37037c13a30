"""n 行未入册: which refused rows of imports a round lacks until they are repaired or dismissed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, true

from geo.access import is_whole, places_inside, require_right
from geo.schema import import_batch, import_refused, place_path, round_
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from geo.model import Round, Scope
    from geo.store.database import Database


def count_unentered(db: Database, scope: Scope, *, round_id: str) -> int:
    """Return n of “n 行未入册”: refused rows of the scope's imports that the round lacks, not repaired or dismissed."""
    require_right(scope, "view")
    with db.read() as connection:
        batches = lacking_batches(connection, scope, visible_round(connection, scope, round_id))
        return connection.execute(
            select(func.count())
            .select_from(import_refused)
            .where(import_refused.c.batch.in_(batches), import_refused.c.status == "open")
        ).scalar_one()


def lacking_batches(connection: Connection, scope: Scope, wanted: Round) -> list[str]:
    """Return the imports of the scope's area whose refused rows the round lacks.

    Those are its own, and earlier ones of villages in its scope: their rows could not be living there yet when the
    round took in who did. Imports that were undone are none.
    """
    made_at = select(round_.c.created_at).where(round_.c.id == wanted.id).scalar_subquery()
    lacking = or_(import_batch.c.round == wanted.id, import_batch.c.created_at <= made_at)
    inside = _places_under(connection, wanted.scope)
    return [
        batch
        for batch, (of_round, villages) in _batches(connection, scope, lacking).items()
        if of_round == wanted.id or not inside.isdisjoint(villages)
    ]


def batches_within(connection: Connection, scope: Scope) -> list[str]:
    """Return the imports with refused rows that are the scope's to repair, without those that were undone.

    An import is of an area when all villages it names lie there; the whole district has all, nameless ones too.
    """
    return list(_batches(connection, scope, true()))


def _batches(
    connection: Connection, scope: Scope, wanted: ColumnElement[bool]
) -> dict[str, tuple[str | None, list[str]]]:
    """Return import → (round, villages it names) of those with refused rows that are of the scope's area."""
    found = connection.execute(
        select(import_batch.c.id, import_batch.c.round, import_batch.c.report).where(
            import_batch.c.undone_at.is_(None), import_batch.c.rows_bad > 0, wanted
        )
    )
    batches = {row.id: (row.round, json.loads(row.report).get("villages", [])) for row in found}
    if is_whole(connection, scope):
        return batches
    mine = set(connection.execute(places_inside(scope)).scalars())
    return {one: found for one, found in batches.items() if found[1] and mine.issuperset(found[1])}


def _places_under(connection: Connection, place_id: str) -> set[str]:
    return set(connection.execute(select(place_path.c.place).where(place_path.c.ancestor == place_id)).scalars())

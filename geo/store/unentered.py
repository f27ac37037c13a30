"""n 行未入册: which refused rows of imports a round lacks until they are repaired or dismissed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from geo.access import require_right
from geo.schema import import_batch, import_refused, place_path, round_
from geo.store.rounds import find_round

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geo.model import Round, Scope
    from geo.store.database import Database


def count_unentered(db: Database, scope: Scope, *, round_id: str) -> int:
    """Return n of “n 行未入册”: refused rows the round lacks, neither repaired nor dismissed."""
    require_right(scope, "view")
    with db.read() as connection:
        batches = lacking_batches(connection, find_round(connection, round_id))
        return connection.execute(
            select(func.count())
            .select_from(import_refused)
            .where(import_refused.c.batch.in_(batches), import_refused.c.status == "open")
        ).scalar_one()


def lacking_batches(connection: Connection, wanted: Round) -> list[str]:
    """Return the imports whose refused rows the round lacks.

    Those are its own, and earlier ones of villages in its scope: their rows could not be living there yet when the
    round took in who did. Imports that were undone are none.
    """
    made_at = select(round_.c.created_at).where(round_.c.id == wanted.id).scalar_subquery()
    inside = set(connection.execute(select(place_path.c.place).where(place_path.c.ancestor == wanted.scope)).scalars())
    found = connection.execute(
        select(import_batch.c.id, import_batch.c.round, import_batch.c.report).where(
            import_batch.c.undone_at.is_(None),
            import_batch.c.rows_bad > 0,
            or_(import_batch.c.round == wanted.id, import_batch.c.created_at <= made_at),
        )
    )
    return [
        row.id
        for row in found
        if row.round == wanted.id or not inside.isdisjoint(json.loads(row.report).get("villages", ()))
    ]

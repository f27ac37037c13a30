"""Whether a database is as it must be: the file is whole, the cells are the recompute, the log of acts is unbroken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from geo.access import require_right, require_whole
from geo.audit import verify_log
from geo.schema import coverage_day, place, round_
from geo.store.attachments import list_hashes
from geo.store.cells import differing_cells
from geo.store.files import is_whole
from geo.store.published import broken_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database

#: What is checked, in this order; a finding names its check.
CHECKS: Final = ("integrity", "foreign_keys", "cells", "figures", "photos", "audit")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the check that found it, and what it is about."""

    check: str
    detail: str


def check_database(db: Database, scope: Scope) -> list[Finding]:
    """Return what is wrong, in the order of `CHECKS`; an empty list when all is well. Nothing is repaired.

    A damaged file ends the checks with what SQLite says about it.
    """
    require_right(scope, "operate")
    try:
        with db.read() as connection:
            require_whole(connection, scope, "operate")
            return [
                *_check_file(connection),
                *_check_references(connection),
                *_check_cells(connection),
                *(Finding("figures", one) for one in broken_figures(connection)),
                *(Finding("photos", one[:12]) for one in list_hashes(connection) if not is_whole(db.path, one)),
                *_check_log(connection),
            ]
    except DatabaseError as error:
        return [Finding("integrity", str(error.orig))]


def _check_file(connection: Connection) -> Iterator[Finding]:
    for (answer,) in connection.execute(text("PRAGMA integrity_check")):
        if answer != "ok":
            yield Finding("integrity", str(answer))


def _check_references(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(text("PRAGMA foreign_key_check")):
        yield Finding("foreign_keys", f"{row[0]} {row[1] or ''} → {row[2]}")


def _check_cells(connection: Connection) -> Iterator[Finding]:
    """Cells that have not been made yet are no fault: their first use makes them."""
    built = select(round_.c.id, round_.c.name).join(coverage_day, coverage_day.c.round == round_.c.id)
    for round_id, name in connection.execute(built.order_by(round_.c.starts_on)).all():
        places = differing_cells(connection, round_id)
        codes = {row.id: row.code for row in connection.execute(select(place.c.id, place.c.code))} if places else {}
        for place_id in places:
            yield Finding("cells", f"{name} {codes.get(place_id, place_id)}")


def _check_log(connection: Connection) -> Iterator[Finding]:
    broken = verify_log(connection)
    if broken is not None:
        yield Finding("audit", str(broken))

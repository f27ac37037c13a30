"""The repair list: rows that a file could not bring in, kept with their reason until they are repaired or dismissed."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import NotFound
from geo.importer.findings import FIELDS
from geo.importer.report import mask_id
from geo.schema import import_batch, import_refused
from geo.store.rounds import find_round
from geo.store.unentered import lacking_batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, RowMapping

    from geo.importer.register import Row
    from geo.importer.report import ImportReport
    from geo.model import Scope
    from geo.store.database import Database


def store_refused(connection: Connection, report: ImportReport) -> None:
    """Keep the refused rows of a batch; an ID number is kept masked."""
    rows = [
        {
            "batch": report.batch, "row": one.row, "field": one.field, "code": one.code, "unit": report.sheet,
            "value": mask_id(one.value) if one.field == FIELDS["id_number"].header else one.value,
        }
        for one in report.rows_bad
    ]  # fmt: skip
    if rows:
        connection.execute(import_refused.insert(), rows)


def list_repaired(connection: Connection, report: ImportReport, leaves: set[str]) -> list[tuple[Row, str]]:
    """Return open rows of earlier versions of the file with what becomes of them.

    An earlier version has the same name and households in the same group (or ungrouped village): every village and
    every group may name its file the same.

    `repaired` where the row stays this time, `dismissed` where it is gone or refused again (then listed anew).
    """
    bad = {one.row for one in report.rows_bad}
    earlier = connection.exec_driver_sql(
        "SELECT r.*, b.report FROM import_refused r JOIN import_batch b ON b.id = r.batch"
        " WHERE b.file_name = ? AND b.undone_at IS NULL AND r.status = 'open' AND r.batch <> ?",
        (report.name, report.batch),
    ).mappings()
    return [
        (row, "dismissed" if row["row"] in bad or row["row"] > report.rows_total else "repaired")
        for row in map(dict, earlier)
        if leaves & set(json.loads(row.pop("report")).get("leaves", ()))
    ]  # fmt: skip


def list_refused(db: Database, scope: Scope, *, round_id: str | None = None) -> list[RowMapping]:
    """Return the open rows of the repair list, or those a round lacks (`store.unentered`), plus file_name."""
    require_right(scope, "import")
    wanted = (
        select(import_refused, import_batch.c.file_name)
        .join(import_batch, import_batch.c.id == import_refused.c.batch)
        .where(import_refused.c.status == "open", import_batch.c.undone_at.is_(None))
        .order_by(import_batch.c.seq, import_refused.c.row)
    )
    with db.read() as connection:
        require_whole(connection, scope)
        if round_id is not None:
            wanted = wanted.where(import_batch.c.id.in_(lacking_batches(connection, find_round(connection, round_id))))
        return list(connection.execute(wanted).mappings())


def dismiss_refused(db: Database, scope: Scope, *, batch: str, row: int) -> None:
    """Take a row off the repair list for good. Raises `NotFound` when it is not open."""
    require_right(scope, "import")
    with db.write() as connection:
        require_whole(connection, scope)
        done = connection.execute(
            import_refused.update()
            .where(
                import_refused.c.batch == batch, import_refused.c.row == row, import_refused.c.status == "open"
            )
            .values(status="dismissed")
        )  # fmt: skip
        if not done.rowcount:
            raise NotFound("import.no_refused", row=row)
        log_change(connection, scope, action="import.dismiss", object_id=batch, diff={"row": row})


def is_repeated(connection: Connection, digest: str, mapping: Mapping[Any, Any]) -> bool:
    """Say whether the very same file was imported before with its columns taken for the same, and not undone."""
    known = select(import_batch.c.mapping).where(import_batch.c.file_hash == digest, import_batch.c.undone_at.is_(None))
    return any(json.loads(one) == json.loads(json.dumps(mapping)) for one in connection.execute(known).scalars())


def was_imported_on(connection: Connection, digest: str) -> date | None:
    """Return the day the very same file was first imported (and not undone), if it was."""
    rows = connection.execute(
        select(import_batch.c.report)
        .where(import_batch.c.file_hash == digest, import_batch.c.undone_at.is_(None))
        .order_by(import_batch.c.seq)
    ).scalars()
    return next((date.fromisoformat(json.loads(report)["day"]) for report in rows), None)

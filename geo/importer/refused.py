"""The repair list: rows that a file could not bring in, kept with their reason until they are repaired or dismissed."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from geo.access import require_right
from geo.audit import log_change
from geo.errors import Invalid, NotAllowed, NotFound
from geo.importer.report import mask_findings
from geo.importer.together import split_cell
from geo.schema import import_batch, import_refused
from geo.store.rounds import visible_round
from geo.store.unentered import batches_within, lacking_batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from geo.importer.register import Row
    from geo.importer.report import ImportReport
    from geo.model import Scope
    from geo.store.database import Database


def store_refused(connection: Connection, report: ImportReport) -> None:
    """Keep the refused rows of a batch; an ID number is kept masked."""
    rows = [
        {
            "batch": report.batch, "row": one.row, "field": one.field, "code": one.code,
            "unit": split_cell(one.cell)[0] or report.sheet, "value": one.value,
        }
        for one in mask_findings(report.rows_bad, show_personal=False)
    ]  # fmt: skip
    if rows:
        connection.execute(import_refused.insert(), rows)


def list_repaired(connection: Connection, report: ImportReport, leaves: set[str]) -> list[tuple[Row, str]]:
    """Return open rows of earlier versions of the file with what becomes of them.

    An earlier version has the same name and households in the same group (or ungrouped village): every village and
    every group may name its file the same. Another sheet of the file is no earlier version.

    `repaired` where the row stays this time, `dismissed` where it is gone or refused again (then listed anew).
    """
    bad = {one.row for one in report.rows_bad}
    last = report.rows_total + len(report.left_out)
    earlier = connection.exec_driver_sql(
        "SELECT r.*, b.report, b.sheet FROM import_refused r JOIN import_batch b ON b.id = r.batch"
        " WHERE b.file_name = ? AND b.undone_at IS NULL AND r.status = 'open' AND r.batch <> ?",
        (report.name, report.batch),
    ).mappings()
    return [
        (row, "dismissed" if row["row"] in bad or row["row"] > last else "repaired")
        for row in map(dict, earlier)
        if row.pop("sheet") not in report.other_sheets and leaves & set(json.loads(row.pop("report")).get("leaves", ()))
    ]  # fmt: skip


def list_refused(db: Database, scope: Scope, *, round_id: str | None = None) -> list[dict[str, Any]]:
    """Return the open rows of the repair list, or those a round lacks (`store.unentered`), of the scope's imports.

    Columns of `import_refused`, plus file_name, day (of the import, ISO text) and cell (as the sheet names it; '').
    """
    require_right(scope, "import")
    with db.read() as connection:
        if round_id is None:
            batches = batches_within(connection, scope)
        else:
            batches = lacking_batches(connection, scope, visible_round(connection, scope, round_id))
        rows = connection.execute(
            select(import_refused, import_batch.c.file_name, import_batch.c.report)
            .join(import_batch, import_batch.c.id == import_refused.c.batch)
            .where(import_refused.c.status == "open", import_batch.c.id.in_(batches))
            .order_by(import_batch.c.seq, import_refused.c.row)
        ).mappings()
        return [_place_in_file(dict(row)) for row in rows]


def _place_in_file(row: dict[str, Any]) -> dict[str, Any]:
    report = json.loads(row.pop("report"))
    return row | {"day": report.get("day", ""), "cell": report.get("cells", {}).get(str(row["row"]), "")}


def dismiss_refused(db: Database, scope: Scope, *, batch: str, row: int, reason: str) -> None:
    """Take a row off the repair list for good and log why; the row itself stays on record.

    Raises `Invalid` without a reason, `NotFound` when it is not open, `NotAllowed` for an import of other villages.
    """
    require_right(scope, "import")
    if not reason.strip():
        raise Invalid("import.no_reason")
    with db.write() as connection:
        if batch not in batches_within(connection, scope):
            raise NotAllowed("err.right", action="area")
        done = connection.execute(
            import_refused.update()
            .where(
                import_refused.c.batch == batch, import_refused.c.row == row, import_refused.c.status == "open"
            )
            .values(status="dismissed")
        )  # fmt: skip
        if not done.rowcount:
            raise NotFound("import.no_refused", row=row)
        diff = {"row": row, "reason": reason.strip()}
        log_change(connection, scope, action="import.dismiss", object_id=batch, diff=diff)


def is_repeated(connection: Connection, digest: str, mapping: Mapping[Any, Any], *, sheet: str) -> bool:
    """Say whether the very same sheet of a file was imported before, its columns taken for the same, and not undone."""
    known = select(import_batch.c.mapping).where(
        import_batch.c.file_hash == digest, import_batch.c.sheet == sheet, import_batch.c.undone_at.is_(None)
    )
    return any(json.loads(one) == json.loads(json.dumps(mapping)) for one in connection.execute(known).scalars())


def was_imported_on(connection: Connection, digest: str) -> date | None:
    """Return the day the very same file was first imported (and not undone), if it was."""
    rows = connection.execute(
        select(import_batch.c.report)
        .where(import_batch.c.file_hash == digest, import_batch.c.undone_at.is_(None))
        .order_by(import_batch.c.seq)
    ).scalars()
    return next((date.fromisoformat(json.loads(report)["day"]) for report in rows), None)

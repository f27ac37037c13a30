"""The log of what was taken away: who exported what, under which filter, how many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.model import new_id
from geo.schema import export_log
from geo.store.database import now

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from geo.model import Scope
    from geo.store.database import Database


def log_export(db: Database, scope: Scope, *, what: str, filters: str, rows: int) -> str:
    """Record one export before it is handed over, in `export_log` and in the audit log; return the row's id.

    `what` is a code such as `gaps.xlsx`; `filters` the line that the file itself carries. Raises `NotAllowed`.
    """
    require_right(scope, "export")
    export_id = new_id()
    with db.write(counts=False) as connection:
        connection.execute(
            export_log.insert().values(id=export_id, at=now(), actor=scope.actor, what=what, filter=filters, rows=rows)
        )
        log_change(connection, scope, action="export", object_id=export_id, diff={"what": what, "rows": rows})
    return export_id


def list_exports(db: Database, scope: Scope) -> list[RowMapping]:
    """Return the exports, newest first, as mappings of `export_log` columns. Raises `NotAllowed`."""
    require_right(scope, "manage")
    with db.read() as connection:
        require_whole(connection, scope)
        return list(connection.execute(select(export_log).order_by(export_log.c.at.desc())).mappings())

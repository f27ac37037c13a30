"""What the map reads besides figures, homes and land: issues that belong to a unit itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from geo.access import require_right
from geo.issues import issue_status
from geo.schema import place_path
from geo.store.database import read_today
from geo.store.remember import Remembered, stamp_issues

if TYPE_CHECKING:
    from datetime import date

    from geo.model import Scope
    from geo.store.database import Database

_unit_issues: Final[Remembered[dict[str, int]]] = Remembered(8)


def count_unit_issues(db: Database, scope: Scope, *, as_of: date | None = None) -> dict[str, int]:
    """Return place id → open issues of group or village scope filed under it, for the units of the scope's area."""
    require_right(scope, "view")
    with db.read() as connection:
        day = as_of or read_today(connection)
        key = (stamp_issues(str(db.path), connection), str(db.path), scope.areas, day)
        known = _unit_issues.get(key)
        if known is not None:
            return known
        status = issue_status(day).subquery("status")
        below = place_path.alias("below")
        rows = connection.execute(
            select(place_path.c.ancestor, func.count())
            .join(status, status.c.place == place_path.c.place)
            .where(
                status.c.open == 1,
                status.c.scope != "household",
                place_path.c.ancestor.in_(select(below.c.place).where(below.c.ancestor.in_(scope.areas))),
            )
            .group_by(place_path.c.ancestor)
        )
        counts = {row[0]: int(row[1]) for row in rows}
        _unit_issues.put(key, counts)
        return counts

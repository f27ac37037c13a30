"""What the map reads besides figures, homes and land: issues that belong to a unit itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.access import require_right
from geo.schema import place_path
from geo.store.database import read_today
from geo.store.issue_status import read_status
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
        if known is None:
            rows = read_status(db, day)
            filed = rows.loc[(rows["open"] == 1) & (rows["scope"] != "household"), "place"].value_counts().to_dict()
            below = place_path.alias("below")
            inside = select(below.c.place).where(below.c.ancestor.in_(scope.areas))
            paths = select(place_path.c.place, place_path.c.ancestor).where(place_path.c.ancestor.in_(inside))
            known = {}
            for place, ancestor in connection.execute(paths):
                if place in filed:
                    known[ancestor] = known.get(ancestor, 0) + int(filed[place])
            _unit_issues.put(key, known)
        return known

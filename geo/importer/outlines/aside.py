"""Features that were kept aside: which they are, from which file, until their outline or centre is some unit's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import shapely
from sqlalchemy import exists, select, true

from geo.access import is_whole, require_right
from geo.i18n import text
from geo.schema import area_aside, import_batch, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.model import Scope
    from geo.store.database import Database

#: Units that a feature is said to be like.
_NAMED: Final = 3


def list_aside(db: Database, scope: Scope) -> list[dict[str, Any]]:
    """Return the features kept aside that still belong to nobody: label, row, file_name, day (of the import).

    A feature whose very outline or centre a unit has by now was brought home by a later file, and is not listed. Who
    works in a part of the district sees those of own imports: nobody can say where the others lie.
    """
    require_right(scope, "import")
    with db.read() as connection:
        mine = true() if is_whole(connection, scope) else import_batch.c.created_by == scope.actor
        has_owner = exists().where(place.c.boundary == area_aside.c.shape)
        rows = connection.execute(
            select(area_aside, import_batch.c.file_name, import_batch.c.report)
            .join(import_batch, import_batch.c.id == area_aside.c.batch)
            .where(import_batch.c.undone_at.is_(None), mine, ~has_owner)
            .order_by(import_batch.c.seq, area_aside.c.row)
        ).mappings()
        located = select(place.c.lon, place.c.lat).where(place.c.lon.is_not(None))
        centres = {(lon, lat) for lon, lat in connection.execute(located)}
        return [
            {
                "label": row["label"], "row": row["row"], "file_name": row["file_name"],
                "day": json.loads(row["report"]).get("day", ""),
            }
            for row in rows
            if _centre(row["shape"]) not in centres
        ]  # fmt: skip


def say_nearest(names: Sequence[str]) -> str:
    """Return the sentence on which units a feature's name is most like; '' where none is."""
    return text("areas.nearest", names=text("list.comma").join(names[:_NAMED])) if names else ""


def _centre(shape: bytes | None) -> tuple[float, float] | None:
    point = None if shape is None else shapely.from_wkb(shape)
    return (round(point.x, 7), round(point.y, 7)) if point is not None and point.geom_type == "Point" else None

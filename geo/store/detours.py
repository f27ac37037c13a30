"""The detour of each township (绕行系数): how much longer its ways are than the straight line; a setting."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.access import require_area, require_right
from geo.audit import log_change
from geo.errors import Invalid
from geo.schema import setting
from geo.store.database import write_setting

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database

_KEY: Final = "detour:"
_MOST: Final = 10.0


def read_detours(db: Database) -> dict[str, float]:
    """Return the detours that were set, by township id."""
    with db.read() as connection:
        rows = connection.execute(select(setting.c.key, setting.c.value).where(setting.c.key.startswith(_KEY))).all()
    return {row.key.removeprefix(_KEY): float(row.value) for row in rows}


def set_detour(db: Database, scope: Scope, *, place_id: str, detour: float) -> None:
    """Set the detour of a township. Raises `Invalid` for one below 1, at which ways are shorter than straight."""
    require_right(scope, "assign")
    if not (isfinite(detour) and 1 <= detour <= _MOST):
        raise Invalid("plan.pace")
    with db.write() as connection:
        require_area(connection, scope, place_id)
        write_setting(connection, f"{_KEY}{place_id}", f"{detour:g}")
        log_change(connection, scope, action="plan.detour", object_id=place_id, diff={"detour": detour})

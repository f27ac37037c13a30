"""What plans of a place go by (计划的设置): kept under the place, in the keys of a file of teams (docs/teams-file.md).

A place goes by what is kept for it, and else by what is kept for the place above it. The detour belongs to townships.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import require_area, require_right
from geo.audit import log_change
from geo.schema import place, place_path, setting
from geo.store.database import write_setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Scope
    from geo.store.database import Database

_KEY: Final = "plan:"


def read_plan_settings(db: Database) -> dict[str, dict[str, Any]]:
    """Return what is kept for places themselves, by place id."""
    with db.read() as connection:
        rows = connection.execute(select(setting.c.key, setting.c.value).where(setting.c.key.startswith(_KEY))).all()
    return {row.key.removeprefix(_KEY): dict(json.loads(row.value)) for row in rows}


def read_layered(db: Database, changes: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, dict[str, Any]]:
    """Return what holds for each place with something of its own, by unit code: with what is kept above it beneath.

    `changes`: what is to be kept for places (by id) soon, instead of what is kept.
    """
    kept = {one: dict(values) for one, values in {**read_plan_settings(db), **(changes or {})}.items() if values}
    with db.read() as connection:
        rows = connection.execute(
            select(place.c.code, place_path.c.ancestor)
            .join(place, place.c.id == place_path.c.place)
            .where(place_path.c.place.in_(kept), place_path.c.ancestor.in_(kept))
            .order_by(place_path.c.depth.desc())
        ).all()
    layered: dict[str, dict[str, Any]] = {}
    for row in rows:
        layered[row.code] = {**layered.get(row.code, {}), **kept[row.ancestor]}
    return layered


def keep_plan_settings(db: Database, scope: Scope, *, said: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep what holds for places (by id) from now on, in the place of what was kept; empty forgets it.

    The values are plain JSON in the keys of a file of teams. Who calls has read them by `planning.make_setup`.
    Raises `NotAllowed`.
    """
    require_right(scope, "assign")
    known = read_plan_settings(db)
    changed = {one: dict(values) for one, values in said.items() if dict(values) != known.get(one, {})}
    if not changed:
        return
    with db.write() as connection:
        for place_id, values in changed.items():
            require_area(connection, scope, place_id)
            if values:
                write_setting(connection, f"{_KEY}{place_id}", json.dumps(values, ensure_ascii=False, sort_keys=True))
            else:
                connection.execute(setting.delete().where(setting.c.key == f"{_KEY}{place_id}"))
            log_change(connection, scope, action="plan.settings", object_id=place_id, diff={"keys": sorted(values)})

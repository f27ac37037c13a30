"""Forms that are not saved yet, each of one browser: a reload or a restart of the server loses nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from geo.access import require_right
from geo.schema import draft
from geo.store.database import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Scope
    from geo.store.database import Database


def keep_draft(db: Database, scope: Scope, *, about: str, content: Mapping[str, Any]) -> None:
    """Keep what a form of the scope's browser holds now (plain JSON values); what it held before is replaced.

    It changes nothing that is shown to others, so the revision stays.
    """
    require_right(scope, "record_visit")
    said = json.dumps(dict(content), ensure_ascii=False, sort_keys=True)
    mine = and_(draft.c.owner == scope.owner, draft.c.object == about)
    with db.read() as connection:
        if connection.execute(select(draft.c.content).where(mine)).scalar() == said:
            return
    with db.write(counts=False) as connection:
        if not connection.execute(draft.update().where(mine).values(content=said, at=now())).rowcount:
            connection.execute(draft.insert().values(owner=scope.owner, object=about, content=said, at=now()))


def find_draft(db: Database, scope: Scope, *, about: str) -> dict[str, Any] | None:
    """Return what a form of the scope's browser held, if it was not saved or dropped."""
    require_right(scope, "record_visit")
    with db.read() as connection:
        mine = and_(draft.c.owner == scope.owner, draft.c.object == about)
        said = connection.execute(select(draft.c.content).where(mine)).scalar()
    return None if said is None else dict(json.loads(said))


def list_drafts(db: Database, scope: Scope, *, about: str) -> dict[str, dict[str, Any]]:
    """Return what forms of the scope's browser held whose name begins with `about`, by the rest of the name."""
    require_right(scope, "record_visit")
    mine = and_(draft.c.owner == scope.owner, draft.c.object.startswith(about, autoescape=True))
    with db.read() as connection:
        rows = connection.execute(select(draft.c.object, draft.c.content).where(mine).order_by(draft.c.object)).all()
    return {row.object.removeprefix(about): dict(json.loads(row.content)) for row in rows}


def drop_draft(db: Database, scope: Scope, *, about: str) -> None:
    """Forget a form that was saved or given up."""
    require_right(scope, "record_visit")
    mine = and_(draft.c.owner == scope.owner, draft.c.object == about)
    with db.read() as connection:
        if connection.execute(select(draft.c.at).where(mine)).first() is None:
            return
    with db.write(counts=False) as connection:
        connection.execute(draft.delete().where(mine))

"""Reading and verifying the log of acts, and acts that are no change: a refusal, the view of a person's record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import require_right, require_whole
from geo.audit import LogState, actions_of, inspect_log, kind_of, log_change, named_actions
from geo.schema import audit_log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Select

    from geo.model import Scope
    from geo.store.database import Database

#: Rows of the log that are read where no number is given.
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of the log: an empty field takes all. Days are ISO days in UTC, both inclusive."""

    kind: str = ""
    action: str = ""
    actor: str = ""
    about: str = ""
    since: str = ""
    until: str = ""


def log_act(
    db: Database, scope: Scope, *, action: str, object_id: str, diff: Mapping[str, object] | None = None
) -> None:
    """Log an act that changes nothing: a refusal, a view. Asks for no right; the figures' revision stays."""
    with db.write(counts=False) as connection:
        log_change(connection, scope, action=action, object_id=object_id, diff=diff)


def verify_audit(db: Database, scope: Scope, *, anchor: str = "") -> LogState:
    """Return what the log is like and what is wrong with it first; `anchor` is a head noted earlier (`SEQ:HASH`).

    Raises `NotAllowed`.
    """
    require_right(scope, "audit")
    with db.read() as connection:
        require_whole(connection, scope, "audit")
        return inspect_log(connection, anchor=anchor)


def list_acts(db: Database, scope: Scope, *, wanted: Wanted, limit: int | None = SHOWN) -> list[dict[str, Any]]:
    """Return rows of the log, newest first: seq, at, actor, kind, action, object, diff (JSON text), hash.

    Raises `NotAllowed`.
    """
    require_right(scope, "audit")
    with db.read() as connection:
        require_whole(connection, scope, "audit")
        return _read(connection, wanted, limit)


def take_acts(db: Database, scope: Scope, *, wanted: Wanted) -> list[dict[str, Any]]:
    """Return all rows of the log that are wanted, newest first, to be taken away: that itself is logged first."""
    require_right(scope, "audit")
    with db.write(counts=False) as connection:
        require_whole(connection, scope, "audit")
        rows = _read(connection, wanted, None)
        log_change(connection, scope, action="audit.export", object_id="audit_log", diff={"rows": len(rows)})
        return rows


def _read(connection: Connection, wanted: Wanted, limit: int | None) -> list[dict[str, Any]]:
    found = _choose(wanted).order_by(audit_log.c.seq.desc()).limit(limit)
    return [
        {**{name: row[name] for name in ("seq", "at", "actor")}, "kind": kind_of(row["action"]),
         **{name: row[name] for name in ("action", "object", "diff", "hash")}}
        for row in connection.execute(found).mappings()
    ]  # fmt: skip


def _choose(wanted: Wanted) -> Select[Any]:
    found = select(audit_log)
    if wanted.kind == "change":
        found = found.where(audit_log.c.action.not_in(named_actions()) | audit_log.c.action.in_(actions_of("change")))
    elif wanted.kind:
        found = found.where(audit_log.c.action.in_(actions_of(wanted.kind)))
    for column, value in ((audit_log.c.action, wanted.action), (audit_log.c.actor, wanted.actor)):
        found = found.where(column == value) if value else found
    if wanted.about:
        found = found.where(audit_log.c.object == wanted.about)
    if wanted.since:
        found = found.where(audit_log.c.at >= wanted.since)
    if wanted.until:
        found = found.where(audit_log.c.at < f"{wanted.until}~")
    return found

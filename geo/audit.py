"""The log of who did what: append-only, each row carries the hash of the one before, in the transaction of the act."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.prepared import Prepared
from geo.schema import audit_log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from geo.model import Scope


#: Built once: every write runs them.
_LAST = Prepared(select(audit_log.c.seq, audit_log.c.hash).order_by(audit_log.c.seq.desc()).limit(1))
_APPEND = Prepared(audit_log.insert(), columns=audit_log.c.keys())


def log_change(
    connection: Connection, scope: Scope, *, action: str, object_id: str, diff: Mapping[str, object] | None = None
) -> None:
    """Append one row: who did what to which object, and what changed (plain JSON values, no personal data)."""
    seq, previous = _LAST.first(connection, {}) or (0, "")
    row = {
        "seq": seq + 1,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "actor": scope.actor,
        "action": action,
        "object": object_id,
        "diff": json.dumps(dict(diff or {}), ensure_ascii=False, sort_keys=True, default=str),
        "prev_hash": previous,
    }
    _APPEND.write(connection, {**row, "hash": _hash(row)})


def verify_log(connection: Connection) -> int | None:
    """Return the seq of the first row whose hash does not follow from the one before; None when all do."""
    previous = ""
    for row in connection.execute(select(audit_log).order_by(audit_log.c.seq)).mappings():
        fields = {name: value for name, value in row.items() if name != "hash"}
        if row["prev_hash"] != previous or row["hash"] != _hash(fields):
            return int(row["seq"])
        previous = str(row["hash"])
    return None


def _hash(row: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(dict(row), ensure_ascii=False, sort_keys=True).encode()).hexdigest()

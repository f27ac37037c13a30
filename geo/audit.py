"""The log of who did what: append-only, each row carries the hash of the one before, in the transaction of the act.

The head (seq and hash of the last row) stands in the settings besides, so that a log cut off at its end is found. A
head kept elsewhere also tells a log that was written anew as a whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from geo.idnumbers import hide_id_numbers
from geo.prepared import Prepared
from geo.schema import audit_log, setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from geo.model import Scope

#: Kinds of acts; what no row of `_KINDS` names is a change.
KINDS: Final = ("login", "refusal", "view", "reveal", "change", "import", "export", "deletion", "admin")
_KINDS: Final[Mapping[str, str]] = {
    "login": "login",
    "logout": "login",
    "login_refused": "refusal",
    "refusal": "refusal",
    "view": "view",
    "reveal": "reveal",
    "import": "import",
    "import.undo": "import",
    "import.mapping": "import",
    "import.dismiss": "import",
    "export": "export",
    "audit.export": "export",
    "edition.load": "import",
    "photo.remove": "deletion",
    "matter.remove": "deletion",
    "zone.remove": "deletion",
    "restore": "admin",
    "erase": "deletion",
    "erase.programme": "deletion",
    "backup": "admin",
    "basemap.set": "admin",
    "list.write": "admin",
    "rule.write": "admin",
    "category.write": "admin",
    "person.add": "admin",
    "change_password": "admin",
    "enrol_codes": "admin",
    "create_account": "admin",
    "disable_account": "admin",
    "enable_account": "admin",
    "reset_account": "admin",
    "move_account": "admin",
    "grant_exports": "admin",
    "revoke_session": "admin",
}
#: The setting that holds `SEQ:HASH` of the last row.
HEAD: Final = "audit_head"
#: What may be wrong with a log: a row's content, a row missing or in the wrong place, its end, the head kept elsewhere,
#: a trigger that refuses changes taken off.
FAULTS: Final = ("changed", "missing", "cut", "anchor", "unguarded")
_GUARDS: Final = ("audit_log_append_only", "audit_log_kept")

#: Built once: every write runs them.
_HEAD_NOW = Prepared(select(setting.c.value).where(setting.c.key == HEAD))
_LAST = Prepared(select(audit_log.c.seq, audit_log.c.hash).order_by(audit_log.c.seq.desc()).limit(1))
_APPEND = Prepared(audit_log.insert(), columns=audit_log.c.keys())
_MOVE_HEAD = Prepared(setting.update().where(setting.c.key == HEAD), columns=["value"])


@dataclass(frozen=True, slots=True)
class LogState:
    """What a log is like: its rows, first and last moment, its head (`SEQ:HASH`), and the first fault with its seq."""

    rows: int
    first_at: str
    last_at: str
    head: str
    fault: str = ""
    seq: int | None = None


def kind_of(action: str) -> str:
    """Return which of `KINDS` an action is."""
    return _KINDS.get(action, "change")


def actions_of(kind: str) -> tuple[str, ...]:
    """Return the actions named for a kind; of `change` those are all that no other kind names."""
    return tuple(action for action, one in _KINDS.items() if one == kind)


def named_actions() -> tuple[str, ...]:
    """Return every action that is not a plain change."""
    return tuple(_KINDS)


def log_change(
    connection: Connection, scope: Scope, *, action: str, object_id: str, diff: Mapping[str, object] | None = None
) -> None:
    """Append one row: who did what to which object, and what changed (plain JSON values, no personal data)."""
    seq, previous = read_head(connection)
    row = {
        "seq": seq + 1,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "actor": scope.actor,
        "action": action,
        "object": object_id,
        "diff": hide_id_numbers(json.dumps(dict(diff or {}), ensure_ascii=False, sort_keys=True, default=str)),
        "prev_hash": previous,
    }
    digest = _hash(row)
    _APPEND.write(connection, {**row, "hash": digest})
    value = f"{seq + 1}:{digest}"
    if not _MOVE_HEAD.write(connection, {"value": value}):
        connection.execute(setting.insert().values(key=HEAD, value=value))


def read_head(connection: Connection) -> tuple[int, str]:
    """Return seq and hash of the last row that was written; 0 and '' for an empty log.

    The next row follows the head, not the last row that is there: one cut off leaves a gap for ever.
    """
    head = _HEAD_NOW.value(connection, {})
    if head:
        seq, _, digest = str(head).partition(":")
        return int(seq), digest
    last = _LAST.first(connection, {})
    return (0, "") if last is None else (int(last[0]), str(last[1]))


def verify_log(connection: Connection) -> int | None:
    """Return the seq of the first row that does not follow from the one before; None when all do."""
    return inspect_log(connection).seq


def inspect_log(connection: Connection, *, anchor: str = "") -> LogState:
    """Read the whole log and say what it is like, and what is wrong first, if anything (`FAULTS`).

    `anchor` is a head (`SEQ:HASH`) noted earlier: the row must still be there with this hash.
    """
    last, digest, fault, seen = _follow(connection, anchor.partition(":")[0])
    head = _HEAD_NOW.value(connection, {})
    found: tuple[str, int | None] = ("", None)
    if fault is not None:
        found = fault
    elif head is not None and head != f"{last}:{digest}":
        found = ("cut", last + 1)
    elif anchor and seen != anchor:
        found = ("anchor", None)
    elif not _is_guarded(connection):
        found = ("unguarded", None)
    count, first_at, last_at = connection.execute(
        select(func.count(), func.min(audit_log.c.at), func.max(audit_log.c.at)).select_from(audit_log)
    ).one()
    return LogState(count, first_at or "", last_at or "", f"{last}:{digest}", *found)


def _follow(connection: Connection, wanted: str) -> tuple[int, str, tuple[str, int] | None, str]:
    """Return seq and hash of the last row that follows, the fault of the next, and `SEQ:HASH` of the wanted row."""
    previous, seq, seen = "", 0, ""
    rows = connection.execute(select(audit_log).order_by(audit_log.c.seq)).mappings()
    for row in rows:
        fields = {name: value for name, value in row.items() if name != "hash"}
        if row["seq"] != seq + 1 or row["prev_hash"] != previous:
            rows.close()
            return seq, previous, ("missing", int(row["seq"])), seen
        if row["hash"] != _hash(fields):
            rows.close()
            return seq, previous, ("changed", int(row["seq"])), seen
        previous, seq = str(row["hash"]), int(row["seq"])
        seen = f"{seq}:{previous}" if str(seq) == wanted else seen
    return seq, previous, None, seen


def _is_guarded(connection: Connection) -> bool:
    """Say whether the triggers that refuse to change and to delete rows are there."""
    if connection.dialect.name != "sqlite":  # pragma: no cover - only SQLite is built for now
        return True
    held = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'"
    )
    return set(_GUARDS) <= set(held.scalars())


def _hash(row: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(dict(row), ensure_ascii=False, sort_keys=True).encode()).hexdigest()

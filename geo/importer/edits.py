"""Which facts of households people changed by hand since a file last wrote them: those are newer than an older export.

The log of acts tells who changed which fact and when, the journal of imports when a file wrote it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

#: Acts of people on a household, as `store.households` logs them.
_ACTS: Final = ("household.add", "household.edit", "household.move", "household.point", "household.tags")
#: What stands for every fact of a household that was added by hand.
_ALL: Final = "*"
_PART: Final = 10_000


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changed a fact by hand and when (UTC); `added` means the household itself was entered by hand."""

    who: str
    at: str
    added: bool = False


class Edits:
    """The changes by hand of some households that no file has overwritten since."""

    def __init__(self, connection: Connection, households: Collection[str]) -> None:
        """Read the log and the journal for the households."""
        self._edits: dict[tuple[str, str], Edit] = {}
        self._written: dict[tuple[str, str], str] = {}
        if households:
            self._read_log(connection, set(households))
        if self._edits:
            self._read_journal(connection, {home for home, _ in self._edits})

    def find(self, household: str, columns: Iterable[str]) -> Edit | None:
        """Return the change by hand of a fact, given its columns of `household` (`tag:KIND` for an ended tag)."""
        for name in (*columns, _ALL):
            edit = self._edits.get((household, name))
            if edit is not None and edit.at > max(self._written.get((household, one), "") for one in columns):
                return edit
        return None

    def _read_log(self, connection: Connection, households: set[str]) -> None:
        marks = ", ".join("?" * len(_ACTS))
        acts = connection.exec_driver_sql(
            f"SELECT action, object, actor, at, diff FROM audit_log WHERE action IN ({marks}) ORDER BY seq", _ACTS
        )
        for action, home, actor, at, said in acts:
            if home not in households:
                continue
            diff = json.loads(said)
            if action == "household.tags":
                for kind in diff.get("ended", ()):
                    self._edits[home, f"tag:{kind}"] = Edit(actor, at)
                for kind in diff.get("added", ()):
                    self._edits.pop((home, f"tag:{kind}"), None)
            elif action == "household.add":
                self._edits[home, _ALL] = Edit(actor, at, added=True)
            else:
                self._edits.update({(home, name): Edit(actor, at) for name in diff})

    def _read_journal(self, connection: Connection, households: set[str]) -> None:
        wanted = sorted(households)
        for start in range(0, len(wanted), _PART):
            part = wanted[start : start + _PART]
            rows = connection.exec_driver_sql(
                "SELECT r.row_id, r.before, b.created_at FROM import_row r JOIN import_batch b ON b.id = r.batch"
                " WHERE r.table_name = 'household' AND r.before IS NOT NULL"
                f" AND r.row_id IN ({', '.join('?' * len(part))})",
                tuple(part),
            )
            for home, before, at in rows:
                for name in json.loads(before):
                    self._written[home, name] = max(at, self._written.get((home, name), ""))

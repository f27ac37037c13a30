"""The log of acts as CSV: UTF-8 with BOM, one row an act with its hash, nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from geo.i18n import text
from geo.signs import defuse, hold_no_zero

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo.audit import LogState

#: Columns of a row of the log, in their order.
ACT_FIELDS: Final = ("seq", "at", "actor", "kind", "action", "object", "diff", "hash")


def write_acts(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows of `store.auditlog.list_acts` as CSV."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(text(f"act.{name}") for name in ACT_FIELDS)
    for row in rows:
        writer.writerow(_held(row[name]) for name in ACT_FIELDS)
    out.flush()
    return raw.getvalue()


def say_state(found: LogState) -> str:
    """Return the one sentence about a log: whole, or what is wrong first."""
    if found.fault:
        return text(f"audit.fault.{found.fault}", seq=found.seq)
    days = {"first": found.first_at or "—", "last": found.last_at or "—"}
    return text("audit.whole", n=found.rows, head=found.head, **days)


def _held(value: object) -> object:
    return defuse(hold_no_zero(value)) if isinstance(value, str) else value

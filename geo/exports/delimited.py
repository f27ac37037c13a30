"""Lists as CSV: UTF-8 with BOM, the line about the file first, then head and rows; nothing a spreadsheet would run.

A text that begins like a formula has an apostrophe before it (`signs.defuse`), which the importer takes away again.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from geo.signs import defuse, hold_no_zero

if TYPE_CHECKING:
    from geo.exports.head import ExportHead
    from geo.exports.table import Table


def write_csv(table: Table, head: ExportHead) -> bytes:
    """Return the list as CSV."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([defuse(f"{head.title} · {head.line(len(table))}")])
    writer.writerow(column.header for column in table.columns)
    for part in table.read_parts():
        writer.writerows(zip(*(map(_held, values) for values in part), strict=True))
    out.flush()
    return raw.getvalue()


def _held(value: object) -> object:
    if not isinstance(value, str):
        return value
    return defuse(hold_no_zero(value) if "\0" in value else value)

"""Lists as CSV: UTF-8 with BOM, the line about the file first, then head and rows; nothing a spreadsheet would run.

A text that begins like a formula has an apostrophe before it; so has one that begins with apostrophes and then like a
formula, so that taking one away always gives the text back (`geo.importer` does).
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from geo.signs import hold_no_zero

if TYPE_CHECKING:
    from geo.exports.head import ExportHead
    from geo.exports.table import Table

#: What a spreadsheet may take for a formula, behind blanks too; U+FF1D and its neighbours are full-width signs.
_FORMULA_START: Final = re.compile(r"^'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def write_csv(table: Table, head: ExportHead) -> bytes:
    """Return the list as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_defuse(f"{head.title} · {head.line(len(table))}")])
    writer.writerow(column.header for column in table.columns)
    for part in table.read_parts():
        writer.writerows(zip(*(map(_defuse, values) for values in part), strict=True))
    return out.getvalue().encode("utf-8-sig", errors="replace")


def _defuse(value: object) -> object:
    """Return the value; a text that a spreadsheet might run with an apostrophe before it, NUL as its picture."""
    if not isinstance(value, str):
        return value
    if "\0" in value:
        value = hold_no_zero(value)
    return f"'{value}" if _FORMULA_START.search(value) else value

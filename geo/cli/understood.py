"""`import --understood`: every accepted row as it was understood, as a CSV file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from geo.importer.asread import AsRead, mask_row
from geo.signs import defuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.importer import ImportReport


def write_understood(path: Path, reports: Sequence[ImportReport], *, show_personal: bool) -> None:
    """Write the rows of all reports under one header: UTF-8 with BOM; names and phones masked unless shown.

    Text that a spreadsheet would run has a leading apostrophe; numbers stand as they are.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(AsRead._fields)
    for report in reports:
        for one in report.as_read:
            shown = one if show_personal else mask_row(one)
            writer.writerow([defuse(value) if isinstance(value, str) else value for value in shown])
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")

"""The one transaction of an import, taken back when it is only a trial or changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geo.errors import Invalid
from geo.importer.saying import conclude
from geo.store.database import read_setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geo.importer.report import ImportReport
    from geo.store.database import Database


class _TakenBackError(Exception):
    """Takes the transaction back: only an exception does."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


def carry_out(db: Database, write: Callable[[Connection], ImportReport], *, store: bool) -> ImportReport:
    """Plan and write on the locked database, and say how it ended; `write` is told to by its connection alone.

    Raises `Invalid` where demo data would be changed, and what `write` raises.
    """
    try:
        with db.write(much=True) as connection:
            if store and read_setting(connection, "kind") == "demo":
                raise Invalid("import.demo")
            report = write(connection)
            if not (store and report.changed):
                raise _TakenBackError(report)  # noqa: TRY301 - only an exception takes a transaction back
            report = replace(report, stored=True)
    except _TakenBackError as taken_back:
        report = replace(taken_back.report, batch="")
    return replace(report, message=conclude(report))

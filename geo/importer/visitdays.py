"""The days of a file: what each row says, what may be read in several ways, and visits and days that lack the other."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

from geo.days import ORDERS, find_orders, lacks_year
from geo.importer.findings import FIELDS, Finding, Option
from geo.importer.meanings import SKIP
from geo.validate import is_blank, parse_day, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from geo.importer.findings import Ledger
    from geo.importer.understand import Background
    from geo.validate import Cell

_SHOWN: Final = 200


def read_days(
    ledger: Ledger, cells: Sequence[Cell], visits: Sequence[tuple[str, str] | None], background: Background
) -> tuple[list[date | None], list[date | None]]:
    """Return the day each row says itself, and the visit's: one without takes the file's, else it is not made.

    Days with several readings (3/5/2019, 03-05-19) are asked about once for the column: `date_order` = ymd, dmy, mdy,
    or skip (their visits are not made). Days without a year take that of `date_year`, if it is answered.
    """
    read = _read_all(ledger, cells, background)
    own: list[date | None] = []
    days: list[date | None] = []
    for nth, (cell, visit) in enumerate(zip(cells, visits, strict=True)):
        day, code = read[cell]
        own.append(day)
        if code:
            ledger.warn(code, nth, "visited_on", to_text(cell)[:_SHOWN])
        elif day is None and visit is not None:
            day = background.visit_date
            if day is None:
                ledger.warn("W_DATE_MISSING", nth, "visited_on", "")
                ledger.ask("visit_date", nth, "visited_on", "", blocking=False, code="W_DATE_MISSING")
        days.append(day)
    return own, days


def _read_all(ledger: Ledger, cells: Sequence[Cell], background: Background) -> dict[Cell, tuple[date | None, str]]:
    """Return what each distinct cell says, with the answers taken in and open questions asked."""
    order, year = background.answers.get("date_order", ""), background.answers.get("date_year", "")
    chosen: dict[str, Any] = {
        "order": order if order in ORDERS else "", "year": int(year) if year.isdecimal() else None
    }  # fmt: skip
    read = {cell: parse_day(cell, background.today, **chosen) for cell in dict.fromkeys(cells)}
    unclear = {cell: _plain(cell) for cell, (_, code) in read.items() if code == "W_DATE_AMBIGUOUS"}
    if unclear:
        this_year = background.today.year
        several = {cell: readings for cell, text in unclear.items()
                   if (readings := find_orders(text, this_year=this_year))}  # fmt: skip
        yearless = {cell for cell, text in unclear.items() if lacks_year(text, this_year=this_year)}
        if several and order != SKIP:
            _ask_order(ledger, cells, read, several, this_year)
        if yearless:
            _ask_year(ledger, cells, read, yearless, this_year)
    return read


def _plain(cell: Cell) -> str:
    return unicodedata.normalize("NFKC", to_text(cell)).strip()


def _ask_order(
    ledger: Ledger, cells: Sequence[Cell], read: dict[Cell, tuple[date | None, str]],
    several: dict[Cell, dict[str, date]], this_year: int,
) -> None:  # fmt: skip
    """Ask in which order the days of the column are meant; a day of it that has one reading speaks for its order."""
    fitting = [order for order in ORDERS if all(order in readings for readings in several.values())]
    offered = fitting or [order for order in ORDERS if any(order in readings for readings in several.values())]
    certain = {
        tuple(find_orders(_plain(cell), this_year=this_year))
        for cell, (day, _) in read.items()
        if day is not None and isinstance(cell, str)
    }
    spoken = [order for order in offered if (order,) in certain]
    options = tuple(Option(one, one) for one in (*offered, SKIP))
    for nth, cell in enumerate(cells):
        if cell in several:
            ledger.ask(
                "date_order", nth, "visited_on", "", options=options,
                suggestion=spoken[0] if len(spoken) == 1 else "", code="W_DATE_AMBIGUOUS",
            )  # fmt: skip


def _ask_year(
    ledger: Ledger, cells: Sequence[Cell], read: dict[Cell, tuple[date | None, str]], yearless: set[Cell],
    this_year: int,
) -> None:  # fmt: skip
    years = {day.year for day, _ in read.values() if day is not None} | {this_year, this_year - 1}
    options = tuple(Option(str(year), str(year)) for year in sorted(years, reverse=True))
    for nth, cell in enumerate(cells):
        if cell in yearless:
            ledger.ask(
                "date_year", nth, "visited_on", "", options=(*options, Option(SKIP, SKIP)), blocking=False,
                code="W_DATE_AMBIGUOUS",
            )  # fmt: skip


def list_dates_only(ledger: Ledger, days: Sequence[date | None], outcomes: Sequence[Cell], *, has_column: bool) -> None:
    """List days that no outcome goes with: no visit is made of them. Without the column once, else cell by cell."""
    blank = {cell for cell in set(outcomes) if is_blank(to_text(cell))}
    bare = [nth for nth, day in enumerate(days) if day is not None and outcomes[nth] in blank]
    if has_column:
        for nth in bare:
            ledger.warn("W_OUTCOME_MISSING", nth, "outcome", str(days[nth]))
    elif bare:
        ledger.findings.append(Finding("W_OUTCOME_MISSING", field=FIELDS["outcome"].header))
        for nth in bare:
            ledger.ask("dates_only", nth, "visited_on", "", blocking=False, code="W_OUTCOME_MISSING")

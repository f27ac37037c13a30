"""Rows that carry the product's own key (行键): forms that were made here and come back filled in.

The key alone tells the household: what stands beside it was printed to be read, and is neither looked at nor taken.
Where it differs from the register, somebody changed what was not to be changed, and it is listed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.importer.findings import FIELDS, Finding, column_letter
from geo.importer.headers import Column
from geo.mask import mask_name
from geo.schema import household, place
from geo.units import parse_group
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geo.importer.headers import Header
    from geo.importer.sheets import Sheet
    from geo.validate import Cell

#: Columns that tell the household where there is no key; the key fills them in.
_TELLING: Final = ("village_code", "group", "code")
#: Columns that are printed for the reader: not taken from a row with a key.
_PRINTED: Final = ("district", "township", "village", "head_name", "id_number", "size", "phone", "household_class",
                   "tags", "lon", "lat")  # fmt: skip
_COMPARED: Final = ("code", "head_name", "group")
_PART: Final = 500


@dataclass(frozen=True, slots=True)
class _Home:
    """What the register says of a household that a key names."""

    village_code: str
    group: str
    code: str
    head_name: str


def resolve_keys(connection: Connection, sheet: Sheet, header: Header) -> tuple[Sheet, Header]:
    """Return the sheet with the household of every known key filled in, and the header that goes with it.

    Without a key column both come back as they are. A key that nobody knows leaves its row to the other columns.
    """
    at = header.index_of("row_key")
    if at is None:
        return sheet, header
    below = range(header.row + 1, len(sheet.rows))
    keys = {nth: to_text(_cell(sheet.rows[nth], at)).strip() for nth in below}
    homes = _read_homes(connection, sorted({key for key in keys.values() if key}))
    header = _with_columns(header)
    rows = list(sheet.rows)
    findings: list[Finding] = []
    for nth, key in keys.items():
        row = rows[nth] + [None] * (len(header.columns) - len(rows[nth]))
        rows[nth] = row
        if (home := homes.get(key)) is not None:
            findings += _list_changed(row, header, home, nth)
            _fill_in(row, header, home)
    return replace(sheet, rows=rows), replace(header, findings=(*header.findings, *findings))


def _cell(row: Sequence[Cell], index: int) -> Cell:
    return row[index] if index < len(row) else None


def _with_columns(header: Header) -> Header:
    """Return the header with the columns that tell a household, added at its end where the file has none."""
    columns = list(header.columns)
    for key in _TELLING:
        if header.index_of(key) is None:
            columns.append(Column(len(columns), FIELDS[key].header, key, "exact"))
    return replace(
        header, columns=tuple(columns), problem="" if header.problem == "E_MISSING_COLUMN" else header.problem
    )


def _list_changed(row: Sequence[Cell], header: Header, home: _Home, nth: int) -> list[Finding]:
    found = []
    for key in _COMPARED:
        index = header.index_of(key)
        said = to_text(_cell(row, index)).strip() if index is not None else ""
        if said and not _same(key, said, getattr(home, key)):
            cell = f"{column_letter(index or 0)}{nth + 1}"
            found.append(Finding("W_PRINTED_CHANGED", 0, cell, FIELDS[key].header, said, personal=key == "head_name"))
    return found


def _same(key: str, said: str, known: str) -> bool:
    if key == "group":
        mine, theirs = parse_group(said), parse_group(known)
        return (mine.key if mine else said) == (theirs.key if theirs else known)
    # A form of who may not take names away holds them masked.
    return said == known or (key == "head_name" and said == mask_name(known))


def _fill_in(row: list[Cell], header: Header, home: _Home) -> None:
    for key in _PRINTED:
        if (index := header.index_of(key)) is not None:
            row[index] = None
    for key in _TELLING:
        index = header.index_of(key)
        if index is not None:
            row[index] = getattr(home, key)


def _read_homes(connection: Connection, keys: list[str]) -> dict[str, _Home]:
    village = place.alias("village")
    homes: dict[str, _Home] = {}
    for start in range(0, len(keys), _PART):
        rows = connection.execute(
            select(household.c.id, village.c.code, place.c.level, place.c.name, household.c.code, household.c.head_name)
            .join(place, place.c.id == household.c.place)
            .join(village, village.c.id == household.c.village)
            .where(household.c.id.in_(keys[start : start + _PART]))
        )
        for home, village_code, level, name, code, head in rows:
            homes[home] = _Home(village_code, name if level == "group" else "", code, head)
    return homes

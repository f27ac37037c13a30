"""What the columns beside a column say of it: whose a phone is, and which of several columns of one meaning counts.

A phone right behind an officer (包组干部, 帮扶责任人) is the officer's, unless the rows show that it cannot be. Columns
that say the same in every row are one; of phones that differ, the header that speaks of the household comes first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.importer.headernames import TICK_KEYS, normalise_header, plain_header
from geo.schema.columns import BESIDE_OFFICER, OFFICER_WORDS, PHONE_RANKS
from geo.units import parse_group, simplify_name
from geo.validate import parse_phone, parse_size, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.importer.headers import Column
    from geo.validate import Cell

#: Rows that tell whether one officer could have as many phones as there are.
_LEAST_ROWS: Final = 3
#: How the cells of some fields are compared; of the others by their letters.
_COMPARED: Final[dict[str, Callable[[Cell], object]]] = {
    "group": lambda cell: found.key if (found := parse_group(to_text(cell))) else "",
    "phone": lambda cell: parse_phone(cell)[0] or to_text(cell).strip(),
    "size": lambda cell: parse_size(cell)[0] or to_text(cell).strip(),
}


def leave_officers_phones(columns: list[Column], rows: Sequence[list[Cell]]) -> list[Column]:
    """Take no phone that stands right behind an officer for the household's: it counts as unknown."""
    settled: list[Column] = []
    for column in columns:
        officer = _find_officer(settled) if column.key == "phone" and _says_no_owner(column) else None
        if officer is None or ("/" in officer.header and "/" not in column.header):
            settled.append(column)
        elif _differ_within(officer, column, rows):
            settled.append(replace(column, how="guessed"))
        else:
            settled.append(replace(column, key=None, how="unknown"))
    return settled


def _says_no_owner(column: Column) -> bool:
    return normalise_header(column.header).rsplit("/", 1)[-1] not in PHONE_RANKS[0]


def _find_officer(before: list[Column]) -> Column | None:
    """Return the officer whom the last of some columns names; his office may stand between."""
    for column in reversed(before):
        name = plain_header(column.header)
        if column.key is not None or not name:
            return None
        if not any(word in name for word in BESIDE_OFFICER):
            is_phone = normalise_header(name).endswith(PHONE_RANKS[1])
            return column if not is_phone and any(word in column.header for word in OFFICER_WORDS) else None
    return None


def _differ_within(officer: Column, phone: Column, rows: Sequence[list[Cell]]) -> bool:
    """Say whether the officers have more phones than people have: nearly every row has its own."""
    pairs = [(_cell(row, officer), _compare("phone", row, phone)) for row in rows]
    told = [(name, number) for name, number in pairs if name and number]
    people, numbers = {name for name, _ in told}, {number for _, number in told}
    return len(told) >= _LEAST_ROWS and len(numbers) > max(len(people), len(told) / 2)


def _cell(row: list[Cell], column: Column) -> str:
    return to_text(row[column.index]).strip() if column.index < len(row) else ""


def _compare(key: str, row: list[Cell], column: Column) -> object:
    cell = row[column.index] if column.index < len(row) else ""
    if cell in (None, ""):
        return ""
    return _COMPARED[key](cell) if key in _COMPARED else simplify_name(to_text(cell))


def settle_same(columns: list[Column], rows: Sequence[list[Cell]]) -> list[Column]:
    """Of several columns of one meaning keep one where the rows, or the headers of phones, tell which."""
    settled = list(columns)
    for key in dict.fromkeys(one.key for one in columns if one.key and one.key not in TICK_KEYS):
        same = [one for one in columns if one.key == key]
        if len(same) > 1:
            for index, how in _choose(key, same, rows).items():
                settled[index] = replace(settled[index], key=None, how=how)
    return settled


def _choose(key: str, same: list[Column], rows: Sequence[list[Cell]]) -> dict[int, str]:
    """Return the columns that give way, by their index, and how; none where it cannot be told.

    A column that is blank, or says the same as the one that is kept, in every row is nothing further (ignored).
    """
    said = {one.index: [_compare(key, row, one) for row in rows] for one in same}
    ranked = sorted(same, key=lambda one: (_rank(one) if key == "phone" else 0, -sum(map(bool, said[one.index]))))
    kept, *others = ranked
    found = {}
    for other in others:
        if any(said[other.index]) and _holds(said[kept.index], said[other.index]):
            found[other.index] = "ignored"
        elif key == "phone" and _rank(other) > _rank(kept):
            found[other.index] = "yielded"
        elif any(said[kept.index]) and not any(said[other.index]):
            found[other.index] = "ignored"
    return found if len(found) == len(others) else {}


def _holds(kept: list[object], other: list[object]) -> bool:
    return all(not said or said == own for own, said in zip(kept, other, strict=True))


def _rank(column: Column) -> int:
    name = normalise_header(column.header).rsplit("/", 1)[-1]
    return next((rank for rank, names in enumerate(PHONE_RANKS) if name in names), len(PHONE_RANKS))

"""Files with one row a person folded into households: who is the head, how many they are, what is the household's.

National exports are such files. The head is the row with 与户主关系 = 户主; without one the row of the name in 户主,
else the first, and it is listed. Of a person only the head's name and ID number are the household's; those of the
others are not kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo.schema.columns import HEAD_RELATIONS
from geo.signs import clean_name
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.importer.findings import Ledger
    from geo.importer.headers import Header
    from geo.importer.rows import DataRows

#: Facts of a household that its rows repeat, and the columns they stand in.
_REPEATED: Final = {"household_class": "household_class", "lon": "lon", "lat": "lat"}


@dataclass(frozen=True, slots=True)
class Persons:
    """What the rows say of persons: relation to the head and name, and all that a row says (to know a copy by)."""

    relations: list[str]
    names: list[str]
    copies: list[tuple[Any, ...]]


def read_persons(header: Header, rows: DataRows) -> Persons | None:
    """Return what the rows of a file of persons say; None where rows are households."""
    if not header.is_of_persons:
        return None
    told = [column.index for column in header.columns if column.how != "ignored"]
    return Persons(
        [clean_name(to_text(cell)) for cell in rows.column(header.index_of("relation"))],
        [to_text(cell).strip() for cell in rows.column(header.index_of("person_name"))],
        [tuple(row[index] for index in told) for row in rows.cells],
    )


def fold_persons(
    ledger: Ledger, persons: Persons, columns: Mapping[str, list[Any]], *, is_wide: Callable[[str], bool]
) -> dict[int, int] | None:
    """Return, for every row that stays, the row of its household's head; the head's row comes first.

    None when no household has two rows: then each row is a household, and 人口 is what is written. Refuses R_DUP_ROW (a
    copy) and R_DUP_KEY_CONFLICT (a second head, or another village or group, under one code). The number of people is
    that of the rows; another one that is written is listed.
    """
    homes: dict[tuple[str, str], list[int]] = {}
    for nth, (village, code) in enumerate(zip(columns["village"], columns["code"], strict=True)):
        if nth not in ledger.refusals and village is not None and code:
            homes.setdefault(("" if is_wide(code) else village.id, code), []).append(nth)
    if all(len(rows) == 1 for rows in homes.values()):
        for nth, name in enumerate(persons.names):
            columns["head_name"][nth] = columns["head_name"][nth] or name
        return None
    firsts: dict[int, int] = {}
    for rows in homes.values():
        kept = _refuse_strangers(ledger, persons, columns, rows)
        head = _find_head(ledger, persons, columns, kept)
        _settle(ledger, persons, columns, head, kept)
        firsts |= dict.fromkeys([head, *kept], head)
    return firsts


def _is_head(persons: Persons, nth: int) -> bool:
    return persons.relations[nth] in HEAD_RELATIONS


def _refuse_strangers(ledger: Ledger, persons: Persons, columns: Mapping[str, list[Any]], rows: list[int]) -> list[int]:
    """Return the rows of one household; copies and rows of another household under its code stay out."""
    anchor = next((nth for nth in rows if _is_head(persons, nth)), rows[0])
    home = (columns["village"][anchor], columns["group"][anchor])
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for nth in rows:
        if persons.copies[nth] in seen:
            ledger.refuse("R_DUP_ROW", nth, "code", columns["code"][nth])
        elif (columns["village"][nth], columns["group"][nth]) != home or (nth != anchor and _is_head(persons, nth)):
            ledger.refuse("R_DUP_KEY_CONFLICT", nth, "code", columns["code"][nth])
        else:
            kept.append(nth)
        seen.add(persons.copies[nth])
    return kept


def _find_head(ledger: Ledger, persons: Persons, columns: Mapping[str, list[Any]], rows: list[int]) -> int:
    for nth in rows:
        if _is_head(persons, nth):
            return nth
    named = next((nth for nth in rows if persons.names[nth] and persons.names[nth] == columns["head_name"][nth]), None)
    if named is not None:
        return named
    ledger.warn("W_HEAD_GUESSED", rows[0], "relation", persons.names[rows[0]] or columns["head_name"][rows[0]])
    return rows[0]


def _settle(ledger: Ledger, persons: Persons, columns: Mapping[str, list[Any]], head: int, rows: list[int]) -> None:
    """Write the household's facts where the head's row, and for the name all rows, will be read."""
    name = columns["head_name"][head] or persons.names[head]
    numbers = {columns["id_number"][nth] for nth in rows} - {""}
    number = numbers.pop() if len(numbers) == 1 and len(rows) > 1 and not persons.names[head] else ""
    written = Counter(size for nth in rows if (size := columns["size"][nth]) is not None)
    if any(size != len(rows) for size in written):
        ledger.warn("W_ATTR_DIFFERS", head, "size", f"{max(written)} ≠ {len(rows)}")
    for key, column in _REPEATED.items():
        for nth in rows:
            mine, theirs = columns[column][head], columns[column][nth]
            if mine not in _NOTHING and theirs not in _NOTHING and mine != theirs:
                ledger.warn("W_ATTR_DIFFERS", nth, key, str(theirs))
    for nth in rows:
        columns["head_name"][nth] = name
        columns["size"][nth] = len(rows)
        columns["id_number"][nth] = (columns["id_number"][nth] or number) if nth == head else ""


_NOTHING: Final = (None, "", ())

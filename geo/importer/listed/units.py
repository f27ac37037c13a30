"""Where a row of a list belongs: the unit it names, as deep as it names one; nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.schema.words import load_words
from geo.signs import clean_name
from geo.units import parse_group

if TYPE_CHECKING:
    from geo.importer.listed.table import ListTable
    from geo.units import Unit, UnitIndex

_KEYS: Final = ("township", "village", "district", "village_code")


def find_unit(table: ListTable, nth: int, index: UnitIndex, *, usual: Unit | None) -> Unit | None:
    """Return the unit of a row: its group, else its village, its township, its district; `usual` where it names none.

    A row whose unit is unknown, ambiguous or missing is refused, and None comes back.
    """
    township, village, district, code = (table.text(nth, key) for key in _KEYS)
    found = usual
    if village or code:
        match = index.match_village(village, township=township, district=district, code=code)
        if match.unit is None:
            table.refuse("R_UNKNOWN_VALUE", nth, "village" if village else "village_code", village or code)
            return None
        found = match.unit
    elif township or district:
        level, name = ("township", township) if township else ("district", district)
        ids = index.named(level, name)
        if len(ids) != 1:
            table.refuse("R_UNKNOWN_VALUE", nth, level, name)
            return None
        found = index.by_id[next(iter(ids))]
    if found is None:
        table.refuse("R_REQUIRED", nth, "village")
        return None
    return _find_group(table, nth, index, found)


def _find_group(table: ListTable, nth: int, index: UnitIndex, unit: Unit) -> Unit | None:
    said = table.text(nth, "group")
    words = load_words()
    if not said or clean_name(said) in words.ungrouped | words.no_group:
        return unit
    name = parse_group(said)
    group = index.group(unit, name) if unit.level == "village" and name is not None and not name.several else None
    if group is None:
        table.refuse("R_UNKNOWN_VALUE", nth, "group", said)
    return group

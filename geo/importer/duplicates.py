"""Rows of one file that speak of one household: second visits enter, exact duplicates and conflicts do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.units import Unit

#: Facts that must not differ between two rows of one household.
_FACTS = (
    "village",
    "group",
    "head_name",
    "id_number",
    "id_raw",
    "size",
    "size_raw",
    "phone",
    "household_class",
    "tags",
    "lon",
    "lat",
)
#: What a further row of one household may add.
_EVENTS = ("visited_on", "visit", "issues")


def find_firsts(
    ledger: Ledger, villages: Sequence[Unit | None], codes: Sequence[str], columns: Mapping[str, Sequence[Any]], *,
    is_wide: Callable[[str], bool],
) -> dict[int, int]:  # fmt: skip
    """Return, for every row that stays, the index of the first row of its household (itself for most).

    A further row that brings another visit or another issue stays, and is listed. A household is known by village and
    code, by its code alone where that is district-wide (`is_wide`): it cannot live in two villages of one file.
    Refuses R_DUP_ROW (nothing new in it) and R_DUP_KEY_CONFLICT (one key, two households; or one visit, two outcomes).
    """
    firsts: dict[int, int] = {}
    by_key: dict[tuple[str, str], list[int]] = {}
    refused = set(ledger.refusals)
    for nth, (village, code) in enumerate(zip(villages, codes, strict=True)):
        if village is None or not code or nth in refused:
            continue
        key = ("" if is_wide(code) else village.id, code)
        earlier = by_key.get(key)
        if earlier is None:
            by_key[key] = [nth]
            firsts[nth] = nth
            continue
        problem = _compare(nth, earlier, columns)
        if problem:
            ledger.refuse(problem, nth, "code", code)
        else:
            firsts[nth] = earlier[0]
            earlier.append(nth)
            ledger.warn("W_ATTR_DIFFERS", nth, "code", code)
    return firsts


def _compare(nth: int, earlier: list[int], columns: Mapping[str, Sequence[Any]]) -> str:
    def differ(one: int) -> bool:
        pairs = ((columns[name][nth], columns[name][one]) for name in _FACTS)
        return any(mine != theirs and mine not in _NOTHING and theirs not in _NOTHING for mine, theirs in pairs)

    if any(differ(one) for one in earlier):
        return "R_DUP_KEY_CONFLICT"
    events = tuple(columns[name][nth] for name in _EVENTS)
    if any(events == tuple(columns[name][one] for name in _EVENTS) for one in earlier):
        note = columns["note"][nth]
        return "R_DUP_ROW" if any(note == columns["note"][one] for one in earlier) else "R_DUP_KEY_CONFLICT"
    day, visit = columns["visited_on"][nth], columns["visit"][nth]
    for one in earlier:
        other = columns["visit"][one]
        if visit and other and day == columns["visited_on"][one] and visit[0] == other[0] and visit[1] != other[1]:
            return "R_DUP_KEY_CONFLICT"
    return ""


_NOTHING = (None, "", ())
_PERSON = ("village", "group", "id_number", "head_name", "size")


def list_same_persons(ledger: Ledger, firsts: Mapping[int, int], columns: Mapping[str, Sequence[Any]]) -> None:
    """List households that may be one: the same ID number, or the same head, group and size without two ID numbers."""
    by_number: set[str] = set()
    by_name: dict[tuple[Any, ...], list[str]] = {}
    villages, groups, numbers, heads, sizes = (columns[name] for name in _PERSON)
    for nth, first in firsts.items():
        if nth != first:
            continue
        number, head, size = numbers[nth], heads[nth], sizes[nth]
        if number and number in by_number:
            ledger.warn("W_DUP_PERSON", nth, "id_number", number)
        by_number.add(number)
        if not head or not size:
            continue
        group = groups[nth]
        others = by_name.setdefault((villages[nth].id, group and group.key, head, size), [])
        if others and not (number and all(others)):
            ledger.warn("W_DUP_PERSON", nth, "head_name", head)
        others.append(number)

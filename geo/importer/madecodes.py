"""Household codes for a file without 户编号: unit code + group + running number, and the same ones when it comes again.

A row is known again, in this order, by its head's ID number; by all it says of the household; by group, head and size;
by group and head where only one row and one code are left. So appended, reordered and edited rows keep their codes.
What they are known by is kept as keyed hashes.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.errors import Busy
from geo.importer.findings import FIELDS, Option, Question
from geo.importer.meanings import SKIP
from geo.importer.register import known_pairs, read_id_key
from geo.schema import household, made_code
from geo.store.database import bulk_insert, read_setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from geo.importer.findings import Ledger
    from geo.units import GroupName, Unit, UnitIndex

#: The answer that has codes made, and the question's id.
MAKE: Final = "make"
_FACTS: Final = ("head_name", "id_number", "size", "phone", "household_class")
_NAMED_FROM: Final = 900


@dataclass(frozen=True, slots=True)
class MadeCode:
    """One code, and what its row is known by: keyed hashes, or texts until they are stored; '' is none."""

    village: str
    code: str
    id_hash: str
    row_hash: str
    home_hash: str
    head_hash: str

    def seal(self, key: bytes) -> MadeCode:
        """Return it with keyed hashes instead of texts."""

        def hide(told: str) -> str:
            return hmac.digest(key, told.encode(), "sha256").hex() if told else ""

        prints = (self.id_hash, self.row_hash, self.home_hash, self.head_hash)
        return MadeCode(self.village, self.code, *map(hide, prints))


@dataclass(frozen=True, slots=True)
class CodeBook:
    """Codes made earlier in some villages, all codes that are taken there, and the key of the hashes (b'' for none)."""

    made: tuple[MadeCode, ...] = ()
    taken: frozenset[tuple[str, str]] = frozenset()
    key: bytes = b""


def read_code_book(connection: Connection, villages: Iterable[str]) -> CodeBook:
    """Return what is known of codes in some villages (ids)."""
    here = list(villages)
    rows = connection.execute(select(made_code).where(made_code.c.village.in_(here)).order_by(made_code.c.code))
    made = tuple(
        MadeCode(one["village"], one["code"], one["id_hash"] or "", one["row_hash"], one["home_hash"], one["head_hash"])
        for one in rows.mappings()
    )
    wanted = select(household.c.village, household.c.code).where(household.c.village.in_(here))
    taken = {(village, code) for village, code in connection.execute(wanted)}
    key = bytes.fromhex(read_setting(connection, "id_key"))
    return CodeBook(made, frozenset(taken | {(one.village, one.code) for one in made}), key)


def ask_to_make_codes() -> Question:
    """Return the question of a file without 户编号: whether codes are made; leaving it open refuses the file."""
    options = (Option(MAKE, MAKE), Option(SKIP, SKIP))
    return Question(
        "make_codes", "make_codes", "E_MISSING_COLUMN", FIELDS["code"].header, "", "", 0, blocking=False,
        options=options,
    )  # fmt: skip


def check_free(connection: Connection, made: Sequence[MadeCode]) -> None:
    """Raise `Busy` when another import has taken one of the new codes since they were made."""
    pairs = {(one.village, one.code) for one in made}
    if pairs and known_pairs(connection, pairs) & pairs:
        raise Busy("err.busy")


def store_made_codes(connection: Connection, made: Sequence[MadeCode], *, batch: str, file: str) -> None:
    """Keep new codes with their import, and what their rows are known by as keyed hashes."""
    if not made:
        return
    key = read_id_key(connection)
    columns = ["village", "code", "file", "batch", "id_hash", "row_hash", "home_hash", "head_hash"]
    rows = [
        (one.village, one.code, file, batch, one.id_hash or None, one.row_hash, one.home_hash, one.head_hash)
        for one in (new.seal(key) for new in made)
    ]
    bulk_insert(connection, "made_code", columns, rows)


@dataclass(slots=True)
class _Desk:
    """The rows of one village without a code yet, and the earlier codes that no row has taken."""

    rows: dict[int, MadeCode]
    free: list[MadeCode]
    codes: dict[int, str] = field(default_factory=dict)

    def give(self, nth: int, one: MadeCode) -> None:
        """Give an earlier code to a row."""
        self.codes[nth] = one.code
        self.free.remove(one)
        del self.rows[nth]


def make_codes(
    ledger: Ledger, columns: Mapping[str, list[Any]], copies: Sequence[tuple[Any, ...]], index: UnitIndex,
    book: CodeBook,
) -> list[MadeCode]:  # fmt: skip
    """Write a code for every row that stays into `columns["code"]`; return those that are new.

    Refuses R_REQUIRED (neither head nor ID number) and R_DUP_ROW (a copy of a row). Rows with one ID number are one
    household.
    """
    rows = _take_rows(ledger, columns, copies)
    prints = {nth: _print(columns, nth) for nth in rows}
    owners: dict[tuple[str, str], int] = {}
    same: dict[int, int] = {}
    for nth, one in prints.items():
        if one.id_hash:
            first = owners.setdefault((one.village, one.id_hash), nth)
            if first != nth:
                same[nth] = first
    codes: dict[int, str] = {}
    for village in dict.fromkeys(one.village for one in prints.values()):
        known = [one for one in book.made if one.village == village]
        if known:
            here = {nth: one for nth, one in prints.items() if one.village == village and nth not in same}
            desk = _Desk({nth: one.seal(book.key) for nth, one in here.items()}, known)
            _find_again(desk)
            codes |= desk.codes
    new = _number(
        columns, {nth: one for nth, one in prints.items() if nth not in codes and nth not in same}, index, book
    )
    codes |= {nth: one.code for nth, one in new.items()}
    codes |= {nth: codes[first] for nth, first in same.items()}
    for nth, code in codes.items():
        columns["code"][nth] = code
    return list(new.values())


def _take_rows(ledger: Ledger, columns: Mapping[str, list[Any]], copies: Sequence[tuple[Any, ...]]) -> list[int]:
    seen: set[tuple[Any, ...]] = set()
    rows = []
    for nth, village in enumerate(columns["village"]):
        if nth in ledger.refusals or village is None:
            continue
        if copies[nth] in seen:
            ledger.refuse("R_DUP_ROW", nth, "code", "")
        elif not columns["head_name"][nth] and not columns["id_number"][nth]:
            ledger.refuse("R_REQUIRED", nth, "head_name", "")
        else:
            rows.append(nth)
        seen.add(copies[nth])
    return rows


def _print(columns: Mapping[str, list[Any]], nth: int) -> MadeCode:
    village: Unit = columns["village"][nth]
    group: GroupName | None = columns["group"][nth]
    where, head = group.key if group else "", columns["head_name"][nth]

    def join(*said: object) -> str:
        return "\x1f".join(map(str, said))

    return MadeCode(
        village.id, "", columns["id_number"][nth], join(where, *(columns[name][nth] for name in _FACTS)),
        join(where, head, columns["size"][nth]) if head else "", join(where, head) if head else "",
    )  # fmt: skip


def _find_again(desk: _Desk) -> None:
    for level in ("id_hash", "row_hash", "home_hash"):
        free: dict[str, deque[MadeCode]] = {}
        for one in desk.free:
            free.setdefault(getattr(one, level), deque()).append(one)
        for nth, mine in list(desk.rows.items()):
            told = getattr(mine, level)
            waiting = free.get(told) if told else None
            if waiting and _may_be(mine, waiting[0]):
                desk.give(nth, waiting.popleft())
    left = Counter(mine.head_hash for mine in desk.rows.values() if mine.head_hash)
    free_heads = Counter(one.head_hash for one in desk.free)
    only = {one.head_hash: one for one in desk.free if free_heads[one.head_hash] == 1}
    for nth, mine in list(desk.rows.items()):
        if left[mine.head_hash] == 1 and mine.head_hash in only and _may_be(mine, only[mine.head_hash]):
            desk.give(nth, only[mine.head_hash])


def _may_be(mine: MadeCode, theirs: MadeCode) -> bool:
    """Two ID numbers are two people, however alike the rest is."""
    return not mine.id_hash or not theirs.id_hash or mine.id_hash == theirs.id_hash


def _number(
    columns: Mapping[str, list[Any]], prints: Mapping[int, MadeCode], index: UnitIndex, book: CodeBook
) -> dict[int, MadeCode]:
    """Return new codes: unit code, three digits of the group (000 without one), running number in the group."""
    taken = set(book.taken)
    named: dict[tuple[str, str], int] = {}
    last: dict[str, int] = {}
    new: dict[int, MadeCode] = {}
    for nth, one in prints.items():
        village: Unit = columns["village"][nth]
        start = f"{village.code}{_group_number(columns['group'][nth], village, index, named):03d}"
        if start not in last:
            pattern = re.compile(rf"{start}(\d{{3,}})")
            numbers = [int(found[1]) for _, code in taken if (found := pattern.fullmatch(code))]
            last[start] = max(numbers, default=0)
        last[start] += 1
        code = f"{start}{last[start]:03d}"
        taken.add((one.village, code))
        new[nth] = MadeCode(one.village, code, one.id_hash, one.row_hash, one.home_hash, one.head_hash)
    return new


def _group_number(group: GroupName | None, village: Unit, index: UnitIndex, named: dict[tuple[str, str], int]) -> int:
    if group is None:
        return 0
    known = index.group(village, group)
    if known is not None and known.code.startswith(village.code) and known.code[len(village.code) :].isdecimal():
        return int(known.code[len(village.code) :])
    if group.key.startswith("#"):
        return int(group.key[1:])
    here = [number for (of, _), number in named.items() if of == village.id]
    return named.setdefault((village.id, group.key), max(here, default=_NAMED_FROM) + 1)

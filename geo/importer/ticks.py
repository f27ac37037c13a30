"""Columns that tick one care tag or class each: 五保户 with √, 是 or 1, 残疾 with a number of people.

What is neither yes nor no (肢体二级 under 残疾, a name under 留守儿童) is asked about, once for the column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo import codes
from geo.importer.findings import Option
from geo.importer.meanings import SKIP
from geo.schema.words import load_words
from geo.signs import clean_name
from geo.validate import is_blank, parse_size, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.importer.headers import Column, Header
    from geo.importer.rows import DataRows
    from geo.validate import Cell

#: The answer by which whatever is written in the column counts as yes.
TAKE: Final = "take"
_CLASS: Final = "class"
#: A household under monitoring, of which of the three kinds is not said.
_MONITORED: Final = "monitored"
_KINDS: Final = tuple(one for one in codes.HOUSEHOLD_CLASSES if one.startswith("mon_"))
#: What a monitored household was before it was monitored.
_BEFORE: Final = ("registered_poor", "lifted")


def add_ticks(
    ledger: Ledger, header: Header, rows: DataRows, columns: dict[str, list[Any]], answers: Mapping[str, str]
) -> None:
    """Add what columns of their own tick to class and tags of each row; a written class comes first.

    But 一般户 yields to every kind, and 脱贫户 and 建档立卡户 yield to the kinds of monitored households.
    """
    if not header.ticks():
        return
    classes, tags = _read_ticks(ledger, header, rows, answers)
    for nth, ticked in enumerate(classes):
        own = columns["household_class"][nth]
        if ticked and (own in ("", "general") or (own in _BEFORE and ticked in _KINDS)):
            columns["household_class"][nth] = ticked
    pairs = zip(columns["tags"], tags, strict=True)
    columns["tags"] = [tuple(dict.fromkeys((*own, *ticked))) for own, ticked in pairs]


def _read_ticks(
    ledger: Ledger, header: Header, rows: DataRows, answers: Mapping[str, str]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return the class ('' for none) and the care tags that are ticked in each row.

    Of several classes the later one of `codes.HOUSEHOLD_CLASSES` counts: a monitored household was lifted before.
    """
    classes = [""] * len(rows.cells)
    tags: list[tuple[str, ...]] = [()] * len(rows.cells)
    for column in header.ticks():
        kind, _, code = str(column.key).partition("_")
        cells = rows.column(column.index)
        for nth in _list_ticked(ledger, column, cells, answers):
            if kind == _CLASS:
                found = _read_monitored(ledger, nth, column, cells[nth], answers) if code == _MONITORED else code
                classes[nth] = max(classes[nth], found, key=("", *codes.HOUSEHOLD_CLASSES).index)
            else:
                tags[nth] = tuple(dict.fromkeys((*tags[nth], code)))
    return classes, tags


def _list_ticked(ledger: Ledger, column: Column, cells: Sequence[Cell], answers: Mapping[str, str]) -> list[int]:
    """Return the data rows that a column ticks; what is unclear is asked about unless it was answered."""
    name = clean_name(column.header.rsplit("/", 1)[-1]) or column.letter
    answer = answers.get(f"tick:{name}", "")
    said = {cell: _is_ticked(cell, str(column.key)) for cell in set(cells)}
    found = []
    for nth, cell in enumerate(cells):
        ticked = said[cell]
        if ticked is None and answer not in (TAKE, SKIP):
            options = (Option(TAKE, TAKE), Option(SKIP, SKIP))
            ledger.ask("tick", nth, str(column.key), name, options=options)
        elif ticked or (ticked is None and answer == TAKE):
            found.append(nth)
    return found


def _read_monitored(ledger: Ledger, nth: int, column: Column, cell: Cell, answers: Mapping[str, str]) -> str:
    """Return the kind of monitored household that a cell says, else the answer for its column, which is asked for."""
    written = load_words().household_class.get(clean_name(to_text(cell)), "")
    name = clean_name(column.header.rsplit("/", 1)[-1]) or column.letter
    answer = written or answers.get(f"class:{name}", "")
    if not answer:
        options = tuple(Option(one, one) for one in (*_KINDS, SKIP))
        ledger.ask("class", nth, str(column.key), name, options=options, suggestion=_KINDS[1])
    return answer if answer in codes.HOUSEHOLD_CLASSES else ""


def _is_ticked(cell: Cell, key: str) -> bool | None:
    """Say whether a cell says yes; None where that is not clear. A number of people says yes, unless it is 0."""
    words = load_words()
    word = clean_name(to_text(cell)).strip("。.!;；").lower()
    if is_blank(word) or word in words.no:
        return False
    if key == f"{_CLASS}_{_MONITORED}" and word in words.household_class:
        return words.household_class[word] in _KINDS
    if word in words.yes or key in (f"tag_{words.tags.get(word)}", f"class_{words.household_class.get(word)}"):
        return True
    for unit in words.person:
        word = word.removesuffix(unit)
    return False if word == "0" else True if parse_size(word)[0] else None

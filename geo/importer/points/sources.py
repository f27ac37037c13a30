"""Declared sources: what a file itself says about where its coordinates come from, row by row.

A cell under 坐标系 or 坐标来源, a word in 备注, the header of the coordinates (经度(GCJ-02)) or a title row may name a
system or the service that uses one (高德, 百度). A name is a claim, not a proof.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from geo.crs import BD09, GCJ02, parse_system
from geo.errors import Invalid
from geo.schema.words import load_words
from geo.validate import is_blank, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.validate import Cell

_EPSG: Final = re.compile(r"epsg\s*[:：]?\s*(\d{4,5})")
_SHIFTED: Final = (GCJ02.name, BD09.name)
#: Survey datums that a name can claim but nothing can convert: somebody says which EPSG code it is.
OLD_DATUMS: Final = ("xian80", "beijing54")
#: More texts than these are no declared sources but remarks; they count as one.
_MOST_SOURCES: Final = 60
_MOST_LETTERS: Final = 30


@dataclass(frozen=True, slots=True)
class Source:
    """One declared source: its text as the file has it ('' where there is none), and the system that it names ('')."""

    label: str
    named: str = ""

    @property
    def claims_shift(self) -> bool:
        """Say whether the file calls these points GCJ-02 or BD-09."""
        return self.named in _SHIFTED

    @property
    def claims_old_datum(self) -> bool:
        """Say whether the file calls these points Xi'an 1980 or Beijing 1954."""
        return self.named in OLD_DATUMS


@dataclass(frozen=True, slots=True)
class SourceCells:
    """The cells that may name a source, one list a field, and what stands above them all: headers and titles."""

    system: Sequence[Cell]
    origin: Sequence[Cell]
    note: Sequence[Cell]
    above: str = ""


def find_system(text: str) -> str:
    """Return the system that a text names: a word of `words.toml`, EPSG:n, or '' for none.

    Of several the shifted one counts: it is the one that somebody has to look at.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    code = _EPSG.search(plain)
    found = [name for name, words in load_words().systems.items() if any(word in plain for word in words)]
    named = next((name for name in (*_SHIFTED, *OLD_DATUMS) if name in found), found[0] if found else "")
    return _name_of_code(code[1]) if code and not named else named


@cache
def _name_of_code(code: str) -> str:
    """Return the name of an EPSG code; '' for one that is no system of positions."""
    try:
        return parse_system(f"EPSG:{code}").name
    except Invalid:
        return ""


def read_sources(cells: SourceCells) -> tuple[list[Source], list[int]]:
    """Return the sources of a file, and which one (its index) each row declares."""
    above = Source(find_system(cells.above)) if cells.above else Source("")
    above = Source(above.label, above.label)
    noted = _read_notes(cells.note)
    if not noted and not any(cell for column in (cells.system, cells.origin) for cell in column):
        return [above], [0] * len(cells.system)
    known: dict[tuple[str, str], Source] = {}
    rows: list[Source] = []
    for nth, pair in enumerate(zip(cells.system, cells.origin, strict=True)):
        said = _label(pair), noted.get(nth, "")
        if said == ("", ""):
            rows.append(above)
            continue
        if said not in known:
            known[said] = Source(said[0] or said[1], find_system(said[0]) or said[1] or above.named)
        rows.append(known[said])
    return _number(rows, above)


def _number(rows: list[Source], above: Source) -> tuple[list[Source], list[int]]:
    sources = list(dict.fromkeys(rows))
    if len(sources) > _MOST_SOURCES:
        kept = {one for one in sources if one.named}
        rows = [one if one in kept else above for one in rows]
        sources = list(dict.fromkeys(rows))
    places = {one: nth for nth, one in enumerate(sources)}
    return sources, [places[one] for one in rows]


@cache
def _say(cell: Cell) -> str:
    text = " ".join(to_text(cell).split())
    return "" if is_blank(text) else text[:_MOST_LETTERS]


def _label(pair: tuple[Cell, Cell]) -> str:
    return " ".join(text for text in map(_say, pair) if text)


def _read_notes(cells: Sequence[Cell]) -> dict[int, str]:
    """Return the shifted system that a row's remark names, by row; any other remark says nothing about points."""
    texts = [cell if isinstance(cell, str) else "" for cell in cells]
    if not _shift_words().search("\n".join(texts).lower()):
        return {}
    rows = [nth for nth, text in enumerate(texts) if text and _shift_words().search(text.lower())]
    return {nth: find_system(texts[nth]) for nth in rows}


@cache
def _shift_words() -> re.Pattern[str]:
    words = [word for name in _SHIFTED for word in load_words().systems[name]]
    return re.compile("|".join(map(re.escape, words)))

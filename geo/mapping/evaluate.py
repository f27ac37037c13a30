"""What a value says for every row: whole columns at a time, as text; '' says nothing."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pandas as pd

from geo.crs.systems import from_wgs84, parse_system, to_wgs84
from geo.validate import parse_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.mapping.spec import Condition, Grid, Value
    from geo.mapping.table import Table

Texts = list[str]
Read = TypeVar("Read")
#: What a word that a map does not know becomes until its field has judged it.
UNKNOWN: Final = "\x00"
_HOLE: Final = re.compile(r"\{([^{}]+)\}")


def read_distinct(texts: Texts, rule: Callable[[str], Read]) -> list[Read]:
    """Return rule(text) of every row; the rule runs once for each distinct text."""
    found = {one: rule(one) for one in dict.fromkeys(texts)}
    return [found[one] for one in texts]


def evaluate(value: Value, table: Table) -> Texts:
    """Return the text of a value for every row.

    A word that the value's map does not know, without `otherwise`, comes back marked: `UNKNOWN` before it.
    """
    texts = _from_source(value, table)
    if value.pattern is not None or value.case or value.pad:
        texts = read_distinct(texts, lambda said: _shape(value, said))
    if value.words is not None:
        texts = _translate(value, texts)
    if value.when:
        texts = [said if fits else "" for said, fits in zip(texts, holds(value.when, table).tolist(), strict=True)]
    return [said or value.default for said in texts] if value.default else texts


def _from_source(value: Value, table: Table) -> Texts:
    if value.source == "column":
        name = table.find(value.columns)
        return [""] * len(table) if name is None else table.column(name)
    if value.source == "value":
        return [value.text] * len(table)
    if value.source == "first_of":
        columns = [table.column(name) for name in value.columns if name in table.index_of]
        return [next((said for said in row if said), "") for row in zip(*columns, strict=True)]
    if value.grid is not None:
        return name_cells(value.grid, table)
    return _fill_in(value.text, table)


def _fill_in(template: str, table: Table) -> Texts:
    """Fill the holes of a text; a row where one of them is empty says nothing."""
    parts = _HOLE.split(template)
    columns = [table.column(name) for name in parts[1::2]]
    return [
        "".join(literal + said for literal, said in zip(parts[::2], (*row, ""), strict=True)) if all(row) else ""
        for row in zip(*columns, strict=True)
    ]


def _part(pattern: re.Pattern[str], said: str) -> str:
    """Return the first group of the first place where a pattern fits, the whole of it without groups."""
    found = pattern.search(said)
    if found is None:
        return ""
    return (found.group(1) if found.re.groups else found.group()) or ""


def _shape(value: Value, said: str) -> str:
    said = _part(value.pattern, said) if value.pattern is not None else said
    said = said.upper() if value.case == "upper" else said.lower() if value.case == "lower" else said
    return said.zfill(value.pad) if said else said


def _translate(value: Value, texts: Texts) -> Texts:
    words = value.words or {}
    folded = {word.casefold(): meaning for word, meaning in words.items()}

    def translate(said: str) -> str:
        if not said and "" not in words:
            return ""
        if said in words:
            return words[said]
        if said.casefold() in folded:
            return folded[said.casefold()]
        return UNKNOWN + said if value.otherwise is None else value.otherwise

    return read_distinct(texts, translate)


def holds(conditions: tuple[Condition, ...], table: Table) -> NDArray[np.bool_]:
    """Say for which rows all conditions hold."""
    found = np.ones(len(table), dtype=bool)
    for one in conditions:
        found &= np.array(read_distinct(table.column(one.column), _test_of(one)), dtype=bool)
    return found


def _test_of(one: Condition) -> Callable[[str], bool]:
    words = one.words
    tests: dict[str, Callable[[str], bool]] = {
        "is": lambda said: said in words,
        "not": lambda said: said not in words,
        "starts": lambda said: said.startswith(words),
        "ends": lambda said: said.endswith(words),
        "contains": lambda said: any(word in said for word in words),
        "matches": lambda said: one.pattern is not None and one.pattern.search(said) is not None,
        "empty": lambda said: (said == "") == (words == ("",)),
        "between": lambda said: _is_between(one, said),
    }
    return tests[one.test]


def _is_between(one: Condition, said: str) -> bool:
    """Say whether a cell lies between two bounds, both included; days are compared as days, the rest as numbers."""
    low, high = _rank(one.low), _rank(one.high)
    mine = _rank(said, as_day=isinstance(low if low is not None else high, str))
    if mine is None:
        return False
    return (low is None or bool(low <= mine)) and (high is None or bool(mine <= high))


def _rank(said: str, *, as_day: bool | None = None) -> Any:
    if as_day is None:
        as_day = re.fullmatch(r"\d{4}-\d\d-\d\d", said) is not None
    if as_day:
        day, _ = parse_day(said, _LAST_DAY)
        return None if day is None else day.isoformat()
    try:
        return float(said)
    except ValueError:
        return None


_LAST_DAY: Final = date.max


def name_cells(grid: Grid, table: Table) -> Texts:
    """Return the square of the grid each point lies in: E1801N5816 has its south-west corner there, in whole sizes.

    A square holds its west and south sides. Rows without a point say nothing, nor do rows with a 0 for one.
    """
    lon, lat = (to_numbers(table.column(name)) for name in (grid.lon, grid.lat))
    nowhere = (lon == 0) | (lat == 0)
    lon, lat = to_wgs84(parse_system(grid.crs), lon, lat)
    east, north = from_wgs84(parse_system(grid.grid_crs), lon, lat)
    good = np.isfinite(east) & np.isfinite(north) & ~nowhere
    columns = np.floor(np.where(good, east, 0) / grid.size_m).astype(np.int64).tolist()
    rows = np.floor(np.where(good, north, 0) / grid.size_m).astype(np.int64).tolist()
    return [f"E{x}N{y}" if fine else "" for x, y, fine in zip(columns, rows, good.tolist(), strict=True)]


def to_numbers(texts: Texts) -> NDArray[np.float64]:
    """Return texts as numbers; not a number where a text is none."""
    return np.array(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), dtype=np.float64)

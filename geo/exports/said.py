"""How the values of a row are said in a list: words of the catalogue, days as ISO text, nothing as an empty cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geo.gaps import MARK_RULES
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.rules import Rules
    from geo.workbook import Value


def is_nothing(value: object) -> bool:
    """Say whether a cell of a frame holds no value."""
    return value is None or value is pd.NaT or value is pd.NA or value != value  # noqa: PLR0124 - NaN alone differs


def translate(values: pd.Series, word: Callable[[object], str]) -> Sequence[Value]:
    """Return the word of each value; each distinct value is said once, and its one text shared by all its rows."""
    plain = [None if is_nothing(value) else value for value in values.tolist()]
    known = {value: word(value) for value in set(plain)}
    return [known[value] for value in plain]


def say_each(values: Sequence[Value], word: Callable[[Value], str]) -> list[str]:
    """Return what is said of each value of one column; each distinct value is said once."""
    known = {value: word(value) for value in set(values)}
    return [known[value] for value in values]


def as_text(value: object) -> str:
    """Return a value as text, nothing as an empty one."""
    return "" if value is None else str(value)


def coded(prefix: str) -> Callable[[object], str]:
    """Return how codes of a closed list are said: by the catalogue's `<prefix>.<code>`."""
    return lambda value: text(f"{prefix}.{value}") if value else ""


def say(
    frame: pd.DataFrame, key: str, *, words: Mapping[str, Callable[[object], str]],
    made: Mapping[str, tuple[tuple[str, ...], Callable[[dict[Any, Any]], str]]],
) -> Sequence[Value]:  # fmt: skip
    """Return a column of a list: said in `words` by its own values, `made` of some of its row, else its texts."""
    if key in words:
        return translate(frame[key], words[key])
    if key in made:
        columns, make = made[key]
        values = zip(*(frame[name].tolist() for name in columns), strict=True)
        return [make(dict(zip(columns, row, strict=True))) for row in values]
    return texts(frame[key])


def texts(values: pd.Series) -> Sequence[Value]:
    """Return texts that hardly repeat."""
    return ["" if is_nothing(value) else str(value) for value in values.tolist()]


def wholes(values: pd.Series) -> Sequence[Value]:
    """Return whole numbers, an unknown one as an empty cell."""
    if values.dtype.kind in "iu":
        return values.tolist()
    return [None if is_nothing(value) else int(value) for value in values.tolist()]


def decimals(values: pd.Series) -> Sequence[Value]:
    """Return numbers with a fraction, an unknown one as an empty cell."""
    return [None if is_nothing(value) else float(value) for value in values.tolist()]


def tags(value: object) -> str:
    """Return tag kinds joined by commas as words."""
    return text("list.comma").join(text(f"tag.{kind}") for kind in str(value or "").split(",") if kind)


def say_mark(name: str, rules: Rules) -> str:
    """Return a mark of a gap row in words, with the number of 口径 from which on it holds."""
    return text(f"mark.{name}", k=rules[MARK_RULES[name]]) if name in MARK_RULES else text(f"mark.{name}")


def group(value: object) -> str:
    """Return the name of a group, or that there is none."""
    return str(value or text("exports.ungrouped"))

"""What one header says: an exact word of the schema, a guess after tidying, or nothing that is known."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from geo.schema import AMBIGUOUS_HEADERS, IGNORED_HEADERS, IMPORT_FIELDS, REFUSED_HEADERS
from geo.schema.columns import BRACKET_WORDS, MEMBER_WORDS, REFUSED_STEMS, TICK_FIELDS
from geo.schema.words import load_words
from geo.units import simplify_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST: Final = 12
#: Fields whose columns tick one tag or class; several may tick the same.
TICK_KEYS: Final = frozenset(field.key for field in TICK_FIELDS)
_POINT_KEYS: Final = ("lon", "lat", "point")
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")


def normalise_header(header: str) -> str:
    """Return a header without white space, full-width forms, traditional characters and marks at its ends."""
    return simplify_name(header).lower().strip("*:。.°#★※")


def plain_header(header: str) -> str:
    """Return a normalised header without its brackets; of a header of several rows the lowest."""
    return _BRACKETS.sub("", normalise_header(header)).rsplit("/", 1)[-1]


@cache
def _known() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Return exact and normalised headers → (kind, key); kind is field, ignored, refused or ambiguous."""
    exact: dict[str, tuple[str, str]] = {}
    for field in IMPORT_FIELDS:
        for name in (field.header, *field.aliases):
            exact[name] = ("field", field.key)
    for kind, names in (("ignored", IGNORED_HEADERS), ("refused", REFUSED_HEADERS), ("ambiguous", AMBIGUOUS_HEADERS)):
        for name in names:
            exact[name] = (kind, name)
    words = load_words()
    for prefix, meanings in (("tag", words.tags), ("class", words.household_class)):
        for word, code in meanings.items():
            exact.setdefault(word, ("field", f"{prefix}_{code}"))
    exact |= {word: ("field", "class_monitored") for word in words.monitored if word not in exact}
    return exact, {normalise_header(name): meaning for name, meaning in exact.items()}


def known_headers() -> frozenset[str]:
    """Return every header that is known word for word, but for the names of tags and classes."""
    return _known_words()


@cache
def _known_words() -> frozenset[str]:
    return frozenset(name for name, (_, key) in _known()[0].items() if key not in TICK_KEYS)


def look_up(header: str) -> tuple[str, str, bool]:
    """Return (kind, key, guessed) of a header; kind is unknown or blank when there is none."""
    exact, normal = _known()
    if header in exact:
        return *exact[header], False
    name = normalise_header(header)
    if not name:
        return "blank", "", False
    if name in normal:
        return *normal[name], True
    bare = _BRACKETS.sub("", name)
    inside = "".join(_BRACKETS.findall(name))
    if bare and bare != name and bare in normal and not any(word in inside for word in BRACKET_WORDS):
        return *normal[bare], True
    bare = _system_words().sub("", bare)
    if bare in normal and normal[bare][1] in _POINT_KEYS:
        return *normal[bare], True
    ticked = _look_up_tick(_BRACKETS.sub("", name))
    if ticked and not any(word in inside for word in BRACKET_WORDS):
        return "field", ticked, True
    return ("refused", header, True) if _is_refused(name) else ("unknown", "", False)


def _look_up_tick(name: str) -> str:
    """Return the field of a tag or class that a longer header ticks (是否低保户, 残疾人数), or ''."""
    words = load_words()
    while name:
        kind, key = _known()[1].get(name, ("", ""))
        if kind == "field":
            return key if key in TICK_KEYS else ""
        head = next((one for one in words.tick_heads if name.startswith(one)), "")
        tail = "" if head else next((one for one in words.tick_tails if name.endswith(one)), "")
        if not head and not tail:
            return ""
        name = name.removeprefix(head).lstrip(":") if head else name.removesuffix(tail)
    return ""


@cache
def _system_words() -> re.Pattern[str]:
    """Return the names of coordinate systems and map services, which may stand before 经度 and 坐标."""
    words = {normalise_header(word) for names in load_words().systems.values() for word in names}
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def _is_refused(name: str) -> bool:
    """A longer text is a title or a note, not a header."""
    return len(name) <= _LONGEST and any(stem in name for stem in REFUSED_STEMS)


def _list_parents(header: str) -> list[str]:
    """Return a header above another, as it is and without a word that only says that it is one: 走访情况, 走访."""
    plain = plain_header(header)
    shorter = [plain.removesuffix(tail) for tail in load_words().header_tails if plain.endswith(tail) and plain != tail]
    return [header, *shorter]


def look_up_path(path: Sequence[str]) -> tuple[str, str, bool]:
    """Return (kind, key, guessed) of a header of several rows, from the top down: 家庭情况 over 人口.

    The lowest decides, alone or read together with what stands above it (户主 over 姓名 is 户主姓名). What stands above
    may say whose it is: 联系电话 under 帮扶责任人 is not the household's.
    """
    if len(path) == 1:
        return look_up(path[0])
    above = normalise_header("".join(path[:-1]))
    of_member = any(word in above for word in MEMBER_WORDS)
    if _is_refused(above):
        return "refused", path[-1], True
    for parent in _list_parents(path[-2]):
        kind, key, guessed = look_up(parent + path[-1])
        if kind in ("field", "refused"):
            return kind, key, guessed
    if not of_member and any(word in above for word in BRACKET_WORDS):
        return "unknown", "", False
    return look_up(path[-1])

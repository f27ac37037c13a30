"""Coordinates as people write them: 109°11′30″, 东经109度11分30秒, 109-11-30, N27 43.2, POINT(109.19 27.72).

Full-width digits and marks are read like plain ones. 109.1130 is decimal degrees, never degrees and minutes. Words and
marks are those of `data/import/words.toml`. What is not understood is nothing, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from geo.schema.words import load_words

_SIXTIETHS: Final = 60.0
_NUMBER: Final = r"\d+(?:\.\d*)?|\.\d+"
_DECIMAL: Final = re.compile(rf"(?P<sign>[+-]?)(?P<degrees>{_NUMBER})°?")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){1,2}(?:\.\d+)?")
_LEAST_THOUSANDS: Final = 100_000
#: Degrees, minutes and seconds with their marks; only the last part may have decimals.
_MARKED: Final = (
    re.compile(rf"(?P<sign>[+-]?)(?P<degrees>\d{{1,3}})°(?P<minutes>{_NUMBER})′?"),
    re.compile(rf"(?P<sign>[+-]?)(?P<degrees>\d{{1,3}})°(?P<minutes>\d{{1,2}})′(?P<seconds>{_NUMBER})″?"),
)
_LETTERS: Final = re.compile(r"(\d)d(\d+(?:\.\d+)?)m(?:(\d+(?:\.\d+)?)s)?")
#: The same with one sign between the parts: 109-11-30, 109 11 30, 109:11:30.
_PARTED: Final = re.compile(
    rf"(?P<sign>[+-]?)(?P<degrees>\d{{1,3}})(?P<mark>[-: ])(?P<minutes>\d{{1,2}})(?P=mark)(?P<seconds>{_NUMBER})"
)
#: Degrees and decimal minutes without marks, as receivers show them: only after N, E and the like.
_RECEIVER: Final = re.compile(rf"(?P<sign>[+-]?)(?P<degrees>\d{{1,3}}) (?P<minutes>{_NUMBER})")
#: A number as a spreadsheet shows it in a narrow column; it is read while it still tells a house from the next.
_SCIENTIFIC: Final = re.compile(r"[+-]?\d\.(?P<digits>\d+)[eE]\+?0?(?P<shift>[0-2])")
_LEAST_DECIMALS: Final = 4
_PLAIN_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_PLAIN_PAIR: Final = re.compile(r"\s*[(\[]?\s*([+-]?\d+(?:\.\d+)?)\s*[,，;；、/\s]\s*([+-]?\d+(?:\.\d+)?)\s*[)\]]?\s*")
#: Longer texts are no coordinates; the patterns above are not tried on them.
_LONGEST: Final = 200
_WRAPPERS: Final = re.compile(r"^(?:srid=\d+;)?point(?: ?z?m?) ?\(|^[(\[{]+|[)\]}]+$")
_SEPARATORS: Final = re.compile(r"\s*[,;/|\n\t、]\s*")
#: Quotation marks round a whole text or round a name in it.
_QUOTED: Final = re.compile(r"^[\"'](.*)[\"']$|\"(?=[A-Za-z]|[A-Za-z]+\")|(?<=[A-Za-z])\"(?=:)")
#: Blanks after a mark that another number of the same angle follows; those before the next angle stay.
_LOOSE: Final = re.compile(r"([°′])\s+(?=[\d.]+(?:[′″]|$))")
_MOST_PARTS: Final = 4
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Angle:
    """One number of a position: degrees (or metres), and the axis its writing names: `lon`, `lat` or ''."""

    value: float
    axis: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two numbers of a combined cell as they are written, and the axis of the first where the writing tells it."""

    first: float
    second: float
    axis: str = ""


def read_angle(text: str) -> Angle | None:
    """Return the number a text writes, in degrees (west and south negative) or whatever a plain number means.

    None for anything else, also for minutes or seconds of 60 and more, and for 1.09E+02, which has lost its digits.
    """
    if _PLAIN_NUMBER.fullmatch(text):
        return Angle(float(text))
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific is not None:
        decimals = len(scientific["digits"]) - int(scientific["shift"])
        return Angle(float(text)) if decimals >= _LEAST_DECIMALS else None
    match = _usual().fullmatch(text)
    if match is not None:
        degrees, minutes, seconds = float(match[1]), float(match[2]), float(match[3])
        fits = minutes < _SIXTIETHS and seconds < _SIXTIETHS
        return Angle(degrees + minutes / _SIXTIETHS + seconds / _SIXTIETHS**2) if fits else None
    return _read_angle(_plain(text)) if len(text) <= _LONGEST else None


def read_pair(text: str) -> Pair | None:
    """Return both numbers of a text that holds a position, in the order written; what follows them is height."""
    found = read_plain_pair(text)
    if found is not None:
        return Pair(*found)
    return _read_pair(_plain(text)) if len(text) <= _LONGEST else None


def read_plain_pair(text: str) -> tuple[float, float] | None:
    """Return the two numbers of a text that holds nothing else, as nearly every combined cell does; else None."""
    match = _PLAIN_PAIR.fullmatch(text) if len(text) <= _LONGEST else None
    return None if match is None else (float(match[1]), float(match[2]))


@lru_cache(maxsize=4096)
def _read_angle(plain: str) -> Angle | None:
    body, axis, negative = _take_axis(plain)
    if _THOUSANDS.fullmatch(body):
        whole = float(body.replace(",", ""))
        return Angle(whole) if abs(whole) >= _LEAST_THOUSANDS and not axis else None
    patterns = (_DECIMAL, *_MARKED, _PARTED, *((_RECEIVER,) if axis else ()))
    match = next((found for one in patterns if (found := one.fullmatch(body))), None)
    if match is None:
        return None
    parts = match.groupdict()
    minutes, seconds = float(parts.get("minutes") or 0), float(parts.get("seconds") or 0)
    value = float(parts["degrees"]) + minutes / _SIXTIETHS + seconds / _SIXTIETHS**2
    if minutes >= _SIXTIETHS or seconds >= _SIXTIETHS or (negative and parts["sign"]):
        return None
    return Angle(-value if negative or parts["sign"] == "-" else value, axis)


def _read_pair(plain: str) -> Pair | None:
    bare = _WRAPPERS.sub("", _WRAPPERS.sub("", plain)).strip()
    parts = _split(bare)
    if parts is None:
        return None
    first, second = (_read_angle(part.strip()) for part in parts)
    if first is None or second is None or (first.axis and first.axis == second.axis):
        return None
    axis = first.axis or {"lon": "lat", "lat": "lon"}.get(second.axis, "")
    return Pair(first.value, second.value, axis)


def _split(bare: str) -> tuple[str, str] | None:
    """Return the two halves of a position; a third and fourth number (height, accuracy) are left out."""
    for parts in (_SEPARATORS.split(bare.strip(",;")), _split_axes(bare), _split_blanks(bare)):
        if _PAIR <= len(parts) <= _MOST_PARTS and all(_read_angle(part) for part in parts[_PAIR:]):
            return parts[0], parts[1]
    return None


def _split_axes(bare: str) -> list[str]:
    """Cut before the second axis word where the words stand before the numbers, after the first where they follow."""
    found = list(_axis_words().finditer(bare))
    if len(found) != _PAIR:
        return []
    cut = found[1].start() if found[0].start() == 0 else found[0].end()
    return [bare[:cut].strip(), bare[cut:].strip()]


def _split_blanks(bare: str) -> list[str]:
    """Cut at blanks: two parts, or two sets of degrees and minutes (4, whole degrees) or with seconds (6)."""
    parts = bare.split()
    half = len(parts) // 2
    are_sets = len(parts) == 6 or (len(parts) == _MOST_PARTS and all("." not in parts[n] for n in (0, half)))  # noqa: PLR2004 - two times degrees, minutes, seconds
    if are_sets and all(_is_set(some) for some in (parts[:half], parts[half:])):
        return ["°".join((some[0], "′".join(some[1:]))) for some in (parts[:half], parts[half:])]
    return parts if len(parts) <= _MOST_PARTS and not (len(parts) > _PAIR and _PARTED.fullmatch(bare)) else []


def _is_set(some: list[str]) -> bool:
    whole = [part.lstrip("+-").isdecimal() for part in some[:-1]]
    return all(whole) and all(re.fullmatch(_NUMBER, part) and float(part) < _SIXTIETHS for part in some[1:])


def _plain(text: str) -> str:
    """Return a text with plain digits, small letters, single blanks, and ° ′ ″ for every way to write them."""
    text = _QUOTED.sub(lambda found: found[1] or "", text.strip())
    for mark, plain in _marks():
        text = text.replace(mark, plain)
    text = " ".join(unicodedata.normalize("NFKC", text).replace("\u2032\u2032", "\u2033").lower().split())
    text = text.replace("\u2212", "-")
    text = _LETTERS.sub(lambda found: f"{found[1]}°{found[2]}′" + (f"{found[3]}″" if found[3] else ""), text)
    return _LOOSE.sub(r"\1", re.sub(r"\s+([°′″])", r"\1", text))


@cache
def _marks() -> tuple[tuple[str, str], ...]:
    """Return every mark with the one it stands for; words that hold a mark (经度) and double marks come first."""
    words = load_words()
    axes = ((words.east, "e"), (words.north, "n"))
    named = [(word, plain) for marks, plain in axes for word in marks if any(one in word for one in words.degree)]
    lists = ((words.second, "\u2033"), (words.minute, "\u2032"), (words.degree, "°"))
    return (*named, *((mark, plain) for marks, plain in lists for mark in marks if mark != plain))


@cache
def _usual() -> re.Pattern[str]:
    """Return what nearly every text in degrees, minutes and seconds looks like; the others take the long way."""
    words = load_words()
    one = [
        "".join(re.escape(mark) for mark in marks if len(mark) == 1)
        for marks in (words.degree, words.minute, words.second)
    ]
    return re.compile(rf"(\d{{1,3}})[{one[0]}](\d{{1,2}})[{one[1]}](\d{{1,2}}(?:\.\d+)?)[{one[2]}]?", re.ASCII)


@cache
def _axes() -> dict[str, tuple[str, bool]]:
    """Return the axis of every word for one, and whether it means west or south."""
    words = load_words()
    lists = (
        (words.east, "lon", False),
        (words.west, "lon", True),
        (words.north, "lat", False),
        (words.south, "lat", True),
    )
    return {mark.lower(): (axis, negative) for marks, axis, negative in lists for mark in marks}  # fmt: skip


@cache
def _axis_words() -> re.Pattern[str]:
    longest = sorted(_axes(), key=len, reverse=True)
    return re.compile("(?:" + "|".join(map(re.escape, longest)) + ")[:=]?")


def _take_axis(plain: str) -> tuple[str, str, bool]:
    """Return a text without the words for its axis, the axis, and whether they turn it negative."""
    axis, negative = "", False
    for _ in range(_PAIR):
        found = _axis_words().match(plain) or next(
            (one for one in _axis_words().finditer(plain) if one.end() == len(plain)), None
        )
        if found is None:
            break
        said, turned = _axes()[found.group().rstrip(":=")]
        if axis and said != axis:
            return "", "", False
        axis, negative = said, negative or turned
        plain = (plain[found.end() :] if found.start() == 0 else plain[: found.start()]).strip()
    return plain, axis, negative

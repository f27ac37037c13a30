"""Days as people write them: which day a text says, and whether it can be read in more than one way. Pure.

Read are 2019-3-5, 2019.3.5, 2019/3/5日, 2019年3月5日, 二〇一九年三月五日, 20190305, 43529 (Excel), 31/12/2019; a time
or a weekday behind them is left out. 3/5/2019 and 03-05-19 have several readings: an order chooses one.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from geo.numerals import parse_number
from geo.schema.words import load_words

#: Orders in which year, month and day may stand.
ORDERS: Final = ("ymd", "dmy", "mdy")
_SERIALS: Final = (20_000, 80_000)
_SERIAL_ZERO: Final = date(1899, 12, 30)
_TIME: Final = re.compile(r"[T\s]*\d{1,2}:\d{2}(:\d{2})?([.,]\d+)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|[+-]\d{2}:?\d{2})?$")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{4})(\d\d)(\d\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_SHORT: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{1,2})|(\d\d)(\d\d)(\d\d)")
_NO_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})")
_NO_DAY: Final = re.compile(r"\d{4}[-/.]\d{1,2}|\d{4}")
#: Numbers that only white space or the mark of a list keeps apart: 2019 4 5, 2019、4、5.
_APART: Final = re.compile(r"(?<=\d)[\s、]+(?=\d)")
_CENTURY: Final = 100
#: A year of two digits lies at most so far ahead; else it is one of the last century.
_AHEAD: Final = 10


@lru_cache(maxsize=65_536)
def read_day(text: str, *, order: str, year: int | None, this_year: int) -> tuple[date | None, str]:
    """Return the day a text says, which is in half-width characters and not blank.

    Codes: W_DATE_IMPOSSIBLE, W_DATE_AMBIGUOUS (several readings and no `order`; no year in it and no `year`; no day).
    """
    number = re.fullmatch(r"(\d{5})(\.\d+)?", text)
    if number and _SERIALS[0] <= int(number[1]) <= _SERIALS[1]:
        return _SERIAL_ZERO + timedelta(days=int(number[1])), ""
    plain = _plain_day(text, this_year)
    if match := _YEAR_FIRST.fullmatch(plain):
        return _or_impossible(make_day(*(int(part) for part in match.groups() if part)))
    if match := _NO_YEAR.fullmatch(plain):
        if year is None:
            return None, "W_DATE_AMBIGUOUS"
        return _or_impossible(make_day(year, int(match[1]), int(match[2])))
    if _NO_DAY.fullmatch(plain):
        return None, "W_DATE_AMBIGUOUS"
    readings = _readings(plain, this_year)
    if len(set(readings.values())) == 1:
        return next(iter(readings.values())), ""
    if readings and not order:
        return None, "W_DATE_AMBIGUOUS"
    return _or_impossible(readings.get(order))


def find_orders(text: str, *, this_year: int) -> dict[str, date]:
    """Return what a text says in each order that makes a day of it; one day whose order is certain is given too."""
    return _readings(_plain_day(text, this_year), this_year)


def lacks_year(text: str, *, this_year: int) -> bool:
    """Say whether a text names month and day and no year."""
    return _NO_YEAR.fullmatch(_plain_day(text, this_year)) is not None


def make_day(year: int, month: int, day: int) -> date | None:
    """Return a day, or None when there is no such one."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _or_impossible(found: date | None) -> tuple[date | None, str]:
    return found, "" if found else "W_DATE_IMPOSSIBLE"


def _readings(plain: str, this_year: int) -> dict[str, date]:
    if match := _YEAR_LAST.fullmatch(plain):
        first, second, year = (int(part) for part in match.groups())
        found = {"dmy": make_day(year, second, first), "mdy": make_day(year, first, second)}
    elif match := _SHORT.fullmatch(plain):
        one, two, three = (int(part) for part in match.groups() if part)
        found = {
            "ymd": make_day(_full_year(one, this_year), two, three),
            "dmy": make_day(_full_year(three, this_year), two, one),
            "mdy": make_day(_full_year(three, this_year), one, two),
        }
    else:
        found = {}
    return {order: day for order, day in found.items() if day is not None}


def _full_year(short: int, this_year: int) -> int:
    year = this_year // _CENTURY * _CENTURY + short
    return year if year <= this_year + _AHEAD else year - _CENTURY


def _plain_day(text: str, this_year: int) -> str:
    """Return a day with ASCII digits and hyphens: time, weekday, brackets and Chinese marks are gone."""
    words = load_words()
    text = re.sub(r"\(.*?\)", "", text).strip()
    text = _TIME.sub("", text)
    for word in words.half_days:
        text = text.removesuffix(word).rstrip()
    text = _APART.sub("-", text)
    text = re.sub(r"\s+", "", text)
    for word in words.weekdays:
        text = re.sub(f"{word}.$", "", text)
    if words.month in text:
        year, _, rest = text.partition(words.year) if words.year in text else ("", "", text)
        month, _, day = rest.partition(words.month)
        if year:
            short = _year(year)
            year = str(_full_year(int(short), this_year)) if re.fullmatch(r"\d\d", short) else short
        return "-".join(part for part in (year, _numeral(month), _numeral(_cut_day(day))) if part)
    return _cut_day(text).rstrip("./-")


def _cut_day(text: str) -> str:
    """What follows the mark of the day is the time."""
    for mark in load_words().day:
        text = text.split(mark, 1)[0]
    return text


def _year(text: str) -> str:
    numerals = load_words().numerals
    return "".join(mark if mark.isdigit() else str(numerals.get(mark, mark)) for mark in text)


def _numeral(text: str) -> str:
    number = parse_number(text)
    return text if number is None else str(number)

"""Rules of single cells: what a cell of a workbook says, or the finding code of what is wrong with it. Pure.

Every rule returns (value, code): the code is empty when the cell is understood or says nothing, and a value that is
not understood is empty, never guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from geo.crs import read_angle
from geo.days import read_day
from geo.idnumbers import ID_LONG, check_id_number, hide_id_numbers
from geo.numerals import parse_number
from geo.schema.words import load_words
from geo.signs import UNSEEN, clean_name

#: What a reader gives for one cell.
Cell: TypeAlias = str | float | int | bool | date | datetime | time | timedelta | None

_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE]\+\d{1,3}|\d\.\d+[eE]\d{1,3}")
_CONTROL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{UNSEEN}\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: 张*, 张**, 张*明, 欧阳*: one or two signs of the name, asterisks, perhaps one more.
_MASKED = re.compile(r"\w{0,2}[*\uff0a]{1,3}\w?")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE_WITHIN = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_LANDLINE = re.compile(r"(0\d{2,3})?[2-9]\d{6,7}")
_PHONE_MARKS = re.compile(r"[\s\-()（）]")
_SPLIT = re.compile(r"[、，,；;/\n]+")
_ID_FORM = re.compile(r"\d{17}[\dX]")
#: Digits that a number cell keeps exactly.
EXACT_DIGITS: Final = 15
_LARGEST_SIZE: Final = 60
_FIRST_YEAR: Final = 1950


def to_text(cell: Cell) -> str:
    """Return a cell as text: whole numbers without a point, days as ISO text, nothing as ''."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 10**EXACT_DIGITS else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return str(cell)


def is_blank(text: str) -> bool:
    """Say whether a text is empty or a word for nothing (无, /, -)."""
    stripped = text.strip()
    return not stripped or stripped.lower() in load_words().blank


def parse_text(cell: Cell, *, longest: int) -> tuple[str, str]:
    """Return a text without control and unseen characters and outer white space; a text beyond `longest` is left empty.

    Codes: W_CONTROL_CHARS (taken out), W_TOO_LONG, W_FORMULA_TEXT (kept as text; exports defuse it), W_ID_HIDDEN (an ID
    number in it keeps its last four).
    """
    kept, code = _clean_text(cell, longest)
    hidden = hide_id_numbers(kept)
    return (kept, code) if hidden == kept else (hidden, code or "W_ID_HIDDEN")


def _clean_text(cell: Cell, longest: int) -> tuple[str, str]:
    if isinstance(cell, str) and cell.isprintable() and len(cell) <= longest and not cell.startswith(_FORMULA):
        stripped = cell.strip()
        return ("", "") if is_blank(stripped) else (stripped, "")
    text = to_text(cell)
    if is_blank(text):
        return "", ""
    cleaned = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = cleaned.strip()
    if len(kept) > longest:
        return "", "W_TOO_LONG"
    if (isinstance(cell, str) and text.startswith(_FORMULA)) or kept.startswith(_FORMULA):
        return kept, "W_FORMULA_TEXT" if isinstance(cell, str) else ""
    return kept, "W_CONTROL_CHARS" if _CONTROL.search(text) else ""


def parse_name(cell: Cell, *, longest: int) -> tuple[str, str]:
    """Return the name of a person, as `parse_text`; a masked one (张*, 张*明) says nothing. Code: also W_MASKED."""
    name, code = parse_text(cell, longest=longest)
    return ("", "W_MASKED") if _MASKED.fullmatch(name) else (name, code)


def parse_code(cell: Cell, *, longest: int) -> tuple[str, str]:
    """Return a household code: text, without white space and full-width forms.

    Codes: W_ID_SCIENTIFIC, W_ID_LOST_PRECISION, W_TOO_LONG (the code is empty), W_FORMULA_TEXT (kept as text),
    W_CONTROL_CHARS (taken out).
    """
    if isinstance(cell, str) and cell.isascii() and cell.isalnum() and len(cell) <= longest:
        return ("", "") if is_blank(cell) else (cell, "")
    if isinstance(cell, float) and abs(cell) >= 10**EXACT_DIGITS:
        return "", "W_ID_LOST_PRECISION"
    said = to_text(cell)
    text = clean_name(_CONTROL.sub("", said))
    if is_blank(text):
        return "", ""
    if _SCIENTIFIC.fullmatch(text):
        return "", "W_ID_SCIENTIFIC"
    if len(text) > longest:
        return "", "W_TOO_LONG"
    if text.startswith(_FORMULA):
        return text, "W_FORMULA_TEXT"
    return text, "W_CONTROL_CHARS" if _CONTROL.search(said) else ""


def parse_size(cell: Cell) -> tuple[int | None, str]:
    """Return the number of people (3, ３, 三, `3人`, `3口人`). Code: W_RANGE (not a whole number of 1 to 60)."""
    if isinstance(cell, float) and cell.is_integer():
        number: int | None = int(cell)
    else:
        text = clean_name(to_text(cell))
        if is_blank(text):
            return None, ""
        for unit in load_words().person:
            text = text.removesuffix(unit)
        number = parse_number(text.removesuffix(".0"))
    if number is None or not 1 <= number <= _LARGEST_SIZE:
        return None, "W_RANGE"
    return number, ""


def parse_phone(cell: Cell) -> tuple[str, str]:
    """Return a phone number's digits; of several the first, of a text (13800000000（儿子）) the mobile number in it.

    Code: W_PHONE (none that can be dialled, several, or words beside it).
    """
    if isinstance(cell, str) and cell.isascii() and _MOBILE.fullmatch(cell):
        return cell, ""
    text = unicodedata.normalize("NFKC", to_text(cell)).strip().removesuffix(".0")
    if _MOBILE.fullmatch(text) or is_blank(text):
        return ("" if is_blank(text) else text), ""
    found = [one for one in map(_phone_digits, _SPLIT.split(text)) if one]
    if len(found) == 1 and len(_SPLIT.split(text)) == 1:
        return found[0], ""
    found = found or _MOBILE_WITHIN.findall(text)
    return (found[0] if found else ""), "W_PHONE"


def _phone_digits(text: str) -> str:
    digits = _PHONE_MARKS.sub("", text).removeprefix("+86")
    if digits.startswith("86") and _MOBILE.fullmatch(digits[2:]):
        digits = digits[2:]
    return digits if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits) else ""


def parse_id_number(cell: Cell) -> tuple[str, str]:
    """Return an 18-character ID number whose check character and birthday hold (GB 11643); x becomes X.

    Codes: W_ID_SCIENTIFIC, W_ID_LOST_PRECISION (a number cell, or masked), W_ID_15, W_ID_CHECKSUM; W_NORMALISED for
    the 20 and 22 characters of a disability certificate, which begin with the ID number.
    """
    if isinstance(cell, str) and cell.isascii() and _ID_FORM.fullmatch(cell) and check_id_number(cell):
        return cell, ""
    if isinstance(cell, (float, int)) and not isinstance(cell, bool) and abs(cell) >= 10**EXACT_DIGITS:
        return "", "W_ID_LOST_PRECISION"
    text = clean_name(to_text(cell)).upper().replace("-", "").lstrip("'`’=").strip('"')
    if is_blank(text):
        return "", ""
    if _ID_FORM.fullmatch(text) and check_id_number(text):
        return text, ""
    if _SCIENTIFIC.fullmatch(clean_name(to_text(cell))):
        return "", "W_ID_SCIENTIFIC"
    if "*" in text or (len(text) == ID_LONG and text.endswith("000")):
        return "", "W_ID_LOST_PRECISION"
    if len(text) in _CERTIFICATE and _ID_FORM.fullmatch(text[:ID_LONG]) and check_id_number(text[:ID_LONG]):
        return text[:ID_LONG], "W_NORMALISED"
    return "", "W_ID_15" if len(text) == EXACT_DIGITS and text.isdecimal() else "W_ID_CHECKSUM"


_CERTIFICATE: Final = (20, 22)


def parse_degrees(cell: Cell) -> tuple[float | None, str]:
    """Return degrees (or metres) from a number, a text number, or degrees-minutes-seconds as written (109°9′3.6″).

    A duration is what a spreadsheet made of 109:11:30: its hours are degrees.

    Codes: W_COORD_MISSING for nothing or NaN, W_COORD_UNPARSEABLE.
    """
    if isinstance(cell, float):
        return (None, "W_COORD_MISSING") if math.isnan(cell) else (cell, "")
    if isinstance(cell, timedelta):
        return cell / timedelta(hours=1), ""
    if isinstance(cell, time):
        return cell.hour + cell.minute / 60 + (cell.second + cell.microsecond / 1e6) / 3600, ""
    text = to_text(cell).strip()
    if is_blank(text):
        return None, "W_COORD_MISSING"
    angle = read_angle(text)
    return (None, "W_COORD_UNPARSEABLE") if angle is None else (angle.value, "")


def parse_day(cell: Cell, today: date, *, order: str = "", year: int | None = None) -> tuple[date | None, str]:
    """Return the local day a cell says (`geo.days.read_day`).

    `order` (ymd, dmy, mdy) and `year` say how days with several readings, or without a year, are meant.
    Codes: W_DATE_IMPOSSIBLE, W_DATE_FUTURE (after `today`), W_DATE_AMBIGUOUS (day or year cannot be told).
    """
    if isinstance(cell, datetime):
        found: date | None = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        text = unicodedata.normalize("NFKC", to_text(cell)).strip()
        if is_blank(text):
            return None, ""
        found, code = read_day(text, order=order, year=year, this_year=today.year)
        if found is None:
            return None, code
    if found is None or found.year < _FIRST_YEAR:
        return None, "W_DATE_IMPOSSIBLE"
    return (None, "W_DATE_FUTURE") if found > today else (found, "")


def split_words(text: str) -> list[str]:
    """Return the words of a cell that lists several: 饮水、道路."""
    return [part.strip() for part in _SPLIT.split(text) if not is_blank(part)]

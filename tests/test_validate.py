"""Rules of single cells."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.idnumbers import check_id_number
from geo.validate import (
    parse_code,
    parse_day,
    parse_degrees,
    parse_id_number,
    parse_name,
    parse_phone,
    parse_size,
    parse_text,
)

TODAY = date(2019, 11, 20)


@pytest.mark.parametrize(
    "cell",
    ["2019-03-05", "2019-3-5", "2019.3.5", "2019/3/5", "2019年3月5日", "2019年03月05号", "20190305", 20190305.0, "43529", 43529.0,
     "二〇一九年三月五日", "二零一九年三月五日", "２０１９年３月５日", "2019-03-05 10:30:00", "2019-3-5（周二）",
     date(2019, 3, 5), datetime.fromisoformat("2019-03-05T09:30")],
)  # fmt: skip
def test_ways_of_writing_one_day(cell):
    """Each way of writing a day is read as that day."""
    assert parse_day(cell, TODAY) == (date(2019, 3, 5), "")


def test_day_last_is_read_where_only_one_reading_exists():
    """13/03/2019 and 03/13/2019 can only be 13 March."""
    assert [parse_day(cell, TODAY)[0] for cell in ("13/03/2019", "03/13/2019")] == [date(2019, 3, 13)] * 2


@pytest.mark.parametrize(
    ("cell", "code"),
    [("2019-02-30", "W_DATE_IMPOSSIBLE"), ("2019-13-01", "W_DATE_IMPOSSIBLE"), ("昨天", "W_DATE_IMPOSSIBLE"),
     ("2019-11-21", "W_DATE_FUTURE"), ("31/12/2199", "W_DATE_FUTURE"), ("3/5/2019", "W_DATE_AMBIGUOUS"),
     ("11月7日", "W_DATE_AMBIGUOUS"), ("2019年3月", "W_DATE_AMBIGUOUS"), ("19.3.5", "W_DATE_AMBIGUOUS"), ("", ""), ("无", "")],
)  # fmt: skip
def test_days_that_cannot_be_taken(cell, code):
    """Impossible, future and ambiguous days are empty with their code; nothing is nothing."""
    assert parse_day(cell, TODAY) == (None, code)


def test_today_is_no_future():
    """The configured day itself is accepted."""
    assert parse_day("2019-11-20", TODAY) == (TODAY, "")


@pytest.mark.parametrize(
    "unseen", list("\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff")
)
def test_characters_that_no_screen_shows_are_taken_out_of_every_text(unseen):
    """Names, notes and household codes lose them alike, also beside a control character, and each says so."""
    assert parse_name(f"王{unseen}一", longest=60) == ("王一", "W_CONTROL_CHARS")
    assert parse_text(f"李\x07二{unseen}", longest=60) == ("李二", "W_CONTROL_CHARS")
    assert parse_code(f"M{unseen}1", longest=60) == ("M1", "W_CONTROL_CHARS")
    assert parse_text(unseen, longest=60)[0] == ""


@given(st.dates(date(1990, 1, 1), date(2019, 11, 20)))
def test_every_day_is_read_in_every_form(day):
    """Any day up to today is read back from ISO text, Chinese text, digits and Excel's serial number."""
    serial = (day - date(1899, 12, 30)).days
    forms = [day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}", float(serial)]
    assert [parse_day(form, TODAY)[0] for form in forms] == [day] * 4


@pytest.mark.parametrize(
    ("cell", "code"),
    [("5.22201E+17", "W_ID_SCIENTIFIC"), (5.22201190002e17, "W_ID_LOST_PRECISION"), ("5222****0015", "W_ID_LOST_PRECISION"),
     ("522201190004040030", "W_ID_CHECKSUM"), ("522201900404003", "W_ID_15"), ("12345", "W_ID_CHECKSUM"), ("", "")],
)  # fmt: skip
def test_ruined_id_numbers_are_left_empty(cell, code):
    """What is lost or wrong stays empty with its code; digits are never made up."""
    assert parse_id_number(cell) == ("", code)


def test_good_id_numbers():
    """A lower-case x becomes X; of a disability certificate's 20 characters the first 18 are the number."""
    assert parse_id_number("52220119001018129x") == ("52220119001018129X", "")
    assert parse_id_number("52220119000202001543") == ("522201190002020015", "W_NORMALISED")


@given(st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_breaks_the_check(at, digit):
    """Changing any one digit of a good number is noticed."""
    good = "522201190002020015"
    assert check_id_number(good[:at] + digit + good[at + 1 :]) == (digit == good[at])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("3", (3, "")), (3.0, (3, "")), ("3人", (3, "")), ("３", (3, "")), ("三口人", (3, "")), ("", (None, "")), ("-3", (None, "W_RANGE")),
     (0.0, (None, "W_RANGE")), (3.5, (None, "W_RANGE")), ("约5人", (None, "W_RANGE")), (99.0, (None, "W_RANGE"))],
)  # fmt: skip
def test_household_sizes(cell, expected):
    """A number with a word for people is that number; what is no whole number of people stays empty."""
    assert parse_size(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(109.151, (109.151, "")), ("109.151", (109.151, "")), ("109°9′3.6″", (109.151, "")), ("东经109度9分3.6秒", (109.151, "")),
     ("109.151°E", (109.151, "")), ("-109.15", (-109.15, "")), ("", (None, "W_COORD_MISSING")), ("NaN", (None, "W_COORD_MISSING")),
     (float("nan"), (None, "W_COORD_MISSING")), ("某处", (None, "W_COORD_UNPARSEABLE")), ("109°75′", (None, "W_COORD_UNPARSEABLE"))],
)  # fmt: skip
def test_degrees(cell, expected):
    """Degrees are read as written, in decimals or in degrees, minutes and seconds."""
    value, code = parse_degrees(cell)
    assert (None if value is None else round(value, 6), code) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("19940380414", ("19940380414", "")), (19940380414.0, ("19940380414", "")), ("+86 199-4038-0414", ("19940380414", "")),
     ("0856-5221234", ("08565221234", "")), ("12345", ("", "W_PHONE")), ("19940380414/19952870702", ("19940380414", "W_PHONE")), ("无", ("", ""))],
)  # fmt: skip
def test_phones(cell, expected):
    """A number that can be dialled is kept as digits; of two the first, listed."""
    assert parse_phone(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("HP0001", ("HP0001", "")), (520602202203001.0, ("520602202203001", "")), ("００１", ("001", "")), (" A 1 ", ("A1", "")),
     ("5.2E+14", ("", "W_ID_SCIENTIFIC")), (5.2e17, ("", "W_ID_LOST_PRECISION")), ("/", ("", "")), ("x" * 61, ("", "W_TOO_LONG"))],
)  # fmt: skip
def test_household_codes(cell, expected):
    """A code stays text with its leading zeros; lost digits leave it empty."""
    assert parse_code(cell, longest=60) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("=1+1", ("=1+1", "W_FORMULA_TEXT")), ("\t=1+1", ("=1+1", "W_FORMULA_TEXT")), ("＝1+1", ("＝1+1", "W_FORMULA_TEXT")),
     ("@SUM(1)", ("@SUM(1)", "W_FORMULA_TEXT")), (-3.0, ("-3", "")), ("-", ("", "")), ("a\x07b", ("ab", "W_CONTROL_CHARS")),
     ("第一行\n第二行", ("第一行\n第二行", "")), ("x" * 61, ("", "W_TOO_LONG")), ("{{ 7*7 }}", ("{{ 7*7 }}", ""))],
)  # fmt: skip
def test_texts(cell, expected):
    """Text is kept as it is; what looks like a formula is listed, control characters go, too much is left empty."""
    assert parse_text(cell, longest=60) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("王测", ("王测", "")), ("王*", ("", "W_MASKED")), ("王**", ("", "W_MASKED")), ("王*明", ("", "W_MASKED")),
     ("欧阳＊", ("", "W_MASKED")), ("*b* _i_", ("*b* _i_", "")), ("=1*2", ("=1*2", "W_FORMULA_TEXT")), ("无", ("", ""))],
)  # fmt: skip
def test_a_masked_name_says_nothing(cell, expected):
    """A name that was masked with asterisks is left out and listed; other texts with an asterisk are names."""
    assert parse_name(cell, longest=60) == expected

"""Coordinates as people write them: one number with its marks, two numbers in one cell, and what is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import crs
from geo.crs.written import Angle, read_angle

DMS = 109 + 11 / 60 + 30 / 3600


@pytest.mark.parametrize(
    "text",
    ["109°11′30″", "109度11分30秒", "109-11-30", "109 11 30", "109:11:30", "109°11'30\"", "109º11’30”", "109˚11´30〃", "109° 11′ 30″", "109 度 11 分 30 秒",
     "109d11m30s", "109D11M30.0S", "１０９°１１′３０″", "１０９度１１分３０秒", "109°11′30", "109°11.5′", "109°11′30''", "109°11′30.000″", "+109°11′30″",
     "109°11'30", "109∘11`30``", "109⁰11′30˝"],
)  # fmt: skip
def test_degrees_minutes_seconds(text):
    """Each way of writing 109°11′30″ is that angle, without saying which axis."""
    assert crs.read_angle(text) == crs.Angle(pytest.approx(DMS), "")


@pytest.mark.parametrize(
    ("text", "value", "axis"),
    [("东经109°11′30″", DMS, "lon"), ("E109°11′30″", DMS, "lon"), ("109°11′30″E", DMS, "lon"), ("109°11'30\" E", DMS, "lon"), ("东经：109.19", 109.19, "lon"),
     ("109.19°E", 109.19, "lon"), ("经度109.19", 109.19, "lon"), ("经度：109.19°", 109.19, "lon"), ("lng:109.19", 109.19, "lon"), ("北纬27°43′12″", 27.72, "lat"),
     ("N27 43.200", 27.72, "lat"), ("27°43′12″N", 27.72, "lat"), ("纬度 27.72", 27.72, "lat"), ("27°43′12″S", -27.72, "lat"), ("南纬27.72", -27.72, "lat"),
     ("西经109°11′30″", -DMS, "lon"), ("W109.19", -109.19, "lon"), ("-109°11′30″", -DMS, ""), ("-27.72", -27.72, ""), ("109.1130", 109.113, ""),
     ("109°", 109.0, ""), ("３６５００１２３．４５", 36_500_123.45, ""), ("3,066,123.45", 3_066_123.45, ""), ("\u2212109.19", -109.19, "")],
)  # fmt: skip
def test_axes_signs_and_plain_numbers(text, value, axis):
    """Words and letters tell the axis, west and south are negative, and a number with a point is decimal, never minutes."""
    assert crs.read_angle(text) == crs.Angle(pytest.approx(value), axis)


@pytest.mark.parametrize(
    "text",
    ["", "村口", "109°60′00″", "109°11′60″", "109-61-30", "109.5°30′", "109.11.30", "2027-11-10", "27 43.2", "1e5", "3.06612E+06", "inf", "nan", "E27N", "N27E",
     "109,19", "--109", "109°11′30″ 27°43′12″", "109.19.", "1090°11′30″", "-109°11′30″W", "109°-11′30″"],
)  # fmt: skip
def test_what_is_no_angle(text):
    """Sixtieths beyond 59, dates, powers, contradictions and words are nothing, never a guess."""
    found = crs.read_angle(text)
    assert found is None or (text == "109.19." and found.value == 109.19)


PAIRS = [
    "109.19,27.72", "109.19 27.72", "109.19，27.72", "109.19、27.72", "109.19；27.72", "109.19/27.72", "109.19\t27.72", "109.19\n27.72", "(109.19, 27.72)",
    "（109.19，27.72）", "[109.19,27.72]", "POINT(109.19 27.72)", "POINT (109.19 27.72)", "POINT Z (109.19 27.72 300)", "SRID=4326;POINT(109.19 27.72)",
    "109.19,27.72,512", "109.19 27.72 512.3 4.5", "１０９．１９，２７．７２", "109.19 , 27.72", "109.19°，27.72°",
]  # fmt: skip


@pytest.mark.parametrize("text", PAIRS)
def test_two_numbers_in_one_cell(text):
    """Commas, blanks, brackets, WKT and a height behind: the two numbers come in the order written, no axis named."""
    assert crs.read_pair(text) == crs.Pair(109.19, 27.72, "")


@pytest.mark.parametrize(
    ("text", "first", "second", "axis"),
    [("27.72 109.19", 27.72, 109.19, ""), ("东经109°11′30″，北纬27°43′12″", DMS, 27.72, "lon"), ("东经109°11′30″北纬27°43′12″", DMS, 27.72, "lon"),
     ("北纬27.72 东经109.19", 27.72, 109.19, "lat"), ("N27°43′12″ E109°11′30″", 27.72, DMS, "lat"), ("27°43′12″N, 109°11′30″E", 27.72, DMS, "lat"),
     ("27°43′12″N109°11′30″E", 27.72, DMS, "lat"), ("109°11′30″ 27°43′12″", DMS, 27.72, ""), ("经度：109.19 纬度：27.72", 109.19, 27.72, "lon"),
     ('{"lng":109.19,"lat":27.72}', 109.19, 27.72, "lon"), ("lat=27.72, lng=109.19", 27.72, 109.19, "lat"), ("27 43 12 109 11 30", 27.72, DMS, ""),
     ("109-11-30,27-43-12", DMS, 27.72, ""), ("109-11-30 27-43-12", DMS, 27.72, ""), ("109 11.5 27 43.2", DMS, 27.72, ""), ("109.19E 27.72N", 109.19, 27.72, "lon"),
     ("36500123.4, 3066123.4", 36_500_123.4, 3_066_123.4, ""), ("-37.8, 175.3", -37.8, 175.3, "")],
)  # fmt: skip
def test_order_and_axes_of_pairs(text, first, second, axis):
    """The numbers stay in the order written; what the writing says of the first axis is told."""
    assert crs.read_pair(text) == crs.Pair(pytest.approx(first), pytest.approx(second), axis)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "村口",
        "109.19",
        "109 11 30",
        "109°11′30″",
        "109.19,",
        "N27.72,N109.19",
        "109.19,村口",
        "1,2,3,4,5",
        "109.19,27.72,高",
    ],
)
def test_what_is_no_pair(text):
    """One angle, two of one axis, too many numbers and words are no position."""
    assert crs.read_pair(text) is None


@given(
    st.integers(0, 179),
    st.integers(0, 59),
    st.integers(0, 59_999),
    st.sampled_from("°-: d度"),
    st.sampled_from(["", "E", "W"]),
)
def test_any_angle_is_read_back(degrees, minutes, milliseconds, style, side):
    """Whatever the style, an angle written to a thousandth of a second is read back to it."""
    marks = {"°": "°′″", "d": "dms", "度": "度分秒"}.get(style, style * 2 + "\0")
    text = f"{degrees}{marks[0]}{minutes:02d}{marks[1]}{milliseconds / 1000:06.3f}{marks[2]}".rstrip("\0") + side
    found = crs.read_angle(text)
    value = degrees + minutes / 60 + milliseconds / 3_600_000
    assert found == crs.Angle(pytest.approx(-value if side == "W" else value, abs=1e-9), "lon" if side else "")


def test_a_number_in_scientific_writing_is_read_while_it_tells_homes_apart():
    """1.0915123E+02 has five decimals and is read; 1.0905E+02 may be half a kilometre off and is nothing."""
    assert read_angle("1.0915123E+02") == Angle(109.15123)
    assert read_angle("2.7681234e1") == Angle(27.681234)
    assert [read_angle(one) for one in ("1.0905E+02", "1.09E+02", "1E+02", "1.0915123E+05", "1.0915123E-02")] == [
        None
    ] * 5

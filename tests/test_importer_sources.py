"""What a file and its user say of coordinates: declared sources, answers, `--crs`; cells that hold both numbers; odd points."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from geo.importer import undo_last
from geo.validate import parse_degrees
from tests import workbooks
from tests.homesteads import (
    CENTRES,
    HEADER,
    Home,
    bring,
    draw_outline,
    listed,
    located,
    mixed,
    off_m,
    open_copy,
    row,
    settle,
    stored,
    write_in,
)


@pytest.fixture
def register(empty_register: Path, tmp_path: Path) -> Any:
    """Return an empty register."""
    yield from open_copy(empty_register, tmp_path)


def test_five_systems_mixed_row_by_row(register):
    """Each declared source is judged by itself: all five are read, every moved row is listed, and no point is wrong."""
    homes, rows = mixed()
    report = bring(register, rows, header=[*HEADER, "坐标系"])
    assert {(one.label, one.how, one.reading) for one in report.points} == {
        ("WGS84", "plain", "wgs84"), ("GCJ-02", "applied", "gcj02"), ("BD-09", "applied", "bd09"), ("CGCS2000 3度带", "applied", "EPSG:4524"),
        ("高斯6度带 X北", "applied", "EPSG:4508"),
    }  # fmt: skip
    assert off_m(register, homes) < 0.05
    assert located(register, homes) >= 115
    told = {one.row for one in report.findings if one.code in ("W_CRS_GCJ02", "W_COORD_PROJECTED")}
    assert told == {nth + 1 for nth in range(120) if nth // 3 % 5}
    assert stored(register)["MX003"][3:] == ("gcj02", f"{rows[3][5]}, {rows[3][6]} (GCJ-02)")


def test_the_same_mixed_file_again_changes_nothing(register):
    """What the first import stored proves nothing about the very same numbers: the second reads them alike."""
    _, rows = mixed()
    bring(register, rows, header=[*HEADER, "坐标系"])
    before = workbooks.dump(register[0])
    again = bring(register, rows, header=[*HEADER, "坐标系"])
    assert (
        again.stored,
        again.changed,
        {key: one for key, one in again.changes.items() if one and not key.endswith("_same")},
    ) == (False, False, {})
    assert workbooks.dump(register[0]) == before


def test_undo_brings_back_points_systems_and_writings(register):
    """Taking the file back restores every column of the households as it was, points of an earlier file included."""
    homes, rows = mixed()
    bring(register, [row(home, homes[0].lon, homes[0].lat) for home in homes[:1]])
    without = ("import_batch", "import_row", "audit_log", "setting")
    before = workbooks.dump(register[0], without=without)
    bring(register, rows, header=[*HEADER, "坐标系"], name="b.csv")
    undo_last(*register)
    assert workbooks.dump(register[0], without=without) == before


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ([*HEADER, "坐标系"], ["GCJ-02"]), ([*HEADER, "坐标来源"], ["高德"]), ([*HEADER, "来源"], ["百度地图拾取"]), ([*HEADER, "备注"], ["坐标为高德定位"]),
        ([*HEADER[:5], "经度(GCJ-02)", "纬度(GCJ-02)"], []), ([*HEADER[:5], "经度（火星坐标）", "纬度（火星坐标）"], []), ([*HEADER, "坐标系"], ["bd09ll"]),
        ([*HEADER, "坐标系"], ["西安80"]), ([*HEADER, "坐标系统"], ["北京1954"]),
    ],
)  # fmt: skip
def test_a_name_without_proof_is_asked_about(register, header, cells):
    """A datum that the file names and nothing proves: nothing enters before somebody says which it is."""
    homes = settle(12)
    report = bring(register, [row(home, *write_in("gcj02", home), *cells) for home in homes], header=header)
    (question,) = report.questions
    assert (report.outcome, question.kind, question.blocking, question.rows) == ("ask", "points_crs", True, 12)
    assert question.code in report.codes
    assert workbooks.count(register[0], "household") == 0
    answered = bring(
        register,
        [row(home, *write_in("gcj02", home), *cells) for home in homes],
        header=header,
        answers={question.id: "gcj02"},
    )
    assert (answered.stored, off_m(register, homes) < 0.05, located(register, homes)) == (True, True, 12)


def test_an_answer_may_leave_points_as_they_stand(register):
    """不改 takes the numbers of that source as they are."""
    homes = settle(6)
    rows = [row(home, home.lon, home.lat, "高德") for home in homes]
    report = bring(register, rows, header=[*HEADER, "坐标来源"], answers={"points_crs:高德": "skip"})
    assert (report.outcome, off_m(register, homes) < 0.05) == ("accept", True)


def test_a_name_that_the_points_contradict_is_asked_about(register):
    """高德 over points that are WGS84 among their neighbours: the name is not proven, so somebody decides."""
    bring(register, [row(home, home.lon, home.lat) for home in settle(30, prefix="A")])
    homes = settle(30, seed=2)
    report = bring(
        register, [row(home, home.lon, home.lat, "高德") for home in homes], header=[*HEADER, "坐标来源"], name="b.csv"
    )
    assert (report.outcome, report.codes) == ("ask", ["W_CRS_GCJ02"])


def test_remarks_about_other_things_name_no_system(register):
    """A remark without a map service, and a source that is a person, change nothing."""
    homes = settle(12)
    rows = [row(home, home.lon, home.lat, "张三采集", "家有老人") for home in homes]
    report = bring(register, rows, header=[*HEADER, "坐标来源", "备注"])
    assert (report.outcome, report.points[0].label, report.points[0].named) == ("accept", "张三采集", "")


def test_a_declared_epsg_code_is_followed_where_it_fits(register):
    """EPSG:4524 under 坐标系 is read as that; EPSG:2193 there leads nowhere near and is asked about."""
    homes = settle(10)
    good = [row(home, *write_in("EPSG:4524", home), "EPSG:4524") for home in homes]
    assert bring(register, good, header=[*HEADER, "坐标系"]).points[0].reading == "EPSG:4524"
    bad = bring(register, [[*one[:-1], "EPSG:2193"] for one in good], header=[*HEADER, "坐标系"], name="b.csv")
    assert (bad.outcome, bad.codes) == ("ask", ["W_COORD_PROJECTED"])


@pytest.mark.parametrize(
    "system", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4524", "EPSG:4545", "EPSG:4508", "EPSG:32649", "EPSG:3857"]
)
def test_a_declared_system_needs_no_proof(register, system):
    """`--crs` reads the whole file so, three rows as well as a hundred, and lists nothing but what is wrong."""
    homes = settle(3)
    rows = [row(home, *write_in(system, home)) for home in homes]
    report = bring(register, rows, crs=system)
    assert (report.outcome, report.points[0].how, located(register, homes)) == ("accept", "declared", 3)
    assert off_m(register, homes) < 0.05
    assert {one[3] for one in stored(register).values()} == {system}


def test_a_declared_system_overrules_names_but_not_the_area(register):
    """Declared WGS84, rows called 高德 are read as they stand; a point in Beijing stays empty, zeros and words are listed."""
    homes = settle(5)
    rows = [row(home, home.lon, home.lat, "高德") for home in homes]
    rows[1][5:7], rows[2][5:7], rows[3][5:7] = (116.4, 39.9), (0, 0), ("村口", 27.68)
    report = bring(register, rows, header=[*HEADER, "坐标来源"], crs="wgs84")
    assert [(one.row, one.code) for one in report.findings] == [
        (3, "W_COORD_ZERO"),
        (4, "W_COORD_UNPARSEABLE"),
        (2, "W_COORD_OUT_OF_AREA"),
    ]
    assert located(register, homes) == 2


def test_the_page_asks_before_anything_is_applied(register):
    """In `ask` mode a proven reading is a question that suggests it; answered, it is applied; 不改 leaves rows empty."""
    homes = settle(6)
    rows = [row(home, *write_in("swapped", home)) for home in homes]
    asked = bring(register, rows, crs="ask")
    (question,) = [one for one in asked.questions if one.kind == "points_crs"]
    assert (asked.outcome, question.suggestion, question.id) == ("ask", "swapped", "points_crs")
    assert [one.value for one in question.options] == ["swapped", "skip"]
    assert len(asked.points[0].moves) == 6
    left = bring(register, rows, crs="ask", answers={"points_crs": "skip"}, dry_run=True)
    assert (left.outcome, len(listed(left, "W_COORD_SWAPPED"))) == ("accept_with_warnings", 6)
    bring(register, rows, crs="ask", answers={"points_crs": "swapped"})
    assert (located(register, homes), off_m(register, homes) < 0.05) == (6, True)


def test_one_column_is_read_row_by_row(register):
    """In one cell only one number can be a latitude: each row is put in order, and rows that had it first are listed."""
    homes = settle(8)
    texts = [
        "{x:.6f},{y:.6f}", "{y:.6f} {x:.6f}", "POINT({x:.6f} {y:.6f})", "（{y:.6f}，{x:.6f}）", "{x:.6f} {y:.6f} 512", "北纬{y:.6f} 东经{x:.6f}",
        "{x:.6f}；{y:.6f}", "{y:.6f},{x:.6f}",
    ]  # fmt: skip
    rows = [row(home, text.format(x=home.lon, y=home.lat)) for home, text in zip(homes, texts, strict=True)]
    report = bring(register, rows, header=[*HEADER[:5], "经纬度"])
    assert (report.outcome, listed(report, "W_NORMALISED")) == ("accept_with_warnings", [2, 4, 6, 8])
    assert off_m(register, homes) < 0.1
    assert located(register, homes) == 8
    assert stored(register)["MX001"][4] == rows[1][5]
    values = {(one["row"], one["field"]): one["value"] for one in report.values}
    assert (values[2, "经度"], values[2, "纬度"]) == pytest.approx((homes[1].lon, homes[1].lat), abs=1e-5)


def test_one_column_of_another_system(register):
    """Combined cells may be metres, or shifted where the file says so and neighbours prove it."""
    bring(register, [row(home, home.lon, home.lat) for home in settle(30, prefix="A")])
    homes = settle(12, seed=2)
    rows = [
        row(home, "{}, {}".format(*write_in("EPSG:4524", home)[:: 1 if nth % 2 else -1]))
        for nth, home in enumerate(homes)
    ]
    assert bring(register, rows, header=[*HEADER[:5], "坐标"], name="b.csv").points[0].reading == "EPSG:4524"
    assert (located(register, homes), off_m(register, homes) < 0.05) == (12, True)
    shifted = settle(30, seed=3, prefix="S")
    rows = [row(home, "{1} {0}".format(*write_in("gcj02", home)), "高德") for home in shifted]
    report = bring(register, rows, header=[*HEADER[:5], "坐标", "坐标来源"], name="c.csv")
    assert (report.points[0].reading, located(register, shifted) >= 24, off_m(register, shifted) < 0.05) == (
        "gcj02",
        True,
        True,
    )


@pytest.mark.parametrize(
    "cells",
    [("109°9′0″", "27°40′48″"), ("109度9分0秒", "27度40分48秒"), ("109-9-0", "27-40-48"), ("109 09 00", "27 40 48"), ("东经109°9′", "北纬27°40.8′"), ("109°9′E", "27°40′48″N"),
     ("１０９．１５", "２７．６８"), ("109.15°", "27.68°"), ("109:9:0", "27:40:48")],
)  # fmt: skip
def test_degrees_and_minutes_are_read_as_written(register, cells):
    """However degrees, minutes and seconds are written, the point is that, without a word about it."""
    report = bring(register, [row(settle(1)[0], *cells)])
    assert (report.outcome, stored(register)["MX000"][:2]) == ("accept", pytest.approx((109.15, 27.68), abs=1e-7))


def test_a_number_with_a_point_is_decimal(register):
    """109.1130 is no 109°11′30″."""
    bring(register, [row(settle(1)[0], "109.1130", "27.6800")])
    assert stored(register)["MX000"][0] == 109.113


def test_written_axes_count_more_than_the_column(register):
    """北纬 under 经度 is a latitude; twice the same axis is unreadable."""
    homes = settle(3)
    rows = [
        row(homes[0], "北纬27.68", "东经109.15"),
        row(homes[1], "N27.68", "N109.15"),
        row(homes[2], "W109.15", "27.68"),
    ]
    report = bring(register, rows)
    assert [(one.row, one.code) for one in report.findings] == [
        (2, "W_COORD_UNPARSEABLE"),
        (3, "W_COORD_OUT_OF_AREA"),
        (1, "W_NORMALISED"),
    ]
    assert stored(register)["MX000"][:2] == (109.15, 27.68)


def test_durations_of_a_spreadsheet_are_degrees():
    """109:09:00 typed into a sheet becomes a duration; its hours are the degrees."""
    assert parse_degrees(timedelta(hours=109, minutes=9)) == (109.15, "")
    assert parse_degrees(timedelta(hours=27, minutes=40, seconds=48))[0] == pytest.approx(27.68)


def test_many_households_on_one_point_are_listed(register):
    """Five households on exactly one point are listed and keep it; four may well share a house."""
    home = settle(1)[0]
    rows = [row(Home(f"MX{nth}", "一组", 0, 0), home.lon, home.lat) for nth in range(5)]
    rows += [row(Home(f"NX{nth}", "一组", 0, 0), home.lon + 0.001, home.lat) for nth in range(4)]
    report = bring(register, rows)
    assert (report.outcome, listed(report, "W_SAME_POINT")) == ("accept_with_warnings", [1, 2, 3, 4, 5])
    assert all(one[0] is not None for one in stored(register).values())


def test_points_outside_their_unit_are_listed(register):
    """A home of 一组 beyond its group's outline, one of 二组 beyond its village's, keep their points and are listed."""
    homes = settle(6)
    bring(register, [row(home, home.lon, home.lat) for home in homes])
    draw_outline(register, "一组", CENTRES[0])
    draw_outline(register, "孟溪村", CENTRES[1], 0.025)
    rows = [row(home, home.lon, home.lat) for home in settle(6, seed=2, prefix="B")]
    rows[0][5], rows[1][5] = CENTRES[0][0] + 0.01, CENTRES[1][0] + 0.03
    report = bring(register, rows, name="b.csv")
    assert listed(report, "W_NOT_IN_GROUP") == [1, 2]
    assert stored(register)["B000"][0] == pytest.approx(CENTRES[0][0] + 0.01)


def test_computed_outlines_are_no_evidence(register):
    """A 示意 outline neither lists a point nor bounds a reading."""
    homes = settle(6)
    bring(register, [row(home, home.lon, home.lat) for home in homes])
    draw_outline(register, "一组", (109.3, 27.6), computed=True)
    assert (
        bring(register, [row(home, home.lon, home.lat) for home in settle(6, seed=2, prefix="B")], name="b.csv").outcome
        == "accept"
    )


def test_the_outline_of_a_village_bounds_readings(register):
    """Swapped points that would lie in the district but outside their village's outline prove nothing."""
    draw_outline(register, "孟溪村", (109.3, 27.6))
    homes = settle(6)
    report = bring(register, [row(home, *write_in("swapped", home)) for home in homes])
    assert (report.points[0].how, located(register, homes)) == ("plain", 0)

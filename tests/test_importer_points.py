"""How the numbers of a coordinate column are understood: projections, orders, shifts; what proves them, what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import workbooks
from tests.homesteads import HEADER, Home, bring, listed, located, off_m, open_copy, row, settle, stored, write_in


@pytest.fixture
def register(empty_register: Path, tmp_path: Path) -> Any:
    """Return an empty register."""
    yield from open_copy(empty_register, tmp_path)


@pytest.mark.parametrize(
    "system", ["EPSG:4524", "EPSG:4545", "EPSG:4497", "EPSG:4508"], ids=["3-zone", "3", "6-zone", "6"]
)
@pytest.mark.parametrize("north_first", [False, True], ids=["x-east", "x-north"])
def test_metres_are_read_where_the_area_proves_them(register, system, north_first):
    """Gauss-Krüger metres of 3° and 6°, with zone and without, X east or north, become points, each row listed with both."""
    homes = settle(6)
    pairs = [write_in(system, home) for home in homes]
    rows = [row(home, *(pair[::-1] if north_first else pair)) for home, pair in zip(homes, pairs, strict=True)]
    report = bring(register, rows, header=[*HEADER[:5], "X坐标", "Y坐标"])
    assert (report.outcome, listed(report, "W_COORD_PROJECTED")) == ("accept_with_warnings", [1, 2, 3, 4, 5, 6])
    assert all("→" in one.value for one in report.findings if one.code == "W_COORD_PROJECTED")
    assert off_m(register, homes) < 0.05
    assert (located(register, homes), report.points[0].how) == (6, "applied")
    x, y = (rows[0][5], rows[0][6]) if not north_first else (rows[0][6], rows[0][5])
    assert stored(register)["MX000"][2:] == ("import", system, f"{x}, {y}")


def test_swapped_columns_are_turned_only_when_the_column_proves_it(register):
    """Eight swapped rows of ten are turned and listed; one in the right order stays, one that fits neither is left empty."""
    homes = settle(10)
    rows = [row(home, *write_in("swapped", home)) for home in homes]
    rows[8][5:], rows[9][5:] = [homes[8].lon, homes[8].lat], [39.9, 116.4]
    report = bring(register, rows)
    assert (listed(report, "W_COORD_SWAPPED"), listed(report, "W_COORD_OUT_OF_AREA")) == ([*range(1, 9)], [10])
    assert (report.points[0].reading, located(register, homes), off_m(register, homes) < 0.05) == ("swapped", 9, True)


@pytest.mark.parametrize(
    ("swapped", "right", "turned"),
    [(5, 0, True), (5, 1, True), (8, 2, True), (4, 0, False), (7, 3, False), (4, 1, False)],
)
def test_four_fifths_and_five_points_prove_a_reading(register, swapped, right, turned):
    """At least 80 % and at least 5 usable points must fit; below that they are left empty and listed, never turned."""
    homes = settle(swapped + right)
    rows = [row(home, *write_in("swapped" if nth < swapped else "wgs84", home)) for nth, home in enumerate(homes)]
    report = bring(register, rows)
    assert listed(report, "W_COORD_SWAPPED") == list(range(1, swapped + 1))
    assert located(register, homes) == (swapped + right if turned else right)
    assert off_m(register, homes) < 0.05


def test_one_spot_many_times_proves_nothing(register):
    """Ten households on one swapped point are one point: nothing is proven by it."""
    home = settle(1)[0]
    rows = [row(Home(f"MX{nth}", "一组", home.lon, home.lat), home.lat, home.lon) for nth in range(10)]
    report = bring(register, rows)
    assert (report.points[0].how, listed(report, "W_COORD_SWAPPED")) == ("plain", list(range(1, 11)))


def test_without_an_area_nothing_is_proven(register):
    """Where neither an outline nor a registered point is known, metres and swapped degrees are left empty and listed."""
    with register[0].write() as connection:
        connection.exec_driver_sql("UPDATE place SET code = '999999' WHERE parent IS NULL")
    homes = settle(12)
    rows = [row(home, *write_in("EPSG:4524" if nth % 2 else "swapped", home)) for nth, home in enumerate(homes)]
    report = bring(register, rows)
    assert located(register, homes) == 0
    assert (len(listed(report, "W_COORD_PROJECTED")), len(listed(report, "W_COORD_SWAPPED"))) == (6, 6)


def test_the_hull_of_registered_points_is_an_area_too(register):
    """In a district without an outline, the registered homes of the village say where metres can lead."""
    with register[0].write() as connection:
        connection.exec_driver_sql("UPDATE place SET code = '999999' WHERE parent IS NULL")
    bring(register, [row(home, home.lon, home.lat) for home in settle(6, prefix="A")], name="a.csv")
    homes = settle(6, seed=2)
    report = bring(register, [row(home, *write_in("EPSG:4545", home)) for home in homes], name="b.csv")
    assert (report.points[0].reading, located(register, homes)) == ("EPSG:4545", 6)
    assert off_m(register, homes) < 0.05


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_a_shift_is_taken_off_where_neighbours_prove_it(register, system):
    """Without a word in the file, points that lie nearer to the registered ones of their own group once shifted back are."""
    known, homes = settle(30, prefix="A"), settle(30, seed=2)
    bring(register, [row(home, home.lon, home.lat) for home in known])
    report = bring(register, [row(home, *write_in(system, home)) for home in homes], name="b.csv")
    source = report.points[0]
    assert (source.how, source.reading) == ("applied", system)
    assert len(listed(report, "W_CRS_GCJ02")) == 30
    assert located(register, homes) >= 24
    assert off_m(register, homes) < 0.05
    assert {stored(register)[home.code][3] for home in homes if stored(register)[home.code][0]} == {system}
    plain, shifted = (next(one for one in source.evidence if one.reading == key) for key in ("wgs84", system))
    assert (plain.distance_m or 0) > 3 * (shifted.distance_m or 0) > 0


def test_points_as_they_stand_stay_among_neighbours(register):
    """A WGS84 file beside registered WGS84 points of the same groups is taken as it stands, with nothing to list."""
    bring(register, [row(home, home.lon, home.lat) for home in settle(30, prefix="A")])
    homes = settle(30, seed=2)
    report = bring(register, [row(home, home.lon, home.lat) for home in homes], name="b.csv")
    assert (report.outcome, report.points[0].how, located(register, homes)) == ("accept", "plain", 30)


def test_a_shift_without_neighbours_or_name_is_not_seen(register):
    """Nothing tells a first file in GCJ-02 from one in WGS84: it is taken as it stands (docs/decisions)."""
    homes = settle(12)
    report = bring(register, [row(home, *write_in("gcj02", home)) for home in homes])
    assert (report.outcome, report.points[0].how) == ("accept", "plain")


def test_neighbours_of_another_group_prove_nothing(register):
    """Registered points of the other groups are no neighbours: a shift of this group is not proven by them."""
    known = [home for home in settle(30, prefix="A") if home.group != "一组"]
    bring(register, [row(home, home.lon, home.lat) for home in known])
    homes = [home for home in settle(30, seed=2) if home.group == "一组"]
    report = bring(register, [row(home, *write_in("gcj02", home)) for home in homes], name="b.csv")
    assert report.points[0].how == "plain"


def test_shifted_and_swapped_at_once(register):
    """Swapped columns of a shifted system are turned and shifted back, listed under both codes."""
    bring(register, [row(home, home.lon, home.lat) for home in settle(30, prefix="A")])
    homes = settle(30, seed=2)
    report = bring(register, [row(home, *write_in("gcj02", home)[::-1]) for home in homes], name="b.csv")
    assert report.points[0].reading == "swapped:gcj02"
    assert (off_m(register, homes) < 0.05, located(register, homes) >= 24) == (True, True)
    assert len(listed(report, "W_COORD_SWAPPED")) >= 24


def test_utm_is_told_from_six_degree_zones_by_neighbours(register):
    """UTM metres look like those of the 6° zone; neighbours a kilometre away prove which of them they are."""
    bring(register, [row(home, home.lon, home.lat) for home in settle(30, prefix="A")])
    homes = settle(12, seed=2)
    report = bring(register, [row(home, *write_in("EPSG:32649", home)) for home in homes], name="b.csv")
    assert (report.points[0].reading, off_m(register, homes) < 0.5) == ("EPSG:32649", True)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a register with 45 homes in three groups; only dry runs touch it."""
    register = workbooks.open_register(tmp_path_factory.mktemp("settled") / "r.sqlite")
    bring(register, [row(home, home.lon, home.lat) for home in settle(45, prefix="A", spread=0.0006)])
    yield register
    register[0].close()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    system=st.sampled_from(["wgs84", "gcj02", "bd09", "EPSG:4524", "EPSG:4508", "swapped"]),
    count=st.integers(1, 40),
)
def test_no_point_is_ever_understood_wrong(settled, seed, system, count):
    """Beside registered homes, a file of any size in any system gives each point within a metre of the truth, or none.

    Too small a file to prove a shift (fewer than 5 points) is the exception: it is taken as it stands.
    """
    homes = settle(count, seed=seed, spread=0.0006)
    report = bring(settled, [row(home, *write_in(system, home)) for home in homes], name="b.csv", dry_run=True)
    values = {(one["row"], one["field"]): one["value"] for one in report.values}
    found = [(values[nth, "经度"], values[nth, "纬度"]) for nth in range(1, count + 1)]
    known = [(point, home) for point, home in zip(found, homes, strict=True) if point[0] is not None]
    if system in ("gcj02", "bd09") and count < 5:
        assert report.points[0].how == "plain"
        return
    assert all(np.hypot(point[0] - home.lon, point[1] - home.lat) < 1e-5 for point, home in known)
    assert len(known) >= (0.8 * count if count >= 5 or system == "wgs84" else 0)

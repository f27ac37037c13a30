"""Gauss-Krüger metres: every zone of China against pyproj, zones before eastings, X that means north."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import crs

#: EPSG's CGCS2000 zones: 6° numbered, 6° plain, 3° numbered, 3° plain.
CODES = range(4491, 4555)


@pytest.mark.parametrize("code", CODES)
def test_a_zone_is_pyproj(code):
    """Each zone's number and meridian are EPSG's, and its metres become the degrees pyproj gives, both ways."""
    known = pyproj.CRS.from_epsg(code)
    zone = crs.zone_of(crs.epsg_system(code))
    assert zone is not None
    easting = next(one.value for one in known.coordinate_operation.params if one.name == "False easting")
    assert (zone.number, 500_000) == divmod(easting, 1_000_000)
    assert f"zone {zone.number}" in known.name if zone.number else f"CM {zone.meridian}E" in known.name
    lon, lat = zone.meridian + np.linspace(-1.4, 1.4, 9), np.linspace(20.0, 50.0, 9)
    ours = crs.metres_of(zone.meridian, lon, lat)
    theirs = pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(lon, lat)
    assert np.allclose((ours[0] + zone.number * 1e6, ours[1]), theirs, rtol=0, atol=1e-6)
    assert np.allclose(crs.degrees_of(zone.meridian, *ours), (lon, lat), rtol=0, atol=1e-11)


@given(st.floats(75.0, 134.9), st.floats(18.0, 53.5), st.sampled_from(["plain", "numbered"]), st.booleans())
def test_any_place_of_china_comes_back(lon, lat, form, north_first):
    """Metres of the place's own 3° zone, numbered or not, X east or X north, lead back to it within a millimetre."""
    number = int((lon + 1.5) // 3)
    east, north = crs.metres_of(number * 3, lon, lat)
    written = float(east) + (number * 1e6 if form == "numbered" else 0)
    pair = (float(north), written) if north_first else (written, float(north))
    found_east, found_north, turned = crs.orient(*pair)
    assert bool(turned) is north_first
    zone, rest = crs.split_zone(found_east)
    meridian = int(crs.meridian_of(zone)) if zone else number * 3
    assert np.allclose(crs.degrees_of(meridian, rest, found_north), (lon, lat), rtol=0, atol=1e-8)


@given(st.floats(73.7, 135.0), st.floats(18.0, 53.5))
def test_six_degree_zones_come_back(lon, lat):
    """Metres of the place's own 6° zone with its number lead back to it, and its number tells the zone's width."""
    number = int(lon // 6) + 1
    east, north = crs.metres_of(number * 6 - 3, lon, lat)
    zone, rest = crs.split_zone(east + number * 1e6)
    assert (int(zone), int(crs.meridian_of(zone))) == (number, number * 6 - 3)
    assert np.allclose(crs.degrees_of(number * 6 - 3, rest, north), (lon, lat), rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("pair", "known"),
    [((618_364.0, 3_065_772.0), True), ((36_618_364.0, 3_065_772.0), True), ((3_065_772.0, 19_322_000.0), True), ((109.2, 27.7), False),
     ((12_155_000.0, 3_212_000.0), False), ((24_500_000.0, 3_065_772.0), False), ((618_364.0, 618_364.0), False), ((3_065_772.0, 3_065_772.0), False),
     ((46_500_000.0, 3_065_772.0), False), ((0.0, 0.0), False), ((float("nan"), 3_065_772.0), False), ((-618_364.0, 3_065_772.0), False)],
)  # fmt: skip
def test_what_is_gauss_krueger_of_china(pair, known):
    """One easting and one northing of China are recognised; degrees, Web Mercator, zone 24 and nonsense are not."""
    east, north, _ = crs.orient(*pair)
    assert bool(np.isfinite(east)) is bool(np.isfinite(north)) is known


def test_zone_numbers_are_put_on_and_taken_off():
    """Eastings are read by a system with or without its number; those of another zone are not."""
    eastings = [618_364.0, 36_618_364.0, 37_618_364.0, np.nan]
    for code, expected in ((4524, 36_618_364.0), (4545, 618_364.0)):
        found = crs.fit_zone(crs.epsg_system(code), eastings)
        assert found[:2].tolist() == [expected, expected]
        assert np.isnan(found[2:]).all()
    assert crs.fit_zone(crs.epsg_system(4497), [19_322_000.0, 37_322_000.0])[1] == 19_322_000.0
    assert crs.fit_zone(crs.epsg_system(2193), [1_800_000.0]).tolist() == [1_800_000.0]


def test_systems_of_zones_have_their_codes():
    """A zone leads to its EPSG code; without a number the place tells 3° from 6°."""
    names = [
        crs.gauss_system(108, number=36), crs.gauss_system(111, number=19), crs.gauss_system(108), crs.gauss_system(111, lon=109.2),
        crs.gauss_system(111, lon=110.4),
    ]  # fmt: skip
    assert [one.name for one in names] == ["EPSG:4524", "EPSG:4497", "EPSG:4545", "EPSG:4508", "EPSG:4546"]


def test_zones_of_other_countries_are_none():
    """UTM and New Zealand's projection are no Gauss-Krüger zones of China; old Chinese datums are."""
    assert [crs.zone_of(crs.epsg_system(code)) for code in (32649, 2193, 4326, 3857)] == [None] * 4
    assert crs.zone_of(crs.epsg_system(2360)) == crs.Zone(108, 36)

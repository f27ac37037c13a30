"""Coordinate systems against independent packages, and their algebra: there and back is where one was."""

from __future__ import annotations

import eviltransform
import numpy as np
import prcoords
import pyproj
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo import crs
from geo.errors import Invalid

METRES = 111_320.0
#: Points well inside the rectangle of the shifts: the fold at its border is a test of its own.
LONS, LATS = st.floats(72.1, 137.7), st.floats(0.9, 55.7)
RNG = np.random.default_rng(20191120)
LON, LAT = RNG.uniform(73, 136, 3_000), RNG.uniform(3, 54, 3_000)


def off_m(one: crs.Pair, other: crs.Pair) -> float:
    """Return the largest distance between two lots of points (lon, lat), in metres at the equator's scale."""
    return float(max(np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in zip(one, other, strict=True))) * METRES


def by_package(function, lon, lat):
    """Return lon, lat of a package's function that takes and gives single lat, lon."""
    pairs = np.array([tuple(function(y, x)) for x, y in zip(lon, lat, strict=True)])
    return pairs[:, 1], pairs[:, 0]


@pytest.mark.parametrize(
    ("ours", "prc", "evil"),
    [
        (crs.gcj02_from_wgs84, prcoords.wgs_gcj, eviltransform.wgs2gcj),
        (crs.bd09_from_wgs84, prcoords.wgs_bd, eviltransform.wgs2bd),
        (crs.bd09_from_gcj02, prcoords.gcj_bd, eviltransform.gcj2bd),
    ],
    ids=["wgs-gcj", "wgs-bd", "gcj-bd"],
)
def test_forward_is_what_two_packages_say(ours, prc, evil):
    """Forward, prcoords agrees to a nanometre; eviltransform, which takes another half axis, to 3 cm."""
    found = ours(LON, LAT)
    assert off_m(found, by_package(lambda y, x: prc((y, x)), LON, LAT)) < 1e-6
    assert off_m(found, by_package(evil, LON, LAT)) < 0.03


@pytest.mark.parametrize(
    ("ours", "inverse", "prc", "evil"),
    [
        (crs.wgs84_from_gcj02, prcoords.gcj_wgs_bored, prcoords.wgs_gcj, eviltransform.wgs2gcj),
        (crs.wgs84_from_bd09, prcoords.bd_wgs_bored, prcoords.wgs_bd, eviltransform.wgs2bd),
        (crs.gcj02_from_bd09, prcoords.bd_gcj_bored, prcoords.gcj_bd, eviltransform.gcj2bd),
    ],
    ids=["gcj-wgs", "bd-wgs", "bd-gcj"],
)
def test_inverse_is_what_two_packages_say(ours, inverse, prc, evil):
    """Back, prcoords' own inverse agrees to 3 cm (where it stops); both packages' forward leads from our answer to where it came from."""
    found = ours(LON, LAT)
    assert off_m(found, by_package(lambda y, x: inverse((y, x)), LON, LAT)) < 0.03
    assert off_m((LON, LAT), by_package(lambda y, x: prc((y, x)), *found)) < 1e-6
    assert off_m((LON, LAT), by_package(evil, *found)) < 0.03


@given(LONS, LATS)
@example(109.2, 27.7)
@example(105.0, 35.0)
def test_there_and_back_is_exact(lon, lat):
    """Every shift undone gives the point again, to a hundredth of a millimetre (1e-10 degrees) at the worst."""
    for forward, back in (
        (crs.gcj02_from_wgs84, crs.wgs84_from_gcj02),
        (crs.bd09_from_wgs84, crs.wgs84_from_bd09),
        (crs.bd09_from_gcj02, crs.gcj02_from_bd09),
    ):
        assert off_m(back(*forward(lon, lat)), (lon, lat)) < 1e-5
        assert off_m(forward(*back(lon, lat)), (lon, lat)) < 1e-5


@given(LONS, LATS)
def test_bd09_goes_by_way_of_gcj02(lon, lat):
    """WGS84 to BD-09 is WGS84 to GCJ-02 to BD-09."""
    assert off_m(crs.bd09_from_wgs84(lon, lat), crs.bd09_from_gcj02(*crs.gcj02_from_wgs84(lon, lat))) < 1e-7


@given(LONS, LATS)
def test_shifts_are_of_the_size_the_field_knows(lon, lat):
    """A shift moves a point by less than 1.7 km in each direction: more would be a wrong formula."""
    for shift in (crs.gcj02_from_wgs84, crs.bd09_from_wgs84):
        east, north = shift(lon, lat)
        assert abs(east - lon) * np.cos(np.radians(lat)) * METRES < 1_700
        assert abs(north - lat) * METRES < 1_700


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(-74.0, 40.7), (2.35, 48.86), (139.7, 35.7), (175.3, -37.9), (151.2, -33.9), (100.0, -10.0), (180.0, 90.0), (0.0, 0.0),
     (72.0039, 30.0), (137.8348, 30.0), (100.0, 0.8292), (100.0, 55.8272)],
)  # fmt: skip
def test_outside_china_nothing_moves(lon, lat):
    """Outside the rectangle that every package calls China, all directions give the point itself."""
    assert not crs.in_china(lon, lat)
    for change in (crs.gcj02_from_wgs84, crs.wgs84_from_gcj02, crs.bd09_from_wgs84, crs.wgs84_from_bd09):
        assert tuple(map(float, change(lon, lat))) == (lon, lat)


def test_the_fold_at_the_border():
    """Where a shift leads out of the rectangle the point outside stays its own; all that stays inside comes back."""
    edge = np.concatenate([np.linspace(lo, lo + 0.02, 201) for lo in (72.004, 137.8147)])
    lat = np.full_like(edge, 30.0)
    shifted = crs.gcj02_from_wgs84(edge, lat)
    stays = crs.in_china(*shifted)
    assert 0 < (~stays).sum() < 100
    back = crs.wgs84_from_gcj02(*shifted)
    assert off_m((back[0][stays], back[1][stays]), (edge[stays], lat[stays])) < 1e-6
    assert (back[0][~stays] == shifted[0][~stays]).all()


def test_arrays_keep_their_shape_and_holes():
    """A column with holes comes back with the same holes, and nothing given is changed in place."""
    lon, lat = np.array([109.2, np.nan, 2.35]), np.array([27.7, 27.7, np.nan])
    before = lon.copy()
    east, north = crs.wgs84_from_bd09(lon, lat)
    assert (east.shape, np.isnan(east).tolist(), np.isnan(north).tolist()) == (
        (3,),
        [False, True, False],
        [False, False, True],
    )
    assert np.array_equal(lon, before, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "name"),
    [("wgs84", "wgs84"), ("WGS-84", "wgs84"), ("EPSG:4326", "wgs84"), ("cgcs2000", "cgcs2000"), ("epsg:4490", "cgcs2000"), ("GCJ-02", "gcj02"),
     ("gcj02", "gcj02"), ("BD09", "bd09"), ("bd-09", "bd09"), ("EPSG:4524", "EPSG:4524"), (" epsg: 2193", "EPSG:2193")],
)  # fmt: skip
def test_names_of_systems(text, name):
    """The four names and EPSG codes are known in their usual spellings."""
    assert crs.parse_system(text).name == name


@pytest.mark.parametrize(
    "text", ["", "auto", "mars", "EPSG:999999", "EPSG:5773", "EPSG:4978", "4326", "EPSG:4326;DROP"]
)
def test_what_is_no_system(text):
    """Anything else, an unknown code, a height and a geocentric system are refused by name."""
    with pytest.raises(Invalid) as refused:
        crs.parse_system(text)
    assert refused.value.key == "err.crs_unknown"


def test_cgcs2000_is_wgs84_to_the_digit():
    """CGCS2000 and WGS84 have the same numbers here, as degrees and under a projection."""
    assert crs.convert(109.2, 27.7, source=crs.CGCS2000, target=crs.WGS84) == (109.2, 27.7)
    assert (
        off_m(
            crs.to_wgs84(crs.epsg_system(4524), 36_618_364.0, 3_065_772.0), crs.degrees_of(108, 618_364.0, 3_065_772.0)
        )
        < 1e-6
    )


@pytest.mark.parametrize("code", [2193, 32649, 3857, 4524, 4508, 4167])
def test_other_systems_are_pyproj(code):
    """EPSG codes give what pyproj gives for x east, y north, both ways."""
    system = crs.epsg_system(code)
    area = pyproj.CRS.from_epsg(code).area_of_use
    lon = np.linspace(area.west + 1e-3, area.east - 1e-3, 7)
    lat = np.linspace(max(area.south, -80) + 1e-3, min(area.north, 80) - 1e-3, 7)
    base = 4490 if code in (4524, 4508) else 4326
    there = crs.from_wgs84(system, lon, lat)
    theirs = pyproj.Transformer.from_crs(base, code, always_xy=True).transform(lon, lat)
    assert np.allclose(there, theirs, rtol=0, atol=1e-6)
    assert off_m(crs.to_wgs84(system, *there), (lon, lat)) < 0.001


def test_old_chinese_datums_are_read_as_they_are_and_say_so():
    """Xi'an 1980 and Beijing 1954 keep their own degrees, and their systems say that the datum is not known."""
    for code, base in ((2360, 4610), (2412, 4214)):
        system = crs.epsg_system(code)
        own = pyproj.Transformer.from_crs(code, base, always_xy=True).transform(36_618_364.0, 3_065_772.0)
        assert off_m(crs.to_wgs84(system, 36_618_364.0, 3_065_772.0), own) < 1e-6
        assert (system.datum_is_known, system.is_metric) == (False, True)
    assert [crs.epsg_system(code).datum_is_known for code in (4524, 2193, 4326)] == [True, True, True]


def test_points_that_a_projection_does_not_have():
    """Metres from nowhere are not a number; no infinity comes out."""
    lon, lat = crs.to_wgs84(crs.epsg_system(4524), np.array([36_618_364.0, 1e30]), np.array([3_065_772.0, 1e30]))
    assert np.isfinite(lon).tolist() == np.isfinite(lat).tolist() == [True, False]


def test_definitions_of_files_are_recognised():
    """The .prj of an ESRI program is the code EPSG has for it; one that has no code keeps its own name and works."""
    esri = (
        'PROJCS["CGCS2000_3_Degree_GK_Zone_36",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
        'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
        'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{east}],PARAMETER["False_Northing",0.0],'
        'PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    assert crs.parse_definition(esri.format(east="36500000.0", meridian="108.0")).name == "EPSG:4524"
    own = crs.parse_definition(esri.format(east="500000.0", meridian="109.5").replace("Zone_36", "own"))
    assert (own.name, own.is_metric, own.datum_is_known) == ("CGCS2000_3_Degree_GK_own", True, True)
    assert (
        off_m(crs.to_wgs84(own, 500_000.0, 3_065_772.0), (109.5, crs.degrees_of(108, 500_000.0, 3_065_772.0)[1])) < 1e-6
    )
    old = esri.replace("D_China_2000", "D_Xian_1980").replace(
        "GCS_China_Geodetic_Coordinate_System_2000", "GCS_Xian_1980"
    )
    assert not crs.parse_definition(old.format(east="500000.0", meridian="109.5")).datum_is_known
    assert off_m(crs.to_wgs84(own, *crs.from_wgs84(own, 109.2, 27.7)), (109.2, 27.7)) < 1e-6
    with pytest.raises(Invalid):
        crs.parse_definition("GEOGCS[")

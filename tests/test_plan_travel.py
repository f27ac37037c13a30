"""Travel times: Tobler over a GeoTIFF, roads by tables and OpenStreetMap files, snapping and the walk at both ends."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from geo.cli import main
from geo.errors import Invalid
from geo.plan.network import Edge, build_network, travel_seconds
from geo.plan.stops import UNREACHABLE
from geo.plan.travel import Pace, Walk, measure_sphere, speed_on, tobler_kmh
from geo.ways.heights import read_heights
from geo.ways.roads import read_osm

DEGREE_M = math.radians(1) * 6_371_008.8
WALK = Walk(Pace(4.5, 1.0))


def write_tiff(path, values, west, north, step, *, epsg=4326, nodata=None, point=False):
    """A GeoTIFF of one band, its upper left corner (or first point) at west, north."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33550], tags.tagtype[33550] = (step, step, 0.0), 12
    tags[33922], tags.tagtype[33922] = (0.0, 0.0, 0.0, west, north, 0.0), 12
    projected = epsg not in (4326, 4490)
    keys = (
        1,
        1,
        0,
        3,
        1024,
        0,
        1,
        1 if projected else 2,
        1025,
        0,
        1,
        2 if point else 1,
        3072 if projected else 2048,
        0,
        1,
        epsg,
    )
    tags[34735], tags.tagtype[34735] = keys, 3
    if nodata is not None:
        tags[42113], tags.tagtype[42113] = str(nodata), 2
    Image.fromarray(values).save(path, tiffinfo=tags, compression="tiff_deflate")
    return path


def test_tobler_by_hand():
    """6 km/h at −5 %, 5.04 km/h on level ground, and slower the steeper, uphill and downhill."""
    found = tobler_kmh(np.array([-0.05, 0.0, 0.10, -0.10, 0.5]))
    assert found == pytest.approx(
        [6.0, 6 * math.exp(-0.175), 6 * math.exp(-0.525), 6 * math.exp(-0.175), 6 * math.exp(-1.925)]
    )


@pytest.mark.parametrize("detour", [1.0, 1.5])
def test_a_slope_of_ten_percent(tmp_path, detour):
    """A kilometre up a hill of 10 % and down again takes what the formula says, the way being detour times as long."""
    step = 0.0005
    rows = np.arange(60, dtype=np.float32)[:, None] * np.ones((1, 40), dtype=np.float32)
    values = (2_000 - rows * np.float32(step * DEGREE_M * 0.1)).astype(np.float32)
    heights = read_heights(write_tiff(tmp_path / "hill.tif", values, 109.0, 27.7, step))
    lat = np.array([27.7 - 0.02, 27.7 - 0.02 + 1_000 / DEGREE_M])
    lon = np.array([109.01, 109.01])
    assert np.diff(heights.at(lon, lat)) == pytest.approx([100.0], abs=0.1)
    found = Walk(Pace(4.5, detour), heights.at).matrix(lon, lat)
    for start, end, sign in ((0, 1, 1), (1, 0, -1)):
        slope = sign * 0.1 / detour
        expected = 1_000 * detour / (6 * math.exp(-3.5 * abs(slope + 0.05)) / 3.6)
        assert found[start, end] == pytest.approx(expected, rel=2e-3)


def test_ground_without_heights_is_level(tmp_path):
    """Cells without a value, and ground beyond the raster, are walked as level ground."""
    values = np.full((4, 4), -32_768, dtype=np.int16)
    values[0, 0] = 500
    heights = read_heights(write_tiff(tmp_path / "hole.tif", values, 109.0, 27.7, 0.01, nodata=-32_768))
    lon, lat = np.array([109.02, 109.02, 110.0]), np.array([27.68, 27.67, 27.0])
    assert np.isnan(heights.at(lon, lat)).all()
    found = Walk(Pace(4.5, 1.0), heights.at).matrix(lon, lat)
    metres = measure_sphere(lon, lat)
    assert found == pytest.approx(metres / (6 * math.exp(-0.175) / 3.6), abs=1)


def test_a_hole_in_a_slope_is_as_steep_as_what_is_around_it(tmp_path):
    """A kilometre up 10 % takes what the formula says although the cells half-way have no value."""
    step = 0.0005
    rows = np.arange(60, dtype=np.float32)[:, None] * np.ones((1, 40), dtype=np.float32)
    values = (2_000 - rows * np.float32(step * DEGREE_M * 0.1)).astype(np.float32)
    values[27:36] = -9_999
    heights = read_heights(write_tiff(tmp_path / "hole.tif", values, 109.0, 27.7, step, nodata=-9_999))
    lat = np.array([27.7 - 0.02, 27.7 - 0.02 + 1_000 / DEGREE_M])
    lon = np.array([109.01, 109.01])
    assert np.isnan(heights.at(lon[:1], lat.mean(keepdims=True))).all()
    found = Walk(Pace(4.5, 1.0), heights.at).matrix(lon, lat)
    for start, end, slope in ((0, 1, 0.1), (1, 0, -0.1)):
        assert found[start, end] == pytest.approx(1_000 / (6 * math.exp(-3.5 * abs(slope + 0.05)) / 3.6), rel=3e-3)


def test_a_wall_takes_long_but_not_for_ever():
    """Heights that leap by kilometres make a way of many days, never a number that is none."""
    walk = Walk(Pace(), lambda _lon, lat: np.where(np.abs(lat - 27.001) < 5e-4, 9_000.0, 0.0))
    found = walk.matrix(np.array([109.0, 109.0]), np.array([27.0, 27.002]))
    assert found[0, 1] == found[1, 0] == 10_000_000


def test_cells_and_projections(tmp_path):
    """A height is that of a cell's centre, or of its point; a raster in metres is read through its EPSG number."""
    values = np.array([[100, 200], [300, 400]], dtype=np.float32)
    area = read_heights(write_tiff(tmp_path / "area.tif", values, 109.0, 28.0, 0.1))
    point = read_heights(write_tiff(tmp_path / "point.tif", values, 109.0, 28.0, 0.1, point=True))
    one = np.array([0.05, 0.1, 0.15])
    assert area.at(109.0 + one, np.full(3, 27.95)) == pytest.approx([100, 150, 200])
    assert point.at(np.array([109.0, 109.1]), np.array([28.0, 27.9])) == pytest.approx([100, 400])
    metric = read_heights(write_tiff(tmp_path / "utm.tif", values, 400_000.0, 3_000_000.0, 1_000.0, epsg=32649))
    # The middle of UTM zone 49 is 111° E; 500 km east of its false origin.
    assert metric.crs == 32649
    assert np.isnan(metric.at(np.array([111.0]), np.array([27.0]))).all()
    assert np.isfinite(metric.at(np.array([110.0]), np.array([27.1117]))).all()


@pytest.mark.parametrize("name", ["absent.tif", "text.tif", "plain.tif", "colour.tif"])
def test_what_is_no_elevation(tmp_path, name):
    """A file that is no raster, has no place on earth or several bands is refused."""
    (tmp_path / "text.tif").write_text("hello", encoding="utf-8")
    Image.fromarray(np.zeros((2, 2), dtype=np.float32)).save(tmp_path / "plain.tif")
    Image.new("RGB", (2, 2)).save(tmp_path / "colour.tif")
    with pytest.raises(Invalid):
        read_heights(tmp_path / name)


def make_roads(**more):
    """Three nodes 1 km apart on a meridian, and one alone 50 km away."""
    step = 1_000 / DEGREE_M
    nodes = [(name, 109.0, 27.7 + nth * step, math.nan) for nth, name in enumerate("abc")] + [
        ("z", 109.5, 27.7, math.nan)
    ]
    edges = [Edge("a", "b", 1_200.0, **more), Edge("b", "c", 1_300.0, highway="track")]
    return build_network(nodes, edges)


def test_roads_snap_and_walk():
    """Time is the walk to the nearest node, the road, and the walk from it; who is far from any road has no way."""
    step = 1_000 / DEGREE_M
    lon = np.array([109.0, 109.0 + 0.001, 109.0, 109.4])
    lat = np.array([27.7, 27.7 + 2 * step, 27.7 + 2 * step, 27.7])
    seconds, off_m = travel_seconds(make_roads(), lon, lat, travel="walk", walk=WALK)
    off = float(measure_sphere(lon[1:3], lat[1:3])[0, 1])
    assert off_m[:3] == pytest.approx([0, off, 0], rel=1e-3, abs=1e-3)
    assert seconds[0, 2] == 2_000
    assert seconds[0, 1] == pytest.approx((2_500 + off) / 1.25, abs=1)
    assert seconds[1, 2] == pytest.approx(off / 1.25, abs=1)
    assert (seconds[3, :3] == UNREACHABLE).all()
    assert (seconds[:3, 3] == UNREACHABLE).all()


def test_roads_by_way_of_moving():
    """A car is slower on a track and has no way on a path; a one-way road is one-way for it and not on foot."""
    step = 1_000 / DEGREE_M
    lon, lat = np.array([109.0, 109.0]), np.array([27.7, 27.7 + 2 * step])
    car = travel_seconds(make_roads(speed_kmh=36.0), lon, lat, travel="car", walk=WALK)[0]
    assert car[0, 1] == car[1, 0] == round(1_200 / 10 + 1_300 / (10 / 3.6))
    steps = build_network([("a", 109.0, 27.7, 0), ("b", 109.0, 27.71, 0), ("c", 109.0, 27.72, 0)],
                          [Edge("a", "b", 1_000, highway="steps"), Edge("b", "c", 1_000, highway="residential")])  # fmt: skip
    there = travel_seconds(steps, np.array([109.0, 109.0]), np.array([27.7, 27.72]), travel="car", walk=WALK)[0]
    assert there[0, 1] == pytest.approx(0.01 * DEGREE_M / 1.25 + 1_000 / (20 / 3.6), abs=1)
    assert speed_on("motorway", "walk") is None
    assert speed_on("primary_link", "car") == speed_on("primary", "car")
    ring = [Edge("a", "b", 1_000, oneway=True), Edge("b", "c", 1_000, oneway=True), Edge("c", "a", 5_000, oneway=True)]
    places = [(name, 109.0, 27.7 + nth * step, 0.0) for nth, name in enumerate("abc")]
    around = build_network(places, ring)
    for travel, expected in (("car", (2_000 / (25 / 3.6), 5_000 / (25 / 3.6))), ("walk", (1_600, 1_600))):
        found = travel_seconds(around, lon, lat, travel=travel, walk=WALK)[0]
        assert (found[0, 1], found[1, 0]) == pytest.approx(expected, abs=1)


OSM = """<?xml version='1.0'?><osm version='0.6'>
<node id='1' lat='27.70' lon='109.0' version='1'/><node id='2' lat='27.71' lon='109.0' version='1'/>
<node id='3' lat='27.72' lon='109.0' version='1'/><node id='4' lat='27.72' lon='109.1' version='1'/>
<way id='1' version='1'><nd ref='1'/><nd ref='2'/><nd ref='3'/><tag k='highway' v='residential'/></way>
<way id='2' version='1'><nd ref='4'/><nd ref='3'/><tag k='highway' v='primary'/><tag k='oneway' v='-1'/></way>
<way id='3' version='1'><nd ref='1'/><nd ref='4'/><tag k='power' v='line'/></way></osm>"""


def field(number: int, value) -> bytes:
    """A field of a protocol buffer: a number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def zigzag(values) -> bytes:
    """Differences of numbers, signs folded in, packed."""
    before, out = 0, b""
    for value in values:
        step = value - before
        out += varint(step * 2 if step >= 0 else -step * 2 - 1)
        before = value
    return out


def make_pbf() -> bytes:
    """The first way of the XML above, and its nodes, in OpenStreetMap's binary form."""
    strings = field(1, b"") + field(1, b"highway") + field(1, b"residential")
    nodes = field(1, zigzag([1, 2, 3])) + field(8, zigzag([277_000_000, 277_100_000, 277_200_000]))
    nodes += field(9, zigzag([1_090_000_000] * 3))
    way = field(1, 1) + field(2, varint(1)) + field(3, varint(2)) + field(8, zigzag([1, 2, 3]))
    block = field(1, strings) + field(2, field(2, nodes)) + field(2, field(3, way))
    out = b""
    for kind, raw in ((b"OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")), (b"OSMData", block)):
        blob = field(1, raw) + field(2, len(raw))
        head = field(1, kind) + field(3, len(blob))
        out += struct.pack(">I", len(head)) + head + blob
    return out


def test_openstreetmap_files(tmp_path):
    """Roads of an extract are cut at every bend, only what has a highway counts, and one-way holds for wheels."""
    (tmp_path / "a.osm").write_text(OSM, encoding="utf-8")
    network = read_osm(tmp_path / "a.osm")
    assert len(network.ids) == 4
    assert sorted(edge.highway for edge in network.edges) == ["primary", "residential", "residential"]
    assert [edge.oneway for edge in network.edges] == [False, False, True]
    assert network.edges[2].end == "109.1000000 27.7200000"
    assert network.edges[0].length_m == pytest.approx(0.01 * DEGREE_M, rel=1e-6)
    (tmp_path / "a.osm.pbf").write_bytes(make_pbf())
    binary = read_osm(tmp_path / "a.osm.pbf")
    assert [(edge.start, edge.end, edge.highway) for edge in binary.edges] == [
        (edge.start, edge.end, edge.highway) for edge in network.edges[:2]
    ]


@pytest.mark.parametrize("text", ["hello", "<osm version='0.6'></osm>", "OSMHeader"])
def test_what_is_no_road_file(tmp_path, text):
    """A file that is no extract, or holds no road, is refused."""
    (tmp_path / "a.osm.pbf").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid):
        read_osm(tmp_path / "a.osm.pbf")


def test_plans_by_roads_and_slopes(tmp_path, capsys):
    """The command plans by a road network, an extract and an elevation, each with its own times."""
    (tmp_path / "stops.csv").write_text(
        "id,lon,lat,service_s\no,109,27.7,0\na,109,27.71,60\nb,109,27.72,60\n", encoding="utf-8"
    )
    (tmp_path / "a.osm").write_text(OSM, encoding="utf-8")
    values = np.full((50, 50), 800, dtype=np.int16)
    write_tiff(tmp_path / "h.tif", values, 108.99, 27.73, 0.001)
    metres = 0.02 * DEGREE_M * 2
    for options, expected in (
        (["--roads", tmp_path / "a.osm"], metres / 1.25),
        (["--roads", tmp_path / "a.osm", "--travel", "car"], metres / (20 / 3.6)),
        (["--elevation", tmp_path / "h.tif", "--detour", 1], metres / (6 * math.exp(-0.175) / 3.6)),
    ):
        line = ["plan", "--stops", tmp_path / "stops.csv", "--day-seconds", 9_000, "--effort", 0.01, "--json", *options]
        assert main([str(one) for one in line]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["travel_s"] == pytest.approx(expected, abs=4)
        assert found["team_days"] == 1
    half = ["plan", "--stops", tmp_path / "stops.csv", "--day-seconds", 9_000, "--nodes", tmp_path / "stops.csv"]
    assert main([str(one) for one in half]) == 1
    assert "--edges" in capsys.readouterr().err

"""The user's own roads and heights: kept with the database, and what plans of a round make of them."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from geo.backup import write_backup
from geo.cli import main
from geo.errors import Invalid
from geo.plan.stops import UNREACHABLE
from geo.plan.travel import Pace, Walk, distance_m, measure_sphere
from geo.planning import Order, default_setup, list_tasks, plan_places
from geo.store.create import open_database
from geo.store.rounds import current_round
from geo.store.ways import WayFiles, drop_ways, list_ways, read_way_files
from geo.ways.apart import fetch_ways
from geo.ways.heights import read_heights
from geo.ways.kept import keep_ways
from geo.ways.legs import measure_legs
from geo.ways.packed import read_packed_heights, read_packed_network
from geo.ways.roads import read_osm
from tests.test_plan_travel import OSM, make_pbf, write_tiff
from tests.world import PLANNER

STEP_M, SPEED_KMH = 1_500.0, 54.0
SETUP = default_setup().with_all(start=(108.999, 27.5995))
STEP_S = STEP_M / (SPEED_KMH / 3.6)


@pytest.fixture
def task(world):
    """What is to be visited in v1: its homes lie on a line that goes east by 0.001° and north by 0.0005° a home."""
    return list_tasks(world, PLANNER, round_=current_round(world, PLANNER), place_id="v1", setup=SETUP)[0]


def make_tables(folder, task):
    """A road from the start point along the homes, 1.5 km between two, driven at 54 km/h."""
    points = list(zip(task.lon, task.lat, strict=True))
    nodes = "".join(f"n{nth},{lon:.9f},{lat:.9f}\n" for nth, (lon, lat) in enumerate(points))
    edges = "".join(f"n{nth},n{nth + 1},{STEP_M},{SPEED_KMH}\n" for nth in range(len(points) - 1))
    (folder / "nodes.csv").write_text("id,lon,lat\n" + nodes, encoding="utf-8")
    (folder / "edges.csv").write_text("from,to,length_m,speed_kmh\n" + edges, encoding="utf-8")
    return folder / "nodes.csv", folder / "edges.csv"


def read(**paths):
    return {kind: (path.name, path.read_bytes()) for kind, path in paths.items()}


def expect(task):
    """Seconds along the road, or on foot over land where homes are near and that is quicker."""
    count = len(task.lon)
    apart = measure_sphere(task.lon, task.lat)
    road = STEP_S * np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    return np.rint(np.minimum(road, np.where(apart <= 1_000, Pace(4.5, 1.3).seconds(apart), np.inf)))


def test_a_round_is_planned_by_the_roads_that_are_kept(tmp_path, world, task):
    """Kept tables make the seconds of plans that ask for roads, in worker processes too, and of no other plan."""
    nodes, edges = make_tables(tmp_path, task)
    straight = task.measure()
    keep_ways(world, PLANNER, files=read(nodes=nodes, edges=edges))
    assert list_ways(world) == {"nodes": "nodes.csv", "edges": "edges.csv"}
    setup = SETUP.with_all(ways="roads", travel="car")
    round_ = current_round(world, PLANNER)
    asked = list_tasks(world, PLANNER, round_=round_, place_id="v1", setup=setup)[0]
    assert (asked.measure() == expect(task)).all()
    usual = list_tasks(world, PLANNER, round_=round_, place_id="v1", setup=SETUP)[0]
    assert (usual.measure() == straight).all()
    order = Order(effort=0.01, workers=2)
    village = plan_places(world, PLANNER, round_id=round_.id, place_id="t1", setup=setup, order=order).villages[0]
    nth = {"": 0} | {row.household: at for at, row in enumerate(asked.rows, start=1)}
    for one in village.team_days:
        path = [0, *(nth[stop.household] for stop in one.stops), 0]
        assert one.travel_s == sum(expect(task)[a, b] for a, b in pairwise(path))
    drop_ways(world, PLANNER, kinds=("nodes", "edges"))
    with pytest.raises(Invalid):
        list_tasks(world, PLANNER, round_=round_, place_id="v1", setup=setup)[0].measure()


def test_homes_that_no_road_reaches_are_named(tmp_path, world, capsys):
    """Roads elsewhere reach nobody: every home is named as unreachable, and the command takes roads for one plan."""
    (tmp_path / "a.osm").write_text(OSM.replace("109.", "111."), encoding="utf-8")
    world.close()
    line = ["plan", "--db", world.path, "--place", "v1", "--days", 2, "--roads", tmp_path / "a.osm", "--travel", "motorcycle",
            "--effort", 0.02, "--json"]  # fmt: skip
    assert main([str(one) for one in line]) == 0
    village = json.loads(capsys.readouterr().out)["villages"][0]
    assert village["team_days"] == []
    assert {one["reason"] for one in village["unserved"]} <= {"unreachable", "unlocated"}
    assert {"reason": "unreachable"}.items() <= village["unserved"][0].items()


def test_speed_and_detour_are_taken_for_a_round(world, capsys):
    """Typed speed and detour hold for a plan of a round: three times both changes nothing but roundings."""
    world.close()
    travel = []
    for more in (["--detour", 1], ["--detour", 3, "--travel", "motorcycle", "--speed-kmh", 13.5]):
        line = ["plan", "--db", world.path, "--place", "v1", "--days", 1, "--effort", 0.01, "--json", *more]
        assert main([str(one) for one in line]) == 0
        travel.append(json.loads(capsys.readouterr().out)["travel_s"])
    assert travel[1] == pytest.approx(travel[0], rel=0.01)


def test_up_to_the_road_and_down_again(tmp_path):
    """With heights people walk to and from the road by Tobler: down a hill of 30 % is quicker than up."""
    step = 0.0005
    rows = np.arange(80, dtype=np.float32)[:, None] * np.ones((1, 80), dtype=np.float32)
    slope = 0.3
    values = (2_000 - rows * np.float32(math.radians(step) * 6_371_008.8 * slope)).astype(np.float32)
    hill = write_tiff(tmp_path / "hill.tif", values, 108.98, 27.73, step)
    (tmp_path / "nodes.csv").write_text("id,lon,lat\na,109,27.70\nb,109.015,27.70\n", encoding="utf-8")
    (tmp_path / "edges.csv").write_text("from,to,length_m\na,b,3000\n", encoding="utf-8")
    lon, lat = np.array([109.0, 109.0]), np.array([27.70, 27.715])
    files = WayFiles(nodes=tmp_path / "nodes.csv", edges=tmp_path / "edges.csv", elevation=hill)
    seconds = measure_legs(files, lon, lat, ways="roads", travel="car", pace=Pace(4.5, 1.0))
    metres = float(distance_m(lon[:1], lat[:1], lon[1:], lat[1:])[0])
    assert seconds[0, 1] == pytest.approx(metres / (6 * math.exp(-3.5 * (slope + 0.05)) / 3.6), rel=5e-3)
    assert seconds[1, 0] == pytest.approx(metres / (6 * math.exp(-3.5 * (slope - 0.05)) / 3.6), rel=5e-3)
    slopes = measure_legs(files, lon, lat, ways="slopes", travel="walk", pace=Pace(4.5, 1.0))
    assert (slopes == Walk(Pace(4.5, 1.0), read_heights(hill).at).matrix(lon, lat)).all()
    for wrong in ({"ways": "slopes", "travel": "car"}, {"ways": "roads", "travel": "car", "files": WayFiles()}):
        with pytest.raises(Invalid):
            measure_legs(**{"files": files, "lon": lon, "lat": lat, "pace": Pace(4.5, 1.0)} | wrong)


def test_a_file_that_was_replaced_is_read_anew(tmp_path):
    """The same path with other roads gives other seconds, although a table was made from it before."""
    lon, lat = np.array([109.0, 109.0]), np.array([27.7, 27.72])
    path = tmp_path / "a.osm"
    made = []
    for text in (OSM, OSM.replace("residential", "primary")):
        path.write_text(text, encoding="utf-8")
        made.append(measure_legs(WayFiles(roads=path), lon, lat, ways="roads", travel="car", pace=Pace(4.5, 1.3)))
    assert made[1][0, 1] < made[0][0, 1] != UNREACHABLE


def test_only_what_can_be_read_is_kept(tmp_path, world, task, capsys):
    """The command keeps, lists and drops; what is no raster or no roads is refused; backups hold the files."""
    nodes, edges = make_tables(tmp_path, task)
    (tmp_path / "text.tif").write_text("hello", encoding="utf-8")
    (tmp_path / "a.osm").write_text(OSM, encoding="utf-8")
    height = write_tiff(tmp_path / "h.tif", np.full((5, 5), 800, dtype=np.int16), 109.0, 27.7, 0.01)
    for wrong in ({"elevation": ("x", b"hello")}, read(nodes=nodes), {"maps": ("a", b"")},
                  {"elevation": ("", b"")}, {"roads": ("a.osm.pbf", make_pbf()[:-5])}):  # fmt: skip
        with pytest.raises(Invalid):
            keep_ways(world, PLANNER, files=wrong)
    assert list_ways(world) == {}

    def run(*options):
        assert main([str(one) for one in ("ways", "--db", world.path, "--json", *options)]) == 0
        return json.loads(capsys.readouterr().out)

    assert run("--nodes", nodes, "--edges", edges) == {"nodes": "nodes.csv", "edges": "edges.csv"}
    assert run("--roads", tmp_path / "a.osm", "--elevation", height) == {"roads": "a.osm", "elevation": "h.tif"}
    target = tmp_path / "copy.sqlite"
    write_backup(world, PLANNER, target=target)
    copy = open_database(target)
    assert read_packed_heights(read_way_files(copy).elevation).metres.shape == (5, 5)
    assert read_way_files(copy).elevation != read_way_files(world).elevation
    copy.close()
    kept, given = read_packed_network(read_way_files(world).roads), read_osm(tmp_path / "a.osm")
    assert (kept.graph != given.graph).nnz == 0
    assert [replace(one, start="", end="") for one in kept.edges] == [
        replace(one, start="", end="") for one in given.edges
    ]
    assert run("--drop", "roads", "--drop", "elevation") == {}
    assert main(["ways", "--db", str(world.path), "--elevation", str(tmp_path / "text.tif")]) == 1
    assert main(["ways", "--db", str(world.path)]) == 0
    assert "直线" in capsys.readouterr().out


def test_hostile_files_are_refused_in_words(tmp_path):
    """Claims of too many cells, bombs, places that are none, cut and spoilt files: each is refused by its own key, read
    by itself or over there, where one that would take all memory ends its process and nothing else.
    """  # noqa: D205 - one sentence
    values = np.full((50, 50), 800, dtype=np.int16)
    good = write_tiff(tmp_path / "good.tif", values, 109.0, 27.7, 0.01).read_bytes()
    cases = {
        "claims": (spoil(good, {256: 100_000, 257: 100_000}), "heights.too_large"),
        "many": (spoil(good, {256: 9_400, 257: 9_400}), "heights.too_large"),
        "bomb": (spoil(good, {256: 8_000, 257: 8_000}), "heights.unreadable"),
        "cut": (good[: len(good) // 3], "heights.unreadable"),
        "nowhere": (write_tiff(tmp_path / "a.tif", values, 109.0, 27.7, 0.0).read_bytes(), "heights.no_place"),
        "endless": (write_tiff(tmp_path / "b.tif", values, math.nan, 27.7, 0.01).read_bytes(), "heights.no_place"),
        "system": (write_tiff(tmp_path / "c.tif", values, 109.0, 27.7, 0.01, epsg=32_767).read_bytes(), "heights.no_place"),
        "unknown": (write_tiff(tmp_path / "d.tif", values, 109.0, 27.7, 0.01, epsg=9).read_bytes(), "heights.no_place"),
        "colours": (draw_colours(tmp_path / "e.tif"), "heights.unreadable"),
    }  # fmt: skip
    for name, (content, key) in cases.items():
        path = tmp_path / "elevation" / f"{name}.tif"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        for way in (
            lambda path=path: read_heights(path),
            lambda path=path: fetch_ways(path.parent.parent, kind="elevation"),
        ):
            with pytest.raises(Invalid) as refused:
                way()
            assert refused.value.key == key, name
        path.unlink()


def spoil(tiff, entries):
    """Write other numbers (4 bytes) into entries of a little-endian TIFF's directory."""
    out = bytearray(tiff)
    start = int.from_bytes(out[4:8], "little")
    for nth in range(int.from_bytes(out[start : start + 2], "little")):
        at = start + 2 + 12 * nth
        tag = int.from_bytes(out[at : at + 2], "little")
        if tag in entries:
            out[at + 2 : at + 12] = struct.pack("<HII", 4, 1, entries[tag])
    return bytes(out)


def draw_colours(path):
    """A picture of three bands."""
    Image.new("RGB", (5, 5)).save(path)
    return path.read_bytes()

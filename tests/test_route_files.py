"""Plans taken away: sheets, twin, tracks and links say the same routes, and nothing holds a whole name."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date

import eviltransform
import openpyxl
import pyogrio
import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from geo.cli import main
from geo.exports.routes import (
    RouteHead,
    print_route_sheets,
    write_geojson,
    write_gpx,
    write_kml,
    write_links,
    write_twin,
)
from geo.exports.routes.head import route_id, route_link
from geo.field.form import header_of
from geo.i18n import text as say
from geo.planning import Order, default_setup, plan_places
from geo.schema import visit
from geo.store.create import open_database
from geo.store.database import write_setting
from geo.store.homes import read_homes
from geo.workbook import HEAD_ROWS
from tests.world import PLANNER, TAKER

HEAD = RouteHead(
    2, "第2轮", date(2019, 10, 15), date(2019, 12, 10), date(2019, 11, 20), "规划", "http://10.0.0.2:8501/", demo=True
)


@pytest.fixture(scope="module")
def document(world_file):
    db = open_database(world_file)
    yield plan_places(db, PLANNER, round_id="2", place_id="d", setup=default_setup(), order=Order(effort=0.02))
    db.close()


@pytest.fixture(scope="module")
def heads(world_file):
    db = open_database(world_file)
    names = set(read_homes(db, TAKER, round_id="2", place_id="d")["head_name"])
    db.close()
    return names


def list_stops(document):
    return [(village, row, stop) for village in document.villages for row in village.team_days for stop in row.stops]


def test_geojson(tmp_path, document):
    """GDAL reads a line a team-day and a point a stop, in their order and place."""
    path = tmp_path / "routes.geojson"
    path.write_bytes(write_geojson(document, HEAD))
    table = pyogrio.read_dataframe(path)
    points = table[table["kind"] == "stop"]
    assert list(points["code"]) == [stop.code for _, _, stop in list_stops(document)]
    assert [(one.x, one.y) for one in points.geometry] == [
        pytest.approx((stop.lon, stop.lat), abs=1e-6) for _, _, stop in list_stops(document)
    ]
    lines = table[table["kind"] == "route"]
    assert len(lines) == document.total()["team_days"]
    village, row = document.villages[0], document.villages[0].team_days[0]
    line = list(lines.geometry.iloc[0].coords)
    assert line[0] == line[-1] == pytest.approx(village.start, abs=1e-6)
    assert len(line) == len(row.stops) + 2


def test_gpx_and_kml(tmp_path, document):
    """GDAL reads as many routes and numbered points from GPX and KML as there are."""
    (tmp_path / "routes.gpx").write_bytes(write_gpx(document, HEAD))
    routes = pyogrio.read_dataframe(tmp_path / "routes.gpx", layer="routes")
    points = pyogrio.read_dataframe(tmp_path / "routes.gpx", layer="route_points")
    assert len(routes) == document.total()["team_days"]
    stops = list_stops(document)
    assert [name for name in points["name"] if name != "出发点"] == [f"{stop.seq} {stop.code}" for _, _, stop in stops]
    (tmp_path / "routes.kml").write_bytes(write_kml(document, HEAD))
    layers = pyogrio.list_layers(tmp_path / "routes.kml")[:, 0]
    assert len(layers) == len(routes)
    assert sum(len(pyogrio.read_dataframe(tmp_path / "routes.kml", layer=name)) for name in layers) == len(stops) + len(
        routes
    )


def test_links(document):
    """AMap's link is in GCJ-02 as another program computes it, longitude first; geo: is in WGS84, latitude first."""
    rows = list(csv.reader(io.StringIO(write_links(document, HEAD).decode("utf-8-sig"))))[1:]
    assert len(rows) == len(list_stops(document))
    for (_, row, stop), (route, seq, code, amap, link, made) in zip(list_stops(document), rows, strict=True):
        assert (route, seq, code) == (route_id(HEAD, row), str(stop.seq), stop.code)
        lat, lon = eviltransform.wgs2gcj(stop.lat, stop.lon)
        east, north = (float(one) for one in amap.split("position=")[1].split("&")[0].split(","))
        assert (east, north) == pytest.approx((lon, lat), abs=3e-6)
        assert link == f"geo:{stop.lat:.6f},{stop.lon:.6f}"
        assert made == "2019-11-20 规划 制表"


def test_sheets(document, heads):
    """A sheet a team-day holds every household in order, its number and the code's words, and no whole name."""
    village = next(one for one in document.villages if any(stop.issues for stop in one.stops))
    printed = print_route_sheets(replace(document, villages=(village,)), HEAD)
    reader = PdfReader(io.BytesIO(printed.content))
    assert len(reader.pages) == printed.pages >= len(village.team_days)
    text = "".join(page.extract_text() for page in reader.pages)
    places = [text.index(stop.code) for row in village.team_days for stop in row.stops]
    assert places == sorted(places)
    assert all(route_id(HEAD, row) in text for row in village.team_days)
    assert "演示数据" in text
    asked = {category for stop in village.stops for category in stop.issues}
    flat = text.replace("\n", "")
    assert all(say(f"category.{one}") in flat for one in asked)
    assert all(
        f"{say(f'plan.term.{term}')} +{points}" in flat for one in village.stops for term, points in one.terms.items()
    )
    assert {one.owner for one in village.stops if one.owner} == set(re.findall(r"责任人 (\w测\w)", flat))
    every = print_route_sheets(document, HEAD)
    assert every.pages >= sum(len(one.team_days) for one in document.villages)
    assert not [name for name in heads if name and name in text]
    assert all(len(page.images) == 1 for page in reader.pages[:1])
    first = village.team_days[0]
    head, mark, *rest = route_link(HEAD, first).rsplit("-", 3)
    assert (head, rest) == (f"http://10.0.0.2:8501/visits?route=R2-{village.code}", [f"{first.day:%Y%m%d}", "1"])
    assert len(mark) == 6
    assert (
        len({route_id(HEAD, row) for one in document.villages for row in one.team_days})
        == document.total()["team_days"]
    )


def test_the_twin_comes_back(tmp_path, world, document):
    """The twin lists the routes in order; filled in, it is imported, and the same again changes nothing."""
    village = next(one for one in document.villages if len(one.stops) > 3)
    path = tmp_path / "twin.xlsx"
    path.write_bytes(write_twin(replace(document, villages=(village,)), HEAD))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[HEAD_ROWS]]
    keys = [sheet.cell(nth, 1).value for nth in range(HEAD_ROWS + 1, sheet.max_row + 1)]
    assert keys == [stop.household for stop in village.stops]
    told = [header.index(name) + 1 for name in ("优先级", "应访日期", "路线责任人")]
    assert [[sheet.cell(nth, at).value for at in told] for nth in range(HEAD_ROWS + 1, sheet.max_row + 1)] == [
        [str(stop.priority), str(stop.due_on or ""), stop.owner] for stop in village.stops
    ]
    for nth, (day, outcome) in enumerate([("2019-11-20", "有效走访"), ("2019-11-20", "家中无人")], start=HEAD_ROWS + 1):
        for name, value in ((header_of("visited_on"), day), (header_of("outcome"), outcome)):
            sheet.cell(nth, header.index(name) + 1).value = value
    book.save(path)
    with world.write() as connection:
        write_setting(connection, "kind", "real")
    effective = read_homes(world, PLANNER, round_id="2", place_id="d").set_index("household")["effective"]
    reports, visits = [], []
    for nth in range(2):
        report = tmp_path / f"{nth}.json"
        assert main(["import", str(path), "--db", str(world.path), "--round", "2", "--report", str(report)]) == 0
        visits.append(count_visits(world))
        reports.append(json.loads(report.read_text(encoding="utf-8")))
    after = read_homes(world, PLANNER, round_id="2", place_id="d").set_index("household")["effective"]
    assert [one for one in after.index if after[one] != effective[one]] == [village.stops[0].household]
    assert visits[0] == visits[1]
    assert reports[0] != reports[1]


def count_visits(db) -> int:
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(visit)).scalar_one()


def test_the_folder(tmp_path, capsys, world, heads):
    """The command writes every file of a plan, logs that it did, and none of them holds a whole name."""
    line = [
        "plan",
        "--db",
        world.path,
        "--place",
        "v1",
        "--days",
        1,
        "--effort",
        0.02,
        "--json",
        "--out",
        tmp_path / "out",
    ]
    assert main([str(one) for one in line]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files
    assert {name.rsplit(".", 1)[1] for name in files} == {"json", "geojson", "gpx", "kml", "csv", "pdf", "xlsx"}
    made = json.loads((tmp_path / "out" / "routes.geojson").read_text(encoding="utf-8"))["made_by"]
    for name in ("routes.gpx", "routes.kml", "links.csv"):
        assert f"2019-11-20 {made} 制表" in (tmp_path / "out" / name).read_text(encoding="utf-8")
    for name in files:
        if name.rsplit(".", 1)[1] in ("json", "geojson", "gpx", "kml", "csv"):
            said = (tmp_path / "out" / name).read_text(encoding="utf-8")
            assert not [one for one in heads if one and one in said], name

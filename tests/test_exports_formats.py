"""Every list in every format: read back by another program it is the same rows, whatever people wrote in them."""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from defusedxml import ElementTree
from openpyxl import load_workbook
from pypdf import PdfReader

from geo.errors import Invalid
from geo.exports import FORMATS, write_table
from geo.exports.features import _pieces
from geo.palette import VISIT_SYMBOLS
from geo.store.database import Database
from geo.workbook import HEAD_ROWS
from tests.exported import HEAD, KINDS, READ_BACK, make_hostile, read_back, rows_of, tabulate
from tests.world import LEADER, PLANNER, TAKER

SPATIAL = [form for form, one in FORMATS.items() if one.spatial]
NAMES = {"geojson": "x.geojson", "gpkg": "x.gpkg", "kml": "x.kml", "gpx": "x.gpx", "shp": "x.zip"}


@pytest.fixture(scope="module")
def lists(world_file, tmp_path_factory):
    """Every list of the world whose every text is hostile."""
    path = tmp_path_factory.mktemp("hostile") / "world.sqlite"
    shutil.copy(world_file, path)
    db = Database(path)
    make_hostile(db)
    yield {kind: tabulate(db, kind) for kind in KINDS}
    db.close()


def as_held(value, form: str):
    """Return a text as a format holds it."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-15)
    if not isinstance(value, str):
        return value
    if form == "csv":
        value = value.replace("\0", "\u2400")
        return f"'{value}" if re.match(r"'*([\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])", value) else value
    if form == "gpx":
        value = value.replace("\n", "\u240a").replace("\r", "\u240d")
    if form in ("kml", "gpx"):
        value = re.sub("[\0-\x08\x0b\x0c\x0e-\x1f]", lambda sign: chr(0x2400 + ord(sign[0])), value)
        value = value.replace("\x7f", "\u2421")
    if form != "xlsx":
        value = value.replace("\0", "\u2400")
    # Readers of KML and dBase take blanks at the ends away; they stand in the file.
    return value.strip(" ") if form in ("kml", "shp") else value


@pytest.mark.parametrize("form", READ_BACK)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_back_is_what_was_given(lists, kind, form, tmp_path):
    """The file holds every row of the list in its order and every cell of it, sign by sign."""
    table = lists[kind]
    content = write_table(table, head=HEAD, form=form)
    wanted = rows_of(table)
    assert wanted
    found = read_back(content, form, table, tmp_path)
    assert len(found) == len(wanted)
    for row, given in zip(found, wanted, strict=True):
        assert row == [as_held(value, form) for value in given]


def read_shapes(content: bytes, form: str, table, folder) -> list:
    """Return the geometries of a file as GDAL reads them, a row each."""
    path = folder / NAMES[form]
    path.write_bytes(content)
    layer = {"gpx": "waypoints" if table.geometry == "Point" else "tracks", "gpkg": table.kind}.get(form)
    frame = pyogrio.read_dataframe(f"/vsizip/{path}" if form == "shp" else path, layer=layer)
    assert frame.crs.to_epsg() == 4326
    return frame.geometry.tolist()


@pytest.mark.parametrize("form", SPATIAL)
@pytest.mark.parametrize("kind", KINDS)
def test_every_row_lies_where_it_lay(world, kind, form, tmp_path):
    """Each row has its own point or area in the file, lon before lat, and a row without one has none."""
    table = tabulate(world, kind)
    given = table.draw().tolist()
    found = read_shapes(write_table(table, head=HEAD, form=form), form, table, tmp_path)
    if form == "gpx" and table.geometry == "Point":
        given = [one for one in given if one is not None]
    elif form == "gpx":
        given = [one and shapely.MultiLineString([ring.exterior for ring in one.geoms]) for one in given]
        found = [None if one is None or one.is_empty else one for one in found]
    assert len(found) == len(given)
    for one, other in zip(found, given, strict=True):
        assert (one is None) == (other is None)
        assert one is None or shapely.equals_exact(
            shapely.normalize(_flat(one)), shapely.normalize(_flat(other)), 1e-12
        )


def _flat(shape):
    """Return a shape in two dimensions, a single polygon as several."""
    flat = shapely.force_2d(shape)
    if flat.geom_type == "GeometryCollection":
        flat = shapely.MultiPolygon(list(flat.geoms))
    return shapely.MultiPolygon([flat]) if flat.geom_type == "Polygon" else flat


@pytest.mark.parametrize("form", ["kml", "gpx"])
def test_rows_without_a_place_are_counted(world, form):
    """h51 has no point: KML and GPX say that one household is not located, and for areas how many rows have none."""
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE household SET lon = NULL, lat = NULL WHERE place = 'g12'")
    said = {kind: write_table(tabulate(world, kind), head=HEAD, form=form).decode() for kind in ("roster", "areas")}
    assert "· 1 户未定位<" in said["roster"]
    assert "· 1 行没有位置<" in said["areas"]
    assert "没有位置<" not in write_table(tabulate(world, "groups"), head=HEAD, form=form).decode()


@pytest.mark.parametrize("form", FORMATS)
def test_each_file_says_what_it_is(world, form):
    """Title, day, round, place, filter, rows and user stand in the file of every format."""
    table = tabulate(world, "roster")
    content = write_table(table, head=HEAD, form=form)
    line = f"截至 2019-11-20 · 第2轮 · 测试区 · 筛选：未访、未分配 · {len(table)} 行 · 制表人：规划"
    if form == "geojson":
        said = json.loads(content)["about"]
        assert said == {
            "title": "清单", "as_of": "2019-11-20", "round": "第2轮", "place": "测试区", "filters": "未访、未分配",
            "rows": len(table), "user": "规划",
        }  # fmt: skip
        return
    if form == "xlsx":
        sheets = list(load_workbook(io.BytesIO(content)))
        assert {sheet["A1"].value for sheet in sheets} == {"清单"}
        assert sheets[0]["A2"].value == line.replace("测试区", "测试区 甲测乡").replace(f"{len(table)} 行", "30 行")
        return
    assert line in _texts(content, form)
    assert "清单" in _texts(content, form)


def _texts(content: bytes, form: str) -> str:
    if form == "pdf":
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    if form == "shp":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "".join(archive.read(name).decode() for name in archive.namelist())
    return content.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("kind", "form"),
    [*(("roster", form) for form in FORMATS), *((kind, "csv") for kind in ("gaps", "todos", "ledger"))],
)
def test_no_name_goes_without_the_right(world, kind, form):
    """No file, in any format, holds a household's name or phone but for who was given the right; a leader gets no note."""
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE household SET head_name = '测全名', phone = '13900001111', note = '私话'")
    people, personal = ("测全名", "13900001111"), ("测全名", "13900001111", "私话")
    for scope, words, there in ((TAKER, people, True), (PLANNER, people, False), (LEADER, personal, False)):
        said = _texts(write_table(tabulate(world, kind, scope), head=HEAD, form=form), form)
        assert any(one in said for one in words) == there


def test_a_workbook_has_a_sheet_a_township(world):
    """A list over two townships has a sheet for each, in register order, and together they are the list."""
    table = tabulate(world, "gaps")
    sheets = list(load_workbook(io.BytesIO(write_table(table, head=HEAD, form="xlsx"))))
    assert [sheet.title for sheet in sheets] == ["甲测乡", "乙测镇"]
    numbers = [[row[0].value for row in sheet.iter_rows(min_row=HEAD_ROWS + 1)] for sheet in sheets]
    assert all(part == sorted(part) for part in numbers)
    assert sorted(number for part in numbers for number in part) == list(range(1, len(table) + 1))
    for sheet in sheets:
        assert {row[1].value for row in sheet.iter_rows(min_row=HEAD_ROWS + 1)} == {sheet.title}
        assert f"· 测试区 {sheet.title} ·" in sheet["A2"].value
        assert f"· {sheet.max_row - HEAD_ROWS} 行 ·" in sheet["A2"].value


def test_xml_is_well_formed_and_declares_nothing(lists):
    """KML and GPX of hostile lists are XML that a careful parser takes: no entities, no document type, no scripts run."""
    for kind in KINDS:
        for form in ("kml", "gpx"):
            content = write_table(lists[kind], head=replace(HEAD, title="<&>]]>", user="</name>"), form=form)
            root = ElementTree.fromstring(content, forbid_dtd=True)
            assert root.tag.endswith(form)
            assert b"<!" not in content


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_brings_a_style_to_qgis(world, tmp_path, kind):
    """Each GeoPackage has one default style for its layer; its rules and labels name columns that the layer has."""
    table = tabulate(world, kind)
    path = tmp_path / "x.gpkg"
    path.write_bytes(write_table(table, head=HEAD, form="gpkg"))
    with closing(sqlite3.connect(path)) as connection:
        styles = connection.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles").fetchall()
        fields = {row[1] for row in connection.execute(f"PRAGMA table_info({table.kind})")}
    ((layer, qml, default),) = styles
    assert (layer, default) == (table.kind, 1)
    root = ElementTree.fromstring(qml.split("\n", 1)[1])
    rules = [rule.get("filter") for rule in root.findall(".//rule")]
    named = {name for rule in rules for name in re.findall(r'"([^"]+)"', rule)} | {
        root.findtext(".//previewExpression").strip('"')
    }
    assert rules
    assert named <= fields


def test_a_group_is_coloured_by_its_coverage(world, tmp_path):
    """The rules of the groups' layer, run on its rows, put each group into the class of effective ÷ roster."""
    table = tabulate(world, "groups")
    path = tmp_path / "x.gpkg"
    path.write_bytes(write_table(table, head=HEAD, form="gpkg"))
    with closing(sqlite3.connect(path)) as connection:
        (qml,) = connection.execute("SELECT styleQML FROM layer_styles").fetchone()
        rules = ElementTree.fromstring(qml.split("\n", 1)[1]).findall(".//rule")
        found = {
            rule.get("label"): connection.execute(f"SELECT \"应访\", \"有效走访\" FROM groups WHERE {rule.get('filter')}").fetchall()
            for rule in rules
        }  # fmt: skip
    assert sum(map(len, found.values())) == len(table) > 0
    bounds = {"≥ 100%": (100, 101), "≥ 95%": (95, 100), "≥ 80%": (80, 95), "≥ 60%": (60, 80), "≥ 0%": (0, 60)}
    assert set(found) == set(bounds)
    for label, rows in found.items():
        low, high = bounds[label]
        assert all(low <= 100 * effective / roster < high for roster, effective in rows)
    content = write_table(table, head=HEAD, form="kml")
    assert content.count(b"<styleUrl>#look") == len(table)


def test_a_geopackage_brings_its_style(world, tmp_path):
    """QGIS finds a default style for the layer: a rule a state, with the map's colours, on a column that is there."""
    path = tmp_path / "x.gpkg"
    path.write_bytes(write_table(tabulate(world, "roster"), head=HEAD, form="gpkg"))
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (layer, geometry, qml, default) = connection.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchone()
        contents = dict(connection.execute("SELECT table_name, data_type FROM gpkg_contents"))
        (described,) = connection.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'roster'"
        ).fetchone()
    connection.close()
    assert (layer, geometry, default) == ("roster", "geom", 1)
    assert contents == {"roster": "features", "layer_styles": "attributes"}
    assert described.startswith("截至 2019-11-20")
    rules = ElementTree.fromstring(qml.split("\n", 1)[1]).findall(".//rule")
    assert {rule.get("label") for rule in rules} == {
        "超期未访",
        "未访",
        "上门未遇",
        "拒访",
        "仅见到旁人",
        "有效走访",
        "已剔除",
    }
    assert {rule.get("filter").split(" LIKE ")[0] for rule in rules} == {'"本轮状态"'}
    fills = {int(symbol.fill[at : at + 2], 16) for symbol in VISIT_SYMBOLS.values() for at in (1, 3, 5)}
    assert all(str(fill) in qml for fill in fills)


def test_a_shapefile_keeps_long_texts_whole():
    """A text of a thousand signs goes on in numbered fields, none cut within a sign or, where it can be, at a blank."""
    for text in ("王" * 1000, "ab cd " * 300, "\U00020bb7野 " * 200, "x" * 254, "", " " * 300):
        pieces = _pieces(text)
        assert "".join(pieces) == text
        assert all(len(piece.encode()) <= 254 for piece in pieces)
        assert text.isspace() or all(piece == piece.strip(" ") for piece in pieces[1:-1])


@pytest.mark.parametrize("kind", ["roster", "ledger"])
def test_paper_holds_every_cell(lists, kind):
    """Every text of every row stands on the sheets, however hostile, in whatever lines it is broken."""
    table = lists[kind]
    pages = PdfReader(io.BytesIO(write_table(table, head=HEAD, form="pdf"))).pages
    printed = _squeeze("".join(page.extract_text() for page in pages))
    assert all(page.extract_text().count("制表人") == 1 for page in pages)
    texts = {_squeeze(_on_paper(value)) for row in rows_of(table) for value in row if value is not None}
    # A long text goes over several lines and pages of a cell, between which the text of other cells stands.
    assert {one for one in texts if len(one) <= 10 and one not in printed} == set()
    assert set("".join(texts)) <= set(printed)


def _on_paper(value: object) -> str:
    """Return a text as it is printed: a sign the font does not have by its number, what is written backwards so."""
    if str(value).startswith("\u202e"):
        return str(value)[:0:-1]
    return re.sub("[\0-\x09\x0b-\x1f\x7f\U0001f600]", lambda sign: f"[U+{ord(sign[0]):04X}]", str(value))


def _squeeze(said: str) -> str:
    """Return a text without blanks and without what a reader of PDF gives otherwise: order of writing, accents."""
    return re.sub("[\\s\u200b\u202e\u0301\xe9]", "", said.replace("e\u0301", ""))


def test_too_long_for_paper_is_said(world):
    """More rows than a person prints are refused in a sentence, before anything is set."""
    table = tabulate(world, "roster")
    long = replace(table, rows=np.zeros(20_001, dtype=np.int64))
    with pytest.raises(Invalid) as error:
        write_table(long, head=HEAD, form="pdf")
    assert error.value.key == "exports.pdf_too_many"


@pytest.mark.parametrize("form", ["xlsx", "csv", "geojson", "gpkg", "kml", "gpx", "shp"])
def test_who_waits_is_told_how_far_it_is(world, form):
    """Writing a long list tells its progress, rising to all of its rows."""
    table = tabulate(world, "roster")
    long = replace(table, rows=np.arange(5000) % len(table), sheets="")
    told: list[tuple[int, int]] = []
    write_table(long, head=HEAD, form=form, progress=lambda done, total: told.append((done, total)))
    assert max(told) == (5000, 5000)
    assert len(told) >= 3
    assert {total for _done, total in told} == {5000}


@pytest.mark.parametrize(
    ("kind", "form"), [*(("roster", form) for form in FORMATS), *((kind, "gpkg") for kind in KINDS), ("areas", "shp")]
)
def test_an_empty_list_is_a_file_too(world, kind, form, tmp_path):
    """A list without a row gives a valid file with its columns, in every format."""
    table = tabulate(world, kind)
    nothing = replace(table, frame=table.frame.iloc[:0], rows=table.rows[:0])
    content = write_table(nothing, head=HEAD, form=form)
    assert "0 行" in _texts(content, form) or form == "geojson"
    # GDAL's reader of KML fails where there is no placemark to take the fields from.
    if form in READ_BACK and form != "kml":
        assert read_back(content, form, nothing, tmp_path) == []
    assert isinstance(nothing.as_frame(), pd.DataFrame)

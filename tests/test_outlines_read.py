"""Map files into layers: what each format gives, and what is refused before any parser sees it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas
import pytest
import shapely

from geo.errors import FileRefused
from geo.importer.apart import read_layer
from geo.importer.outlines.features import Layer, Layers
from geo.importer.outlines.shapes import build_shape
from tests import maps

HOLED = maps.square(side=0.02).difference(shapely.box(109.155, 27.685, 109.16, 27.69))


def read(path: Path, *, layer: str = "") -> Layer | Layers:
    """Read a file under its own name."""
    return read_layer(path, name=path.name, layer=layer)


def refused(path: Path) -> str:
    """Return the code a file is refused with."""
    with pytest.raises(FileRefused) as error:
        read(path)
    return error.value.code


def texts(layer: Layer) -> list[dict[str, str]]:
    """Return what the features say."""
    return [one.texts for one in layer.features]


def test_a_geojson_collection_a_feature_and_a_bare_geometry(tmp_path):
    """All three forms are read; numbers are texts without a point, nested values say nothing, GBK is understood."""
    path = maps.write_geojson(tmp_path / "a.geojson", [maps.feature(HOLED, 村="孟溪村", n=3.0, x=None, y={"z": 1})])
    layer = read(path)
    assert (texts(layer), layer.system, layer.features[0].shape) == (
        [{"村": "孟溪村", "n": "3", "x": ""}],
        "wgs84",
        HOLED,
    )
    for content in (maps.feature(HOLED), shapely.geometry.mapping(HOLED)):
        path.write_text(json.dumps(content), encoding="utf-8")
        assert read(path).features[0].shape == HOLED
    path.write_bytes(json.dumps(maps.feature(HOLED, 村="孟溪村"), ensure_ascii=False).encode("gb18030"))
    assert texts(read(path)) == [{"村": "孟溪村"}]


@pytest.mark.parametrize(
    ("crs", "system", "codes"),
    [
        (None, "wgs84", ()),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "wgs84", ()),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}, "EPSG:4490", ()),
        ({"type": "name", "properties": {"name": "EPSG:4545"}}, "EPSG:4545", ()),
        ({"type": "EPSG", "properties": {"code": 4490}}, "EPSG:4490", ()),
        ({"type": "name", "properties": {"name": "http://127.0.0.1:9/x"}}, "", ()),
        ({"type": "link", "properties": {"href": "http://127.0.0.1:9/x", "type": "proj4"}}, "wgs84", ("W_EXTERNAL_REF_IGNORED",)),
        ("odd", "", ()),
        ({"type": "name", "properties": []}, "", ()),
    ],
)  # fmt: skip
def test_the_system_a_geojson_declares(tmp_path, crs, system, codes):
    """A named system is read, a link is not followed and said so, anything else is left open."""
    layer = read(maps.write_geojson(tmp_path / "a.geojson", [maps.group("一组", maps.square())], crs=crs))
    assert (layer.system, layer.codes) == (system, codes)


@pytest.mark.parametrize(
    ("geometry", "problem"),
    [
        (None, "R_GEOM_EMPTY"),
        ({"type": "Polygon", "coordinates": []}, "R_GEOM_EMPTY"),
        ({"type": "Polygon", "coordinates": [[]]}, "R_GEOM_EMPTY"),
        ({"type": "Polygon"}, "R_GEOM_EMPTY"),
        ({"type": "MultiPolygon", "coordinates": [[], [[]]]}, "R_GEOM_EMPTY"),
        ({"type": "GeometryCollection", "geometries": []}, "R_GEOM_EMPTY"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [float("nan"), 3], [4, 5], [1, 2]]]}, "R_GEOM_NAN"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [float("inf"), 3], [4, 5], [1, 2]]]}, "R_GEOM_NAN"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [None, 3], [4, 5], [1, 2]]]}, "R_GEOM_NAN"),
        ({"type": "Polygon", "coordinates": [[[1, 2], ["NaN", 3], [4, 5], [1, 2]]]}, "R_GEOM_NAN"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [10**400, 3], [4, 5], [1, 2]]]}, "R_GEOM_NAN"),
        ({"type": "Point", "coordinates": [float("-inf"), 2]}, "R_GEOM_NAN"),
        ({"type": "Polygon", "coordinates": [[[1, 2], ["3", 3], [4, 5], [1, 2]]]}, "R_GEOM_INVALID"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [True, 3], [4, 5], [1, 2]]]}, "R_GEOM_INVALID"),
        ({"type": "Polygon", "coordinates": [[1, 2], [3, 4], [5, 6]]}, "R_GEOM_INVALID"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, "R_GEOM_INVALID"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [1, 2], [1, 2], [1, 2]]]}, "R_GEOM_INVALID"),
        ({"type": "Polygon", "coordinates": "1 2 3 4"}, "R_GEOM_INVALID"),
        ({"type": "Polygon", "coordinates": [[[1], [2], [3], [1]]]}, "R_GEOM_INVALID"),
        ({"type": "Circle", "coordinates": [1, 2]}, "R_GEOM_INVALID"),
        ({"type": ["Polygon"], "coordinates": []}, "R_GEOM_INVALID"),
        ("POINT(1 2)", "R_GEOM_INVALID"),
    ],
)
def test_what_makes_no_shape(geometry, problem):
    """Nothing, numbers that are none, and what is no geometry each have their own code; nothing raises."""
    assert build_shape(geometry) == (None, problem)


def test_shapes_keep_two_dimensions():
    """Heights and measures are left out, empty parts too, an open ring is closed."""
    shape, _ = build_shape({"type": "Polygon", "coordinates": [[[0, 0, 9], [1, 0, 9], [1, 1, 9, 9]], []]})
    assert (shape.has_z, shape.wkt) == (False, "POLYGON ((0 0, 1 0, 1 1, 0 0))")
    nested: dict[str, object] = {"type": "Point", "coordinates": [1, 2]}
    for _ in range(6):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    assert build_shape(nested)[0] is not None
    for _ in range(60):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    assert build_shape(nested) == (None, "R_GEOM_INVALID")


def test_kml_with_data_folders_and_holes(tmp_path):
    """Names, ExtendedData, SimpleData, tables in a description, folders, inner rings and MultiGeometry are read."""
    data = '<ExtendedData><Data name="村"><value>孟溪村</value></Data><SchemaData><SimpleData name="村民组">一组</SimpleData></SchemaData></ExtendedData>'
    table = "<description><![CDATA[<html><table><tr><td>村</td><td>孟溪村</td></tr><tr><td>村民组</td><td><b>二</b>组</td></tr><tr><td colspan=2>x</td></tr></table>]]></description>"
    inner = (
        maps.placemark("甲", HOLED, data)
        + "<Folder><name>孟溪村</name>"
        + maps.placemark("三组", maps.square(1), table)
    )
    point = "<Point><coordinates>\n 109.2 , 27.7 ,0 </coordinates></Point>"
    inner += f"</Folder><Placemark><name>乙</name><MultiGeometry>{point}{maps.placemark('', maps.square()).split('</name>')[1].split('</Placemark>')[0]}</MultiGeometry></Placemark>"
    layer = read(maps.write_kml(tmp_path / "a.kml", inner))
    assert texts(layer) == [
        {"村": "孟溪村", "村民组": "一组", "name": "甲"}, {"村": "孟溪村", "村民组": "二组", "name": "三组"}, {"name": "乙"},
    ]  # fmt: skip
    assert [one.folder for one in layer.features] == ["", "孟溪村", ""]
    assert layer.features[0].shape.equals(HOLED)
    assert [part.geom_type for part in layer.features[2].shape.geoms] == ["Point", "Polygon"]


def test_kml_in_other_encodings_and_without_namespace(tmp_path):
    """GBK and UTF-16, an old namespace and none are all read."""
    path = tmp_path / "a.kml"
    for encoding, head in (
        ("gb18030", '<?xml version="1.0" encoding="GBK"?>'),
        ("utf-16", '<?xml version="1.0" encoding="UTF-16"?>'),
        ("utf-8-sig", ""),
    ):
        path.write_bytes(f"{head}<kml><Placemark><name>孟溪村</name></Placemark></kml>".encode(encoding))
        assert texts(read(path)) == [{"name": "孟溪村"}]


def test_links_in_kml_are_not_followed(tmp_path):
    """A link beside placemarks is left out and said so; a file of nothing but links is refused."""
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/a.kml</href></Link></NetworkLink>"
    with_mark = maps.write_kml(tmp_path / "a.kml", link + maps.placemark("孟溪村", maps.square()))
    assert read(with_mark).codes == ("W_EXTERNAL_REF_IGNORED",)
    assert refused(maps.write_kml(tmp_path / "b.kml", link)) == "E_EXTERNAL_REF"
    assert refused(maps.write_kml(tmp_path / "c.kml", "")) == "E_EMPTY"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.kml", '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>', "E_XML_ENTITY"),
        ("a.kml", '<!DOCTYPE kml SYSTEM "file:///etc/hostname"><kml/>', "E_XML_ENTITY"),
        ("a.kml", "<OGRVRTDataSource><OGRVRTLayer name='p'/></OGRVRTDataSource>", "E_FORBIDDEN_FORMAT"),
        ("a.kml", "<gpx/>", "E_FORBIDDEN_FORMAT"),
        ("a.kml", "<kml><Document>", "E_CORRUPT"),
        ("a.kml", "<kml>" + "<Folder>" * 500 + "</Folder>" * 500 + "</kml>", "E_CORRUPT"),
        ("a.kml", '{"type": "Point"}', "E_NOT_SPREADSHEET"),
        ("a.kml", "", "E_EMPTY"),
        ("a.geojson", " \n ", "E_EMPTY"),
        ("a.geojson", '{"type": "FeatureCollection", "features": [', "E_CORRUPT"),
        ("a.geojson", '{"features":' + "[" * 100_000, "E_CORRUPT"),
        ("a.geojson", '{"type": "Topology", "objects": {}}', "E_FORBIDDEN_FORMAT"),
        ("a.geojson", "[1, 2]", "E_FORBIDDEN_FORMAT"),
        ("a.json", '{"村": "孟溪村"}', "E_FORBIDDEN_FORMAT"),
        ("a.geojson", '{"type": "FeatureCollection", "features": []}', "E_EMPTY"),
        ("a.geojson", "<OGRVRTDataSource/>", "E_FORBIDDEN_FORMAT"),
        ("a.geojson", "村,组\n孟溪村,一组\n", "E_NOT_SPREADSHEET"),
        ("a.geojson", b"PK\x03\x04", "E_NOT_SPREADSHEET"),
        ("a.kml", b"\x89PNG\r\n", "E_NOT_SPREADSHEET"),
        ("a.gpkg", b"\x89PNG\r\n", "E_NOT_SPREADSHEET"),
        ("a.gpkg", b"SQLite format 3\x00" + bytes(4096), "E_FORBIDDEN_FORMAT"),
        ("a.gpkg", b"SQLite format 3\x00 gpkg_contents" + bytes(4096), "E_CORRUPT"),
        ("a.zip", b"\x89PNG\r\n", "E_NOT_SPREADSHEET"),
        ("a.zip", b"PK\x03\x04 cut off", "E_CORRUPT"),
        ("a.kmz", "<kml/>", "E_FORBIDDEN_FORMAT"),
        ("a.gpkg", "<OGRVRTDataSource/>", "E_FORBIDDEN_FORMAT"),
        ("a.zip", " <OGRVRTDataSource/>", "E_FORBIDDEN_FORMAT"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path, name, content, code):
    """Other bytes than the name says, broken files, entities and other formats each have their code."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert refused(path) == code


def test_a_shapefile_in_gbk_with_cut_names(tmp_path):
    """GBK names and values, a value cut within a character, wrong winding, a hole, a record without a shape."""
    columns = {"行政村": ["孟溪村", "孟溪村", "孟溪村"], "村民小组名称": ["一组", "二组", "很长很长很长很长的组名"]}
    for cpg, encoding in (
        (None, "gb18030"),
        ("GBK", "gb18030"),
        ("UTF-8", "utf-8"),
        ("UTF-8", "gb18030"),
        (None, "utf-8"),
    ):
        members = maps.shapefile("组", [HOLED, maps.square(3), None], columns, cpg=cpg, encoding=encoding, turn=True)
        members["组.dbf"] = maps.table_bytes(columns, encoding=encoding, width=15)
        layer = read(maps.write_zip(tmp_path / "a.zip", members))
        assert (layer.cut_names, layer.name) == (True, "组")
        assert [one["行政村"] for one in texts(layer)] == ["孟溪村"] * 3
        assert [one.shape.equals(HOLED) for one in layer.features[:1]] == [True]
        assert layer.features[2].problem == "R_GEOM_EMPTY"
        cut = "村民小组名" if encoding == "gb18030" else "村民小"
        assert texts(layer)[2][cut].startswith("很长很长很")


def test_a_shapefile_as_another_program_writes_it(tmp_path):
    """What GDAL writes (multipolygons with holes and islands, points) is read alike."""
    island = shapely.MultiPolygon([HOLED, shapely.box(109.157, 27.687, 109.158, 27.688), maps.square(4)])
    frame = geopandas.GeoDataFrame(
        {"name": ["孟溪村", "和平村"], "n": [1.0, 520602202203.0]}, geometry=[island, maps.square(7)], crs=4490
    )
    folder = tmp_path / "s"
    folder.mkdir()
    frame.to_file(folder / "a.shp", encoding="gb18030")
    layer = read(maps.write_zip(tmp_path / "a.zip", {one.name: one.read_bytes() for one in folder.iterdir()}))
    assert [one.shape.equals(shape) for one, shape in zip(layer.features, frame.geometry, strict=True)] == [True, True]
    assert texts(layer) == [{"name": "孟溪村", "n": "1"}, {"name": "和平村", "n": "520602202203"}]
    assert layer.system.startswith("GEOGCS")
    points = geopandas.GeoDataFrame({"name": ["孟溪村"]}, geometry=[shapely.Point(109.2, 27.7)], crs=4490)
    points.to_file(folder / "b.shp")
    members = {one.name: one.read_bytes() for one in folder.glob("b.*")}
    assert read(maps.write_zip(tmp_path / "b.zip", members)).features[0].shape.equals(points.geometry[0])


def test_a_shapefile_that_lacks_or_damages_a_part(tmp_path):
    """Without its table, or with a table or shapes cut off or lying about their length, it is refused as damaged."""
    whole = maps.shapefile("a", [maps.square(), maps.square(1)], {"name": ["孟溪村", "和平村"]})
    for spoil in (
        {"a.dbf": None}, {"a.dbf": whole["a.dbf"][:40]}, {"a.shp": whole["a.shp"][:-9]}, {"a.shp": b"PNG" * 50},
        {"a.dbf": whole["a.dbf"][:4] + b"\xff\xff\xff\x7f" + whole["a.dbf"][8:]}, {"a.shp": whole["a.shp"][:236]},
    ):  # fmt: skip
        members = {name: spoil.get(name, content) for name, content in whole.items()}
        path = maps.write_zip(tmp_path / "a.zip", {name: one for name, one in members.items() if one is not None})
        assert refused(path) == "E_CORRUPT"
    mixed = maps.table_bytes({"name": ["孟溪村", "和平村"]}).replace(
        "和平村".encode("gb18030"), b"\xff\xff\xff\xff\xff\xff"
    )
    assert refused(maps.write_zip(tmp_path / "a.zip", whole | {"a.dbf": mixed})) == "E_ENCODING"


def test_archives_are_checked_before(tmp_path):
    """Paths out of the archive, passwords, bombs, empty archives and those without a map are refused."""
    shape = maps.shapefile("a", [maps.square()], {"name": ["孟溪村"]})
    for name in ("../a.shp", "/a.shp", "x/../../a.shp", "..\\a.shp", "C:\\a.shp"):
        assert refused(maps.write_zip(tmp_path / "a.zip", shape | {name: b"x"})) == "E_FORBIDDEN_PATH"
    assert refused(maps.write_zip(tmp_path / "a.zip", {})) == "E_EMPTY"
    assert refused(maps.write_zip(tmp_path / "a.zip", {"a.txt": "x"})) == "E_FORBIDDEN_FORMAT"
    assert refused(maps.write_zip(tmp_path / "a.kmz", {"a.txt": "x"})) == "E_FORBIDDEN_FORMAT"
    bomb = {"a.shp": bytes(60 << 20), "a.dbf": shape["a.dbf"]}
    assert refused(maps.write_zip(tmp_path / "a.zip", bomb)) == "E_ZIP_BOMB"
    many = {f"{nth}.txt": b"" for nth in range(2_001)}
    assert refused(maps.write_zip(tmp_path / "a.zip", many)) == "E_ZIP_BOMB"


def test_an_archive_that_lies_about_its_size(tmp_path):
    """Bytes are counted while they are inflated, whatever the directory of the archive says."""
    path = maps.write_zip(tmp_path / "a.zip", {"a.geojson": b" " * (40 << 20)})
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    assert refused(path) in {"E_ZIP_BOMB", "E_CORRUPT"}


def test_several_layers_are_asked_about(tmp_path):
    """Two shapefiles in one archive, and a KMZ of two documents, give their names; chosen by name one is read."""
    members = maps.shapefile("村界", [maps.square()], {"name": ["孟溪村"]})
    members |= maps.shapefile("sub/组界", [maps.square(1)], {"name": ["和平村"]})
    path = maps.write_zip(tmp_path / "a.zip", members)
    assert read(path) == Layers(("村界", "sub/组界"))
    assert texts(read(path, layer="sub/组界")) == [{"name": "和平村"}]
    assert read(path, layer="别的") == Layers(("村界", "sub/组界"))
    kml = "<kml><Placemark><name>孟溪村</name></Placemark></kml>"
    assert texts(read(maps.write_zip(tmp_path / "a.kmz", {"doc.kml": kml, "files/x.kml": kml, "x.png": b"1"}))) == [
        {"name": "孟溪村"}
    ]
    assert texts(read(maps.write_zip(tmp_path / "b.kmz", {"孟溪.kml": kml}))) == [{"name": "孟溪村"}]
    assert isinstance(read(maps.write_zip(tmp_path / "c.kmz", {"a.kml": kml, "b.kml": kml})), Layers)
    hidden = {"__MACOSX/._doc.kml": b"\x00\x05", "doc.kml": kml}
    assert texts(read(maps.write_zip(tmp_path / "d.kmz", hidden))) == [{"name": "孟溪村"}]


def test_names_in_an_archive_written_in_gbk(tmp_path):
    """A member's name without the mark of UTF-8 is read as GBK."""
    path = maps.write_zip(tmp_path / "a.zip", {"xxxx.geojson": json.dumps(maps.feature(maps.square()))})
    path.write_bytes(path.read_bytes().replace(b"xxxx", "村界".encode("gb18030")))
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() != ["村界.geojson"]
    assert isinstance(read(path), Layer)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Return a GeoPackage of two layers, one of them without a system, and a table without shapes."""
    path = tmp_path_factory.mktemp("gpkg") / "a.gpkg"
    frame = geopandas.GeoDataFrame({"村": ["孟溪村", None], "n": [1.0, float("nan")]}, geometry=[HOLED, None], crs=4490)
    frame.to_file(path, layer="组界")
    frame.set_crs(None, allow_override=True).to_file(path, layer="无", engine="pyogrio")
    return path


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_geopackage(package, tmp_path):
    """Layers are asked about; texts, shapes and the system come out; inside an archive too."""
    assert read(package) == Layers(("组界", "无"))
    layer = read(package, layer="组界")
    assert (texts(layer), layer.system) == ([{"村": "孟溪村", "n": "1"}, {"村": "", "n": ""}], "EPSG:4490")
    assert layer.features[0].shape.equals(HOLED)
    assert layer.features[1].problem == "R_GEOM_EMPTY"
    zipped = maps.write_zip(tmp_path / "a.zip", {"a.gpkg": package.read_bytes()})
    assert read(zipped, layer="无").system == ""

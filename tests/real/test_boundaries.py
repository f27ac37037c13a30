"""Real outlines through the importer: a district's own, its neighbours', and one of another continent."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import shapely
from pyproj import Geod

from geo.importer import ImportOptions, import_file
from tests import workbooks

CODE = "520602"


@pytest.fixture
def register(tmp_path: Path):
    """Give an empty register."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    yield db, scope
    db.close()


def read_shapes(path: Path) -> dict[str, shapely.Geometry]:
    """Return the outlines of a file by their code, read by shapely alone."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {one["properties"]["code"]: shapely.geometry.shape(one["geometry"]) for one in features}


def test_a_district_is_matched_and_its_neighbours_kept_aside(register, shared_data):
    """Of seven districts the one of the register gets its outline, to the square metre; six are kept with theirs."""
    db, scope = register
    path = shared_data / "boundary" / "bijiang_and_neighbours_wgs84.geojson"
    report = import_file(db, scope, path)
    shapes = read_shapes(path)
    assert (report.outcome, report.rows_total, report.rows_ok, report.stored) == ("accept_with_warnings", 7, 7, True)
    assert report.changes["outlines_new"] == 1
    (own,) = [one for one in report.areas["features"] if one["what"] == "new"]
    measured, _ = Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(shapes[CODE]))
    assert (own["code"], own["m2"]) == (CODE, pytest.approx(abs(measured), abs=1))
    with db.read() as connection:
        stored = connection.exec_driver_sql("SELECT boundary FROM place WHERE code = ?", (CODE,)).scalar_one()
        aside = connection.exec_driver_sql("SELECT label, shape FROM area_aside").all()
    assert shapely.from_wkb(stored).equals(shapes[CODE])
    kept = {label.split("/")[-1]: shapely.from_wkb(shape) for label, shape in aside}
    assert kept.keys() == shapes.keys() - {CODE}
    assert all(kept[code].equals(shapes[code]) for code in kept)
    assert not import_file(db, scope, path).changed


def test_the_same_outline_in_metres_is_no_change(register, shared_data, tmp_path):
    """The district projected to Gauss-Krüger and packed as a shapefile by another program comes back to itself."""
    geopandas = pytest.importorskip("geopandas")
    db, scope = register
    path = shared_data / "boundary" / "bijiang_wgs84.geojson"
    assert import_file(db, scope, path).stored
    frame = geopandas.read_file(path).to_crs(4545)
    folder = tmp_path / "shp"
    folder.mkdir()
    frame[["code", "name", "geometry"]].to_file(folder / "d.shp", encoding="gb18030")
    for with_prj in (True, False):
        packed = tmp_path / f"{with_prj}.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for part in folder.iterdir():
                if with_prj or part.suffix != ".prj":
                    archive.write(part, part.name)
        options = ImportOptions(crs="" if with_prj else "EPSG:4545")
        report = import_file(db, scope, packed, options=options)
        assert (report.changed, report.changes["outlines_same"]) == (False, 1)
    (question,) = import_file(db, scope, tmp_path / "False.zip").questions
    assert (question.kind, question.suggestion) == ("crs", "EPSG:4545")


def test_an_outline_of_another_continent(register, shared_data):
    """A target area in Zambia names no unit of the register: kept aside, and never taken for one."""
    db, scope = register
    report = import_file(db, scope, shared_data / "visits" / "zambia_chibombo_target_area.geojson")
    assert set(report.codes) <= {"W_AREA_UNMATCHED", "W_COORD_OUT_OF_AREA", "W_GEOM_REPAIRED"}
    assert report.rows_ok == report.rows_total
    with db.read() as connection:
        outlines = connection.exec_driver_sql("SELECT count(*) FROM place WHERE boundary IS NOT NULL").scalar_one()
    assert outlines == 0

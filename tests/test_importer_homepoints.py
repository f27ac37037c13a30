"""Households of a map file: points with a 户编号 are read as a table, everything else as areas."""

from __future__ import annotations

import json

import pytest
from pyproj import Transformer

from geo.schema import household
from tests.workbooks import bring, open_register


@pytest.fixture
def register(tmp_path):
    """An empty register with the shipped units."""
    db, scope = open_register(tmp_path / "own.sqlite")
    yield db, scope
    db.close()


def write_points(path, rows: list[tuple], *, crs: str = "", **more: object):
    """Write households (code, lon, lat) of 孟溪村 as GeoJSON points; None for no geometry."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "乡镇": "和平乡",
                "村": "孟溪村",
                "村民组": "一组",
                "户编号": code,
                "户主": f"测{code}",
                **more,
            },
            "geometry": None if lon is None else {"type": "Point", "coordinates": [lon, lat]},
        }
        for code, lon, lat in rows
    ]
    named = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    path.write_text(json.dumps({"type": "FeatureCollection", **named, "features": features}), encoding="utf-8")
    return path


def homes_of(db) -> dict[str, tuple]:
    with db.read() as connection:
        rows = connection.execute(household.select()).mappings()
        return {row["code"]: (row["head_name"], row["lon"], row["lat"]) for row in rows}


def test_points_with_a_code_are_households(register, tmp_path):
    """Points without columns of coordinates become households at these points; one without a point has none."""
    db, scope = register
    path = write_points(
        tmp_path / "homes.geojson", [("A-1", 109.15, 27.68), ("A-2", 109.152, 27.682), ("A-3", None, None)]
    )
    report = bring(db, scope, path)
    assert (report.kind, report.outcome, report.rows_ok, report.stored) == ("table", "accept_with_warnings", 3, True)
    assert homes_of(db) == {
        "A-1": ("测A-1", 109.15, 27.68), "A-2": ("测A-2", 109.152, 27.682), "A-3": ("测A-3", None, None),
    }  # fmt: skip
    again = bring(db, scope, path)
    assert (again.changed, again.changes["households_same"]) == (False, 3)


def test_points_in_metres_are_moved(register, tmp_path):
    """A layer that declares a Gauss-Krüger system gives the same households in degrees."""
    db, scope = register
    to_metres = Transformer.from_crs(4326, 4545, always_xy=True).transform
    rows = [(f"A-{nth}", *to_metres(109.15 + nth / 1000, 27.68)) for nth in range(5)]
    bring(db, scope, write_points(tmp_path / "homes.geojson", rows, crs="urn:ogc:def:crs:EPSG::4545"))
    found = homes_of(db)
    assert len(found) == 5
    for nth in range(5):
        assert found[f"A-{nth}"][1:] == pytest.approx((109.15 + nth / 1000, 27.68), abs=1e-6)


def test_an_area_that_names_a_household_stays_an_area(register, tmp_path):
    """A polygon is no household, whatever its properties say; a point without a 户编号 is the centre of a unit."""
    db, scope = register
    square = [[[109.1, 27.6], [109.2, 27.6], [109.2, 27.7], [109.1, 27.7], [109.1, 27.6]]]
    for nth, (geometry, code) in enumerate(
        [
            ({"type": "Polygon", "coordinates": square}, {"户编号": "A-1"}),
            ({"type": "Point", "coordinates": [109.15, 27.68]}, {}),
        ]
    ):
        feature = {"type": "Feature", "properties": {"乡镇": "和平乡", "村": "孟溪村", **code}, "geometry": geometry}
        path = tmp_path / f"{nth}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        assert bring(db, scope, path).kind == "areas"
    assert homes_of(db) == {}

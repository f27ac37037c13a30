"""Areas go out and come back: nothing changes, whichever format carries them."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import shapely

from geo.cli import main
from geo.importer import ImportOptions, import_file
from geo.store.database import Database
from geo.store.places import root_place
from geo.store.rounds import RoundPlan, create_round
from tests import maps, workbooks
from tests.maps import feature, group, square

FORMATS = {"geojson": ".geojson", "gpkg": ".gpkg", "kml": ".kml", "shp": ".zip"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """Return a register with given outlines of every level, one with a hole, and groups whose area is computed."""
    folder = tmp_path_factory.mktemp("trip")
    db, scope = workbooks.open_register(folder / "r.sqlite")
    rows = [workbooks.home(f"HP{nth}", 村民组="九组", 经度=109.181 + nth / 1000, 纬度=27.685) for nth in range(5)]
    workbooks.bring(db, scope, workbooks.write_csv(folder / "a.csv", rows))
    holed = square(1).difference(shapely.box(109.163, 27.683, 109.166, 27.686))
    features = [
        group("一组", square()), group("二组", holed), group("周家组", shapely.MultiPolygon([square(2), square(4)])),
        feature(shapely.box(109.15, 27.68, 109.2, 27.69), name="孟溪村", code="520602202203"),
        feature(shapely.box(109.1, 27.6, 109.3, 27.8), 乡镇="和平乡"),
        feature(shapely.box(109.05, 27.55, 109.4, 27.85), name="碧江区"),
    ]  # fmt: skip
    report = import_file(db, scope, maps.write_geojson(folder / "b.geojson", features), options=ImportOptions())
    assert report.stored
    db.close()
    return folder / "r.sqlite"


@pytest.mark.parametrize("written", FORMATS)
def test_exported_areas_come_back_unchanged(filled, tmp_path, written, capsys):
    """The list of all areas, imported again, changes nothing; computed areas do not become given ones."""
    out = tmp_path / f"areas{FORMATS[written]}"
    assert main(["export", "areas", "--format", written, "--db", str(filled), "--out", str(out)]) == 0
    capsys.readouterr()
    db = Database(filled)
    report = import_file(db, workbooks_scope(db), out)
    assert (report.outcome, report.changed, report.rows_ok) == ("accept", False, report.rows_total)
    assert report.changes["outlines_same"] == 6
    assert report.changes["left_computed"] == report.rows_total - 6
    db.close()


@pytest.mark.parametrize("written", FORMATS)
def test_exported_areas_enter_an_empty_register(filled, tmp_path, written, capsys):
    """In a register without groups the same files make the groups and give every outline, exactly."""
    out = tmp_path / f"areas{FORMATS[written]}"
    assert main(["export", "areas", "--format", written, "--db", str(filled), "--out", str(out)]) == 0
    capsys.readouterr()
    db, scope = workbooks.open_register(tmp_path / "new.sqlite")
    report = import_file(db, scope, out)
    assert (report.stored, report.changes["groups_new"], report.changes["outlines_new"]) == (True, 3, 6)
    assert read_outlines(db) == read_outlines(Database(filled))
    db.close()


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("asked", [("gaps", "--kind", "groups"), ("coverage", "--level", "group")])
def test_computed_areas_of_lists_make_no_boundary(filled, tmp_path, written, asked, capsys):
    """Groups drawn as the land nearest to their homes say so in every list (边界): brought back they change nothing."""
    path = tmp_path / "r.sqlite"
    shutil.copy(filled, path)
    db = Database(path)
    plan = RoundPlan("第1轮", date(2019, 11, 10), date(2019, 12, 31), root_place(db).id)
    create_round(db, workbooks_scope(db), plan=plan)
    out = tmp_path / f"list{FORMATS[written]}"
    assert main(["export", *asked, "--format", written, "--db", str(path), "--out", str(out)]) == 0
    capsys.readouterr()
    report = import_file(db, workbooks_scope(db), out)
    assert (report.outcome, report.changed) == ("accept", False), (report.questions, report.codes)
    assert (report.rows_total, report.changes["left_computed"]) == (1, 1)
    db.close()


def workbooks_scope(db: Database):
    """Return a planner of the whole district."""
    return workbooks.Scope("planner", "planner", root_place(db).id)


def read_outlines(db: Database) -> dict[str, bytes]:
    """Return code → outline (rounded to a centimetre, in one form) of every given outline."""
    with db.read() as connection:
        rows = connection.exec_driver_sql("SELECT code, boundary FROM place WHERE boundary IS NOT NULL").all()
    return {
        code: shapely.to_wkb(shapely.normalize(shapely.set_precision(shapely.MultiPolygon(shapely.get_parts(shapely.from_wkb(raw)).tolist()), 1e-7)))
        for code, raw in rows
    }  # fmt: skip

"""Map files into the database: one transaction, the same again is nothing, undo is exact, given outlines are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from shapely.affinity import translate

from geo.cli import main
from geo.errors import Invalid, NotAllowed
from geo.importer import ImportOptions, ImportReport, import_file, undo_last
from geo.model import Scope
from geo.store.check import check_database
from geo.store.create import create_database
from geo.store.database import Database
from tests import maps, workbooks
from tests.maps import feature, group, square

VILLAGE = "520602202203"
#: What an undo leaves: the marked batch, the log, and counters.
LOGS = ("import_batch", "import_row", "audit_log", "setting")
Register = tuple[Database, Scope]


@pytest.fixture
def register(tmp_path: Path):
    """Give an empty register with the units of 2023."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    yield db, scope
    db.close()


def bring(register: Register, path: Path, **options: object) -> ImportReport:
    """Import one map file."""
    db, scope = register
    return import_file(db, scope, path, options=ImportOptions(**options))


def places(register: Register, where: str) -> dict[str, tuple[object, ...]]:
    """Return code → (name, outline or None, computed, lon, lat) of places."""
    with register[0].read() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT code, name, boundary, boundary_computed, lon, lat FROM place WHERE {where} ORDER BY code"
        ).all()
    return {row[0]: (row[1], None if row[2] is None else shapely.from_wkb(row[2]), *row[3:]) for row in rows}


GROUPS = [group("第1组", square()), group("二组", square(1)), group("周家组", square(2))]


def test_outlines_enter_and_come_back(register, tmp_path):
    """New groups are made with their outlines, a village gets its own, a township its centre; the same again is nothing."""
    features = [
        *GROUPS,
        feature(shapely.box(109.15, 27.68, 109.18, 27.69), name="孟溪村", code=VILLAGE),
        feature(shapely.Point(109.2, 27.7), 乡镇="和平乡"),
    ]
    path = maps.write_geojson(tmp_path / "a.geojson", features)
    trial = bring(register, path, dry_run=True)
    assert (trial.stored, trial.changed, places(register, "level = 'group'")) == (False, True, {})
    report = bring(register, path)
    assert (report.outcome, report.stored, report.rows_ok, report.kind) == ("accept", True, 5, "areas")
    assert {name: n for name, n in report.changes.items() if n} == {
        "groups_new": 3,
        "outlines_new": 4,
        "centres_new": 1,
    }
    found = places(register, f"code LIKE '{VILLAGE}%' OR code = '520602202'")
    assert {code: (row[0], row[1] is not None, row[2]) for code, row in found.items()} == {
        "520602202": ("和平土家族侗族乡", False, 0), VILLAGE: ("孟溪村", True, 0), f"{VILLAGE}001": ("一组", True, 0),
        f"{VILLAGE}002": ("二组", True, 0), f"{VILLAGE}901": ("周家组", True, 0),
    }  # fmt: skip
    assert found["520602202"][3:] == (109.2, 27.7)
    assert found[f"{VILLAGE}001"][1].equals(square())
    before = workbooks.dump(register[0])
    again = bring(register, path)
    assert (again.outcome, again.stored, again.changed) == ("accept", False, False)
    assert workbooks.dump(register[0]) == before
    assert "没有任何改动" in again.message
    assert check_database(*register) == []


def test_undo_leaves_every_row_as_it_was(register, tmp_path):
    """Taking back a file that made groups, gave outlines and centres and kept a feature aside restores the file's rows."""
    workbooks.bring(
        *register,
        workbooks.write_csv(tmp_path / "a.csv", [workbooks.home("HP1"), workbooks.home("HP2", 村民组="二组")]),
    )
    bring(register, maps.write_geojson(tmp_path / "first.geojson", [group("一组", square())]))
    before = workbooks.dump(register[0], without=LOGS)
    features = [*GROUPS, feature(square(5), name="a"), feature(shapely.Point(109.2, 27.7), 村="孟溪村", 组="一组")]
    report = bring(register, maps.write_geojson(tmp_path / "b.geojson", features), apply=frozenset({"outline"}))
    assert report.stored
    assert workbooks.dump(register[0], without=LOGS) != before
    undone = undo_last(*register)
    assert (undone.removed, undone.restored) == (2, 2)
    assert workbooks.dump(register[0], without=LOGS) == before
    assert bring(register, tmp_path / "b.geojson").changed


def test_a_given_outline_is_not_overwritten(register, tmp_path):
    """Another outline for a unit that has one is a proposal; carried out on request; a computed one gives way at once."""
    bring(register, maps.write_geojson(tmp_path / "a.geojson", [group("一组", square())]))
    other = maps.write_geojson(tmp_path / "b.geojson", [group("一组", translate(square(), 0.001))])
    report = bring(register, other)
    assert (report.stored, report.changed, report.changes["outlines_proposed"]) == (False, False, 1)
    (proposal,) = report.proposals
    assert (proposal.kind, proposal.code, proposal.taken) == ("outline", f"{VILLAGE}001", False)
    assert places(register, "level = 'group'")[f"{VILLAGE}001"][1].equals(square())
    taken = bring(register, other, apply=frozenset({"outline"}))
    assert (taken.stored, taken.changes["outlines_changed"], taken.proposals[0].taken) == (True, 1, True)
    assert places(register, "level = 'group'")[f"{VILLAGE}001"][1].equals(translate(square(), 0.001))
    with register[0].write() as connection:
        connection.exec_driver_sql("UPDATE place SET boundary_computed = 1 WHERE level = 'group'")
    replaced = bring(register, tmp_path / "a.geojson")
    assert (replaced.stored, replaced.changes["outlines_new"], replaced.proposals) == (True, 1, ())
    assert places(register, "level = 'group'")[f"{VILLAGE}001"][1:3] == (square(), 0)


def test_a_centre_is_not_overwritten_either(register, tmp_path):
    """Another centre for a unit that has one is a proposal."""
    bring(register, maps.write_geojson(tmp_path / "a.geojson", [feature(shapely.Point(109.2, 27.7), 村="孟溪村")]))
    report = bring(
        register, maps.write_geojson(tmp_path / "b.geojson", [feature(shapely.Point(109.21, 27.7), 村="孟溪村")])
    )
    assert (report.changed, report.changes["centres_proposed"], len(report.proposals)) == (False, 1, 1)


def test_the_same_outline_in_another_form_is_no_change(register, tmp_path):
    """Rounded to seven digits, wound the other way, begun at another corner: still the same outline."""
    shape = shapely.Polygon([(109.15, 27.68), (109.1612345678, 27.6801), (109.159, 27.6912345678), (109.151, 27.69)])
    bring(register, maps.write_geojson(tmp_path / "a.geojson", [group("一组", shape)]))
    turned = shapely.Polygon([*shape.exterior.coords[2:-1], *shape.exterior.coords[:3]])
    forms = (shapely.set_precision(shape, 1e-7), shapely.reverse(shape), turned, shapely.MultiPolygon([shape]))
    for nth, form in enumerate(forms):
        report = bring(register, maps.write_geojson(tmp_path / f"{nth}.geojson", [group("一组", form)]))
        assert (report.changed, report.changes["outlines_same"]) == (False, 1), form
    moved = translate(shape, 0.00001)
    assert (
        bring(register, maps.write_geojson(tmp_path / "m.geojson", [group("一组", moved)])).changes["outlines_proposed"]
        == 1
    )


def test_refused_features_keep_the_file_out_unless_good_ones_are_asked_for(register, tmp_path):
    """Bad features are listed with row, field and code; with good_rows the others enter and the list is kept."""
    bow = {
        "type": "Polygon",
        "coordinates": [[[109.1, 27.6], [109.2, 27.7], [109.2, 27.6], [109.1, 27.7], [109.1, 27.6]]],
    }
    path = maps.write_geojson(
        tmp_path / "a.geojson", [group("一组", bow), group("二组", square()), group("三组", None)]
    )
    report = bring(register, path)
    assert (report.outcome, report.stored, report.rows_ok) == ("reject_rows", False, 1)
    assert [(one.row, one.field, one.code) for one in report.rows_bad] == [
        (1, "geometry", "R_GEOM_INVALID"), (3, "geometry", "R_GEOM_EMPTY"),
    ]  # fmt: skip
    kept = bring(register, path, good_rows=True)
    assert (kept.stored, list(places(register, "level = 'group'"))) == (True, [f"{VILLAGE}002"])
    assert workbooks.count(register[0], "import_refused") == 2
    assert not bring(register, path, good_rows=True).changed
    mended = maps.write_geojson(
        tmp_path / "a.geojson", [group("一组", square(1)), group("二组", square()), group("三组", square(2))]
    )
    assert bring(register, mended).stored
    with register[0].read() as connection:
        assert connection.exec_driver_sql("SELECT DISTINCT status FROM import_refused").scalars().all() == ["repaired"]


def test_what_is_measured(register, tmp_path):
    """Overlaps of siblings, gaps of their village and households outside their group are in the report."""
    rows = [
        workbooks.home("HP1", 经度=109.155, 纬度=27.685),
        workbooks.home("HP2", 经度=109.2, 纬度=27.7),
        workbooks.home("HP3", 经度=""),
    ]
    workbooks.bring(*register, workbooks.write_csv(tmp_path / "a.csv", rows))
    features = [
        group("一组", square()), group("二组", translate(square(1), -0.002)),
        feature(shapely.box(109.15, 27.68, 109.18, 27.69), 村="孟溪村", 代码=VILLAGE),
    ]  # fmt: skip
    report = bring(register, maps.write_geojson(tmp_path / "b.geojson", features))
    assert (report.outcome, report.codes) == ("accept_with_warnings", ["W_GROUPS_OVERLAP", "W_NOT_IN_GROUP"])
    (pair,) = report.areas["overlaps"]
    assert (pair["one"]["name"], pair["other"]["name"], pair["m2"]) == (
        "一组",
        "二组",
        pytest.approx(218_630, rel=1e-3),
    )
    (gap,) = [one for one in report.areas["gaps"] if one["code"] == VILLAGE]
    assert (gap["drawn"], gap["missing"], gap["pieces"]) == (2, 0, 1)
    assert gap["m2"] == pytest.approx(218_630 * 6, rel=1e-3)
    assert report.areas["outside"] == {
        "total": 1, "rows": [{"household": "HP2", "code": f"{VILLAGE}001", "name": "一组", "m": pytest.approx(4_102, abs=60)}],
    }  # fmt: skip
    strangers = [one for one in report.findings if one.code == "W_NOT_IN_GROUP"]
    assert [(one.row, one.value.split()[0]) for one in strangers] == [(1, "HP2")]
    again = bring(register, tmp_path / "b.geojson")
    assert (again.changed, again.codes, again.areas["overlaps"]) == (False, report.codes, report.areas["overlaps"])


def test_siblings_that_touch_are_clean(register, tmp_path):
    """Squares that share their borders overlap nowhere, in the file or with those that are there already."""
    for nth in range(3):
        path = maps.write_geojson(tmp_path / f"{nth}.geojson", [group(f"{nth + 1}组", square(nth))])
        assert (bring(register, path).outcome, bring(register, path).areas["overlaps"]) == ("accept", [])
    later = maps.write_geojson(tmp_path / "l.geojson", [group("九组", translate(square(1), 0.0, 0.005))])
    assert bring(register, later).areas["overlaps"][0]["other"]["name"] == "九组"


def test_shapefiles_end_to_end(register, tmp_path):
    """A zipped GBK shapefile in CGCS2000 enters; without .prj it is asked about and enters with the declared system."""
    columns = {"行政村": ["孟溪村", "孟溪村"], "统计用区划代码": [VILLAGE, VILLAGE], "村民小组名称": ["1组", "2组"]}
    members = maps.shapefile("组界", [square(), square(1)], columns)
    report = bring(register, maps.write_zip(tmp_path / "a.zip", members))
    assert (report.outcome, report.stored, report.sheet) == ("accept_with_warnings", True, "组界")
    assert report.codes == ["W_HEADER_GUESSED"]
    assert report.areas["crs"] == "cgcs2000"
    bare = maps.write_zip(tmp_path / "b.zip", {name: one for name, one in members.items() if not name.endswith("prj")})
    asked = bring(register, bare)
    assert (asked.outcome, asked.questions[0].kind, asked.rows_total) == ("ask", "crs", 2)
    assert not bring(register, bare, crs="wgs84").changed
    assert not bring(register, bare, answers={"crs": "EPSG:4490"}).changed
    assert bring(register, bare, crs="gcj02").changes["outlines_proposed"] == 2
    with pytest.raises(Invalid):
        bring(register, bare, crs="mars")


def test_several_layers_are_asked_about(register, tmp_path):
    """Two shapefiles in one archive: the question names them, the option or the answer chooses."""
    members = maps.shapefile("一", [square()], {"name": ["孟溪村"]}) | maps.shapefile(
        "二", [square(1)], {"name": ["龙鱼村"]}
    )
    path = maps.write_zip(tmp_path / "a.zip", members)
    report = bring(register, path)
    assert (report.outcome, [one.value for one in report.questions[0].options]) == ("ask", ["一", "二"])
    assert bring(register, path, layer="二").areas["features"][0]["name"] == "龙鱼村"
    assert bring(register, path, answers={"layer": "一"}).areas["features"][0]["name"] == "孟溪村"


def test_a_district_outline_becomes_the_area(register, tmp_path):
    """A district's own outline replaces the shipped one: points are judged by it from then on."""
    path = maps.write_geojson(
        tmp_path / "a.geojson", [feature(shapely.box(109.1, 27.6, 109.3, 27.8), name="碧江区", code="520602")]
    )
    assert bring(register, path).stored
    rows = [workbooks.home("HP1", 经度=109.2, 纬度=27.7), workbooks.home("HP2", 经度=109.4, 纬度=27.6)]
    report = workbooks.bring(*register, workbooks.write_csv(tmp_path / "b.csv", rows))
    assert [one.row for one in report.findings if one.code == "W_COORD_OUT_OF_AREA"] == [2]


def test_who_may_import_outlines(register, tmp_path):
    """A leader may not, a planner of one village only there, and demo data takes none."""
    path = maps.write_geojson(tmp_path / "a.geojson", GROUPS)
    db, scope = register
    with pytest.raises(NotAllowed):
        import_file(db, Scope("l", "leader", scope.area), path)
    with pytest.raises(NotAllowed):
        import_file(db, Scope("p", "planner", "u2023-06-30-520602202204"), path)
    demo = create_database(tmp_path / "d.sqlite", kind="demo", edition="2023-06-30")
    with pytest.raises(Invalid):
        import_file(demo, scope, path)
    demo.close()


def test_the_command_line(tmp_path, capsys):
    """Exit codes and JSON are those of tables; what was matched and measured is printed."""
    db = tmp_path / "c.sqlite"
    good = maps.write_geojson(
        tmp_path / "a.geojson", [group("一组", square()), group("二组", translate(square(1), -0.002))]
    )
    assert main(["import", str(good), "--db", str(db)]) == 0
    printed = capsys.readouterr().out
    assert "重叠：一组与二组" in printed
    assert "新建组 2" in printed
    assert main(["import", str(good), "--db", str(db), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["kind"], answer["stored"], answer["changed"], answer["areas"]["crs"]) == (
        "areas",
        False,
        False,
        "wgs84",
    )
    assert (
        main(["import", str(maps.write_geojson(tmp_path / "b.geojson", [group("一组", None)])), "--db", str(db)]) == 3
    )
    bare = maps.shapefile("a", [square()], {"name": ["孟溪村"]}, prj=None)
    zipped = maps.write_zip(tmp_path / "c.zip", bare)
    assert main(["import", str(zipped), "--db", str(db)]) == 4
    assert main(["import", str(zipped), "--db", str(db), "--crs", "cgcs2000", "--layer", "a"]) == 0
    other = maps.write_geojson(tmp_path / "d.geojson", [group("一组", square(6))])
    assert main(["import", str(other), "--db", str(db)]) == 0
    assert "--replace-outlines" in capsys.readouterr().out
    assert main(["import", str(other), "--db", str(db), "--replace-outlines"]) == 0
    (tmp_path / "e.kml").write_text("<OGRVRTDataSource/>", encoding="utf-8")
    assert main(["import", str(tmp_path / "e.kml"), "--db", str(db)]) == 4

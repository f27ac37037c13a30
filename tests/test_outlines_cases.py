"""Map files into the database, case by case: duplicates, conflicts, unknown and oddly named features, large files."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.affinity import translate

from geo import crs
from geo.errors import Stopped
from geo.importer import ImportOptions, import_file
from geo.importer.progress import PHASES, Progress
from tests import maps, workbooks
from tests.maps import feature, group, square
from tests.test_outlines_import import GROUPS, VILLAGE, bring, places


@pytest.fixture
def register(tmp_path: Path):
    """Give an empty register with the units of 2023."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    yield db, scope
    db.close()


def test_values_as_understood(register, tmp_path):
    """The report says what was understood, under the headers of a map file: names as registered, codes as written."""
    path = maps.write_geojson(tmp_path / "a.geojson", [feature(square(), code=VILLAGE, name="孟溪", 村民组="第3组")])
    values = {one["field"]: one["value"] for one in bring(register, path).values}
    assert values == {
        "code": VILLAGE, "name": "孟溪", "乡镇": "和平土家族侗族乡", "村": "孟溪村", "村民组": "三组",
    }  # fmt: skip


def test_two_features_of_one_unit(register, tmp_path):
    """The same outline twice is a duplicate, another one a conflict; parts that lie apart are joined on request."""
    twice = [group("一组", square()), group("1组", shapely.reverse(square())), group("一组", square(3))]
    report = bring(register, maps.write_geojson(tmp_path / "a.geojson", twice))
    assert [(one.row, one.code) for one in report.rows_bad] == [(2, "R_DUP_ROW"), (3, "R_DUP_KEY_CONFLICT")]
    (question,) = report.questions
    assert (question.id, question.blocking, question.suggestion) == ("parts:outline", False, "skip")
    joined = maps.write_geojson(tmp_path / "b.geojson", [twice[0], twice[2]])
    assert bring(register, joined, answers={"parts:outline": "join"}).stored
    (row,) = places(register, "level = 'group'").values()
    assert row[1].equals(shapely.MultiPolygon([square(), square(3)]))
    over = [group("九组", square()), group("九组", translate(square(), 0.001))]
    found = bring(register, maps.write_geojson(tmp_path / "c.geojson", over), answers={"parts:outline": "join"})
    assert [(one.row, one.code) for one in found.rows_bad] == [(2, "R_DUP_KEY_CONFLICT")]
    both = [group("八组", square(4)), feature(shapely.Point(109.195, 27.685), 村="孟溪村", 村民组="八组")]
    assert bring(register, maps.write_geojson(tmp_path / "d.geojson", both)).outcome.startswith("accept")


def test_a_conflict_is_asked_and_nothing_is_stored(register, tmp_path):
    """Code and name that disagree are one question; answered, the feature goes where the answer says."""
    path = maps.write_geojson(
        tmp_path / "a.geojson", [feature(square(), 村="孟溪村", code="520602202204"), *GROUPS[1:]]
    )
    report = bring(register, path)
    assert (report.outcome, report.stored, report.rows_ok) == ("ask", False, 2)
    (question,) = report.questions
    assert (question.code, question.id, question.blocking) == ("R_UNKNOWN_VALUE", "unit:孟溪村/520602202204", True)
    assert {option.label for option in question.options} == {
        "和平土家族侗族乡 孟溪村",
        "和平土家族侗族乡 龙鱼村",
        "skip",
    }
    assert bring(register, path, answers={question.id: VILLAGE}).stored
    assert places(register, f"code = '{VILLAGE}'")[VILLAGE][1].equals(square())


def test_unknown_features_are_kept_aside(register, tmp_path):
    """They count as good, are kept with their shape, and are not kept twice; answered they go to their unit."""
    path = maps.write_geojson(tmp_path / "a.geojson", [feature(square(), name="孟西村"), feature(square(1), name="x")])
    report = bring(register, path)
    assert (report.outcome, report.rows_ok, report.stored) == ("accept_with_warnings", 2, True)
    assert report.codes == ["W_AREA_UNMATCHED"]
    with register[0].read() as connection:
        kept = connection.exec_driver_sql("SELECT row, label, shape FROM area_aside ORDER BY row").all()
    assert [(row, label, shapely.from_wkb(shape).equals(square(row - 1))) for row, label, shape in kept] == [
        (1, "孟西村", True), (2, "x", True),
    ]  # fmt: skip
    assert not bring(register, path).changed
    question = next(one for one in report.questions if one.id == "unit:孟西村")
    assert "孟溪村" in {option.label.split()[-1] for option in question.options}
    answered = bring(register, path, answers={question.id: VILLAGE})
    assert (answered.stored, answered.changes["outlines_new"], answered.changes["kept_aside"]) == (True, 1, 0)


def test_groups_of_the_village_that_the_file_names(register, tmp_path):
    """A file called after a village, or `--unit`, tells whose groups they are; two villages that disagree tell nothing."""
    bare = [feature(square(nth), name=name) for nth, name in enumerate(("一组", "2组"))]
    report = bring(register, maps.write_geojson(tmp_path / "孟溪村组界.geojson", bare))
    assert (report.stored, report.changes["groups_new"]) == (True, 2)
    assert set(places(register, "level = 'group'")) == {f"{VILLAGE}001", f"{VILLAGE}002"}
    other = maps.write_geojson(tmp_path / "a.geojson", bare)
    assert bring(register, other).codes == ["W_AREA_UNMATCHED"]
    assert bring(register, other, unit="龙鱼村").changes["groups_new"] == 2
    assert bring(register, tmp_path / "孟溪村组界.geojson", unit="龙鱼村").codes == ["W_AREA_UNMATCHED"]


def test_odd_texts_are_listed_and_never_run(register, tmp_path):
    """Markup and formulas are texts, control characters go, a name that is too long names nobody; values are understood."""
    odd = [
        group("<img src=x onerror=alert(1)>组", square()), group("@SUM(A1)组", square(1)),
        group("三\u0007组", square(2)), group("长" * 90, square(3)),
    ]  # fmt: skip
    report = bring(register, maps.write_geojson(tmp_path / "a.geojson", odd))
    assert (report.outcome, report.rows_ok) == ("accept_with_warnings", 4)
    assert [(one.code, one.row) for one in report.findings] == [
        ("W_FORMULA_TEXT", 2), ("W_CONTROL_CHARS", 3), ("W_TOO_LONG", 4), ("W_AREA_UNMATCHED", 4),
    ]  # fmt: skip
    names = {row[0] for row in places(register, "level = 'group'").values()}
    assert names == {"<imgsrc=xonerror=alert(1)>组", "@SUM(A1)组", "三组"}
    assert places(register, f"code = '{VILLAGE}'")[VILLAGE][1] is None
    values = {(one["row"], one["field"]): one["value"] for one in report.values}
    assert (values[3, "村"], values[3, "村民组"], values[3, "乡镇"]) == ("孟溪村", "三组", "和平土家族侗族乡")


def test_a_large_file_is_read_in_seconds(register, tmp_path):
    """Three thousand groups, half of them of villages nobody knows, take a few seconds, not minutes."""
    names = [(f"{nth % 90 + 1}组", f"无名{nth}村" if nth % 2 else "孟溪村") for nth in range(3_000)]
    features = [
        group(f"{name[:-1]}{nth}组" if village == "孟溪村" else name, square(nth % 30, side=0.0005, row=nth // 30), village=village)
        for nth, (name, village) in enumerate(names)
    ]  # fmt: skip
    path = maps.write_geojson(tmp_path / "a.geojson", features)
    start = time.perf_counter()
    report = bring(register, path)
    assert (report.rows_ok, report.changes["kept_aside"]) == (3_000, 1_500)
    assert time.perf_counter() - start < 60


def test_a_map_file_tells_how_far_it_is_and_can_be_stopped(register, tmp_path):
    """Every phase is told in order; stopped at any of its steps the import stores nothing."""
    path = maps.write_geojson(tmp_path / "a.geojson", [*GROUPS, group("九组", square(9), village="无名村")])
    heard: list[str] = []
    before = workbooks.dump(register[0])
    listener = Progress(lambda phase, _done, _total: heard.append(phase))
    assert import_file(*register, path, options=ImportOptions(dry_run=True), progress=listener).changed
    assert list(dict.fromkeys(heard)) == list(PHASES)
    for nth in range(len(heard)):
        steps = iter(range(len(heard)))
        with pytest.raises(Stopped):
            import_file(*register, path, progress=Progress(stopped=lambda steps=steps, nth=nth: next(steps) >= nth))
        assert workbooks.dump(register[0]) == before
    assert import_file(*register, path).stored


def in_metres(nth: int, code: int, *, north_first: bool = False) -> shapely.Polygon:
    """Return a square in the metres of a system, as surveys draw it: the northing may come first."""
    shape = shapely.transform(
        square(nth), lambda xy: np.column_stack(crs.from_wgs84(crs.epsg_system(code), xy[:, 0], xy[:, 1]))
    )
    return shapely.transform(shape, lambda xy: xy[:, ::-1]) if north_first else shape


@pytest.mark.parametrize("code", [4524, 4545, 4508])
@pytest.mark.parametrize("said", ["declared", "auto"])
def test_outlines_in_metres_with_x_north(register, tmp_path, code, said):
    """Metres whose X is the northing are where the same metres the other way round are, declared or proven."""
    features = [group(f"{nth + 1}组", in_metres(nth, code, north_first=True)) for nth in range(6)]
    path = maps.write_geojson(tmp_path / "a.geojson", features)
    report = bring(register, path, crs=f"EPSG:{code}" if said == "declared" else "auto")
    assert (report.outcome, report.stored) == ("accept", True)
    found = {row[0]: row[1] for row in places(register, "level = 'group'").values()}
    assert len(found) == 6
    assert all(shape.hausdorff_distance(square(nth)) < 1e-7 for nth, shape in enumerate(by_name(found)))


def by_name(found: dict[str, shapely.Polygon]) -> list[shapely.Polygon]:
    """Return outlines in the order of their groups."""
    return [found[name] for name in ("一组", "二组", "三组", "四组", "五组", "六组")]


@pytest.mark.parametrize("system", ["EPSG:4525", "wgs84", "gcj02", "EPSG:32651"])
def test_metres_declared_as_something_else_leave_the_outline_empty(register, tmp_path, system):
    """Metres of zone 36 under another zone, as degrees, or far from where the system is used: listed, no outline, no crash."""
    path = maps.write_geojson(
        tmp_path / "a.geojson", [group("一组", in_metres(0, 4524)), group("二组", in_metres(1, 4524))]
    )
    report = bring(register, path, crs=system)
    assert (report.outcome, len(report.findings)) == ("accept_with_warnings", 2)
    assert {one.code for one in report.findings} <= {"W_COORD_RANGE", "W_COORD_OUT_OF_AREA"}
    assert all(row[1] is None for row in places(register, "level = 'group'").values())


@pytest.mark.parametrize(("turned", "right", "taken"), [(6, 0, 6), (4, 0, 0), (8, 2, 10), (7, 3, 3)])
def test_auto_swaps_what_the_shapes_prove(register, tmp_path, turned, right, taken):
    """Outlines with latitudes first enter with `auto` from five and 80 % on, each listed; else they are left empty."""
    shapes = [shapely.transform(square(nth), lambda xy: xy[:, ::-1]) for nth in range(turned)]
    shapes += [square(nth) for nth in range(turned, turned + right)]
    path = maps.write_geojson(tmp_path / "a.geojson", [group(f"{nth + 1}组", one) for nth, one in enumerate(shapes)])
    report = bring(register, path, crs="auto")
    found = places(register, "level = 'group' AND boundary_computed = 0 AND boundary IS NOT NULL")
    assert (len(found), sum(one.code == "W_COORD_SWAPPED" for one in report.findings)) == (taken, turned)
    assert all(row[1].equals(square(int(code[-3:]) - 1)) for code, row in found.items())

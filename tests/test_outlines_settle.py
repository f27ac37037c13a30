"""What a shape is worth: valid outlines stay, small faults are repaired, invented land is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate

from geo.config import DATA_DIR
from geo.crs import GCJ02, from_wgs84, gauss_system
from geo.importer.findings import Question
from geo.importer.outlines.features import Feature, Layer
from geo.importer.outlines.measure import Plane, find_overlaps, measure_area, measure_distances, measure_gaps
from geo.importer.outlines.settle import settle_shape
from geo.importer.outlines.systems import choose_system, move
from geo.store.area import Area
from tests import maps
from tests.maps import square

AREA = Area(
    shapely.from_geojson(
        json.dumps(json.loads((DATA_DIR / "demo" / "bijiang_outline.geojson").read_text(encoding="utf-8")))
    )
)
NOWHERE: dict[str, str] = {}


def settle(shape, *, area=None, **answers):
    """Settle a shape without a district, unless one is given."""
    return settle_shape(shape, area, answers=answers)


def ring(*points: tuple[float, float]) -> shapely.Polygon:
    """Return a polygon of offsets in units of a hundredth of a degree."""
    return shapely.Polygon([(maps.WEST + x / 100, maps.SOUTH + y / 100) for x, y in points])


def test_valid_outlines_stay_as_they_are():
    """Holes, islands, either winding, 3D and a point: nothing is found, nothing is changed."""
    holed = square(side=0.02).difference(shapely.box(109.155, 27.685, 109.16, 27.69))
    for shape in (square(), holed, shapely.reverse(holed), shapely.MultiPolygon([square(), square(2)])):
        found = settle(shape, area=AREA)
        assert (found.outline, found.centre, found.codes, found.problem) == (shape, None, (), "")
    assert settle(shapely.Point(109.2, 27.7)).centre == (109.2, 27.7)


@pytest.mark.parametrize(
    ("shape", "codes", "problem"),
    [
        # A bow-tie's own area is nothing; two triangles would be invented.
        (ring((0, 0), (10, 10), (10, 0), (0, 10)), (), "R_GEOM_INVALID"),
        # A lopsided bow-tie too.
        (ring((0, 0), (10, 10), (10, 0), (0, 7)), (), "R_GEOM_INVALID"),
        # A spike, a ring that touches itself in a point, a doubled corner: the area stays.
        (ring((0, 0), (10, 0), (10, 5), (14, 5), (10, 5), (10, 10), (0, 10)), ("W_GEOM_REPAIRED",), ""),
        (ring((0, 0), (10, 0), (10, 10), (5, 0), (0, 10)), ("W_GEOM_REPAIRED",), ""),
        # A little loop of a hundredth per cent.
        (ring((0, 0), (10, 0), (10, 10), (0.1, 10), (-0.1, 9.9), (0.1, 9.9), (0, 10)), ("W_GEOM_REPAIRED",), ""),
        # A ring gone round twice has twice its area; a flat one has none.
        (ring((0, 0), (10, 0), (10, 10), (0, 10), (0, 0), (10, 0), (10, 10), (0, 10)), (), "R_GEOM_INVALID"),
        (ring((0, 0), (10, 0), (5, 0)), (), "R_GEOM_INVALID"),
        # A hole outside its shell, and one that is larger.
        (shapely.Polygon(square().exterior, [square(2).exterior]), (), "R_GEOM_INVALID"),
        (shapely.Polygon(square(side=0.01).exterior, [square(side=0.02).exterior]), (), "R_GEOM_INVALID"),
        # Parts that overlap by a sliver become one; parts that overlap more, or twice the same, are nobody's guess.
        (shapely.MultiPolygon([square(), translate(square(1), -0.00001)]), ("W_GEOM_REPAIRED",), ""),
        (shapely.MultiPolygon([square(), translate(square(1), -0.002)]), (), "R_GEOM_INVALID"),
        (shapely.MultiPolygon([square(), square()]), (), "R_GEOM_INVALID"),
        # Lines: a closed one is the outline it goes around, an open one is nothing.
        (shapely.LineString(square().exterior.coords), (), ""),
        (shapely.LineString([(109.1, 27.6), (109.2, 27.7)]), (), "R_GEOM_INVALID"),
        (shapely.MultiPoint([(109.1, 27.6), (109.2, 27.7)]), (), "R_GEOM_INVALID"),
        (shapely.GeometryCollection([]), (), "R_GEOM_EMPTY"),
        (shapely.Polygon(), (), "R_GEOM_EMPTY"),
    ],
)  # fmt: skip
def test_faulty_shapes(shape, codes, problem):
    """Repaired is what keeps its own area to 1 %, and said so; all else is refused."""
    found = settle(shape)
    assert (found.codes, found.problem) == (codes, problem)
    if not problem:
        assert found.outline.is_valid
        assert found.outline.area == pytest.approx(shapely.convex_hull(shape).area if not codes else found.outline.area)


def test_repairs_of_parts_are_judged_one_by_one():
    """A bow-tie beside a large good part is not waved through by the sum."""
    bow = ring((90, 0), (91, 1), (91, 0), (90, 1))
    assert settle(shapely.MultiPolygon([square(side=0.5), bow])).problem == "R_GEOM_INVALID"


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=8))
def test_no_land_is_invented(points):
    """Whatever ring comes, what is taken is valid and within 1 % of the area the ring itself goes around."""
    shape = shapely.Polygon([(109 + x / 1000, 27 + y / 1000) for x, y in points])
    found = settle(shape)
    assert (found.outline is None) == (found.problem != "")
    if found.outline is not None:
        x, y = np.array(shape.exterior.coords).T
        own = abs(np.dot(x[:-1] - 109, y[1:] - 27) - np.dot(x[1:] - 109, y[:-1] - 27)) / 2
        assert found.outline.is_valid
        assert found.outline.area == pytest.approx(own, rel=0.0101)


def test_the_antimeridian():
    """A polygon across 180°, drawn the long way round, is cut there, and its area is that of the short way."""
    long_way = shapely.Polygon([(179.5, 27), (-179.5, 27), (-179.5, 28), (179.5, 28)])
    found = settle(long_way)
    assert found.codes == ("W_GEOM_ANTIMERIDIAN",)
    assert found.outline.area == pytest.approx(1.0)
    assert [round(one, 3) for one in found.outline.bounds] == [-180.0, 27.0, 180.0, 28.0]
    assert settle(long_way, area=AREA).codes == ("W_GEOM_ANTIMERIDIAN", "W_COORD_OUT_OF_AREA")


def test_other_ways_across_the_antimeridian():
    """Longitudes that go on beyond 180°, and parts on both sides of it, are the same and said so."""
    beyond = shapely.box(179.5, 27, 180.5, 28)
    assert settle(beyond).codes == ("W_GEOM_ANTIMERIDIAN",)
    assert [round(one, 3) for one in settle(beyond).outline.bounds] == [-180.0, 27.0, 180.0, 28.0]
    cut = shapely.MultiPolygon([shapely.box(179.5, 27, 180, 28), shapely.box(-180, 27, -179.5, 28)])
    assert (settle(cut).codes, settle(cut).outline) == (("W_GEOM_ANTIMERIDIAN",), cut)
    assert settle(shapely.Point(190, 27)).codes == ("W_COORD_RANGE",)
    assert settle(shapely.Point(0, 0)).codes == ("W_COORD_ZERO",)


def test_where_an_outline_cannot_lie():
    """Out of the globe, with latitude first, or outside the district: nothing is taken unless somebody says so."""
    huge = translate(square(), 1e9, 1e9)
    assert (settle(huge).outline, settle(huge).codes) == (None, ("W_COORD_RANGE",))
    turned = shapely.transform(square(), lambda xy: xy[:, ::-1])
    assert (settle(turned, area=AREA).outline, settle(turned, area=AREA).codes) == (None, ("W_COORD_SWAPPED",))
    assert settle(turned, area=AREA, **{"points:swapped": "swap"}).outline.equals(square())
    far = translate(square(), 7.0)
    assert (settle(far, area=AREA).outline, settle(far, area=AREA).codes) == (None, ("W_COORD_OUT_OF_AREA",))
    assert settle(far, area=AREA, **{"points:outside": "keep"}).outline == far
    assert settle(shapely.Point(116.4, 39.9), area=AREA).centre is None
    edge = shapely.box(109.32, 27.84, 109.36, 27.87)
    assert settle(edge, area=AREA).outline == edge


def test_an_outline_with_its_centre():
    """A collection of a polygon and a point gives both; two points are nobody's centre."""
    both = settle(shapely.GeometryCollection([square(), shapely.Point(109.155, 27.685)]))
    assert (both.outline.equals(square()), both.centre) == (True, (109.155, 27.685))
    nested = shapely.GeometryCollection([shapely.GeometryCollection([square()]), square(2)])
    assert settle(nested).outline.equals(shapely.MultiPolygon([square(), square(2)]))


def layer_of(shapes, system: str = "") -> Layer:
    """Return a layer of some shapes."""
    return Layer("", tuple(Feature(row, {}, shape) for row, shape in enumerate(shapes, 1)), system)


def turned_into(shape, system):
    """Return a shape in another system."""
    return shapely.transform(shape, lambda xy: np.column_stack(from_wgs84(system, xy[:, 0], xy[:, 1])))


@pytest.mark.parametrize("system", [GCJ02, gauss_system(108), gauss_system(108, number=36), gauss_system(111)])
def test_declared_systems_lead_back(system):
    """An outline in GCJ-02 or Gauss-Krüger metres comes back to where it was within a centimetre."""
    back = move(turned_into(square(), system), choose_system(layer_of([square()]), system.name, AREA))
    assert shapely.hausdorff_distance(back, square()) < 1e-7


def test_an_undeclared_system_is_asked_about():
    """Degrees without a system: three readings; metres: the zones that lead into the district, likeliest first."""
    asked = choose_system(layer_of([square(nth) for nth in range(3)]), "", AREA)
    assert isinstance(asked, Question)
    assert ([one.value for one in asked.options], asked.suggestion, asked.blocking) == (
        ["wgs84", "gcj02", "bd09"],
        "",
        True,
    )
    metres = layer_of([turned_into(square(nth), gauss_system(108)) for nth in range(3)])
    asked = choose_system(metres, "", AREA)
    assert (asked.code, asked.suggestion, asked.options[0].value) == ("W_COORD_PROJECTED", "EPSG:4545", "EPSG:4545")
    numbered = layer_of([turned_into(square(nth), gauss_system(108, number=36)) for nth in range(3)])
    assert [one.value for one in choose_system(numbered, "", AREA).options] == ["EPSG:4524"]
    assert choose_system(layer_of([square()], "wgs84"), "", AREA).name == "wgs84"
    assert isinstance(choose_system(metres, "", None), Question)


def test_a_declared_system_that_cannot_be_is_asked_about():
    """Metres declared as degrees, degrees declared as metres, a name nobody knows."""
    metres = [turned_into(square(), gauss_system(108))]
    for layer in (layer_of(metres, "wgs84"), layer_of([square()], "EPSG:4545"), layer_of([square()], "EPSG:999999")):
        assert isinstance(choose_system(layer, "", AREA), Question)


def test_numbers_that_no_system_has_are_no_question():
    """Where the format says WGS84 and no projection has such numbers, features are out of range, one by one."""
    for far in (1e9, 1e30):
        assert choose_system(layer_of([translate(square(), far, far)], "wgs84"), "", AREA).name == "wgs84"


def test_auto_takes_what_is_proven():
    """`auto` takes a zone that at least five and 80 % of the features fit; fewer, or degrees, are asked about."""
    metres = [turned_into(square(nth % 3, row=nth // 3), gauss_system(108)) for nth in range(6)]
    assert choose_system(layer_of(metres), "auto", AREA).name == "EPSG:4545"
    assert isinstance(choose_system(layer_of(metres[:4]), "auto", AREA), Question)
    far = [translate(one, 500_000) for one in metres]
    assert isinstance(choose_system(layer_of([*metres, *far[:2]]), "auto", AREA), Question)
    assert isinstance(choose_system(layer_of([square(nth) for nth in range(6)]), "auto", AREA), Question)


def test_areas_are_measured_in_square_metres():
    """A hundredth of a degree at 27.68° N is 986 m by 1,108 m; the plane keeps areas wherever it is laid."""
    assert measure_area(square()) == pytest.approx(986.4 * 1_108.3, rel=1e-3)
    assert Plane([square(), square(40)]).lay(square()).area == pytest.approx(measure_area(square()), rel=1e-5)


def test_overlaps_and_gaps():
    """Touching squares have neither; a shifted one overlaps by its strip and leaves a gap as wide; slivers do not count."""
    shapes = {"a": square(), "b": translate(square(1), -0.001), "c": translate(square(2), 1e-9)}
    plane = Plane(shapes.values())
    (pair,) = find_overlaps(shapes, plane)
    assert (pair.one, pair.other, pair.m2) == ("a", "b", pytest.approx(measure_area(square()) / 10, rel=1e-3))
    frame = shapely.box(109.15, 27.68, 109.18, 27.69)
    found = measure_gaps(shapes.values(), frame, plane)
    assert (found.open_m2, found.pieces) == (pytest.approx(pair.m2, rel=1e-3), 1)
    assert measure_gaps([square(), square(3)], square(), plane).beyond_m2 == pytest.approx(
        measure_area(square()), rel=1e-3
    )
    ringed = shapely.box(109.15, 27.68, 109.18, 27.71).difference(square(1, row=1))
    assert measure_gaps([ringed], None, plane).open_m2 == pytest.approx(measure_area(square(1, row=1)), rel=1e-3)


def test_distances_to_an_outline():
    """Inside is 0 m; a thousandth of a degree to the north is 111 m."""
    metres = measure_distances(square(), np.array([[109.155, 27.685], [109.155, 27.691]]), Plane([square()]))
    assert metres.tolist() == [0.0, pytest.approx(110.8, abs=0.2)]

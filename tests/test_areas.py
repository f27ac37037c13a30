"""Computed areas: they share out the land, miss nobody who is located, and make nothing up."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import mapping

from geo.areas import draw_areas, label_point, put_given, read_outline, thin_points
from geo.config import DATA_DIR

SQUARE = shapely.box(109.0, 27.0, 109.02, 27.02)


def households(**places: list[tuple[float, float]]) -> pd.DataFrame:
    """Return one row a household of each place."""
    rows = [(place, lon, lat) for place, points in places.items() for lon, lat in points]
    return pd.DataFrame(rows, columns=["place", "lon", "lat"])


def make_village(groups: int, each: int, *, seed: int = 1, center: tuple[float, float] = (109.2, 27.7)) -> pd.DataFrame:
    """Return households scattered around the middles of groups."""
    random = np.random.default_rng(seed)
    middles = random.normal(center, (0.012, 0.010), (groups, 2))
    points = np.repeat(middles, each, axis=0) + random.normal(0, 0.0012, (groups * each, 2))
    names = np.repeat([f"g{number}" for number in range(groups)], each)
    return pd.DataFrame({"place": names, "lon": points[:, 0], "lat": points[:, 1]})


def test_two_groups_halve_a_square() -> None:
    """Two households left and right of the middle each get their half."""
    areas = draw_areas(households(west=[(109.005, 27.01)], east=[(109.015, 27.01)]), SQUARE)
    assert areas.unplaced == ()
    assert areas.shapes["west"].bounds == pytest.approx((109.0, 27.0, 109.01, 27.02), abs=1e-5)
    assert areas.shapes["east"].bounds == pytest.approx((109.01, 27.0, 109.02, 27.02), abs=1e-5)


def test_areas_share_out_the_frame() -> None:
    """The areas of a village fill its frame without overlapping, whether the frame is given or a hull of the points."""
    village = make_village(8, 40)
    for outline in (None, shapely.MultiPoint(village[["lon", "lat"]].to_numpy()).convex_hull.buffer(0.004)):
        areas = draw_areas(village, outline)
        whole = sum(shape.area for shape in areas.shapes.values())
        assert len(areas.shapes) == 8
        assert all(shape.is_valid for shape in areas.shapes.values())
        assert whole == pytest.approx(areas.frame.area, rel=0.01)
        assert shapely.union_all(list(areas.shapes.values())).area == pytest.approx(whole, rel=0.01)


def test_every_household_lies_in_the_frame() -> None:
    """Without an outline the hull reaches around every household, and most lie in the area of their own group."""
    village = make_village(8, 40)
    areas = draw_areas(village)
    inside = shapely.contains_xy(areas.frame, village["lon"], village["lat"])
    own = [
        shapely.contains_xy(areas.shapes[place], lon, lat)
        for place, lon, lat in village.itertuples(index=False, name=None)
    ]
    assert inside.all()
    assert np.mean(own) > 0.97


def test_a_group_without_a_located_household_has_no_area() -> None:
    """Nothing is made up for it: it is listed, and the others' areas do not change."""
    empty = float("nan")
    located = households(a=[(109.005, 27.01)], b=[(109.015, 27.01)])
    with_c = pd.concat([located, households(c=[(empty, empty), (empty, empty)])])
    areas = draw_areas(with_c, SQUARE)
    assert areas.unplaced == ("c",)
    assert areas.shapes.keys() == {"a", "b"}
    assert areas.shapes["a"].equals(draw_areas(located, SQUARE).shapes["a"])


def test_nothing_located_at_all() -> None:
    """A village without a single coordinate has no area and no hull."""
    areas = draw_areas(households(a=[(float("nan"), float("nan"))]))
    assert areas.shapes == {}
    assert areas.frame is None
    assert areas.unplaced == ("a",)


def test_one_household_and_coinciding_ones() -> None:
    """One household gets the whole frame; where several share a point, the group with most of them gets it."""
    assert draw_areas(households(a=[(109.01, 27.01)]), SQUARE).shapes["a"].equals(SQUARE)
    point = (109.01, 27.01)
    areas = draw_areas(households(a=[point], b=[point, point]), SQUARE)
    assert areas.shapes.keys() == {"b"}
    assert areas.unplaced == ("a",)


def test_smoothing_removes_islands_but_no_unit() -> None:
    """A stray point among another unit's makes no island; a unit of one point keeps it."""
    random = np.random.default_rng(2)
    west = random.uniform((109.001, 27.001), (109.009, 27.019), (150, 2)).tolist()
    east = random.uniform((109.011, 27.001), (109.019, 27.019), (150, 2)).tolist()
    scattered = households(west=[*west, [109.015, 27.01]], east=east, lone=[(109.016, 27.004)])
    rough, smooth = (draw_areas(scattered, SQUARE, smooth=choice) for choice in (False, True))
    assert rough.shapes["west"].geom_type == "MultiPolygon"
    assert smooth.shapes["west"].geom_type == "Polygon"
    assert smooth.shapes.keys() == {"west", "east", "lone"}


def test_a_district_of_94_villages_is_small() -> None:
    """The villages of the whole district, drawn from 37 groups each, take at most 150 kB of GeoJSON."""
    outline = read_outline(DATA_DIR / "demo" / "bijiang_outline.geojson")
    random = np.random.default_rng(4)
    spots = random.uniform(outline.bounds[:2], outline.bounds[2:], (600, 2))
    spots = spots[shapely.contains_xy(outline, spots[:, 0], spots[:, 1])][:94]
    groups = [make_village(37, 1, seed=at, center=tuple(spot)).assign(place=f"v{at}") for at, spot in enumerate(spots)]
    areas = draw_areas(pd.concat(groups), outline, smooth=True)
    written = json.dumps([mapping(shape) for shape in areas.shapes.values()], separators=(",", ":"))
    assert len(areas.shapes) == 94
    assert len(written) <= 150_000
    assert sum(shape.area for shape in areas.shapes.values()) == pytest.approx(outline.area, rel=0.01)


def test_labels_stand_inside() -> None:
    """The label's point lies in the area, also in a bent one whose centre is outside it."""
    bent = shapely.difference(SQUARE, shapely.box(109.004, 27.004, 109.02, 27.016))
    assert not bent.contains(bent.centroid)
    assert bent.contains(shapely.Point(label_point(bent)))


def test_thinning_keeps_every_unit() -> None:
    """A district's points are thinned to a few a unit; a unit without a position stays listed."""
    many = pd.concat([make_village(3, 50), households(none=[(float("nan"), float("nan"))])])
    thin = thin_points(many, 10)
    located = thin.dropna()
    assert located.groupby("place").size().tolist() == [10, 10, 10]
    assert set(thin["place"]) == {"g0", "g1", "g2", "none"}


def test_a_lone_unit_does_not_take_its_neighbours_land():
    """With a reach of 200 m the area of a unit of one point stays within 200 m of it, however large the outline is."""
    alone = draw_areas(households(a=[(109.01, 27.01)]), SQUARE, reach_m=200).shapes["a"]
    west, south, east, north = alone.bounds
    assert (north - south) * 111_195 == pytest.approx(400, abs=4)
    assert (east - west) * 111_195 * math.cos(math.radians(27.01)) == pytest.approx(400, abs=4)


def test_given_outlines_take_the_place_of_computed_ones():
    """A given outline is shown as it is; a computed one keeps what is left, or goes; the frame may be given too."""
    areas = draw_areas(households(west=[(109.005, 27.01)], east=[(109.015, 27.01)]), SQUARE)
    given = {"west": shapely.box(109.0, 27.0, 109.012, 27.02), "new": shapely.box(109.03, 27.0, 109.04, 27.01)}
    found = put_given(areas, given, SQUARE)
    assert (found.given, found.frame_given) == (frozenset({"west", "new"}), True)
    assert {place: found.shapes[place].equals(shape) for place, shape in given.items()} == {"west": True, "new": True}
    assert found.shapes["east"].bounds == pytest.approx((109.012, 27.0, 109.02, 27.02), abs=1e-5)
    whole = put_given(areas, {"west": SQUARE})
    assert whole.shapes.keys() == {"west"}
    assert put_given(areas, {}) is areas

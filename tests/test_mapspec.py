"""What the browser is told of a view: counts that add up, and names that stay data."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import shapely

from geo.codes import ISSUE_RINGS, VISIT_STATES
from geo.mapspec import Facts, Frame, MapSpec, Unit, build_spec, count_homes

ATTACK = "{{ 7 * 7 }}<script>alert(1)</script>"
NOWHERE = float("nan")

#: tile_id, lon, lat, state, ring, dwelling.
HOMES = pd.DataFrame(
    [
        (1, 109.001, 27.001, "overdue", 3, ""),
        (2, 109.002, 27.002, "effective", 0, "d1"),
        (3, 109.0021, 27.0021, "unvisited", 0, "d1"),
        (4, 109.002, 27.002, "effective", 2, "d1"),
        (5, NOWHERE, NOWHERE, "missed", 1, ""),
        (6, NOWHERE, NOWHERE, "excluded", 2, None),
    ],
    columns=["tile_id", "lon", "lat", "state", "ring", "dwelling"],
)


def make_spec(view: str = "visits", **change: object) -> MapSpec:
    """Return a view of a village of three groups: one drawn, one half located, one without any position."""
    units = [
        Unit("place-a", ATTACK, 30, 40, shape=shapely.box(109.0, 27.0, 109.01, 27.01), issues=2),
        Unit("place-b", "B", 0, 0, shape=shapely.box(109.01, 27.0, 109.02, 27.01), unlocated=3),
        Unit("place-c", "C", 1, 2, unlocated=2),
    ]
    states, rings = count_homes(HOMES)
    settings = {"units": units, "states": states, "rings": rings, "target_bp": 9500, "levels": "group"}
    return build_spec(view, Frame("place-v", "V", "village"), **{**settings, **change})


def test_states_sum_to_the_roster_and_the_excluded() -> None:
    """Every household counts in one state, located or not; an excluded one counts in no ring."""
    states, rings = count_homes(HOMES)
    assert list(states) == list(VISIT_STATES)
    assert list(rings) == list(ISSUE_RINGS)
    assert sum(states.values()) == 6
    assert states == {
        **dict.fromkeys(VISIT_STATES, 0),
        "overdue": 1,
        "unvisited": 1,
        "missed": 1,
        "effective": 2,
        "excluded": 1,
    }
    assert rings == {"none": 2, "deferred": 1, "open": 1, "overdue": 1}


def test_the_legend_adds_up() -> None:
    """The legend's counts are those of the households, and its sum names the roster and the excluded."""
    legend = make_spec().data["legend"]
    rows = {row["code"]: row["count"] for row in legend["visits"]["rows"]}
    assert sum(rows.values()) == 6
    assert legend["visits"]["sum"] == "合计 = 应访 5 + 已剔除 1"
    assert [row["code"] for row in legend["issues"]["rows"]] == ["overdue", "open", "deferred"]
    assert sum(row["count"] for row in legend["classes"]["rows"]) == 3


def test_areas_carry_numbers_that_lead_back_to_places() -> None:
    """A drawn area has an integer id; it leads to the place, and no other number leads anywhere."""
    spec = make_spec()
    areas = spec.data["areas"]
    assert [area["id"] for area in areas] == [1, 2]
    assert json.loads(spec.shapes).keys() == {"1", "2"}
    assert [spec.place_of(number) for number in (1, 2, 3, 0, 4, -1)] == [
        "place-a", "place-b", "place-c", None, None, None,
    ]  # fmt: skip
    first, second = areas
    assert (first["cls"], first["figure"], first["hint"]) == ("mid", "30/40", "有效走访 30 ÷ 应访 40")
    assert (second["cls"], second["figure"]) == ("none", "无户")


def test_unlocated_households_are_said() -> None:
    """They are a badge on their group, drawn or not, and the footnote says they are counted but not drawn."""
    data = make_spec().data
    assert [(one["area"], one["text"], one["drawn"]) for one in data["badges"]] == [
        (2, "3 户未定位", True),
        (3, "2 户未定位", False),
    ]
    assert data["footnote"] == "组界为示意；5 户未定位，计入图例，不在图上"
    assert [(one["area"], one["text"]) for one in data["notes"]] == [(1, "组内问题 2 件")]


def test_the_view_of_issues_counts_issues() -> None:
    """In the view of issues an area says how many are closed, and an area without any says so."""
    spec = make_spec("issues")
    first, second = spec.data["areas"]
    assert first["hint"] == "销号 30 ÷ 有效问题 40"
    assert second["figure"] == "无问题"
    assert spec.data["legend"]["classes"]["title"] == "清零率"


def test_surveyed_borders_are_not_called_computed() -> None:
    """The footnote says 示意 only where a border was computed."""
    unit = Unit("p", "P", 1, 1, shape=shapely.box(109, 27, 109.01, 27.01), computed=False)
    assert make_spec(units=[unit]).data["footnote"] == ""


def test_names_arrive_as_they_are() -> None:
    """The JSON returns a name character by character: it is the script that must not run it, and does not."""
    back = json.loads(make_spec().to_json())
    assert back["areas"][0]["name"] == ATTACK
    facts = Facts(ATTACK, (("a", ATTACK),))
    assert json.loads(facts.to_json()) == {"title": ATTACK, "rows": [["a", ATTACK]]}


def test_shapes_have_a_name_that_changes_with_them_alone() -> None:
    """New figures leave the name of the shapes as it is, another outline changes it; borders keep 0.1 m."""
    first = make_spec()
    unit = Unit("place-a", "A", 0, 40, shape=shapely.box(109.0, 27.0, 109.01, 27.01))
    moved = Unit("place-a", "A", 0, 40, shape=shapely.box(109.0, 27.0, 109.0123456789, 27.01))
    named = {make_spec(units=[one]).data["shapes"] for one in (unit, Unit("place-a", "B", 7, 41, shape=unit.shape))}
    assert len(named) == 1
    assert make_spec(units=[moved]).data["shapes"] not in {*named, first.data["shapes"]}
    assert "109.012346" in make_spec(units=[moved]).shapes.decode()


def test_the_view_reaches_around_everything() -> None:
    """The bounds hold the outline and every area; a place with nothing drawn has none."""
    outline = shapely.box(108.9, 26.9, 109.005, 27.005)
    frame = Frame("v", "V", "village", outline=outline)
    states, rings = count_homes(HOMES)
    settings = {"states": states, "rings": rings, "target_bp": 9500, "levels": "group"}
    unit = Unit("p", "P", 1, 1, shape=shapely.box(109, 27, 109.01, 27.01))
    assert build_spec("visits", frame, units=[unit], **settings).data["bounds"] == pytest.approx(
        [108.9, 26.9, 109.01, 27.01]
    )
    assert make_spec(units=[Unit("p", "P", 0, 3, unlocated=3)]).data["bounds"] is None

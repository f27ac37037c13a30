"""The map's element: data that reaches folium is never run, and what the browser sends back is checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import folium
import pytest

from geo.ui.household_tiles import HouseholdTiles, install_template_guard
from geo.ui.map_clicks import Clicked, Standing, read_click
from geo.ui.mapview import constant_map
from tests.conftest import ROOT

#: A marker's popup with a name that makes a folder when it is run as a template, in a process of its own.
ATTACK = """
import sys, folium
if sys.argv[2] == "guarded":
    from geo.ui.household_tiles import install_template_guard
    install_template_guard()
name = "{{ cycler.__init__.__globals__.os.mkdir(" + repr(sys.argv[1]) + ") }}"
base = folium.Map(tiles=None)
folium.Marker((27, 109), tooltip=name).add_to(base)
print(base.get_root().render())
"""


def run_attack(folder: Path, *, guard: str) -> str:
    """Render a map with a hostile name and return the page."""
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, folder.as_posix(), guard],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stdout


def test_without_the_guard_a_name_runs_on_the_server(tmp_path: Path) -> None:
    """The attack is real: folium alone runs a name as a template, which makes the folder."""
    run_attack(tmp_path / "made", guard="none")
    assert (tmp_path / "made").is_dir()


def test_with_the_guard_a_name_is_only_text(tmp_path: Path) -> None:
    """With the guard the same name makes no folder and stands in the page as it is."""
    page = run_attack(tmp_path / "made", guard="guarded")
    assert not (tmp_path / "made").exists()
    assert "{{ cycler.__init__" in page


def test_the_guard_refuses_versions_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another branca or folium stops the map until somebody has read its code."""
    monkeypatch.setattr("geo.ui.household_tiles.FOLIUM", "0.19.0")
    with pytest.raises(RuntimeError, match="read Element"):
        install_template_guard()


def test_the_map_loads_nothing_from_outside() -> None:
    """Every script and style of the base map and our layer is an address of this process, also once rendered."""
    base = constant_map()
    group = folium.FeatureGroup().add_to(base)
    HouseholdTiles("token").add_to(group)
    page = base.get_root().render()
    assert all(address.startswith("/") for _, address in [*base.default_js, *base.default_css])
    assert "http://" not in page
    assert "https://" not in page
    assert (
        'L.householdTiles({"at": null, "drawn": null, "linked": false, "mode": "look", "selected": 0, "token": "token"})'
        in page
    )


def test_the_base_map_is_constant() -> None:
    """Two base maps differ in nothing but folium's random ids, so that the browser never builds the map anew."""
    pages = []
    for _ in range(2):
        base = constant_map()
        pages.append(base.get_root().render().replace(base.get_name(), "map"))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("token", ["", "a b", "x' + alert(1) + '", "../up", "{{ 7 * 7 }}", "</script>"])
def test_the_element_takes_only_a_token(token: str) -> None:
    """Whatever is not a token of our links never reaches the script."""
    with pytest.raises(ValueError, match="token"):
        HouseholdTiles(token)


@pytest.mark.parametrize(
    ("drawing", "click"),
    [
        ({"properties": {"kind": "household", "id": 7, "seq": 1}}, Clicked("household", 7)),
        ({"properties": {"kind": "place", "id": 2}, "geometry": None}, Clicked("place", 2)),
        ({"properties": {"kind": "clear"}}, Clicked("clear")),
        ({"properties": {"kind": "next", "id": 4}}, Clicked("next")),
        (
            {"properties": {"kind": "point"}, "geometry": {"coordinates": [109.2, 27]}},
            Clicked("point", lon=109.2, lat=27.0),
        ),
        ({"properties": {"kind": "household", "id": "7"}}, None),
        ({"properties": {"kind": "household", "id": True}}, None),
        ({"properties": {"kind": "place", "id": -1}}, None),
        ({"properties": {"kind": "drop table", "id": 1}}, None),
        ({"properties": {"kind": "point"}, "geometry": {"coordinates": [float("inf"), 1]}}, None),
        ({"properties": {"kind": "point"}, "geometry": {"coordinates": ["1", "2"]}}, None),
        ({"properties": {"kind": "point"}}, None),
        (
            {"properties": {"kind": "drawn"}, "geometry": {"coordinates": [[[109, 27], [109.1, 27], [109, 27.5]]]}},
            Clicked("drawn", ring=((109.0, 27.0), (109.1, 27.0), (109.0, 27.5))),
        ),
        (
            {
                "properties": {"kind": "share", "zoom": 14.25, "size": [800, 500], "hidden": [5, 0]},
                "geometry": {"coordinates": [109.2, 27]},
            },
            Clicked("share", standing=Standing(109.2, 27.0, 14.25, (800, 500), (frozenset({0, 2}), frozenset()))),
        ),
        (
            {
                "properties": {
                    "kind": "print",
                    "zoom": 14,
                    "size": [488, 530],
                    "hidden": [1, 0],
                    "beside": [6, 2],
                    "based": True,
                },
                "geometry": {"coordinates": [109.2, 27]},
            },
            Clicked(
                "print",
                standing=Standing(
                    109.2,
                    27.0,
                    14,
                    (488, 530),
                    (frozenset({0}), frozenset()),
                    (frozenset({1, 2}), frozenset({1})),
                    based=True,
                ),
            ),
        ),
        (
            {
                "properties": {"kind": "print", "zoom": 99, "size": [800, 500], "hidden": [5, 0]},
                "geometry": {"coordinates": [109.2, 27]},
            },
            None,
        ),
        ({"properties": {"kind": "print", "zoom": 14}, "geometry": {"coordinates": [109.2, 27]}}, None),
        (
            {
                "properties": {"kind": "print", "zoom": 14, "size": ["8", 5], "hidden": [5, 0]},
                "geometry": {"coordinates": [109.2, 27]},
            },
            None,
        ),
        ({"properties": {"kind": "drawn"}, "geometry": {"coordinates": [[[109, 27], [109.1, 27]]]}}, None),
        ({"properties": {"kind": "drawn"}, "geometry": {"coordinates": [[[109, 27], [400, 27], [109, 2]]]}}, None),
        ({"properties": {"kind": "drawn"}, "geometry": {"coordinates": [[[109, 27]] * 1001]}}, None),
        ({"properties": {"kind": "drawn"}, "geometry": {"coordinates": [[["a", 27], [1, 2], [3, 4]]]}}, None),
        ({"properties": {"kind": "drawn"}, "geometry": []}, None),
        ({"properties": []}, None),
        (None, None),
        ("household", None),
    ],
)
def test_only_our_own_clicks_are_read(drawing: object, click: Clicked | None) -> None:
    """What the browser sends back is a number or a position, or it is nothing."""
    assert read_click(drawing) == click

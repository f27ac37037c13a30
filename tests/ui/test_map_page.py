"""The map's page: filters change every figure, the card is of the household in the address."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely

from geo.i18n import text
from geo.schema import household
from geo.store.basemap import BaseMap, read_basemap, read_basemap_key
from geo.store.database import Database
from geo.store.homes import read_homes
from geo.store.zones import list_zones
from geo.ui.map_selection import parse_ring, write_ring
from tests.test_basemaps import png, write_mbtiles
from tests.ui.test_pages import open_page, read_words
from tests.world import PLANNER


def test_a_filter_changes_the_figure(world: Database) -> None:
    """With a tag chosen the figure of a village is that of its households, without it that of all.

    Of the district, where fewer than three hold the tag, none is given.
    """
    homes = read_homes(world, PLANNER, round_id="2", place_id="d")
    tag = next(one for tags in homes["tags"] for one in tags.split(",") if one)
    held = homes[[tag in tags.split(",") for tags in homes["tags"]]]
    app = open_page("map")
    assert f"应访 {len(homes)}" in read_words(app)
    app.selectbox(key="tag").select(tag).run()
    assert text("map.too_few", n=3) in [one.value for one in app.caption]
    assert f"÷ 应访 {len(held)}" not in read_words(app)
    village = held["village_id"].iloc[0]
    held = held[held["village_id"] == village]
    app.query_params["place"] = village
    app.run()
    assert f"有效走访 {int(held['effective'].sum())} ÷ 应访 {len(held)}" in read_words(app)
    assert not app.exception


@pytest.mark.usefixtures("world")
def test_the_card_is_of_the_household_in_the_address() -> None:
    """A household is shown beside the map of any place, and closing takes it out of the address."""
    app = open_page("map", place="d", h="h06")
    assert text("map.card.close") in [one.label for one in app.button]
    app.button(key="card_close").click().run()
    assert "h" not in app.query_params
    assert not app.exception


def test_who_answers_for_what_is_left(world: Database) -> None:
    """The view of people names each with the households left to them; a click shows and lists theirs, also nobody's."""
    gaps = read_homes(world, PLANNER, round_id="2", place_id="d")
    left = gaps[(gaps["effective"] == 0) & gaps["assignee"].notna()]
    app = open_page("map")
    app.segmented_control(key="view").select("people").run()
    rows = {one.key: one.label for one in app.button if str(one.key).startswith("answers_")}
    nobody = gaps[(gaps["effective"] == 0) & gaps["assignee"].isna()]
    assert rows.pop("answers_none") == text("map.people.nobody", n=len(nobody))
    assert len(rows) == left["assignee_id"].nunique() > 0
    assignee, mine = next(iter(left.groupby("assignee_id")))
    assert f"还差 {len(mine)} 户" in rows[f"answers_{assignee}"]
    app.button(key=f"answers_{assignee}").click().run()
    theirs = gaps[gaps["assignee_id"] == assignee]
    assert f"应访 {len(theirs)}" in read_words(app)
    assert {int(str(one.key)[5:]) for one in app.button if str(one.key).startswith("left_")} <= set(mine["tile_id"])
    app.button(key=f"left_{mine.iloc[0]['tile_id']}").click().run()
    assert app.query_params["h"] == mine.iloc[0]["household"]
    app.button(key="card_close").click().run()
    app.button(key="answers_all").click().run()
    app.button(key="answers_none").click().run()
    assert text("map.people.theirs", name=text("map.filter.nobody"), n=len(nobody)) in read_words(app)
    assert not app.exception


def test_two_rounds_side_by_side(world: Database) -> None:
    """The view of rounds stands in the address; its sentence, sum and 连漏 are those of both rounds' tables."""
    now = read_homes(world, PLANNER, round_id="2", place_id="d")
    then = read_homes(world, PLANNER, round_id="1", place_id="d", as_of=date(2019, 5, 31))
    reached, missed = (set(then.loc[then["complete"] == done, "household"]) for done in (1, 0))
    left, done = (set(now.loc[now["complete"] == one, "household"]) for one in (0, 1))
    app = open_page("map", view="compare")
    words = read_words(app)
    counts = {"lost": len(left & reached), "won": len(done & missed), "again": len(left & missed)}
    assert text("map.compare.lead", r=1, **counts) in words
    assert min(counts.values()) > 0
    assert text("map.compare.until", r=2, day=world.today()) in " ".join(one.value for one in app.caption)
    again = int((now["missed_rounds"] >= 1).sum())
    assert app.button(key="run_1").label == text("map.compare.run", k=1, n=again)
    app.button(key="run_1").click().run()
    assert app.query_params["missed"] == "1"
    assert f"应访 {again}" in " ".join(one.value for one in app.caption)
    assert not app.exception


@pytest.mark.usefixtures("world")
def test_an_address_is_a_link_to_the_view() -> None:
    """View and filters of an opened address are those of the controls, and what they do not offer is nothing."""
    app = open_page("map", view="people", tag="dibao", missed="2", category="nothing", answers="nobody", at="27,109,14")
    assert app.segmented_control(key="view").value == "people"
    assert [app.selectbox(key=name).value for name in ("tag", "missed", "category", "answers")] == [
        "dibao",
        "2",
        None,
        None,
    ]
    app.selectbox(key="tag").select(None).run()
    assert "tag" not in app.query_params
    assert app.query_params["at"] == "27,109,14"
    assert not app.exception


def test_a_selection_in_the_address(world: Database) -> None:
    """An area in the address selects its households or groups, is kept as 片区, chosen again and given up."""
    homes = read_homes(world, PLANNER, round_id="2", place_id="d", with_left=True)
    mine = homes[homes["lon"].notna() & homes["village"].eq("东测村")]
    (west, south), (east, north) = (mine[["lon", "lat"]].agg(end) for end in ("min", "max"))
    west, south, east, north = west - 1e-4, south - 1e-4, east + 1e-4, north + 1e-4
    inside = homes[homes["lon"].between(west, east) & homes["lat"].between(south, north)]
    left = inside[(inside["roster"] == 1) & (inside["effective"] == 0)]
    app = open_page("map", sel=write_ring(((west, south), (east, south), (east, north), (west, north))))
    assert f"**{text('map.picked', n=len(inside))}**" in read_words(app)
    assert text("map.picked.gaps", n=len(left)) in [one.value for one in app.caption]
    app.segmented_control(key="unit").select("group").run()
    assert app.query_params["unit"] == "group"
    assert f"**{text('map.picked.groups', n=3)}**" in read_words(app)
    app.text_input(key="zone_name").input("东边片区").run()
    app.button(key="zone_do").click().run()
    kept = list_zones(world, PLANNER)
    assert [one.name for one in kept] == ["东边片区"]
    assert app.query_params["zone"] == kept[0].id
    assert "sel" not in app.query_params
    assert f"**{text('map.picked.groups', n=3)}**" in read_words(app)
    app.button(key="zone_remove").click().run()
    assert list_zones(world, PLANNER) == []
    assert not app.exception


@pytest.mark.parametrize(
    "said",
    [
        "",
        "1",
        "1,2",
        "1,2;3,4",
        "a,b;c,d;e,f",
        "1,2;3,4;500,6",
        "nan,1;2,2;3,3",
        "1,2,3;4,5;6,7",
        "1,2~3,4",
        "1,2~3,4~5",
        "1,2~3,4;5,6~7,8x",
        "1,2~99999999,4~3,4",
        "~1,2~3,4",
    ],
)
def test_what_is_no_area_selects_nothing(said: str) -> None:
    """An address may hold anything: only three or more positions on the earth are an area."""
    assert parse_ring(said) == ()


@pytest.mark.parametrize("radius", [0.0004, 0.01, 0.3])
def test_a_long_line_fits_the_address(radius: float) -> None:
    """A line of many corners is kept by those that shape it, within a hundredth of its area; a few corners stay exact."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = tuple((109.2 + radius * float(np.cos(one)), 27.7 + radius * float(np.sin(one))) for one in angles)
    said = write_ring(ring)
    assert len(said) <= 480
    assert write_ring(parse_ring(said)) == said
    assert abs(shapely.Polygon(parse_ring(said)).area / shapely.Polygon(ring).area - 1) < 0.02
    corners = ((109.20123, 27.7), (109.3, 27.70005), (109.25, -27.8))
    assert write_ring(corners) == "109.20123,27.70000~9877,5~-5000,-5550005"
    assert parse_ring(write_ring(corners)) == corners
    assert parse_ring(";".join(f"{lon},{lat}" for lon, lat in corners)) == corners


@pytest.mark.parametrize("role", ["leader", "recorder", "admin"])
@pytest.mark.usefixtures("world")
def test_rounds_are_compared_by_every_role_in_its_area(role: str) -> None:
    """Each role sees the comparison of its own area, and nothing fails on the way."""
    app = open_page("map", role=role, view="compare")
    assert not app.exception
    assert "比第 1 轮" in read_words(app)


def test_households_of_one_dwelling_are_chosen_on_the_card(world: Database) -> None:
    """Two households in one dwelling stand at one point: the card of one leads to the other, on the map."""
    with world.write() as connection:
        connection.execute(household.update().where(household.c.id.in_(["h06", "h07"])).values(dwelling="d1"))
    app = open_page("map", place="g02", h="h06")
    other = read_homes(world, PLANNER, round_id="2", place_id="g02").set_index("household").loc["h07"]
    app.button(key=f"same_{other['tile_id']}").click().run()
    assert app.query_params["h"] == "h07"
    assert any("C-007" in one.value for one in app.text)
    assert not app.exception


def test_the_base_map_is_chosen_on_the_page(world: Database) -> None:
    """None at first; a service with its key, a file of the folder beside the database, none again; the key is never shown."""
    app = open_page("admin", tab="basemap")
    assert app.selectbox(key="basemap_kind").value == "none"
    app.selectbox(key="basemap_kind").select("file").run()
    assert app.button(key="basemap_use").disabled
    folder = world.path.parent / "basemaps"
    folder.mkdir()
    write_mbtiles(folder / "区.mbtiles", {(0, 0, 0): png(1, 2, 3)})
    (folder / "坏.pmtiles").write_bytes(b"no archive")
    app.run()
    app.selectbox(key="basemap_system").select("gcj02").run()
    app.button(key="basemap_use").click().run()
    assert not app.exception
    assert read_basemap(world) == BaseMap("file", "gcj02", file=str(folder / "区.mbtiles"))
    app.selectbox(key="basemap_file").select("坏.pmtiles").run()
    app.button(key="basemap_use").click().run()
    assert len(app.error) == 1
    app.selectbox(key="basemap_kind").select("tianditu").run()
    app.text_input(key="basemap_key").input("secret1").run()
    app.button(key="basemap_use").click().run()
    assert (read_basemap(world), read_basemap_key(world)) == (BaseMap("tianditu"), "secret1")
    assert "secret1" not in read_words(app)
    assert app.text_input(key="basemap_key").value == ""
    app.selectbox(key="basemap_kind").select("none").run()
    app.button(key="basemap_use").click().run()
    assert read_basemap(world) == BaseMap()
    assert read_basemap_key(world) == "secret1"

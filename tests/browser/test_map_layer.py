"""The map in a real browser: what is drawn where, what a click returns, and names that run nothing."""

from __future__ import annotations

import io
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geo.codes import VISIT_STATES
from geo.crs import gcj02_from_wgs84
from geo.palette import VISIT_SYMBOLS
from tests.browser.map_page import MapPage
from tests.browser.map_stand import make_homes
from tests.conftest import ROOT, ServedApp, find_free_port, serve
from tests.redrawn import MOST_UNLIKE, UNLIKE
from tests.test_basemaps import png, write_mbtiles

#: The colour of the base map's pictures.
BASE = (90, 200, 140)
SOLID = [state for state in VISIT_STATES if state != "excluded"]


#: What can be pressed on the map and says nothing to those who do not see it.
NAMELESS = """[...document.querySelectorAll('button, [role=button]')]
    .filter((one) => !one.hidden && !(one.getAttribute('aria-label') || one.textContent).trim()).map((one) => one.outerHTML)"""
#: The classes of what has the keyboard, and of what it is in.
FOCUSED = (
    """[document.activeElement, document.activeElement.parentNode].map((one) => one.getAttribute('class')).join(' ')"""
)
#: The parts of the map that Tab goes through.
PARTS = {"geo-zoom", "geo-draw", "geo-row", "geo-unlocated", "geo-focus"}


@dataclass(frozen=True, slots=True)
class Stand:
    """The served test page, the folder that only a name run as code would make, and the file that is a save."""

    app: ServedApp
    forbidden: Path
    saved: Path


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Serve the test page of the map."""
    folder = tmp_path_factory.mktemp("map")
    port = str(find_free_port())
    script = (ROOT / "tests" / "browser" / "map_stand_app.py").as_posix()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", port]
    forbidden = folder / "made"
    saved = folder / "saved"
    base = write_mbtiles(
        folder / "base.mbtiles", {(10, x, y): png(*BASE) for x in (821, 822, 823) for y in (429, 430, 431)}
    )
    environment = {
        "PYTHONPATH": str(ROOT), "GEO_STAND_FOLDER": forbidden.as_posix(), "GEO_STAND_SAVED": saved.as_posix(),
        "GEO_STAND_BASE": base.as_posix(),
    }  # fmt: skip
    with serve(command, f"http://127.0.0.1:{port}", environment=environment, log=folder / "app.log") as app:
        yield Stand(app, forbidden, saved)


@pytest.fixture
def shown(stand: Stand, offline_page: Any) -> Iterator[MapPage]:
    """Return the open map; at the end, no name has run anywhere and no script has failed."""
    opened = MapPage(offline_page, stand.app.address)
    yield opened
    assert opened.dialogs == []
    assert opened.errors == []
    assert not stand.forbidden.exists()
    assert "Traceback" not in stand.app.log.read_text(errors="replace")


def test_symbols_have_the_colour_of_their_state(shown: MapPage) -> None:
    """Most of the 72 households of each state show its fill at their place (names and badges cover the others)."""
    counts = {state: shown.count_drawn(state) for state in SOLID}
    assert min(counts.values()) >= 50, counts
    assert shown.run(UNLIKE) < MOST_UNLIKE


def test_the_legend_hides_and_isolates_without_a_rerun(shown: MapPage) -> None:
    """A click hides a state, a second shows it, a double click leaves it alone; Python never runs."""
    before = shown.runs()
    row = shown.frame.locator(".geo-legend button[data-code=unvisited]")
    row.click()
    assert shown.count_drawn("unvisited") == 0
    assert row.get_attribute("aria-pressed") == "false"
    row.click()
    assert shown.count_drawn("unvisited") >= 50
    row.dblclick()
    assert shown.count_drawn("unvisited") >= 50
    assert shown.count_drawn("effective") == 0
    assert shown.count_drawn("overdue") == 0
    shown.page.wait_for_timeout(400)
    assert shown.runs() == before


def test_a_click_returns_the_household(shown: MapPage) -> None:
    """A click on a symbol, and one a few pixels beside it, return that household's number, each in one run."""
    x, y = shown.where(400)
    shown.page.mouse.click(x, y)
    shown.wait_said("household 400 ")
    runs = shown.runs()
    x, y = shown.where(260)
    shown.page.mouse.click(x + 4, y - 3)
    shown.wait_said("household 260 ")
    assert shown.runs() == runs + 1


def test_arrows_and_escape(shown: MapPage) -> None:
    """With a household selected the arrows ask for the next and the one before, and Esc lets go of it."""
    shown.page.mouse.click(*shown.where(400))
    shown.wait_said("household 400 ")
    shown.run("map_div.getContainer().focus()")
    shown.page.keyboard.press("ArrowRight")
    shown.wait_said("next ")
    shown.page.keyboard.press("ArrowLeft")
    shown.wait_said("previous ")
    shown.page.keyboard.press("Escape")
    shown.wait_said("clear ")


def test_areas_answer_to_click_and_keyboard(shown: MapPage) -> None:
    """A click between symbols returns the area's number; all of it has a name and is reached by Tab; who wants no motion sees none."""
    shown.frame.locator(".geo-legend button[data-code=unvisited]").dblclick()
    shown.page.mouse.click(*shown.where(6 * 28 + 3))
    shown.wait_said("place 1 ")
    first = shown.frame.locator("path[role=button][tabindex='0']")
    first.focus()
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("Enter")
    shown.wait_said("place 2 ")
    labels = [path.get_attribute("aria-label") for path in shown.frame.locator("path[role=button]").all()]
    assert labels[6] == "一组 有效走访 18 ÷ 应访 54"

    assert (
        shown.run("[map_div.getContainer().getAttribute('role'), map_div.getContainer().ariaLabel]")[0] == "application"
    )
    assert shown.run(NAMELESS) == []
    shown.run("map_div.getContainer().focus()")
    reached = set()
    for _ in range(24):
        shown.page.keyboard.press("Tab")
        reached.add(shown.run(FOCUSED))
    assert {one for one in PARTS if any(one in names for names in reached)} == PARTS

    whole = "() => { map_div.setZoom(19, { animate: false }); document.querySelectorAll('.geo-zoom button')[2].click(); return map_div.getZoom(); }"
    assert shown.run(whole) == 19
    shown.page.emulate_media(reduced_motion="reduce")
    assert shown.run(whole) < 17
    assert shown.run("getComputedStyle(document.querySelector('.leaflet-map-pane')).transitionDuration") == "0s"


def test_a_point_can_be_set(shown: MapPage) -> None:
    """In the mode for it a click returns the position, also where a household stands."""
    shown.page.get_by_text("picking").click()
    shown.frame.locator(".geo-message").filter(has_text="在图上点一下").wait_for()
    shown.page.mouse.click(*shown.where(100))
    shown.page.get_by_text(re.compile(r"clicked: point 0 109\.2")).wait_for(timeout=30_000)
    lon, lat = (float(word) for word in shown.said().split()[2:])
    assert (lon, lat) == pytest.approx((109.2 + 0.0009 * (99 % 28), 27.7 + 0.0009 * (99 // 28)), abs=6e-5)


def test_pointer_and_badges_tell_text(shown: MapPage) -> None:
    """The pointer brings a household's facts as they are; the unlocated are a badge that says whose they are."""
    shown.page.mouse.move(*shown.where(150))
    tip = shown.frame.locator(".geo-tip")
    tip.wait_for(timeout=30_000)
    assert "<script>alert(2)</script> 150" in tip.inner_text()
    assert tip.locator("script, img").count() == 0

    badge = shown.frame.locator("button.geo-unlocated")
    assert badge.all_inner_texts() == ["3 户未定位"]
    badge.click()
    shown.wait_said("unlocated 1 ")
    assert shown.frame.locator(".geo-footnote").inner_text() == "组界为示意；3 户未定位，计入图例，不在图上"


def test_another_view_keeps_map_and_zoom(shown: MapPage) -> None:
    """A change of view fetches new data into the same map: nothing is loaded again and the zoom stays."""
    shown.run("window.sameMap = map_div; map_div.setZoom(16, { animate: false })")
    token = shown.run("map_div._geoStage.token")
    shown.page.get_by_text("issues", exact=True).click()
    shown.frame.wait_for_function("token => map_div._geoStage.shownToken !== token", arg=token)
    shown.settle()
    assert shown.run("window.sameMap === map_div && map_div.getZoom()") == 16
    assert shown.run("map_div._geoStage.view.view") == "issues"


def test_far_away_and_on_a_dense_screen(shown: MapPage) -> None:
    """Tiles have all device pixels of a dense screen at a fraction of a zoom; below zoom 13 counts stand for households and none can be picked."""
    shown.page.context.new_cdp_session(shown.page).send(
        "Emulation.setDeviceMetricsOverride", {"width": 1366, "height": 768, "deviceScaleFactor": 2, "mobile": False}
    )
    shown.run("map_div.setZoom(15.25, { animate: false })")
    shown.settle()
    widths = shown.run("map_div._geoStage.grid.current().filter((one) => one.current).map(({ el }) => el.width)")
    assert {abs(width - 256 * 2**0.25 * 2) < 1 for width in widths} == {True}
    at = shown.where(400)
    shown.run("map_div.setView(map_div.getCenter(), 12.75, { animate: false })")
    shown.run("map_div.setZoom(12.25, { animate: false })")
    shown.settle()
    tiles = "map_div._geoStage.grid.current().filter((one) => one.current).map(({ el }) => el.rows)"
    assert set(shown.run(f"{tiles}.map((rows) => rows.kind)")) == {2}
    counted = shown.run(f"{tiles}.reduce((sum, rows) => sum + rows.amount.reduce((a, b) => a + b, 0), 0)")
    assert counted == 504 - 3
    assert shown.frame.locator(".geo-swatch").count() >= 5
    assert at
    marked, cased = shown.look_at_marks()
    assert {state: number for state, (_, number) in marked.items()} == count_expected_marks(zoom=12)
    assert all(right == number for right, number in marked.values()), marked
    assert cased > 0
    assert cased == marked["overdue"][1]


def count_expected_marks(*, zoom: int) -> dict[str, int]:
    """Return how many squares of 16 px say which state: what most of those are who are left there (worse first)."""
    squares: dict[tuple[int, int], Counter[str]] = {}
    for home in make_homes().dropna(subset=["lon"]).itertuples():
        north = math.asinh(math.tan(math.radians(home.lat)))
        at = (home.lon + 180) / 360, (1 - north / math.pi) / 2
        square = tuple(int(part * 2**zoom * 16) for part in at)
        squares.setdefault(square, Counter())[home.state] += 1
    told = [
        {one: number for one, number in left.items() if VISIT_SYMBOLS[one].left} or left for left in squares.values()
    ]
    return dict(Counter(max(VISIT_STATES, key=lambda one: states.get(one, 0)) for states in told))


def test_households_are_chosen_by_drawing(shown: MapPage) -> None:
    """A rectangle and a line around households return the area; by keyboard the rectangle is the screen; Esc lets go."""
    (left, top), (right, bottom) = shown.where(5 * 28 + 6), shown.where(9 * 28 + 12)
    expected = [row * 28 + column for row in (5, 6, 7, 8) for column in range(7, 13)]
    box, lasso = (shown.frame.locator(".geo-draw").nth(nth) for nth in (0, 1))
    centre = shown.run("map_div.getCenter().lng")
    box.click()
    drag(shown.page, [(left + 5, top + 5), (left + 40, top + 30), (right + 5, bottom + 5)])
    shown.wait_said(f"drawn {len(expected)} {sum(expected)} 4")
    assert shown.run("map_div.getCenter().lng") == centre

    lasso.click()
    drag(shown.page, [(left - 8, top - 8), (left + 8, top - 8), (left + 8, top + 8), (left - 8, top + 8)])
    shown.wait_said(f"drawn 1 {5 * 28 + 6} ")
    lasso.focus()
    shown.run("map_div.getContainer().focus()")
    shown.page.keyboard.press("Escape")
    shown.wait_said("clear 0 0 0")
    box.focus()
    shown.page.keyboard.press("Enter")
    shown.page.get_by_text(re.compile(r"clicked: drawn \d{3} ")).wait_for(timeout=30_000)


def drag(page: Any, points: list[tuple[float, float]]) -> None:
    """Press at the first point, go along the others and let go at the last."""
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


def test_a_save_reaches_the_open_map(shown: MapPage, stand: Stand) -> None:
    """A save elsewhere changes the symbol on every open map without a run of the page, and one tile is fetched for it."""
    before, runs = shown.count_drawn("effective"), shown.runs()
    tab = MapPage(shown.page.context.new_page(), stand.app.address)
    fetched: list[str] = []
    shown.page.on("request", lambda request: fetched.append(request.url))
    stand.saved.touch()
    script = "() => (map_div._geoStage.grid.listed().get(400).code & 15) === 5"
    for one in (shown, tab):
        one.frame.wait_for_function(script, timeout=30_000)
        one.settle()
    stand.saved.unlink()
    assert len(tab.places_of("effective")) == 73
    tab.page.close()
    tiles = [at for url in fetched if "/ts/2/" in url for at in url.rpartition("/")[2].split("_")]
    assert shown.runs() == runs
    assert 1 <= len(tiles) <= 4
    assert len(shown.places_of("effective")) == 73
    assert shown.count_drawn("effective") >= before


def test_what_is_drawn_is_what_lies_in_the_view(shown: MapPage) -> None:
    """After a drag and a zoom the households that the map holds for the screen are those that lie on it, each once."""
    shown.run("map_div.setZoom(16.5, { animate: false }); map_div.panBy([137, -61], { animate: false })")
    shown.settle()
    west, south, east, north = map(float, shown.run("map_div.getBounds().toBBoxString()").split(","))
    listed = shown.run(
        "[...map_div._geoStage.grid.listed()].map(([id, home]) => [id, home.latlng.lng, home.latlng.lat])"
    )
    drawn = {number for number, lon, lat in listed if west <= lon <= east and south <= lat <= north}
    stands = {
        number: (109.2 + 0.0009 * ((number - 1) % 28), 27.7 + 0.0009 * ((number - 1) // 28))
        for number in range(1, 505)
        if number not in (30, 31, 32)
    }
    expected = {number for number, (lon, lat) in stands.items() if west <= lon <= east and south <= lat <= north}
    assert len(expected) > 30
    assert drawn == expected


def test_the_view_is_in_the_address(shown: MapPage) -> None:
    """Zoom and centre stand in the address of the page, and opening that address shows the same piece of the map."""
    shown.run("map_div.setView([27.706, 109.211], 16.25, { animate: false })")
    shown.page.wait_for_url(re.compile(r"at=27\.706\d*,109\.211\d*,16\.25"))
    again = MapPage(shown.page, shown.page.url)
    assert again.run("[map_div.getZoom(), map_div.getCenter().lat.toFixed(4)]") == [16.25, "27.7060"]


def test_an_old_link_says_so(stand: Stand, offline_page: Any) -> None:
    """A token that is gone brings the server's sentence onto the map, not an empty one."""
    offline_page.goto(f"{stand.app.address}/?token=gone")
    message = offline_page.frame_locator("iframe[title*=st_folium]").locator(".geo-message")
    message.wait_for(timeout=60_000)
    assert message.inner_text().startswith("这个链接已用过或已过期")


def test_a_shifted_base_map(stand: Stand, offline_page: Any) -> None:
    """On GCJ-02 pictures households stand where these show them, a click and the address give WGS84; a button hides it."""
    shown = MapPage(offline_page, f"{stand.app.address}/?shifted=1")
    pictures = """() => { const all = [...document.querySelectorAll('.leaflet-geo-base-pane img')];
        return all.length > 0 && all.every((one) => one.classList.contains('leaflet-tile-loaded')); }"""
    place = (109.2 + 0.0009 * (399 % 28), 27.7 + 0.0009 * (399 // 28))
    (lon,), (lat,) = gcj02_from_wgs84([place[0]], [place[1]])
    shown.frame.wait_for_function(pictures)
    there = shown.run(
        "([lng, lat]) => { const at = map_div._geoStage.base.place({ lng, lat }); return [at.lng, at.lat]; }", place
    )
    back = shown.run(
        "([lng, lat]) => { const at = map_div._geoStage.base.position({ lng, lat }); return [at.lng, at.lat]; }",
        [lon, lat],
    )
    assert there == pytest.approx([lon, lat], abs=1e-9)
    assert back == pytest.approx(place, abs=1e-9)

    box = shown.iframe.bounding_box()
    spot = (round(box["x"] + box["width"] - 60), round(box["y"] + box["height"] / 2))
    shown.run("map_div.setZoom(13, { animate: false })")
    shown.settle()
    for pressed, colour in ((None, BASE), ("false", (0xF3, 0xF4, 0xF1)), ("true", BASE)):
        button = shown.frame.locator("button.geo-base")
        if pressed:
            button.click()
            assert button.get_attribute("aria-pressed") == pressed
        if colour == BASE:
            shown.frame.wait_for_function(pictures)
        assert Image.open(io.BytesIO(shown.page.screenshot())).convert("RGB").getpixel(spot) == colour

    shown.page.get_by_text("picking").click()
    shown.frame.locator(".geo-message").filter(has_text="在图上点一下").wait_for()
    shown.run("([lng, lat]) => map_div.setView([lat, lng], 20, { animate: false })", [lon, lat])
    shown.page.wait_for_url(re.compile(rf"at={place[1]:.5f},{place[0]:.5f},20"))
    shown.settle()
    shown.page.mouse.click(*shown.where(400))
    shown.page.get_by_text(re.compile(r"clicked: point 0 109\.2")).wait_for(timeout=30_000)
    assert [float(word) for word in shown.said().split()[2:]] == pytest.approx(place, abs=4e-6)
    assert shown.dialogs == shown.errors == []

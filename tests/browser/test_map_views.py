"""The map's page in a real browser: two rounds that move as one, a place that stays through every rerun, link and picture."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser.test_main_job import Job

#: A map of the page has its view, and nothing is under way on it.
READY = """() => window.map_div && map_div._geoStage && map_div._geoStage.view
    && map_div.getContainer().getAttribute('aria-busy') === 'false'"""
WHERE = "() => [map_div.getCenter().lat.toFixed(4), map_div.getCenter().lng.toFixed(4), map_div.getZoom()]"


def find_maps(job: Job, number: int) -> list[Any]:
    """Return the frames of so many maps, once each has drawn its view."""
    boxes = job.page.locator("iframe[title*=st_folium]")
    boxes.nth(number - 1).wait_for(timeout=60_000)
    job.settle()
    frames = [boxes.nth(nth).element_handle().content_frame() for nth in range(number)]
    for frame in frames:
        frame.wait_for_function(READY, timeout=60_000)
    return frames


def test_two_rounds_and_what_is_taken_away(job: Job) -> None:
    """One map moves the other; the place stays through another view; link and picture are of just that; and on a phone."""
    job.open("/map?place=d&view=compare")
    before, now = find_maps(job, 2)
    now.evaluate("map_div.setView([27.62, 109.03], 15, { animate: false })")
    before.wait_for_function(f"({WHERE})().join() === '27.6200,109.0300,15'", timeout=30_000)
    before.evaluate("map_div.setView([27.61, 109.02], 14.5, { animate: false })")
    now.wait_for_function(f"({WHERE})().join() === '27.6100,109.0200,14.5'", timeout=30_000)
    legends = [
        frame.locator(".geo-legend button[data-code]").first.get_attribute("data-code") for frame in (before, now)
    ]
    assert legends == ["overdue", "missed_long"]
    job.page.wait_for_url(re.compile(r"at=27\.61000,109\.02000,14\.5"))

    job.page.get_by_text("走访", exact=True).last.click()
    job.settle()
    (alone,) = find_maps(job, 1)
    assert "view=compare" not in job.page.url
    assert alone.evaluate(WHERE) == ["27.6100", "109.0200", 14.5]

    job.page.locator(".st-key-share button").click()
    link = job.page.locator("[role=dialog] code").first
    link.wait_for(timeout=30_000)
    assert re.search(r"/map\?.*at=27\.61000,109\.02000,14\.5", link.inner_text())
    job.settle()
    job.page.keyboard.press("Escape")
    job.page.locator("[role=dialog]").wait_for(state="hidden", timeout=30_000)

    job.page.locator(".st-key-print button").click()
    button = job.page.locator(".st-key-export_map_png a")
    button.wait_for(timeout=30_000)
    job.settle()
    with job.page.expect_download() as taken:
        button.click()
    assert Image.open(io.BytesIO(Path(taken.value.path()).read_bytes())).size == (2339, 1654)
    look_at_a_phone(job)


def look_at_a_phone(job: Job) -> None:
    """At 390 px search, 分享, 打印 and the legend are at hand, the map is whole on the screen, the card lies over it."""
    job.page.set_viewport_size({"width": 390, "height": 844})
    job.open("/map?place=v1&h=h01")
    (frame,) = find_maps(job, 1)
    for part in ("find input", "share button", "print button"):
        job.page.locator(f".st-key-{part}").wait_for(timeout=30_000)
    frame.locator(".geo-fold").click()
    frame.locator(".geo-legend button[data-code]").first.wait_for(timeout=30_000)
    shown = job.page.locator("iframe[title*=st_folium]").bounding_box()
    card = job.page.locator(".st-key-map_card").bounding_box()
    assert (shown["x"], shown["width"]) == (0, 390)
    assert shown["y"] + shown["height"] <= 844
    assert card["y"] + card["height"] == pytest.approx(844, abs=1)
    assert shown["y"] < card["y"] < shown["y"] + shown["height"]

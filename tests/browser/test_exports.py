"""Taking a list away in a real browser: every format by one click from the page, each link once."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from geo.i18n import text
from tests.conftest import ServedApp


@pytest.fixture(scope="module")
def database(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the small world for the app of this module."""
    return Path(shutil.copy(world_file, tmp_path_factory.mktemp("taken") / "demo.sqlite"))


def download(page: Any, form: str) -> tuple[str, bytes]:
    """Click a format in the open menu; return the name of the file and its content."""
    link = page.get_by_role("link", name=text(f"exports.format.{form}"), exact=True)
    link.wait_for()
    with page.expect_download() as started:
        link.click()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def test_formats_are_one_click_away(database: Path, served_app: Callable[..., ServedApp], offline_page: Any) -> None:
    """缺口 of a village gives its nine rows as GeoJSON and on paper, and a link that was followed leads nowhere."""
    page = offline_page
    address = served_app(database).address
    page.goto(f"{address}/gaps?place=v1")
    page.locator(".st-key-gap_lead").wait_for(timeout=40_000)
    page.get_by_role("button", name=text("gap.formats")).click()
    used = page.get_by_role("link", name="GeoJSON", exact=True).get_attribute("href")
    name, content = download(page, "geojson")
    listed = json.loads(content)
    assert name == "缺口清单_东测村_2019-11-20.geojson"
    assert (len(listed["features"]), listed["about"]["rows"], listed["about"]["place"]) == (9, 9, "东测村")
    name, content = download(page, "pdf")
    printed = "".join(one.extract_text() for one in PdfReader(io.BytesIO(content)).pages)
    assert name.endswith(".pdf")
    assert all(one["properties"]["户编号"] in printed for one in listed["features"])
    assert page.request.get(f"{address}{used}" if used.startswith("/") else used).status == 404

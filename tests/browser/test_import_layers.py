"""A GeoPackage of several layers in a real browser: the layer is asked about, and what has no unit is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas

from tests import workbooks
from tests.browser.acts import choose, press, settle
from tests.browser.test_import_progress import give
from tests.conftest import ServedApp
from tests.maps import square


def write_package(path: Path) -> Path:
    """Write groups in one layer, one of them of a village nobody knows, and roads in another."""
    shapes = [square(nth) for nth in range(3)]
    groups = geopandas.GeoDataFrame(
        {"村": ["孟溪村", "孟溪村", "孟希村"], "村民组": ["一组", "二组", "三组"]}, geometry=shapes, crs=4326
    )
    groups.to_file(path, layer="组界")
    geopandas.GeoDataFrame({"name": ["甲路"]}, geometry=[square(5).boundary], crs=4326).to_file(path, layer="道路")
    return path


def test_the_layer_of_a_geopackage_is_chosen(
    served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path
) -> None:
    """Two layers are one question; the chosen one is drawn and may enter, and the feature without a unit is named."""
    db, _ = workbooks.open_register(tmp_path / "geo.sqlite")
    page = offline_page
    page.goto(f"{served_app(db.path).address}/import")
    settle(page)
    give(page, write_package(tmp_path / "边界.gpkg"))
    choice = page.locator(".st-key-questions [data-testid=stSelectbox] input").first
    choice.wait_for(timeout=60_000)
    choose(page, page.locator(".st-key-questions [data-testid=stSelectbox]").first, "组界")
    press(page, "import_answer")
    page.get_by_text("1 块没对上单位").filter(visible=True).first.wait_for(timeout=60_000)
    if folder := os.environ.get("GEO_PICTURES"):
        page.screenshot(path=Path(folder) / "import_layers.png", full_page=True)
    page.locator(".st-key-import_next button").filter(visible=True).first.wait_for(timeout=60_000)
    db.close()

"""Names that attack, in every text of the small world, through the pages, the map, the search and the files."""

from __future__ import annotations

import io
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo.i18n import text
from geo.store.database import Database
from tests.attacks import MARK, attack_names
from tests.browser.acts import enter, settle
from tests.browser.test_map_layer import drag
from tests.conftest import ServedApp

#: Each page that shows texts of people, and the views of the map; the last is where a rectangle is drawn.
ADDRESSES = (
    "/?place=v1", "/gaps?place=v1", "/plan?place=v3", "/clear?place=d&tab=ledger", "/clear?place=d&tab=review",
    "/clear?place=d&tab=matters", "/household?h=h01", "/admin?tab=lists", "/map?place=v1&h=h01",
    "/map?place=t2&view=people",
)  # fmt: skip
#: Their other tabs, lists and views: with GEO_LONG=1.
FURTHER = (
    "/?place=d", "/gaps?place=t2&by=todo", "/gaps?place=t2&by=group", "/clear?place=d", "/clear?place=d&tab=measures",
    "/household?h=h26", "/household?h=h40", "/admin", "/import", "/map?place=t1&view=issues", "/map?place=t2&view=compare",
)  # fmt: skip


#: The map has its view and nothing under way.
SETTLED = """() => window.map_div && map_div._geoStage && map_div._geoStage.view
    && map_div.getContainer().getAttribute('aria-busy') === 'false'"""


@pytest.fixture
def attacked(world_file: Path, tmp_path: Path) -> Path:
    """Return the small world whose every text attacks; what runs on the server makes the folder `made`."""
    path = Path(shutil.copy(world_file, tmp_path / "demo.sqlite"))
    db = Database(path)
    attack_names(db, tmp_path / "made")
    db.close()
    return path


def test_attack_names_run_nowhere(
    attacked: Path, served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path
) -> None:
    """No dialog, no script, no request, no folder on any page, view, card, selection, search; no formula in the file."""
    page, app = offline_page, served_app(attacked)
    seen: list[str] = []
    page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: seen.append(str(error)))
    for address in (*(FURTHER if os.environ.get("GEO_LONG") else ()), *ADDRESSES):
        page.goto(f"{app.address}{address}")
        settle(page)
        assert page.get_by_text(text("err.other", id="")[:6]).count() == 0, address
        assert [frame.evaluate(f"'{MARK}' in window") for frame in page.frames] == [False] * len(page.frames), address
    _draw_rectangle(page)
    page.screenshot(path=tmp_path / "selected.png")
    enter(page, page.locator(".st-key-find input"), "cycler")
    page.locator("[class*=st-key-hit_]").first.wait_for()
    assert page.evaluate(f"'{MARK}' in window") is False
    page.goto(f"{app.address}/gaps?place=d")
    settle(page)
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile("^导出 Excel")).click()
    _require_no_formula(Path(started.value.path()).read_bytes())
    assert (seen, (tmp_path / "made").exists()) == ([], False)
    assert "Traceback" not in app.log.read_text(errors="replace")


def _draw_rectangle(page: Any) -> None:
    """Select households on the map, so that the panel of the selection shows their names."""
    iframe = page.locator("iframe[title*=st_folium]")
    frame = iframe.element_handle().content_frame()
    frame.wait_for_function(SETTLED)
    frame.locator(".geo-draw").first.click()
    box = iframe.bounding_box()
    left, top = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    drag(page, [(left, top), (left + box["width"] / 2, top + box["height"] / 2)])
    page.locator(".st-key-drawn_actions").wait_for()
    settle(page)


def _require_no_formula(content: bytes) -> None:
    """Refuse a workbook with a formula or a link in any part; texts stand in the shared strings."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {name: book.read(name).decode("utf-8", "replace") for name in book.namelist()}
    sheets = [said for name, said in parts.items() if name.startswith("xl/worksheets/")]
    assert sheets
    assert [said for said in sheets if re.search(r"<f[ >/]|<hyperlink", said)] == []
    assert "cycler" in "".join(parts.values())
    assert not any("externalLink" in name for name in parts)

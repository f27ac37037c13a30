"""总览 and 缺口 in a real browser on the small world: links, steps back, 派给 and export; nothing leaves the machine."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from geo.i18n import text
from geo.store.database import Database
from geo.store.reads import read_homes
from tests.browser.acts import enter
from tests.browser.grids import click_cell, open_at
from tests.conftest import ServedApp
from tests.world import PLANNER


@pytest.fixture
def database(world_file: Path, tmp_path: Path) -> Path:
    """Return a copy of the small world for the app of one test."""
    return Path(shutil.copy(world_file, tmp_path / "demo.sqlite"))


def test_one_click_one_step_back(database: Path, served_app: Callable[..., ServedApp], offline_page: Any) -> None:
    """A village of the list, a state of the village, back and back: each click is one step, the address says where."""
    page = offline_page
    open_at(page, served_app(database).address)
    page.wait_for_url(re.compile(r"place=d"))
    click_cell(page, row=0, x=75)
    page.wait_for_url(re.compile(r"place=v1"))
    page.locator(".st-key-state_unvisited a").click()
    page.wait_for_url(re.compile(r"/gaps\?.*state=unvisited"))
    page.locator(".st-key-gap_lead").wait_for()
    page.go_back()
    page.wait_for_url(re.compile(r"/\?.*place=v1"))
    page.locator("h1.lead", has_text="15 户").wait_for()
    page.go_back()
    page.wait_for_url(re.compile(r"/\?.*place=d"))
    page.locator("h1.lead", has_text="53 户").wait_for()
    page.get_by_role("link", name=text("web.page.gaps")).first.click()
    page.wait_for_url(re.compile(r"/gaps\?.*place=d"))
    page.locator(".st-key-gap_lead").wait_for()
    page.go_back()
    page.wait_for_url(re.compile(r"/\?.*place=d"))
    page.locator("h1.lead", has_text="53 户").wait_for()


def test_assign_and_export(database: Path, served_app: Callable[..., ServedApp], offline_page: Any) -> None:
    """Two ticked rows are given to a new person, and the exported file holds the rows of the list with that name."""
    page = offline_page
    open_at(page, f"{served_app(database).address}/gaps?place=v1")
    click_cell(page, row=0, x=16)
    page.get_by_text(text("gap.picked.home", n=1)).wait_for()
    click_cell(page, row=1, x=16)
    page.get_by_text(text("gap.picked.home", n=2)).wait_for()
    page.get_by_role("button", name=text("act.assign")).click()
    enter(page, page.locator(".st-key-assign_new input"), "赵测新")
    page.get_by_role("button", name=text("assign.do.home", n=2)).click()
    page.get_by_text("已把 2 户派给赵测新").wait_for()
    db = Database(database)
    homes = read_homes(db, PLANNER, round_id="2", place_id="v1")
    db.close()
    assert homes["assignee"].eq("赵测新").sum() == 2
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile("^导出 Excel")).click()
    rows = CalamineWorkbook.from_filelike(io.BytesIO(Path(started.value.path()).read_bytes())).get_sheet_by_index(0)
    table = rows.to_python()
    header = next(nth for nth, row in enumerate(table) if row[0] == "序号")
    listed = [row for row in table[header + 1 :] if isinstance(row[0], float)]
    missing = homes[homes["effective"] == 0]
    assert {row[table[header].index("户编号")] for row in listed} == set(missing["code"])
    assert sum(row[table[header].index("责任人")] == "赵测新" for row in listed) == 2

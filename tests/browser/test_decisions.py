"""What waits for a decision, in a real browser: an exclusion approved, refused rows given up, ticks that stay true."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geo.i18n import text
from geo.importer import ImportOptions, NewRound, import_file, list_refused
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import root_place
from geo.store.reads import read_figures
from tests.browser.acts import enter, settle
from tests.browser.grids import open_at, tick
from tests.conftest import ServedApp
from tests.workbooks import TODAY, home, write_csv
from tests.world import PLANNER


@pytest.fixture
def database(world_file: Path, tmp_path: Path) -> Path:
    """Return a copy of the small world for the app of one test."""
    return Path(shutil.copy(world_file, tmp_path / "demo.sqlite"))


def test_an_exclusion_is_approved(database: Path, served_app: Callable[..., ServedApp], offline_page: Any) -> None:
    """From 总览 to the list of exclusions, one ticked and approved: the denominator is one less, on the page too."""
    page = offline_page
    open_at(page, served_app(database).address)
    page.get_by_role("link", name=text("ov.go.exclusions")).click()
    page.wait_for_url(re.compile(r"/gaps\?.*by=out"))
    page.locator(".st-key-gap_lead", has_text="1 户待审剔除").wait_for()
    tick(page, 0)
    page.get_by_text("应访 53 → 52").wait_for()
    page.get_by_role("button", name=text("out.do.approve", n=1)).click()
    page.locator(".st-key-gap_lead", has_text="0 户待审剔除").wait_for()
    db = Database(database)
    counts = read_figures(db, PLANNER, round_id="2", place_id="d").counts
    db.close()
    assert (counts.roster, counts.pending, counts.left) == (52, 0, 7)


def test_ticks_never_become_somebody_else(
    database: Path, served_app: Callable[..., ServedApp], offline_page: Any
) -> None:
    """Rows ticked in one village are not ticked in the next; a filter keeps those that are still on the list."""
    page = offline_page
    open_at(page, f"{served_app(database).address}/gaps?place=v1")
    tick(page, 0)
    tick(page, 1)
    page.get_by_text(text("gap.picked.home", n=2)).wait_for()
    codes = page.locator(".st-key-actions a").first.inner_text()
    page.get_by_role("radio", name=re.compile(text("state.unvisited"))).click()
    page.wait_for_url(re.compile("state=unvisited"))
    settle(page)
    assert page.locator(".st-key-actions").count() in (0, 1)
    page.get_by_role("link", name="甲测乡").click()
    page.wait_for_url(re.compile("place=t1"))
    page.locator(".st-key-gap_lead", has_text="甲测乡").wait_for()
    settle(page)
    assert page.locator(".st-key-actions").count() == 0
    assert codes


def test_refused_rows_are_given_up(tmp_path: Path, served_app: Callable[..., ServedApp], offline_page: Any) -> None:
    """导入 lists a row that was not taken; given up with a reason it is gone from the page and from the list."""
    path = tmp_path / "own.sqlite"
    db = create_database(path, kind="real", edition="2023-06-30", today=TODAY)
    scope = Scope("planner", "planner", root_place(db).id)
    book = write_csv(tmp_path / "a.csv", [home(""), home("MX2", 走访状态="未走访")])
    round_ = NewRound("第1轮", date(2019, 10, 15), date(2019, 12, 10))
    assert import_file(db, scope, book, options=ImportOptions(round=round_, good_rows=True)).stored
    page = offline_page
    open_at(page, served_app(path).address)
    page.get_by_role("link", name=text("ov.go.unentered")).click()
    page.get_by_text(text("refused.title", n=1)).wait_for()
    tick(page, 0)
    page.get_by_role("button", name=text("refused.dismiss")).click()
    enter(page, page.locator(".st-key-refused_reason input"), "旧户，已并入")
    page.get_by_role("button", name=text("refused.do", n=1)).click()
    page.get_by_text(text("refused.title", n=1)).wait_for(state="detached")
    assert list_refused(db, scope) == []
    db.close()

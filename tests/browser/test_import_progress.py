"""A long file in a real browser: the page tells how far it is, and stopping leaves every table as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import workbooks
from tests.browser.acts import settle
from tests.conftest import ServedApp

ROWS = 60_000


def write_long(path: Path) -> Path:
    """Write a register of so many households, without visits."""
    rows = [
        ["和平乡", "孟溪村", f"{n % 9 + 1}组", f"HP{n:06d}", f"王测{n}", 1 + n % 6] for n in range(ROWS)
    ]  # fmt: skip
    return workbooks.write_csv(path, rows, header=["乡镇", "村", "村民组", "户编号", "户主", "人口"])


def give(page: Any, upload: Path) -> None:
    """Choose a file and have it read."""
    page.locator("[class*=st-key-import_drop] input[type=file]").set_input_files(str(upload))
    page.locator(".st-key-import_read button").click(timeout=60_000)


def halt(page: Any, *, after: str) -> None:
    """Wait for a phase, see the bar, and stop."""
    page.get_by_text(after).filter(visible=True).first.wait_for(timeout=60_000)
    page.locator("[data-testid=stProgress]").wait_for(timeout=10_000)
    if folder := os.environ.get("GEO_PICTURES"):
        page.screenshot(path=Path(folder) / "import_progress.png")
    page.locator(".st-key-import_halt button").click()
    page.locator(".st-key-import_halt").wait_for(state="detached", timeout=60_000)
    settle(page)


def test_a_long_import_is_told_and_stopped(
    served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path
) -> None:
    """Stopped while reading the page is back at the files, stopped while storing at the confirmation; nothing is stored."""
    db, _ = workbooks.open_register(tmp_path / "geo.sqlite")
    before = workbooks.dump(db)
    upload, page = write_long(tmp_path / "长.csv"), offline_page
    page.goto(f"{served_app(db.path).address}/import")
    settle(page)
    give(page, upload)
    halt(page, after="共 5 步")
    page.get_by_text("已停止，什么也没有存。").wait_for()
    give(page, upload)
    page.locator(".st-key-import_next button").wait_for(timeout=120_000)
    settle(page)
    page.locator(".st-key-import_next button").click()
    page.locator(".st-key-import_do button").click(timeout=120_000)
    halt(page, after="共 5 步")
    page.screenshot(path=tmp_path / "stopped.png")
    page.get_by_text("已停止，这个文件什么也没有存。").wait_for()
    assert workbooks.dump(db) == before
    db.close()

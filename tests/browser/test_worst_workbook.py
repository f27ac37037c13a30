"""The worst workbook of an office in a real browser: dropped, answered, confirmed with a new round, and right to the row."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from geo.i18n import text
from geo.store.database import Database
from tests import workbooks, worst_book
from tests.browser.acts import choose, press, settle
from tests.conftest import ServedApp

#: Findings that are about cells of rows, by code, and the rows they are to name.
REFUSED = {"R_DUP_ROW": [12], "R_REQUIRED": [13]}


def photograph(page: Any, name: str) -> None:
    """Keep a picture of the step for docs/worst-workbook.md, when GEO_PICTURES names the folder."""
    if folder := os.environ.get("GEO_PICTURES"):
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(folder) / f"{name}.png")


def answer(page: Any, about: str, words: str) -> None:
    """Answer a question of the page: the choice whose label names a word of the file."""
    box = page.locator(".st-key-questions [data-testid=stSelectbox]").filter(has_text=about)
    choose(page, box, words)


def read_homes(db: Database) -> dict[str, tuple[object, ...]]:
    """Return group, head, size, day and outcome of every household as it was stored, by its code."""
    with db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT h.code, p.name, h.head_name, h.size, v.visited_on, v.outcome FROM household h "
            "JOIN place p ON p.id = h.place LEFT JOIN visit v ON v.household = h.id"
        ).all()
    return {row[0]: (row[1], row[2], row[3], row[4] or "", row[5] or "") for row in rows}


def take_marked(page: Any) -> list[tuple[Any, ...]]:
    """Follow 下载问题清单 and return the rows of its list."""
    with page.expect_download() as taken:
        page.locator(".st-key-export_findings_xlsx a").first.click()
    book = openpyxl.load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    return list(book[text("marked.list")].iter_rows(min_row=2, values_only=True))


def test_the_worst_workbook(served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path) -> None:
    """Every trap at once: three questions, each row that is left out is listed, and the register is what the file says."""
    db, _ = workbooks.open_register(tmp_path / "geo.sqlite")
    upload = worst_book.write_worst(tmp_path / "孟溪村台账.xlsx")
    page, errors = offline_page, []
    page.on("pageerror", lambda error: errors.append(str(error)))
    app = served_app(db.path)
    page.goto(f"{app.address}/import")
    settle(page)
    page.locator("[class*=st-key-import_drop] input[type=file]").set_input_files(str(upload))
    settle(page)
    press(page, "import_read")
    assert page.locator(".st-key-import_next button").first.is_disabled()
    answer(page, "去了外头", "举家外出")
    answer(page, "二三五组", "三组")
    photograph(page, "worst-1-questions")
    press(page, "import_answer")
    press(page, "points_take_0")
    photograph(page, "worst-2-findings")
    listed = take_marked(page)
    assert {code: [row[0] for row in listed if row[3] == code] for code in REFUSED} == REFUSED
    assert workbooks.count(db, "household") == 0
    press(page, "import_next")
    photograph(page, "worst-3-confirm")
    press(page, "import_do")
    page.get_by_text("已导入 11 行，8 户。").filter(visible=True).first.wait_for(timeout=60_000)
    assert read_homes(db) == worst_book.KNOWN
    check_points(db)
    page.goto(f"{app.address}/")
    page.get_by_text("有效走访 5 ÷ 应访 8").filter(visible=True).first.wait_for(timeout=60_000)
    photograph(page, "worst-4-overview")
    db.close()
    assert errors == []
    assert "Traceback" not in app.log.read_text(errors="replace")


def check_points(db: Database) -> None:
    """Every home lies where it stands (within a metre), although the file wrote GCJ-02."""
    with db.read() as connection:
        found = connection.exec_driver_sql("SELECT code, lon, lat, coord_system FROM household").all()
    assert {one.coord_system for one in found} == {"gcj02"}
    for one in found:
        lon, lat = worst_book.place_of(one.code)
        assert abs(one.lon - lon) + abs(one.lat - lat) < 1e-5

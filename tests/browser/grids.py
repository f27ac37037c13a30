"""How the tests in a browser open a page and click into its tables, which are drawn on a canvas."""

from __future__ import annotations

from typing import Any

from tests.browser.acts import settle

ROW = 28
HEADER = 34
#: The box to tick, px from the left edge of a table.
BOX = 16


def open_at(page: Any, address: str) -> None:
    """Open an address and wait for its first sentence."""
    page.goto(address)
    page.locator("h1.lead, .st-key-gap_lead").first.wait_for(timeout=60_000)
    settle(page)


def click_cell(page: Any, *, row: int, x: int) -> None:
    """Click into the first table of the page at a row, so many px from its left edge."""
    grid = page.locator("[data-testid=stDataFrame]").first
    grid.locator("canvas").first.wait_for()
    settle(page)
    box = grid.bounding_box()
    while (later := _look_again(page, grid)) != box:
        box = later
    page.mouse.click(box["x"] + x, box["y"] + HEADER + ROW * row + ROW // 2)


def _look_again(page: Any, grid: Any) -> Any:
    page.wait_for_timeout(300)
    return grid.bounding_box()


def tick(page: Any, row: int) -> None:
    """Tick a row of the first table."""
    click_cell(page, row=row, x=BOX)

"""The coordinate step in a real browser: both places of the points on the map, one choice, and on to the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geo.importer import ImportOptions, import_file
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import root_place
from tests import homesteads, workbooks
from tests.browser.acts import press, settle
from tests.conftest import ServedApp
from tests.homesteads import HEADER, write_in

#: What the map knows of its points: how many of each state the block holds, and whether the sheet shows ink.
_LOOK = """() => {
  const frame = [...document.querySelectorAll('iframe')].find((one) => one.contentDocument?.querySelector('.geo-sheet'));
  if (!frame) return null;
  const within = frame.contentDocument;
  let ink = 0;
  for (const canvas of within.querySelectorAll('.leaflet-geo-tiles-pane canvas')) {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    for (let at = 3; at < pixels.length; at += 4) ink += pixels[at] > 0;
  }
  return {ink, legend: [...within.querySelectorAll('.geo-row')].map((one) => one.textContent),
          said: within.querySelector('.geo-message').textContent};
}"""


def look(page: Any) -> dict[str, Any]:
    """Return what the map shows once it has drawn."""
    seen: dict[str, Any] = {}
    for _ in range(40):
        seen = page.evaluate(_LOOK) or {}
        if seen.get("ink") and seen.get("legend"):
            break
        page.wait_for_timeout(250)
    return seen


def open_database(path: Path, folder: Path) -> Database:
    """Return a database with registered homes in three groups."""
    db = create_database(path, kind="real", edition="2023-06-30", today=workbooks.TODAY)
    known = [homesteads.row(home, home.lon, home.lat) for home in homesteads.settle(45, prefix="A")]
    scope = Scope("p", "planner", root_place(db).id)
    import_file(db, scope, workbooks.write_csv(folder / "a.csv", known, header=HEADER), options=ImportOptions())
    return db


def test_a_shifted_file_is_seen_chosen_and_stored(
    served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path
) -> None:
    """GCJ-02 beside registered homes: the map draws both places and the neighbours, 按此读法 leads on, the points are right."""
    db = open_database(tmp_path / "geo.sqlite", tmp_path)
    homes = {home.code: home for home in homesteads.settle(30, seed=2)}
    rows = [homesteads.row(home, *write_in("gcj02", home), "高德") for home in homes.values()]
    upload = workbooks.write_csv(tmp_path / "高德定位.csv", rows, header=[*HEADER, "坐标来源"])
    page, errors = offline_page, []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{served_app(db.path).address}/import")
    settle(page)
    page.locator("[class*=st-key-import_drop] input[type=file]").set_input_files(str(upload))
    settle(page)
    press(page, "import_read")
    seen = look(page)
    assert seen["ink"] > 500
    assert (seen["legend"], seen["said"]) == (["按原样30", "GCJ-02（高德、腾讯）30", "同组已知的点45"], "")
    if folder := os.environ.get("GEO_PICTURES"):
        page.screenshot(path=Path(folder) / "import_points.png")
    assert page.locator(".st-key-import_next button").first.is_disabled()
    for key in ("points_take_0", "import_next", "import_do"):
        press(page, key)
    with db.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT code, lon, lat, coord_system FROM household WHERE code LIKE 'MX%'"
        ).all()
    db.close()
    assert len(found) == 30
    assert {row.coord_system for row in found} == {"gcj02"}
    assert all(abs(row.lon - homes[row.code].lon) + abs(row.lat - homes[row.code].lat) < 1e-6 for row in found)
    assert errors == []

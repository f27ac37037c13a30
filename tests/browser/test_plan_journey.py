"""计划 in a real browser: gaps become routes, are moved, locked, planned again and published; a recorder records one home
and gives one back; the rest is planned again; the sheets and the track are taken away.
"""  # noqa: D205 - one sentence

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from sqlalchemy import select

from geo.schema import draft
from geo.store.assignments import add_person
from geo.store.database import Database
from geo.store.routes import read_routes
from tests.browser.grids import open_at, tick
from tests.browser.test_main_job import Job
from tests.world import PLANNER

VILLAGE = "v1"


def test_from_gaps_to_a_route_and_back(job: Job, tmp_path: Path) -> None:
    """A ticked gap goes to the plan; then all are planned, one is moved and stays, a day is locked, all is published;
    the recorder records one home and gives one back; what is left is planned again.
    """  # noqa: D205 - one sentence
    world = Database(tmp_path / "demo.sqlite")
    add_person(world, PLANNER, name="赵测组", place_id=VILLAGE)
    hand_a_gap_over(job)
    job.press("plan_all")
    job.press("plan_start")
    job.expect("为什么这样排")
    moved = move_one(job, world)
    lock_a_day_and_plan_the_rest(job, world, moved)
    count = len(read_stops(world))
    publish(job)
    take_away(job, count)
    rows = read_routes(world, PLANNER, round_id="2", place_id=VILLAGE)
    assert [one["household"] for one in rows if one["locked"]]
    record_and_return(job, rows)
    statuses = [one["status"] for one in read_routes(world, PLANNER, round_id="2", place_id=VILLAGE)]
    assert statuses.count("returned") == 1
    job.choose(job.page.locator(".st-key-role_switch"), "演示身份 规划")
    job.open(f"/plan?place={VILLAGE}")
    job.expect(f"已走到 1 / {count} 户")
    job.press("routes_rest")
    job.expect(f"只排选中的 {count - 1} 户")
    job.press("plan_start")
    job.expect("为什么这样排")
    assert len(read_stops(world)) == count - 1
    world.close()


def hand_a_gap_over(job: Job) -> None:
    """Tick a gap and add it to the plan."""
    open_at(job.page, f"{job.app.address}/gaps?place={VILLAGE}")
    tick(job.page, 0)
    job.expect("已选 1 户")
    job.settle()
    job.press("plan_picked")
    job.expect("只排选中的 1 户")


def read_draft(world: Database) -> dict[str, Any]:
    """Return what is kept of the village's plan."""
    with world.read() as connection:
        said = connection.execute(select(draft.c.content).where(draft.c.object.like(f"plan:%:{VILLAGE}"))).scalar_one()
    kept: dict[str, Any] = json.loads(said)["draft"]
    return kept


def read_stops(world: Database) -> dict[str, tuple[str, str]]:
    """Return day and team of every household of the kept plan."""
    return {one: (day, team) for day, team, households, _ in read_draft(world)["routes"] for one in households}


def move_one(job: Job, world: Database) -> str:
    """Move a household of the last team-day to the first slot there is; return it."""
    *_, households, _ = read_draft(world)["routes"][-1]
    code = read_code(world, households[0])
    job.choose(job.page.locator(".st-key-plan_move_home"), code)
    job.press("plan_move_do")
    assert read_stops(world)[households[0]] == ("2019-11-21", "甲组")
    job.expect(f"人工指定：{code}")
    return str(households[0])


def read_code(world: Database, home: str) -> str:
    """Return the code of a household."""
    with world.read() as connection:
        return str(connection.exec_driver_sql("SELECT code FROM household WHERE id = ?", (home,)).scalar_one())


def lock_a_day_and_plan_the_rest(job: Job, world: Database, moved: str) -> None:
    """Lock the first team-day, plan the rest again: it is as it was, with the moved household on it."""
    before = read_draft(world)["routes"][0]
    job.page.locator(".st-key-plan_locked input").click()
    job.page.get_by_role("option").first.click()
    job.page.keyboard.press("Escape")
    job.settle()
    job.press("plan_again_do")
    after = read_draft(world)["routes"][0]
    assert after == [*before[:3], True]
    assert moved in after[2]


def take_away(job: Job, count: int) -> None:
    """Download sheets and track of what was published: every stop is in both, and no sheet is empty."""
    pages = PdfReader(io.BytesIO(download(job, "pdf"))).pages
    assert all("路线单" in page.extract_text() for page in pages)
    track = ET.fromstring(download(job, "gpx"))  # noqa: S314 - our own file
    points = [one for one in track.iter() if one.tag.endswith(("}rtept", "}wpt"))]
    assert len({(one.get("lon"), one.get("lat")) for one in points}) > 1
    assert len(points) >= count


def download(job: Job, form: str) -> bytes:
    """Return a file that the page offers."""
    with job.page.expect_download() as started:
        job.page.locator(f".st-key-export_routes_{form} a").click()
    job.settle()
    return Path(started.value.path()).read_bytes()


def publish(job: Job) -> None:
    """Publish to the people of the village."""
    job.press("plan_publish")
    job.page.locator(".st-key-plan_publish_do button").click()
    job.expect("已发布给")
    job.settle()


def record_and_return(job: Job, rows: list[Any]) -> None:
    """As a recorder: see the routes, record the first household, give the next one back with a reason."""
    job.choose(job.page.locator(".st-key-role_switch"), "演示身份 记录员")
    job.open(f"/household?h={rows[0]['household']}")
    job.page.locator(".st-key-outcome_1 button").wait_for(timeout=60_000)
    job.settle()
    job.page.keyboard.press("1")
    job.settle()
    job.page.keyboard.press("Control+Enter")
    job.settle()
    job.open(f"/visits?place={VILLAGE}")
    job.page.get_by_test_id("stButtonGroup").get_by_text("我的路线").click()
    job.expect("已走到 1 /")
    job.enter(job.page.get_by_label("退回的理由"), "路断了")
    job.press("routes_return")
    job.expect("已退回")

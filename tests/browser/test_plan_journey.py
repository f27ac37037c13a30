"""计划 in a real browser: gaps become routes, are locked, planned again and published; one home is given back; the sheets."""

from __future__ import annotations

import io
from pathlib import Path

from pypdf import PdfReader

from geo.store.database import Database
from geo.store.routes import read_routes
from tests.browser.test_main_job import Job
from tests.world import PLANNER


def test_from_gaps_to_a_route_and_back(job: Job, tmp_path: Path) -> None:
    """A village is planned, its sheets downloaded, the routes published; one home is given back and stands so."""
    job.open("/plan?place=v3")
    job.page.get_by_role("button", name="开始排").click()
    job.expect("为什么这样排")
    job.page.get_by_role("button", name="重新优化其余").click()
    job.settle()
    with job.page.expect_download() as started:
        job.page.locator(".st-key-export_plan_pdf a").click()
    pages = PdfReader(io.BytesIO(Path(started.value.path()).read_bytes())).pages
    assert "南测村走访路线单" in "".join(page.extract_text() for page in pages)
    job.settle()
    job.page.get_by_role("button", name="发布计划").click()
    job.page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    job.expect("已发布给")
    job.enter(job.page.get_by_label("退回的理由"), "路断了")
    job.page.locator(".st-key-routes_return button").click()
    job.expect("已退回")
    world = Database(tmp_path / "demo.sqlite")
    statuses = [one["status"] for one in read_routes(world, PLANNER, round_id="2", place_id="v3")]
    assert sorted(set(statuses)) == ["assigned", "returned"]
    assert statuses.count("returned") == 1
    world.close()

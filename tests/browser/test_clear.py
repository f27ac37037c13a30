"""清零 in a real browser: from a number to its rows, to one issue, to the step that closes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo.issues import Act
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue, read_history
from tests.browser.test_main_job import Job
from tests.conftest import ServedApp
from tests.world import PLANNER, TODAY, build_world


@pytest.fixture
def job(served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path) -> Any:
    """Return the small world's app in a browser that may only talk to this machine."""
    path = tmp_path / "demo.sqlite"
    build_world(path).close()
    opened = Job(offline_page, served_app(path))
    yield opened
    assert opened.errors == []


def test_two_people_close_an_issue(job: Job, tmp_path: Path) -> None:
    """One resolves on the page; what another did meanwhile is said, with who; the household's answer closes it."""
    world = Database(tmp_path / "demo.sqlite")
    job.open("/clear")
    job.expect("清零了多少")
    job.page.locator(".st-key-state_clear_undated a").click()
    job.expect("未定时限 1 件")
    job.open("/issue?i=i2")
    job.page.locator(".st-key-act_resolved_i2 button").click()
    dialog = job.page.get_by_role("dialog")
    done = dialog.get_by_role("button", name="办结", exact=True)
    done.wait_for()
    act_on_issue(world, PLANNER, issue_id="i2", act=Act("assigned", TODAY, responsible="郑测"), act_id="other")
    done.click()
    job.expect("planner 在")
    assert [one["kind"] for one in read_history(world, PLANNER, issue_id="i2")[1]] == ["raised", "assigned"]
    job.open("/issue?i=i2")
    job.page.locator(".st-key-act_resolved_i2 button").click()
    dialog.get_by_role("button", name="办结", exact=True).click()
    job.page.locator(".st-key-act_closed_i2 button").click()
    dialog.get_by_text("满意", exact=True).click()
    job.settle()
    dialog.get_by_role("button", name="销号", exact=True).click()
    job.expect("已销号")
    standing, events = read_history(world, PLANNER, issue_id="i2")
    assert [one["kind"] for one in events] == ["raised", "assigned", "resolved", "closed"]
    assert (standing.state, standing.satisfaction, standing.verified_by) == ("closed", 1, "household")
    world.close()

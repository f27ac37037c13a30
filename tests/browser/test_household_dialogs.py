"""The household page in a real browser: keys, a double click, corrections, a conflict, a point on the map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geo.store.database import Database
from geo.store.households import edit_household, get_household
from geo.store.reads import read_figures
from geo.store.visits import list_told, list_visits
from tests.browser.test_main_job import Job
from tests.world import PLANNER


@pytest.fixture
def world(job: Job, tmp_path: Path) -> Any:
    """Return the database that the app serves."""
    db = Database(tmp_path / "demo.sqlite")
    assert job.app.process.poll() is None
    yield db
    db.close()


def open_home(job: Job, household_id: str) -> None:
    """Open a household and wait until it can be worked on."""
    job.open(f"/household?h={household_id}")
    job.page.locator(".st-key-outcome_1 button").wait_for(timeout=60_000)
    job.settle()


def kept_visits(db: Database, household_id: str) -> list[Any]:
    """Return the visits of a household that count, newest first."""
    return [one for one in list_visits(db, PLANNER, household_id=household_id) if not one["void"]]


def test_two_keys_record_a_visit_and_a_double_click_is_one_row(job: Job, world: Database) -> None:
    """`1` and Ctrl+Enter store a visit and go on; digits typed into the note choose nothing; a double click is one row."""
    open_home(job, "h08")
    before = len(kept_visits(world, "h08"))
    job.page.keyboard.press("1")
    job.expect("保存后变为 2 / 5")
    job.page.keyboard.press("Control+Enter")
    job.page.wait_for_url("**h=h09*")
    job.expect("二组覆盖率 2 / 5")
    assert len(kept_visits(world, "h08")) == before + 1
    job.settle()
    job.page.locator("textarea").first.fill("2 3 4")
    job.page.keyboard.press("Control+Enter")
    job.settle()
    job.expect("先选结果")
    earlier = len(kept_visits(world, "h09"))
    job.press("outcome_6")
    job.page.locator(".st-key-save_stay button").dblclick()
    job.expect("已保存 C-009")
    job.settle()
    stored = kept_visits(world, "h09")
    assert len(stored) == earlier + 1
    assert (stored[0]["outcome"], stored[0]["reason"], stored[0]["note"]) == ("refused", "unwilling", "2 3 4")


def test_a_visit_is_corrected_from_the_strip(job: Job, world: Database) -> None:
    """What was saved last can be replaced at once: voided, the figures go back, what was told at the door stays."""
    open_home(job, "h08")
    job.press("outcome_1")
    job.page.get_by_text("医保政策", exact=True).click()
    job.settle()
    job.press("save_stay")
    job.expect("二组覆盖率 2 / 5")
    job.press("correct_last")
    dialog = job.page.get_by_role("dialog")
    job.expect("覆盖率会回到 1 / 5")
    job.choose(dialog.locator("[data-testid=stSelectbox]").first, "拒访")
    dialog.get_by_role("button", name="改成这样").click()
    job.settle()
    job.expect("已作废")
    kept = kept_visits(world, "h08")[0]
    assert kept["outcome"] == "refused"
    assert list_told(world, PLANNER, visit_id=kept["id"]) == (("health_insurance",), ())
    assert read_figures(world, PLANNER, round_id="2", place_id="g02").counts.effective == 1


def test_two_people_change_one_household(job: Job, world: Database) -> None:
    """The second save shows both values; choosing one's own stores it on top of the other's."""
    open_home(job, "h08")
    job.press("edit_facts")
    dialog = job.page.get_by_role("dialog")
    rev = get_household(world, PLANNER, household_id="h08")["rev"]
    edit_household(world, PLANNER, household_id="h08", rev=rev, changes={"phone": "19911112222"})
    phone = dialog.locator("[data-testid=stTextInput]").filter(has_text="电话").locator("input")
    job.enter(phone, "19933334444")
    dialog.get_by_role("button", name="保存").click()
    job.expect("你的是：19933334444")
    job.expect("199****2222")
    dialog.get_by_text("用我的").first.click()
    job.settle()
    dialog.get_by_role("button", name="按选的保存").click()
    job.page.get_by_role("dialog").wait_for(state="detached")
    assert get_household(world, PLANNER, household_id="h08")["phone"] == "199****4444"


def test_a_household_is_added_and_located(job: Job, world: Database) -> None:
    """A new household enters the running round and opens; a click on the map gives it a point."""
    open_home(job, "h08")
    job.press("edit_add")
    dialog = job.page.get_by_role("dialog")
    for label, words in (("户编号", "C-900"), ("户主", "新测")):
        field = dialog.locator("[data-testid=stTextInput]").filter(has_text=label).locator("input")
        job.enter(field, words)
    dialog.get_by_role("button", name="新增这户").click()
    job.expect("C-900")
    counts = read_figures(world, PLANNER, round_id="2", place_id="g02").counts
    assert (counts.roster, counts.added, counts.located) == (6, 1, 5)
    job.settle()
    job.press("edit_point")
    job.map_frame()
    box = job.page.locator("[role=dialog] iframe").bounding_box()
    job.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 20)
    save = job.page.get_by_role("dialog").get_by_role("button", name="保存位置")
    job.page.wait_for_timeout(1500)
    save.click()
    job.expect("图上点选")
    assert read_figures(world, PLANNER, round_id="2", place_id="g02").counts.located == 6

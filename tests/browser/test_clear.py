"""清零 in a real browser: from a number to its rows, to one issue, to the step that closes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from geo.issues import Act
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue, read_history
from tests.browser import acts
from tests.browser.test_main_job import Job
from tests.conftest import ServedApp
from tests.pictures import make_picture
from tests.world import PLANNER, TODAY


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


def test_a_form_survives_a_restart(job: Job, served_app: Callable[..., ServedApp], tmp_path: Path) -> None:
    """Outcome, topic, note, a new issue and the answer to an open one outlive a server that starts anew; one save keeps all."""
    raised, opened = job.page.locator("[class*=st-key-new_issue_]"), job.page.locator(".st-key-issue_i5")
    fill_form(job, raised, opened)
    note = job.page.locator("[data-testid=stTextArea] textarea").filter(visible=True).first
    note.fill("路滑，改走小路")
    note.blur()
    job.settle()
    world = Database(tmp_path / "demo.sqlite")
    wait_for_note(job, world)
    again = Job(job.page, served_app(tmp_path / "demo.sqlite", fresh=True))
    again.open("/household?h=h02")
    again.expect("这是上次没保存的内容")
    expect(note).to_have_value("路滑，改走小路", timeout=20_000)
    expect(raised.get_by_label("一句话说明")).to_have_value("桥面塌了一块")
    expect(opened.get_by_label("进展或办法")).to_have_value("料已运到")
    again.page.locator(".st-key-save_stay button").click()
    again.expect("更新问题 1 件")
    with world.read() as connection:
        saved = connection.exec_driver_sql(
            "SELECT v.note, t.topic, i.category, i.title, e.kind, e.note FROM visit v "
            "JOIN visit_topic t ON t.visit = v.id JOIN issue i ON i.raised_by_visit = v.id "
            "JOIN issue_event e ON e.act = v.id || ':i5' WHERE v.household = 'h02'"
        ).all()
        drafts = connection.exec_driver_sql("SELECT count(*) FROM draft").scalar_one()
    told = ("路滑，改走小路", "health_insurance", "INF_R", "桥面塌了一块", "progress", "料已运到")
    assert ([tuple(row) for row in saved], drafts) == ([told], 0)
    world.close()


def fill_form(job: Job, raised: Any, opened: Any) -> None:
    """Begin a visit: outcome, a topic, a new issue by `N`, progress of the open one."""
    job.open("/household?h=h02")
    job.page.keyboard.press("1")
    job.expect("保存后仍是")
    job.settle()
    job.page.get_by_text("医保政策", exact=True).click()
    job.settle()
    job.page.keyboard.press("n")
    expect(raised.locator("input").first).to_be_focused(timeout=20_000)
    job.choose(raised.locator("[data-testid=stSelectbox]").first, "道路")
    job.enter(raised.get_by_label("一句话说明"), "桥面塌了一块")
    opened.get_by_text("有进展", exact=True).click()
    job.settle()
    job.enter(opened.get_by_label("进展或办法"), "料已运到")


def wait_for_note(job: Job, world: Database) -> None:
    """Wait until the draft holds the note: the page keeps it with the change."""
    for _ in range(100):
        with world.read() as connection:
            held = connection.exec_driver_sql("SELECT content FROM draft").scalar()
        if held and "改走小路" in held:
            return
        job.page.wait_for_timeout(100)
    pytest.fail("the draft was not kept")


def test_a_matter_and_a_photo_are_entered(job: Job, tmp_path: Path) -> None:
    """The dialog of 实事 stores what was done; a photo of an issue is chosen, added, and shown beside it."""
    job.open("/clear?tab=matters&place=v1")
    job.press("matter_enter")
    dialog = job.page.get_by_role("dialog")
    job.enter(dialog.get_by_label("办了什么"), "硬化三组路")
    dialog.locator("[class*=-save] button").click()
    job.expect("已保存实事")
    job.open("/issue?i=i1")
    job.press("photos_issue_i1")
    photo = tmp_path / "evidence.jpg"
    photo.write_bytes(make_picture())
    job.page.locator("[data-testid=stPopoverBody] input[type=file]").set_input_files(str(photo))
    job.settle()
    job.press("photo_do_i1")
    expect(job.page.locator(".photos img").first).to_be_visible(timeout=20_000)
    world = Database(tmp_path / "demo.sqlite")
    with world.read() as connection:
        kept = connection.exec_driver_sql("SELECT (SELECT title FROM matter), (SELECT issue FROM attachment)").one()
    assert tuple(kept) == ("硬化三组路", "i1")
    world.close()


def test_two_people_amend_one_issue(job: Job, tmp_path: Path) -> None:
    """Both opened the same form: the unit of one and the person of the other merge; two persons are chosen between."""
    world = Database(tmp_path / "demo.sqlite")
    other = job.page.context.new_page()
    for page in (job.page, other):
        page.goto(f"{job.app.address}/issue?i=i1")
        open_amendment(page)
    amend(other, 责任单位="水务局", 责任人="甲测")
    amend(job.page, 责任人="乙测")
    dialog = job.page.get_by_role("dialog")
    expect(dialog.get_by_text("甲测", exact=False).filter(visible=True).first).to_be_visible()
    expect(dialog.get_by_text("你的是：乙测", exact=False).filter(visible=True).first).to_be_visible()
    save = dialog.get_by_role("button", name="按选的保存")
    expect(save).to_be_disabled()
    dialog.get_by_text("用我的").filter(visible=True).first.click()
    expect(save).to_be_enabled()
    acts.settle(job.page)
    save.click()
    expect(dialog).to_have_count(0)
    other.close()
    standing, events = read_history(world, PLANNER, issue_id="i1")
    assert [one["kind"] for one in events[-2:]] == ["amended", "amended"]
    assert (standing.unit, standing.responsible) == ("水务局", "乙测")
    world.close()


def open_amendment(page: Any) -> None:
    """Open the form that changes who answers for the issue."""
    acts.settle(page)
    page.locator(".st-key-more_i1 summary").filter(visible=True).first.click()
    page.locator(".st-key-act_amended_i1 button").filter(visible=True).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    acts.settle(page)


def amend(page: Any, **words: str) -> None:
    """Fill fields of the form by their labels and send it."""
    dialog = page.get_by_role("dialog")
    for label, said in words.items():
        acts.enter(page, dialog.locator("[data-testid=stTextInput]").filter(has_text=label).locator("input"), said)
    dialog.locator("[data-testid=stBaseButton-primary]").filter(visible=True).first.click()
    acts.settle(page)

"""The main job in a real browser, from an empty database to an exported gap list, with nothing leaving the machine."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from geo import config
from geo.gaps import rank_gaps
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import list_below, root_place
from geo.store.reads import read_figures, read_homes
from geo.ui import datasource
from tests.browser import acts
from tests.conftest import ROOT, ServedApp

SAMPLE = ROOT.parent / "shared" / "data" / "import" / "样表_农户走访台账.xlsx"
#: The header that the test spoils, so that a person has to correct it.
SPOILED = ("户主姓名", "当家人是谁")


def make_workbook(path: Path) -> None:
    """Write the workbook to import: the real sample where it is at hand, else one like it; one header is spoiled."""
    book = openpyxl.load_workbook(SAMPLE) if SAMPLE.is_file() else _invent_workbook()
    for cell in book.active[1]:
        if cell.value == SPOILED[0]:
            cell.value = SPOILED[1]
    book.save(path)


def _invent_workbook() -> Any:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["序号", "乡(镇)", "行政村", "村民组", "户编号", SPOILED[0], "家庭人口数", "户类型", "联系电话",
                  "经度", "纬度", "走访日期", "是否见面", "反映问题", "备注"])  # fmt: skip
    for nth in range(40):
        met = "未见面" if nth % 5 == 4 or nth == 0 else "见面"
        group, name = f"{1 + nth // 14}组", f"陈测{nth + 1:02d}"
        sheet.append([nth + 1, "和平土家族侗族乡", "孟溪村", group, f"520602202203{nth + 1:03d}", name, 1 + nth % 6,
                      "一般户", f"199000000{nth:02d}", 109.06 + nth % 14 / 5000, 27.65 + nth // 14 / 200,
                      f"2019-0{3 + nth % 6}-1{nth % 9}", met, "道路" if nth % 7 == 0 else None, None])  # fmt: skip
    return book


class Job:
    """The open app, and how a person works on it."""

    def __init__(self, page: Any, app: ServedApp) -> None:
        self.page = page
        self.app = app
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str) -> None:
        """Open an address of the app."""
        self.page.goto(f"{self.app.address}{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until the page has finished its run."""
        acts.settle(self.page)

    def press(self, key: str) -> None:
        """Press the button with a key."""
        acts.press(self.page, key)

    def choose(self, box: Any, words: str) -> None:
        """Choose an entry of a select box by typing it."""
        acts.choose(self.page, box, words)

    def enter(self, field: Any, words: str) -> None:
        """Type into a field and confirm it."""
        acts.enter(self.page, field, words)

    def enter_day(self, key: str, day: date) -> None:
        """Type a day into a date field, part by part."""
        parts = self.page.locator(f".st-key-{key} [role=spinbutton]")
        for nth, digits in enumerate((f"{day:%Y}", f"{day:%m}", f"{day:%d}")):
            parts.nth(nth).click()
            self.page.keyboard.type(digits)
        self.page.keyboard.press("Enter")
        self.settle()

    def expect(self, words: str) -> None:
        """Wait until the page shows the words; a grid keeps a hidden copy of its cells for screen readers."""
        self.page.get_by_text(words).filter(visible=True).first.wait_for(timeout=60_000)

    def photograph(self, name: str) -> None:
        """Keep a picture of the step for docs/journey.md, when GEO_PICTURES names the folder."""
        folder = os.environ.get("GEO_PICTURES")
        if folder:
            self.page.wait_for_timeout(1500)
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def map_frame(self) -> Any:
        """Return the frame of the map once its areas are drawn."""
        frame = self.page.frame_locator("iframe[title*=st_folium]")
        frame.locator("path[role=button]").first.wait_for(timeout=30_000)
        return frame


@pytest.fixture
def job(served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path) -> Any:
    """Return the app on demo data without a household, open in a browser that may only talk to this machine."""
    path = tmp_path / "demo.sqlite"
    create_database(path, kind="demo", edition="2019-10-31", today=date(2019, 11, 20)).close()
    opened = Job(offline_page, served_app(path))
    yield opened
    offline_page.screenshot(path=tmp_path / "last.png")
    assert opened.errors == []
    assert "Traceback" not in opened.app.log.read_text(errors="replace")


def test_the_main_job(job: Job, tmp_path: Path) -> None:
    """Own data, import, one header, a round, the map, a group's gaps, an assignment, a visit, the export: all agree."""
    book = tmp_path / "台账.xlsx"
    make_workbook(book)
    start_with_own_data(job)
    import_workbook(job, book)
    db = Database(tmp_path / datasource.OWN)
    counts = district_counts(db)
    assert (counts.roster, counts.attempted) == (40, 40)
    village = look_at_the_map(job, counts, db)
    group = open_the_gaps_of_a_group(job, village, db)
    assign_all(job)
    record_a_visit(job, group, db, before=counts.effective)
    compare_export(job, db, village)
    db.close()


def district_counts(db: Database) -> Any:
    """Return the counts of the district in round 1, from the cells."""
    root = root_place(db).id
    return read_figures(db, Scope("test", "planner", root), round_id="1", place_id=root).counts


def start_with_own_data(job: Job) -> None:
    """Leave the demo for an empty own database."""
    job.open("/import")
    job.press("own_start")
    job.open("/import")
    job.expect("自己的数据，区划为 2023-06-30 版")
    job.photograph("1-own-data")


def import_workbook(job: Job, book: Path) -> None:
    """Drop the file, correct the spoiled header, make the round, confirm."""
    job.page.set_input_files("input[type=file]", str(book))
    job.page.locator(".st-key-import_read button").wait_for(timeout=30_000)
    job.press("import_read")
    unknown = job.page.locator("[data-testid=stSelectbox]").filter(has_text=SPOILED[1])
    unknown.wait_for(timeout=30_000)
    job.photograph("2-header")
    job.choose(unknown, "户主")
    job.expect("40 行可以导入")
    job.photograph("3-findings")
    job.press("import_next")
    job.enter_day("round_starts", date(2019, 1, 1))
    job.enter_day("round_ends", datetime.now(ZoneInfo(config.ZONE)).date() + timedelta(days=30))
    job.photograph("4-round")
    job.press("import_do")
    job.expect("已导入 40 行，40 户。")


def look_at_the_map(job: Job, counts: Any, db: Database) -> Any:
    """See the round's coverage on the map and go down to the village by a click on its area; return the village."""
    job.open("/map")
    said = f"有效走访 {counts.effective} ÷ 应访 {counts.roster}"
    job.expect(said)
    area = job.map_frame().locator("path[role=button]").first
    assert (area.get_attribute("aria-label") or "").endswith(said)
    job.photograph("5-map")
    area.press("Enter")
    job.page.wait_for_url(re.compile(r"place=u[-\d]+-\d{12}"))
    job.settle()
    villages = list_below(db, Scope("test", "planner", root_place(db).id), place_id=root_place(db).id, level="village")
    return next(one for one in villages if one.id in job.page.url)


def open_the_gaps_of_a_group(job: Job, village: Any, db: Database) -> Any:
    """Click a group that has a gap, and open its gap list; return the group's figures."""
    scope = Scope("test", "planner", root_place(db).id)
    groups = list_below(db, scope, place_id=village.id, level="group")
    found = [read_figures(db, scope, round_id="1", place_id=one.id) for one in groups]
    worst = max(found, key=lambda one: one.counts.roster - one.counts.effective)
    frame = job.map_frame()
    job.photograph("6-village")
    frame.locator(f"path[role=button][aria-label^='{worst.place.name} ']").press("Enter")
    job.page.wait_for_url(re.compile(worst.place.id))
    job.settle()
    job.page.get_by_role("link", name=re.compile("缺口")).last.click()
    job.settle()
    missing = worst.counts.roster - worst.counts.effective
    job.expect(f"{worst.place.name}还有 {missing} 户没走到")
    job.photograph("7-gaps")
    return worst


def assign_all(job: Job) -> None:
    """Tick all rows and give them to a new person."""
    table = job.page.locator("[data-testid=stDataFrame]").first.bounding_box()
    job.page.mouse.click(table["x"] + 16, table["y"] + 16)
    job.settle()
    job.press("assign")
    job.enter(job.page.locator(".st-key-assign_new input"), "周测办")
    job.press("assign_do")
    job.expect("户派给周测办")
    job.photograph("8-assigned")


def record_a_visit(job: Job, group: Any, db: Database, *, before: int) -> None:
    """Open a household of the list, record an effective visit with two keys; the figures move everywhere."""
    scope = Scope("test", "planner", root_place(db).id)
    homes = read_homes(db, scope, round_id="1", place_id=group.place.id)
    assert set(homes.loc[homes["effective"] == 0, "assignee"]) == {"周测办"}
    home = homes[homes["effective"] == 0].iloc[0]
    job.open(f"/household?h={home['household']}")
    job.page.locator(".st-key-outcome_1 button").wait_for(timeout=60_000)
    job.settle()
    job.page.keyboard.press("1")
    job.settle()
    after = f"{group.counts.effective + 1} / {group.counts.roster}"
    job.expect(f"保存后变为 {after}")
    job.photograph("9-visit")
    job.page.keyboard.press("Control+Enter")
    job.expect(f"{group.place.name}覆盖率 {after}")
    assert district_counts(db).effective == before + 1
    for path in ("/", "/map"):
        job.open(path)
        job.expect(f"有效走访 {before + 1} ÷ 应访 40")
    job.open("/")
    job.photograph("10-overview")


def compare_export(job: Job, db: Database, village: Any) -> None:
    """Take the village's gap list as a workbook and compare it with the database, row by row."""
    job.open(f"/gaps?place={village.id}&round=1")
    with job.page.expect_download() as taken:
        job.page.locator(".st-key-export_gaps_xlsx a").first.click()
    book = openpyxl.load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    head = next(nth for nth, row in enumerate(rows) if "户编号" in row)
    columns = rows[head]
    scope = Scope("test", "planner", root_place(db).id, sees_names=True)
    homes = read_homes(db, scope, round_id="1", place_id=village.id)
    gaps = rank_gaps(homes, db.today())
    told = [row for row in rows[head + 1 :] if row[columns.index("户编号")]]
    assert [row[columns.index("户编号")] for row in told] == list(gaps["code"])
    assert [row[columns.index("户主")] for row in told] == list(gaps["head_name"])
    assert [row[columns.index("优先级")] for row in told] == list(gaps["priority"])
    assert not [cell for row in rows for cell in row if isinstance(cell, str) and cell.startswith("=")]

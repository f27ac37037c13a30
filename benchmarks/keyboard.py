"""Forty households recorded by keyboard in a real browser: `python -m benchmarks.keyboard [HOUSEHOLDS]`.

A save is the time from the first key for a household until the next one is on the screen and takes keys. The keys are
pressed as soon as the page takes them, so it is the product's time, not a person's. Nothing is clicked, which the page
itself counts.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError as TooLong
from playwright.sync_api import sync_playwright

from benchmarks.measure import describe_machine, show_table
from benchmarks.world import HOMES_A_GROUP, SCOPE, built_world
from geo.store.database import Database
from geo.store.places import list_below
from tests.conftest import BROWSER_OPTIONS, find_browser, find_free_port, serve

HOUSEHOLDS = 40
DISTRICT = 2_000
#: After so long without an answer a key counts as lost.
_LOST_MS = 5_000
HEADS = ("what", "saves", "keys", "median s", "slowest s")
#: Kinds of save, ten in turn: met; only others met; nobody home, the reason typed; met, an issue raised; with a note.
PATTERN = ("met", "met", "met", "others", "met", "not home", "met", "issue", "note", "met")
_READY = """(home) => {
  const app = document.querySelector('.stApp'), at = new URLSearchParams(location.search).get('h');
  return app && app.dataset.testScriptState === 'notRunning' && !document.querySelector('[data-stale=true]')
    && at !== home && document.querySelector('.st-key-outcome_1 button'); }"""
_FREE = "() => !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)"
_OPEN = "(key) => document.querySelector(`.st-key-outcome_${key} [data-testid=stBaseButton-primary]`)"
_TYPING = "(tag) => document.activeElement && document.activeElement.tagName === tag"
_TITLE = "() => Boolean(document.activeElement.closest('[class*=st-key-new_issue_] [class*=\"-title\"]'))"
_COUNT_CLICKS = "window.clicks = 0; addEventListener('pointerdown', () => { window.clicks += 1; }, true);"


@dataclass(frozen=True)
class Saved:
    """One save: its kind, how many keys it took, and the seconds from the first key to the next household."""

    kind: str
    keys: int
    seconds: float


class Typist:
    """A person without a mouse, on the page of a household."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.keys = 0
        self.lost = 0

    def press(self, key: str) -> None:
        """Press one key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def write(self, words: str) -> None:
        """Type words."""
        self.keys += len(words)
        self.page.keyboard.type(words)

    def choose(self, digit: str) -> None:
        """Press a digit until its outcome is shown as chosen, as a person would: under load one may be lost."""
        for _ in range(5):
            self.page.wait_for_function(_FREE)
            self.press(digit)
            with suppress(TooLong):
                self.page.wait_for_function(_OPEN, arg=digit, timeout=_LOST_MS)
                return
            self.lost += 1
        raise LookupError(digit)

    def tab_to(self, wanted: str) -> None:
        """Go on with Tab until the focus is where it is wanted; wait for what the page does with the last field."""
        for _ in range(30):
            self.page.wait_for_function(_READY, arg="")
            if self.page.evaluate(wanted):
                return
            self.press("Tab")
        raise LookupError(wanted)

    def raise_issue(self) -> None:
        """Raise an issue in the form of the visit: its category and what it is, all by keys."""
        self.page.wait_for_function(_READY, arg="")
        self.press("n")
        self.page.wait_for_function(_TYPING, arg="INPUT")
        self.write("道路")
        self.page.get_by_role("option").first.wait_for()
        self.press("Enter")
        self.tab_to(_TITLE)
        self.write("桥面塌了一块")

    def save(self, kind: str) -> Saved:
        """Record the household on the screen and go on to the next one."""
        home = self.page.evaluate("new URLSearchParams(location.search).get('h')")
        self.keys, start = 0, time.perf_counter()
        digit = {"others": "2", "not home": "3"}.get(kind, "1")
        self.choose(digit)
        if kind == "not home":
            # The focus goes to the reason by itself; its first letters choose it.
            self.page.wait_for_function(_TYPING, arg="INPUT")
            self.write("务工")
            self.page.get_by_role("option").first.wait_for()
            self.press("Enter")
        elif kind == "issue":
            self.raise_issue()
        elif kind == "note":
            self.press("b")
            self.page.wait_for_function(_TYPING, arg="TEXTAREA")
            self.write("家里平稳")
        self.press("Control+Enter")
        self.page.wait_for_function(_READY, arg=home)
        return Saved(kind, self.keys, time.perf_counter() - start)


def record(address: str, first: str, count: int) -> tuple[list[Saved], int, int]:
    """Record so many households from a first one on; return the saves, clicks and keys lost."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_OPTIONS)
        page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN").new_page()
        page.add_init_script(_COUNT_CLICKS)
        page.goto(f"{address}/household?h={first}")
        page.wait_for_function(_READY, arg="", timeout=60_000)
        typist = Typist(page)
        saves = [typist.save(PATTERN[nth % len(PATTERN)]) for nth in range(count)]
        clicks = int(page.evaluate("window.clicks"))
        browser.close()
    return saves, clicks, typist.lost


def empty_round(db: Database) -> str:
    """Take the visits of the running round away; return the first household of a group."""
    from geo.store.cells import rebuild_round  # noqa: PLC0415 - only this world is emptied

    with db.write() as connection:
        connection.exec_driver_sql("DELETE FROM visit WHERE round = 'r2'")
        rebuild_round(connection, "r2", db.today())
    group = list_below(db, SCOPE, place_id="d", level="group")[0].id
    with db.read() as connection:
        found = connection.exec_driver_sql("SELECT id FROM household WHERE place = ? ORDER BY code LIMIT 1", (group,))
        return str(found.scalar_one())


def check(db: Database, saves: list[Saved]) -> None:
    """Every save is one visit with the outcome its key says, and a reason where one was asked for."""
    outcomes = {"others": "partial_proxy", "not home": "not_home"}
    with db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT outcome, reason, note FROM visit WHERE round = 'r2' ORDER BY recorded_at"
        ).all()
        raised = connection.exec_driver_sql("SELECT count(*) FROM issue WHERE title = '桥面塌了一块'").scalar_one()
    assert [row[0] for row in rows] == [outcomes.get(one.kind, "effective") for one in saves]
    assert all((row[1] is None) == (row[0] == "effective") for row in rows)
    assert raised == sum(one.kind == "issue" for one in saves)
    assert [row[2] for row in rows] == ["家里平稳" if one.kind == "note" else "" for one in saves]


def report(count: int = HOUSEHOLDS) -> str:
    """Return the table: one row a kind of save, and all together."""
    with built_world(DISTRICT) as world:
        first = empty_round(world.db)
        port = find_free_port()
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1"]
        serving = serve(
            [*command, "--server.port", str(port)], f"http://127.0.0.1:{port}",
            environment={"GEO_DB": str(world.db.path)}, log=Path(world.db.path).with_name("app.log"),
        )  # fmt: skip
        with serving as app:
            saves, clicks, lost = record(app.address, first, min(count, HOMES_A_GROUP - 1))
        check(world.db, saves)
    assert clicks == 0, clicks
    kinds = {kind: [one for one in saves if one.kind == kind] for kind in dict.fromkeys(PATTERN)}
    rows = [_row(kind, some) for kind, some in kinds.items() if some]
    return f"{show_table(HEADS, [*rows, _row('all', saves)])}\n\nKeys that had to be pressed again: {lost}."


def _row(kind: str, saves: list[Saved]) -> tuple[object, ...]:
    seconds = [one.seconds for one in saves]
    keys = statistics.median(one.keys for one in saves)
    return kind, len(saves), f"{keys:g}", f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}"


def main() -> None:
    """Print the table."""
    print(describe_machine())
    print(report(int(sys.argv[1]) if len(sys.argv) > 1 else HOUSEHOLDS))


if __name__ == "__main__":
    main()

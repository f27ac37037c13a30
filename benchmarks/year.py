"""Every board of a district after a year of visits: `python -m benchmarks.year`, or with a file to keep or to use.

The demo of the whole district (157,000 households, more than five visits each), its issues multiplied to 20,000, and
six things looked into at every effective visit of the last two rounds. A page is run whole, from its address to its
last element; what the browser then draws is not in it. Before every first opening somebody records a visit, so that
nothing that was computed of the round holds. Seconds are those of the processor, which one page keeps busy alone: on a
shared machine the clock says how busy the others are.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Cursor

from streamlit.testing.v1 import AppTest

from benchmarks.measure import describe_machine, show_ms, show_table
from geo import codes
from geo.demo import build_demo
from geo.demo.parameters import TODAYS
from geo.model import Scope, VisitEntry, new_id
from geo.store.database import Database
from geo.store.places import root_place
from geo.store.visits import record_visit

ROOT = Path(__file__).parent.parent
ISSUES = 20_000
GOAL_SECONDS = 1.0
TIMES = 3
HEADS = ("board", "first after a visit", "again", "under 1 s")
#: Board → the file of its page and its address; the place is the district.
BOARDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "总览": ("overview.py", {}),
    "地图": ("map.py", {}),
    "缺口 · 按户": ("gaps.py", {}),
    "缺口 · 按组": ("gaps.py", {"by": "group"}),
    "计划": ("plan.py", {}),
    "清零 · 看板": ("clear.py", {}),
    "清零 · 看板，谁去了": ("clear.py", {"who": "1"}),
    "清零 · 台账": ("clear.py", {"tab": "ledger"}),
    "清零 · 研判": ("clear.py", {"tab": "review"}),
    "清零 · 措施": ("clear.py", {"tab": "measures"}),
    "管理 · 轮次": ("admin.py", {}),
}
#: Table → what a copy of a row has instead of its own values.
_COPIED: Mapping[str, Mapping[str, str]] = {
    "issue": {
        "id": "id || ':' || :nth",
        "number": "substr(number, 1, length(number) - 4) || (CAST(substr(number, -4) AS INTEGER) + 1000 * :nth)",
    },
    "issue_household": {"issue": "issue || ':' || :nth"},
    "issue_event": {"issue": "issue || ':' || :nth", "act": "NULL"},
    "measure": {"id": "id || ':' || :nth", "issue": "issue || ':' || :nth"},
}


def build_year(path: Path) -> None:
    """Build the file of a year at a path: half a minute and half a gigabyte."""
    build_demo(path, preset="bijiang_all", today=TODAYS[0])
    db = Database(path)
    with db.write() as connection:
        driver = connection.connection.cursor()
        _multiply_issues(driver)
        _look_into(driver)
    db.close()


def _multiply_issues(driver: Cursor) -> None:
    driver.execute("CREATE TEMP TABLE source AS SELECT id FROM issue ORDER BY id")
    (have,) = driver.execute("SELECT count(*) FROM source").fetchone()
    for nth in range(1, -(-ISSUES // have)):
        values = {"nth": nth, "most": ISSUES - nth * have}
        for table, other in _COPIED.items():
            names = [row[1] for row in driver.execute(f"PRAGMA table_info({table})")]
            told = ", ".join(other.get(name, f'"{name}"') for name in names)
            key = "id" if table == "issue" else "issue"
            chosen = "SELECT id FROM source LIMIT :most"
            driver.execute(f"INSERT INTO {table} SELECT {told} FROM {table} WHERE {key} IN ({chosen})", values)


def _look_into(driver: Cursor) -> None:
    items = " UNION ALL ".join(f"SELECT '{item}' AS item, {n} AS nth" for n, item in enumerate(codes.CHECK_ITEMS))
    driver.execute(
        "INSERT INTO visit_check SELECT v.id, i.item, CASE WHEN (v.nth + i.nth) % 23 = 0 THEN 'problem' ELSE 'ok' END"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM visit"
        " WHERE round IN ('r3', 'r4') AND kind = 'visit' AND outcome = 'effective') v"
        f" CROSS JOIN ({items}) i"
    )


def measure_boards(path: Path) -> list[tuple[str, ...]]:
    """Return one row a board: seconds of its first opening after a write, and of the next, medians."""
    os.environ["GEO_DB"] = str(path)
    db = Database(path)
    homes = _choose_homes(db)
    rows = []
    for board, (page, params) in BOARDS.items():
        first, again = [], []
        # The first pair warms up what a process loads once.
        for _ in range(TIMES + 1):
            record_visit(db, _scope(db), entry=VisitEntry(new_id(), homes.pop(), db.today(), "effective"))
            first.append(_open(page, params))
            again.append(_open(page, params))
        pair = statistics.median(first[1:]), statistics.median(again[1:])
        rows.append((board, *map(show_ms, pair), "yes" if max(pair) < GOAL_SECONDS else "no"))
        print(*rows[-1], sep=" | ", file=sys.stderr)
    db.close()
    return rows


def _open(page: str, params: Mapping[str, str]) -> float:
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=300)
    for name, value in params.items():
        app.query_params[name] = value
    app.switch_page(str(ROOT / "pages" / page))
    start = time.process_time()
    app.run()
    seconds = time.process_time() - start
    assert not [*app.exception, *app.error]
    return seconds


def _scope(db: Database) -> Scope:
    return Scope("bench", "planner", root_place(db).id)


def _choose_homes(db: Database) -> list[str]:
    with db.read() as connection:
        wanted = "SELECT id FROM household ORDER BY id LIMIT 100"
        return [row[0] for row in connection.exec_driver_sql(wanted)]


def report(path: Path | None = None) -> str:
    """Return the table, of the file at a path, which is built where there is none; without a path of one built anew."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kept = path or Path(folder) / "year.sqlite"
        if not kept.exists():
            build_year(kept)
        return show_table(HEADS, measure_boards(kept))


if __name__ == "__main__":
    print(describe_machine(), report(Path(sys.argv[1]) if sys.argv[1:] else None), sep="\n\n")

"""Every board of a district after a year of visits: `python -m benchmarks.year`, or with a file to keep or to use.

The demo of the whole district (157,000 households, more than five visits each), its issues multiplied to 20,000, and
six things looked into at every effective visit of the last two rounds. A page is run whole, from its address to its
last element; what the browser then draws is not in it. Before each look something else happens: a visit is recorded,
an issue moves on, a group is assigned, a team changes, a weight of 口径, a village's list is imported, a day goes by.
Seconds are those of the processor, which one page keeps busy alone: on a shared machine the clock says how busy the
others are.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from sqlite3 import Cursor

from streamlit.testing.v1 import AppTest

from benchmarks.measure import describe_machine, show_ms, show_table
from geo import codes
from geo.demo import build_demo
from geo.demo.parameters import TODAYS
from geo.importer import ImportOptions, import_file
from geo.issues import Act
from geo.model import Scope, VisitEntry, new_id
from geo.store.assignments import assign
from geo.store.database import Database, write_setting
from geo.store.issue_acts import act_on_issue
from geo.store.places import root_place
from geo.store.rounds import current_round
from geo.store.rules import write_rule
from geo.store.teams import MemberEntry, add_member
from geo.store.visits import record_visit
from geo.ui.warming import warm_figures, warm_lists

ROOT = Path(__file__).parent.parent
ISSUES = 20_000
GOAL_SECONDS = 1.0
TIMES = 1
#: What happened before a look: a method of `Acts` → how the table calls it.
CIRCUMSTANCES: Mapping[str, str] = {
    "again": "again", "visit": "visit", "issue": "issue act", "assignment": "assignment", "team": "team",
    "rule": "口径", "file": "import", "day": "new day",
}  # fmt: skip
HEADS = ("board", *CIRCUMSTANCES.values(), "under 1 s")
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
        # Lists are imported into real data only.
        write_setting(connection, "kind", "real")
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
    driver.execute("DELETE FROM visit_check")
    items = " UNION ALL ".join(f"SELECT '{item}' AS item, {n} AS nth" for n, item in enumerate(codes.CHECK_ITEMS))
    driver.execute(
        "INSERT INTO visit_check SELECT v.id, i.item, CASE WHEN (v.nth + i.nth) % 23 = 0 THEN 'problem' ELSE 'ok' END"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM visit"
        " WHERE round IN ('r3', 'r4') AND kind = 'visit' AND outcome = 'effective') v"
        f" CROSS JOIN ({items}) i"
    )


class Acts:
    """What happens in a district between two looks; each act is about other households, groups and villages."""

    def __init__(self, db: Database) -> None:
        """Choose who and what the acts are about."""
        self.db, self.scope = db, Scope("bench", "planner", root_place(db).id)
        round_ = current_round(db, self.scope)
        assert round_ is not None
        self.round = round_
        self.homes = self.select("SELECT id FROM household ORDER BY id LIMIT 200")
        wanted = "SELECT id FROM issue WHERE state IN ('assigned', 'in_progress') AND duplicate_of IS NULL ORDER BY id"
        self.issues = self.select(wanted)
        self.groups = self.select(f"SELECT DISTINCT place FROM round_roster WHERE round = '{round_.id}' ORDER BY place")
        self.villages = self.select("SELECT id FROM place WHERE level = 'village' AND valid_to IS NULL ORDER BY code")
        (self.leader,) = self.select("SELECT person FROM team_member WHERE role = 'county_lead' ORDER BY id LIMIT 1")
        self.number = 0

    def select(self, sql: str) -> list[str]:
        """Return the first column of a selection."""
        with self.db.read() as connection:
            return list(connection.exec_driver_sql(sql).scalars())

    def again(self) -> None:
        """Do nothing."""

    def visit(self) -> None:
        """Record a visit."""
        record_visit(self.db, self.scope, entry=VisitEntry(new_id(), self.homes.pop(), self.db.today(), "effective"))

    def issue(self) -> None:
        """Report progress of an issue."""
        act = Act("progress", self.db.today(), note="benchmark")
        act_on_issue(self.db, self.scope, issue_id=self.issues.pop(), act=act, act_id=new_id())

    def assignment(self) -> None:
        """Give a whole group to somebody."""
        where = {"round_id": self.round.id, "groups": [self.groups.pop()]}
        assign(self.db, self.scope, assignee=self.leader, due_on=self.round.ends_on, **where)

    def team(self) -> None:
        """Let somebody else lead a village from today on."""
        entry = MemberEntry(new_id(), self.villages.pop(), "township_lead", self.db.today(), self.leader)
        add_member(self.db, self.scope, entry=entry)

    def rule(self) -> None:
        """Choose another weight of the priority."""
        self.number += 1
        write_rule(self.db, self.scope, key="tag", value=20 + self.number % 9, source="benchmark", year=2019)

    def file(self) -> None:
        """Import a village's list: 150 households, a fact of each changed, a visit to each."""
        village = self.villages.pop(0)
        told = (
            "SELECT t.name || ',' || v.name || ',' || h.code || ',' || h.head_name || ',' || (coalesce(h.size, 2) + 1)"
            " FROM household h JOIN place v ON v.id = h.village JOIN place t ON t.id = v.parent"
            f" WHERE v.id = '{village}' ORDER BY h.code LIMIT 150"
        )
        day, met = self.db.today(), "见面"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "village.csv"
            rows = [f"{one},{day},{met}" for one in self.select(told)]
            path.write_text("\n".join(["乡镇,村,户编号,户主姓名,人口,走访日期,走访状态", *rows]), encoding="utf-8")
            options = ImportOptions(round=self.round.id, good_rows=True)
            assert import_file(self.db, self.scope, path, options=options).stored

    def day(self) -> None:
        """Let the clock go on by a day, for which the thread of the server has counted ahead."""
        warm_figures()
        with self.db.write(counts=False) as connection:
            write_setting(connection, "today", (self.db.today() + timedelta(days=1)).isoformat())


def measure_boards(path: Path) -> list[tuple[str, ...]]:
    """Return one row a board: seconds of a look after each circumstance, the median of a few."""
    os.environ["GEO_DB"] = str(path)
    db = Database(path)
    acts = Acts(db)
    warm_lists()
    rows = []
    for board, (page, params) in BOARDS.items():
        # The first look loads what a process loads once.
        _open(page, params)
        took = [statistics.median(_look(acts, name, page, params) for _ in range(TIMES)) for name in CIRCUMSTANCES]
        rows.append((board, *map(show_ms, took), "yes" if max(took) < GOAL_SECONDS else "no"))
        print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    db.close()
    return rows


def _look(acts: Acts, name: str, page: str, params: Mapping[str, str]) -> float:
    act: Callable[[], None] = getattr(acts, name)
    act()
    return _open(page, params)


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


def report(path: Path | None = None) -> str:
    """Return the table, of the file at a path, which is built where there is none; without a path of one built anew."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kept = path or Path(folder) / "year.sqlite"
        if not kept.exists():
            build_year(kept)
        return show_table(HEADS, measure_boards(kept))


if __name__ == "__main__":
    print(describe_machine(), report(Path(sys.argv[1]) if sys.argv[1:] else None), sep="\n\n")

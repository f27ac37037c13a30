"""What is kept of lists and boards follows every act: amended for single households, or computed anew; never stale."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from geo.errors import GeoError
from geo.issues import Act, issue_flags
from geo.model import IssueEntry, VisitEntry
from geo.store import gap_homes, issue_status, presence
from geo.store.assignments import add_person, assign
from geo.store.counted import count_leaves, read_leaves
from geo.store.database import Database, read_today, write_setting
from geo.store.exclusions import decide_exclusions
from geo.store.frames import read_frame
from geo.store.households import set_point, set_tags
from geo.store.issue_acts import act_on_issue
from geo.store.issue_status import count_issues_once, read_status
from geo.store.issues import count_issues, raise_issue
from geo.store.measures import MeasureEntry, add_measure
from geo.store.presence import list_present, read_presence
from geo.store.roster_changes import propose_leaving
from geo.store.rounds import find_round
from geo.store.rules import write_rule
from geo.store.since import read_mark, touched_since
from geo.store.teams import MemberEntry, add_member, end_member
from geo.store.visits import record_visit, void_visit
from geo.tiles.live import LiveIndex, keep_index
from tests.test_homes import check_lists
from tests.world import LEADER, PLANNER, TODAY, home


class Acts:
    """Random acts on the small world, each through its service, some from another process."""

    def __init__(self, db: Database, seed: int) -> None:
        self.db, self.luck, self.number = db, Random(seed), 0  # noqa: S311 - repeatable, and no secret
        self.persons = [add_person(db, PLANNER, name=f"测{one}", place_id="v1") for one in ("甲", "乙")]
        for one, role in zip(self.persons, ("county_lead", "township_lead"), strict=True):
            add_member(db, PLANNER, entry=MemberEntry(f"m{one}", "v1", role, date(2019, 1, 1), one))

    def any_home(self) -> str:
        return home(self.luck.randint(1, 60))

    def day(self) -> date:
        return TODAY - timedelta(days=self.luck.randint(0, 50))

    def visit(self, db: Database | None = None) -> None:
        outcome = self.luck.choice(("effective", "effective", "not_home", "away_all", "vacant"))
        checks = (("water", self.luck.choice(("ok", "problem"))), ("income", "ok"))
        entry = VisitEntry(
            f"n{self.number}", self.any_home(), self.day(), outcome, reason="unknown",
            mode=self.luck.choice(("in_person", "in_person", "phone")), checks=checks[: self.luck.randint(0, 2)],
            persons=tuple(self.persons[-self.luck.randint(1, 2) :]), topics=("exit", "医保")[: self.luck.randint(0, 2)],
        )  # fmt: skip
        record_visit(db or self.db, PLANNER, entry=entry)

    def elsewhere(self) -> None:
        other = Database(self.db.path)
        self.visit(other)
        other.close()

    def void(self) -> None:
        ids = self.select("SELECT id FROM visit WHERE kind = 'visit' ORDER BY id")
        void_visit(self.db, PLANNER, visit_id=self.luck.choice(ids), void_id=f"w{self.number}")

    def raised(self) -> None:
        due = self.luck.choice((None, TODAY + timedelta(days=1), TODAY + timedelta(days=4)))
        entry = IssueEntry(f"i-{self.number}", "d", "household", "WATER", "缺水", date(2019, 9, 1), (self.any_home(),))
        raise_issue(self.db, PLANNER, entry=entry)
        if due:
            act = Act("assigned", date(2019, 9, 1), due_on=due)
            act_on_issue(self.db, PLANNER, issue_id=entry.id, act=act, act_id=f"a{self.number}")

    def solved(self) -> None:
        ids = self.select("SELECT id FROM issue ORDER BY id")
        act = Act("resolved", TODAY, close_kind="solved")
        act_on_issue(self.db, PLANNER, issue_id=self.luck.choice(ids), act=act, act_id=f"s{self.number}")

    def tags(self) -> None:
        kinds = self.luck.choice(([], ["dibao"], ["away_all"]))
        set_tags(self.db, PLANNER, household_id=self.any_home(), kinds=kinds)

    def point(self) -> None:
        one = self.any_home()
        (rev,) = self.select(f"SELECT rev FROM household WHERE id = '{one}'")
        set_point(self.db, PLANNER, household_id=one, rev=rev, lon=109.16, lat=27.69)

    def leaving(self) -> None:
        propose_leaving(
            self.db, PLANNER, round_id="2", household_id=self.any_home(), reason="destroyed", evidence="已拆除"
        )

    def decided(self) -> None:
        waiting = "SELECT household || '|' || rev FROM round_roster WHERE excluded_on IS NOT NULL ORDER BY household"
        one, _, rev = self.luck.choice(self.select(waiting)).partition("|")
        decide_exclusions(self.db, PLANNER, round_id="2", revs={one: int(rev)}, decision="approve")

    def given(self) -> None:
        due = self.db.today() + timedelta(days=self.luck.randint(0, 3))
        assign(self.db, PLANNER, round_id="2", assignee=self.persons[0], due_on=due, households=[self.any_home()])

    def given_whole(self) -> None:
        groups = [self.luck.choice(("g03", "g09", "g11", "v5"))]
        assign(self.db, PLANNER, round_id="2", assignee=self.persons[1], due_on=self.db.today(), groups=groups)

    def later(self) -> None:
        with self.db.write(counts=False) as connection:
            day = read_today(connection) + timedelta(days=self.luck.randint(1, 2))
            write_setting(connection, "today", day.isoformat())

    def taken_over(self) -> None:
        entry = MemberEntry(f"m{self.number}", "v1", "county_lead", self.day(), name="测丙")
        self.persons.append(add_member(self.db, PLANNER, entry=entry))

    def ended(self) -> None:
        end_member(self.db, PLANNER, member_id=f"m{self.persons[1]}", rev=1, until=date(2019, 11, 4))

    def ruled(self) -> None:
        write_rule(self.db, PLANNER, key="tag", value=self.number, source="区办", year=2019)

    def measured(self) -> None:
        add_measure(self.db, PLANNER, entry=MeasureEntry(f"q{self.number}", "i1", "修路", TODAY, "乡政府"))

    def select(self, sql: str) -> list[Any]:
        with self.db.read() as connection:
            return list(connection.exec_driver_sql(sql).scalars())

    def begin(self) -> None:
        """Let leaders have come to some homes before anybody looks, and tell everybody of it."""
        for number in (11, 12, 13, 21, 36, 47):
            self.number += 1
            entry = VisitEntry(
                f"n{self.number}", home(number), date(2019, 11, 1 + self.number), "effective",
                persons=(self.persons[self.number % 2],), topics=("exit",), checks=(("water", "ok"),),
            )  # fmt: skip
            record_visit(self.db, PLANNER, entry=entry)

    def one(self, name: str) -> None:
        """Do an act, of which one that is refused changes nothing."""
        self.number += 1
        run: Callable[[], None] = getattr(self, name)
        with suppress(GeoError):
            run()


#: Every act of `Acts`; those that change most stand here more often.
NAMES = (
    "visit", "elsewhere", "void", "raised", "raised", "solved", "tags", "point", "leaving", "decided", "given",
    "given_whole", "taken_over", "ended", "ruled", "measured",
)  # fmt: skip


def count_plainly(db: Database, homes: set[str]) -> dict[str, int]:
    """Count who came, what was told and asked of some homes in round 2, one visit after another."""
    rows = sqlite3.connect(db.path)
    round_id, start, end = rows.execute("SELECT id, starts_on, ends_on FROM round WHERE number = 2").fetchone()
    voided = {row[0] for row in rows.execute("SELECT void_of FROM visit WHERE kind = 'void'")}
    told: dict[str, set[str]] = {}
    visits = rows.execute(
        "SELECT id, household, visited_on, mode, outcome FROM visit WHERE kind = 'visit' AND round = ?", (round_id,)
    )
    for one, where, on, mode, outcome in visits.fetchall():
        if one in voided or where not in homes or not start <= on <= min(end, str(db.today())):
            continue
        keys = {f"topic:{row[0]}" for row in rows.execute("SELECT topic FROM visit_topic WHERE visit = ?", (one,))}
        for item, result in rows.execute("SELECT item, result FROM visit_check WHERE visit = ?", (one,)):
            keys |= {f"check:{item}"} | ({f"problem:{item}"} if result == "problem" else set())
        came = rows.execute(
            "SELECT role, since, until FROM visit_person v JOIN team_member m ON m.person = v.person WHERE visit = ?",
            (one,),
        )
        for role, since, until in came.fetchall():
            if (
                mode == "in_person"
                and outcome == "effective"
                and role.endswith("_lead")
                and since <= on <= (until or on)
            ):
                keys |= {f"lead:{role}", "lead:any"}
        for key in keys:
            told.setdefault(key, set()).add(where)
    rows.close()
    return {key: len(where) for key, where in told.items()}


def check_the_rest(db: Database) -> None:
    """Compare what is kept of counts, issues and the map with the same computed anew."""
    day = db.today()
    with db.read() as connection:
        round_ = find_round(connection, "2")
        for at in (day, day + timedelta(days=1)):
            assert count_leaves(db, round_, at)[1] == read_leaves(connection, round_, at)
        anew = read_frame(connection, issue_flags(day)).sort_values("issue", ignore_index=True)
        assert count_issues_once(db, day) == count_issues(connection, day)
    assert_frame_equal(read_status(db, day).sort_values("issue", ignore_index=True), anew, check_dtype=False)
    kept = keep_index(db, PLANNER, round_id="2", as_of=day).now()
    whole = LiveIndex(db, PLANNER, round_id="2", as_of=day).now()
    assert kept.version == whole.version
    for one, other in ((kept, whole), (kept.aside, whole.aside)):
        ids = np.argsort(one.tile_id), np.argsort(other.tile_id)
        assert one.tile_id[ids[0]].tolist() == other.tile_id[ids[1]].tolist()
        assert one.code[ids[0]].tolist() == other.code[ids[1]].tolist()


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_follows_every_act(world, seed):
    """After any acts of anybody, and days that go by, lists, counts, issues and map equal the same computed anew.

    Who came equals a count by other code. Nothing of it was computed whole after the first look.
    """
    acts = Acts(world, seed)
    acts.begin()
    where = {"round_id": "2", "place_id": "d"}
    names = acts.luck.sample(NAMES, len(NAMES))
    computed: tuple[int, ...] = ()
    for nth in range(0, len(names), 2):
        done = names[nth : nth + 2]
        for name in (*done, *["later"] * bool(nth)):
            acts.one(name)
        check_the_rest(world)
        whole = check_lists(world, PLANNER, as_of=world.today(), **where)
        found = read_presence(world, PLANNER, **where)
        expected = count_plainly(world, set(whole["household"]))
        said = {f"lead:{role}": count for role, count in found.leads.items() if count}
        said |= {f"topic:{word}": count for word, count in found.topics.items()}
        said |= {f"check:{item}": asked for item, (asked, _) in found.checks.items()}
        said |= {f"problem:{item}": wrong for item, (_, wrong) in found.checks.items() if wrong}
        assert (found.roster, said) == (len(whole), expected), done
        now = tuple(one.computed for one in (gap_homes._followed, presence._followed, issue_status._followed))
        assert computed in ((), now), done
        computed = now
    for what, count in expected.items():
        assert len(list_present(world, LEADER, what=what, **where)) == count


def test_what_the_log_tells(world):
    """Acts name the households they are about; a write without a line and a file that went back do not."""

    def since(act: Callable[[], object]) -> frozenset[str] | None:
        with world.read() as connection:
            mark = read_mark(connection)
        act()
        with world.read() as connection:
            told = touched_since(connection, mark)
            return None if told is None else told.homes

    entry = VisitEntry("n1", "h11", TODAY, "effective")
    assert since(lambda: record_visit(world, PLANNER, entry=entry)) == {"h11"}
    assert since(lambda: record_visit(world, PLANNER, entry=entry)) == frozenset()
    assert since(lambda: void_visit(world, PLANNER, visit_id="n1", void_id="w1")) == {"h11"}
    raised = IssueEntry("n2", "g01", "group", "INF_R", "路", TODAY, ("h01", "h02"))
    assert since(lambda: raise_issue(world, PLANNER, entry=raised)) == {"h01", "h02"}
    person = add_person(world, PLANNER, name="测", place_id="v1")
    told = since(lambda: assign(world, PLANNER, round_id="2", assignee=person, due_on=TODAY, households=["h11"]))
    assert told is not None
    assert "h11" in told

    def write_beside() -> None:
        with world.write() as connection:
            connection.exec_driver_sql("UPDATE household SET size = 9 WHERE id = 'h01'")

    assert since(write_beside) is None

    def go_back() -> None:
        other = sqlite3.connect(world.path)
        other.executescript("DROP TRIGGER audit_log_kept; DELETE FROM audit_log WHERE seq > 3;")
        other.close()

    assert since(go_back) is None

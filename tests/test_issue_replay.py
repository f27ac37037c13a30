"""和平乡's published figures, by doing again what the demo's rows tell: visit by visit, act by act, through the services."""

from __future__ import annotations

import json
import operator
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geo.cli import main
from geo.demo import build_demo
from geo.issues import Act
from geo.model import IssueEntry, Scope, VisitEntry
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.exclusions import decide_exclusions
from geo.store.issue_acts import insert_act, list_unlike_their_events
from geo.store.issues import insert_issue
from geo.store.measures import MeasureEntry, change_measure, insert_measure
from geo.store.places import root_place
from geo.store.reads import read_children
from geo.store.rounds import list_rounds
from geo.store.visits import insert_visit, insert_void

END = date(2019, 12, 31)
LEVELS = ("village", "township", "district")


def read(path: Path, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a statement, days as days."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute(sql)]
    connection.close()
    return [{name: _day(name, value) for name, value in row.items()} for row in rows]


def _day(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if value and (name == "on" or name.endswith("_on")) else value


#: Table → the order in which its rows happened.
HAPPENED = {
    "visit": "recorded_at, kind DESC, id", "visit_person": "visit, person", "visit_topic": "visit, topic",
    "issue": "raised_on, id", "issue_event": "issue, seq", "issue_household": "issue", "measure": "drawn_on, id",
    "round_roster": "round, household",
}  # fmt: skip
#: Children first, as foreign keys want it.
EMPTIED = ("measure", "issue_event", "issue_household", "issue", "visit_person", "visit_topic", "visit")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rows, dict[tuple[str, str], dict[str, int]]]:
    """Build 和平乡 at the end of its year and take out what happened; return the file, the rows, and what they came to."""
    path = Path(tmp_path_factory.mktemp("replay")) / "d.sqlite"
    build_demo(path, preset="heping", today=END)
    rows = {table: read(path, f"SELECT * FROM {table} ORDER BY {order}") for table, order in HAPPENED.items()}
    db = Database(path)
    counts = count_villages(db)
    db.close()
    connection = sqlite3.connect(path)
    for table in EMPTIED:
        connection.execute(f"DELETE FROM {table}")
    for column in ("excluded_on", "excluded_reason", "approved_on", "approved_by"):
        connection.execute(f"UPDATE round_roster SET {column} = NULL")
    connection.execute("DELETE FROM coverage_day")
    connection.commit()
    connection.close()
    return path, rows, counts


def count_villages(db: Database) -> dict[tuple[str, str], dict[str, int]]:
    """Return the counts of every village in every round."""
    scope = Scope("planner", "planner", root_place(db).id)
    return {
        (one.id, found.place.id): dict(found.counts.values)
        for one in list_rounds(db, scope)
        for found in read_children(db, scope, round_id=one.id, place_id=scope.area, level="village")
    }


@pytest.fixture(scope="module")
def replayed(told) -> Database:
    """Do every visit, correction, approval, issue, act and measure again through the services; return the database."""
    path, rows, _counts = told
    db = Database(path)
    scope = Scope("recorder", "planner", root_place(db).id)
    replay_visits(db, scope, rows)
    replay_issues(db, scope, rows)
    return db


def replay_visits(db: Database, scope: Scope, rows: Rows) -> None:
    """Record the visits one by one, in the order in which they were recorded; what they propose is approved."""
    came, topics = (group_rows(rows[table], "visit") for table in ("visit_person", "visit_topic"))
    with db.write() as connection:
        for one in rows["visit"]:
            if one["kind"] == "void":
                insert_void(connection, scope, visit_id=one["void_of"], void_id=one["id"])
                continue
            facts = ("mode", "reason", "respondent", "revisit_on", "entry_kind")
            entry = VisitEntry(
                one["id"], one["household"], one["visited_on"], one["outcome"],
                **{name: one[name] for name in facts}, persons=tuple(row["person"] for row in came.get(one["id"], ())),
                topics=tuple(row["topic"] for row in topics.get(one["id"], ())),
            )  # fmt: skip
            insert_visit(connection, scope, entry=entry)
    for one in rows["round_roster"]:
        if one["approved_on"]:
            where = "WHERE round = ? AND household = ?"
            with db.read() as connection:
                wanted = f"SELECT rev FROM round_roster {where}"
                rev = connection.exec_driver_sql(wanted, (one["round"], one["household"])).scalar()
            decide_exclusions(db, scope, round_id=one["round"], revs={one["household"]: rev}, decision="approve")


def replay_issues(db: Database, scope: Scope, rows: Rows) -> None:
    """Raise every issue, do every act and measure of its history."""
    homes = {one["issue"]: one["household"] for one in rows["issue_household"]}
    events, measures = (group_rows(rows[table], "issue") for table in ("issue_event", "measure"))
    for row in rows["issue"]:
        with db.write() as connection:
            first, *later = events[row["id"]]
            insert_issue(connection, scope, entry=_entry(row, first, homes.get(row["id"])))
            for one in later:
                act = _act(one)
                insert_act(connection, scope, issue_id=row["id"], act=act, act_id=f"{row['id']}-{one['seq']}")
            for one in measures.get(row["id"], ()):
                entry = MeasureEntry(one["id"], row["id"], one["text"], one["drawn_on"], "", one["responsible"])
                insert_measure(connection, scope, entry=entry)
                change_measure(connection, scope, measure_id=one["id"], rev=1, done_on=one["done_on"])


def group_rows(rows: list[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows by what a column of them says, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in rows:
        found.setdefault(one[key], []).append(one)
    return found


def _entry(row: dict[str, Any], first: dict[str, Any], home: str | None) -> IssueEntry:
    return IssueEntry(
        row["id"], row["place"], row["scope"], row["category"], row["title"], first["on"], (home,) if home else (),
        detail=row["detail"], route="time_limited", due_on=first["due_on"], responsible=first["responsible"] or "",
        raised_by_visit=row["raised_by_visit"],
    )  # fmt: skip


def _act(one: dict[str, Any]) -> Act:
    """Return the act that an event tells of; what needs a reason and an approver gets one, which the demo leaves out."""
    return Act(
        one["kind"], one["on"], note="按会议意见", level=one["to_level"] if one["kind"] == "escalated" else "",
        due_on=one["due_on"], responsible=one["responsible"], close_kind=one["close_kind"], approved_by="分管领导",
        verified_by=one["verified_by"], satisfaction=one["satisfaction"],
    )  # fmt: skip


def ask(db: Database, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Return what the command line answers."""
    assert main([*words, "--db", str(db.path), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_history_is_the_same(replayed, told):
    """Every event comes out as the demo has it, and every issue is what its events add up to."""
    path, rows, _counts = told
    names = ("issue", "seq", "on", "kind", "from_level", "to_level", "from_state", "to_state", "due_on", "verified_by")
    again = read(path, "SELECT * FROM issue_event ORDER BY issue, seq")
    assert [[one[name] for name in names] for one in again] == [
        [one[name] for name in names] for one in rows["issue_event"]
    ]
    assert list_unlike_their_events(replayed, Scope("admin", "admin", root_place(replayed).id)) == []


def test_the_rounds_are_the_same(replayed, told):
    """Every visit is in its round again, what was proposed to leave left, and each village counts in each round as before."""
    path, rows, counts = told
    key = operator.itemgetter("id", "kind", "round", "household", "visited_on", "mode", "outcome", "void_of")
    again = {one["id"]: one for one in read(path, "SELECT * FROM visit")}
    assert len(again) > 20_000
    assert sorted(map(key, again.values()), key=str) == sorted(map(key, rows["visit"]), key=str)
    # A void row of the service says what it voids, not why nobody was met then.
    visits = [one for one in rows["visit"] if one["kind"] == "visit"]
    assert [again[one["id"]]["reason"] for one in visits] == [one["reason"] for one in visits]
    left = "SELECT round, household, excluded_on, excluded_reason FROM round_roster WHERE approved_on IS NOT NULL"
    before = [one for one in rows["round_roster"] if one["approved_on"]]
    gone = {tuple(one.values()) for one in read(path, left)}
    assert gone == {(one["round"], one["household"], one["excluded_on"], one["excluded_reason"]) for one in before}
    assert len(gone) > 50
    assert count_villages(replayed) == counts
    assert len({number for number, _ in counts}) == 4
    assert check_database(replayed, Scope("admin", "admin", root_place(replayed).id)) == []


def test_the_published_funnel(replayed, capsys):
    """进入 215/104/25, 止于 111/79/25, more than 700 measures, everything closed."""
    found = ask(replayed, capsys, "issues", "--funnel", "--as-of", "2019-12-31")
    assert found["as_of"] == "2019-12-31"
    assert [(one["level"], one["reached"], one["stopped"]) for one in found["households"]] == [
        ("village", 215, 111), ("township", 104, 79), ("district", 25, 25),
    ]  # fmt: skip
    assert found["measures"] > 700
    assert (found["open"], found["closed"]) == (0, found["valid"])
    reached = [one["reached"] for one in found["issues"]]
    assert reached[0] == found["valid"] == sum(one["stopped"] for one in found["issues"])
    assert reached == sorted(reached, reverse=True)


def test_every_village_is_cleared(replayed):
    """In the last round every village of 和平乡 is complete and has nothing open."""
    scope = Scope("planner", "planner", root_place(replayed).id)
    last = list_rounds(replayed, scope)[-1]
    villages = read_children(replayed, scope, round_id=last.id, place_id=scope.area, level="village")
    held = [one for one in villages if one.counts.roster]
    assert len(held) > 5
    assert all(one.cleared for one in held)


def test_the_disjoint_reading(world, capsys):
    """86 households settled in the village, 104 in the township, 25 in the district: 进入 215/129/25, 止于 86/104/25."""
    scope = Scope("planner", "planner", "d")
    ups = [0] * 86 + [1] * 104 + [2] * 25
    with world.write() as connection:
        connection.exec_driver_sql("DELETE FROM issue_event")
        connection.exec_driver_sql("DELETE FROM issue_household")
        connection.exec_driver_sql("UPDATE issue SET duplicate_of = NULL")
        connection.exec_driver_sql("DELETE FROM issue")
        for nth, up in enumerate(ups):
            home = f"d{nth:03d}"
            connection.exec_driver_sql(
                "INSERT INTO household (id, tile_id, code, village, place, created_at, created_by) "
                "VALUES (?, ?, ?, 'v1', 'g01', '', '')",
                (home, 1000 + nth, home),
            )
            entry = IssueEntry(home, "g01", "household", "WATER", "缺水", date(2019, 11, 1), (home,))
            insert_issue(connection, scope, entry=entry)
            for step in range(up):
                act = Act("escalated", date(2019, 11, 2))
                insert_act(connection, scope, issue_id=home, act=act, act_id=f"{home}-{step}")
    found = ask(world, capsys, "issues", "--funnel", "--as-of", "2019-11-20")
    assert [(one["level"], one["reached"], one["stopped"]) for one in found["households"]] == [
        (level, *counts) for level, counts in zip(LEVELS, ((215, 86), (129, 104), (25, 25)), strict=True)
    ]

"""Every number of the 清零 board opens exactly the rows it counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from geo import codes
from geo.demo import build_demo
from geo.errors import Invalid
from geo.issues import Act
from geo.issues.picks import PICKS, pick_issues
from geo.model import Scope, VisitEntry
from geo.schema import place_path
from geo.store.clearance import list_funnel_homes, read_clearance
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue
from geo.store.issue_status import count_issues_once
from geo.store.issues import count_issues
from geo.store.ledger import read_ledger
from geo.store.measures import MeasureEntry, add_measure, finish_measure, read_measures
from geo.store.places import root_place
from geo.store.reads import read_children
from geo.store.rounds import list_rounds
from geo.store.visits import record_visit
from tests.world import LEADER, PLANNER, TODAY

DAYS = (date(2019, 11, 20), date(2019, 8, 1), date(2019, 1, 1))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, Scope]:
    """Return 和平乡's demo world and a planner of it."""
    path = Path(tmp_path_factory.mktemp("picks")) / "d.sqlite"
    build_demo(path, preset="heping", today=DAYS[0])
    db = Database(path)
    return db, Scope("planner", "planner", root_place(db).id)


def check_place(db: Database, scope: Scope, place_id: str, day: date) -> None:
    """Assert that each count, each step of the funnel and the measures of a place have as many rows."""
    found = read_clearance(db, scope, place_id=place_id, as_of=day)
    rows = read_ledger(db, scope, place_id=place_id, as_of=day)
    for name in PICKS.keys() & found.counts.keys():
        assert len(pick_issues(rows, name, day)) == found.counts[name], name
    for rank, level in enumerate(codes.ISSUE_LEVELS):
        assert len(pick_issues(rows, f"reached_{level}", day)) == found.issues.reached[rank]
        assert len(pick_issues(rows, f"stopped_{level}", day)) == found.issues.stopped[rank]
        where = {"place_id": place_id, "as_of": day}
        assert len(list_funnel_homes(db, scope, pick=f"homes_{level}", **where)) == found.households.reached[rank]
        homes = list_funnel_homes(db, scope, pick=f"homes_at_{level}", **where)
        assert len(homes) == found.households.stopped[rank]
        assert set(homes["level"]) <= {level}
    assert len(pick_issues(rows, "checked", day)) == found.spans.count
    assert sum(found.open_issues.stopped) == found.counts["open"]
    measures = read_measures(db, scope, place_id=place_id, as_of=day)
    assert (len(measures), int(measures["done_on"].notna().sum())) == (found.measures, found.measures_done)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_numbers_open_their_rows(demo, day):
    """In 和平乡 on three days, for district, township, village, group: as many rows as each number says.

    The numbers of a unit in the table of the unit above it are those of its own board.
    """
    db, scope = demo
    last = list_rounds(db, scope)[-1].id
    with db.read() as connection:
        group = connection.exec_driver_sql("SELECT p.id FROM issue i JOIN place p ON p.id = i.place").scalar()
        above = select(place_path.c.ancestor).where(place_path.c.place == group).order_by(place_path.c.depth)
        places = list(connection.execute(above).scalars())
    assert len(places) == 4
    for unit, over in zip(places, [*places[1:], scope.area], strict=True):
        check_place(db, scope, unit, day)
        if unit != over:
            below = read_children(db, scope, round_id=last, place_id=over, as_of=day)
            (row,) = [one for one in below if one.place.id == unit]
            assert row.issues == read_clearance(db, scope, place_id=unit, as_of=day).counts


def test_numbers_of_the_small_world(world):
    """The same in the world checked by hand; there one household has two issues and is one household of the funnel."""
    found = read_clearance(world, PLANNER, place_id="d")
    assert {name: found.counts[name] for name in ("valid", "closed", "open", "overdue", "undated", "in_time")} == {
        "valid": 6, "closed": 1, "open": 5, "overdue": 2, "undated": 1, "in_time": 2,
    }  # fmt: skip
    assert (found.households.reached, found.issues.reached) == ((4, 1, 0), (6, 1, 0))
    for place_id in ("d", "t1", "t2", "v1", "v2", "g01"):
        check_place(world, PLANNER, place_id, TODAY)
    twice = list_funnel_homes(world, LEADER, place_id="d", pick="homes_village")
    assert (len(twice), twice["issues"].max(), set(twice["head_name"])) == (4, 2, {"测*"})
    with pytest.raises(Invalid):
        list_funnel_homes(world, PLANNER, place_id="d", pick="overdue")
    rows = read_ledger(world, PLANNER, place_id="d")
    for name in PICKS.keys() & found.counts.keys():
        assert len(pick_issues(rows, name, date(2019, 11, 20))) == found.counts[name], name
    assert set(read_ledger(world, LEADER, place_id="d")["detail"]) == {""}


@pytest.mark.parametrize("day", DAYS)
def test_what_is_remembered_is_what_would_be_counted(demo: tuple[Database, Scope], day: date) -> None:
    """The counts of every place that all boards share are those of the expression, summed by the database itself."""
    db, _ = demo
    with db.read() as connection:
        assert count_issues_once(db, day) == count_issues(connection, day)


def test_a_visit_leaves_what_is_remembered_and_an_act_does_not(world: Database) -> None:
    """Figures of issues are the same object after a visit, and the new ones after an act, a measure and a new issue."""

    def count() -> dict[str, dict[str, int]]:
        return count_issues_once(world, TODAY)

    first = count()
    record_visit(world, PLANNER, entry=VisitEntry("v-new", "h01", TODAY, "effective"))
    assert count() is first
    act_on_issue(world, PLANNER, issue_id="i1", act=Act("resolved", TODAY, close_kind="solved"), act_id="a1")
    assert count()["d"]["unverified"] == first["d"]["unverified"] + 1
    add_measure(world, PLANNER, entry=MeasureEntry("m-new", "i1", "x", TODAY))
    found = read_clearance(world, PLANNER, place_id="d")
    finish_measure(world, PLANNER, measure_id="m-new", rev=1, done_on=TODAY)
    assert read_clearance(world, PLANNER, place_id="d").measures_done == found.measures_done + 1

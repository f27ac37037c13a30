"""Every number of the 清零 board opens exactly the rows it counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo import codes
from geo.demo import build_demo
from geo.issues.picks import PICKS, pick_issues
from geo.model import Scope
from geo.store.clearance import read_clearance
from geo.store.database import Database
from geo.store.ledger import read_ledger
from geo.store.measures import read_measures
from geo.store.places import root_place
from tests.world import LEADER, PLANNER

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
        homes = pick_issues(rows, f"homes_{level}", day)
        # In this world a household has one issue of its own at most.
        assert len(homes) == found.households.reached[rank]
    assert sum(found.open_issues.stopped) == found.counts["open"]
    measures = read_measures(db, scope, place_id=place_id, as_of=day)
    assert (len(measures), int(measures["done_on"].notna().sum())) == (found.measures, found.measures_done)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_numbers_open_their_rows(demo, day):
    """In 和平乡 on three days, for the district, and for a village: as many rows as the number says, for every number."""
    db, scope = demo
    with db.read() as connection:
        village = connection.exec_driver_sql("SELECT p.parent FROM issue i JOIN place p ON p.id = i.place").scalar()
    for place_id in (scope.area, village):
        check_place(db, scope, place_id, day)


def test_numbers_of_the_small_world(world):
    """The same in the world checked by hand; there one household has two issues and is one household of the funnel."""
    found = read_clearance(world, PLANNER, place_id="d")
    assert {name: found.counts[name] for name in ("valid", "closed", "open", "overdue", "undated", "in_time")} == {
        "valid": 6, "closed": 1, "open": 5, "overdue": 2, "undated": 1, "in_time": 2,
    }  # fmt: skip
    assert (found.households.reached, found.issues.reached) == ((4, 1, 0), (6, 1, 0))
    rows = read_ledger(world, PLANNER, place_id="d")
    for name in PICKS.keys() & found.counts.keys():
        assert len(pick_issues(rows, name, date(2019, 11, 20))) == found.counts[name], name
    assert set(read_ledger(world, LEADER, place_id="d")["detail"]) == {""}

"""Tables of homes: the quick way to the lists of 缺口 gives the rows of the whole table, on random and known worlds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from geo.gaps import group_gaps, list_todos, rank_gaps, rank_places
from geo.model import Scope, VisitEntry
from geo.schema import coverage_cell, coverage_day, household, household_tag, round_, round_roster, visit
from geo.store import homes as homes_module
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.gap_homes import read_gap_homes, read_todo_homes
from geo.store.homes import read_homes
from geo.store.reads import read_figures
from geo.store.visits import record_visit, void_visit
from tests.random_worlds import World, day, expected, insert_world, make_places, worlds
from tests.world import LEADER, PLANNER, TODAY

FEW = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SCOPE = Scope("tester", "planner", "d")


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the units of the random worlds and nothing else."""
    path = tmp_path_factory.mktemp("homes") / "units.sqlite"
    db = create_database(path, kind="demo", edition="", today=day(65))
    make_places(db)
    yield db
    db.close()


def lists_of(db: Database, scope: Scope, **where) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read the three lists by the quick way, and check what it counts without reading."""
    as_of = where["as_of"]
    found = read_gap_homes(db, scope, **where)
    gaps = rank_gaps(found.waiting, as_of)
    todos = list_todos(read_todo_homes(db, scope, **where))
    assert found.todos == len(todos)
    return gaps, rank_places(found.places, gaps), todos


def check_lists(db: Database, scope: Scope, **where) -> pd.DataFrame:
    """Compare the quick way with the whole table; return the whole table."""
    whole = read_homes(db, scope, **where)
    gaps, groups, todos = lists_of(db, scope, **where)
    expected_gaps = rank_gaps(whole, where["as_of"])
    assert_frame_equal(gaps, expected_gaps, check_dtype=False)
    expected_groups = group_gaps(whole, expected_gaps)
    assert_frame_equal(groups[list(expected_groups.columns)], expected_groups, check_dtype=False)
    assert_frame_equal(todos, list_todos(whole), check_dtype=False)
    return whole


def missed_in_plain_words(world: World, home: int, as_of: date) -> int:
    """连漏: rounds of the programme that ended before the day, newest first, until one that the home was complete in."""
    missed = 0
    for round_id in ("r2", "r1"):
        last = world.round(round_id).ends_on
        alone = World(world.homes, [one for one in world.rows if one.home == home], world.visits, world.phone_counts)
        counts = expected(alone, round_id, last).get(world.homes[home].leaf, {})
        if last >= as_of or not counts.get("roster"):
            continue
        if counts["complete"]:
            break
        missed += 1
    return missed


@FEW
@given(world=worlds(), round_id=st.sampled_from(("r1", "r2", "x1")), offset=st.integers(-3, 65))
def test_the_quick_lists_are_the_whole_table(units, world, round_id, offset):
    """Gaps, groups and 已走访待办 read apart equal those of all homes; lengths and 连漏 equal the formulas."""
    with units.write() as connection:
        for table in (visit, round_roster, household_tag, coverage_cell, coverage_day, round_, household):
            connection.execute(table.delete())
        insert_world(connection, world)
    compare_with_formulas(units, world, round_id, offset)


def compare_with_formulas(db: Database, world: World, round_id: str, offset: int) -> None:
    whole = check_lists(db, SCOPE, round_id=round_id, place_id="d", as_of=day(offset))
    counts = expected(world, round_id, day(offset)).values()
    assert len(whole) == sum(cell["roster"] for cell in counts)
    assert int(whole["effective"].sum()) == sum(cell["effective"] for cell in counts)
    if round_id != "x1":
        missed = {row.household: row.missed_rounds for row in whole.itertuples()}
        assert missed == {one: missed_in_plain_words(world, int(one[1:]), day(offset)) for one in missed}


@pytest.mark.parametrize("scope", [PLANNER, LEADER], ids=["planner", "leader"])
@pytest.mark.parametrize("place", ["d", "t2", "v1", "g02", "v5"])
@pytest.mark.parametrize("as_of", [TODAY, date(2019, 10, 23)])
def test_the_quick_lists_of_the_known_world(world, scope, place, as_of):
    """With assignments, tags and issues too, at every level, on another day, and masked for leaders."""
    whole = check_lists(world, scope, round_id="2", place_id=place, as_of=as_of)
    assert len(whole) == read_figures(world, scope, round_id="2", place_id=place, as_of=as_of).counts.roster
    if scope is LEADER:
        assert set(whole["head_name"]) == {"测*"}


def test_who_answers_for_whole_groups(world):
    """On the list by group stands the assignee of the group as a whole; a home says whether it is its group's or own."""
    _gaps, groups, _todos = lists_of(world, PLANNER, round_id="2", place_id="d", as_of=TODAY)
    said = {row.place: (row.assignee, row.due_on) for row in groups.itertuples()}
    assert said["g10"] == ("王测组", date(2019, 11, 15))
    assert pd.isna(said["g09"][0])
    homes = read_homes(world, PLANNER, round_id="2", place_id="d").set_index("household")
    assert homes.loc[["h44", "h45", "h40", "h01"], "by_group"].tolist() == [0, 1, 0, 0]


def test_what_is_remembered_of_ended_rounds_follows_them(world, monkeypatch):
    """连漏 is remembered of many homes, but a visit voided or added in an ended round shows at once."""
    monkeypatch.setattr(homes_module, "_MANY", 0)
    where = {"round_id": "2", "place_id": "d", "as_of": TODAY}

    def missed(home: str) -> int:
        found = read_gap_homes(world, PLANNER, **where).waiting.set_index("household")["missed_rounds"]
        return int(found[home])

    assert (missed("h11"), missed("h40")) == (0, 1)
    void_visit(world, PLANNER, visit_id="v11-2019-05-10-in_person", void_id="w11")
    assert (missed("h11"), missed("h40")) == (1, 1)
    record_visit(world, PLANNER, entry=VisitEntry("again", "h40", date(2019, 5, 20), "effective"))
    assert (missed("h11"), missed("h40")) == (1, 0)
    check_lists(world, PLANNER, **where)


def test_figures_of_a_past_day_follow_what_they_rest_on(world):
    """Figures of another day are remembered, but a visit, a tag or a point that changes them shows at once."""

    def past() -> tuple[int, int]:
        counts = read_figures(world, PLANNER, round_id="1", place_id="d", as_of=date(2019, 5, 31)).counts
        return counts.effective, counts.attempted

    assert past() == past() == (30, 43)
    record_visit(world, PLANNER, entry=VisitEntry("p1", "h50", date(2019, 5, 20), "effective"))
    assert past() == (31, 44)
    record_visit(world, PLANNER, entry=VisitEntry("p2", "h50", date(2019, 11, 2), "effective"))
    assert past() == (31, 44)
    void_visit(world, PLANNER, visit_id="p1", void_id="p1w")
    assert past() == (30, 43)

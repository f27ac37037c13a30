"""Coverage figures on random worlds: equal to a second computation, additive, bounded, true after every save."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from geo.coverage import homes_at, homes_under, household_status, roll_up
from geo.errors import Invalid
from geo.model import Scope, VisitEntry
from geo.schema import CELL_COUNTS, coverage_cell, household, visit
from geo.store.cells import differing_cells, rebuild_round
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.visits import insert_visit, insert_void
from tests.random_worlds import (
    LEAVES,
    World,
    day,
    expected,
    insert_homes,
    insert_rows,
    insert_visits,
    insert_world,
    make_places,
    passing,
    worlds,
)

FEW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SCOPE = Scope("tester", "planner", "d")
TODAY = day(65)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Database:
    made = create_database(Path(tmp_path_factory.mktemp("random")) / "r.sqlite", kind="demo", edition="", today=TODAY)
    make_places(made)
    return made


def leaf_counts(connection, world: World, round_id: str, as_of: date, **narrow) -> dict[str, dict[str, int]]:
    rows = connection.execute(roll_up(world.round(round_id), as_of, **narrow)).mappings()
    return {row["place"]: {name: row[name] for name in CELL_COUNTS} for row in rows}


@FEW
@given(world=worlds(), round_id=st.sampled_from(("r1", "r2", "x1")), offset=st.integers(-3, 75))
def test_roll_up_equals_the_formulas(db, world, round_id, offset):
    """Every count of every leaf equals the formulas read household by household, on any day, round and programme."""
    with passing(db) as connection:
        insert_world(connection, world)
        assert leaf_counts(connection, world, round_id, day(offset)) == expected(world, round_id, day(offset))


@FEW
@given(world=worlds(), offset=st.integers(-3, 75))
def test_counts_are_nested_and_add_up(db, world, offset):
    """Counts stay nested: effective ≤ contact ≤ attempt ≤ D; states sum to D; a leaf asked alone gives its row."""
    with passing(db) as connection:
        insert_world(connection, world)
        one = world.round("r2")
        leaves = leaf_counts(connection, world, "r2", day(offset))
        for leaf, cell in leaves.items():
            assert 0 <= cell["effective"] <= cell["contacted"] <= cell["attempted"] <= cell["roster"]
            assert cell["effective"] <= cell["complete"] <= cell["phone"] <= cell["roster"]
            states = ("overdue", "unvisited", "missed", "refused", "partial", "effective")
            assert sum(cell[state] for state in states) == cell["roster"]
            assert cell["rows"] == cell["roster"] + cell["left"]
            assert leaf_counts(connection, world, "r2", day(offset), homes=homes_at(one, leaf)) == {leaf: cell}
        for village in ("a", "b", "c"):
            inside = leaf_counts(connection, world, "r2", day(offset), homes=homes_under(one, village))
            assert inside == {leaf: cell for leaf, cell in leaves.items() if LEAVES[leaf] == village}


@FEW
@given(world=worlds(), offset=st.integers(-3, 75))
def test_denominator_never_depends_on_coordinates(db, world, offset):
    """Taking every point away changes the located count alone."""
    with passing(db) as connection:
        insert_world(connection, world)
        before = leaf_counts(connection, world, "r2", day(offset))
        connection.execute(household.update().values(lon=None, lat=None))
        after = leaf_counts(connection, world, "r2", day(offset))
    assert after == {leaf: {**cell, "located": 0} for leaf, cell in before.items()}


@FEW
@given(world=worlds())
def test_voided_visits_leave_no_trace(db, world):
    """A world whose visits are all voided has the figures of the world without visits."""
    voided = World(world.homes, world.rows, [_voided(one) for one in world.visits], world.phone_counts)
    nothing = World(world.homes, world.rows, [], world.phone_counts)
    with passing(db) as connection:
        insert_world(connection, voided)
        assert leaf_counts(connection, world, "r2", TODAY) == expected(nothing, "r2", TODAY)


def _voided(one):
    return type(one)(one.home, one.round, one.on, one.mode, one.outcome, void=True)


@FEW
@given(world=worlds())
def test_second_visit_changes_no_coverage(db, world):
    """The same visits once more on the same days change no count of coverage."""
    kept = [one for one in world.visits if not one.void]
    once = World(world.homes, world.rows, kept, world.phone_counts)
    twice = World(world.homes, world.rows, kept + kept, world.phone_counts)
    with passing(db) as connection:
        insert_world(connection, once)
        before = leaf_counts(connection, once, "r2", TODAY)
    with passing(db) as connection:
        insert_world(connection, twice)
        after = leaf_counts(connection, twice, "r2", TODAY)
    for leaf, cell in before.items():
        for name in ("roster", "attempted", "contacted", "effective", "phone", "complete"):
            assert after[leaf][name] == cell[name]


@FEW
@given(world=worlds(), data=st.data())
def test_cells_are_true_after_every_save(db, world, data):
    """After each saved, voided or corrected visit the cells of every level equal a full recompute."""
    with passing(db) as connection:
        insert_homes(connection, world)
        insert_rows(connection, world)
        rebuild_round(connection, "r2", TODAY)
        for nth, one in enumerate(world.visits[:8]):
            entry = VisitEntry(
                f"s{nth}", f"h{one.home}", day(min(one.on, 65)), one.outcome, mode=one.mode, reason="unknown"
            )
            insert_visit(connection, SCOPE, entry=entry)
            assert differing_cells(connection, "r2") == []
            if one.void:
                instead = (
                    VisitEntry(f"t{nth}", entry.household, entry.visited_on, "effective")
                    if data.draw(st.booleans())
                    else None
                )
                insert_void(connection, SCOPE, visit_id=entry.id, void_id=f"w{nth}", replacement=instead)
                assert differing_cells(connection, "r2") == []


@FEW
@given(world=worlds())
def test_parent_cells_are_sums_of_children(db, world):
    """Every count of a district, township or village is the sum of what lies directly below, its own homes included."""
    with passing(db) as connection:
        insert_world(connection, world)
        rebuild_round(connection, "r2", TODAY)
        cells = {(row["place"], row["span"]): row for row in connection.execute(select(coverage_cell)).mappings()}
        below = {"d": ["t"], "t": ["a", "b", "c"], "a": ["a1", "a2"], "b": ["b1", "b2"]}
        for parent, children in below.items():
            for name in CELL_COUNTS:
                parts = sum(cells[(child, "all")][name] for child in children if (child, "all") in cells)
                total = cells[(parent, "all")][name] if (parent, "all") in cells else 0
                assert total == parts


@FEW
@given(world=worlds())
def test_sending_a_visit_twice_is_one_row(db, world):
    """Repeating every save with the same id adds no row and changes no figure."""
    with passing(db) as connection:
        insert_homes(connection, world)
        insert_rows(connection, world)
        entries = [
            VisitEntry(f"s{nth}", f"h{one.home}", day(min(one.on, 65)), one.outcome, mode=one.mode, reason="unknown")
            for nth, one in enumerate(world.visits[:6])
        ]
        for entry in entries:
            insert_visit(connection, SCOPE, entry=entry)
        before = leaf_counts(connection, world, "r2", TODAY)
        assert not any(insert_visit(connection, SCOPE, entry=entry).created for entry in entries)
        assert connection.execute(select(func.count()).select_from(visit)).scalar_one() == len(entries)
        assert leaf_counts(connection, world, "r2", TODAY) == before


@FEW
@given(world=worlds(), nth=st.integers(0, 24))
def test_state_and_flags_agree(db, world, nth):
    """A household asked for alone has the state it has among all, and future visits are refused without a trace."""
    with passing(db) as connection:
        insert_homes(connection, world)
        insert_rows(connection, world)
        insert_visits(connection, world)
        everybody = {row.household: row.state for row in connection.execute(household_status(world.round("r2"), TODAY))}
        if nth < len(world.homes) and f"h{nth}" in everybody:
            alone = select(household.c.id).where(household.c.id == f"h{nth}")
            row = connection.execute(household_status(world.round("r2"), TODAY, homes=alone)).one()
            assert row.state == everybody[f"h{nth}"]
        with pytest.raises(Invalid):
            insert_visit(connection, SCOPE, entry=VisitEntry("late", "h0", day(66), "effective"))

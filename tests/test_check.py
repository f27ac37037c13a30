"""`check` reveals every stored figure that is not the recompute."""

from __future__ import annotations

import pytest

from geo.store.check import check_database
from geo.store.reads import read_figures
from tests.world import PLANNER

OF_ROUND = "round = (SELECT id FROM round WHERE number = 2)"


@pytest.mark.parametrize("span", ["own", "all"])
@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE coverage_cell SET effective = effective + 1 WHERE place = 'g02' AND span = '{span}'",
        "UPDATE coverage_cell SET entered_7d = entered_7d + 1 WHERE place = 'g02' AND span = '{span}'",
        "DELETE FROM coverage_cell WHERE place = 'g02' AND span = '{span}'",
        "UPDATE coverage_cell SET place = 'g12' WHERE place = 'g02' AND span = '{span}'",
        "INSERT INTO coverage_cell (round, place, span, roster) SELECT round, 't1', 'own', 3 FROM coverage_day",
        "DELETE FROM round_roster WHERE household = 'h06' AND {of_round}",
        "UPDATE round_roster SET approved_on = '2019-11-06' WHERE household = 'h32' AND {of_round}",
        (
            "INSERT INTO household_tag (id, household, kind, since, created_at, created_by)"
            " VALUES ('x', 'h07', 'dibao', '2019-01-01', '', '')"
        ),
        "UPDATE household SET lon = NULL WHERE id = 'h08'",
        "UPDATE assignment SET due_on = '2019-11-01' WHERE household = 'h44'",
    ],
)
def test_a_figure_behind_the_back_of_the_services(world, harm, span):
    """A changed, lost, misplaced or invented cell, and any fact changed past the services, is found and named."""
    read_figures(world, PLANNER, round_id="2", place_id="d")
    assert check_database(world, PLANNER) == []
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM coverage_cell WHERE place = 'g12'") if "'g12'" in harm else None
        connection.exec_driver_sql(harm.format(span=span, of_round=OF_ROUND))
    assert {one.check for one in check_database(world, PLANNER)} == {"cells"}


def test_cells_of_yesterday_are_checked_as_of_yesterday(world):
    """A new day alone is no fault: cells are compared with the recompute of their own day, until they are rebuilt."""
    read_figures(world, PLANNER, round_id="2", place_id="d")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = '2019-12-01' WHERE key = 'today'")
    assert check_database(world, PLANNER) == []
    before = read_figures(world, PLANNER, round_id="2", place_id="d", as_of=None).counts.roster
    assert (before, check_database(world, PLANNER)) == (54, [])

"""Many visits at once."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.model import Scope
from geo.store.bulk import record_visits
from geo.store.cells import differing_cells
from geo.store.reads import read_figures
from tests.world import PLANNER


def frame(*rows: tuple[str, str, date, str]) -> pd.DataFrame:
    """Return visits from (id, household, day, outcome)."""
    return pd.DataFrame(rows, columns=["id", "household", "visited_on", "outcome"]).assign(reason="unknown")


GOOD = frame(
    ("b1", "h11", date(2019, 11, 1), "effective"),
    ("b2", "h12", date(2019, 11, 2), "not_home"),
    ("b3", "h13", date(2019, 9, 1), "effective"),
)


def effective(world) -> int:
    """Return how many households of round 2 are effective."""
    return read_figures(world, PLANNER, round_id="2", place_id=PLANNER.area).counts.effective


def test_visits_go_to_their_rounds_by_day(world):
    """Two visits lie in round 2, one outside every round; the figures move by the effective one and the cells hold."""
    before = effective(world)
    result = record_visits(world, PLANNER, frame=GOOD)
    assert (result.stored, result.outside, result.same, list(result.by_round.values())) == (3, 1, 0, [2])
    assert effective(world) == before + 1
    with world.read() as connection:
        assert differing_cells(connection, "2") == []


def test_the_same_visits_again_change_nothing(world):
    """Visits are known by their id: a second load stores none."""
    record_visits(world, PLANNER, frame=GOOD)
    before = effective(world)
    result = record_visits(world, PLANNER, frame=GOOD)
    assert (result.stored, result.same, effective(world)) == (0, 3, before)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (("b4", "h14", date(2019, 11, 21), "effective"), Invalid),
        (("b4", "h14", date(2019, 11, 1), "met"), Invalid),
        (("b4", "nobody", date(2019, 11, 1), "effective"), NotFound),
        (("b1", "h15", date(2019, 11, 1), "effective"), Conflict),
    ],
)
def test_one_bad_visit_keeps_all_out(world, row, error):
    """A future day, an unknown outcome or household, a taken id: nothing of the load is stored."""
    record_visits(world, PLANNER, frame=GOOD[:1])
    before = effective(world)
    with pytest.raises(error):
        record_visits(world, PLANNER, frame=pd.concat([GOOD[1:], frame(row)]))
    assert effective(world) == before


def test_a_missing_column_is_named(world):
    """Without outcomes there is nothing to store."""
    with pytest.raises(Invalid) as raised:
        record_visits(world, PLANNER, frame=GOOD.drop(columns="outcome"))
    assert raised.value.params["columns"] == "outcome"


def test_rights(world):
    """Leaders may not record, and nobody outside the own area."""
    with pytest.raises(NotAllowed):
        record_visits(world, Scope("x", "leader", PLANNER.area), frame=GOOD)
    with pytest.raises(NotAllowed):
        record_visits(world, Scope("x", "recorder", "v5"), frame=GOOD)


def test_an_outcome_that_proposes_an_exclusion(world):
    """A vacant home is marked on the roster, pending, and stays in the denominator."""
    roster = read_figures(world, PLANNER, round_id="2", place_id=PLANNER.area).counts
    record_visits(world, PLANNER, frame=frame(("b5", "h14", date(2019, 11, 3), "vacant")))
    after = read_figures(world, PLANNER, round_id="2", place_id=PLANNER.area).counts
    assert (after.roster, after.values["pending"]) == (roster.roster, roster.values["pending"] + 1)

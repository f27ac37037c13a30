"""27,600 real visits to 12,367 real premises through the product's own services, against pandas alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geo.model import Scope
from geo.schema import household
from geo.store.bulk import BulkResult, record_visits
from geo.store.cells import differing_cells
from geo.store.create import create_database
from geo.store.database import Database, bulk_insert
from geo.store.places import insert_place
from geo.store.reads import read_children, read_figures, read_homes
from geo.store.rounds import RoundPlan, create_round

SCOPE = Scope("tester", "planner", "chicago")
HALVES = {
    1: (date(2012, 1, 1), date(2012, 6, 30)),
    2: (date(2012, 7, 1), date(2012, 12, 31)),
    3: (date(2013, 1, 1), date(2013, 6, 30)),
    4: (date(2013, 7, 1), date(2013, 12, 31)),
}
TODAY = date(2015, 1, 1)
STAMP = {"created_at": "2015-01-01T00:00:00.000Z", "created_by": "tester"}


@pytest.fixture(scope="module")
def visits(shared_data: Path) -> pd.DataFrame:
    """Return the file's rows: one a visit."""
    table = pd.read_csv(shared_data / "visits" / "chicago_food_inspections_2011_2014.csv.gz", dtype={"unit_id": str})
    table["visit_date"] = pd.to_datetime(table["visit_date"]).dt.date
    table["village"] = table["unit_id"].str[-1].map(lambda digit: f"village{int(digit) % 3}")
    return table


@pytest.fixture(scope="module")
def loaded(visits: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, BulkResult]:
    """Load the premises as households of three villages, four rounds with all of them, and the visits in bulk."""
    db = create_database(tmp_path_factory.mktemp("chicago") / "c.sqlite", kind="real", edition="", today=TODAY)
    premises = visits.drop_duplicates("unit_id")[["unit_id", "village", "lon", "lat"]]
    with db.write() as connection:
        units = [("chicago", "district", None), ("town", "township", "chicago")]
        units += [(f"village{nth}", "village", "town") for nth in range(3)]
        for place_id, level, parent in units:
            values = {"id": place_id, "code": place_id, "name": place_id, "level": level, "edition": "test", **STAMP}
            insert_place(connection, values, parent=parent)
        columns = ["id", "tile_id", "code", "village", "place", "lon", "lat", "created_at", "created_by"]
        rows = [
            (f"p{unit}", nth, unit, village, village, lon, lat, *STAMP.values())
            for nth, (unit, village, lon, lat) in enumerate(
                premises.astype(object).where(premises.notna(), None).itertuples(index=False), start=1
            )
        ]
        assert bulk_insert(connection, household.name, columns, rows) == 12_367
    for number, (start, end) in HALVES.items():
        create_round(db, SCOPE, plan=RoundPlan(f"2012H{number}", start, end, "chicago", number=number))
    frame = pd.DataFrame(
        {
            "id": "c" + visits["visit_id"].astype(str),
            "household": "p" + visits["unit_id"],
            "visited_on": visits["visit_date"],
            "mode": "in_person",
            "outcome": visits["result"].map(
                {"Pass": "effective", "Pass w/ Conditions": "effective", "Fail": "effective"}
            ),
        }
    )
    return db, record_visits(db, SCOPE, frame=frame)


def test_no_visit_is_lost(loaded, visits):
    """All 27,600 visits are stored; those on days of no round are reported outside, and the parts sum."""
    _db, result = loaded
    inside = sum(visits["visit_date"].between(start, end).sum() for start, end in HALVES.values())
    assert (result.stored, result.outside) == (27_600, 27_600 - inside)


@pytest.mark.parametrize("number", HALVES)
def test_coverage_of_each_round_equals_pandas(loaded, visits, number):
    """The coverage of each round, as a whole and by village, equals distinct premises visited in pandas."""
    db, _result = loaded
    start, end = HALVES[number]
    reached = visits[visits["visit_date"].between(start, end)].drop_duplicates("unit_id")
    due = visits.drop_duplicates("unit_id")
    share = read_figures(db, SCOPE, round_id=str(number), place_id="chicago").share("kpi.coverage")
    assert (share.numerator, share.denominator) == (len(reached), len(due)) == (len(reached), 12_367)
    for one in read_children(db, SCOPE, round_id=str(number), place_id="town"):
        here = one.share("kpi.coverage")
        expected = ((reached["village"] == one.place.id).sum(), (due["village"] == one.place.id).sum())
        assert (here.numerator, here.denominator) == expected


def test_coverage_as_of_a_past_day_equals_pandas(loaded, visits):
    """As of a day in the middle of round 3 only visits up to that day count."""
    db, _result = loaded
    day = date(2013, 3, 15)
    reached = visits[visits["visit_date"].between(HALVES[3][0], day)]["unit_id"].nunique()
    past = read_figures(db, SCOPE, round_id="3", place_id="chicago", as_of=day)
    assert past.counts.effective == reached


def test_missed_rounds_in_a_row_equal_pandas(loaded, visits):
    """连漏 k 轮 as of the file's end equals the length of the run of half-years without a visit, newest first."""
    db, _result = loaded
    homes = read_homes(db, SCOPE, round_id="4", place_id="village0").set_index("household")["missed_rounds"]
    seen = {
        number: set("p" + visits.loc[visits["visit_date"].between(*HALVES[number]), "unit_id"]) for number in HALVES
    }
    for home, missed in homes.items():
        expected = next((nth for nth, number in enumerate((4, 3, 2, 1)) if home in seen[number]), 4)
        assert missed == expected


def test_last_effective_visit_equals_pandas(loaded, visits):
    """距上次走访 counts from the last visit of any day, in or outside rounds."""
    db, _result = loaded
    homes = read_homes(db, SCOPE, round_id="4", place_id="village1").set_index("household")["last_effective_on"]
    expected = visits[visits["village"] == "village1"].groupby("unit_id")["visit_date"].max()
    assert homes.to_dict() == {f"p{unit}": day for unit, day in expected.items()}


def test_cells_of_real_data_equal_a_recompute(loaded):
    """After the bulk load no cell of any round differs from a full recompute."""
    db, _result = loaded
    with db.read() as connection:
        assert [differing_cells(connection, str(number)) for number in HALVES] == [[], [], [], []]

"""The first real file: 样表_农户走访台账.xlsx."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.importer import NewRound
from geo.store.cells import differing_cells
from geo.store.reads import read_children, read_figures
from tests import workbooks
from tests.workbooks import bring


@pytest.fixture(scope="module")
def workbook(shared_data: Path) -> Path:
    """Return the sample workbook."""
    return shared_data / "import" / "样表_农户走访台账.xlsx"


@pytest.mark.parametrize("edition", ["2019-10-31", "2023-06-30"])
def test_every_figure_of_the_file(workbook, tmp_path, edition):
    """40 households, 151 people, 3 groups, 31 effective, 9 nobody home, 6 issues; nothing to ask and nothing lost."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", edition=edition)
    report = bring(db, scope, workbook)
    assert (report.outcome, report.rows_total, report.rows_ok, report.households, report.persons) == (
        "accept",
        40,
        40,
        40,
        151,
    )
    with db.read() as connection:
        outcomes = dict(map(tuple, connection.exec_driver_sql("SELECT outcome, count(*) FROM visit GROUP BY outcome")))
        categories = dict(
            map(tuple, connection.exec_driver_sql("SELECT category, count(*) FROM issue GROUP BY category"))
        )
        classes = dict(
            map(tuple, connection.exec_driver_sql("SELECT household_class, count(*) FROM household GROUP BY 1"))
        )
        groups = (
            connection.exec_driver_sql("SELECT name FROM place WHERE level = 'group' ORDER BY code").scalars().all()
        )
        size = connection.exec_driver_sql("SELECT sum(size) FROM household WHERE lon IS NOT NULL").scalar()
    assert (outcomes, groups, size) == ({"effective": 31, "not_home": 9}, ["一组", "二组", "三组"], 151)
    assert categories == {"MED": 2, "HOUSE": 1, "WATER": 1, "INF_R": 1, "INF_T": 1}
    assert (sum(classes.values()), workbooks.count(db, "household_tag")) == (40, 2)


def test_its_round_covers_what_the_file_says(workbook, tmp_path):
    """In a round over the file's days 31 of 40 are effective, group by group as the rows say."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    report = bring(db, scope, workbook, round=NewRound("第1轮", date(2019, 3, 1), date(2019, 10, 31)))
    assert (report.outside, report.changes["roster_baseline"]) == ((), 40)
    counts = read_figures(db, scope, round_id="1", place_id=scope.area).counts
    assert (counts.effective, counts.attempted, counts.roster) == (31, 40, 40)
    children = read_children(db, scope, round_id="1", place_id="u2023-06-30-520602202203")
    assert {one.place.name: (one.counts.effective, one.counts.roster) for one in children} == {
        "一组": (11, 16),
        "二组": (15, 17),
        "三组": (5, 7),
    }
    with db.read() as connection:
        assert differing_cells(connection, "1") == []
    assert not bring(db, scope, workbook, round="1").changed

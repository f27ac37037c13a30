"""A workbook of every village of a yearly list, re-imported under each later list: nothing changes, whoever moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.editions import EditionBook, ListedUnit
from geo.importer.succession import load_newer
from geo.store.editions import list_editions, open_book
from tests import workbooks

NAMES = ["乡镇", "村", "村民组", "户编号", "户主", "人口"]
CODES = ["村代码", "村民组", "户编号", "户主", "人口"]


def list_followed(book: EditionBook, start: str) -> list[ListedUnit]:
    """Return the villages of a list that every later one says the successor of."""
    later = [day for day in list_editions() if day > start]
    units = book.edition(start).units.values()
    return [
        unit for unit in units if unit.level == "village" and all(book.follow(unit.code, start, d).unit for d in later)
    ]


@pytest.mark.parametrize(("start", "header"), [("2016-07-31", NAMES), ("2019-10-31", CODES)])
def test_every_village_is_followed_through_every_later_list(tmp_path: Path, start: str, header: list[str]) -> None:
    """Two groups a village, by names or by codes that later lists give to others: 0 changes, nothing asked or proposed."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", edition=start)
    book = open_book()
    units, villages = book.edition(start).units, list_followed(book, start)
    rows: list[list[object]] = []
    for unit in villages:
        where = [units[unit.parent].name, unit.name] if header is NAMES else [unit.code]
        rows += [[*where, name, f"{unit.code}00{nth}", "王测", 3] for nth, name in enumerate(("一组", "二组"))]
    path = workbooks.write_csv(tmp_path / "a.csv", rows, header=header)
    assert workbooks.bring(db, scope, path).stored
    for to in [day for day in list_editions() if day > start]:
        assert load_newer(db, scope, book=book, to=to).stored
        again = workbooks.bring(db, scope, path)
        assert (again.outcome, again.changed, again.proposals, again.changes["households_same"]) == (
            "accept", False, (), 2 * len(villages),
        )  # fmt: skip
    changed = [unit for unit in villages if book.follow(unit.code, start, "2023-06-30").how != "same"]
    assert len(changed) > 20
    assert {unit.code for unit in changed} <= {one.code for one in again.followed}
    db.close()

"""Practical matters (实事) are counted and summed from rows, however they came in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from geo.cli import main
from geo.errors import Conflict, Invalid
from geo.importer import undo_last
from geo.importer.listed import import_matters
from geo.importer.listed.money import parse_money
from geo.importer.options import ImportOptions
from geo.model import Scope
from geo.store.database import Database
from geo.store.matter_reads import read_matters, sum_matters
from geo.store.matters import MatterEntry, add_matter, edit_matter, get_matter, remove_matter
from tests import workbooks
from tests.world import LEADER, PLANNER, TODAY

HEADER = ["序号", "乡镇", "村", "组", "类别", "实事", "责任单位", "资金(万元)", "受益户数", "开始时间", "完成时间"]
#: A tenth of 20,000, each ten times 27.6 万元: the same 5.52 bn yuan.
MANY, ALL_YUAN = 2_000, 5_520_000_000


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Scope, Path]]:
    """An own register with the shipped units, and a file of 2,000 matters that it has taken in."""
    folder = tmp_path_factory.mktemp("matters")
    db, scope = workbooks.open_register(folder / "r.sqlite")
    kinds = ("生产用水", "电", "INF_R", "通讯", "房")
    rows = [
        [nth, "和平乡", "孟溪村", "", kinds[nth % 5], f"第{nth}件", "交通局", "276", "12户", "2018-3-5", "2019.10.1"]
        for nth in range(1, MANY + 1)
    ]
    rows.append(["合计", "", "", "", "", "", "", "552000", "", "", ""])
    path = workbooks.write_csv(folder / "实事.csv", rows, header=HEADER)
    assert import_matters(db, scope, path).stored
    yield db, scope, path
    db.close()


def test_matters_are_counted_from_rows(register, capsys: pytest.CaptureFixture[str]) -> None:
    """2,000 matters, 5.52 bn yuan for 水电路讯房; the same file again changes nothing; before October none was done."""
    db, scope, path = register
    assert not import_matters(db, scope, path).changed
    assert main(["ledger", "--kind", "matters", "--db", str(db.path), "--json", "--as-of", "2019-10-31"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["count"], said["done"], said["funds_done"]) == (MANY, MANY, MANY, ALL_YUAN)
    assert said["infrastructure"]["funds_done"] == ALL_YUAN == sum(one["funds"] for one in said["matters"])
    assert sum(one["count"] for one in said["by_category"]) == MANY
    assert len({one["matter_number"] for one in said["matters"]}) == MANY
    early = sum_matters(db, scope, place_id=scope.area, as_of=date(2019, 9, 30))
    assert (early.whole.matters, early.whole.done, early.whole.done_fen) == (MANY, 0, 0)
    assert sum_matters(db, scope, place_id=scope.area, since=date(2019, 10, 2)).whole.matters == 0


def test_an_export_comes_back_as_nothing_new(register, tmp_path: Path) -> None:
    """The exported workbook, brought in again, is known row by row; in another register it makes the same sums."""
    db, scope, _ = register
    out = tmp_path / "实事.xlsx"
    assert main(["export", "matters", "--db", str(db.path), "--out", str(out)]) == 0
    report = import_matters(db, scope, out)
    assert (report.changed, report.changes["matters_same"], len(report.findings)) == (False, MANY, 0)
    other, theirs = workbooks.open_register(tmp_path / "other.sqlite")
    assert import_matters(other, theirs, out).changes["matters_new"] == MANY
    for name in ("whole", "by_category"):
        mine = getattr(sum_matters(db, scope, place_id=scope.area), name)
        assert mine == getattr(sum_matters(other, theirs, place_id=theirs.area), name)
    assert undo_last(other, theirs).removed == MANY
    assert sum_matters(other, theirs, place_id=theirs.area).whole.matters == 0
    other.close()


def test_bad_rows_stay_out_and_bad_cells_stay_empty(tmp_path: Path) -> None:
    """Unknown village, unknown category, no title, a double: refused with the cell; bad money and days: listed, empty."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    rows = [
        [1, "和平乡", "孟溪村", "", "道路", "修桥", "", "3.5", "", "", "2019-10-01"],
        [2, "和平乡", "无此村", "", "道路", "修路", "", "", "", "", ""],
        [3, "和平乡", "孟溪村", "", "烧烤", "修路", "", "", "", "", ""],
        [4, "和平乡", "孟溪村", "", "道路", "", "", "", "", "", ""],
        [5, "和平乡", "孟溪村", "", "道路", "修桥", "", "3.5", "", "", "2019-10-01"],
        [6, "和平乡", "", "", "水", "全乡管网", "", "很多", "一些", "2019-12-31", "2019-02-30"],
    ]
    path = workbooks.write_csv(tmp_path / "a.csv", rows, header=HEADER)
    report = import_matters(db, scope, path)
    assert (report.outcome, report.stored) == ("reject_rows", False)
    assert [(one.code, one.cell) for one in report.rows_bad] == [
        ("R_UNKNOWN_VALUE", "C3"), ("R_UNKNOWN_VALUE", "E4"), ("R_REQUIRED", "F5"), ("R_DUP_ROW", "F6"),
    ]  # fmt: skip
    assert {(one.code, one.cell) for one in report.findings} == {
        ("W_RANGE", "H7"), ("W_RANGE", "I7"), ("W_DATE_FUTURE", "J7"), ("W_DATE_IMPOSSIBLE", "K7"),
    }  # fmt: skip
    assert main(["import", str(path), "--kind", "matters", "--db", str(db.path)]) == 3
    assert main(["import", str(path), "--kind", "matters", "--good-rows", "--db", str(db.path)]) == 0
    frame = read_matters(db, scope, place_id=scope.area)
    assert frame["title"].tolist() == ["修桥", "全乡管网"]
    assert frame["funds_fen"].fillna(-1).tolist() == [3_500_000, -1]
    unknown = workbooks.write_csv(tmp_path / "b.csv", [["1"]], header=["哪样"])
    assert [one.code for one in import_matters(db, scope, unknown).findings] == ["E_MISSING_COLUMN"]
    db.close()


def test_a_file_of_one_village_needs_no_column(tmp_path: Path) -> None:
    """Without unit columns every row is of the village that was said; without that, every row is refused."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    path = workbooks.write_csv(tmp_path / "a.csv", [["道路", "修桥"]], header=["类别", "实事"])
    assert [one.code for one in import_matters(db, scope, path).rows_bad] == ["R_REQUIRED"]
    assert import_matters(db, scope, path, options=ImportOptions(unit="孟溪村")).stored
    db.close()


@pytest.mark.parametrize(
    ("cell", "header", "fen"),
    [
        (35000.0, "资金", 3_500_000), ("3.5万元", "资金(元)", 3_500_000), ("￥1,200.50", "资金", 120_050),
        (0.1, "资金(万元)", 100_000), ("5.52", "资金(亿元)", 55_200_000_000), ("１２元", "资金", 1_200), ("", "资金", None),
    ],
)  # fmt: skip
def test_money_is_read_as_written(cell: object, header: str, fen: int | None) -> None:
    """The unit of the cell goes before that of the header; without any it is yuan; sums are exact to the fen."""
    assert parse_money(cell, header=header) == (fen, "")


@pytest.mark.parametrize("cell", ["-1", "很多", "1e99", True, "三千元"])
def test_what_is_no_money_is_left_empty(cell: object) -> None:
    """A negative, endless or worded sum says nothing, and is listed."""
    assert parse_money(cell, header="资金") == (None, "W_RANGE")


def test_a_matter_is_entered_changed_and_removed(world: Database) -> None:
    """Twice sent is one row; a stale change is refused; one is removed for a reason; each unit counts its own."""
    entry = MatterEntry("a", "g01", "INF_R", "硬化一组路", funds_fen=100, done_on=TODAY, issue="i1")
    assert (
        add_matter(world, PLANNER, entry=entry) == add_matter(world, PLANNER, entry=entry) == "900000100201-S2019-0001"
    )
    more = add_matter(world, PLANNER, entry=MatterEntry("b", "v1", "WATER", "水窖", started_on=TODAY))
    assert more.endswith("S2019-0002")
    assert edit_matter(world, PLANNER, matter_id="a", rev=1, changes={"funds_fen": 250}) == 2
    with pytest.raises(Conflict):
        edit_matter(world, PLANNER, matter_id="a", rev=1, changes={"title": "别的"})
    sums = sum_matters(world, LEADER, place_id="v1")
    assert (sums.whole.matters, sums.whole.done, sums.whole.done_fen, sums.infrastructure.matters) == (2, 1, 250, 1)
    assert sum_matters(world, LEADER, place_id="v2").whole.matters == 0
    with pytest.raises(Invalid, match=r"err\.reason_empty"):
        remove_matter(world, PLANNER, matter_id="b", rev=1, reason=" ")
    remove_matter(world, PLANNER, matter_id="b", rev=1, reason="重复")
    assert read_matters(world, PLANNER, place_id="d")["matter"].tolist() == ["a"]
    assert get_matter(world, PLANNER, matter_id="a")["funds_fen"] == 250


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"title": " "}, "err.title_empty"), ({"category": "X"}, "err.unknown_code"), ({"funds_fen": -1}, "matter.beyond"),
        ({"done_on": date(2019, 11, 21)}, "err.future"),
        ({"started_on": TODAY, "done_on": date(2019, 11, 1)}, "matter.ends_early"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(world: Database, changes: dict[str, object], key: str) -> None:
    """No title, no such category, negative money, a day to come, an end before the start."""
    with pytest.raises(Invalid) as refused:
        add_matter(
            world,
            PLANNER,
            entry=MatterEntry(**{"id": "a", "place": "v1", "category": "INF_R", "title": "路"} | changes),
        )
    assert refused.value.key == key

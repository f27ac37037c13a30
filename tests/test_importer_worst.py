"""One village's workbook with everything wrong at once, in four formats: each is understood the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.importer import ImportReport
from tests import odd_books, workbooks


def line(*cells: object) -> list[object]:
    """Return a row of 13 cells."""
    return [*cells, *[""] * (13 - len(cells))]


ROWS = [
    line("2019年和平乡孟溪村农户走访台账"),
    line("填报单位：和平乡人民政府", "", "", "", "", "", "", "填报日期：2019年3月5日"),
    ["序号", "户主姓名", "户编号", "家庭情况", "", "走访情况", "", "", "帮扶责任人", "", "坐标", "", "备注"],
    ["", "", "", "人口", "联系电话", "日期", "是否见面", "存在问题", "姓名", "联系电话", "经度", "纬度", ""],
    list(range(1, 14)),
    line("一组（2 户）"),
    [1, "王一", "H1", 3, 13812345678.0, date(2019, 3, 5), "√", "饮水", "张三", "13912345678", 109.15, 27.68, ""],
    [2, "李一", "H2", "４人", 1.38e10, "2019.3.6", "×", "无", "张三", "", 109.151, 27.681, "在外"],
    line("小计", "", 2, 7),
    line("第二村民组"),
    [3, "赵一", "H3", "三口人", "", 43531, "√", "道路、住房", "", "", "", "", ""],
    line("合计", "", 3, 10),
    line("填表人：王测", "", "审核：李测"),
]
MERGES = [
    "A1:M1",
    "A2:G2",
    "H2:M2",
    "A3:A4",
    "B3:B4",
    "C3:C4",
    "D3:E3",
    "F3:H3",
    "I3:J3",
    "K3:L3",
    "M3:M4",
    "A6:M6",
    "A10:M10",
]
OLD_MERGES = [
    (0, 0, 0, 12),
    (2, 3, 0, 0),
    (2, 3, 1, 1),
    (2, 3, 2, 2),
    (2, 2, 3, 4),
    (2, 2, 5, 7),
    (2, 2, 8, 9),
    (2, 2, 10, 11),
]
TAKE = {"group_titles": "take"}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory):
    """Return an empty register that the dry runs of this file leave empty."""
    return workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")


@pytest.fixture(params=["xlsx", "xls", "ods", "csv"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the workbook in one format; CSV and this .ods know no merged cells."""
    path = tmp_path / f"台账.{request.param}"
    if request.param == "xlsx":
        return odd_books.write_book(path, ROWS, merges=MERGES)
    if request.param == "xls":
        return odd_books.write_old_book(path, ROWS, merges=OLD_MERGES)
    if request.param == "ods":
        return odd_books.write_open_document(path, ROWS)
    return workbooks.write_csv(path, ROWS[1:], header=ROWS[0])


def said(report: ImportReport, field: str) -> list[object]:
    """Return one understood field, row by row."""
    return [one["value"] for one in report.values if one["field"] == field]


def test_every_household_is_understood(register, path):
    """Title, three-part header, column numbers, group titles, totals and signatures cost nothing and add nothing."""
    report = workbooks.bring(*register, path, dry_run=True, answers=TAKE)
    assert (report.outcome, report.rows_total, report.rows_ok, report.persons) == ("accept_with_warnings", 3, 3, 10)
    assert (report.unit_from, said(report, "村"), said(report, "村民组")) == (
        "title",
        ["孟溪村"] * 3,
        ["一组", "一组", "二组"],
    )
    assert said(report, "户主") == ["王一", "李一", "赵一"]
    assert said(report, "走访日期") == ["2019-03-05", "2019-03-06", "2019-03-07"]
    assert said(report, "走访状态") == ["effective", "not_home", "effective"]
    assert said(report, "问题类别") == [["WATER"], [], ["INF_R", "HOUSE"]]
    assert said(report, "联系电话") == ["13812345678", "13800000000", ""]
    assert report.changes["groups_new"] == 2


def test_everything_left_out_is_listed(register, path):
    """Each row and column that is no household's is named with its place."""
    report = workbooks.bring(*register, path, dry_run=True, answers=TAKE)
    found = [(one.code, one.cell) for one in report.findings]
    assert [cell for code, cell in found if code == "W_TITLE_ROWS_SKIPPED"] == ["1-2", "5", "6", "10"]
    assert [cell for code, cell in found if code == "W_TOTAL_ROW_SKIPPED"] == ["9", "12", "13"]
    (unknown,) = [one.value for one in report.findings if one.code == "W_UNKNOWN_COLUMNS"]
    assert unknown == "帮扶责任人/姓名, 帮扶责任人/联系电话"


def test_groups_in_titles_are_asked_about(register, path):
    """Titles that name groups, where no column does, are asked about once; left, the households lie in the village."""
    asked = workbooks.bring(*register, path, dry_run=True)
    assert (asked.outcome, [(one.id, one.rows) for one in asked.questions]) == ("ask", [("group_titles", 3)])
    left = workbooks.bring(*register, path, dry_run=True, answers={"group_titles": "skip"})
    assert (left.rows_ok, left.changes["groups_new"]) == (3, 0)

"""An existing ledger of issues (问题台账) comes in with the care of a roster: looked through, entered once, undone whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from geo.cli import main
from geo.errors import Conflict, Invalid
from geo.importer import undo_last
from geo.importer.listed import import_issues
from geo.importer.options import ImportOptions
from geo.issues import Act
from geo.model import Scope
from geo.store.clearance import read_clearance
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue, find_number, list_homes_of, list_unlike_their_events, read_history
from geo.store.ledger import read_ledger
from tests import workbooks
from tests.world import TODAY

HEADER = [
    "序号", "台账号", "乡镇", "村", "组", "户编号", "户主姓名", "问题类型", "存在的问题", "收集日期", "处置方式", "层级",
    "责任单位", "责任人", "整改期限", "办结时间", "办理状态", "备注",
]  # fmt: skip


def row(nth: int, said: str, **other: object) -> list[object]:
    """Return one row of a ledger of 孟溪村: its columns by their headers, the rest as most rows have it."""
    usual = {
        "序号": nth,
        "乡镇": "和平乡",
        "村": "孟溪村",
        "问题类型": "路",
        "存在的问题": said,
        "收集日期": "2019/3/5",
    }
    return [(usual | other).get(name, "") for name in HEADER]


ROWS = [
    row(1, "入户路未硬化", 户编号="HP1", 处置方式="限期解决", 整改期限="2019.4.1", 办结时间="2019-03-30", 办理状态="销号"),
    row(2, "门口积水", 台账号="旧-7", 户主姓名="甲三", 处置方式="现场解决", 办结时间="2019-03-05", 办理状态="已解决"),
    row(3, "水管老化", 户主姓名="甲二、甲三", 问题类型="供水", 层级="乡级", 责任单位="水务站", 责任人="某干部", 办理状态="整改中"),
    row(4, "要求超标准补助", 户编号="HP2", 问题类型="POL", 处置方式="解释", 办结时间="2019-03-06", 办理状态="办结"),
    row(5, "学籍未落实", 户编号="HP2", 问题类型="义务教育", 层级="区级", 办理状态="退回", 整改期限="2019-12-31"),
    row(6, "全村信号差", 问题类型="通讯", 办理状态="挂账", 备注="待基站"),
    row(7, "重复反映", 户编号="HP1", 办理状态="不属实"),
]  # fmt: skip


@pytest.fixture
def register(tmp_path: Path) -> Iterator[tuple[Database, Scope, Path]]:
    """An own register with three households of 孟溪村, and a ledger of seven issues not brought in yet."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    homes = [workbooks.home(f"HP{n}", 户主=f"甲{word}") for n, word in enumerate("一二三", start=1)]
    workbooks.bring(db, scope, workbooks.write_csv(tmp_path / "homes.csv", homes))
    yield db, scope, workbooks.write_csv(tmp_path / "台账.csv", ROWS, header=HEADER)
    db.close()


def test_a_ledger_comes_in_once_and_goes_out_again(
    register, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trial stores nothing; then seven issues with their histories; again, and its export, nothing new; undo all."""
    db, scope, path = register
    trial = import_issues(db, scope, path, options=ImportOptions(dry_run=True))
    assert (trial.changes["issues_new"], trial.stored, trial.rows_bad, trial.findings) == (7, False, (), ())
    assert main(["import", str(path), "--kind", "issues", "--db", str(db.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"]["issues_new"] == 7
    frame = read_ledger(db, scope, place_id=scope.area).set_index("title")
    assert dict(frame["state"]) == {
        "入户路未硬化": "closed", "门口积水": "resolved", "水管老化": "in_progress", "要求超标准补助": "resolved",
        "学籍未落实": "returned", "全村信号差": "deferred", "重复反映": "invalid",
    }  # fmt: skip
    road = frame.loc["入户路未硬化"]
    assert (road["due_on"], road["resolved_on"], road["route"]) == (date(2019, 4, 1), date(2019, 3, 30), "time_limited")
    assert (frame.loc["门口积水", "issue_number"], frame.loc["门口积水", "reopened"]) == ("旧-7", 0)
    assert (frame.loc["水管老化", "scope"], frame.loc["水管老化", "level_now"]) == ("village", "township")
    assert (frame.loc["学籍未落实", "category"], frame.loc["学籍未落实", "level"]) == ("EDU", 2)
    pipes = find_number(db, scope, number=str(frame.loc["水管老化", "issue_number"]))
    assert [one["code"] for one in list_homes_of(db, scope, issue_id=pipes)] == ["HP2", "HP3"]
    found = read_clearance(db, scope, place_id=scope.area, as_of=TODAY)
    assert [found.counts[one] for one in ("valid", "closed", "open", "deferred", "unverified")] == [6, 1, 5, 1, 2]
    assert (found.households.reached, found.issues.reached) == ((3, 1, 1), (6, 2, 1))
    assert list_unlike_their_events(db, scope) == []
    assert not import_issues(db, scope, path).changed
    out = tmp_path / "out.xlsx"
    assert main(["export", "ledger", "--db", str(db.path), "--out", str(out)]) == 0
    again = import_issues(db, scope, out)
    assert (again.changes, again.changed, again.findings) == ({"issues_new": 0, "issues_same": 7}, False, ())
    assert undo_last(db, scope).removed == 7
    assert read_ledger(db, scope, place_id=scope.area).empty
    assert import_issues(db, scope, path).changes["issues_new"] == 7


def test_what_cannot_be_told_is_refused_with_its_cell(register, tmp_path: Path) -> None:
    """Unit, household, category, text, day, double: refused with the cell; other bad cells are listed and empty."""
    db, scope, _ = register
    rows = [
        row(1, "好的一行", 户编号="HP1", 整改期限="2019-01-01", 办理状态="办结", 处置方式="乱写"),
        row(2, "村错", 村="无此村"),
        row(3, "户错", 户编号="HP9"),
        row(4, "两个同名", 户主姓名="张*"),
        row(5, "类错", 问题类型="烧烤"),
        row(6, ""),
        row(7, "日错", 收集日期="2019-02-30"),
        row(8, "未来", 收集日期="2020-02-03"),
        row(9, "好的一行", 户编号="HP1"),
    ]
    path = workbooks.write_csv(tmp_path / "b.csv", rows, header=HEADER)
    report = import_issues(db, scope, path)
    assert (report.outcome, report.stored) == ("reject_rows", False)
    assert [(one.code, one.cell) for one in report.rows_bad] == [
        ("R_UNKNOWN_VALUE", "D3"), ("R_UNKNOWN_VALUE", "F4"), ("R_UNKNOWN_VALUE", "G5"), ("R_UNKNOWN_VALUE", "H6"),
        ("R_REQUIRED", "I7"), ("R_UNKNOWN_VALUE", "J8"), ("R_UNKNOWN_VALUE", "J9"), ("R_DUP_ROW", "I10"),
    ]  # fmt: skip
    assert {(one.code, one.cell) for one in report.findings} == {
        ("W_DATE_IMPOSSIBLE", "O2"), ("W_DATE_MISSING", "P2"), ("W_UNMATCHED", "K2"),
    }  # fmt: skip
    assert import_issues(db, scope, path, options=ImportOptions(good_rows=True)).stored
    (kept,) = read_ledger(db, scope, place_id=scope.area).to_dict("records")
    assert (kept["state"], kept["due_on"], kept["bucket"]) == ("open", None, "undated")


def test_a_known_number_is_compared_and_goes_on_by_acts(register, tmp_path: Path) -> None:
    """What a later file says otherwise is listed with its cell; once somebody has acted, undoing is refused."""
    db, scope, path = register
    import_issues(db, scope, path)
    later = row(1, "门口积水", 台账号="旧-7", 处置方式="现场解决", 办理状态="销号", 办结时间="2019-03-08")
    report = import_issues(db, scope, workbooks.write_csv(tmp_path / "c.csv", [later], header=HEADER))
    assert not report.changed
    assert {(one.code, one.cell) for one in report.findings} == {("W_ATTR_DIFFERS", "P2"), ("W_ATTR_DIFFERS", "Q2")}
    water = find_number(db, scope, number="旧-7")
    act = Act("closed", TODAY, verified_by="household", satisfaction=1)
    act_on_issue(db, scope, issue_id=water, act=act, act_id="check")
    assert [one["kind"] for one in read_history(db, scope, issue_id=water)[1]] == ["raised", "resolved", "closed"]
    with pytest.raises(Conflict):
        undo_last(db, scope)


def test_demo_data_takes_no_ledger(world: Database, tmp_path: Path) -> None:
    """Real rows never enter a demo file."""
    path = workbooks.write_csv(
        tmp_path / "a.csv", [["东测村", "路", "坏了", "2019-03-05"]], header=["村", "类别", "问题", "收集时间"]
    )
    with pytest.raises(Invalid, match="demo"):
        import_issues(world, Scope("p", "planner", "d"), path)

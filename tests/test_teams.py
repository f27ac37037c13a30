"""Teams (队伍): who has which task from which day to which day, entered or from a sheet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.cli import main
from geo.errors import Conflict, Invalid, NotAllowed
from geo.importer import undo_last
from geo.importer.listed import import_teams
from geo.importer.options import ImportOptions
from geo.model import Scope
from geo.store.assignments import assign
from geo.store.database import Database
from geo.store.teams import MemberEntry, add_member, end_member, list_members, mark_leader
from tests import workbooks
from tests.world import PLANNER, TODAY

HEADER = ["序号", "乡镇", "村", "组", "户编号", "角色", "姓名", "联系电话", "牵头", "开始日期", "结束日期"]
LAST = date(2019, 11, 19)


def row(village: str, role: str, name: str, **said: str) -> list[object]:
    """Return one row of a sheet of teams of 和平乡."""
    usual = {"乡镇": "和平乡", "村": village, "角色": role, "姓名": name, "开始日期": "2019-03-01"}
    return [{**usual, **said}.get(header, "") for header in HEADER]


def tasks(db: Database, scope: Scope, *, on: date = TODAY) -> list[tuple[object, ...]]:
    """Return role, name and whether they lead of everybody with a task on a day."""
    frame = list_members(db, scope, place_id=scope.area, on=on)
    return list(zip(frame["role"], frame["person_name"], frame["leads"], strict=True))


def test_a_sheet_of_teams(tmp_path: Path) -> None:
    """A sheet comes in; who follows ends the one before; its own export changes nothing; bad rows stay out; undo works."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    workbooks.bring(db, scope, workbooks.write_csv(tmp_path / "h.csv", [workbooks.home("HP1")]))
    rows = [
        row("孟溪村", "包村县级领导", "甲测", 联系电话="19900000001"), row("孟溪村", "乡镇包村领导", "乙测"),
        row("孟溪村", "驻村工作队队长", "丙测"), row("孟溪村", "第一书记", "丁测"), row("孟溪村", "村支书", "戊测"),
        row("孟溪村", "包组干部", "己测", 组="一组"), row("孟溪村", "帮扶责任人", "庚测", 户编号="HP1"),
    ]  # fmt: skip
    path = workbooks.write_csv(tmp_path / "t.csv", rows, header=HEADER)
    report = import_teams(db, scope, path)
    assert (report.outcome, report.stored) == ("accept", True)
    assert (report.changes["members_new"], report.changes["persons_new"], report.changes["teams_new"]) == (7, 7, 1)
    roles = ["county_lead", "township_lead", "team_captain", "first_secretary", "village_head"]
    names = ["甲测", "乙测", "丙测", "丁测", "戊测"]
    held = tasks(db, scope)
    assert held[:5] == [(role, name, role == "county_lead") for role, name in zip(roles, names, strict=True)]
    assert [one[:2] for one in held[5:]] == [("group_cadre", "己测"), ("household_helper", "庚测")]
    assert not import_teams(db, scope, path).changed
    out = tmp_path / "队伍.xlsx"
    assert main(["export", "teams", "--db", str(db.path), "--out", str(out)]) == 0
    assert import_teams(db, scope, out).changes["members_same"] == 7
    later = [row("孟溪村", "第一书记", "辛测", 开始日期="2019-11-20"), row("孟溪村", "打更人", "壬测"),
             row("孟溪村", "包组干部", "癸测"), row("孟溪村", "帮扶责任人", "癸测", 户编号="HP9")]  # fmt: skip
    path = workbooks.write_csv(tmp_path / "u.csv", later, header=HEADER)
    report = import_teams(db, scope, path)
    assert [(one.code, one.cell) for one in report.rows_bad] == [
        ("R_UNKNOWN_VALUE", "F3"), ("R_REQUIRED", "D4"), ("R_UNKNOWN_VALUE", "E5"),
    ]  # fmt: skip
    assert import_teams(db, scope, path, options=ImportOptions(good_rows=True)).stored
    assert ("first_secretary", "丁测", False) in tasks(db, scope, on=LAST)
    assert ("first_secretary", "辛测", False) in tasks(db, scope)
    assert len(tasks(db, scope)) == 7
    undo_last(db, scope)
    assert tasks(db, scope) == held
    undo_last(db, scope)
    assert tasks(db, scope) == []
    db.close()


def test_whoever_leads_is_marked(world: Database) -> None:
    """A village without a county lead marks one of its five; a county lead who comes later leads, and nobody else."""
    first = MemberEntry("m1", "v1", "first_secretary", date(2019, 3, 1), name="钱测")
    add_member(world, PLANNER, entry=first)
    add_member(world, PLANNER, entry=first)
    add_member(world, PLANNER, entry=MemberEntry("m2", "v1", "village_head", date(2019, 3, 1), name="孙测"))
    assert [one for one in tasks(world, PLANNER) if one[2]] == []
    assert mark_leader(world, PLANNER, member_id="m1", rev=1) == 2
    with pytest.raises(Conflict):
        mark_leader(world, PLANNER, member_id="m1", rev=1)
    mark_leader(world, PLANNER, member_id="m2", rev=1)
    assert [one for one in tasks(world, PLANNER) if one[2]] == [("village_head", "孙测", True)]
    add_member(world, PLANNER, entry=MemberEntry("m3", "v1", "county_lead", TODAY, name="李测"))
    assert [one for one in tasks(world, PLANNER) if one[2]] == [("county_lead", "李测", True)]
    with pytest.raises(Invalid, match=r"team\.has_lead"):
        mark_leader(world, PLANNER, member_id="m1", rev=3)


def test_one_follows_another(world: Database) -> None:
    """A new cadre ends the one before the day before, who stays known for those days; crossing days are refused."""
    add_member(world, PLANNER, entry=MemberEntry("c1", "g01", "group_cadre", date(2019, 3, 1), name="周测"))
    add_member(world, PLANNER, entry=MemberEntry("c2", "g01", "group_cadre", TODAY, name="吴测"))
    cadres = [one[1] for one in tasks(world, PLANNER) if one[0] == "group_cadre"]
    assert ("吴测" in cadres, "周测" in cadres) == (True, False)
    assert "周测" in [one[1] for one in tasks(world, PLANNER, on=LAST)]
    with pytest.raises(Invalid, match=r"team\.taken"):
        add_member(world, PLANNER, entry=MemberEntry("c3", "g01", "group_cadre", date(2019, 5, 1), name="郑测"))
    rev = int(list_members(world, PLANNER, place_id="g01").set_index("member").loc["c2", "rev"])
    end_member(world, PLANNER, member_id="c2", rev=rev, until=TODAY)
    assert list_members(world, PLANNER, place_id="g01", on=date(2019, 11, 21)).empty
    for entry, key in (
        (MemberEntry("x", "t1", "village_head", TODAY, name="王测"), r"team\.no_village"),
        (MemberEntry("x", "v1", "household_helper", TODAY, name="王测"), r"team\.helper_home"),
        (MemberEntry("x", "v1", "village_head", TODAY), r"err\.name_empty"),
        (MemberEntry("x", "v1", "village_head", TODAY, name="王测", until=LAST), r"team\.ends_early"),
    ):
        with pytest.raises(Invalid, match=key):
            add_member(world, PLANNER, entry=entry)


def test_township_and_village_assign_within_their_area(world: Database) -> None:
    """A planner of a township, and of a village, gives people tasks and homes to people there, and nowhere else."""
    for area, here, there in (("t1", "v1", "v3"), ("v1", "v1", "v2")):
        scope = Scope(area, "planner", area)
        entry = MemberEntry(
            f"in-{area}", here, "village_head", TODAY if area == "t1" else date(2019, 11, 21), name=area
        )
        who = add_member(world, scope, entry=entry)
        assert assign(world, scope, round_id="2", assignee=who, due_on=date(2019, 12, 1), households=["h01"]) == 1
        with pytest.raises(NotAllowed):
            add_member(world, scope, entry=MemberEntry("out", there, "village_head", TODAY, name="外测"))
        home = "h31" if area == "t1" else "h16"
        with pytest.raises(NotAllowed):
            assign(world, scope, round_id="2", assignee=who, due_on=date(2019, 12, 1), households=[home])

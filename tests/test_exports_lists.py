"""What the lists that are taken away say: coverage, roster, ledger, areas of the small world, checked by hand."""

from __future__ import annotations

from datetime import date

import pytest
import shapely

from geo.exports import list_areas, list_units, tabulate_areas, tabulate_coverage, tabulate_ledger, tabulate_roster
from geo.exports.outlines import draw_shapes, measure_km2
from geo.schema import household, issue_event, issue_household
from geo.store.ledger import read_ledger
from geo.store.reads import read_figures
from geo.store.register import read_roster
from tests.world import LEADER, PLANNER, TAKER


def coverage(world, level: str):
    total = read_figures(world, PLANNER, round_id="2", place_id="d")
    return tabulate_coverage(list_units(world, PLANNER, total=total, level=level)).as_frame(), total


@pytest.mark.parametrize("level", ["district", "township", "village", "group"])
def test_coverage_lines_sum_to_the_total(world, level):
    """At each level the lines hold every household due and every effective visit, households in no group included."""
    lines, total = coverage(world, level)
    for header, count in (
        ("应访", "roster"),
        ("有效走访", "effective"),
        ("超期未访", "overdue"),
        ("上过门", "attempted"),
    ):
        assert lines[header].sum() == total.counts.values[count]


def test_a_coverage_line_is_said_as_printed(world):
    """东测村: 6 of 15 effective is 40 %; 北测村's empty group has no line; v5 counts its own households as 未分组."""
    villages = coverage(world, "village")[0].set_index("名称")
    line = villages.loc["东测村"]
    assert (line["上级"], line["应访"], line["有效走访"], line["走访覆盖率(%)"]) == ("甲测乡", 15, 6, 40.0)
    groups = coverage(world, "group")[0]
    assert set(groups.loc[groups["名称"] == "未分组", "上级"]) == {"新测村"}
    assert set(groups["级别"]) == {"组", "村"}


def test_the_roster_is_who_is_due(world):
    """53 households: without h31 and h34, who left, h42, who joins later, and the four of g12; h33 stays."""
    table = tabulate_roster(read_roster(world, TAKER, place_id="d", round_id="2")).as_frame()
    assert len(table) == read_figures(world, PLANNER, round_id="2", place_id="d").counts.roster == 53
    left = {f"C-{number:03d}" for number in (31, 34, 42, 52, 53, 54, 55)}
    assert set(table["户编号"]) == {f"C-{number:03d}" for number in range(1, 61)} - left
    states = table.set_index("户编号")["本轮状态"]
    assert (states["C-001"], states["C-009"], states["C-010"], states["C-033"]) == (
        "有效走访",
        "拒访",
        "未访",
        "有效走访",
    )
    assert table["户编号"].tolist() == sorted(table["户编号"])


def test_the_roster_says_where_a_household_lives_now(world):
    """A household that moved to another group counts in its old one, and the list names the new one."""
    with world.write() as connection:
        connection.execute(household.update().where(household.c.id == "h06").values(place="g04", village="v2"))
    table = tabulate_roster(read_roster(world, TAKER, place_id="v1", round_id="2")).as_frame().set_index("户编号")
    assert len(table) == 15
    assert (table.loc["C-006", "村"], table.loc["C-006", "村民组"]) == ("西测村", "一组")


def test_the_ledger_is_of_its_day(world):
    """On 11-20 i1 is at the township and in progress; on 10-29 it was open in the village, and i3 just closed."""
    today = tabulate_ledger(read_ledger(world, TAKER, place_id="d")).as_frame().set_index("问题描述")
    before = tabulate_ledger(read_ledger(world, TAKER, place_id="d", as_of=date(2019, 10, 29))).as_frame()
    before = before.set_index("问题描述")
    assert len(today) == len(before) == 8
    columns = ["状态", "当前层级", "完成时间"]
    assert today.loc["测试问题 i1", columns].tolist() == ["办理中", "乡镇", ""]
    assert before.loc["测试问题 i1", columns].tolist() == ["待办", "村", ""]
    assert today.loc["测试问题 i3", columns].tolist() == ["已销号", "村", "2019-10-25"]
    assert before.loc["测试问题 i8", columns].tolist() == ["待办", "村", ""]
    assert today.loc["测试问题 i8", columns].tolist() == ["已办结", "村", "2019-11-05"]
    assert not len(read_ledger(world, TAKER, place_id="d", as_of=date(2019, 10, 19)))


def test_a_ledger_row_says_whom_and_what_besides(world):
    """A row names the head, of several the first and how many; its remark how it was closed, duplicates, reopening, notes."""
    with world.write() as connection:
        connection.execute(issue_household.insert().values(issue="i1", household="h09"))
        event = {
            "seq": 9,
            "at": "2019-11-18T00:00:00.000Z",
            "actor": "x",
            "to_level": "village",
            "to_state": "in_progress",
        }
        connection.execute(
            issue_event.insert().values(issue="i8", on=date(2019, 11, 18), kind="reworked", note="水管又裂", **event)
        )
    table = tabulate_ledger(read_ledger(world, TAKER, place_id="d")).as_frame().set_index("问题描述")
    number = table.loc["测试问题 i1", "台账号"]
    assert table.loc["测试问题 i1", "户主"] == "测09等 2 户"
    assert table.loc["测试问题 i3", "备注"] == "限时解决"
    assert table.loc["测试问题 i6", "备注"] == f"与 {number} 重复"
    assert table.loc["测试问题 i8", ["备注", "状态", "完成时间"]].tolist() == ["返工 1 次；水管又裂", "办理中", ""]
    assert table.loc["测试问题 i4", ["组", "户主", "问题类别"]].tolist() == ["一组", "", "道路"]
    masked = tabulate_ledger(read_ledger(world, LEADER, place_id="d")).as_frame()
    assert set(masked["户主"]) == {"测*", "测*等 2 户", ""}


def test_areas_say_what_is_known(world):
    """A given outline is 实界 with its own area, others are 示意, a unit without a point has none."""
    square = shapely.box(109.3, 27.6, 109.4, 27.7)
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE place SET boundary = ? WHERE id = 'g01'", (shapely.to_wkb(square),))
        connection.exec_driver_sql("UPDATE household SET lon = NULL, lat = NULL WHERE place = 'g12'")
    table = tabulate_areas(list_areas(world, PLANNER, place_id="d"), draw_shapes)
    frame = table.as_frame().assign(place=table.frame["place"]).set_index("place")
    assert frame.loc["g01", "边界"] == "实界"
    # A tenth of a degree each way at 27.65° N: 9.87 km by 11.08 km.
    assert frame.loc["g01", "面积(平方公里)"] == pytest.approx(9.87 * 11.08, rel=0.002)
    assert (frame.loc["g02", "边界"], frame.loc["g12", "边界"], frame.loc["d", "边界"]) == ("示意", "无", "示意")
    assert (frame.loc["g12", "户数"], frame.loc["g12", "已定位户数"], frame.loc["d", "户数"]) == (4, 0, 60)
    assert frame.loc["g01", ["级别", "上级"]].tolist() == ["组", "东测村"]
    assert list_areas(world, PLANNER, place_id="v1", level="group")["code"].is_monotonic_increasing


def test_areas_are_measured_on_the_ellipsoid():
    """One degree by one at the equator is 12,309 km², a hole is not counted, and the turn of a ring does not matter."""
    degree = shapely.box(0, 0, 1, 1)
    assert measure_km2(degree) == pytest.approx(12_308.8, rel=1e-4)
    assert measure_km2(degree.reverse()) == pytest.approx(measure_km2(degree))
    holed = shapely.Polygon(degree.exterior, [shapely.box(0.25, 0.25, 0.75, 0.75).exterior.coords])
    assert measure_km2(holed) == pytest.approx(0.75 * measure_km2(degree), rel=1e-3)

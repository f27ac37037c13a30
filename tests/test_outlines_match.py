"""Which unit a feature is: by code and name, in every way files write them; conflicts are never decided."""

from __future__ import annotations

import pytest

from geo.importer.outlines.features import Feature, Layer
from geo.importer.outlines.match import Matcher
from geo.importer.outlines.texts import choose_fields, read_texts
from geo.store.create import create_database
from geo.store.places import insert_place
from geo.store.units import read_units
from geo.units import UnitIndex

MENGXI, LONGYU = "520602202203", "520602202204"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> UnitIndex:
    """Return the units of 2023 with one group, 一组 of 孟溪村."""
    db = create_database(tmp_path_factory.mktemp("match") / "m.sqlite", kind="real", edition="2023-06-30")
    village = f"u2023-06-30-{MENGXI}"
    row = {"id": "g1", "code": f"{MENGXI}001", "name": "一组", "full_name": "一组", "level": "group", "edition": "2023-06-30",
           "created_at": "2023-06-30T00:00:00.000Z", "created_by": "test"}  # fmt: skip
    with db.write() as connection:
        insert_place(connection, row, parent=village)
    with db.read() as connection:
        found = UnitIndex(read_units(connection))
    db.close()
    return found


def match(index: UnitIndex, folder: str = "", answers: dict[str, str] | None = None, **texts: str):
    """Match one feature with these properties."""
    feature = Feature(1, texts, None, "", folder)
    fields, _ = choose_fields(Layer("", (feature,), ""))
    return Matcher(index, answers or {}).find(read_texts(feature, fields)[0])


def said(found) -> tuple[str, str, str]:
    """Return level and code of the unit, or the code of the village with the name of its new group; and the reason."""
    if found.unit is not None:
        return found.unit.level, found.unit.code, found.reason
    if found.village is not None and found.group is not None:
        return "new", f"{found.village.code}/{found.group.name}", found.reason
    return "", "", found.reason


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"村": "孟溪村", "村民组": "第1组"}, ("group", f"{MENGXI}001", "matched")),
        ({"乡镇": "和平乡", "村": "孟溪", "村民组": "一组", "code": f"{MENGXI}001"}, ("group", f"{MENGXI}001", "matched")),
        ({"level": "group", "code": f"{MENGXI}001", "name": "一组", "parent": "孟溪村"}, ("group", f"{MENGXI}001", "matched")),
        ({"level": "group", "code": f"{MENGXI}001", "name": "1组", "parent": MENGXI}, ("group", f"{MENGXI}001", "matched")),
        ({"code": f"{MENGXI}001", "name": "一组"}, ("group", f"{MENGXI}001", "matched")),
        ({"村": "孟溪村", "村民组": "周家组"}, ("new", f"{MENGXI}/周家组", "matched")),
        ({"level": "组", "name": "二组", "parent": "孟溪村"}, ("new", f"{MENGXI}/二组", "matched")),
        ({"行政村代码": MENGXI, "小组": "3组"}, ("new", f"{MENGXI}/三组", "matched")),
        ({"code": f"{MENGXI}000", "村": "孟溪村", "组": "5"}, ("new", f"{MENGXI}/五组", "matched")),
        ({"name": "孟溪村"}, ("village", MENGXI, "matched")),
        ({"name": "孟溪村一组"}, ("group", f"{MENGXI}001", "matched")),
        ({"Name": "和平乡孟溪村第七村民组"}, ("new", f"{MENGXI}/七组", "matched")),
        ({"XZQMC": "孟溪村", "XZQDM": MENGXI}, ("village", MENGXI, "matched")),
        ({"ZLDWMC": "孟溪村", "ZLDWDM": f"{MENGXI}0000000"}, ("village", MENGXI, "matched")),
        ({"村": "孟溪村民委员会", "村代码": f"{MENGXI}.0".removesuffix(".0")}, ("village", MENGXI, "matched")),
        ({"code": MENGXI}, ("village", MENGXI, "matched")),
        ({"level": "village", "name": "孟溪村", "parent": "和平土家族侗族乡"}, ("village", MENGXI, "matched")),
        ({"乡镇": "和平乡"}, ("township", "520602202", "matched")),
        ({"code": "520602202000", "name": "和平乡"}, ("township", "520602202", "matched")),
        ({"code": "520602202", "level": "乡镇", "name": "和平土家族侗族乡"}, ("township", "520602202", "matched")),
        ({"code": "520602", "name": "碧江区"}, ("district", "520602", "matched")),
        ({"name": "碧江区"}, ("district", "520602", "matched")),
        # Code and name, name and name, that do not agree.
        ({"村": "孟溪村", "code": LONGYU}, ("", "", "conflict")),
        ({"村": "孟溪村", "村代码": "520602999999"}, ("", "", "conflict")),
        ({"村": "孟溪村", "乡镇": "六龙山乡", "组": "一组"}, ("", "", "conflict")),
        ({"村": "孟溪村", "村民组": "二组", "code": f"{MENGXI}001"}, ("", "", "conflict")),
        ({"code": "520602202", "乡镇": "六龙山乡"}, ("", "", "conflict")),
        ({"code": "520602", "level": "district", "name": "万山区"}, ("", "", "conflict")),
        ({"村": "孟溪村", "村民组": ""}, ("", "", "no_group")),
        ({"村": "孟溪村", "村民组": "", "级别": "村"}, ("village", MENGXI, "matched")),
        ({"村": "孟溪村", "村民组": "", "code": MENGXI}, ("village", MENGXI, "matched")),
        ({"村": "孟溪村", "村民组": "二三组"}, ("new", f"{MENGXI}/二三组", "several")),
        # 和平 is the stem of a township and of a village.
        ({"name": "和平"}, ("", "", "ambiguous")),
        # Nobody knows them.
        ({"name": "a"}, ("", "", "unknown")),
        ({"村": "孟西村", "村民组": "一组"}, ("", "", "unknown")),
        ({"村民组": "一组"}, ("", "", "unknown")),
        ({"name": "一组"}, ("", "", "unknown")),
        ({"code": "530000000001"}, ("", "", "unknown")),
        ({"村": "/", "村民组": "无"}, ("", "", "unknown")),
        ({"乡镇": "和平乡", "村": "", "村民组": ""}, ("township", "520602202", "matched")),
        ({}, ("", "", "unknown")),
        ({"面积": "3"}, ("", "", "unknown")),
    ],
)  # fmt: skip
def test_which_unit_a_feature_is(index, texts, expected):
    """Spellings, codes, headers and levels as files have them."""
    assert said(match(index, **texts)) == expected


def test_a_folder_names_the_village(index):
    """一组 in a KML folder called 孟溪村 is its first group; the folder of another kind of name is nothing."""
    assert said(match(index, folder="孟溪村", name="一组")) == ("group", f"{MENGXI}001", "matched")
    assert said(match(index, folder="孟溪村", 村民组="九组")) == ("new", f"{MENGXI}/九组", "matched")
    assert said(match(index, folder="我的地图", name="一组"))[2] == "unknown"
    assert said(match(index, folder="孟溪村", name="村委会"))[2] == "unknown"
    assert said(match(index, folder="孟溪村", name="周家组")) == ("new", f"{MENGXI}/周家组", "matched")


def test_the_village_a_file_is_about(index):
    """Groups whose feature names no village are of the one the file or the user names; what names one keeps it."""
    home = index.by_code[MENGXI]
    for texts, expected in (
        ({"name": "一组"}, ("group", f"{MENGXI}001", "matched")),
        ({"村民组": "八组"}, ("new", f"{MENGXI}/八组", "matched")),
        ({"村民组": "八组", "村": "龙鱼村"}, ("new", f"{LONGYU}/八组", "matched")),
        ({"村民组": "八组", "村": "孟西村"}, ("", "", "unknown")),
        ({"name": "篮球场"}, ("", "", "unknown")),
    ):  # fmt: skip
        feature = Feature(1, texts, None)
        fields, _ = choose_fields(Layer("", (feature,), ""))
        assert said(Matcher(index, {}, home).find(read_texts(feature, fields)[0])) == expected


def test_answers_settle_what_was_asked(index):
    """An answered unit is taken, as a village for a group; `skip` leaves the feature aside."""
    conflict = {"村": "孟溪村", "村民组": "三组", "code": f"{LONGYU}001"}
    found = match(index, **conflict)
    assert {one.code for one in found.candidates} == {MENGXI, LONGYU}
    label = "unit:孟溪村/三组/" + f"{LONGYU}001"
    assert said(match(index, answers={label: LONGYU}, **conflict)) == ("new", f"{LONGYU}/三组", "matched")
    assert said(match(index, answers={label: "skip"}, **conflict)) == ("", "", "unknown")
    assert said(match(index, answers={"unit:一组": MENGXI}, name="一组")) == ("group", f"{MENGXI}001", "matched")


def test_names_cut_off_at_ten_bytes():
    """村民小组名称 and 统计用区划代码 are known by what a .dbf leaves of them; what two fields could be is not."""
    feature = Feature(1, {"统计用区划": "x", "所属小组": "y", "乡镇(街道": "z", "行政村": "v"}, None)
    fields, guessed = choose_fields(Layer("", (feature,), "", cut_names=True))
    assert fields == {"统计用区划": "village_code", "所属小组": "group", "乡镇(街道": "township", "行政村": "village"}
    assert guessed == ["统计用区划", "乡镇(街道"]
    plain, _ = choose_fields(Layer("", (feature,), ""))
    assert "统计用区划" not in plain
    utf8 = Feature(1, {"村民小": "一组"}, None)
    assert choose_fields(Layer("", (utf8,), "", cut_names=True))[0] == {"村民小": "group"}

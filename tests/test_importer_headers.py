"""Header rows: aliases, guesses, content, corrections."""

from __future__ import annotations

import pytest

from geo.importer.headers import Header, find_header
from geo.importer.readers import Sheet
from geo.schema import IMPORT_FIELDS


def header_of(
    *headers: str, rows: list[list[object]] | None = None, mapping: dict[int, str | None] | None = None
) -> Header:
    """Return what a header row above some rows means."""
    return find_header(Sheet("s", [list(headers), *(rows or [])]), mapping=mapping)


def keys(header: Header) -> list[str | None]:
    """Return the fields the columns are taken for."""
    return [column.key for column in header.columns]


def test_every_known_header_is_exact():
    """Each header and each alias of the schema means its field, without a finding."""
    for field in IMPORT_FIELDS:
        for name in (field.header, *field.aliases):
            header = header_of(name, "序号")
            assert (header.columns[0].key, header.columns[0].how) == (field.key, "exact")
            assert not header.findings


@pytest.mark.parametrize("written", [" 经 度（东经）", "经度\n", "经度*", "经度（必填）", "经度:"])
def test_untidy_headers_are_guessed_and_said(written):
    """White space, full-width brackets and marks are read through, and the guess is listed with its cell."""
    header = header_of("户编号", written)
    assert (keys(header), [(one.code, one.cell) for one in header.findings]) == (
        ["code", "lon"],
        [("W_HEADER_GUESSED", "B1")],
    )


def test_brackets_that_change_whose_it_is():
    """联系电话(帮扶人) is not the household's phone: it is listed as unknown."""
    header = header_of("户编号", "联系电话（帮扶人）")
    assert (keys(header), [one.code for one in header.findings]) == (["code", None], ["W_UNKNOWN_COLUMNS"])


def test_title_rows_are_skipped():
    """Rows above the header are listed and do not count; the header is the best known row."""
    header = find_header(Sheet("s", [["和平乡台账", "", ""], ["填报日期", "2019-03-05", ""], ["村", "户编号", "户主"]]))
    assert (header.row, [one.code for one in header.findings]) == (2, ["W_TITLE_ROWS_SKIPPED"])


def test_refused_columns_are_dropped_with_a_word():
    """民族 has no field here: it is not taken, and each such column is named."""
    header = header_of("户编号", "民族", "政治面貌")
    assert keys(header) == ["code", None, None]
    assert [(one.code, one.value) for one in header.findings] == [
        ("W_REFUSED_COLUMN", "民族"),
        ("W_REFUSED_COLUMN", "政治面貌"),
    ]


def test_ambiguous_headers_are_decided_by_content():
    """In surveying X is north: the numbers decide which of X坐标 and Y坐标 is the longitude."""
    north_first = header_of("户编号", "X坐标", "Y坐标", rows=[["a", 27.68, 109.15], ["b", 27.69, 109.16]])
    east_first = header_of("户编号", "X坐标", "Y坐标", rows=[["a", 109.15, 27.68], ["b", 109.16, 27.69]])
    projected = header_of("户编号", "X坐标", "Y坐标", rows=[["a", 3063000.5, 36420000.1]])
    assert [keys(one)[1:] for one in (north_first, east_first, projected)] == [
        ["lat", "lon"],
        ["lon", "lat"],
        ["lat", "lon"],
    ]


def test_numbers_that_count_up_are_no_code():
    """编号 1, 2, 3 is a running number; distinct codes are the key."""
    running = header_of("村", "户主", "编号", rows=[["孟溪村", "a", 1.0], ["孟溪村", "b", 2.0]])
    coded = header_of("村", "户主", "编号", rows=[["孟溪村", "a", "HP7"], ["孟溪村", "b", "HP3"]])
    assert (running.problem, coded.problem, keys(coded)) == ("E_MISSING_COLUMN", "", ["village", "head_name", "code"])


def test_name_is_the_head_only_where_rows_are_households():
    """姓名 is the head unless a column says that each row is a person."""
    assert keys(header_of("户编号", "姓名", rows=[["a", "王测"]]))[1] == "head_name"
    assert keys(header_of("户编号", "姓名", "与户主关系", rows=[["a", "王测", "户主"]]))[1] == "person_name"


def test_two_columns_of_one_meaning_are_refused():
    """户编号 and 户号 in one file cannot both be the key; both are named."""
    header = header_of("户编号", "户号")
    assert (header.problem, "B 户号" in header.detail) == ("E_DUP_COLUMN", True)


def test_weak_headers_yield():
    """自然村 beside 村民组 is no second group column."""
    header = header_of("户编号", "自然村", "村民组")
    assert (header.problem, keys(header)) == ("", ["code", None, "group"])


def test_corrections_overrule_everything():
    """The user's mapping repairs a missing key, drops a column and solves a double one."""
    assert header_of("村", "门牌", mapping={1: "code"}).problem == ""
    fixed = header_of("户编号", "户号", mapping={1: None})
    assert (fixed.problem, fixed.columns[1].how) == ("", "corrected")


@pytest.mark.parametrize("officer", ["包组干部", "帮扶责任人", "村干部", "网格员", "填表人", "联系人", "包组干部姓名"])
def test_a_phone_behind_an_officer_is_the_officers(officer):
    """联系电话 right behind 包组干部 is not the household's: it is listed as unknown, with the officer."""
    rows = [["孟溪村", code, "王测", "张干部", "13900000001"] for code in ("M1", "M2", "M3")]
    header = header_of("村", "户编号", "户主", officer, "联系电话", rows=rows)
    assert (keys(header)[3:], header.findings[-1].value) == ([None, None], f"{officer}, 联系电话")


def test_the_office_may_stand_before_the_phone():
    """帮扶责任人, 单位及职务, 电话: the phone is still the officer's, and the household's own before it is kept."""
    header = header_of("户编号", "户主", "户主电话", "帮扶责任人", "单位及职务", "电话")
    assert keys(header) == ["code", "head_name", "phone", None, None, None]


def test_one_officer_with_a_phone_for_every_household():
    """Where one officer would have another phone in every row, the phones are the households'; that is said."""
    rows = [[f"M{nth}", "王测", "张干部", f"1390000000{nth}"] for nth in range(4)]
    header = header_of("户编号", "户主", "包组干部", "联系电话", rows=rows)
    assert (keys(header)[3], [one.code for one in header.findings]) == (
        "phone",
        ["W_HEADER_GUESSED", "W_UNKNOWN_COLUMNS"],
    )


def test_a_phone_behind_the_head_is_the_households():
    """Of two columns 联系电话 the one behind the head is taken, the one behind 帮扶责任人 is not."""
    header = header_of("户编号", "户主", "联系电话", "帮扶责任人", "联系电话")
    assert (header.problem, keys(header)) == ("", ["code", "head_name", "phone", None, None])


def test_the_phone_that_names_the_household_comes_first():
    """Of 联系电话, 户联系电话 and 人联系电话 that differ the household's is taken, and the others are listed."""
    rows = [["M1", "13800000001", "13800000002", "13800000003"]]
    header = header_of("户编号", "联系电话", "户联系电话", "人联系电话", rows=rows)
    assert (keys(header), header.findings[-1].value) == (["code", None, "phone", None], "联系电话, 人联系电话")


def test_columns_that_agree_in_every_row_are_one():
    """村民组 and 组别 that name the same group row by row are one column; where they differ it cannot be told."""
    alike = [["M1", "一组", "1组"], ["M2", "", ""], ["M3", "第3组", "三组"]]
    assert keys(header_of("户编号", "村民组", "组别", rows=alike)) == ["code", "group", None]
    filled = [["M1", "", "1组"], ["M2", "", "二组"]]
    assert keys(header_of("户编号", "村民组", "组别", rows=filled)) == ["code", None, "group"]
    assert header_of("户编号", "村民组", "组别", rows=[*alike, ["M4", "四组", "五组"]]).problem == "E_DUP_COLUMN"


def test_every_header_of_the_national_system_at_once():
    """All headers that were seen in the field, in one row over the persons of a household, need no answer."""
    names = [
        "县(市、区、旗)",
        "乡(镇)",
        "行政村",
        "自然村",
        "村民组",
        "组别",
        "户编号",
        "人编号",
        "户主姓名",
        "姓名",
        "证件号码",
        "人数",
        "家庭人口",
        "与户主关系",
        "户类型",
        "户联系电话",
        "联系电话",
        "家庭住址",
        "经度",
        "纬度",
        "致贫原因",
        "危房户",
        "监测对象类型",
    ]
    person = dict.fromkeys(names, "") | {
        "行政村": "孟溪村", "村民组": "一组", "组别": "1组", "户编号": "M1", "户主姓名": "王测", "与户主关系": "户主",
        "户联系电话": "13800000001", "联系电话": "13800000002", "人数": "2", "家庭人口": "2",
    }  # fmt: skip
    header = header_of(*names, rows=[[person[name] for name in names], [person[name] for name in names]])
    taken = {column.key: column.header for column in header.columns if column.key}
    assert (header.problem, taken["phone"], taken["group"], taken["size"]) == ("", "户联系电话", "村民组", "家庭人口")

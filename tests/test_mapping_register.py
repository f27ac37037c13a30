"""Rosters read by a mapping: the shipped national export, other headers, words and derived columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.mapping import find_mapping
from tests import odd_books, workbooks
from tests.mapped import load, rows, spec_of, write

HEAD_ID = "522201190002020015"
OTHER_ID = "52220119001018129X"
NATIONAL = [
    "县(市、区、旗)", "乡(镇)", "行政村", "自然村", "村民组", "户编号", "人编号", "姓名", "证件号码", "人数", "与户主关系", "户类型",
    "户联系电话", "民族", "致贫原因", "经度", "纬度",
]  # fmt: skip
CODES = {
    "村民组": "aar007", "户编号": "aac001", "户类型": "aac006", "致贫原因": "aac007",
}  # fmt: skip


@pytest.fixture
def register(tmp_path: Path):
    """Return an empty register of the shipped units."""
    return workbooks.open_register(tmp_path / "r.sqlite")


def person(code: str, name: str, relation: str, **said: object) -> list[object]:
    usual: dict[str, object] = {
        "县(市、区、旗)": "碧江区", "乡(镇)": "和平乡", "行政村": "孟溪村", "自然村": "上寨", "村民组": "一组", "户编号": code, "姓名": name,
        "与户主关系": relation, "户类型": "脱贫户", "民族": "土家族", "致贫原因": "因病", "经度": 109.15, "纬度": 27.68,
    }  # fmt: skip
    return [{**usual, **said}.get(column, "") for column in NATIONAL]


FAMILIES = [
    person("520602202203001", "王一", "户主", 证件号码=HEAD_ID, 人数=3, 户联系电话="13812345678"),
    person("520602202203001", "王二", "配偶", 证件号码=OTHER_ID, 人数=3),
    person("520602202203001", "王三", "之子", 人数=3),
    person("520602202203002", "李一", "之女", 人数=2),
    person("520602202203002", "李二", "户主", 人数=2, 户类型="监测户"),
    person("520602202203003", "张一", "户主", 人数=5, 户类型="一般户"),
]


@pytest.mark.parametrize("names", [{}, CODES], ids=["words", "codes"])
def test_the_national_export_is_folded_into_households(register, tmp_path, names):
    """Under Chinese headers or system codes, title rows above: one household a code, its head, how many rows it has."""
    header = [names.get(name, name) for name in NATIONAL]
    families = [row for row in FAMILIES if "监测户" not in row]
    path = odd_books.write_book(tmp_path / "export.xlsx", [["农户信息导出"], header, *families])
    report = load(*register, path, find_mapping("national_export"))
    assert (report.stored, report.rows_total, report.households) == (True, 5, 3)
    found = rows(
        register[0], "SELECT code, head_name, size, phone, id_last4, household_class FROM household ORDER BY code"
    )
    assert found == [
        ("520602202203001", "王一", 3, "13812345678", "0015", "lifted"),
        ("520602202203002", "李一", 1, "", None, "lifted"),
        ("520602202203003", "张一", 1, "", None, "general"),
    ]
    assert {"W_REFUSED_COLUMN", "W_ATTR_DIFFERS"} <= set(report.codes)
    assert not load(*register, path, find_mapping("national_export")).changed


def test_the_kind_of_a_monitored_household_is_read_and_what_is_left_out_is_listed(register, tmp_path):
    """监测对象类型 counts over 脱贫户 and stands in for an empty 户类型; columns that nothing reads are named."""
    header = [*NATIONAL, "监测对象类型", "人联系电话", "务工时间"]
    book = [
        header,
        [*person("A1", "王一", "户主", 户联系电话="13812345678"), "脱贫不稳定户", "13900000000", 3],
        [*person("A2", "李一", "户主", 户类型=""), "突发严重困难户", "", ""],
        [*person("A3", "张一", "户主", 户类型="一般户"), "", "", ""],
        [*person("A4", "赵一", "户主"), "", "", ""],
    ]
    path = odd_books.write_book(tmp_path / "export.xlsx", book)
    report = load(*register, path, find_mapping("national_export"))
    classes = rows(register[0], "SELECT household_class FROM household ORDER BY code")
    assert [one for (one,) in classes] == ["mon_unstable", "mon_sudden", "general", "lifted"]
    (unread,) = [one.value for one in report.findings if one.code == "W_UNKNOWN_COLUMNS"]
    assert {"人联系电话", "务工时间", "致贫原因"} <= set(unread.split(", "))


def test_the_head_and_the_number_of_rows_are_checked(register, tmp_path):
    """The head is the row that says so, wherever it stands; a number that is not that of the rows is listed."""
    path = odd_books.write_book(tmp_path / "export.xlsx", [NATIONAL, *FAMILIES[3:]])
    spec = find_mapping("national_export")
    report = load(*register, path, spec)
    assert report.outcome == "ask"
    told = load(*register, path, spec, answers={"class:监测户": "mon_marginal"})
    assert told.stored
    assert rows(register[0], "SELECT head_name, size FROM household ORDER BY code") == [("李二", 2), ("张一", 1)]
    assert [(one.row, one.value) for one in told.findings if one.code == "W_ATTR_DIFFERS" and one.field == "人口"] == [
        (3, "5 ≠ 1")
    ]


def test_words_become_codes_and_columns_are_derived(register, tmp_path):
    """A map into codes, a padded key, a constant, a day in another order, an issue that keeps its own word."""
    spec = spec_of("""
        where: {column: 备用, not: 删}
        register:
          village: {value: 孟溪村}
          group: 小队
          code: {text: "{小队}-{号}"}
          head_name: 当家人
          outcome: {column: 见着没, map: {见着了: effective, 没见着: not_home, 没去: none}}
          visited_on: {column: 哪天, format: "%d/%m/%Y"}
          issue: {column: 诉求, map: {路烂: INF_R}, otherwise: OTH}
    """)
    path = write(
        tmp_path / "r.csv",
        "小队,号,当家人,见着没,哪天,诉求,备用\n1,7,王测一,见着了,03/02/2019,路烂,\n1,8,王测二,没见着,03/02/2019,想修井,\n"
        "2,1,王测三,没去,,,\n2,2,王测四,见着了,03/02/2019,,删\n",
    )
    report = load(*register, path, spec)
    assert (report.stored, report.rows_total, report.households) == (True, 3, 3)
    assert rows(register[0], "SELECT code, head_name FROM household ORDER BY code") == [
        ("1-7", "王测一"), ("1-8", "王测二"), ("2-1", "王测三"),
    ]  # fmt: skip
    assert rows(register[0], "SELECT visited_on, outcome FROM visit ORDER BY outcome") == [
        ("2019-02-03", "effective"), ("2019-02-03", "not_home"),
    ]  # fmt: skip
    assert rows(register[0], "SELECT category, title FROM issue ORDER BY category") == [
        ("INF_R", "路烂"),
        ("OTH", "想修井"),
    ]
    assert not load(*register, path, spec).changed


def test_cells_keep_their_names_and_unnamed_columns_are_not_read(register, tmp_path):
    """A finding names the cell of the file; a column that the mapping leaves out is not taken, however it is called."""
    spec = spec_of("register: {village: 在哪, group: 队, code: 号, size: 几口}\n")
    path = write(tmp_path / "r.csv", "联系电话,在哪,队,号,几口\n13812345678,孟溪村,1,7,-3\n")
    report = load(*register, path, spec)
    assert [(one.code, one.cell) for one in report.findings if one.row] == [("W_RANGE", "E2")]
    assert rows(register[0], "SELECT code, phone FROM household") == [("7", "")]


def test_a_missing_column_is_named_with_its_line(register, tmp_path):
    """The roster importer is not asked when a column of the mapping is missing."""
    spec = spec_of("register:\n  village: 在哪\n  code: 编码号\n")
    report = load(*register, write(tmp_path / "r.csv", "在哪,编码\n孟溪村,1\n"), spec)
    assert (report.outcome, report.codes) == ("reject_file", ["E_MISSING_COLUMN"])
    assert "（映射第 3 行 register.code）。最像的是“编码”" in report.message

"""Headers of several rows, merged cells, totals: what a sheet shows is what is understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.importer.headers import find_header
from geo.importer.sheets import Layout, Sheet
from tests import odd_books, workbooks


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory):
    """Return an empty register that the dry runs of this file leave empty."""
    return workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")


@pytest.fixture
def look(register, tmp_path: Path):
    """Return a function that says what a workbook of some rows would come to."""

    def understand(rows, *, merges=(), **options):
        path = odd_books.write_book(tmp_path / "a.xlsx", rows, merges=merges)
        return workbooks.bring(*register, path, dry_run=True, **options)

    return understand


def keys(*rows: list[object], merged=()) -> list[str | None]:
    """Return the fields that the columns of header rows above one household are taken for."""
    home = [*(["x"] * max(len(row) for row in rows))]
    header = find_header(Sheet("s", [*map(list, rows), home], layout=Layout(merged=tuple(merged))))
    assert header.row == len(rows) - 1
    return [column.key for column in header.columns]


TWO_ROWS = [
    ["序号", "村", "村民组", "户编号", "户主", "", "家庭情况", "", "坐标", ""],
    ["", "", "", "", "姓名", "身份证号", "人口", "联系电话", "经度", "纬度"],
]
TWO_ROWS_MERGED = ["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1", "G1:H1", "I1:J1"]
TWO_ROWS_RANGES = [(0, n, 1, n) for n in range(4)] + [(0, 4, 0, 5), (0, 6, 0, 7), (0, 8, 0, 9)]
TWO_ROWS_KEYS = [None, "village", "group", "code", "head_name", "id_number", "size", "phone", "lon", "lat"]


@pytest.mark.parametrize("merged", [TWO_ROWS_RANGES, []], ids=["merged", "plain"])
def test_a_header_of_two_rows(merged):
    """Names over names are read together, with merged cells and, in formats that know none, without."""
    assert keys(*TWO_ROWS, merged=merged) == TWO_ROWS_KEYS


def test_a_header_of_two_rows_in_a_file(look):
    """Below a merged title, a two-row header costs no household, and names that are known together are no guess."""
    title = ["和平乡农户走访台账", *[""] * 9]
    home = [1, "孟溪村", "一组", "HP1", "王测", "", 3, "13812345678", 109.15, 27.68]
    merges = ["A1:J1", *(":".join(f"{end[0]}{int(end[1]) + 1}" for end in one.split(":")) for one in TWO_ROWS_MERGED)]
    report = look([title, *TWO_ROWS, home], merges=merges)
    assert (report.outcome, report.rows_total, report.persons, report.header_row) == ("accept_with_warnings", 1, 3, 3)
    assert [(one.code, one.cell) for one in report.findings] == [("W_TITLE_ROWS_SKIPPED", "1-1")]


def test_a_header_of_three_rows():
    """Three rows of merged names come down to one field each."""
    rows = [
        ["农户基本情况", "", "", "", ""],
        ["村", "户编号", "家庭", "", "联系电话"],
        ["", "", "户主", "人口", ""],
    ]
    merged = [(0, 0, 0, 4), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 2, 4)]
    header = find_header(Sheet("s", [*rows, ["x"] * 5], layout=Layout(merged=tuple(merged))))
    assert [column.key for column in header.columns] == ["village", "code", "head_name", "size", "phone"]
    assert (header.first_row, header.row, header.titles) == (1, 2, (["农户基本情况"],))


@pytest.mark.parametrize(
    ("above", "below", "key"),
    [("帮扶责任人", "联系电话", None), ("配偶", "身份证号", None), ("走访", "日期", "visited_on"), ("家庭", "人口", "size"),
     ("走访情况", "结果", "outcome"), ("走访情况", "日期", "visited_on"), ("走访登记", "状态", "outcome"),
     ("家庭基本情况", "人口", "size"), ("户主信息", "姓名", "head_name"), ("政治面貌", "备注", None), ("乡镇干部", "联系电话", None)],
)  # fmt: skip
def test_what_stands_above_says_whose_it_is(above, below, key):
    """A phone under 帮扶责任人 is not the household's; 日期 under 走访 is the day of the visit."""
    rows = [["村", "户编号", above, ""], ["", "", below, "其他说明文字"]]
    assert keys(*rows, merged=[(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3)])[2] == key


def test_marks_are_read_by_the_lowest_header(look):
    """√ under 是否见面 under 走访情况 is somebody who was met."""
    rows = [
        ["村", "村民组", "户编号", "走访情况", ""], ["", "", "", "日期", "是否见面"],
        ["孟溪村", "一组", "H1", "2019-03-05", "√"], ["孟溪村", "一组", "H2", "2019-03-05", "×"],
    ]  # fmt: skip
    report = look(rows, merges=["A1:A2", "B1:B2", "C1:C2", "D1:E1"])
    said = [one["value"] for one in report.values if one["field"] == "走访状态"]
    assert (report.rows_ok, said, report.changes["visits_new"]) == (2, ["effective", "not_home"], 2)


def test_a_line_about_the_file_is_no_header():
    """填报单位 and 填报日期 above the header are title cells, also where they are merged in parts."""
    rows = [["填报单位：和平乡", "", "填报日期：2019-03-05", ""], ["村", "户编号", "户主", "人口"]]
    header = find_header(Sheet("s", [*rows, ["x"] * 4], layout=Layout(merged=((0, 0, 0, 1), (0, 2, 0, 3)))))
    assert (header.first_row, header.row, header.titles) == (1, 1, (["填报单位：和平乡", "填报日期：2019-03-05"],))


def test_column_numbers_under_the_header_are_no_household(look):
    """A row that only numbers the columns belongs to the header."""
    rows = [workbooks.HEADER, list(range(1, 14)), workbooks.home("HP1")]
    report = look(rows)
    assert (report.rows_total, [(one.code, one.cell) for one in report.findings]) == (
        1,
        [("W_TITLE_ROWS_SKIPPED", "2")],
    )


def test_merged_cells_say_the_same_in_all_their_rows(look):
    """A village and a group merged over their households are those of each of them, and each range is listed."""
    rows = [
        workbooks.HEADER,
        workbooks.home("HP1"),
        *(workbooks.home(f"HP{n}", 乡镇="", 村="", 村民组="") for n in (2, 3)),
    ]
    report = look(rows, merges=["A2:A4", "B2:B4", "C2:C4"])
    assert (report.outcome, report.rows_ok) == ("accept_with_warnings", 3)
    assert [(one.code, one.cell, one.value) for one in report.findings] == [
        ("W_MERGED_FILLED", "A2:A4", "和平乡"), ("W_MERGED_FILLED", "B2:B4", "孟溪村"), ("W_MERGED_FILLED", "C2:C4", "一组"),
    ]  # fmt: skip
    assert {one["value"] for one in report.values if one["field"] == "村民组"} == {"一组"}


def test_blanks_outside_a_merged_range_are_findings(look):
    """Only a real merged range is filled: the row below it has no group, and is refused."""
    rows = [workbooks.HEADER, workbooks.home("HP1"), *(workbooks.home(f"HP{n}", 村民组="") for n in (2, 3))]
    report = look(rows, merges=["C2:C3"])
    assert [(one.row, one.field, one.code) for one in report.rows_bad] == [(3, "村民组", "R_REQUIRED")]
    assert [(one.code, one.cell) for one in report.findings] == [("W_MERGED_FILLED", "C2:C3")]


def test_blank_rows_inside_a_merged_range_stay_blank(look):
    """A range that reaches past the last household makes no household."""
    rows = [workbooks.HEADER, workbooks.home("HP1"), workbooks.home("HP2", 村民组=""), [""] * 13, [""] * 13]
    report = look(rows, merges=["C2:C5"])
    assert (report.rows_total, report.rows_ok) == (2, 2)


def test_ranges_across_fill_their_first_column_only(look):
    """A block merged over several columns says nothing of the others; a range within one row fills nothing."""
    rows = [workbooks.HEADER, *(workbooks.home(f"HP{n}", 问题类别="饮水") for n in (1, 2))]
    report = look(rows, merges=["J2:K3", "L2:M2"])
    said = {name: [one["value"] for one in report.values if one["field"] == name] for name in ("走访日期", "备注")}
    assert said == {"走访日期": ["2019-11-01", "2019-11-01"], "备注": ["", ""]}
    assert [(one.code, one.cell) for one in report.findings] == [
        ("W_MERGED_FILLED", "J2:J3"),
        ("W_OUTCOME_MISSING", "K2"),
        ("W_OUTCOME_MISSING", "K3"),
    ]


@pytest.mark.parametrize(
    "word",
    [
        "小计",
        "合 计",
        "一组小计",
        "孟溪村合计",
        "总计：40户",
        "本页合计",
        "累计",
        "共 计",
        "合计（户）",
        "全村合计",
        "合計",
    ],
)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_totals_are_dropped_and_listed(look, word, column):
    """A total is no household, in whichever of the first columns it stands and even with figures beside it."""
    total = [""] * 13
    total[column], total[3], total[6] = word, 40, 120
    report = look([workbooks.HEADER, workbooks.home("HP1"), total])
    assert (report.rows_total, [(one.code, one.cell) for one in report.findings]) == (1, [("W_TOTAL_ROW_SKIPPED", "3")])


@pytest.mark.parametrize("word", ["填表人：王测", "制表：李测", "审核：张测", "审核人：", "单位负责人："])
@pytest.mark.parametrize("column", [0, 3])
def test_signatures_are_dropped_and_listed(look, word, column):
    """Who filled in and who checked is no household, also where it stands in the column of codes."""
    line = [""] * 13
    line[column], line[8] = word, "2019年3月5日"
    report = look([workbooks.HEADER, workbooks.home("HP1"), line])
    assert (report.rows_total, [one.code for one in report.findings]) == (1, ["W_TOTAL_ROW_SKIPPED"])


def test_titles_between_the_rows(look):
    """A line merged across the table between two groups is a title, listed and not counted; one household is none."""
    rows = [
        workbooks.HEADER,
        ["一组（12 户）", *[""] * 12],
        workbooks.home("HP1"),
        ["二组", *[""] * 12],
        workbooks.home("HP2"),
    ]
    report = look(rows, merges=["A2:M2", "A4:M4"])
    assert (report.rows_ok, [(one.code, one.cell, one.value) for one in report.findings]) == (
        2,
        [("W_TITLE_ROWS_SKIPPED", "2", "一组（12 户）"), ("W_TITLE_ROWS_SKIPPED", "4", "二组")],
    )


def test_names_and_notes_that_look_like_totals_stay(look):
    """A head named 王小计 and a note that ends with 合计 are no totals."""
    report = look([workbooks.HEADER, workbooks.home("HP1", 户主="王小计", 备注="补贴合计"), workbooks.home("HP2")])
    assert (report.outcome, report.rows_ok) == ("accept", 2)


SHORT = ["户编号", "户主", "人口", "备注"]
TITLE = ["和平乡孟溪村走访台账", "", "", ""]


@pytest.mark.parametrize("merges", [["A3:D3", "A5:D5"], []], ids=["merged", "plain"])
@pytest.mark.parametrize(("first", "second"), [("一组", "二组"), ("第一组：", "二组（1 户）"), ("周家组", "2社")])
def test_titles_in_the_column_of_codes(look, merges, first, second):
    """Groups that stand as titles where the codes stand are no households: they are listed, and asked about once."""
    rows = [TITLE, SHORT, [first, *[""] * 3], ["M1", "王", 3, ""], [second, "", "", ""], ["M2", "李", 2, ""]]
    asked = look(rows, merges=merges)
    assert (asked.outcome, asked.rows_total, [one.id for one in asked.questions]) == ("ask", 2, ["group_titles"])
    assert [one.value for one in asked.findings if one.cell in ("3", "5")] == [first, second]
    taken = look(rows, merges=merges, answers={"group_titles": "take"})
    groups = [one["value"] for one in taken.values if one["field"] == "村民组"]
    assert groups == [{"第一组：": "一组"}.get(first, first), "二组"]


def test_a_merged_title_beside_a_column_of_groups(look):
    """A title that is merged across keeps no row out where a column names the groups."""
    rows = [TITLE, ["户编号", "村民组", "户主", "人口"], ["一组", "", "", ""], ["M1", "一组", "王", 3]]
    report = look(rows, merges=["A3:D3"])
    assert (report.rows_total, report.rows_ok, report.rows_bad) == (1, 1, ())


@pytest.mark.parametrize(
    "line",
    [["第1页", "", "", ""], ["第 1 页", "共3页", "", ""], ["", "", "共2户", ""], ["2026年5月", "", "", ""], ["共十二户", "", 40, ""],
     ["联系人：王", "", "", ""], ["二〇二六年五月三日", "", "", ""], ["合计", "3户", 9, ""], ["以上合计2户", "", "", ""]],
)  # fmt: skip
def test_what_stands_at_the_foot_of_a_page_is_listed(look, line):
    """Page numbers, days, counts and signatures below the households are none, also in the column of codes."""
    report = look([TITLE, SHORT, ["M1", "王", 3, ""], line])
    assert (report.rows_total, report.rows_bad) == (1, ())
    assert ("W_TOTAL_ROW_SKIPPED", "4") in [(one.code, one.cell) for one in report.findings]


@pytest.mark.parametrize("numbers", [[1, 2, 3], ["1", "2", "3"], ["①", "②", "③"], ["（1）", "(2)", "(3)"]])
def test_column_numbers_of_a_narrow_sheet(look, numbers):
    """Three columns that are numbered are no household, however the numbers are marked."""
    report = look([TITLE[:3], SHORT[:3], numbers, ["M1", "王", 3]])
    assert (report.rows_total, report.rows_ok) == (1, 1)


def test_homes_that_look_like_margins_stay(look):
    """Codes that are numbers, heads named 共 or 组, notes of totals and days, and a code without more are households."""
    homes = [
        [1, "王", 3, ""], ["2", "共某", 2, "合计2人"], ["M-3", "共计生", 2, "累计走访3次"], ["M-4", "", "", "2019年"],
        ["孟-5", "", "", "累计走访"], ["6", "", "", ""], ["一组7号", "李", 1, "第1页"], ["M-8", "单组", 1, ""],
    ]  # fmt: skip
    report = look([TITLE, SHORT, *homes])
    assert (report.rows_total, report.rows_ok) == (len(homes), len(homes))


def test_a_repeated_header_of_two_rows(look):
    """A header printed again on every page is no household, both of its rows."""
    home = [1, "孟溪村", "一组", "HP1", "王测", "", 3, "", 109.15, 27.68]
    report = look([*TWO_ROWS, home, *TWO_ROWS, [2, "孟溪村", "一组", "HP2", *home[4:]]], merges=TWO_ROWS_MERGED)
    assert (report.rows_total, report.rows_ok) == (2, 2)
    assert [one.cell for one in report.findings if one.code == "W_TITLE_ROWS_SKIPPED"] == ["4", "5"]


@pytest.mark.parametrize(
    "header",
    ["民族", "户主民族", "民 族", "宗教信仰情况", "政治面貌（党员/群众）", "是否信访户", "重点人员类别", "民族成分"],
)
def test_refused_columns_are_dropped_with_a_word(look, header):
    """Whatever is written around 民族 or 信仰, the column is not taken, and the user cannot take it for another."""
    rows = [[*workbooks.HEADER, header], [*workbooks.home("HP1"), "汉"]]
    for mapping in (None, {13: "note"}):
        report = look(rows, mapping=mapping)
        assert [(one.code, one.cell, one.value) for one in report.findings] == [("W_REFUSED_COLUMN", "N1", header)]
        assert "汉" not in str(report)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("戶編號", "code"),
        ("鄉鎮", "township"),
        ("經度", "lon"),
        ("戶主", "head_name"),
        ("村民組", "group"),
        ("户\u200b编号", "code"),
    ],
)
def test_traditional_characters_and_unseen_marks(header, key):
    """A header in traditional characters, or with a mark that nobody sees, is a guess that is right."""
    found = find_header(Sheet("s", [[header, "序号"], ["x", 1]]))
    assert (found.columns[0].key, found.columns[0].how) == (key, "guessed")

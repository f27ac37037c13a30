"""What is taken away: the rows and the order of the screen, as text, without formulas, and logged."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from geo.errors import Invalid, NotAllowed
from geo.exports import ExportHead, assignment_sheets, tabulate_gaps, tabulate_groups, write_table
from geo.gaps import group_gaps, list_todos, rank_gaps
from geo.model import Scope
from geo.schema import GAP_COLUMNS
from geo.store.exportlog import list_exports, log_export
from geo.store.reads import read_homes
from geo.workbook import HEAD_ROWS, MOST_ROWS, Column, Sheet, name_sheets, write_workbook
from tests.world import LEADER, PLANNER, TAKER, TODAY

HEAD = ExportHead("缺口清单", "测试区", "第2轮", TODAY, "未访、未分配", "规划")
#: Texts that a spreadsheet would run, or that break a careless writer.
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1+1", " =1", "a<b>&\"c'", "_x0041_", "x\x01y", " edge ", "两\n行",
    '=HYPERLINK("http://127.0.0.1")', "{{ 7*7 }}", "https://example.org/a", "0123456789012345678", "1e5", "\U0001f600",
)  # fmt: skip


def gap_list(frame: pd.DataFrame, *, head: ExportHead, suffix: str) -> bytes:
    """Return gap rows as a file of one sheet."""
    return write_table(replace(tabulate_gaps(frame), sheets=""), head=head, form=suffix)


def gap_table(frame: pd.DataFrame) -> pd.DataFrame:
    return tabulate_gaps(frame).as_frame()


@pytest.fixture
def homes(world):
    return read_homes(world, TAKER, round_id="2", place_id="d")


@pytest.fixture
def gaps(homes):
    return rank_gaps(homes, TODAY)


def read_rows(content: bytes, sheet: int = 0) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python()


def text_sheet(values: list, *, rows: int | None = None) -> Sheet:
    """Return a sheet with one text column."""
    return Sheet("表", "题", "行", (Column("值"),), rows or len(values), lambda start, stop: [values[start:stop]])


def formulas_of(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return sum(archive.read(name).count(b"<f") for name in sheets)


def test_a_gap_list_is_what_is_on_screen(gaps):
    """The workbook holds title, line, the headers of the schema and exactly the rows given, in their order."""
    filtered = gaps[gaps["state"] == "unvisited"].iloc[::-1]
    title, line, head, *rows = read_rows(gap_list(filtered, head=HEAD, suffix="xlsx"))
    assert title[0] == "缺口清单"
    assert line[0] == f"截至 2019-11-20 · 第2轮 · 测试区 · 筛选：未访、未分配 · {len(filtered)} 行 · 制表人：规划"
    assert head == [column.header for column in GAP_COLUMNS]
    assert [row[head.index("户编号")] for row in rows] == filtered["code"].tolist()
    assert [int(row[0]) for row in rows] == list(range(1, len(filtered) + 1))


def test_a_gap_row_is_said_in_words(gaps):
    """h40: due on 11-10, a priority home, last seen in round 1: every cell as a person would say it."""
    row = gap_table(gaps).set_index("户编号").loc["C-040"]
    assert row.to_dict() == {
        "序号": 1, "乡镇": "乙测镇", "村": "南测村", "组": "三组", "户主": "测40", "户类别": "一般户", "重点标签": "低保",
        "上次走访": "2019-05-12", "结果": "家中无人", "上门次数": 0, "责任人": "李测组", "应访日期": "2019-11-10",
        "超期天数": 10, "未结问题": 0, "定位": "已定位", "原因": "超期未访、重点户超期", "优先级": 45, "建议顺序": 1,
    }  # fmt: skip


def test_unknown_facts_are_said_too(gaps):
    """A home never visited, without a point and without a group says 从未, 未定位 and 未分组."""
    table = gap_table(gaps).set_index("户编号")
    assert (table.loc["C-051", "上次走访"], table.loc["C-051", "定位"]) == ("从未", "未定位")
    assert table.loc["C-058", "组"] == "未分组"


def test_csv_holds_the_same_rows(gaps):
    """The CSV has a BOM, says filter, date, rows and user first, and then the same cells as the workbook."""
    content = gap_list(gaps, head=HEAD, suffix="csv")
    assert content.startswith(b"\xef\xbb\xbf")
    (first,), *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert first == f"缺口清单 · {HEAD.line(len(gaps))}"
    sheet = read_rows(gap_list(gaps, head=HEAD, suffix="xlsx"))[HEAD_ROWS - 1 :]
    assert rows == [[str(int(cell)) if isinstance(cell, float) else cell for cell in row] for row in sheet]


def test_no_text_becomes_a_formula(gaps):
    """Names that begin like formulas come back as the text they were, and the workbook holds no formula."""
    hostile = gaps.assign(head_name=[HOSTILE[n % len(HOSTILE)] for n in range(len(gaps))])
    content = gap_list(hostile, head=HEAD, suffix="xlsx")
    assert formulas_of(content) == 0
    shown = [row[5].value for row in load_workbook(io.BytesIO(content)).active.iter_rows(min_row=HEAD_ROWS + 1)]
    # openpyxl leaves Excel's own escapes as they stand in the file.
    escapes = {"_x0041_": "_x005F_x0041_", "x\x01y": "x_x0001_y"}
    assert shown == [escapes.get(name, name) for name in hostile["head_name"]]


def test_csv_defuses_what_a_spreadsheet_would_run(gaps):
    """In CSV what begins like a formula gets a leading apostrophe, behind blanks and in full width too."""
    hostile = gaps.head(len(HOSTILE)).assign(head_name=list(HOSTILE))
    rows = list(csv.reader(io.StringIO(gap_list(hostile, head=HEAD, suffix="csv").decode("utf-8-sig"))))[2:]
    defused = {name for name, row in zip(HOSTILE, rows, strict=True) if row[5] == f"'{name}"}
    assert defused == {name for name in HOSTILE if name.strip()[0] in "=+-@\uff1d"}


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5000])
def test_any_length_comes_back_whole(rows):
    """Lists without a row, with one, two, three and many rows come back row for row, text as text."""
    values = [f"{HOSTILE[n % len(HOSTILE)]}{n}" for n in range(rows)]
    content = write_workbook([text_sheet(values)])
    worksheet = load_workbook(io.BytesIO(content)).active
    assert worksheet.max_row == HEAD_ROWS + rows
    shown = [row[0].value for row in worksheet.iter_rows(min_row=HEAD_ROWS + 1)]
    assert [name for name in shown if "_x" not in name] == [
        name for name in values if "\x01" not in name and "_x" not in name
    ]
    assert len(shown) == rows


def test_a_workbook_is_laid_out_as_a_ledger(gaps):
    """The head is frozen and filtered, ids are text, only the head has a fill, the page repeats the head."""
    worksheet = load_workbook(io.BytesIO(gap_list(gaps, head=HEAD, suffix="xlsx"))).active
    assert worksheet.freeze_panes == "A4"
    assert worksheet.auto_filter.ref == f"A3:S{HEAD_ROWS + len(gaps)}"
    assert worksheet.print_title_rows == "$3:$3"
    assert worksheet.page_setup.orientation == "landscape"
    filled = {cell.row for row in worksheet.iter_rows() for cell in row if cell.fill.fill_type}
    assert filled == {HEAD_ROWS}
    for row in (HEAD_ROWS + 1, HEAD_ROWS + 2, HEAD_ROWS + len(gaps)):
        assert worksheet.cell(row, 5).number_format == "@"
        assert worksheet.cell(row, 1).data_type == "n"
    assert "含个人信息" in worksheet.oddFooter.left.text


def test_assignment_sheets_follow_the_register(gaps):
    """One sheet an assignee and one for nobody's homes, each in register order; together they hold every row."""
    content = assignment_sheets(gaps, head=HEAD)
    names = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert names == ["李测组", "王测组", "未分配"]
    sheets = [read_rows(content, number) for number in range(3)]
    codes = [[row[sheet[2].index("户编号")] for row in sheet[3:]] for sheet in sheets]
    assert codes[0] == ["C-040", "C-041"]
    assert all(part == sorted(part) for part in codes)
    assert sorted(code for part in codes for code in part) == sorted(gaps["code"])
    assert sheets[0][2][-3:] == ["走访日期", "走访状态", "备注"]


def test_group_list_sums_to_the_gap_list(homes, gaps):
    """The list by group has one row a place, and what its rows still lack sums to the length of the gap list."""
    groups = group_gaps(homes, gaps)
    table = tabulate_groups(groups).as_frame()
    assert table["没走到"].sum() == len(gaps)
    head, *rows = read_rows(write_table(replace(tabulate_groups(groups), sheets=""), head=HEAD, form="xlsx"))[
        HEAD_ROWS - 1 :
    ]
    assert head == list(table.columns)
    assert [row[head.index("应访")] for row in rows] == table["应访"].tolist()


def test_todos_have_no_priority(homes):
    """Visited homes with something left to do are listed in the same columns, the priority empty."""
    todos = list_todos(homes)
    assert len(todos)
    assert set(gap_table(todos)["优先级"]) == {""}
    assert len(read_rows(gap_list(todos, head=HEAD, suffix="xlsx"))) == HEAD_ROWS + len(todos)


def test_a_leader_takes_away_masked_names(world):
    """What a leader exports holds no full name."""
    masked = rank_gaps(read_homes(world, LEADER, round_id="2", place_id="d"), TODAY)
    assert set(gap_table(masked)["户主"]) == {"测*"}


def test_sheet_names_are_safe_and_unique():
    """Names are cut to 31 characters, lose what Excel forbids, and differ whatever the case."""
    long = "五" * 40
    names = name_sheets(["A/B:C", "a b c", "", "'引号'", "History", long, long])
    assert names == ["A B C", "a b c (2)", "-", "引号", "History (2)", "五" * 31, "五" * 27 + " (2)"]


def test_too_many_rows_are_refused():
    """A list longer than a sheet can hold is refused with a sentence instead of being cut."""
    with pytest.raises(Invalid) as error:
        write_workbook([text_sheet([], rows=MOST_ROWS + 1)])
    assert error.value.key == "exports.too_many_rows"


def test_an_export_is_logged(world):
    """Each export leaves who, what, which filter and how many rows; a role without the right leaves nothing."""
    log_export(world, PLANNER, what="gaps.xlsx", filters=HEAD.line(7), rows=7)
    (row,) = list_exports(world, PLANNER)
    assert (row["actor"], row["what"], row["filter"], row["rows"]) == ("planner", "gaps.xlsx", HEAD.line(7), 7)
    with pytest.raises(NotAllowed):
        log_export(world, Scope("x", "stranger", "d"), what="gaps.xlsx", filters="", rows=1)
    assert len(list_exports(world, PLANNER)) == 1


def test_empty_lists_are_files_too(gaps):
    """A filter that leaves nothing gives a file that says 0 rows."""
    nothing = gaps.iloc[0:0]
    assert "· 0 行 ·" in read_rows(gap_list(nothing, head=HEAD, suffix="xlsx"))[1][0]
    assert "· 0 行 ·" in gap_list(nothing, head=HEAD, suffix="csv").decode("utf-8-sig")
    assert isinstance(assignment_sheets(nothing, head=HEAD), bytes)
    assert isinstance(gap_table(nothing), pd.DataFrame)


def test_file_names_say_what_where_and_when():
    """The offered file name names list, place and day."""
    assert (
        ExportHead("缺口清单", "牛场村", "第4轮", date(2019, 11, 20), "", "x").file_name("csv")
        == "缺口清单_牛场村_2019-11-20.csv"
    )

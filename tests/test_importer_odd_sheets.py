"""Sheets as nobody should make them: several tables on one, totals anywhere, broken quotes, odd encodings."""

from __future__ import annotations

import pytest

from geo.validate import parse_phone
from tests import odd_books
from tests.workbooks import bring, open_register

HEAD = ["序号", "乡镇", "村", "村民组", "户编号", "户主", "人口", "备注"]


def line(nth: int, **said: object) -> list[object]:
    """Return one household."""
    usual = {
        "序号": nth,
        "乡镇": "和平乡",
        "村": "孟溪村",
        "村民组": "一组",
        "户编号": f"HP{nth:03d}",
        "户主": f"王{nth}",
        "人口": 3,
    }
    return [{**usual, **said}.get(name, "") for name in HEAD]


@pytest.fixture
def look(tmp_path):
    """Import rows of one sheet; return the report and where what was left out stands."""
    db, scope = open_register(tmp_path / "r.sqlite")

    def read(*rows):
        report = bring(db, scope, odd_books.write_book(tmp_path / "a.xlsx", list(rows)))
        return report, [(one.code, one.cell) for one in report.findings]

    return read


def test_totals_stand_anywhere(look):
    """A row without code and head that speaks of a total is one, in whatever column it says so."""
    totals = [
        ["", "", "", "", "", "", "", "以上合计 2 户"],
        ["", "和平乡", "孟溪村", "一组", "", "", 6, "一组小计"],
        ["", "", "", "", "", "合 计：2户", 6, ""],
    ]
    report, listed = look(HEAD, line(1), *totals, line(2))
    assert (report.outcome, report.rows_total) == ("accept_with_warnings", 2)
    assert listed == [("W_TOTAL_ROW_SKIPPED", "3"), ("W_TOTAL_ROW_SKIPPED", "4"), ("W_TOTAL_ROW_SKIPPED", "5")]


def test_a_name_that_begins_like_a_total_is_a_name(look):
    """A head whose name begins with the word for a total stays a household; 合计：2户 in that column does not."""
    report, listed = look(HEAD, line(1, 户主="小计生"), line(2, 户主="合计：2户"))
    assert (report.rows_total, listed) == (1, [("W_TOTAL_ROW_SKIPPED", "3")])


def test_a_second_table_below_is_not_read(look):
    """Rows under other headers are no households of the first table; under the first header again they are."""
    other = ["序号", "户主", "户编号", "迁出时间", "人口"]
    report, listed = look(HEAD, line(1), [], ["迁出户名单"], other, [1, "李", "Z1", "2019-1-1", 3], [], HEAD, line(2))
    assert (report.outcome, report.rows_total) == ("accept_with_warnings", 2)
    assert ("W_SECOND_TABLE", "5-6") in listed


def test_a_second_table_above_is_told(look):
    """A smaller table above the one that is read is named with its rows, not passed over as a title."""
    report, listed = look(["序号", "户主", "户编号"], [1, "李", "Z1"], [], HEAD, line(1))
    assert (report.rows_total, ("W_SECOND_TABLE", "1-2") in listed) == (1, True)


def test_a_header_again_in_other_words_is_a_title(look):
    """The header of a second printed page in other words is left out as such; the rows below it are read."""
    again = ["序号", "乡镇名称", "行政村", "小组", "户号", "户主姓名", "家庭人口", "备注"]
    report, listed = look(HEAD, line(1), again, line(2))
    assert (report.outcome, report.rows_total, listed) == (
        "accept_with_warnings", 2, [("W_TITLE_ROWS_SKIPPED", "3")],
    )  # fmt: skip


@pytest.fixture
def read_text(tmp_path):
    """Import bytes as a .csv."""
    db, scope = open_register(tmp_path / "r.sqlite")

    def read(raw: bytes):
        path = tmp_path / "a.csv"
        path.write_bytes(raw)
        return bring(db, scope, path)

    return read


TEXT = "村,村民组,户编号,户主\r\n孟溪村,一组,A1,王一\r\n孟溪村,二组,A2,王二\r\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(read_text, encoding):
    """UTF-16 without its mark is read: 一 is 4E00, so that not only ASCII has empty bytes."""
    assert read_text(TEXT.encode(encoding)).rows_ok == 2


def test_chinese_commas_part_what_nothing_else_does(read_text):
    """A table typed with ， between its cells is read; in a usual one they stay within their cells."""
    assert read_text(TEXT.replace(",", "，").encode()).rows_ok == 2
    assert read_text(TEXT.replace("王一", "王，一").encode()).values[3]["value"] == "王，一"


def test_a_quote_that_is_never_closed_is_named(read_text):
    """The row whose quote swallows the rest is told, and what to do; no bytes are guessed."""
    report = read_text(TEXT.replace("王一", '"王一').encode())
    assert (report.outcome, report.findings[0].cell) == ("reject_file", "2")
    assert "双引号没有配成对" in report.message


def test_bytes_that_are_no_text_are_told_with_the_name(read_text):
    """The sentence names the file."""
    assert "“a.csv”" in read_text(b"\x00\x01\x02\x00" * 50).message


def test_a_row_that_stays_out_asks_nothing(read_text):
    """A row with a wrong number of cells is refused; what stands in it is not asked about as well."""
    report = read_text((TEXT + "孟溪村;三组;A3;王三\r\n").encode())
    assert (report.outcome, [one.code for one in report.rows_bad], report.questions) == (
        "reject_rows", ["R_COLUMN_COUNT"], (),
    )  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["13800000000（儿子）", "电话13800000000", "13800000000 13900000000", "儿子:13800000000"]
)
def test_a_mobile_number_among_words_is_kept(cell):
    """The first number that can be dialled is kept, and the cell is listed."""
    assert parse_phone(cell) == ("13800000000", "W_PHONE")

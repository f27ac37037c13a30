"""Days, groups, numbers and phones in all the forms that reach an office; what has several readings is asked."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from geo.days import find_orders
from geo.groupcells import list_group_parts
from geo.importer import ImportReport
from geo.units import parse_group
from geo.validate import parse_day, parse_id_number, parse_phone, parse_size
from tests import odd_books, workbooks

TODAY = workbooks.TODAY


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory):
    """Return an empty register that the dry runs of this file leave empty."""
    return workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")


@pytest.fixture
def read(register, tmp_path: Path):
    """Return a function that understands rows without storing anything."""

    def understand(rows, **options) -> ImportReport:
        path = odd_books.write_book(tmp_path / "a.xlsx", [workbooks.HEADER, *rows])
        return workbooks.bring(*register, path, dry_run=True, **options)

    return understand


def said(report: ImportReport, field: str) -> list[object]:
    """Return one understood field, row by row."""
    return [one["value"] for one in report.values if one["field"] == field]


@pytest.mark.parametrize(
    "cell",
    ["2019-3-5", "2019.3.5", "2019/3/5", "2019年3月5日", "2019年03月05号", "二〇一九年三月五日", "二零一九年三月五日", "20190305", "2019-03-05 10:30",
     "2019-03-05T10:30:00Z", "2019-03-05T10:30:00+08:00", "2019年3月5日上午10:30", "2019年3月5日10时30分", "2019/3/5日", "2019-3-5 星期二", "2019 3 5", "2019、3、5", "2019-3-5周二",
     "2019.3.5.", "２０１９－３－５", "2019年3月5日（周二）", "19年3月5日", "一九年三月五日", "43529", "43529.4375", 43529, 43529.75, 20190305.0,
     date(2019, 3, 5), datetime.fromisoformat("2019-03-05T23:59"), "2019 年 3 月 5 日", "5:30 2019-03-05"[5:]],
)  # fmt: skip
def test_one_day_in_every_form(cell):
    """Text, number and date cell, with time or weekday or without: each is that day."""
    assert parse_day(cell, TODAY) == (date(2019, 3, 5), "")


@pytest.mark.parametrize(
    ("cell", "orders"),
    [("3/5/2019", {"dmy": date(2019, 5, 3), "mdy": date(2019, 3, 5)}), ("19-3-5", {"ymd": date(2019, 3, 5), "dmy": date(2005, 3, 19)}),
     ("03-05-19", {"ymd": date(2003, 5, 19), "dmy": date(2019, 5, 3), "mdy": date(2019, 3, 5)}), ("190305", {"ymd": date(2019, 3, 5), "dmy": date(2005, 3, 19)}),
     ("31/12/2019", {"dmy": date(2019, 12, 31)}), ("5/5/2019", {"dmy": date(2019, 5, 5), "mdy": date(2019, 5, 5)})],
)  # fmt: skip
def test_days_with_several_readings(cell, orders):
    """Each order that makes a day is known; with one day left it is read, with several none is without being asked."""
    assert find_orders(cell, this_year=2019) == orders
    days = set(orders.values())
    assert parse_day(cell, date(2019, 12, 31)) == ((days.pop(), "") if len(days) == 1 else (None, "W_DATE_AMBIGUOUS"))
    for order, day in orders.items():
        assert parse_day(cell, date(2019, 12, 31), order=order) == (day, "")


def test_a_year_of_two_digits_is_the_nearest():
    """98 is 1998 and 19 is 2019, seen from 2019; a few years ahead is a future day, not one of the last century."""
    assert parse_day("98年3月5日", TODAY) == (date(1998, 3, 5), "")
    assert parse_day("25年3月5日", TODAY) == (None, "W_DATE_FUTURE")


@pytest.mark.parametrize(
    "cell", ["2019-02-30", "2019年13月5日", "20190230", "32/13/2019", "昨天", "见备注", "1019-03-05", True]
)
def test_days_that_do_not_exist(cell):
    """What is no day is said to be none."""
    assert parse_day(cell, TODAY) == (None, "W_DATE_IMPOSSIBLE")


def test_the_order_of_days_is_asked_once_for_the_column(read):
    """Ambiguous days keep the file out until one answer says how they are meant; a certain one of them suggests it."""
    rows = [
        workbooks.home(f"HP{n}", 走访日期=day)
        for n, day in enumerate(["3/5/2019", "04/06/2019", "31/10/2019", "2019-11-01"])
    ]
    report = read(rows)
    (question,) = report.questions
    assert (report.outcome, report.codes, question.id, question.rows, question.cell, question.suggestion) == (
        "ask",
        ["W_DATE_AMBIGUOUS"],
        "date_order",
        2,
        "J2",
        "dmy",
    )
    assert [option.value for option in question.options] == ["dmy", "mdy", "skip"]
    answers = {order: said(read(rows, answers={"date_order": order}), "走访日期") for order in ("dmy", "mdy")}
    assert answers["dmy"] == ["2019-05-03", "2019-06-04", "2019-10-31", "2019-11-01"]
    assert answers["mdy"] == ["2019-03-05", "2019-04-06", "2019-10-31", "2019-11-01"]
    left = read(rows, answers={"date_order": "skip"})
    assert (left.outcome, left.rows_ok, left.changes["visits_new"]) == ("accept_with_warnings", 4, 2)


def test_days_without_a_year_are_offered_one(read):
    """3月5日 enters its household without the visit; one answer gives all of them their year."""
    rows = [workbooks.home("HP1", 走访日期="3月5日"), workbooks.home("HP2", 走访日期="2018-11-01")]
    report = read(rows)
    assert (report.outcome, report.codes, report.changes["visits_new"]) == (
        "accept_with_warnings",
        ["W_DATE_AMBIGUOUS"],
        1,
    )
    assert [option.value for option in report.questions[0].options] == ["2019", "2018", "skip"]
    assert said(read(rows, answers={"date_year": "2019"}), "走访日期") == ["2019-03-05", "2018-11-01"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [("二三五组", ["二组", "三组", "五组"]), ("1、2组", ["一组", "二组"]), ("1-3组", ["一组", "二组", "三组"]), ("一至三组", ["一组", "二组", "三组"]),
     ("1组、2组", ["一组", "二组"]), ("一组和二组", ["一组", "二组"]), ("第二三组", ["二组", "三组"]), ("１，２组", ["一组", "二组"])],
)  # fmt: skip
def test_cells_of_several_groups(text, parts):
    """Several groups in one cell are known as such, and which they are is offered."""
    group = parse_group(text)
    assert group is not None
    assert (group.several, list_group_parts(text)) == (True, parts)


@pytest.mark.parametrize(
    "text",
    ["一组", "1组", "第1组", "第一组", "第一村民组", "第1村民小组", "1社", "一社", "１组", "1 组", "一 组", "1.0", "第一村民組", "一队", "一组（上寨）", 1.0, "孟溪村一组", "孟溪1组", "孟溪村第1组"],
)  # fmt: skip
def test_one_group_in_every_form(read, text):
    """Each way of writing the first group is the first group."""
    assert said(read([workbooks.home("HP1", 村民组=text)]), "村民组") == ["一组"]


def test_several_groups_are_asked_about(read):
    """A household in 二三组 keeps the file out until it is said in which; the row can also be left out."""
    rows = [workbooks.home("HP1"), workbooks.home("HP2", 村民组="二三组")]
    report = read(rows)
    (question,) = report.questions
    assert (report.outcome, report.codes, report.rows_ok, question.id) == (
        "ask",
        ["R_UNKNOWN_VALUE"],
        1,
        "group:孟溪村/二三组",
    )
    assert [option.value for option in question.options] == ["二组", "三组", "skip"]
    assert said(read(rows, answers={question.id: "三组"}), "村民组") == ["一组", "三组"]
    left = read(rows, answers={question.id: "skip"})
    assert [(one.row, one.field, one.code) for one in left.rows_bad] == [(2, "村民组", "R_UNKNOWN_VALUE")]


@pytest.mark.parametrize("text", ["未分组", "无组", "孟溪村", "孟溪村委会", "和平乡孟溪村"])
def test_no_group_is_the_village_itself(read, text):
    """未分组 and the village's own name put a household in the village itself, beside others in groups."""
    report = read([workbooks.home("HP1"), workbooks.home("HP2", 村民组=text)])
    assert (report.outcome, report.rows_ok, said(report, "村民组")) == ("accept", 2, ["一组", None])


@pytest.mark.parametrize(
    "text", ["龙鱼村1组", "龙鱼1组", "龙鱼村", "和平乡龙鱼村二组", "龙鱼村周家组", "村委会", "其他"]
)
def test_what_is_no_group_of_the_village_is_asked_about(read, text):
    """Another village's name, an office or 其他 makes no group in silence: it is asked."""
    rows = [workbooks.home("HP1"), workbooks.home("HP2", 村民组=text)]
    (question,) = read(rows).questions
    assert (question.id, question.code, question.cell) == (f"group:孟溪村/{text}", "R_UNKNOWN_VALUE", "C3")
    assert said(read(rows, answers={question.id: "三组"}), "村民组") == ["一组", "三组"]
    assert said(read(rows, answers={question.id: "孟溪村"}), "村民组") == ["一组", None]
    left = read(rows, answers={question.id: "skip"})
    assert [(one.row, one.code) for one in left.rows_bad] == [(2, "R_UNKNOWN_VALUE")]


@pytest.mark.parametrize("text", ["周家组", "龙鱼组", "龙鱼", "孟溪", "上坝1组", "村头组", "老村组"])
def test_named_groups_stay_groups(read, text):
    """A hamlet may have the name of another village, or begin with the word for a village."""
    report, group = read([workbooks.home("HP1", 村民组=text)]), parse_group(text)
    assert group is not None
    assert (report.outcome, said(report, "村民组")) == ("accept", [group.name])


@pytest.mark.parametrize(
    ("cell", "number", "code"),
    [("52220119001018129x", "52220119001018129X", ""), (" 522201 19001018 129X ", "52220119001018129X", ""), ("５２２２０１１９００１０１８１２９Ｘ", "52220119001018129X", ""),
     ("52220119001018129X1B", "52220119001018129X", "W_NORMALISED"), ("52220119001018129X43B1", "52220119001018129X", "W_NORMALISED"),
     ("522201900101812", "", "W_ID_15"), (522201900101812.0, "", "W_ID_15"), ("5.22E+17", "", "W_ID_SCIENTIFIC"), ("5.22201E+17", "", "W_ID_SCIENTIFIC"),
     ("5.22201E17", "", "W_ID_SCIENTIFIC"), (522201190010181290.0, "", "W_ID_LOST_PRECISION"), ("522201190010181000", "", "W_ID_LOST_PRECISION"),
     ("5222************1290", "", "W_ID_LOST_PRECISION"), ("522201190010181291", "", "W_ID_CHECKSUM"), ("522201199902300012", "", "W_ID_CHECKSUM"),
     ("52220119", "", "W_ID_CHECKSUM"), ("无", "", ""), ("", "", "")],
)  # fmt: skip
def test_id_numbers(cell, number, code):
    """Numbers of 18, 20 and 22 characters are read, old, ruined and wrong ones are left empty, each under its code."""
    assert parse_id_number(cell) == (number, code)


@pytest.mark.parametrize(
    ("cell", "phone", "code"),
    [(13800000000.0, "13800000000", ""), ("13800000000.0", "13800000000", ""), ("1.38E+10", "", "W_PHONE"), ("1.38000E+10", "", "W_PHONE"),
     ("+86 138-0000-0000", "13800000000", ""), ("８６１３８００００００００", "13800000000", ""), ("0856-5221234", "08565221234", ""),
     ("13800000000、13900000000", "13800000000", "W_PHONE"), ("1380000000", "", "W_PHONE"), ("无", "", "")],
)  # fmt: skip
def test_phones(cell, phone, code):
    """A number cell holds a phone exactly; text that a spreadsheet has rounded is lost, and said so."""
    assert parse_phone(cell) == (phone, code)


@pytest.mark.parametrize(
    ("cell", "size"), [("３", 3), ("3人", 3), ("三口人", 3), ("3 口", 3), (3.0, 3), ("十二人", 12), ("3.0", 3)]
)
def test_sizes(cell, size):
    """A number of people in any digits, with its measure word or without."""
    assert parse_size(cell) == (size, "")


def test_numbers_of_a_workbook(read):
    """In number cells a phone is exact, an ID number of 18 digits has lost its end, a size is whole."""
    rows = [workbooks.home("HP1", 身份证号=522201190010181290, 人口=3.0)]
    report = read(rows)
    assert [(one.code, one.cell) for one in report.findings] == [("W_ID_LOST_PRECISION", "F2")]

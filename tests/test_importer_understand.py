"""What rows come to: words, days, points, units, duplicates, totals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.importer import ImportReport
from geo.store.database import Database
from tests import workbooks


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory):
    """Return an empty register that the dry runs of this file leave empty."""
    return workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")


@pytest.fixture
def read(register: tuple[Database, object], tmp_path: Path):
    """Return a function that understands rows without storing anything."""

    def understand(rows, *, header=None, name="a.csv", **options) -> ImportReport:
        return workbooks.bring(
            *register, workbooks.write_csv(tmp_path / name, rows, header=header), dry_run=True, **options
        )

    return understand


def value(report: ImportReport, field: str, row: int = 1) -> object:
    """Return one understood value of a report."""
    return next(one["value"] for one in report.values if (one["row"], one["field"]) == (row, field))


def bad(report: ImportReport) -> list[tuple[int, str, str]]:
    """Return row, field and code of the refused rows."""
    return [(one.row, one.field, one.code) for one in report.rows_bad]


@pytest.mark.parametrize(
    ("word", "outcome"),
    [("见面", "effective"), ("已走访", "effective"), ("未见面", "not_home"), ("未走访", None), ("家中无人", "not_home"), ("举家外出", "away_all"),
     ("拒访", "refused"), ("空户", "vacant"), ("无", None), ("", None), ("已走访。", "effective")],
)  # fmt: skip
def test_outcome_words(read, word, outcome):
    """Each word of the trade has its outcome; 未走访 and nothing are no visit."""
    report = read([workbooks.home("HP1", 走访状态=word, 走访日期="2019-11-01" if outcome else "")])
    assert (report.outcome, value(report, "走访状态")) == ("accept", outcome)


@pytest.mark.parametrize(
    ("header", "mark", "outcome"),
    [("是否见面", "√", "effective"), ("是否见面", "×", "not_home"), ("是否走访", "√", "effective"), ("是否走访", "×", None),
     ("是否见面（√/×）", "否", "not_home"), ("是否入户", "是", "effective")],
)  # fmt: skip
def test_marks_are_read_by_their_header(read, header, mark, outcome):
    """√ and × say whether somebody was met, or whether anybody went, as the header asks."""
    names = [header if name == "走访状态" else name for name in workbooks.HEADER]
    report = read([workbooks.home("HP1", 走访状态=mark, 走访日期="2019-11-01" if outcome else "")], header=names)
    assert (report.rows_ok, value(report, "走访状态")) == (1, outcome)


def test_unknown_words_are_asked_once_for_the_file(read):
    """外出 and √ under 走访状态 have no single meaning: each is asked about once, counted, with what seems likely."""
    rows = [
        workbooks.home("HP1", 走访状态="外出"),
        workbooks.home("HP2", 走访状态="外出"),
        workbooks.home("HP3", 走访状态="√"),
    ]
    report = read(rows)
    asked = [(one.id, one.rows, one.cell, one.suggestion) for one in report.questions]
    assert (report.outcome, report.codes) == ("ask", ["R_UNKNOWN_VALUE"])
    assert asked == [("outcome:外出", 2, "K2", "away_all"), ("outcome:√", 1, "K4", "")]
    answered = read(rows, answers={"outcome:外出": "away_all", "outcome:√": "skip"})
    assert (answered.outcome, value(answered, "走访状态", 2), value(answered, "走访状态", 3)) == (
        "accept",
        "away_all",
        None,
    )


@pytest.mark.parametrize(
    ("cell", "categories"),
    [("道路", ["INF_R"]), ("饮水", ["WATER"]), ("住房", ["HOUSE"]), ("医疗", ["MED"]), ("教育", ["EDU"]), ("收入", ["INC"]), ("用电", ["INF_E"]),
     ("通信", ["INF_T"]), ("饮水、道路", ["WATER", "INF_R"]), ("饮水；饮水", ["WATER"]), ("无", []), ("/", []), ("", [])],
)  # fmt: skip
def test_issue_words(read, cell, categories):
    """Each category has its word, several may stand in one cell, and words for nothing are nothing."""
    report = read([workbooks.home("HP1", 问题类别=cell)])
    assert (report.outcome, value(report, "问题类别")) == ("accept", categories)


def test_free_text_issues_are_asked(read):
    """A text that is no category is asked about with a suggestion; one answer may stand for all of them."""
    rows = [workbooks.home("HP1", 问题类别="路灯不亮，晚上看不见"), workbooks.home("HP2", 问题类别="想申请补助")]
    report = read(rows)
    assert [(one.kind, one.value, one.suggestion) for one in report.questions] == [
        ("issue", "路灯不亮，晚上看不见", "INF_R"),
        ("issue", "想申请补助", ""),
    ]
    assert value(read(rows, answers={"issue:*": "OTH"}), "问题类别") == ["OTH"]


@pytest.mark.parametrize(
    ("word", "kept", "tags"),
    [("一般户", "general", []), ("脱贫户", "lifted", []), ("建档立卡户", "registered_poor", []), ("五保户", "general", ["tekun"]),
     ("低保户", "general", ["dibao"]), ("脱贫户、低保户", "lifted", ["dibao"]), ("边缘易致贫户", "mon_marginal", []), ("", "", [])],
)  # fmt: skip
def test_class_words(read, word, kept, tags):
    """A class is one of the list; 五保户 and 低保户 are care tags of a general household."""
    report = read([[*workbooks.home("HP1"), word, ""]], header=[*workbooks.HEADER, "户类型", "重点标签"])
    assert (report.outcome, value(report, "户类别"), value(report, "重点标签")) == ("accept", kept, tags)


def test_a_class_that_may_be_three_is_asked(read):
    """监测对象 is any of three classes."""
    report = read([[*workbooks.home("HP1"), "监测对象"]], header=[*workbooks.HEADER, "户类型"])
    assert (report.outcome, report.questions[0].kind) == ("ask", "class")


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [("27.68", "109.15", "W_COORD_SWAPPED"), ("0", "0", "W_COORD_ZERO"), ("1091520", "27.68", "W_COORD_RANGE"), ("", "27.68", "W_COORD_MISSING"),
     ("109.15", "NaN", "W_COORD_MISSING"), ("116.397", "39.908", "W_COORD_OUT_OF_AREA"), ("-109.15", "27.68", "W_COORD_OUT_OF_AREA"),
     ("村口", "27.68", "W_COORD_UNPARSEABLE"), ("", "", "W_COORD_MISSING")],
)  # fmt: skip
def test_points_that_cannot_be_used(read, lon, lat, code):
    """A bad point is left empty and listed, and the household enters."""
    report = read([workbooks.home("HP1", 经度=lon, 纬度=lat), workbooks.home("HP2")])
    assert (report.outcome, report.rows_ok, [(one.code, one.row) for one in report.findings]) == (
        "accept_with_warnings",
        2,
        [(code, 1)],
    )
    assert (value(report, "经度"), value(report, "纬度"), value(report, "经度", 2)) == (None, None, 109.15)


def test_a_file_without_any_point_says_nothing(read):
    """Where no row has a coordinate none is missing."""
    assert read([workbooks.home("HP1", 经度="", 纬度="")]).outcome == "accept"


def test_repairs_of_points_are_offered_and_only_made_when_chosen(read):
    """Swapped points are swapped, and far points kept, only by an answer."""
    rows = [workbooks.home("HP1", 经度="27.68", 纬度="109.15"), workbooks.home("HP2", 经度="116.4", 纬度="39.9")]
    offered = read(rows)
    assert [(one.id, one.blocking) for one in offered.questions] == [
        ("points:swapped", False),
        ("points:outside", False),
    ]
    taken = read(rows, answers={"points:swapped": "swap", "points:outside": "keep"})
    assert [value(taken, "经度", row) for row in (1, 2)] == [109.15, 116.4]


def test_visits_without_a_day(read):
    """A visit without a date is listed and not made, unless one day is given for the file; its household enters."""
    rows = [workbooks.home("HP1", 走访日期=""), workbooks.home("HP2")]
    listed = read(rows)
    assert (listed.outcome, listed.codes, listed.changes["visits_new"]) == (
        "accept_with_warnings",
        ["W_DATE_MISSING"],
        1,
    )
    assert [(one.id, one.blocking) for one in listed.questions] == [("visit_date", False)]
    dated = read(rows, visit_date=date(2019, 11, 5))
    assert (dated.outcome, dated.changes["visits_new"], value(dated, "走访日期")) == ("accept", 2, "2019-11-05")


def test_bad_days_keep_the_household(read):
    """A visit on an impossible or future day is not made; the household and its issue enter."""
    report = read(
        [workbooks.home("HP1", 走访日期="2019-02-30", 问题类别="饮水"), workbooks.home("HP2", 走访日期="2019-11-21")]
    )
    assert (report.outcome, report.codes) == ("accept_with_warnings", ["W_DATE_FUTURE", "W_DATE_IMPOSSIBLE"])
    assert (report.changes["households_new"], report.changes["visits_new"], report.changes["issues_new"]) == (2, 0, 1)


def test_a_day_without_an_outcome_is_no_visit(read):
    """A date alone does not say that somebody was met."""
    report = read([workbooks.home("HP1", 走访状态="")])
    assert (report.codes, report.changes["visits_new"]) == (["W_OUTCOME_MISSING"], 0)


def test_rows_whose_household_cannot_be_told(read):
    """Code, village or group missing, two groups in a cell: the row stays out with its reason, the others enter."""
    rows = [
        workbooks.home(""), workbooks.home("HP2", 村=""), workbooks.home("HP3", 村民组=""), workbooks.home("HP4", 村民组="二三组"),
        workbooks.home("5.2E+14"), workbooks.home("HP6"),
    ]  # fmt: skip
    report = read(rows, answers={"group:孟溪村/二三组": "skip"})
    assert (report.outcome, report.rows_total, report.rows_ok) == ("reject_rows", 6, 1)
    assert bad(report) == [
        (1, "户编号", "R_REQUIRED"), (2, "村", "R_REQUIRED"), (3, "村民组", "R_REQUIRED"), (4, "村民组", "R_UNKNOWN_VALUE"), (5, "户编号", "R_REQUIRED"),
    ]  # fmt: skip
    assert read([rows[3], rows[5]], answers={"group:孟溪村/二三组": "3组"}).rows_ok == 2


def test_a_village_without_groups_needs_none(read):
    """Where no row and no register knows a group, households lie in the village itself."""
    report = read([workbooks.home("HP1", 村民组=""), workbooks.home("HP2", 村民组="")])
    assert (report.outcome, value(report, "村民组")) == ("accept", None)


def test_unknown_and_conflicting_units_are_asked(read):
    """A village that is not in the edition, or a code that speaks of another village, is asked about; the answer is used."""
    unknown = read([workbooks.home("HP1", 村="孟西村")])
    assert (unknown.outcome, unknown.questions[0].id, unknown.questions[0].options[0].label) == (
        "ask",
        "unit:和平乡/孟西村",
        "和平土家族侗族乡 孟溪村",
    )
    conflict = read([workbooks.home("520602202204001")])
    assert (conflict.outcome, conflict.questions[0].id) == ("ask", "unit:孟溪村/520602202204")
    chosen = unknown.questions[0].options[0].value
    assert value(read([workbooks.home("HP1", 村="孟西村")], answers={"unit:和平乡/孟西村": chosen}), "村") == "孟溪村"
    assert bad(read([workbooks.home("HP1", 村="孟西村")], answers={"unit:和平乡/孟西村": "skip"})) == [
        (1, "村", "R_UNKNOWN_VALUE")
    ]


def test_a_file_without_a_village_column(read):
    """District-wide codes tell the village; other codes need one answer for the file."""
    header = ["村民组", "户编号", "户主"]
    assert value(read([["1组", "520602202203001", "王测"]], header=header), "村民组") == "一组"
    asked = read([["1组", "HP1", "王测"]], header=header)
    assert (asked.outcome, asked.questions[0].id) == ("ask", "unit")
    assert read([["1组", "HP1", "王测"]], header=header, answers={"unit": "520602202203"}).rows_ok == 1


def test_duplicates(read):
    """An exact copy and a second household under one key stay out; the first row stays."""
    first = workbooks.home("HP1")
    report = read([first, first, workbooks.home("HP1", 户主="李测"), workbooks.home("HP1", 村="龙鱼村")])
    assert (report.rows_ok, report.households, bad(report)) == (
        2,
        2,
        [(2, "户编号", "R_DUP_ROW"), (3, "户编号", "R_DUP_KEY_CONFLICT")],
    )


def test_a_second_visit_is_no_duplicate(read):
    """The same household on another day is one household with two visits; one day with two outcomes is a conflict."""
    report = read(
        [workbooks.home("HP1"), workbooks.home("HP1", 走访日期="2019-11-08"), workbooks.home("HP1", 走访状态="未见面")]
    )
    assert (report.households, report.persons, report.changes["visits_new"], bad(report)) == (
        1,
        3,
        2,
        [(3, "户编号", "R_DUP_KEY_CONFLICT")],
    )
    assert [(one.code, one.row) for one in report.findings] == [("W_ATTR_DIFFERS", 2)]


def test_one_person_heading_two_households(read):
    """Two households with one ID number both enter, and the second is listed, the number masked."""
    rows = [
        workbooks.home("HP1", 身份证号="522201190002020015"),
        workbooks.home("HP2", 身份证号="522201190002020015", 户主="王测二"),
    ]
    report = read(rows)
    assert (report.rows_ok, [(one.code, one.row, one.value) for one in report.findings]) == (
        2,
        [("W_DUP_PERSON", 2, "*" * 14 + "0015")],
    )


def test_totals_signatures_and_repeated_headers_are_no_households(read):
    """小计, 合计, 填表人 and a header in the middle are listed and not counted; numbered empty rows are blank."""
    empty = [""] * 12
    rows = [
        workbooks.home("HP1"), ["小 计", *empty], list(workbooks.HEADER), workbooks.home("HP2"), ["", "合计：2户", *empty[1:]],
        ["填表人：王测", *empty], ["", *empty],
    ]  # fmt: skip
    report = read(rows)
    assert (report.rows_total, report.rows_ok, report.outcome) == (2, 2, "accept_with_warnings")
    assert [(one.code, one.cell) for one in report.findings] == [
        ("W_TOTAL_ROW_SKIPPED", "3"), ("W_TITLE_ROWS_SKIPPED", "4"), ("W_TOTAL_ROW_SKIPPED", "6"), ("W_TOTAL_ROW_SKIPPED", "7"),
    ]  # fmt: skip


def test_ragged_rows_stay_out(read):
    """A row with a cell too many or too few cannot be trusted."""
    report = read([workbooks.home("HP1"), [*workbooks.home("HP2"), "多"], workbooks.home("HP3")[:5]])
    assert [(one.row, one.code) for one in report.rows_bad] == [(2, "R_COLUMN_COUNT"), (3, "R_COLUMN_COUNT")]


def test_id_numbers_are_masked_unless_asked_for(read):
    """Reports show the last four characters; a ruined number shows what the file says."""
    rows = [
        workbooks.home("HP1", 身份证号="52220119001018129x"),
        workbooks.home("HP2", 身份证号="522201190004040030"),
        workbooks.home("HP3", 身份证号="5.22E+17"),
    ]
    masked, shown = read(rows), read(rows, show_personal=True)
    assert (value(masked, "身份证号"), value(shown, "身份证号")) == ("*" * 14 + "129X", "52220119001018129X")
    assert [one.value for one in masked.findings] == ["*" * 14 + "0030", "5.22E+17"]
    assert "52220119001018129" not in str(masked.as_dict())
    assert "52220119001018129" not in str(masked.preview)


def test_row_numbers_and_cells(tmp_path: Path, register):
    """Row 1 is the first household; the cell is where the sheet shows it, titles and blank rows counted."""
    rows = [["台账"], [], workbooks.HEADER, workbooks.home("HP1"), [], workbooks.home("HP2", 人口="-3")]
    report = workbooks.bring(*register, workbooks.write_xlsx(tmp_path / "a.xlsx", rows), dry_run=True)
    assert [(one.code, one.row, one.cell) for one in report.findings if one.row] == [("W_RANGE", 2, "G6")]


def test_two_rows_of_one_visit_that_differ_in_a_note(read):
    """The same household, day and outcome with another note is neither a copy nor a second visit."""
    report = read([workbooks.home("HP1", 备注="甲"), workbooks.home("HP1", 备注="乙")])
    assert bad(report) == [(2, "户编号", "R_DUP_KEY_CONFLICT")]


def test_a_header_without_rows_is_empty(read):
    """A file that holds a header and nothing else is refused as empty."""
    report = read([])
    assert (report.outcome, report.codes) == ("reject_file", ["E_EMPTY"])

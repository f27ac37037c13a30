"""Where a file's village comes from, and all the ways a village is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.errors import Invalid
from geo.importer import ImportReport
from geo.importer.saying import say_question
from tests import odd_books, workbooks

HEADER = ["村民组", "户编号", "户主"]
MENGXI = "520602202203"


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory):
    """Return an empty register that the dry runs of this file leave empty."""
    return workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")


@pytest.fixture
def look(register, tmp_path: Path):
    """Return a function that understands a workbook without a village column, under a name and a title."""

    def understand(
        rows=(("1组", "HP1", "王测"),), *, name="a.xlsx", title="", header=None, sheets=(), **options
    ) -> ImportReport:
        lines = [*([[title]] if title else []), header or HEADER, *map(list, rows)]
        path = odd_books.write_book(tmp_path / name, lines, sheets=sheets)
        return workbooks.bring(*register, path, dry_run=True, **options)

    return understand


def where(report: ImportReport) -> tuple[str, str, tuple[str, ...]]:
    """Return the outcome, where the village came from, and which it is."""
    return report.outcome.split("_")[0], report.unit_from, report.units


@pytest.mark.parametrize(
    "village",
    ["孟溪", "孟溪村", "孟溪村委会", "孟溪村村委会", "孟溪村村民委员会", "孟溪村民委员会", "孟溪行政村", " 孟 溪 村 ", "孟溪村　", "孟溪\u200b村", "和平乡孟溪村", "和平乡/孟溪村", "和平乡-孟溪村",
     "碧江区和平乡孟溪村", "铜仁市碧江区和平土家族侗族乡孟溪村村民委员会", "和平鄉孟溪村", MENGXI, float(MENGXI)],
)  # fmt: skip
def test_one_village_in_every_form(look, village):
    """Each way of writing 孟溪村 is 孟溪村, with its township before it or its code instead."""
    report = look([[village, "1组", "HP1", "王测"]], header=["村", *HEADER])
    assert where(report) == ("accept", "column", ("孟溪村",))


def test_traditional_characters(look):
    """龍魚村 is 龙鱼村, also with 鄉鎮 beside it."""
    report = look([["和平鄉", "龍魚村", "1組", "HP1", "王测"]], header=["鄉鎮", "村", *HEADER])
    assert report.units == ("龙鱼村",)


def test_the_title_tells_the_village(look):
    """A title that names one village stands for a column, and the report says so."""
    report = look(title="碧江区和平乡孟溪村农户走访台账（2019年）")
    assert where(report) == ("accept", "title", ("孟溪村",))
    assert (report.as_dict()["unit_from"], report.as_dict()["units"]) == ("title", ["孟溪村"])


def test_the_sheet_and_the_file_tell_the_village(look):
    """Without a title the sheet's name tells, then the file's."""
    other = ("孟溪村", [HEADER, ["1组", "HP1", "王测"]])
    assert where(look([], sheets=[other])) == ("accept", "sheet", ("孟溪村",))
    assert where(look(name="和平乡孟溪村台账(1).xlsx")) == ("accept", "file", ("孟溪村",))
    assert where(look(name=f"{MENGXI}.xlsx")) == ("accept", "file", ("孟溪村",))


def test_the_code_of_the_household_comes_first(look):
    """A district-wide 户编号 tells its own village, whatever the title says of the others."""
    rows = [["1组", f"{MENGXI}001", "王测"], ["1组", "HP2", "李测"]]
    assert where(look(rows, title="龙鱼村台账")) == ("accept", "code+title", ("孟溪村", "龙鱼村"))


@pytest.mark.parametrize("title", ["大孟溪村台账", "孟溪村、龙鱼村台账", "和平乡台账", "花名册"])
def test_titles_that_name_no_village_are_no_answer(look, title):
    """A longer name, two villages or a township alone leave the village open: it is asked."""
    report = look(title=title)
    assert (report.outcome, [one.id for one in report.questions]) == ("ask", ["unit"])


def test_the_user_tells_the_village(look):
    """`unit` names the village of a file that does not tell it, by code or by name; an answer does too."""
    for unit in (MENGXI, "孟溪村", "和平乡孟溪村"):
        assert where(look(unit=unit)) == ("accept", "option", ("孟溪村",))
    assert where(look(answers={"unit": MENGXI})) == ("accept", "answer", ("孟溪村",))
    with pytest.raises(Invalid):
        look(unit="不知村")


def test_a_file_that_names_another_village_is_asked_about(look):
    """Where the user says one village and the title another, both are offered; nothing is guessed."""
    report = look(title="龙鱼村台账", unit="孟溪村")
    assert (report.outcome, [one.label for one in report.questions[0].options]) == (
        "ask",
        ["和平土家族侗族乡 龙鱼村", "和平土家族侗族乡 孟溪村", "skip"],
    )
    assert look(title="龙鱼村台账", unit="孟溪村", answers={"unit": MENGXI}).units == ("孟溪村",)


def test_a_township_that_does_not_fit_is_asked_about(look):
    """A row of 滑石乡 under the title 孟溪村 cannot be placed."""
    header = ["乡镇", *HEADER]
    assert look([["和平乡", "1组", "HP1", "王测"]], title="孟溪村台账", header=header).outcome == "accept_with_warnings"
    assert look([["滑石乡", "1组", "HP1", "王测"]], title="孟溪村台账", header=header).outcome == "ask"


def test_a_blank_village_is_a_finding(look):
    """A blank in a column 村 is not filled from the title."""
    rows = [["孟溪村", "1组", "HP1", "王测"], ["", "1组", "HP2", "李测"]]
    report = look(rows, header=["村", *HEADER], title="孟溪村台账")
    assert [(one.row, one.code) for one in report.rows_bad] == [(2, "R_REQUIRED")]


def test_a_column_against_the_users_village_is_asked_about(look):
    """`unit` says 龙鱼村 and the column 孟溪村: both are offered, for every village of the column; an answer settles it."""
    rows = [["孟溪村", "1组", "HP1", "王测"], ["孟溪村", "1组", "HP2", "李测"], ["龙鱼村", "1组", "HP3", "赵测"]]
    report = look(rows, header=["村", *HEADER], unit="龙鱼村")
    question = report.questions[0]
    assert (report.outcome, len(report.questions), question.rows, len(question.options)) == ("ask", 1, 2, 3)
    answered = look(rows, header=["村", *HEADER], unit="龙鱼村", answers={question.id: MENGXI})
    assert (answered.rows_ok, answered.units) == (3, ("孟溪村", "龙鱼村"))


def test_a_sheet_against_its_title_is_asked_about(look):
    """A sheet 龙鱼村 under the title 孟溪村 is of one of them: it is asked which."""
    other = ("龙鱼村", [["孟溪村台账"], HEADER, ["1组", "HP1", "王测"]])
    report = look([], sheets=[other])
    assert (report.outcome, [one.id for one in report.questions]) == ("ask", ["unit"])
    assert "说法不一" in say_question(report.questions[0])


def test_a_title_that_no_row_agrees_with_is_listed(look):
    """The codes, or the column, of all rows tell another village than the title: the rows count, and it is said once."""
    coded = [["1组", f"{MENGXI}001", "王测"], ["1组", f"{MENGXI}002", "李测"]]
    named = [["孟溪村", "1组", "HP1", "王测"], ["孟溪村", "1组", "HP2", "李测"]]
    for report in (look(coded, title="龙鱼村台账"), look(named, header=["村", *HEADER], title="龙鱼村台账")):
        differing = [(one.code, one.value) for one in report.findings if one.code == "W_UNIT_DIFFERS"]
        assert (report.units, differing) == (("孟溪村",), [("W_UNIT_DIFFERS", "龙鱼村 / 孟溪村")])


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [("脱贫不稳定户（监测）", "mon_unstable"), ("脱贫监测户", "mon_unstable"), ("边缘监测户", "mon_marginal")],
)
def test_classes_that_are_asked_offer_the_likely_one(look, word, suggestion):
    """A class that is no word of the list is asked about with what it most likely is; 一般脱贫户 is read."""
    header = [*HEADER, "户类型"]
    report = look([["1组", "HP1", "王测", word]], header=header, unit="孟溪村")
    assert [(one.kind, one.suggestion) for one in report.questions] == [("class", suggestion)]
    read = look([["1组", "HP1", "王测", "一般脱贫户"]], header=header, unit="孟溪村")
    assert [one["value"] for one in read.values if one["field"] == "户类别"] == ["lifted"]

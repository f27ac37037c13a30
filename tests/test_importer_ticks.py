"""Columns that tick one care tag or class each: what counts as yes, as no, and what is asked about."""

from __future__ import annotations

import pytest

from geo import codes
from geo.i18n import text
from geo.importer.findings import FIELDS
from geo.importer.headers import find_header
from geo.importer.sheets import Sheet
from geo.schema.columns import TICK_FIELDS
from geo.schema.words import load_words
from tests.workbooks import bring, open_register, write_csv

BASE = ["村", "村民组", "户编号", "户主", "人口"]


@pytest.fixture
def look(tmp_path):
    """Read households whose last cells stand under the given headers; return report and facts of each by its code."""
    db, scope = open_register(tmp_path / "r.sqlite")

    def read(headers, *lines, base=BASE, **options):
        rows = [["孟溪村", "一组", f"HP{nth}", f"王测{nth}", 3, *cells] for nth, cells in enumerate(lines, start=1)]
        rows = [row if len(row) == len(base) + len(headers) else list(lines[nth]) for nth, row in enumerate(rows)]
        report = bring(db, scope, write_csv(tmp_path / "a.csv", rows, header=[*base, *headers]), **options)
        found: dict[str, dict[str, object]] = {}
        for one in report.values:
            found.setdefault(one["row"], {})[one["field"]] = one["value"]
        return report, [
            (found.get(nth, {}).get("户类别") or "", found.get(nth, {}).get("重点标签") or [])
            for nth in range(1, report.rows_total + 1)
        ]

    return read


def test_every_tag_and_class_has_a_column():
    """The fields are those of the closed lists, called as everywhere else."""
    expected = {f"tag_{kind}": text(f"tag.{kind}") for kind in codes.TAG_KINDS}
    expected |= {f"class_{kind}": text(f"household_class.{kind}") for kind in codes.HOUSEHOLD_CLASSES}
    expected["class_monitored"] = "监测户"
    assert {one.key: one.header for one in TICK_FIELDS} == expected


@pytest.mark.parametrize("kind", ["tag", "class"])
def test_every_word_heads_a_column(kind):
    """A column headed with any word for a tag or class ticks it, word for word, and is no unknown column."""
    words = load_words().tags if kind == "tag" else load_words().household_class
    for word, code in words.items():
        header = find_header(Sheet("s", [["村", "户编号", word], ["孟溪村", "HP1", "√"]]))
        assert (header.columns[2].key, header.columns[2].how, header.findings) == (f"{kind}_{code}", "exact", ())


def test_yes_and_no(look):
    """A tick, yes, a number of people and the tag's own word give the tag; a cross, no, nothing and 0 do not."""
    yes = ["√", "✓", "是", "１", "1", "有", "2", "3人", "五保户", "五保", "Y"]
    no = ["×", "否", "", "0", "无", "/", "0人", "x", "不是"]
    report, facts = look(["五保户"], *([cell] for cell in (*yes, *no)))
    assert (report.outcome, report.codes) == ("accept", [])
    assert facts == [("", ["tekun"])] * len(yes) + [("", [])] * len(no)


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("是否低保户", "dibao"),
        ("残疾人数", "disabled"),
        ("残疾（人）", "disabled"),
        ("是否为五保户", "tekun"),
        ("其中：低保户", "dibao"),
        ("享受低保", "dibao"),
    ],
)
def test_words_around_the_name(header, tag, look):
    """是否 before it and 人数 behind it are read through."""
    assert look([header], ["1"])[1] == [("", [tag])]


def test_columns_add_up(look):
    """Two columns of one tag are one tag, of two tags two; with what 重点标签 and 户类别 say."""
    headers = ["五保户", "特困人员", "残疾", "重点标签", "户类别", "脱贫户"]
    report, facts = look(headers, ["√", "是", "2", "低保", "", ""], ["", "", "", "", "一般户", "是"],
                         ["", "", "", "", "边缘易致贫户", "是"])  # fmt: skip
    assert report.outcome == "accept"
    assert facts == [("", ["dibao", "tekun", "disabled"]), ("lifted", []), ("mon_marginal", [])]


def test_the_later_class_counts(look):
    """A household that is ticked as lifted and as monitored is monitored."""
    assert look(["建档立卡户", "突发严重困难户", "脱贫户"], ["√", "√", "√"])[1] == [("mon_sudden", [])]


def test_what_is_neither_is_asked_about_once(look):
    """肢体二级 under 残疾 is one question for the column; taken or left out as it is answered."""
    report, _ = look(["残疾"], ["肢体二级"], ["听力三级"], ["是"])
    (question,) = report.questions
    assert (report.outcome, question.id, question.cell, question.rows) == ("ask", "tick:残疾", "F2", 2)
    assert look(["残疾"], ["肢体二级"], ["是"], answers={"tick:残疾": "skip"})[1] == [("", []), ("", ["disabled"])]
    report, facts = look(["残疾"], ["肢体二级"], ["是"], answers={"tick:残疾": "take"})
    assert (report.outcome, facts) == ("accept", [("", ["disabled"]), ("", ["disabled"])])


def test_numbers_that_are_no_people_are_asked_about(look):
    """脱贫户 with years is no tick."""
    assert look(["脱贫户"], ["2016"])[0].outcome == "ask"


def test_monitored_households_are_of_a_kind(look):
    """√ under 监测户 does not say which of the three kinds: asked once, unless the cell says it; 否 is none."""
    rows = ["√"], ["脱贫不稳定户"], ["否"], ["是"]
    report, _ = look(["是否监测户"], *rows)
    (question,) = report.questions
    assert (question.id, question.rows, question.suggestion) == ("class:是否监测户", 2, "mon_marginal")
    report, facts = look(["是否监测户"], *rows, answers={"class:是否监测户": "mon_sudden"})
    assert [kind for kind, _ in facts] == ["mon_sudden", "mon_unstable", "", "mon_sudden"]


def test_rows_of_persons(look):
    """In a file of persons a household has the tag if one of its people is ticked."""
    base = ["村", "村民组", "户编号", "姓名", "与户主关系"]
    report, facts = look(
        ["残疾"], ["孟溪村", "一组", "HP1", "王一", "户主", ""], ["孟溪村", "一组", "HP1", "王二", "之子", "√"],
        ["孟溪村", "一组", "HP2", "李一", "户主", "否"], base=base,
    )  # fmt: skip
    assert (report.outcome, report.households, report.changes["tags_new"]) == ("accept", 2, 1)
    assert facts == [("", []), ("", ["disabled"]), ("", [])]


def test_a_row_of_such_words_is_no_header(tmp_path):
    """Households whose class and tags are such words are not taken for the header."""
    db, scope = open_register(tmp_path / "r.sqlite")
    rows = [["孟溪村", "一组", "HP1", "低保户", "残疾、空巢老人"]]
    path = write_csv(tmp_path / "a.csv", rows, header=["村", "村民组", "户编号", "户类别", "重点标签"])
    report = bring(db, scope, path)
    assert (report.header_row, report.rows_ok, report.changes["tags_new"]) == (1, 1, 3)


def test_the_user_names_such_a_column(look):
    """A column with another header can be said to tick a tag."""
    report, facts = look(["兜底"], ["√"], mapping={5: "tag_tekun"})
    assert (report.outcome, facts, FIELDS["tag_tekun"].header) == ("accept", [("", ["tekun"])], "特困供养")

"""清零 and 问题 as a person uses them: the figures of the small world, the rows behind a number, a step, a verification."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs

import pytest

from geo import codes
from geo.exports import ExportHead, tabulate_review, write_table
from geo.i18n import text
from geo.issues.picks import HOME_PICKS, PICKS
from geo.store.clearance import read_clearance
from geo.store.database import Database
from geo.store.lists import read_list
from geo.store.matters import MatterEntry, add_matter
from geo.store.reviews import list_candidates, list_reviews
from geo.store.rounds import list_rounds
from tests.ui.test_pages import open_page, read_tables, read_words
from tests.world import PLANNER, TODAY


def test_the_board_says_the_figures(world: Database) -> None:
    """The sentence and the table are those of the world: 5 villages, none cleared; 6 valid issues, 1 closed, 2 late."""
    app = open_page("clear")
    late = text("clear.lead.late", late=2, undated=1)
    said = text("clear.lead.village", place="测试区", n=0, N=5, valid=6, closed=1, late="")
    words = read_words(app)
    assert said.split("，")[0] in words
    assert f"<em>{late}</em>" in words
    found = read_clearance(world, PLANNER, place_id="d")
    assert text("clear.open.sum", open=found.counts["open"], valid=6, closed=1) in words
    units = app.dataframe[0].value
    assert units["valid"].tolist()[-1] == 6 == sum(units["valid"][:-1])
    assert units["lacks"].tolist()[0] != text("clear.cleared")
    assert text("clear.lead.done") not in words
    nothing = open_page("clear", place="v3")
    assert text("clear.lead.done") in read_words(nothing)


@pytest.mark.usefixtures("world")
def test_a_number_opens_its_rows() -> None:
    """The late ones are the two issues that are late, and an export offers just these."""
    app = open_page("clear", tab="ledger", pick="overdue")
    rows = app.dataframe[0].value
    assert len(rows) == 2
    assert text("clear.ledger.note", n=2, word=text("clear.pick.overdue")) in read_words(app)
    assert "i1" in read_tables(app)


@pytest.mark.usefixtures("world")
def test_every_link_of_the_board_opens_a_list() -> None:
    """Whatever a figure leads to is a list that the page knows; one of households shows households, each once."""
    app = open_page("clear")
    ways = [parse_qs(one.proto.query_string) for one in app.get("page_link")]
    picks = {(way["tab"][0], way["pick"][0]) for way in ways if "pick" in way}
    assert {pick for tab, pick in picks if tab == "ledger"} <= PICKS.keys() | HOME_PICKS.keys()
    assert {("ledger", name) for name in ("open", "valid", "closed", "overdue", "judged", "homes_at_village")} <= picks
    assert [way.get("pick") for way in ways].count(["valid"]) == 2, "清零率 and 返工率 both name what they are parts of"
    app = open_page("clear", tab="ledger", pick="homes_at_village")
    assert len(app.dataframe[0].value) == 3
    assert {"code", "level", "issues"} <= set(app.dataframe[0].value)
    app.button(key="funnel_close").click().run()
    assert "issue_number" in app.dataframe[0].value


@pytest.mark.usefixtures("world")
def test_a_leader_reads_and_does_nothing() -> None:
    """A leader sees the history, no notes, no buttons."""
    app = open_page("issue", role="leader", i="i1")
    assert not app.exception
    assert [one.key for one in app.button if str(one.key).startswith(("act_", "measure_add", "finish_"))] == []
    assert text("issue.history", n=2) in read_words(app)


def test_a_review_is_opened_and_shows_its_candidates(world: Database) -> None:
    """研判 lists the undated issue with its reason; opening makes one review, which offers the five decisions for it."""
    app = open_page("clear", tab="review", level="village")
    assert text("review_reason.undated") in read_tables(app)
    app.button(key="review_open").click().run()
    (held,) = list_reviews(world, PLANNER, place_id="d")
    app = open_page("clear", tab="review", review=held["id"])
    assert not app.exception
    keys = {one.key for one in app.button if str(one.key).startswith("decide_")}
    deferred = {f"decide_{kind}_i5" for kind in ("solve_here", "assign", "escalate")}
    assert keys == {f"decide_{kind}_i2" for kind in codes.REVIEW_DECISIONS} | deferred
    leader = open_page("clear", role="leader", tab="review", review=held["id"])
    assert [one.key for one in leader.button if str(one.key).startswith(("decide_", "review_save"))] == []


def test_the_sheet_of_a_review_prints(world: Database) -> None:
    """The sheet has a row an issue with reason and course in words, and becomes a PDF."""
    table = tabulate_review(list_candidates(world, PLANNER, place_id="d", level="township"))
    (row,) = table.as_frame().to_dict("records")
    assert (row["经过"], row["提交研判的原因"]) == ("提出、上报", "上报待研判、超期")
    head = ExportHead(text("exports.title.review"), "测试区", "", TODAY, "", "planner")
    assert write_table(table, head=head, form="pdf").startswith(b"%PDF")


def test_rounds_are_made_and_closed(world: Database) -> None:
    """管理 makes a round with the days typed; a running one cannot be closed, which is said; a list is written."""
    app = open_page("admin")
    assert not app.exception
    assert len(app.dataframe[0].value) == 2
    app.button(key="round_close").click().run()
    assert [one.status for one in list_rounds(world, PLANNER)] == ["closed", "open"]
    app.text_input(key="new_name").set_value("第3轮").run()
    app.date_input(key="new_first").set_value(date(2020, 3, 1)).run()
    app.date_input(key="new_last").set_value(date(2020, 4, 1)).run()
    app.button(key="new_make").click().run()
    made = list_rounds(world, PLANNER)[-1]
    assert (made.name, made.starts_on, made.number) == ("第3轮", date(2020, 3, 1), 3)
    app = open_page("admin", tab="lists")
    app.text_area(key="list_topic").set_value("医保政策\n森林防火").run()
    app.button(key="list_save_topic").click().run()
    assert read_list(world, PLANNER, name="topic") == ("health_insurance", "森林防火")


def test_matters_are_entered_and_summed(world: Database) -> None:
    """实事 offers a form, lists the matter and says its money; a leader only reads."""
    app = open_page("clear", tab="matters")
    assert text("matter.none") in read_words(app)
    app.button(key="matter_enter").click().run()
    assert not app.exception
    assert any(str(one.key).endswith(":title") for one in app.text_input)
    entry = MatterEntry("a", "g01", "INF_R", "硬化一组路", funds_fen=3_500_050, done_on=TODAY)
    add_matter(world, PLANNER, entry=entry)
    app = open_page("clear", tab="matters", role="leader")
    assert text("matter.sum", n=1, done=1, funds=text("matter.money.wan", n="3.50")) in read_words(app)
    assert "硬化一组路" in read_tables(app)
    assert [one.key for one in app.button if str(one.key).startswith("matter_enter")] == []

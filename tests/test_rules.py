"""口径: figures and categories with source and year; a change is logged, works at once, and leaves a locked round alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from geo import codes
from geo.cli import main
from geo.config import PriorityWeights
from geo.errors import Invalid, NotAllowed
from geo.exports import tabulate_gaps, tabulate_ledger
from geo.gaps import rank_gaps
from geo.importer import ImportOptions
from geo.importer.listed import import_issues
from geo.issues import Act
from geo.model import IssueEntry
from geo.rules import CHOICES
from geo.store.categories import list_categories, write_category
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.gap_homes import read_gap_homes
from geo.store.issue_acts import act_on_issue
from geo.store.issues import raise_issue
from geo.store.ledger import read_ledger
from geo.store.matter_reads import sum_matters
from geo.store.matters import MatterEntry, add_matter
from geo.store.published import lock_round, read_published
from geo.store.reads import read_figures
from geo.store.round_figures import compare_rounds
from geo.store.rules import list_rule_changes, list_rules, load_rules, write_rule
from tests.world import LEADER, PLANNER, TODAY

SOURCE = {"source": "区办〔2019〕3 号", "year": 2019}


def top_priority(db: Database, round_id: str) -> int:
    """Return the priority of the first row of a round's gap list."""
    found = read_gap_homes(db, PLANNER, round_id=round_id, place_id="d")
    return int(rank_gaps(found.waiting, TODAY, found.rules)["priority"].iloc[0])


def test_everything_in_force_has_a_source_and_a_year(world: Database) -> None:
    """Until somebody chooses, every figure and category is the usual one, and says so; weights are those of domain §5."""
    rules = list_rules(world, LEADER)
    assert [one.key for one in rules] == [one.key for one in CHOICES]
    assert all(one.source and one.year and not one.changed_by for one in (*rules, *list_categories(world, LEADER)))
    assert load_rules(world, LEADER).weights == PriorityWeights()


def test_a_change_works_at_once_and_is_logged(world: Database) -> None:
    """A heavier weight moves the gap list, a shorter term closes the way back; each is one line with was and is."""
    before = top_priority(world, "2")
    write_rule(world, PLANNER, key="never", value=70, **SOURCE)
    assert top_priority(world, "2") > before
    act_on_issue(world, PLANNER, issue_id="i1", act=Act("resolved", TODAY - timedelta(days=5)), act_id="a")
    closed = Act("closed", TODAY - timedelta(days=5), verified_by="household", satisfaction=1)
    act_on_issue(world, PLANNER, issue_id="i1", act=closed, act_id="b")
    write_rule(world, PLANNER, key="reopen_days", value=4, **SOURCE)
    with pytest.raises(Invalid, match="reopen_late"):
        act_on_issue(world, PLANNER, issue_id="i1", act=Act("reopened", TODAY, note="又坏了"), act_id="c")
    write_rule(world, PLANNER, key="reopen_days", value=5, **SOURCE)
    act_on_issue(world, PLANNER, issue_id="i1", act=Act("reopened", TODAY, note="又坏了"), act_id="c")
    write_category(world, PLANNER, code="INC", criteria="人均纯收入低于 3,750 元", **SOURCE)
    write_category(world, PLANNER, code="INC", criteria="人均纯收入低于 3,750 元", **SOURCE)
    changes = list_rule_changes(world, PLANNER)
    assert [one["object"] for one in changes] == ["INC", "reopen_days", "reopen_days", "never"]
    assert (changes[-1]["was"]["value"], changes[-1]["is"]["value"], changes[-1]["is"]["year"]) == (20, 70, 2019)
    assert next(one for one in list_categories(world, LEADER) if one.code == "INC").changed_by == "planner"


@pytest.mark.parametrize(
    ("key", "value", "source", "year", "said"),
    [
        ("nothing", 1, "x", 2019, "unknown_code"), ("never", -1, "x", 2019, "outside"), ("target", 0, "x", 2019, "outside"),
        ("never", 1, " ", 2019, "no_source"), ("never", 1, "x", 19, "no_year"),
    ],
)  # fmt: skip
def test_a_choice_without_its_bounds_source_or_year_is_refused(
    world: Database, key: str, value: int, source: str, year: int, said: str
) -> None:
    """An unknown figure, one outside its bounds, no source, no year; and nobody but who manages may choose."""
    with pytest.raises(Invalid, match=said):
        write_rule(world, PLANNER, key=key, value=value, source=source, year=year)
    with pytest.raises(NotAllowed):
        write_rule(world, LEADER, key="never", value=1, **SOURCE)
    with pytest.raises(Invalid, match="no_criteria"):
        write_category(world, PLANNER, code="INC", criteria=" ", **SOURCE)
    assert list_rule_changes(world, PLANNER) == []


def test_a_locked_round_keeps_the_rules_it_was_locked_with(world: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of a locked round and the order of its gap list stay, and its id says which 口径 they were made with."""
    write_rule(world, PLANNER, key="never", value=33, **SOURCE)
    figures = lock_round(world, PLANNER, round_id="1")
    before = (read_published(world, PLANNER, figures_id=figures), top_priority(world, "1"))
    options = ["--source", "区办", "--year", "2020", "--db", str(world.path), "--json"]
    for key, value in (("never", "99"), ("target", "80%"), ("exclusion_warn", "1"), ("missed_round", "50")):
        assert main(["rules", "set", key, value, *options]) == 0
    capsys.readouterr()
    assert (read_published(world, PLANNER, figures_id=figures), top_priority(world, "1")) == before
    assert before[0].rules["never"] == 33
    assert load_rules(world, PLANNER, round_id="1")["target"] == 9500
    assert load_rules(world, PLANNER, round_id="2")["target"] == 8000
    assert main(["figures", figures, "--db", str(world.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rules"]["target"] == 9500


def test_every_number_from_which_something_counts_is_chosen(world: Database) -> None:
    """Two misses, two rounds, seven days of pace: each moves what is counted and named from it on, in no locked round."""
    lock_round(world, PLANNER, round_id="1")
    before = {one: count_from_marks(world, one) for one in ("1", "2")}
    assert "未遇≥2次" in before["2"][0]
    for key, value in (("misses_mark", 1), ("missed_rounds_mark", 1), ("pace_days", 300)):
        write_rule(world, PLANNER, key=key, value=value, **SOURCE)
    after = {one: count_from_marks(world, one) for one in ("1", "2")}
    assert after["1"] == before["1"]
    assert {"未遇≥1次", "连漏 1 轮以上"} <= after["2"][0]
    assert all(now > then for now, then in zip(after["2"][1:], before["2"][1:], strict=True)), (before, after)
    compared = compare_rounds(world, PLANNER, round_id="2", place_id="d")
    assert (compared.mark, compared.whole.in_a_row > 0) == (1, True)
    assert check_database(world, PLANNER) == []


def count_from_marks(db: Database, round_id: str) -> tuple[set[str], int, int, int]:
    """Return the reasons of a gap list in words, how many were missed often and in many rounds, and who came in lately."""
    found = read_gap_homes(db, PLANNER, round_id=round_id, place_id="d")
    gaps = rank_gaps(found.waiting, TODAY, found.rules)
    words = tabulate_gaps(gaps, rules=found.rules).as_frame()["原因"].str.split("、").explode()
    lately = read_figures(db, PLANNER, round_id=round_id, place_id="d").counts.entered_7d
    return set(words), int(gaps["m_missed_twice"].sum()), int(gaps["m_missed_rounds"].sum()), lately


def test_a_category_is_added_renamed_and_retired(world: Database, tmp_path: Path) -> None:
    """A new code has a name, is filed under, exported and imported by name; renamed it stays; retired it is refused."""
    figures = lock_round(world, PLANNER, round_id="1")
    published = read_published(world, PLANNER, figures_id=figures)
    told = {"criteria": "乡村旅游经营纠纷", **SOURCE}
    for code, name, said in (("tour", "旅游", "bad_code"), ("TOUR", "", "no_name"), ("TOUR", "矛盾纠纷", "name_taken")):
        with pytest.raises(Invalid, match=said):
            write_category(world, PLANNER, code=code, name=name, **told)
    write_category(world, PLANNER, code="TOUR", name="旅游", **told)
    assert [one.code for one in list_categories(world, LEADER)] == [*codes.ISSUE_CATEGORIES, "TOUR"]
    entry = IssueEntry("t1", "g01", "household", "TOUR", "农家乐噪声", TODAY, ("h01",))
    raise_issue(world, PLANNER, entry=entry)
    add_matter(world, PLANNER, entry=MatterEntry("m1", "v1", "TOUR", "修停车场", done_on=TODAY))
    write_category(world, PLANNER, code="TOUR", name="文旅", **told)
    write_category(world, PLANNER, code="WATER", name="安全饮水", **told)
    row = read_ledger(world, PLANNER, place_id="v1").set_index("issue").loc["t1"]
    assert (row["category"], row["category_name"]) == ("TOUR", "文旅")
    assert "文旅" in tabulate_ledger(read_ledger(world, PLANNER, place_id="v1")).as_frame()["问题类别"].tolist()
    assert sum_matters(world, PLANNER, place_id="v1").by_category["TOUR"].matters == 1
    write_category(world, PLANNER, code="TOUR", offered=False, **told)
    with pytest.raises(Invalid, match="category_retired"):
        raise_issue(world, PLANNER, entry=replace(entry, id="t2"))
    with pytest.raises(Invalid, match="unknown_code"):
        raise_issue(world, PLANNER, entry=replace(entry, id="t2", category="NONE"))
    assert read_published(world, PLANNER, figures_id=figures) == published
    assert import_words(world, tmp_path, "文旅", "安全饮水", "饮水安全", "TOUR", "外星") == (4, ["外星"])


def import_words(db: Database, folder: Path, *words: str) -> tuple[int, list[str]]:
    """Try a ledger with one row for each word for a category; return how many are understood, and the words that are not."""
    rows = [f"甲测乡,东测村,{word},事{nth},2019-11-01" for nth, word in enumerate(words)]
    ledger = folder / "l.csv"
    ledger.write_text("\n".join(["乡镇,村,问题类别,问题描述,收集时间", *rows]), encoding="utf-8-sig")
    report = import_issues(db, PLANNER, ledger, options=ImportOptions(dry_run=True))
    return report.rows_ok, [one.value for one in report.rows_bad]


def test_the_command_line_says_and_changes_them(world: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """`rules`, `set`, `categories`, `category`, `log` as JSON; a new round takes the target in force; no number is one sentence."""
    db = ["--db", str(world.path)]

    def ask(*words: str) -> object:
        assert main([*words, *db, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    source = ["--source", "区办", "--year", "2020"]
    assert ask("rules", "set", "target", "97.5%", *source)["value"] == 97.5
    rows = {one["key"]: one for one in ask("rules")}
    assert (rows["target"]["unit"], rows["target"]["year"], rows["never"]["value"]) == ("percent", 2020, 20)
    made = ask("rounds", "add", "第5轮:2020-03-01:2020-03-09")
    assert made["target_bp"] == 9750
    assert ask("rules", "category", "EDU", "--criteria", "未入学", "--off", *source)["offered"] is False
    assert next(one for one in ask("rules", "categories") if one["code"] == "EDU")["criteria"] == "未入学"
    assert ask("rules", "category", "SHOP", "--name", "供销", "--criteria", "无店", *source)["name"] == "供销"
    assert [one["object"] for one in ask("rules", "log")] == ["SHOP", "EDU", "target"]
    assert main(["rules", "set", "never", "许多", *source, *db]) == 1
    assert main(["rules", *db]) == 0

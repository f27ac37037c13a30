"""Edge cases of domain §4 from a file to the figure, through the command line alone; every number is counted by hand.

Real databases stand at the clock's day, so rounds lie in the past and days are asked for with --as-of.
"""

from __future__ import annotations

import json

import pytest

from geo.cli import main
from tests.workbooks import HEADER, home, write_csv

TAGGED = [*HEADER, "重点标签"]
ROUND = "第1轮:2019-10-15:2019-12-10"


@pytest.fixture
def ask(capsys, tmp_path):
    """Run one command on one database and return its JSON answer."""

    def run(*arguments: object):
        code = main([*map(str, arguments), "--db", str(tmp_path / "r.sqlite"), "--json"])
        said = capsys.readouterr()
        assert code == 0, said.err
        return json.loads(said.out)

    return run


@pytest.fixture
def bring(ask, tmp_path):
    """Import rows, each with a tag or none, and return the report."""

    def run(name: str, *rows: tuple[list[object], str], options: tuple[str, ...] = ()):
        file = write_csv(tmp_path / f"{name}.csv", [[*row, tag] for row, tag in rows], header=TAGGED)
        return ask("import", file, *options)

    return run


def total(answer, *names: str) -> tuple[object, ...]:
    """Return some counts of the total."""
    return tuple(answer["total"][name] for name in names)


@pytest.mark.parametrize(("counts", "complete"), [((), 1), (("--away-phone-counts",), 3)])
def test_away_and_phoned(ask, bring, counts, complete):
    """Of five homes one is met; one found away and one tagged away, both phoned, are 含电话 only.

    A phone call to somebody who is at home is nothing; one is found away and not phoned. They complete the group only where the round says so, and never enter 走访覆盖率.
    """
    ask("rounds", "add", ROUND, *counts)
    bring(
        "a", (home("A1"), ""), (home("A2", 走访状态="举家外出"), ""),
        (home("A2", 走访状态="电话走访", 走访日期="2019-11-05"), ""), (home("A3", 走访状态="电话走访"), "举家外出"),
        (home("A4", 走访状态="电话走访"), ""), (home("A5", 走访状态="举家外出"), ""), options=("--round", "1"),
    )  # fmt: skip
    now = ask("coverage", "--as-of", "2019-11-20")
    assert total(now, "roster", "attempted", "contacted", "effective", "phone", "complete") == (5, 3, 1, 1, 3, complete)
    assert (now["total"]["away"], now["total"]["coverage"], now["total"]["remaining"]) == (3, "20.0%", 5 - complete)
    before = ask("coverage", "--as-of", "2019-11-04")
    assert total(before, "phone", "effective") == (2, 1), "A2 is found away, and phoned only on the 5th"
    assert ask("gaps", "--as-of", "2019-11-20")["gaps"] == 4


def test_days_of_joining_and_visiting(ask, bring):
    """D of a past day holds who had joined by then; a visit counts from its own day, whenever it was typed."""
    bring("a", (home("A1"), ""), (home("A2", 走访日期="2019-11-10"), ""), options=("--round", ROUND))
    bring("b", (home("A3", 走访日期="2019-11-12"), ""), options=("--round", "1"))
    days = {
        "2019-10-14": (0, 0),
        "2019-10-15": (2, 0),
        "2019-11-01": (2, 1),
        "2019-11-10": (2, 2),
        "2019-12-10": (2, 2),
    }
    assert {day: total(ask("coverage", "--as-of", day), "roster", "effective") for day in days} == days
    now = ask("coverage")
    assert total(now, "roster", "baseline", "added", "effective") == (3, 2, 1, 3)


def test_visits_outside_rounds(ask, bring):
    """A visit before, between or after rounds is kept and listed; a later round over its day takes it in."""
    rows = [(home("A1", 走访日期="2019-10-14"), ""), (home("A2", 走访日期="2019-12-11"), ""), (home("A3"), "")]
    report = bring("a", *rows, options=("--round", ROUND))
    assert (report["outside"], total(ask("coverage"), "roster", "effective")) == ([1, 2], (3, 1))
    ask("rounds", "add", "第2轮:2019-12-11:2019-12-31")
    assert total(ask("coverage", "--round", "2"), "roster", "effective") == (3, 1)
    assert total(ask("coverage", "--round", "1"), "roster", "effective") == (3, 1)


def test_a_future_visit_is_not_made(ask, bring):
    """A visit after today is listed, the household enters without it."""
    report = bring("a", (home("A1", 走访日期="2199-01-01"), ""), options=("--round", ROUND))
    assert ("W_DATE_FUTURE" in report["codes"], report["rows_ok"]) == (True, 1)
    assert total(ask("coverage"), "roster", "attempted") == (1, 0)


def test_the_same_code_in_two_villages(ask, bring):
    """A village's own code in another village is another household, in figures and lists."""
    rows = [(home("1"), ""), (home("1", 村="龙鱼村", 村民组="", 走访状态="未见面"), "")]
    report = bring("a", *rows, options=("--round", ROUND))
    answer = ask("coverage", "--level", "village")
    assert report["households"] == 2
    assert {row["name"]: (row["roster"], row["effective"]) for row in answer["rows"]} == {
        "孟溪村": (1, 1),
        "龙鱼村": (1, 0),
    }


def test_a_village_that_gets_groups_later(ask, bring):
    """Homes without a group stay 未分组 in the round they were counted in, and lie in their group in the next."""
    bare = [(home(code, 村民组=""), "") for code in ("A1", "A2")]
    bring("a", *bare, options=("--round", ROUND))
    bring("b", (home("A1"), ""), (home("A2", 村民组="二组"), ""), (home("A3"), ""), options=("--round", "1"))
    rows = ask("coverage", "--round", "1", "--level", "group")["rows"]
    assert {row["name"]: (row["roster"], row["groups"]) for row in rows} == {"未分组": (2, 0), "一组": (1, 1)}
    ask("rounds", "add", "第2轮:2019-12-11:2019-12-31")
    rows = ask("coverage", "--round", "2", "--level", "group")["rows"]
    assert {row["name"]: row["roster"] for row in rows} == {"一组": 2, "二组": 1}


def test_no_point_is_in_every_figure(ask, bring):
    """Homes without a usable point are due, visited and on the list like all others; only 定位 is less."""
    rows = [(home("A1", 经度="", 纬度=""), ""), (home("A2", 经度=0, 纬度=0), ""), (home("A3", 经度=27.68, 纬度=109.15), ""),
            (home("A4", 经度=116.4, 纬度=39.9, 走访状态="未见面"), ""), (home("A5"), "")]  # fmt: skip
    bring("a", *rows, options=("--round", ROUND))
    assert total(ask("coverage", "--as-of", "2019-11-20"), "roster", "effective", "located") == (5, 4, 1)


def test_targets_of_nothing_and_everything(ask, bring):
    """A target of 0 % asks for nobody, of 100 % for everybody; 5 of 6 is 83.3 %, rounded down, and overdue is all who remain."""
    rows = [(home(f"A{nth}", 走访状态="见面" if nth else "未走访"), "") for nth in range(6)]
    bring("a", *rows)
    days = ("2019-10-15:2019-12-10", "2002-01-01:2002-02-01", "2003-01-01:2003-02-01", "2004-01-01:2004-02-01")
    for number, (span, target) in enumerate(zip(days, ("0", "100", "83.33", "83.34"), strict=True), start=1):
        ask("rounds", "add", f"第{number}轮:{span}", "--target", target)
    first = ask("coverage", "--round", "1")["total"]
    assert (first["coverage"], first["remaining"], first["overdue"]) == ("83.3%", 0, 1)
    assert [ask("coverage", "--round", str(number))["total"]["remaining"] for number in (2, 3, 4)] == [6, 5, 6]


def test_rounds_of_neighbours_share_days_and_nothing_else(ask, bring, tmp_path):
    """Two townships hold rounds on the same days: each has its own homes and visits; a district round may not overlap."""
    far = {"乡镇": "六龙山乡", "村": "六龙山村", "村民组": ""}
    bring("a", (home("A1"), ""), (home("A2", 走访状态="未见面"), ""), (home("X1", **far), ""), (home("X2", **far), ""))
    ask("rounds", "add", "甲:2019-10-15:2019-12-10", "--scope", "520602202")
    ask("rounds", "add", "乙:2019-11-01:2019-11-30", "--scope", "520602204")
    assert total(ask("coverage", "--round", "1"), "roster", "attempted", "effective") == (2, 2, 1)
    assert total(ask("coverage", "--round", "2"), "roster", "attempted", "effective") == (2, 2, 2)
    assert main(["rounds", "add", "丙:2019-12-01:2019-12-20", "--db", str(tmp_path / "r.sqlite")]) == 1


def test_nothing_is_left_wrong(ask, bring):
    """After all of it `check` finds nothing."""
    bring("a", (home("A1"), "低保"), (home("A2", 走访状态="空户"), ""), options=("--round", ROUND))
    bring("b", (home("A1", 人口=5), ""), (home("A3"), ""), options=("--round", "1"))
    assert ask("check")["ok"]

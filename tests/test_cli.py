"""The command line: exit codes, JSON, one Chinese sentence for every trouble."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from contextlib import closing
from datetime import date
from pkgutil import resolve_name

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from geo.cli import main
from geo.cli.commands import COMMANDS
from geo.cli.parser import build_parser
from geo.i18n import text
from geo.schema import CELL_COUNTS, export_log, household, round_, visit
from geo.store.database import Database
from geo.store.reads import read_figures, read_homes
from tests.conftest import ROOT
from tests.world import PLANNER

HEADERS = ("乡镇", "村", "村民组", "户编号", "户主", "人口", "走访日期", "走访状态")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def ask(capsys):
    """Run one command; return its exit code, its answer (parsed with --json) and what it said on stderr."""

    def run(*arguments: object):
        words = [str(one) for one in arguments]
        try:
            code = main(words)
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        answer = json.loads(said.out) if "--json" in words and said.out else said.out
        return code, answer, said.err

    return run


@pytest.fixture
def roster(tmp_path):
    """A workbook of three households in two groups of 孟溪村, two of them visited."""

    def make(*changed: tuple, name: str = "roster.xlsx"):
        rows = [
            ("和平乡", "孟溪村", "一组", "A-1", "测一", 3, "2026-03-05", "见面"),
            ("和平乡", "孟溪村", "一组", "A-2", "测二", 2, "2026-03-05", "未见面"),
            ("和平乡", "孟溪村", "二组", "A-3", "测三", 4, None, "未走访"),
            *changed,
        ]
        book = Workbook()
        for row in (HEADERS, *rows):
            book.active.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return make


def count_rows(path, table) -> int:
    db = Database(path)
    with db.read() as connection:
        number = connection.execute(select(func.count()).select_from(table)).scalar_one()
    db.close()
    return number


def test_a_workbook_becomes_figures(ask, roster, tmp_path):
    """Import with a new round into a file that is not there, then read coverage: 1 of 3 homes, by group 1 of 2 and 0 of 1."""
    db = tmp_path / "new.sqlite"
    code, report, said = ask("import", roster(), "--db", db, "--round", "第1轮:2026-03-01:2026-03-31", "--json")
    assert (code, report["outcome"], report["rows_total"], report["rows_ok"], report["rows_bad"]) == (
        0,
        "accept",
        3,
        3,
        [],
    )
    assert (report["households"], report["persons"], report["edition"]) == (3, 9, "2023-06-30")
    assert report["round"]["number"] == 1
    assert "new.sqlite" in said
    code, answer, _ = ask("coverage", "--db", db, "--level", "group", "--json")
    assert code == 0
    assert (answer["total"]["roster"], answer["total"]["attempted"], answer["total"]["effective"]) == (3, 2, 1)
    assert [(row["name"], row["roster"], row["effective"]) for row in answer["rows"]] == [
        ("一组", 2, 1),
        ("二组", 1, 0),
    ]


def test_the_same_file_again_changes_nothing(ask, roster, tmp_path):
    """The same command twice makes one round, three households and two visits."""
    db = tmp_path / "new.sqlite"
    for _ in range(2):
        code, report, _ = ask("import", roster(), "--db", db, "--round", "第1轮:2026-03-01:2026-03-31", "--json")
        assert code == 0
    assert (report["stored"], report["changed"]) == (False, False)
    assert [count_rows(db, table) for table in (round_, household, visit)] == [1, 3, 2]


def test_refused_rows_keep_the_file_out_until_asked(ask, roster, tmp_path):
    """A row without its 户编号: exit code 3 and nothing stored; with --good-rows the others enter."""
    db, file = tmp_path / "new.sqlite", roster(("和平乡", "孟溪村", "一组", None, "测四", 1, None, None))
    code, report, _ = ask("import", file, "--db", db, "--json")
    assert (code, report["outcome"]) == (3, "reject_rows")
    assert [(one["row"], one["field"], one["code"]) for one in report["rows_bad"]] == [(4, "户编号", "R_REQUIRED")]
    assert count_rows(db, household) == 0
    code, _, _ = ask("import", file, "--db", db, "--good-rows", "--json")
    assert (code, count_rows(db, household)) == (0, 3)


def test_a_question_keeps_the_file_out(ask, roster, tmp_path):
    """A village that is not in the edition is asked about: exit code 4, nothing stored, the question named."""
    db, file = tmp_path / "new.sqlite", roster(("和平乡", "没有这村", "一组", "A-4", "测四", 1, None, None))
    code, answer, _ = ask("import", file, "--db", db)
    assert (code, count_rows(db, household)) == (4, 0)
    assert "没有这村" in answer
    assert "什么都没有存" in answer


def test_a_filled_assignment_sheet_comes_back(ask, roster, tmp_path):
    """What was met at the door is written into the exported sheet and imported again: 1 of 3 homes becomes 2 of 3."""
    db, sheet = tmp_path / "new.sqlite", tmp_path / "sheet.xlsx"
    ask("import", roster(), "--db", db, "--round", "第1轮:2026-03-01:2026-03-31")
    ask("gaps", "--db", db, "--kind", "sheets", "--out", sheet)
    book = load_workbook(sheet)
    headers = [cell.value for cell in book.active[3]]
    for header, value in (("走访日期", "2026-03-20"), ("走访状态", "见面")):
        book.active.cell(4, headers.index(header) + 1).value = value
    book.save(sheet)
    code, _, _ = ask("import", sheet, "--db", db)
    _, answer, _ = ask("coverage", "--db", db, "--json")
    assert (code, answer["total"]["roster"], answer["total"]["effective"]) == (0, 3, 2)


def test_several_files_report_the_worst(ask, roster, tmp_path):
    """Two files: the good one is stored, the broken one decides the exit code, the report holds both."""
    bad = tmp_path / "empty.csv"
    bad.write_bytes(b"")
    db, out = tmp_path / "new.sqlite", tmp_path / "report.json"
    code, _, _ = ask("import", roster(), bad, "--db", db, "--report", out)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert (code, report["outcome"], [one["outcome"] for one in report["files"]]) == (
        4,
        "reject_file",
        ["accept", "reject_file"],
    )
    assert count_rows(db, household) == 3


def test_a_dry_run_stores_nothing(ask, roster, tmp_path):
    """--dry-run says the same and leaves no household."""
    db = tmp_path / "new.sqlite"
    code, answer, _ = ask("import", roster(), "--db", db, "--dry-run")
    assert (code, count_rows(db, household)) == (0, 0)
    assert "试运行" in answer


def test_a_date_for_visits_without_one(ask, roster, tmp_path):
    """A visit without a date counts once --visit-date gives the day."""
    db, file = tmp_path / "new.sqlite", roster(("和平乡", "孟溪村", "二组", "A-4", "测四", 1, None, "见面"))
    plan = ("--round", "第1轮:2026-03-01:2026-03-31")
    _, report, _ = ask("import", file, "--db", db, *plan, "--dry-run", "--json")
    assert "W_DATE_MISSING" in report["codes"]
    ask("import", file, "--db", db, *plan, "--visit-date", "2026-03-09", "--json")
    _, answer, _ = ask("coverage", "--db", db, "--json")
    assert answer["total"]["effective"] == 2


def test_coverage_is_the_figures_of_the_app(ask, world):
    """Every count of the total and of each row is what the pages read; rows of every level sum to the total."""
    world.close()
    expected = read_figures(world, PLANNER, round_id="2", place_id="d").counts.values
    for level in ("district", "township", "village", "group"):
        _, answer, _ = ask("coverage", "--db", world.path, "--round", "2", "--level", level, "--json")
        assert {name: answer["total"][name] for name in CELL_COUNTS} == expected
        for name in ("roster", "attempted", "contacted", "effective", "overdue"):
            assert sum(row[name] for row in answer["rows"]) == expected[name]
    assert [row["name"] for row in answer["rows"] if row["code"] == "900000200205"] == ["未分组"]


def test_coverage_over_each_tag(ask, world):
    """The answer names each care tag with its households of D and those effectively visited: h01 of elder_alone, not h10."""
    _, answer, _ = ask("coverage", "--db", world.path, "--round", "2", "--json")
    assert answer["tags"] == {
        "elder_alone": {"roster": 2, "effective": 1, "coverage": "50.0%"},
        "dibao": {"roster": 1, "effective": 0, "coverage": "0.0%"},
    }
    _, answer, _ = ask("coverage", "--db", world.path, "--round", "2", "--place", "900000200", "--json")
    assert answer["tags"] == {"dibao": {"roster": 1, "effective": 0, "coverage": "0.0%"}}


def test_coverage_of_a_past_day(ask, world):
    """On 2019-10-31, before the exclusions and two of the visits, the figures are those of that day."""
    _, answer, _ = ask("coverage", "--db", world.path, "--round", "2", "--as-of", "2019-10-31", "--json")
    then = read_figures(world, PLANNER, round_id="2", place_id="d", as_of=date(2019, 10, 31))
    assert (answer["as_of"], answer["total"]["roster"]) == ("2019-10-31", then.counts.roster)
    assert answer["total"]["effective"] == then.counts.effective < 21


def test_coverage_for_people(ask, world):
    """Without --json: one sentence with formula, numerator, denominator and day, then one line a township."""
    code, answer, _ = ask("coverage", "--db", world.path)
    first, head, *rows = answer.splitlines()
    assert code == 0
    assert first == "测试区 · 第2轮 · 截至 2019-11-20：走访覆盖率 = 有效走访 ÷ 应访 = 21 ÷ 53 = 39.6%"
    assert head.split()[:3] == ["代码", "上级", "名称"]
    assert [row.split()[2] for row in rows] == ["甲测乡", "乙测镇"]


@pytest.mark.parametrize(
    ("kind", "suffix"), [("homes", "xlsx"), ("homes", "csv"), ("groups", "csv"), ("todos", "xlsx"), ("sheets", "xlsx")]
)
def test_gaps_are_written_and_logged(ask, world, tmp_path, kind, suffix):
    """Each kind of list is written to the file named, and its export is logged with its length."""
    out = tmp_path / f"list.{suffix}"
    code, answer, _ = ask("gaps", "--db", world.path, "--kind", kind, "--out", out, "--json")
    assert (code, answer["gaps"]) == (0, answer["roster"] - answer["effective"])
    assert sum(answer["states"].values()) == answer["gaps"]
    assert out.stat().st_size
    with world.read() as connection:
        logged = connection.execute(select(export_log.c.actor, export_log.c.rows)).one()
    assert tuple(logged) == ("cli", answer["rows"])


def test_the_gap_file_holds_the_gaps(ask, world, tmp_path):
    """The CSV's households are those of the roster without an effective visit, no more and no fewer."""
    out = tmp_path / "list.csv"
    ask("gaps", "--db", world.path, "--out", out)
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig").split("\n", 1)[1])))
    homes = read_homes(world, PLANNER, round_id="2", place_id="d")
    assert {row["户编号"] for row in rows} == set(homes.loc[homes["effective"] == 0, "code"])


def test_rounds_are_made_and_listed(ask, world):
    """A round after the last gets the next number; one that overlaps is refused with a sentence."""
    code, made, _ = ask(
        "rounds", "add", "第3轮:2019-12-20:2020-01-20", "--db", world.path, "--target", "97.5%", "--json"
    )
    assert (code, made["number"], made["target_bp"], made["scope"]) == (0, 3, 9750, "d")
    code, _, said = ask("rounds", "add", "又一轮:2020-01-01:2020-02-01", "--db", world.path)
    assert (code, "第3轮" in said) == (1, True)
    _, listed, _ = ask("rounds", "list", "--db", world.path, "--json")
    assert [one["number"] for one in listed] == [1, 2, 3]


def test_check_says_what_is_wrong(ask, world):
    """A sound database passes; one whose cell was changed behind its back fails with exit code 1 and names the place."""
    code, answer, _ = ask("check", "--db", world.path)
    assert (code, "没有发现问题" in answer) == (0, True)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE coverage_cell SET roster = 7 WHERE place = 'g02' AND span = 'all'")
    code, answer, _ = ask("check", "--db", world.path, "--json")
    assert (code, answer["ok"]) == (1, False)
    assert [one["check"] for one in answer["findings"]] == ["cells", "cells"]
    assert answer["findings"][1]["detail"] == "第2轮 90000010020102"


def test_backup_and_back(ask, world, tmp_path):
    """A backup answers like its source."""
    copy = tmp_path / "copy.sqlite"
    code, answer, _ = ask("backup", copy, "--db", world.path, "--json")
    assert (code, answer["rows"]["household"]) == (0, 60)
    totals = [ask("coverage", "--db", path, "--json")[1]["total"] for path in (world.path, copy)]
    assert totals[0] == totals[1]


def test_a_missing_database_is_made(ask, tmp_path):
    """`check --db` on a path without a file makes an empty database of the default edition; --edition decides."""
    assert ask("check", "--db", tmp_path / "one.sqlite")[0] == 0
    with closing(Database(tmp_path / "one.sqlite")) as db:
        assert (db.setting("kind"), db.setting("edition")) == ("real", "2023-06-30")


def test_an_edition_is_not_changed_afterwards(ask, roster, tmp_path):
    """--edition decides for a new file; for one with other units it is refused and nothing is stored."""
    db = tmp_path / "new.sqlite"
    ask("import", roster(), "--db", db, "--edition", "2019-10-31")
    code, _, said = ask("import", roster(name="again.xlsx"), "--db", db, "--edition", "2023-06-30")
    assert (code, "2019-10-31" in said) == (1, True)


@pytest.mark.parametrize(
    "line",
    [
        [], ["bogus"], ["coverage", "--level", "bogus"], ["coverage", "--as-of", "2019-13-01"], ["import"], ["check", "--foo"],
        ["demo", "--preset", "moon"], ["rounds", "add", "X", "--target", "120"], ["gaps", "--out"],
        ["rounds", "add", "X", "--target", "inf"], ["rounds", "add", "X", "--target", "nan"],
        ["coverage", "--as-of", "0001-01-02"], ["import", "x.csv", "--visit-date", "9999-12-31"],
    ],
)  # fmt: skip
def test_a_wrong_line_is_answered_in_one_sentence(ask, line):
    """Exit code 2 and one Chinese sentence that says where to read on."""
    code, _, said = ask(*line)
    assert code == 2
    assert len(said.splitlines()) == 1
    assert CHINESE.search(said)
    assert "--help" in said


@pytest.mark.parametrize(
    "line",
    [
        ["import", "missing.xlsx", "--db", "{tmp}/x.sqlite"],
        ["import", "{world}", "--db", "{tmp}/x.sqlite", "--round", "第1轮:2026"],
        ["rounds", "add", "第1轮", "--db", "{tmp}/x.sqlite"],
        ["coverage", "--db", "{tmp}/x.sqlite"],
        ["coverage", "--db", "{world}", "--round", "77"],
        ["coverage", "--db", "{world}", "--place", "123"],
        ["gaps", "--db", "{world}", "--out", "{tmp}/list.pdf"],
        ["gaps", "--db", "{world}", "--out", "{tmp}/nowhere/list.csv"],
        ["gaps", "--db", "{world}", "--kind", "sheets", "--out", "{tmp}/list.csv"],
        ["backup", "{world}", "--db", "{world}"],
        ["check", "--db", "{tmp}/text.sqlite"],
        ["demo", "--preset", "heping", "--db", "{world}"],
        ["check", "--db", "{tmp}"],
    ],
)
def test_trouble_is_one_sentence(ask, world, tmp_path, line):
    """Whatever is wrong with the data: not exit code 0, a Chinese sentence, no traceback."""
    (tmp_path / "text.sqlite").write_text("no database", encoding="utf-8")
    code, _, said = ask(*(word.format(tmp=tmp_path, world=world.path) for word in line))
    assert code == 1
    last = said.splitlines()[-1]
    assert CHINESE.search(last)
    assert "Traceback" not in said
    assert "geo-" not in last


def test_it_runs_as_a_module(tmp_path):
    """`python -m geo` is the command line, and Chinese reaches a pipe as UTF-8."""
    command = [sys.executable, "-m", "geo", "check", "--db", str(tmp_path / "x.sqlite")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0
    assert "没有发现问题" in done.stdout.decode("utf-8")


def test_every_command_has_its_function():
    """What can be typed is what can be run: each command names a function that is there."""
    (commands,) = (action for action in build_parser()._actions if isinstance(action.choices, dict))
    assert set(commands.choices) == set(COMMANDS)
    assert all(callable(resolve_name(function)) for function in COMMANDS.values())


def list_parsers(parser, words=()):
    """Yield every command with its parser."""
    yield words, parser
    for action in parser._actions:
        for name, child in (action.choices or {}).items() if isinstance(action.choices, dict) else ():
            yield from list_parsers(child, (*words, name))


def test_help_is_in_chinese(capsys):
    """No help holds a word of argparse's own; what is left in Latin letters are names that are typed, and formats."""
    parsers = list(list_parsers(build_parser()))
    assert len(parsers) > 12
    for words, parser in parsers:
        said = parser.format_help()
        assert said.startswith(text("cli.help.usage"))
        for foreign in ("usage", "positional", "options:", "optional", "show this", "and exit", "default:"):
            assert foreign not in said, (words, foreign)
    with pytest.raises(SystemExit) as ended:
        main(["import", "--help"])
    assert ended.value.code == 0
    assert text("cli.help.help") in capsys.readouterr().out

"""`python -m geo import` as it is promised: exit codes, one report in fixed words, masking, rounds, missing databases."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from geo.cli import main
from geo.store.database import Database
from tests.workbooks import home, write_csv

ROUND = "第1轮:2019-10-15:2019-12-10"
NUMBER = "522201190002020015"


@pytest.fixture
def ask(capsys):
    """Run one command; return its exit code, its answer (parsed with --json) and what it said on stderr."""

    def run(*arguments: object):
        words = [str(one) for one in arguments]
        code = main(words)
        said = capsys.readouterr()
        return code, json.loads(said.out) if "--json" in words else said.out, said.err

    return run


@pytest.fixture
def files(tmp_path):
    """Write named CSV files of rows."""

    def write(name: str, *rows: list[object]):
        return write_csv(tmp_path / name, list(rows))

    return write


def stored(db) -> tuple[int, int, int]:
    """Return how many households, visits and roster rows a database holds."""
    with closing(Database(db)) as opened, opened.read() as connection:
        counts = [f"(SELECT count(*) FROM {table})" for table in ("household", "visit", "round_roster")]
        return tuple(connection.exec_driver_sql(f"SELECT {', '.join(counts)}").one())


def test_no_good_row_is_no_success(ask, files, tmp_path):
    """With --good-rows a file none of whose rows is good stores nothing and ends with 3; one good row ends with 0."""
    db = tmp_path / "r.sqlite"
    code, report, _ = ask("import", files("a.csv", home(""), home("")), "--db", db, "--good-rows", "--json")
    assert (code, report["outcome"], report["rows_ok"], report["stored"], stored(db)) == (
        3,
        "reject_rows",
        0,
        False,
        (0, 0, 0),
    )
    code, report, _ = ask("import", files("b.csv", home(""), home("B")), "--db", db, "--good-rows", "--json")
    assert (code, report["outcome"], report["rows_ok"], report["stored"], stored(db)) == (
        0,
        "reject_rows",
        1,
        True,
        (1, 1, 0),
    )


def test_several_files_are_one_report(ask, files, tmp_path):
    """Dropped together: worst outcome, sums, rows with their file, one round whose baseline they all are."""
    db, out = tmp_path / "r.sqlite", tmp_path / "report.json"
    one, two = (
        files("a.csv", home("A1"), home("A2", 村民组="二组")),
        files("b.csv", home("A3", 村民组="三组", 人口=9), home("")),
    )
    code, report, _ = ask("import", one, two, "--db", db, "--round", ROUND, "--good-rows", "--report", out, "--json")
    assert json.loads(out.read_text(encoding="utf-8")) == report
    assert (code, report["outcome"], report["rows_total"], report["rows_ok"]) == (0, "reject_rows", 4, 3)
    assert (report["households"], report["persons"], report["edition"], report["round"]["number"]) == (
        3,
        15,
        "2023-06-30",
        1,
    )
    assert report["rows_bad"] == [{"row": 2, "field": "户编号", "code": "R_REQUIRED", "value": "", "file": "b.csv"}]
    assert {"row": 1, "field": "人口", "value": 9, "file": "b.csv"} in report["values"]
    assert report["total"]["roster_missing"] == 0
    assert (report["codes"], [part["file"] for part in report["files"]]) == (["R_REQUIRED"], ["a.csv", "b.csv"])
    _, answer, _ = ask("coverage", "--db", db, "--json")
    assert (answer["total"]["baseline"], answer["total"]["added"], answer["total"]["effective"]) == (3, 0, 3)


def test_every_report_has_the_same_words(ask, files, tmp_path):
    """Accepted, refused and asked alike a report has all keys, and names the edition of the database."""
    (tmp_path / "zero.csv").write_bytes(b"")
    cases = {
        "accept": (files("a.csv", home("A1")), 0), "reject_rows": (files("b.csv", home("")), 3),
        "ask": (files("c.csv", home("C1", 走访状态="不晓得")), 4), "reject_file": (tmp_path / "zero.csv", 4),
    }  # fmt: skip
    for nth, (outcome, (path, code)) in enumerate(cases.items()):
        found, report, _ = ask("import", path, "--db", tmp_path / f"{nth}.sqlite", "--edition", "2019-10-31", "--json")
        assert (found, report["outcome"], report["edition"]) == (code, outcome, "2019-10-31")
        keys = {
            "outcome",
            "rows_total",
            "rows_ok",
            "rows_bad",
            "codes",
            "values",
            "households",
            "persons",
            "edition",
            "round",
        }
        assert keys <= set(report)
        assert stored(tmp_path / f"{nth}.sqlite")[0] == (outcome == "accept")


def test_id_numbers_are_masked_wherever_they_stand(ask, files, tmp_path):
    """In its column, in a note, beside a name, in a total row: only the last four are reported, and all when asked."""
    rows = [
        home("A1", 身份证号=NUMBER, 备注=f"证件{NUMBER}核"), home("A2", 户主=f"王测 {NUMBER}"), home("A3", 身份证号=NUMBER),
        home("520602202203220301"), home("", 户主=NUMBER, 联系电话=NUMBER), ["合计", "", "", "", NUMBER],
        home("A6", 身份证号="520602900202001"), home("A7", 身份证号=f"{NUMBER[:-1]}6"),
    ]  # fmt: skip
    file = files("a.csv", *rows)
    code, report, _ = ask("import", file, "--db", tmp_path / "a.sqlite", "--good-rows", "--json")
    said = json.dumps(report, ensure_ascii=False)
    assert (code, NUMBER[:-1] in said, "52060290020" in said) == (0, False, False)
    assert "**************0015" in said
    assert {"row": 4, "field": "户编号", "value": "520602202203220301"} in report["values"]
    _, report, _ = ask("import", file, "--db", tmp_path / "b.sqlite", "--good-rows", "--show-personal", "--json")
    assert {"row": 1, "field": "身份证号", "value": NUMBER} in report["values"]
    with closing(Database(tmp_path / "b.sqlite")) as db, db.read() as connection:
        assert (
            connection.exec_driver_sql(
                "SELECT count(*) FROM import_refused WHERE value LIKE ?", (f"%{NUMBER[:10]}%",)
            ).scalar()
            == 0
        )


def test_a_round_by_name_number_and_id(ask, files, tmp_path):
    """The round made by name is used again by name, number and id; another name on its days is refused, so is no round."""
    db, file = tmp_path / "r.sqlite", files("a.csv", home("A1"))
    _, report, _ = ask("import", file, "--db", db, "--round", ROUND, "--json")
    for typed in (ROUND, "1", report["round"]["id"]):
        code, again, _ = ask("import", file, "--db", db, "--round", typed, "--json")
        assert (code, again["round"], again["changed"]) == (0, report["round"], False)
        code, answer, _ = ask("coverage", "--db", db, *(["--round", typed] if typed != ROUND else []), "--json")
        assert (code, answer["round"]["number"], answer["total"]["effective"]) == (0, 1, 1)
    for typed in ("又一轮:2019-11-01:2019-11-30", "2", "第2轮:2020-02-01:2020-01-01"):
        code, _, said = ask("import", file, "--db", db, "--round", typed)
        assert (code, len(said.splitlines())) == (1, 1)
    assert stored(db) == (1, 1, 1)


def test_a_later_file_without_a_round_joins_no_roster(ask, files, tmp_path):
    """Without --round households and visits are updated; with its number unknown households become additions of today."""
    db = tmp_path / "r.sqlite"
    ask("import", files("a.csv", home("A1")), "--db", db, "--round", ROUND)
    later = files("b.csv", home("A2"), home("A1", 人口=8))
    assert ask("import", later, "--db", db, "--json")[0] == 0
    assert stored(db) == (2, 2, 1)
    _, report, _ = ask("import", later, "--db", db, "--round", "1", "--json")
    assert ([one["kind"] for one in report["proposals"]], stored(db)) == (["addition"], (2, 2, 2))
    _, answer, _ = ask("coverage", "--db", db, "--json")
    assert (answer["total"]["roster"], answer["total"]["added"]) == (2, 1)


def test_columns_and_levels_of_coverage(ask, files, tmp_path):
    """Every row has code, name and the counts of the total; rows of each level sum to it; 无 household gives no row."""
    db = tmp_path / "r.sqlite"
    rows = [home("A1"), home("A2", 村民组="二组", 走访状态="未见面"), home("L1", 村="龙鱼村", 村民组="")]
    ask("import", files("a.csv", *rows), "--db", db, "--round", ROUND)
    names = {"township": 1, "village": 2, "group": 3, "district": 1}
    for level, many in names.items():
        _, answer, _ = ask("coverage", "--db", db, "--round", "1", "--level", level, "--as-of", "2019-11-20", "--json")
        assert (answer["as_of"], answer["level"], len(answer["rows"])) == ("2019-11-20", level, many)
        for name in ("roster", "attempted", "contacted", "effective"):
            assert sum(row[name] for row in answer["rows"]) == answer["total"][name]
        assert set(answer["total"]) - {"code", "name"} <= set(answer["rows"][0])
    assert (answer["total"]["roster"], answer["total"]["attempted"], answer["total"]["effective"]) == (3, 3, 2)
    _, answer, _ = ask("coverage", "--db", db, "--as-of", "2019-10-20", "--json")
    assert (answer["total"]["roster"], answer["total"]["attempted"]) == (3, 0)


def test_a_newer_roster_without_a_round_says_who_is_missing(ask, files, tmp_path):
    """Households of the village that the file does not name, and new ones that the round does not count, are listed."""
    db = tmp_path / "r.sqlite"
    ask("import", files("a.csv", *(home(f"A{nth}") for nth in range(5))), "--db", db, "--round", ROUND)
    newer = files("b.csv", home("A0"), home("A2"), home("A4"), home("N7", 户主="新测"))
    _, said, _ = ask("import", newer, "--db", db, "--dry-run")
    assert "--round 轮次号 --apply missing" in said
    assert "不在正在进行的轮次里" in said
    code, report, _ = ask("import", newer, "--db", db, "--json")
    listed = [(one["kind"], one["code"], one["taken"]) for one in report["proposals"]]
    assert (code, listed) == (0, [("missing", "A1", False), ("missing", "A3", False), ("addition", "N7", False)])
    assert (report["changes"]["roster_missing"], report["changes"]["roster_added"], stored(db)) == (2, 0, (6, 6, 5))
    # The same words with the round carry it out.
    _, report, _ = ask("import", newer, "--db", db, "--round", "1", "--apply", "missing", "--json")
    assert all(one["taken"] for one in report["proposals"])


def test_files_of_one_drop_miss_nobody_without_a_round(ask, files, tmp_path):
    """A village that begins with several files of one command is whole with all of them; one that is left has left."""
    db = tmp_path / "r.sqlite"
    paths = files("a.csv", home("A1")), files("b.csv", home("A2"))
    _, report, _ = ask("import", *paths, "--db", db, "--json")
    assert [one["proposals"] for one in report["files"]] == [[], []]

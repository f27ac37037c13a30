"""`import --mapping` as it is typed: databases it makes, exit codes, what it prints."""

from __future__ import annotations

import json

import pytest

from geo.cli import main
from geo.i18n import text
from geo.store.database import Database
from tests.mapped import UNITS, rows, write

VISITS = f"""
{UNITS}
    households: {{key: home}}
    visits: {{visited_on: day, outcome: {{column: said, map: {{ok: effective}}}}}}
"""
TABLE = "home,village,day,said\nA,North,2024-01-01,ok\nB,North,2024-02-01,ok\n"


@pytest.fixture
def files(tmp_path):
    """A mapping without rounds, a file for it, and where a database may be made."""
    return write(tmp_path / "v.yaml", VISITS), write(tmp_path / "v.csv", TABLE), tmp_path / "new.sqlite"


def run(capsys, *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_missing_database_is_made_with_the_mappings_district(files, capsys):
    """The new file holds the mapping's units alone; the answer says what was stored, the second time that nothing was."""
    mapping, file, path = files
    words = ("import", file, "--mapping", mapping, "--db", path, "--round", "第1轮:2024-01-01:2024-01-31")
    code, out, err = run(capsys, *words)
    assert (code, "Harbour" in err) == (0, True)
    assert "已存入：单位 2 个、新农户 2 户、轮次 1 个、入册 2 户次、走访 2 次、其中不在轮次内 1 次。" in out
    db = Database(path)
    assert rows(db, "SELECT level, code, edition FROM place ORDER BY length(code)") == [
        ("district", "D1", "v"), ("township", "D1-T", "v"), ("village", "D1-T-North", "v"),
    ]  # fmt: skip
    db.close()
    code, out, _ = run(capsys, *words)
    assert (code, "都已在库里，没有任何改动。" in out) == (0, True)


def test_coverage_shows_villages_where_there_are_no_townships(files, capsys):
    """Without --level the rows are townships; of a tree without any, villages: they sum to the total."""
    mapping, file, path = files
    mapping.write_text(
        VISITS.replace("      township: {code: {value: D1-T}, name: {value: Coast}}\n", ""), encoding="utf-8"
    )
    assert run(capsys, "import", file, "--mapping", mapping, "--db", path, "--round", "r:2024-01-01:2024-03-31")[0] == 0
    code, out, _ = run(capsys, "coverage", "--db", path, "--round", "1", "--json")
    said = json.loads(out)
    assert (code, said["level"], [row["name"] for row in said["rows"]]) == (0, "village", ["North"])
    assert said["rows"][0]["effective"] == said["total"]["effective"] == 2


def test_a_bad_mapping_makes_no_database(files, capsys):
    """Exit code 1, one line a problem, as JSON too; the database is not even made."""
    mapping, file, path = files
    mapping.write_text(VISITS.replace("visited_on", "visit_on"), encoding="utf-8")
    code, out, err = run(capsys, "import", file, "--mapping", mapping, "--db", path, "--json")
    problems = json.loads(out)["problems"]
    assert (code, path.exists(), "visited_on" in err) == (1, False, True)
    assert [(one["line"], one["path"]) for one in problems] == [(9, "visits.visit_on"), (9, "visits")]


@pytest.mark.parametrize(
    ("old", "new", "code", "outcome"),
    [("ok\nB", "maybe\nB", 4, "ask"), ("B,North", ",North", 3, "reject_rows"), ("said\n", "heard\n", 4, "reject_file")],
)
def test_exit_codes(files, capsys, old, new, code, outcome):
    """A word to decide and a missing column end with 4, refused rows with 3; nothing is stored."""
    mapping, file, path = files
    file.write_text(TABLE.replace(old, new), encoding="utf-8")
    ended, out, _ = run(capsys, "import", file, "--mapping", mapping, "--db", path, "--json")
    said = json.loads(out)
    assert (ended, said["outcome"], said["stored"]) == (code, outcome, False)


def test_what_does_not_fit_together_is_refused(files, capsys):
    """A new database without a district, one with an edition besides, and a round for a mapping that has its own."""
    mapping, file, path = files
    assert run(capsys, "import", file, "--mapping", mapping, "--db", path, "--edition", "2019-10-31")[0] == 1
    mapping.write_text(
        VISITS.replace("district: {code: {value: D1}, name: {value: Harbour}}", "").replace("      \n", ""),
        encoding="utf-8",
    )
    code, _, err = run(capsys, "import", file, "--mapping", mapping, "--db", path)
    assert (code, "district" in err, path.exists()) == (1, True, False)
    rounds = "rounds: [{name: r, from: 2024-01-01, to: 2024-02-01}]"
    write(mapping, VISITS.replace("    households:", f"    {rounds}\n    households:"))
    code, _, err = run(capsys, "import", file, "--mapping", mapping, "--db", path, "--round", "x:2024-01-01:2024-02-01")
    assert (code, "--round" in err) == (1, True)


def test_several_files_of_one_drop_share_the_baseline(files, capsys, tmp_path):
    """Two parts of one export: the households of both are the baseline of the round, none is 新增户."""
    mapping, file, path = files
    more = write(tmp_path / "more.csv", "home,village,day,said\nC,North,2024-01-05,ok\n")
    words = ("import", file, more, "--mapping", mapping, "--db", path, "--round", "r:2024-01-01:2024-03-31", "--json")
    code, out, _ = run(capsys, *words)
    total = json.loads(out)["total"]
    assert (code, total["roster_baseline"], total["roster_added"], total["visits_new"]) == (0, 3, 0, 3)


def test_a_system_on_the_command_line_comes_before_the_mappings(files, capsys):
    """--crs EPSG:2193 reads metres that the mapping takes for degrees."""
    mapping, file, path = files
    write(mapping, f"{UNITS}\n    households: {{key: home, lon: x, lat: y}}\n")
    write(file, "home,village,x,y\nA,North,1801500,5816500\n")
    words = ("import", file, "--mapping", mapping, "--db", path)
    code, out, _ = run(capsys, *words, "--dry-run", "--json")
    assert (code, "W_COORD_RANGE" in json.loads(out)["codes"]) == (0, True)
    code, out, _ = run(capsys, *words, "--crs", "EPSG:2193", "--json")
    assert (code, json.loads(out)["codes"]) == (0, [])
    db = Database(path)
    assert rows(db, "SELECT round(lon, 4), round(lat, 4) FROM household") == [(175.288, -37.7767)]
    db.close()


def test_options_that_a_mapping_answers_itself_are_refused(files, capsys):
    """Options that only the importer of rosters understands are not passed over in silence."""
    mapping, file, path = files
    for typed in (
        ["--column", "A=code"], ["--answer", "a=b"], ["--unit", "孟溪村"], ["--make-codes"], ["--apply", "correction"],
        ["--layer", "x"], ["--replace-outlines"],
    ):  # fmt: skip
        code, _, err = run(capsys, "import", file, "--mapping", mapping, "--db", path, *typed)
        assert (code, typed[0] in err, path.exists()) == (1, True, False)


def test_a_long_file_says_how_far_it_is(files, capsys):
    """Above 20,000 rows the phases are told on stderr; the answer stays alone on stdout."""
    mapping, file, path = files
    lines = "".join(f"H{nth},V{nth % 7},2024-01-{nth % 28 + 1:02d},ok\n" for nth in range(20_001))
    file.write_text("home,village,day,said\n" + lines, encoding="utf-8")
    code, out, err = run(capsys, "import", file, "--mapping", mapping, "--db", path, "--json")
    assert (code, json.loads(out)["changes"]["visits_new"]) == (0, 20_001)
    assert all(text(f"cli.progress.{phase}") in err for phase in ("understand", "plan", "store", "figures"))

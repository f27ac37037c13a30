"""`export` on the command line: every list, every format, logged; and what cannot be is said in one sentence."""

from __future__ import annotations

import json

import pytest

from geo.cli import main
from geo.exports import FORMATS
from geo.store.exportlog import list_exports
from tests.exported import read_back, rows_of, tabulate
from tests.world import PLANNER


@pytest.fixture
def export(world, tmp_path, capsys):
    """Export one list of the world; return the exit code, the answer and what was said on stderr."""

    def run(what: str, name: str, *more: str):
        code = main(["export", what, "--out", str(tmp_path / name), "--db", str(world.path), "--json", *more])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else {}, said.err

    return run


@pytest.mark.parametrize("what", ["gaps", "roster", "coverage", "ledger", "areas"])
def test_every_list_can_be_had(world, export, tmp_path, what):
    """The file of each list holds its rows, the answer says how many, and the log says who took what."""
    more = ["--round", "2"] if what in ("gaps", "roster", "coverage") else []
    more += ["--level", "group"] if what == "coverage" else []
    code, answer, _said = export(what, "list.csv", *more)
    table = tabulate(world, what)
    assert code == 0
    assert (answer["rows"], answer["format"], answer["as_of"]) == (len(table), "csv", "2019-11-20")
    assert read_back((tmp_path / "list.csv").read_bytes(), "csv", table, tmp_path) == [
        [value if not isinstance(value, str) or not value.startswith(("=", "-")) else f"'{value}" for value in row]
        for row in rows_of(table)
    ]
    (logged,) = list_exports(world, PLANNER)
    assert (logged["actor"], logged["what"], logged["rows"]) == ("cli", f"{what}.csv", len(table))
    assert f"{len(table)} 行" in logged["filter"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_can_be_had(export, tmp_path, form):
    """Each format is written by its name whatever the file is called, and by the ending of the file alone."""
    starts = {"xlsx": b"PK", "csv": b"\xef\xbb\xbf", "pdf": b"%PDF", "geojson": b'{"type"', "gpkg": b"SQLite",
              "kml": b"<?xml", "gpx": b"<?xml", "shp": b"PK"}  # fmt: skip
    for name, more in (("any.bin", ["--format", form]), (f"list.{FORMATS[form].suffix}", [])):
        code, answer, _said = export("roster", name, "--round", "2", *more)
        assert (code, answer["format"]) == (0, form)
        assert (tmp_path / name).read_bytes().startswith(starts[form])


def test_the_gap_list_is_narrowed_as_on_screen(world, export):
    """A state and a mark leave the rows that the page leaves, and the file says so."""
    _code, whole, _said = export("gaps", "a.csv", "--round", "2")
    _code, part, _said = export("gaps", "b.csv", "--round", "2", "--state", "overdue", "--mark", "unassigned")
    wanted = tabulate(world, "gaps").frame.query("state == 'overdue' and m_unassigned")
    assert part["rows"] == len(wanted) < whole["rows"]
    assert part["filters"] == "超期未访、未分配"


def test_gaps_by_group_and_todos(world, export):
    """The list by group has a row a group, and 已走访待办 those that it has on screen."""
    for kind in ("groups", "todos"):
        code, answer, _said = export("gaps", f"{kind}.geojson", "--round", "2", "--kind", kind)
        assert (code, answer["rows"]) == (0, len(tabulate(world, kind)))


def test_a_roster_needs_no_round(tmp_path, capsys):
    """In a database without a round the roster is everybody who lives there; the gap list is refused in a sentence."""
    db = str(tmp_path / "own.sqlite")
    (tmp_path / "own.csv").write_text(
        "乡镇,村,村民组,户编号,户主\n和平乡,孟溪村,一组,A-1,测一\n和平乡,孟溪村,二组,A-2,测二\n", encoding="utf-8"
    )
    assert main(["import", str(tmp_path / "own.csv"), "--db", db]) == 0
    assert main(["export", "roster", "--out", str(tmp_path / "out.csv"), "--db", db]) == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").count("测") == 2
    capsys.readouterr()
    assert main(["export", "gaps", "--out", str(tmp_path / "gaps.csv"), "--db", db]) == 1
    assert "轮次" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("list.docx", [], "--format"),
        ("list", [], "--format"),
        ("todos.csv", ["--kind", "todos", "--mark", "never"], "--mark never"),
        ("groups.csv", ["--kind", "groups", "--state", "overdue"], "--state overdue"),
        ("no/such/folder/list.csv", [], "no"),
    ],
)
def test_what_cannot_be_is_said(export, tmp_path, name, more, said):
    """A format nobody knows, a mark that the list has not and a folder that is not there are one sentence each."""
    code, answer, sentence = export("gaps", name, "--round", "2", *more)
    assert (code, answer) == (1, {})
    assert said in sentence
    assert sentence.count("\n") == 1
    assert not (tmp_path / name).exists()


def test_a_long_file_says_how_far_it_is(export, monkeypatch):
    """Above the threshold the command says on stderr how many rows are done; below it is silent."""
    _code, _answer, said = export("roster", "a.csv", "--round", "2")
    assert said == ""
    monkeypatch.setattr("geo.exports.SHOW_PROGRESS_FROM", 10)
    _code, answer, said = export("roster", "b.csv", "--round", "2")
    assert f"/ {answer['rows']} 行" in said

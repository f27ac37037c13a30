"""A row of a mapped file is taken or refused whole: report, store and `--understood` say the same of it."""

from __future__ import annotations

import json

import pytest

from geo.cli import main
from geo.exports.ledger import tabulate_ledger
from geo.importer import undo_last
from geo.mapping import load_file
from geo.store.ledger import read_ledger
from tests import mapped, workbooks
from tests.mapped import UNITS, load, open_mapped, rows, spec_of, write

THREE = f"""
{UNITS}
    rounds:
      - {{name: one, number: 1, from: 2024-01-01, to: 2024-06-30}}
    where: {{column: kind, not: shop}}
    households: {{key: id, head_name: head, size: people, lon: x, lat: y}}
    visits:
      visited_on: {{column: day, format: "%d/%m/%Y"}}
      outcome: {{column: result, map: {{ok: effective, "-": none}}}}
    issues:
      key: {{text: "{{id}}-{{no}}"}}
      category: {{column: about, map: {{road: INF_R, "-": none}}}}
      raised_on: {{column: asked, format: "%d/%m/%Y"}}
      closed_on: {{column: done, format: "%d/%m/%Y"}}
"""
HEADER = "kind,id,village,head,people,x,y,day,result,no,about,asked,done\n"
GOOD = "home,A,North,Ann,4,9.1,7.1,03/02/2024,ok,1,road,03/02/2024,10/02/2024\n"


@pytest.fixture
def three(tmp_path):
    """Load rows (after one good one) by a mapping with three targets; return the database, its report, and a loader."""
    opened = []

    def load_rows(text: str, mapping: str = THREE, **options: object):
        spec = spec_of(mapping)
        if not opened:
            opened.append(open_mapped(tmp_path / "d.sqlite", spec))
        db, scope = opened[0]
        path = write(tmp_path / "f.csv", HEADER + GOOD + text)
        return db, load(db, scope, path, spec, good_rows=True, understood=True, **options)

    yield load_rows
    for db, _ in opened:
        db.close()


def stored(db) -> tuple[int, int, int, int]:
    """Return how many households, visits, issues and villages there are."""
    villages = rows(db, "SELECT count(*) FROM place WHERE level = 'village'")[0][0]
    return workbooks.count(db, "household"), workbooks.count(db, "visit"), workbooks.count(db, "issue"), villages


def agree(report) -> None:
    """Check that the counts of a report and its rows as understood are of the same rows."""
    bad = {one.row for one in report.rows_bad}
    assert report.rows_ok + len(bad) == report.rows_total
    assert len(report.as_read) == report.rows_ok
    assert not bad & {one.row for one in report.as_read}


def test_an_issue_without_its_key_leaves_the_household_and_its_visit(three):
    """The household can be told, so it stays; the issue is not made, and that and every bad field is listed."""
    db, report = three("home,B,East,Bob,x,0,0,31/02/2024,ok,,road,03/02/2024,\n")
    assert (report.outcome, report.stored, stored(db)) == ("accept_with_warnings", True, (2, 1, 1, 2))
    assert {(one.row, one.code, one.cell) for one in report.findings} == {
        (2, "W_RANGE", "E3"), (2, "W_COORD_ZERO", "F3"), (2, "W_COORD_MISSING", ""), (2, "W_DATE_IMPOSSIBLE", "H3"),
        (2, "W_ISSUE_INCOMPLETE", ""),
    }  # fmt: skip
    agree(report)
    second = report.as_read[1]
    assert (second.household_key, second.persons, second.visited_on, second.issue) == ("B", None, "", "")


@pytest.mark.parametrize(
    ("row", "lacking"),
    [
        ("home,B,East,Bob,2,9.1,7.1,03/02/2024,ok,7,road,,\n", "收集时间"),
        ("home,B,East,Bob,2,9.1,7.1,03/02/2024,ok,7,,03/02/2024,\n", "问题类别"),
        ("home,B,East,Bob,2,9.1,7.1,03/02/2024,ok,7,road,40/02/2024,\n", "收集时间"),
    ],
)
def test_an_issue_that_cannot_be_told_is_listed_with_what_it_lacks(three, row, lacking):
    """Without a day or a category the issue is not made; its household and visit are."""
    db, report = three(row)
    assert [one.field for one in report.findings if one.code == "W_ISSUE_INCOMPLETE"] == [lacking]
    assert (report.rows_bad, stored(db)) == ((), (2, 2, 1, 2))
    agree(report)


@pytest.mark.parametrize(
    "row",
    ["home,B,East,Bob,2,9.1,7.1,03/02/2024,ok,,-,,\n", "home,B,East,Bob,2,9.1,7.1,03/02/2024,ok,,,,\n",
     "home,B,East,Bob,2,9.1,7.1,03/02/2024,ok,无,-,,\n"],
)  # fmt: skip
def test_a_row_without_an_issue_needs_no_key(three, row):
    """Category `none`, or nothing in the columns of the issue: no issue, no key needed, nothing to list."""
    db, report = three(row)
    assert (report.outcome, report.codes, stored(db)) == ("accept", [], (2, 2, 1, 2))
    assert report.as_read[1].issue == ""
    agree(report)


def test_an_outcome_of_none_is_no_visit(three):
    """`none` is a word of the list before it is a word for nothing: the day beside it is not missed an outcome."""
    db, report = three("home,B,East,Bob,2,9.1,7.1,03/02/2024,-,,-,,\n")
    assert (report.codes, stored(db)) == ([], (2, 1, 1, 2))


def test_rows_that_the_conditions_leave_out_are_said_and_counted_apart(three):
    """Rows that `where` leaves out make nothing, not even their village, and are in no other count."""
    db, report = three("shop,B,East,Bob,x,0,0,31/02/2024,??,,??,,\nhome,C,North,Cy,1,9.1,7.1,,,,,,\n")
    assert (report.rows_total, report.rows_ok, report.left_out) == (2, 2, (3,))
    assert (report.as_dict()["rows_left_out"], report.as_dict()["left_out"]) == (1, [3])
    assert "按映射的条件不收 1 行" in report.message
    assert (report.codes, stored(db)) == ([], (2, 1, 1, 1))
    assert [(one.row, one.source_row) for one in report.as_read] == [(1, 2), (3, 4)]


def test_rows_that_no_target_takes_are_left_out_too(three):
    """A row for which `when` of every target fails becomes nothing; it is left out, not accepted."""
    mapping = THREE.replace("people, lon", "people, when: {column: id, not: Z}, lon").replace(
        "    visits:\n", "    visits:\n      when: {column: id, not: Z}\n"
    ).replace("    issues:\n", "    issues:\n      when: {column: id, not: Z}\n")  # fmt: skip
    db, report = three("home,Z,East,Zoe,1,9.1,7.1,,,,,,\n", mapping)
    assert (report.rows_total, report.rows_ok, report.left_out, stored(db)) == (1, 1, (3,), (1, 1, 1, 1))


def test_a_roster_by_a_mapping_says_what_its_conditions_leave_out(tmp_path):
    """With `register:` rows that `where` leaves out are named by their row in the sheet, blank lines are not."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", today=mapped.TODAY)
    spec = spec_of("""
        where: {column: 类, not: 集体}
        register: {village: 村, group: 组, code: 号, head_name: 户主}
    """)
    path = write(tmp_path / "h.csv", "村,组,号,户主,类\n和平乡孟溪村,1,1,王测一,户\n,,,,\n和平乡孟溪村,1,2,公房,集体\n")
    report = load_file(db, scope, path, spec=spec)
    assert (report.rows_total, report.rows_ok, report.left_out, report.households) == (1, 1, (4,), 1)
    assert "按映射的条件不收 1 行" in report.message
    db.close()


def test_a_row_refused_for_one_target_leaves_nothing(three):
    """A visit's household that is nowhere refuses the row: neither its own household nor its village is stored."""
    mapping = THREE.replace("    visits:\n", "    visits:\n      household: head\n")
    rest = "2,9.1,7.1,03/02/2024,ok,,-,,\n"
    text = f"home,B,East,nobody,{rest}home,C,South,B,{rest}home,D,West,A,{rest}"
    db, report = three(text.replace("nobody", "Q"), mapping)
    # Row 1 names `Ann`, who is no key; row 2 `Q`; row 3 names B, whose only row is refused; row 4 names A likewise.
    assert [(one.row, one.code) for one in report.rows_bad] == [(nth, "R_REQUIRED") for nth in (1, 2, 3, 4)]
    assert (report.stored, stored(db)) == (True, (0, 0, 0, 0))


def test_a_repeat_of_a_refused_row_takes_its_place(tmp_path):
    """The first row of a key is refused for its issue's household; the second is then no repeat and enters."""
    spec = spec_of(f"""
{UNITS}
    households: {{key: id, head_name: head, repeated: refuse}}
    issues: {{key: no, category: {{value: OTH}}, raised_on: asked, household: whose}}
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = "id,village,head,no,asked,whose\nA,East,Ann,1,2024-01-01,Q\nA,North,Ann,2,2024-01-01,A\nA,North,Ann,3,2024-01-01,A\n"
    report = load(db, scope, write(tmp_path / "f.csv", table), spec, good_rows=True)
    assert [(one.row, one.code) for one in report.rows_bad] == [(1, "R_REQUIRED"), (3, "R_DUP_ROW")]
    assert rows(db, "SELECT number FROM issue") == [("2",)]
    assert rows(db, "SELECT name FROM place WHERE level = 'village'") == [("North",)]
    db.close()


def test_a_repeated_key_leaves_no_village(tmp_path):
    """A refused repeat of a key names a village that no other row names: it is not made."""
    spec = spec_of(f"{UNITS}\n    households: {{key: id, unique_in: district}}\n")
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    report = load(db, scope, write(tmp_path / "f.csv", "id,village\nA,North\nA,East\n"), spec, good_rows=True)
    assert [(one.row, one.code) for one in report.rows_bad] == [(2, "R_DUP_KEY_CONFLICT")]
    assert rows(db, "SELECT name FROM place WHERE level = 'village'") == [("North",)]
    assert not load(db, scope, tmp_path / "f.csv", spec, good_rows=True).changed
    undo_last(db, scope)
    assert (workbooks.count(db, "household"), workbooks.count(db, "place")) == (0, 1)
    db.close()


def test_a_visit_key_of_another_household_makes_no_visit(tmp_path):
    """A visit's own key is one visit: a row that names it for another home is listed, and understood without a visit."""
    spec = spec_of(f"""
{UNITS}
    households: {{key: id}}
    visits: {{key: v, visited_on: day, outcome: {{value: effective}}}}
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    text = "id,village,v,day\nA,N,1,2024-01-01\nB,N,1,2024-01-01\nA,N,1,2024-01-01\n"
    report = load(db, scope, write(tmp_path / "f.csv", text), spec, understood=True)
    assert [(one.row, one.code) for one in report.findings] == [(2, "W_ATTR_DIFFERS")]
    assert [one.visited_on for one in report.as_read] == ["2024-01-01", "", "2024-01-01"]
    assert rows(db, "SELECT h.code FROM visit v JOIN household h ON h.id = v.household") == [("A",)]
    db.close()


def test_an_end_before_the_beginning_is_left_empty_and_listed(three):
    """A closing before the issue was raised is none: the issue is open, and the day is listed with its cell."""
    db, report = three("home,B,East,Bob,2,9.1,7.1,03/02/2024,ok,1,road,03/02/2024,01/02/2024\n")
    assert [(one.row, one.code, one.cell, one.value) for one in report.findings] == [
        (2, "W_DATE_IMPOSSIBLE", "M3", "2024-02-01")
    ]
    assert rows(db, "SELECT number, state, resolved_on, closed_on FROM issue ORDER BY 1") == [
        ("A-1", "closed", "2024-02-10", "2024-02-10"), ("B-1", "open", None, None),
    ]  # fmt: skip


ENDS = f"""
{UNITS}
    issues: {{key: no, category: {{value: OTH}}, raised_on: asked, state: state, resolved_on: fixed, closed_on: done,
             changed_on: moved}}
"""


@pytest.mark.parametrize(
    ("told", "state", "resolved", "closed", "codes"),
    [
        ("closed,2024-02-05,2024-02-03,", "closed", "2024-02-05", "2024-02-05", ["W_DATE_IMPOSSIBLE"]),
        ("closed,2024-01-05,2024-02-03,", "closed", "2024-02-03", "2024-02-03", ["W_DATE_IMPOSSIBLE"]),
        ("resolved,2024-01-05,,", "open", None, None, ["W_DATE_IMPOSSIBLE"]),
        ("closed,,31.31.2024,", "open", None, None, ["W_DATE_IMPOSSIBLE"]),
        ("closed,,,", "open", None, None, ["W_DATE_MISSING"]),
        ("closed,,2024-02-01,", "closed", "2024-02-01", "2024-02-01", []),
        ("open,,2024-02-03,", "open", None, None, ["W_ATTR_DIFFERS"]),
        ("resolved,2024-02-03,2024-02-04,", "resolved", "2024-02-03", None, ["W_ATTR_DIFFERS"]),
        ("resolved,,2024-02-04,", "resolved", "2024-02-04", None, []),
        ("in_progress,,,2024-01-31", "in_progress", None, None, ["W_DATE_IMPOSSIBLE"]),
    ],
)
def test_each_day_of_an_end_is_judged(tmp_path, told, state, resolved, closed, codes):
    """Days before the raising (2024-02-01), or a closing before its resolution, are left empty; the same day is not."""
    spec = spec_of(ENDS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    path = write(tmp_path / "i.csv", f"no,village,asked,state,fixed,done,moved\n1,N,2024-02-01,{told}\n")
    report = load(db, scope, path, spec)
    assert report.codes == codes
    assert rows(db, "SELECT state, resolved_on, closed_on FROM issue") == [(state, resolved, closed)]
    assert rows(db, 'SELECT min("on") FROM issue_event') == [("2024-02-01",)]
    db.close()


def test_the_ledger_says_what_an_issue_is_and_whom_it_repeats(tmp_path):
    """Without a title the category is said in words; a repeat without an original names none, one with an original it."""
    spec = spec_of(f"""
{UNITS}
    issues:
      key: no
      category: {{column: about, map: {{road: INF_R}}}}
      detail: more
      raised_on: asked
      duplicate: {{column: about2, is: again}}
      duplicate_of: same
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    text = "no,village,about,about2,asked,same,more\nR1,N,road,,2024-01-01,,\nR2,N,road,again,2024-01-01,R1,wet\nR3,N,road,again,2024-01-01,,\n"
    load(db, scope, write(tmp_path / "i.csv", text), spec)
    shown = tabulate_ledger(read_ledger(db, scope, place_id=scope.area)).as_frame()
    assert shown[["台账号", "问题描述", "备注"]].to_numpy().tolist() == [
        ["R1", "道路", ""], ["R2", "wet", "与 R1 重复"], ["R3", "道路", "重复件，没有写明与哪一件重复"],
    ]  # fmt: skip
    db.close()


def test_the_command_line_says_the_same(tmp_path, capsys):
    """`--json`, `--report`, `--understood` and the printed lines of one load agree, in a trial and when it is stored."""
    mapping, file = write(tmp_path / "m.yaml", THREE), tmp_path / "f.csv"
    file.write_text(
        HEADER + GOOD + "shop,B,East,,,,,,,,,,\nhome,,East,Cy,2,9.1,7.1,03/02/2024,ok,,-,,\n", encoding="utf-8"
    )
    words = ["import", file, "--mapping", mapping, "--db", tmp_path / "d.sqlite", "--good-rows",
             "--report", tmp_path / "r.json", "--understood", tmp_path / "u.csv"]  # fmt: skip
    for extra, is_stored in (["--dry-run"], False), ([], True):
        assert main([str(word) for word in [*words, *extra, "--json"]]) == 0
        said = json.loads(capsys.readouterr().out)
        assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8")) == said
        assert (said["rows_total"], said["rows_ok"], said["rows_left_out"], said["stored"]) == (2, 1, 1, is_stored)
        assert [one["row"] for one in said["rows_bad"]] == [3]
        lines = (tmp_path / "u.csv").read_text(encoding="utf-8-sig").splitlines()
        assert [line.split(",")[1] for line in lines[1:]] == ["A"]
    assert main([str(word) for word in words]) == 0
    assert "按映射的条件不收 1 行。" in capsys.readouterr().out

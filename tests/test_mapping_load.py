"""Files loaded by mappings: what is stored, what is listed, and that the same file again changes nothing."""

from __future__ import annotations

from datetime import date

import pytest

from geo.errors import Conflict, Invalid
from geo.importer import undo_last
from geo.mapping import load_file
from geo.store.cells import differing_cells
from geo.store.households import edit_household
from geo.store.reads import read_figures
from tests import mapped, workbooks
from tests.mapped import UNITS, load, open_mapped, rows, spec_of, write

HOMES = f"""
{UNITS}
    households: {{key: id, head_name: head, size: people, lon: x, lat: y}}
"""
VISITS = f"""
{UNITS}
    rounds:
      - {{name: one, number: 1, from: 2024-01-01, to: 2024-03-31}}
      - {{name: two, number: 2, from: 2024-04-01, to: 2024-06-30}}
    households: {{key: id, unique_in: district, head_name: head}}
    visits:
      key: visit
      visited_on: day
      outcome: {{column: result, map: {{ok: effective, out: not_home, gone: moved_out, "-": none}}}}
"""
TABLE = """
    visit,id,village,head,day,result
    1,A,North,Ann,2024-01-10,ok
    2,A,North,Anne,2024-04-10,out
    3,B,North,Bob,2024-02-01,out
    4,A,South,Ann,2024-05-01,ok
    5,C,South,Cleo,2023-12-31,ok
    6,C,South,Cleo,2024-05-02,-
    7,D,South,Dan,2024-06-01,gone
"""


@pytest.fixture
def visits(tmp_path):
    """A database with the table of visits loaded: 4 households, 2 rounds, 6 visits of which one lies outside."""
    spec = spec_of(VISITS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    path = write(tmp_path / "visits.csv", TABLE)
    report = load(db, scope, path, spec)
    yield db, scope, path, spec, report
    db.close()


def test_visits_become_households_rounds_and_visits(visits):
    """One file makes places, households, rounds with rosters and visits, and the figures follow by hand."""
    db, scope, _, _, report = visits
    assert (report.outcome, report.rows_total, report.rows_ok, report.households) == ("accept_with_warnings", 7, 7, 4)
    assert {name: count for name, count in report.changes.items() if count} == {
        "places_new": 3, "households_new": 4, "rounds_new": 2, "roster_baseline": 8, "visits_new": 6, "visits_outside": 1,
    }  # fmt: skip
    assert report.outside == (5,)
    assert [one["number"] for one in report.as_dict()["rounds"]] == [1, 2]
    for number, effective in (("1", 1), ("2", 1)):
        counts = read_figures(db, scope, round_id=number, place_id=scope.area).counts
        assert (counts.roster, counts.effective) == (4, effective)
    with db.read() as connection:
        assert [differing_cells(connection, number) for number in ("1", "2")] == [[], []]


def test_the_first_attribute_stays_and_the_others_are_listed(visits):
    """Rows of one household never conflict: the first name and village stay, later ones are listed."""
    db, _, _, _, report = visits
    assert rows(
        db, "SELECT h.head_name, p.name FROM household h JOIN place p ON p.id = h.village WHERE h.code = 'A'"
    ) == [("Ann", "North")]
    listed = [(one.row, one.field, one.value) for one in report.findings if one.code == "W_ATTR_DIFFERS"]
    assert listed == [(2, "户主", "Anne"), (4, "村", "D1-T-South")]


def test_a_visit_that_found_nobody_any_more_proposes_an_exclusion(visits):
    """moved_out marks the roster row of its round, pending approval."""
    db, *_ = visits
    assert rows(
        db, "SELECT excluded_on, excluded_reason, approved_on FROM round_roster WHERE excluded_on IS NOT NULL"
    ) == [("2024-06-01", "moved_out", None)]


def test_the_same_file_again_changes_nothing(visits):
    """The second time no row of any table differs, and the report says so."""
    db, scope, path, spec, _ = visits
    before = workbooks.dump(db, without=("setting",))
    again = load(db, scope, path, spec)
    assert (again.stored, again.changed, "没有任何改动" in again.message) == (False, False, True)
    assert workbooks.dump(db, without=("setting",)) == before


def test_a_newer_file_adds_what_is_new(visits, tmp_path):
    """A longer export adds its new visit and household; a changed outcome is proposed and not overwritten."""
    db, scope, _, spec, _ = visits
    newer = TABLE.replace("3,B,North,Bob,2024-02-01,out", "3,B,North,Bob,2024-02-01,ok")
    path = write(tmp_path / "newer.csv", newer + "    8,E,North,Eve,2024-06-02,ok\n")
    report = load(db, scope, path, spec)
    assert (report.changes["visits_new"], report.changes["households_new"], report.changes["roster_added"]) == (1, 1, 2)
    proposed = [
        (one.kind, one.code, one.before, one.after, one.taken) for one in report.proposals if one.kind != "addition"
    ]
    assert proposed == [("correction", "B", "not_home", "effective", False)]
    assert rows(db, "SELECT outcome FROM visit v JOIN household h ON h.id = v.household WHERE h.code = 'B'") == [
        ("not_home",)
    ]


def test_undoing_takes_everything_back(visits):
    """Undoing the load leaves the database as it was when it had only its district."""
    db, scope, *_ = visits
    undo_last(db, scope)
    for table in ("household", "visit", "round", "round_roster", "issue", "coverage_cell"):
        assert workbooks.count(db, table) == 0
    assert rows(db, "SELECT level FROM place") == [("district",)]


def test_undoing_is_refused_after_an_edit(visits):
    """Once somebody changed a household of the load, it is not taken back."""
    db, scope, *_ = visits
    ((home,),) = rows(db, "SELECT id FROM household WHERE code = 'A'")
    edit_household(db, scope, household_id=home, rev=1, changes={"head_name": "Anna"})
    with pytest.raises(Conflict):
        undo_last(db, scope)


def test_a_roster_again_does_not_overwrite_what_people_changed(tmp_path):
    """The very same roster a second time leaves an edited name alone; a newer roster changes it."""
    spec = spec_of(HOMES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = "id,village,head,people,x,y\n1,North,Ann,4,1,2\n2,North,Bob,2,,\n"
    path = write(tmp_path / "homes.csv", table)
    first = load(db, scope, path, spec)
    assert (first.households, first.persons, first.codes) == (2, 6, ["W_COORD_MISSING"])
    ((home,),) = rows(db, "SELECT id FROM household WHERE code = '1'")
    edit_household(db, scope, household_id=home, rev=1, changes={"head_name": "Anna"})
    assert not load(db, scope, path, spec).changed
    newer = load(db, scope, write(tmp_path / "newer.csv", table + "3,South,Cleo,1,5,5\n"), spec)
    assert (newer.changes["households_changed"], newer.changes["households_new"]) == (1, 1)


def test_a_roster_that_repeats_a_key_is_refused(tmp_path):
    """In a file of households alone an exact repeat and a conflict are refused; good rows enter when asked."""
    spec = spec_of(HOMES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    path = write(
        tmp_path / "homes.csv",
        "id,village,head,people,x,y\n1,North,Ann,4,1,2\n1,North,Ann,4,1,2\n1,North,Bea,4,1,2\n1,South,Cy,1,1,2\n,North,D,1,1,2\n6,,E,1,1,2\n",
    )
    report = load(db, scope, path, spec)
    assert report.outcome == "reject_rows"
    assert [(one.row, one.code, one.field) for one in report.rows_bad] == [
        (2, "R_DUP_ROW", "户编号"), (3, "R_DUP_KEY_CONFLICT", "户编号"), (5, "R_REQUIRED", "户编号"), (6, "R_REQUIRED", "村"),
    ]  # fmt: skip
    assert workbooks.count(db, "household") == 0
    report = load(db, scope, path, spec, good_rows=True)
    assert (report.stored, workbooks.count(db, "household"), workbooks.count(db, "import_refused")) == (True, 2, 4)


def test_a_trial_stores_nothing(tmp_path):
    """--dry-run says what would be stored and leaves every table as it was."""
    spec = spec_of(VISITS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    before = workbooks.dump(db, without=("setting",))
    report = load(db, scope, write(tmp_path / "visits.csv", TABLE), spec, dry_run=True)
    assert (report.stored, report.changed, report.changes["visits_new"]) == (False, True, 6)
    assert workbooks.dump(db, without=("setting",)) == before


def test_an_unknown_word_is_asked_about(tmp_path):
    """A word of a closed list that the map does not know keeps the file out, once for the file, with its cell."""
    spec = spec_of(VISITS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    report = load(db, scope, write(tmp_path / "v.csv", TABLE.replace(",out", ",away")), spec)
    assert (report.outcome, report.stored) == ("ask", False)
    (question,) = report.questions
    assert (question.value, question.cell, question.rows, question.code) == ("away", "F3", 2, "R_UNKNOWN_VALUE")
    assert "effective" in [option.value for option in question.options]


def test_missing_columns_are_named_with_their_line(tmp_path):
    """Every column the file does not have is named with the mapping's line and the header most like it."""
    spec = spec_of(VISITS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    report = load(
        db, scope, write(tmp_path / "v.csv", TABLE.replace("result", "results").replace(",day,", ",date,")), spec
    )
    assert (report.outcome, report.codes) == ("reject_file", ["E_MISSING_COLUMN"])
    assert "“result”列（映射第 15 行 visits.outcome）。最像的是“results”" in report.message
    assert "“day”" in report.message


def test_title_rows_and_untidy_headers_do_no_harm(tmp_path):
    """Rows above the header, white space and capitals in headers, and total rows are seen through."""
    spec = spec_of(HOMES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    text = "Farms of 2024,,,,,\n ID ,Village,HEAD,People,X,Y\n1,North,Ann,4,1,2\n合计,,,4,,\n"
    report = load(db, scope, write(tmp_path / "homes.csv", text), spec)
    assert (report.stored, report.rows_total, report.codes, report.header_row) == (True, 1, ["W_TOTAL_ROW_SKIPPED"], 2)


def test_bad_fields_are_left_empty_and_listed(tmp_path):
    """Days, points and sizes that cannot be are listed with their cell; the household and the other visits stay."""
    text = VISITS.replace("head_name: head}", "head_name: head, size: people, lon: x, lat: y, within: [0, 0, 10, 10]}")
    spec = spec_of(text)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = """
        visit,id,village,head,day,result,people,x,y
        1,A,North,Ann,2024-02-30,ok,4,1,2
        2,B,North,Bob,2024-12-01,ok,-3,200,2
        3,C,North,Cy,,ok,3,0,0
        4,D,North,Dee,2024-02-01,,3,50,2
        5,E,North,Eve,2024-02-01,ok,3,1,x
    """
    report = load(db, scope, write(tmp_path / "v.csv", table), spec)
    found = {(one.row, one.code, one.cell) for one in report.findings}
    assert found == {
        (1, "W_DATE_IMPOSSIBLE", "E2"), (2, "W_DATE_FUTURE", "E3"), (2, "W_RANGE", "G3"), (2, "W_COORD_RANGE", "H3"),
        (3, "W_DATE_MISSING", "E4"), (3, "W_COORD_ZERO", "H4"), (4, "W_OUTCOME_MISSING", "F5"),
        (4, "W_COORD_OUT_OF_AREA", "H5"), (5, "W_COORD_UNPARSEABLE", "I6"),
        *((row, "W_COORD_MISSING", "") for row in (2, 3, 4, 5)),
    }  # fmt: skip
    assert (workbooks.count(db, "household"), workbooks.count(db, "visit")) == (5, 1)


def test_visits_without_a_key_are_known_by_their_day(tmp_path):
    """The same household, day and mode is one visit; a voided one is proposed again, not entered."""
    spec = spec_of(VISITS.replace("      key: visit\n", ""))
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    path = write(tmp_path / "v.csv", TABLE + "    9,A,North,Ann,2024-01-10,ok\n")
    report = load(db, scope, path, spec)
    assert (report.changes["visits_new"], report.changes["visits_same"]) == (6, 1)
    assert not load(db, scope, path, spec).changed


def test_visits_of_households_that_are_there(tmp_path):
    """A file of visits alone finds households by key; an unknown key is refused, another village tells them apart."""
    homes = spec_of(HOMES)
    db, scope = open_mapped(tmp_path / "d.sqlite", homes)
    load(
        db,
        scope,
        write(tmp_path / "h.csv", "id,village,head,people,x,y\n1,North,A,1,1,1\n1,South,B,1,1,1\n2,South,C,1,1,1\n"),
        homes,
    )
    text = "visits: {household: home, visited_on: day, outcome: {column: said, map: {phoned: 'phone:effective'}}}\n"
    path = write(
        tmp_path / "v.csv",
        "home,day,said,town\n1,2024-01-01,phoned,North\n2,2024-01-01,phoned,\n9,2024-01-01,phoned,\n",
    )
    report = load(db, scope, path, spec_of(text, name="visits.yaml"))
    assert [(one.row, one.code, one.value) for one in report.rows_bad] == [
        (1, "R_REQUIRED", "1"),
        (3, "R_REQUIRED", "9"),
    ]
    told = "units: {registered: true, village: town}\n" + text
    report = load(db, scope, path, spec_of(told, name="visits.yaml"), good_rows=True)
    assert [one.row for one in report.rows_bad] == [3]
    assert rows(db, "SELECT h.head_name, v.mode, v.outcome FROM visit v JOIN household h ON h.id = v.household ORDER BY 1") == [
        ("A", "phone", "effective"), ("C", "phone", "effective"),
    ]  # fmt: skip


NEAR = """
    visits: {match: {within_m: 30}, lon: x, lat: y, visited_on: day, outcome: {value: effective}}
"""


def test_two_visits_at_one_point_are_two(tmp_path):
    """Points of one day at the very same place are matched one by one, and found again by a second load."""
    homes = spec_of(HOMES)
    db, scope = open_mapped(tmp_path / "d.sqlite", homes)
    text = "id,village,head,people,x,y\n1,N,A,1,9.0001,7\n2,N,B,1,9.0002,7\n"
    load(db, scope, write(tmp_path / "h.csv", text), homes)
    spec = spec_of(NEAR, name="near.yaml")
    path = write(tmp_path / "v.csv", "x,y,day\n" + "9.00015,7,2024-01-01\n" * 3)
    report = load(db, scope, path, spec)
    assert (report.changes["visits_new"], report.changes["visits_unmatched"], report.codes) == (2, 1, ["W_UNMATCHED"])
    assert rows(db, "SELECT count(DISTINCT household) FROM visit") == [(2,)]
    again = load(db, scope, path, spec)
    assert (again.changed, again.changes["visits_same"], again.changes["visits_unmatched"]) == (False, 2, 1)
    db.close()


def test_what_a_known_visit_says_otherwise_is_listed(tmp_path):
    """Another note, reason or respondent of a visit that is there is listed and overwrites nothing."""
    spec = spec_of(f"""
{UNITS}
    households: {{key: id}}
    visits: {{visited_on: day, outcome: {{value: not_home}}, note: note, reason: why, respondent: who}}
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    head = "id,village,day,note,why,who\n"
    load(db, scope, write(tmp_path / "a.csv", head + "A,N,2024-01-01,bell,at_work,none\n"), spec)
    later = write(tmp_path / "b.csv", head + "A,N,2024-01-01,dog,in_fields,none\nA,N,2024-01-01,,,\n")
    report = load(db, scope, later, spec)
    assert [(one.row, one.code, one.value) for one in report.findings] == [
        (1, "W_ATTR_DIFFERS", "in_fields"), (1, "W_ATTR_DIFFERS", "dog"),
    ]  # fmt: skip
    assert (report.changed, rows(db, "SELECT note, reason FROM visit")) == (False, [("bell", "at_work")])
    db.close()


def test_a_mapping_of_another_district_is_refused(visits):
    """A database has one district: a mapping that brings another one is refused with both names."""
    db, scope, path, _, _ = visits
    with pytest.raises(Invalid) as refused:
        load(db, scope, path, spec_of(VISITS.replace("D1}", "D9}").replace("Harbour", "Elsewhere")))
    assert refused.value.key == "mapping.other_district"


def test_a_code_of_another_unit_is_refused(tmp_path):
    """Two villages of two townships that share a code are told apart by the author, not merged."""
    spec = spec_of("""
        units:
          district: {code: {value: D}, name: {value: D}}
          township: {code: town, name: town}
          village: {code: village}
        households: {key: id}
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    with pytest.raises(Invalid) as refused:
        load(db, scope, write(tmp_path / "h.csv", "id,town,village\n1,T1,V\n2,T2,V\n"), spec)
    assert refused.value.key == "mapping.place_taken"
    assert workbooks.count(db, "place") == 1


def test_rounds_made_later_take_visits_that_were_outside(tmp_path):
    """Visits stored without a round join it when a later mapping makes it, each voided and entered again."""
    bare = spec_of(VISITS.replace(VISITS[VISITS.index("    rounds:") : VISITS.index("    households:")], ""))
    db, scope = open_mapped(tmp_path / "d.sqlite", bare)
    path = write(tmp_path / "v.csv", TABLE)
    assert load(db, scope, path, bare).changes["visits_outside"] == 6
    report = load(db, scope, path, spec_of(VISITS))
    assert (report.changes["visits_joined"], report.changes["visits_new"], report.changes["rounds_new"]) == (5, 0, 2)
    for number in ("1", "2"):
        assert read_figures(db, scope, round_id=number, place_id=scope.area).counts.effective == 1
        with db.read() as connection:
            assert differing_cells(connection, number) == []
    assert not load(db, scope, path, spec_of(VISITS)).changed
    undo_last(db, scope)
    assert (workbooks.count(db, "visit"), workbooks.count(db, "round")) == (6, 0)


def test_a_visit_date_for_the_file_stands_in(tmp_path):
    """--visit-date is the day of visits that have none, and of no others."""
    spec = spec_of(VISITS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    path = write(tmp_path / "v.csv", "visit,id,village,head,day,result\n1,A,N,Ann,,ok\n2,B,N,Bob,2024-01-02,ok\n")
    load(db, scope, path, spec, visit_date=date(2024, 5, 5))
    assert rows(db, "SELECT visited_on FROM visit ORDER BY visited_on") == [("2024-01-02",), ("2024-05-05",)]


def test_demo_data_takes_no_real_rows(world, tmp_path):
    """A demo database refuses to store a mapped file."""
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = 'demo' WHERE key = 'kind'")
    ((root,),) = rows(world, "SELECT id FROM place WHERE parent IS NULL")
    path = write(tmp_path / "v.csv", "home,day\nX,2019-01-01\n")
    spec = spec_of("visits: {household: home, visited_on: day, outcome: {value: effective}}\n")
    with pytest.raises(Invalid) as refused:
        load_file(world, mapped.Scope("p", "planner", root), path, spec=spec)
    assert refused.value.key == "import.demo"

"""Issues loaded by mappings: days become events, further rows reopen, a newer export continues the history."""

from __future__ import annotations

from datetime import date

import pytest

from geo.errors import Invalid
from geo.importer import undo_last
from geo.issues import Act, issue_status, roll_up_issues
from geo.store.categories import write_category
from geo.store.issue_acts import act_on_issue, list_unlike_their_events
from tests import workbooks
from tests.mapped import UNITS, load, open_mapped, rows, spec_of, write

ISSUES = f"""
{UNITS}
    issues:
      key: no
      category: {{column: about, map: {{road: INF_R, water: WATER}}, otherwise: OTH}}
      title: about
      raised_on: asked
      due_on: {{column: asked, add_days: 30}}
      state: {{column: status, map: {{Open: open, Done: closed, Done - Dup: closed, Fixed: resolved, Waiting: deferred}}}}
      closed_on: done
      duplicate: {{column: status, ends: "- Dup"}}
"""
TABLE = """
    no,village,about,asked,status,done
    1,North,road,2024-01-01,Done,2024-01-20
    1,North,Road,2024-01-01,Done,2024-02-10
    2,North,water,2024-01-05,Open,
    3,South,other,2024-06-20,Open,
    4,South,road,2024-01-05,Done - Dup,2024-01-06
    5,South,road,2024-01-05,Fixed,2024-03-01
    6,South,road,2024-06-10,Waiting,
    7,South,road,2024-01-05,Done,
"""


@pytest.fixture
def issues(tmp_path):
    """A database with seven issues of two villages: reopened, open, due, duplicate, resolved, deferred, undated end."""
    spec = spec_of(ISSUES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    path = write(tmp_path / "issues.csv", TABLE)
    report = load(db, scope, path, spec)
    yield db, scope, path, spec, report
    db.close()


def status(db, day):
    with db.read() as connection:
        numbers = dict(map(tuple, connection.exec_driver_sql("SELECT id, number FROM issue")))
        return {numbers[row["issue"]]: row for row in connection.execute(issue_status(day)).mappings()}


def test_rows_become_issues_with_their_history(issues):
    """Eight rows are seven issues; every row's days are events, in order."""
    db, _, _, _, report = issues
    assert (report.rows_total, report.changes["issues_new"], report.changes["issues_reopened"]) == (8, 7, 1)
    assert report.changes["issues_duplicate"] == 1
    told = rows(
        db,
        "SELECT e.kind, e.\"on\" FROM issue_event e JOIN issue i ON i.id = e.issue WHERE i.number = '1' ORDER BY seq",
    )
    assert told == [
        ("raised", "2024-01-01"), ("resolved", "2024-01-20"), ("closed", "2024-01-20"),
        ("reopened", "2024-02-10"), ("resolved", "2024-02-10"), ("closed", "2024-02-10"),
    ]  # fmt: skip
    facts = "SELECT state, close_kind, resolved_on, closed_on, due_on, reopen_count FROM issue WHERE number = '1'"
    assert rows(db, facts) == [("closed", "solved", "2024-02-10", "2024-02-10", "2024-01-31", 1)]


def test_what_a_row_leaves_open_is_listed(issues):
    """A closing without a day is not made and is listed; a further row's other title is listed."""
    db, _, _, _, report = issues
    assert {(one.row, one.code, one.value) for one in report.findings} == {
        (2, "W_ATTR_DIFFERS", "Road"), (8, "W_DATE_MISSING", "closed"),
    }  # fmt: skip
    assert rows(db, "SELECT state FROM issue WHERE number = '7'") == [("open",)]


def test_figures_follow_from_the_events(issues):
    """Buckets, on-time and clearance as of a day, and as of an earlier day, are those a person counts from the rows."""
    db, *_ = issues
    now = status(db, date(2024, 7, 1))
    assert {number: row["bucket"] for number, row in now.items() if row["open"]} == {
        "2": "overdue", "3": "in_time", "5": "overdue", "6": "in_time", "7": "overdue",
    }  # fmt: skip
    assert (now["4"]["valid"], now["1"]["closed"], now["1"]["resolved_on"]) == (0, 1, date(2024, 2, 10))
    then = status(db, date(2024, 2, 1))
    assert {number for number, row in then.items() if row["open"]} == {"2", "5", "7"}
    assert (then["1"]["resolved_on"], then["2"]["bucket"]) == (date(2024, 1, 20), "in_time")
    with db.read() as connection:
        found = [dict(row) for row in connection.execute(roll_up_issues(date(2024, 7, 1))).mappings()]
    sums = {name: sum(row[name] for row in found) for name in ("valid", "closed", "open", "judged", "on_time")}
    assert sums == {"valid": 6, "closed": 1, "open": 5, "judged": 4, "on_time": 0}


def test_categories_of_the_database_itself_are_read(tmp_path):
    """A mapping may name an added code, a cell its name or that of a renamed one; a code that nobody added is asked about."""
    own = ISSUES.replace("map: {road: INF_R,", "map: {road: INF_R, boats: TOUR, ferries: FERRY,")
    spec = spec_of(own.replace(", otherwise: OTH", "").replace("      title: about\n", ""))
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = """
        no,village,about,asked,status,done
        1,North,boats,2024-01-01,Open,
        2,North,Tourism,2024-01-01,Open,
        3,North,Drinking,2024-01-01,Open,
        4,North,TOUR,2024-01-01,Open,
        5,North,ferries,2024-01-01,Open,
    """
    path = write(tmp_path / "i.csv", table)
    told = {"criteria": "noise", "source": "council", "year": 2024}
    write_category(db, scope, code="TOUR", name="Tourism", **told)
    write_category(db, scope, code="WATER", name="Drinking", **told)
    report = load(db, scope, path, spec)
    (question,) = report.questions
    assert (report.outcome, question.value) == ("ask", "FERRY")
    assert {"TOUR", "WATER"} <= {one.value for one in question.options}
    write_category(db, scope, code="FERRY", name="Ferries", **told)
    assert load(db, scope, path, spec).stored
    assert rows(db, "SELECT category, title FROM issue ORDER BY number") == [
        ("TOUR", "Tourism"), ("TOUR", "Tourism"), ("WATER", "Drinking"), ("TOUR", "Tourism"), ("FERRY", "Ferries"),
    ]  # fmt: skip


def test_only_what_ended_is_reopened(tmp_path):
    """The same open row twice is one open issue; an open row after a closed one takes the issue up again."""
    spec = spec_of(ISSUES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = """
        no,village,about,asked,status,done
        1,North,road,2024-01-01,Open,
        1,North,road,2024-01-01,Open,
        2,North,road,2024-01-01,Done,2024-01-09
        2,North,road,2024-01-01,Open,
        3,North,road,2024-01-01,Open,
        3,North,road,2024-01-01,Waiting,
    """
    report = load(db, scope, write(tmp_path / "i.csv", table), spec)
    assert (report.changes["issues_new"], report.changes["issues_reopened"]) == (3, 1)
    assert rows(db, "SELECT number, state, reopen_count FROM issue ORDER BY number") == [
        ("1", "open", 0), ("2", "in_progress", 1), ("3", "deferred", 0),
    ]  # fmt: skip
    assert not load(db, scope, tmp_path / "i.csv", spec).changed


def test_a_closing_after_a_reopening_is_its_own_resolution(tmp_path):
    """Resolved, reopened, then closed without a further resolution: resolved_on is the day of that closing."""
    spec = spec_of(ISSUES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    load(db, scope, write(tmp_path / "i.csv", TABLE), spec)
    with db.write() as connection:
        connection.exec_driver_sql(
            "DELETE FROM issue_event WHERE seq = 5 AND issue = (SELECT id FROM issue WHERE number = '1')"
        )
    assert status(db, date(2024, 7, 1))["1"]["resolved_on"] == date(2024, 2, 10)


def test_the_same_export_again_changes_nothing(issues):
    """The second time no row of any table differs."""
    db, scope, path, spec, _ = issues
    before = workbooks.dump(db, without=("setting",))
    assert not load(db, scope, path, spec).changed
    assert workbooks.dump(db, without=("setting",)) == before


def test_a_newer_export_continues_the_history_and_is_undone_alone(issues, tmp_path):
    """A later export closes an open issue and reopens a closed one; undoing it leaves the first load as it was."""
    db, scope, _, spec, _ = issues
    before = workbooks.dump(db, without=("setting", "audit_log", "import_batch", "import_row"))
    newer = TABLE.replace("2,North,water,2024-01-05,Open,", "2,North,water,2024-01-05,Done,2024-06-01")
    path = write(tmp_path / "newer.csv", newer + "    1,North,road,2024-01-01,Done,2024-06-30\n")
    report = load(db, scope, path, spec)
    assert (report.changes["issues_changed"], report.changes["issues_reopened"], report.changes["issues_new"]) == (
        2,
        1,
        0,
    )
    assert rows(db, "SELECT number, state, closed_on FROM issue WHERE number IN ('1', '2') ORDER BY 1") == [
        ("1", "closed", "2024-06-30"), ("2", "closed", "2024-06-01"),
    ]  # fmt: skip
    undo_last(db, scope)
    assert workbooks.dump(db, without=("setting", "audit_log", "import_batch", "import_row")) == before
    undo_last(db, scope)
    assert workbooks.count(db, "issue_event") == 0


FACTS = f"""
{UNITS}
    issues: {{key: no, category: about, title: what, detail: more, raised_on: asked, due_on: due, responsible: who,
             closed_on: done, verified_by: by, satisfaction: pleased, close_kind: how}}
"""


def test_a_newer_export_adds_facts_and_overwrites_none(tmp_path):
    """A closing brings who verified it; an empty due day and title are filled; what differs is listed and stays."""
    spec = spec_of(FACTS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    head = "no,village,about,what,more,asked,due,who,done,by,pleased,how\n"
    load(db, scope, write(tmp_path / "i.csv", head + "1,N,INF_R,,,2024-01-01,,Ann,,,,\n"), spec)
    later = write(
        tmp_path / "j.csv", head + "1,N,OTH,Bridge,steps,2024-01-01,2024-02-01,Bob,2024-01-20,Cy,1,explained\n"
    )
    report = load(db, scope, later, spec)
    assert {(one.field, one.value) for one in report.findings} == {("问题类别", "OTH"), ("责任人", "Bob")}
    facts = "SELECT category, title, detail, due_on, original_due_on, responsible, close_kind, verified_by, satisfaction FROM issue"
    stored = ("INF_R", "Bridge", "steps", "2024-02-01", "2024-02-01", "Ann", "explained", "Cy", 1)
    assert rows(db, facts) == [stored]
    assert rows(db, "SELECT close_kind, verified_by, satisfaction FROM issue_event WHERE kind = 'closed'") == [
        ("explained", "Cy", 1)
    ]
    assert list_unlike_their_events(db, scope) == []
    assert not load(db, scope, later, spec).changed
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE issue SET detail = ''")
    assert not load(db, scope, later, spec).changed
    db.close()


@pytest.mark.parametrize(
    ("homes", "field", "value"), [("", "村", "D1-T-S"), ("    households: {key: home}\n", "户编号", "B")]
)
def test_an_issue_in_two_places_is_in_the_first(tmp_path, homes, field, value):
    """Rows of one issue that name another village or household are listed; the issue stays where its first row is."""
    spec = spec_of(
        f"{UNITS}\n{homes}    issues: {{key: no, category: {{value: OTH}}, raised_on: asked, closed_on: done}}\n"
    )
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    text = "no,home,village,asked,done\n1,A,N,2024-01-01,2024-01-02\n1,B,S,2024-01-01,2024-01-03\n"
    report = load(db, scope, write(tmp_path / "i.csv", text), spec)
    assert [(one.row, one.code, one.field, one.value) for one in report.findings] == [
        (2, "W_ATTR_DIFFERS", field, value)
    ]
    assert rows(db, "SELECT p.name FROM issue i JOIN place p ON p.id = i.place") == [("N",)]
    db.close()


def test_an_issue_that_was_open_again_is_ended_by_a_newer_export(tmp_path):
    """A further row without an end leaves the issue open; when a later export ends it, its history goes on."""
    spec = spec_of(ISSUES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    text = "no,village,about,asked,status,done\n1,N,road,2024-01-01,Done,2024-01-10\n1,N,road,2024-01-01,Open,\n"
    load(db, scope, write(tmp_path / "a.csv", text), spec)
    assert rows(db, "SELECT state, reopen_count FROM issue") == [("in_progress", 1)]
    newer = write(tmp_path / "b.csv", text.replace("Open,", "Done,2024-03-01"))
    assert load(db, scope, newer, spec).changes["issues_changed"] == 1
    assert rows(db, "SELECT state, closed_on, reopen_count FROM issue") == [("closed", "2024-03-01", 1)]
    again = load(db, scope, newer, spec)
    assert (again.changed, again.proposals) == (False, ())
    assert list_unlike_their_events(db, scope) == []
    db.close()


def test_a_history_that_went_another_way_is_not_overwritten(issues, tmp_path):
    """An export that contradicts what is stored is proposed; nothing changes."""
    db, scope, _, spec, _ = issues
    path = write(tmp_path / "other.csv", TABLE.replace("Done,2024-01-20", "Done,2024-01-25"))
    report = load(db, scope, path, spec)
    assert [(one.kind, one.code, one.taken) for one in report.proposals] == [("correction", "1", False)]
    assert not report.changed


def test_issues_of_households_and_named_duplicates(tmp_path):
    """An issue may name its household and the issue it repeats, even one that follows it; an unknown one is listed."""
    spec = spec_of(f"""
{UNITS}
    households: {{key: home}}
    issues:
      key: no
      category: {{value: OTH}}
      raised_on: asked
      duplicate_of: same_as
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = "no,home,village,asked,same_as\n1,A,North,2024-01-01,2\n2,A,North,2024-01-02,\n3,B,North,2024-01-03,99\n"
    report = load(db, scope, write(tmp_path / "i.csv", table), spec)
    assert (report.stored, report.codes) == (True, ["W_UNMATCHED"])
    sql = "SELECT i.number, o.number, i.scope FROM issue i LEFT JOIN issue o ON o.id = i.duplicate_of ORDER BY 1"
    assert rows(db, sql) == [("1", "2", "household"), ("2", None, "household"), ("3", "3", "household")]
    assert workbooks.count(db, "issue_household") == 3


def test_an_issue_without_day_place_or_category_is_refused(tmp_path):
    """What cannot be told refuses the row: the number, the day it was raised, the place."""
    spec = spec_of(ISSUES)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = "no,village,about,asked,status,done\n,N,road,2024-01-01,Open,\n2,N,road,,Open,\n3,,road,2024-01-01,Open,\n"
    report = load(db, scope, write(tmp_path / "i.csv", table), spec)
    assert [(one.row, one.code, one.field) for one in report.rows_bad] == [
        (1, "R_REQUIRED", "台账号"), (2, "R_REQUIRED", "收集时间"), (3, "R_REQUIRED", "村"),
    ]  # fmt: skip


def test_issues_of_households_that_are_there(tmp_path):
    """A file of issues alone finds households by key and lies where they live; an unknown key is refused."""
    homes = spec_of(f"{UNITS}\n    households: {{key: id}}\n")
    db, scope = open_mapped(tmp_path / "d.sqlite", homes)
    load(db, scope, write(tmp_path / "h.csv", "id,village\nA,North\n"), homes)
    spec = spec_of("issues: {key: no, household: home, category: {value: OTH}, raised_on: day}\n", name="issues.yaml")
    path = write(tmp_path / "i.csv", "no,home,day\n1,A,2024-01-01\n2,B,2024-01-01\n")
    report = load(db, scope, path, spec, good_rows=True)
    assert [(one.row, one.code, one.value) for one in report.rows_bad] == [(2, "R_REQUIRED", "B")]
    assert rows(db, "SELECT i.number, i.scope, p.name FROM issue i JOIN place p ON p.id = i.place") == [
        ("1", "household", "North")
    ]


def test_satisfaction_is_yes_or_no(tmp_path):
    """What the household said is 1 or 0; any other word is asked about, and a mapping may translate it."""
    spec = spec_of(FACTS)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    head = "no,village,about,what,more,asked,due,who,done,by,pleased,how\n"
    text = head + "1,N,OTH,,,2024-01-01,,,2024-01-02,Cy,5,\n2,N,OTH,,,2024-01-01,,,2024-01-02,Cy,0,\n"
    path = write(tmp_path / "i.csv", text)
    asked = load(db, scope, path, spec).questions
    assert [(one.value, [option.value for option in one.options]) for one in asked] == [("5", ["1", "0"])]
    mapped = spec_of(
        FACTS.replace("satisfaction: pleased", 'satisfaction: {column: pleased, map: {"5": "1", "0": "0"}}')
    )
    assert load(db, scope, path, mapped).stored
    assert rows(db, "SELECT number, satisfaction FROM issue ORDER BY 1") == [("1", 1), ("2", 0)]
    db.close()


def test_a_duplicate_of_a_file_stays_one(issues):
    """Nothing can be done about a duplicate that a file told, so that it never becomes a valid issue again."""
    db, scope, *_ = issues
    ((issue_id, original),) = rows(db, "SELECT id, duplicate_of FROM issue WHERE number = '4'")
    with pytest.raises(Invalid) as refused:
        act_on_issue(db, scope, issue_id=issue_id, act=Act("progress", date(2024, 7, 1)), act_id="a1")
    assert refused.value.key == "err.issue_is_duplicate"
    assert (original, status(db, date(2024, 7, 1))["4"]["valid"]) == (issue_id, 0)

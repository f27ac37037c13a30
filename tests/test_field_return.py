"""Forms that come back: filled in, out of order, twice, changed, from phones; the same again changes nothing."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from geo.field import make_form, write_template
from geo.field.form import header_of
from geo.importer import ImportOptions, import_file
from geo.model import Scope
from geo.schema import issue, visit
from geo.store.create import create_database
from geo.store.places import root_place
from geo.store.reads import read_figures, read_homes
from geo.store.rounds import RoundPlan, create_round
from geo.workbook import HEAD_ROWS

TODAY = date(2026, 3, 20)
ROSTER = (
    "乡镇,村,村民组,户编号,户主,人口\n"
    + "".join(f"和平乡,孟溪村,{group},A-{n},测{n},3\n" for group, first in (("一组", 1), ("二组", 4)) for n in range(first, first + 3))
)  # fmt: skip


@pytest.fixture
def office(tmp_path):
    """A real database of six households in two groups of one village, a round running, today 2026-03-20."""
    db = create_database(tmp_path / "office.sqlite", kind="real", edition="2023-06-30", today=TODAY)
    scope = Scope("planner", "planner", root_place(db).id)
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8")
    assert import_file(db, scope, path).stored
    create_round(db, scope, plan=RoundPlan("第1轮", date(2026, 3, 1), date(2026, 4, 30), scope.area))
    yield db, scope
    db.close()


@pytest.fixture
def form(office, tmp_path):
    """Write the workbook of the village, fill it in by `filled` (code → header key → value), and return its path."""
    db, scope = office

    def fill(filled, *, shuffle: bool = False, name: str = "back.xlsx"):
        homes = read_homes(db, scope, round_id="1", place_id=scope.area)
        made = make_form(
            homes, place="孟溪村", round_name="第1轮", starts_on=date(2026, 3, 1), ends_on=date(2026, 4, 30),
            made_on=TODAY, made_by="规划员",
        )  # fmt: skip
        book = load_workbook(io.BytesIO(write_template(made)))
        sheet = book.worksheets[0]
        heads = {cell.value: cell.column for cell in sheet[HEAD_ROWS]}
        for row in range(HEAD_ROWS + 1, sheet.max_row + 1):
            code = sheet.cell(row, heads[header_of("code")]).value
            for key, value in filled.get(code, {}).items():
                sheet.cell(row, heads[header_of(key)]).value = value
        if shuffle:
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEAD_ROWS + 1)]
            for nth, values in enumerate(reversed(rows), start=HEAD_ROWS + 1):
                for column, value in enumerate(values, start=1):
                    sheet.cell(nth, column).value = value
        book.save(tmp_path / name)
        return tmp_path / name

    return fill


def visits_of(db) -> list[tuple[object, ...]]:
    columns = (visit.c.household, visit.c.kind, visit.c.visited_on, visit.c.mode, visit.c.outcome, visit.c.reason,
               visit.c.respondent, visit.c.revisit_on, visit.c.note)  # fmt: skip
    with db.read() as connection:
        return sorted(map(tuple, connection.execute(select(*columns))), key=str)


VISIT = {"visited_on": date(2026, 3, 18), "mode": "上门", "outcome": "有效走访", "respondent": "户主", "note": "好"}
MISS = {"visited_on": "2026-03-19", "outcome": "家中无人", "reason": "下地干活", "revisit_on": date(2026, 4, 2)}
WATER = {
    "issue": "饮水安全",
    "issue_title": "水管冻裂，三户断水",
    "issue_route": "限时解决",
    "issue_due": date(2026, 4, 10),
}


def test_a_filled_workbook_comes_back_as_visits_and_issues(office, form):
    """Day, way, outcome, respondent, reason, day to come again and note of each visit, and the whole issue, are stored."""
    db, scope = office
    report = import_file(db, scope, form({"A-1": VISIT | WATER, "A-5": MISS}))
    assert (report.stored, report.changes["visits_new"], report.changes["issues_new"]) == (True, 2, 1)
    assert report.changes["households_changed"] == report.changes["households_new"] == 0
    homes = read_homes(db, scope, round_id="1", place_id=scope.area).set_index("code")["household"]
    assert sorted(visits_of(db), key=lambda row: row[2]) == [
        (homes["A-1"], "visit", date(2026, 3, 18), "in_person", "effective", None, "head", None, "好"),
        (homes["A-5"], "visit", date(2026, 3, 19), "in_person", "not_home", "in_fields", None, date(2026, 4, 2), ""),
    ]
    with db.read() as connection:
        row = connection.execute(select(issue)).mappings().one()
    assert (row["category"], row["title"], row["route"]) == ("WATER", "水管冻裂，三户断水", "time_limited")
    assert (row["due_on"], row["original_due_on"], row["raised_on"]) == (
        date(2026, 4, 10), date(2026, 4, 10), date(2026, 3, 18),
    )  # fmt: skip
    assert read_figures(db, scope, round_id="1", place_id=scope.area).counts.effective == 1


def test_the_same_workbook_again_changes_nothing(office, form):
    """A second return of one file, also with its rows in another order, is no change, and it says so."""
    db, scope = office
    path = form({"A-1": VISIT | WATER, "A-5": MISS})
    assert import_file(db, scope, path).stored
    before = visits_of(db)
    again = import_file(db, scope, path)
    assert (again.stored, again.changed) == (False, False)
    mixed = import_file(db, scope, form({"A-1": VISIT | WATER, "A-5": MISS}, shuffle=True, name="mixed.xlsx"))
    assert not mixed.changed
    assert visits_of(db) == before


def test_another_answer_for_a_known_visit_is_a_conflict_to_decide(office, form):
    """A second sheet that says otherwise of the same visit is proposed as a correction, taken only when chosen."""
    db, scope = office
    assert import_file(db, scope, form({"A-1": VISIT})).stored
    other = form({"A-1": VISIT | {"outcome": "拒访", "respondent": None}}, name="other.xlsx")
    report = import_file(db, scope, other)
    assert [(one.kind, one.code, one.before, one.after) for one in report.proposals] == [
        ("correction", "A-1", "effective", "refused")
    ]
    assert read_figures(db, scope, round_id="1", place_id=scope.area).counts.effective == 1
    assert import_file(db, scope, other, options=ImportOptions(apply=frozenset({"correction"}))).stored
    assert read_figures(db, scope, round_id="1", place_id=scope.area).counts.effective == 0


def test_the_key_tells_the_household_whatever_stands_beside_it(office, form):
    """A changed code, name or group beside the key is not taken: it is listed, and the visit goes to the right home."""
    db, scope = office
    changed = VISIT | {"code": "A-2", "head_name": "别人", "group": "二组"}
    report = import_file(db, scope, form({"A-1": changed}))
    assert report.stored
    homes = read_homes(db, replace(scope, sees_names=True), round_id="1", place_id=scope.area).set_index("code")
    assert visits_of(db)[0][0] == homes.loc["A-1", "household"]
    assert (homes.loc["A-1", "head_name"], homes.loc["A-1", "group"]) == ("测1", "一组")
    listed = [one for one in report.findings if one.code == "W_PRINTED_CHANGED"]
    assert sorted(one.field for one in listed) == sorted(["户编号", "户主", "村民组"])
    assert {one.row for one in listed} == {1}


def test_another_detail_of_a_known_visit_is_a_correction_to_decide(office, form):
    """A note that was mended, a respondent that was filled in: proposed with both values; a blank erases nothing."""
    db, scope = office
    assert import_file(db, scope, form({"A-1": VISIT, "A-5": MISS})).stored
    changed = {"A-1": VISIT | {"note": "好，另约", "respondent": None}, "A-5": MISS | {"respondent": "户主"}}
    path = form(changed, name="mended.xlsx")
    report = import_file(db, scope, path)
    assert [(one.code, one.field, one.before, one.after) for one in report.proposals] == [
        ("A-1", header_of("note"), "好", "好，另约"), ("A-5", header_of("respondent"), "-", "户主"),
    ]  # fmt: skip
    assert (report.stored, report.waiting) == (False, 2)
    done = import_file(db, scope, path, options=ImportOptions(apply=frozenset({"correction:A-1"})))
    assert (done.stored, done.changes["visits_corrected"], done.waiting) == (True, 1, 1)
    kept = [row for row in visits_of(db) if row[1] == "visit" and row[-1] == "好，另约"]
    assert [(row[4], row[6]) for row in kept] == [("effective", "head")]
    assert read_figures(db, scope, round_id="1", place_id=scope.area).counts.effective == 1
    assert [one.code for one in import_file(db, scope, path).proposals] == ["A-5"]


def test_another_description_of_a_known_issue_is_listed(office, form):
    """The same issue told otherwise is no second issue, and what differs is said with both texts."""
    db, scope = office
    assert import_file(db, scope, form({"A-1": VISIT | WATER})).stored
    told = {"A-1": VISIT | WATER | {"issue_title": "水管冻裂，五户断水", "issue_due": date(2026, 4, 20)}}
    report = import_file(db, scope, form(told, name="b.xlsx"))
    assert [(one.code, one.value) for one in report.findings] == [
        ("W_ISSUE_DIFFERS", "水管冻裂，三户断水 → 水管冻裂，五户断水"), ("W_ISSUE_DIFFERS", "2026-04-10 → 2026-04-20"),
    ]  # fmt: skip
    assert (report.stored, "没有任何改动" in report.message) == (False, False)


def test_an_untouched_form_costs_no_finding(office, form):
    """Its own title, printed columns and hidden keys are no news."""
    db, scope = office
    report = import_file(db, scope, form({}))
    assert (report.outcome, report.findings, report.changed) == ("accept", (), False)


def test_rows_are_deleted_copied_and_added(office, form):
    """A row that is gone takes nothing back, a copy with another day is a second visit, a row without a key is read."""
    db, scope = office
    path = form({"A-1": VISIT, "A-5": MISS})
    assert import_file(db, scope, path).stored
    book = load_workbook(path)
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[HEAD_ROWS]}
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEAD_ROWS + 1)]
    rows[1] = [*rows[0]]
    rows[1][heads[header_of("visited_on")] - 1] = date(2026, 3, 20)
    rows[2] = [None] * len(rows[0])
    for key, value in {
        "village": "孟溪村",
        "group": "一组",
        "code": "A-2",
        "visited_on": "2026-03-17",
        "outcome": "拒访",
    }.items():
        rows[2][heads[header_of(key)] - 1] = value
    for nth, values in enumerate(rows, start=HEAD_ROWS + 1):
        for column, value in enumerate(values, start=1):
            sheet.cell(nth, column).value = value
    sheet.delete_rows(HEAD_ROWS + 5)
    sheet.title = "改名"
    book.save(path)
    report = import_file(db, scope, path)
    assert (report.stored, report.changes["visits_new"], report.changes["households_new"]) == (True, 2, 0)
    assert len(visits_of(db)) == 4
    assert not import_file(db, scope, path).changed


def test_facts_of_an_old_form_do_not_overwrite_newer_ones(office, form):
    """What was printed months ago is read, not written back: a register changed since then stays as it is."""
    db, scope = office
    path = form({"A-1": VISIT})
    newer = ROSTER.replace("A-1,测1,3", "A-1,测一,4").replace("A-2,测2,3", "A-2,测2,5")
    roster = path.with_name("newer.csv")
    roster.write_text(newer, encoding="utf-8")
    assert import_file(db, scope, roster).changes["households_changed"] == 2
    assert import_file(db, scope, path).changes["households_changed"] == 0
    homes = read_homes(db, replace(scope, sees_names=True), round_id="1", place_id=scope.area).set_index("code")
    assert (homes.loc["A-1", "head_name"], homes.loc["A-1", "size"], homes.loc["A-2", "size"]) == ("测一", 4, 5)


def test_words_that_are_no_answer_are_listed_and_the_visit_stays(office, form):
    """An unknown reason, a day that is none and an unknown way leave their field empty; the visit is made."""
    db, scope = office
    report = import_file(db, scope, form({"A-5": MISS | {"reason": "去赶集了", "revisit_on": "改天"}}))
    assert report.stored
    assert [(one.code, one.field) for one in report.findings if one.row] == [
        ("W_RANGE", header_of("reason")), ("W_DATE_IMPOSSIBLE", header_of("revisit_on")),
    ]  # fmt: skip
    assert visits_of(db)[0][4:8] == ("not_home", "unknown", None, None)


def central_zip(path, rows, issues) -> None:
    """Write what ODK Central gives as all data of a form: a table of submissions and one of the repeated issues."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, table in (("visit.csv", rows), ("visit-issues.csv", issues)):
            out = io.StringIO()
            writer = csv.DictWriter(out, fieldnames=list(table[0]))
            writer.writeheader()
            writer.writerows(table)
            packed.writestr(name, out.getvalue())
        packed.writestr("media/1.jpg", b"\xff\xd8\xff")


def submission(key: str, instance: str, **said: str) -> dict[str, str]:
    empty = dict.fromkeys(("mode", "outcome", "respondent", "reason", "revisit_on", "issue_count", "note"), "")
    return {
        "SubmissionDate": "2026-03-19T03:00:00.000Z", "group": "一组", "household": "0", "row_key": key, "tags": "",
        "last": "", "visited_on": "2026-03-19", **empty, "mode": "in_person", **said, "meta-instanceID": instance,
        "KEY": instance, "ReviewState": said.get("ReviewState", ""),
    }  # fmt: skip


def test_an_export_of_central_is_visits_and_issues(office, tmp_path):
    """The zip of ODK Central: each submission a visit, each repeated issue an issue; rejected ones stay out; idempotent."""
    db, scope = office
    homes = read_homes(db, scope, round_id="1", place_id=scope.area).set_index("code")["household"]
    rows = [
        submission(homes["A-1"], "uuid:1", outcome="effective", respondent="head", issue_count="2"),
        submission(homes["A-4"], "uuid:2", outcome="not_home", reason="in_fields"),
        submission(homes["A-5"], "uuid:3", outcome="effective", ReviewState="rejected"),
    ]
    issues = [
        {"issue": "WATER", "issue_title": "断水", "issue_route": "", "issue_due": "2026-04-10", "PARENT_KEY": "uuid:1", "KEY": "uuid:1/issues[1]"},
        {"issue": "INF_R", "issue_title": "路塌了", "issue_route": "escalated", "issue_due": "", "PARENT_KEY": "uuid:1", "KEY": "uuid:1/issues[2]"},
    ]  # fmt: skip
    central_zip(tmp_path / "visit.zip", rows, issues)
    report = import_file(db, scope, tmp_path / "visit.zip")
    assert (report.stored, report.changes["visits_new"], report.changes["issues_new"]) == (True, 2, 2), report.message
    assert [(one.code, one.value) for one in report.findings if one.code == "W_SUBMISSION_REJECTED"] == [
        ("W_SUBMISSION_REJECTED", "uuid:3")
    ]
    with db.read() as connection:
        found = set(map(tuple, connection.execute(select(issue.c.category, issue.c.title, issue.c.route))))
    assert found == {("WATER", "断水", "time_limited"), ("INF_R", "路塌了", "escalated")}
    assert not import_file(db, scope, tmp_path / "visit.zip").changed
    edited = [rows[0], rows[1] | {"outcome": "refused", "reason": "unwilling"}]
    central_zip(tmp_path / "visit.zip", edited, issues)
    (proposal,) = import_file(db, scope, tmp_path / "visit.zip").proposals
    assert (proposal.kind, proposal.before, proposal.after) == ("correction", "not_home", "refused")


def test_issues_that_an_export_lacks_are_listed(office, tmp_path):
    """A table of submissions alone brings the visits, and says which of them reported issues that are not in it."""
    db, scope = office
    home = read_homes(db, scope, round_id="1", place_id=scope.area).set_index("code").loc["A-1", "household"]
    rows = [submission(home, "uuid:1", outcome="effective", issue_count="2")]
    with (tmp_path / "visit.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    report = import_file(db, scope, tmp_path / "visit.csv")
    assert (report.changes["visits_new"], [(one.code, one.value) for one in report.findings]) == (
        1, [("W_SUBMISSION_ISSUES", "uuid:1")],
    )  # fmt: skip


def kobo_workbook(path, main, issues) -> None:
    """Write what KoboToolbox gives with XML values: a sheet of submissions and one of the repeated issues."""
    book = Workbook()
    book.active.title = "visit"
    for sheet, rows in ((book.active, main), (book.create_sheet("issues"), issues)):
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(path)


def test_an_export_of_kobo_is_read_as_well(office, tmp_path):
    """The workbook of KoboToolbox with XML values: the same visits and issues, tied by the number of the row."""
    db, scope = office
    home = read_homes(db, scope, round_id="1", place_id=scope.area).set_index("code").loc["A-2", "household"]
    visit_row = {
        "group": "一组", "household": home, "row_key": home, "visited_on": date(2026, 3, 19), "mode": "phone",
        "outcome": "effective", "respondent": "adult", "reason": None, "revisit_on": None, "issue_count": 1,
        "note": "换号了", "_id": 11, "_uuid": "u-1", "_submission_time": "2026-03-19T03:00:00", "_index": 1,
    }  # fmt: skip
    issue_row = {
        "issues/issue": "MED", "issues/issue_title": "药费", "issues/issue_route": "explained",
        "issues/issue_due": None, "_index": 1, "_parent_table_name": "visit", "_parent_index": 1,
        "_submission__uuid": "u-1",
    }  # fmt: skip
    kobo_workbook(tmp_path / "visit.xlsx", [visit_row], [issue_row])
    report = import_file(db, scope, tmp_path / "visit.xlsx")
    assert (report.stored, report.changes["visits_new"], report.changes["issues_new"]) == (True, 1, 1), report.message
    assert visits_of(db)[0][2:5] == (date(2026, 3, 19), "phone", "effective")
    assert not import_file(db, scope, tmp_path / "visit.xlsx").changed


@pytest.mark.parametrize("grouped", [False, True], ids=["plain", "grouped"])
def test_kobo_with_labels_and_groups(grouped, office, tmp_path):
    """Labels instead of names, words instead of codes, names of groups before them: the same visits and issues."""
    db, scope = office
    home = read_homes(db, scope, round_id="1", place_id=scope.area).set_index("code").loc["A-2", "household"]
    before, within = ("走访/", "问题/") if grouped else ("", "")
    visit_row = {
        "村民组": "一组", "哪一户": "一组 A-2", f"{before}row_key": home, f"{before}走访日期": "2026-03-19", f"{before}走访方式": "上门",
        f"{before}走访状态": "家中无人", f"{before}未见面原因": "下地干活", "发现几个问题": 1, f"{before}备注": "锁门", "_id": 11,
        "_uuid": "u-1", "_validation_status": "Approved", "_index": 1,
    }  # fmt: skip
    issue_row = {
        f"{within}问题类别": "基本医疗",
        f"{within}问题描述": "药费",
        f"{within}处理方式": "",
        "_index": 1,
        "_parent_index": 1,
    }
    rejected = visit_row | {"_uuid": "u-2", "_index": 2, "_validation_status": "Not Approved"}
    kobo_workbook(tmp_path / "visit.xlsx", [visit_row, rejected], [issue_row])
    report = import_file(db, scope, tmp_path / "visit.xlsx")
    assert (report.stored, report.changes["visits_new"], report.changes["issues_new"]) == (True, 1, 1), report.message
    assert [one.code for one in report.findings] == ["W_SUBMISSION_REJECTED"]
    assert visits_of(db)[0][2:6] == (date(2026, 3, 19), "in_person", "not_home", "in_fields")
    assert not import_file(db, scope, tmp_path / "visit.xlsx").changed


def test_central_with_groups_in_the_names(office, tmp_path):
    """Questions that were moved into groups of the form come as group-name: they are read all the same."""
    db, scope = office
    home = read_homes(db, scope, round_id="1", place_id=scope.area).set_index("code").loc["A-1", "household"]
    row = submission(home, "uuid:1", outcome="effective", issue_count="1")
    moved = {(f"door-{key}" if key in ("row_key", "visited_on", "outcome", "mode") else key): row[key] for key in row}
    issues = [
        {"issues-issue": "WATER", "issues-issue_title": "断水", "PARENT_KEY": "uuid:1", "KEY": "uuid:1/issues[1]"}
    ]
    central_zip(tmp_path / "visit.zip", [moved], issues)
    report = import_file(db, scope, tmp_path / "visit.zip")
    assert (report.stored, report.changes["visits_new"], report.changes["issues_new"]) == (True, 1, 1), report.message

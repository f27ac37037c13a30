"""A later roster against a register that people worked in: conflicts, households moved, split, merged and gone."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from sqlalchemy import select

from geo.importer import ImportOptions, import_file, undo_last
from geo.model import IssueEntry, Scope, VisitEntry, new_id
from geo.schema import household, issue_household, metadata, round_roster
from geo.store.check import check_database
from geo.store.create import create_database
from geo.store.households import edit_household, get_household
from geo.store.issues import raise_issue
from geo.store.places import root_place
from geo.store.reads import read_figures
from geo.store.rounds import RoundPlan, create_round
from geo.store.visits import record_visit

TODAY = date(2026, 3, 20)
HEAD = "乡镇,村,村民组,户编号,户主,人口,联系电话\n"
#: code → (group, head, size, phone)
HOMES = {
    "A-1": ("一组", "测一", 5, "13800000001"), "A-2": ("一组", "测二", 3, ""), "A-3": ("一组", "测三", 2, ""),
    "A-4": ("二组", "测四", 4, ""), "A-5": ("二组", "测五", 6, ""),
}  # fmt: skip


@pytest.fixture
def office(tmp_path):
    """A real database of five households in two groups of one village, with a round running."""
    db = create_database(tmp_path / "office.sqlite", kind="real", edition="2023-06-30", today=TODAY)
    scope = Scope("planner", "planner", root_place(db).id)
    assert import_file(db, scope, write(tmp_path, HOMES)).stored
    create_round(db, scope, plan=RoundPlan("第1轮", date(2026, 3, 1), date(2026, 4, 30), scope.area))
    yield db, scope
    db.close()


def write(folder, homes, name: str = "roster.csv"):
    lines = [
        f"和平乡,孟溪村,{group},{code},{head},{size},{phone}\n" for code, (group, head, size, phone) in homes.items()
    ]
    path = folder / name
    path.write_text(HEAD + "".join(lines), encoding="utf-8")
    return path


def later(folder, *, without: tuple[str, ...] = (), **changed):
    """Write a later roster: some households changed or new (A_1 stands for A-1), some left out."""
    homes = {code: home for code, home in HOMES.items() if code not in without}
    homes |= {code.replace("_", "-"): home for code, home in changed.items()}
    return write(folder, homes, "later.csv")


def id_of(db, code: str) -> str:
    with db.read() as connection:
        return connection.execute(select(household.c.id).where(household.c.code == code)).scalar_one()


def row_of(db, code: str):
    with db.read() as connection:
        return connection.execute(select(household).where(household.c.code == code)).mappings().one()


def edit(db, scope, code: str, **changes):
    found = get_household(db, scope, household_id=id_of(db, code))
    edit_household(db, scope, household_id=found["id"], rev=found["rev"], changes=changes)


def proposals(report) -> list[tuple[object, ...]]:
    return [(one.kind, one.code, one.before, one.after, one.taken) for one in report.proposals]


def applying(*kinds: str, **more) -> ImportOptions:
    return ImportOptions(apply=frozenset(kinds), **more)


def fingerprint(db) -> dict[str, str]:
    """Return a hash of every table's rows, in no order, but for the logs and batches, which only grow."""
    with db.read() as connection:
        return {
            table.name: hashlib.sha256("\n".join(sorted(map(repr, connection.execute(select(table))))).encode()).hexdigest()
            for table in metadata.sorted_tables
            if table.name not in {"audit_log", "import_batch", "import_row", "import_refused", "setting"}
        }  # fmt: skip


def test_an_older_export_does_not_overwrite_an_edit(office, tmp_path):
    """A fact edited in the app that a file says otherwise is a conflict with both values, author and time; it stays."""
    db, scope = office
    edit(db, scope, "A-1", phone="13900000009", size=4)
    report = import_file(db, scope, later(tmp_path, A_2=("一组", "测二", 3, "13700000002")))
    found = {one.field: one for one in report.proposals if one.kind == "conflict"}
    assert {name: (one.before, one.after, one.who, one.taken) for name, one in found.items()} == {
        "联系电话": ("13900000009", "13800000001", "planner", False), "人口": ("4", "5", "planner", False),
    }  # fmt: skip
    assert all(one.when and one.row == 1 for one in found.values())
    assert (row_of(db, "A-1")["phone"], row_of(db, "A-1")["size"]) == ("13900000009", 4)
    assert row_of(db, "A-2")["phone"] == "13700000002"


def test_a_conflict_is_settled_for_the_file_only_when_chosen(office, tmp_path):
    """With `conflict` applied the file's values stand; from then on they are the file's, and a later one may change them."""
    db, scope = office
    edit(db, scope, "A-1", phone="13900000009")
    assert import_file(db, scope, later(tmp_path, A_2=("一组", "测二", 3, "1")), options=applying("conflict")).stored
    assert row_of(db, "A-1")["phone"] == "13800000001"
    third = import_file(db, scope, later(tmp_path, A_1=("一组", "测一", 5, "13600000006")))
    assert not [one for one in third.proposals if one.kind == "conflict"]
    assert row_of(db, "A-1")["phone"] == "13600000006"


def test_a_blank_never_erases_and_the_same_value_is_no_conflict(office, tmp_path):
    """An empty cell against an edit says nothing; a file that agrees with the edit is no conflict."""
    db, scope = office
    edit(db, scope, "A-1", phone="13900000009")
    report = import_file(db, scope, later(tmp_path, A_1=("一组", "测一", 5, "")))
    assert not report.changed
    report = import_file(db, scope, later(tmp_path, A_1=("一组", "测一", 5, "13900000009")))
    assert not [one for one in report.proposals if one.kind == "conflict"]


def test_another_group_is_proposed_and_the_roster_place_stays(office, tmp_path):
    """A household named in another group moves there when that is chosen; the round counts it where it was."""
    db, scope = office
    path = later(tmp_path, A_3=("二组", "测三", 2, ""))
    report = import_file(db, scope, path)
    assert (proposals(report), report.changed) == ([("regroup", "A-3", "一组", "二组", False)], False)
    assert import_file(db, scope, path, options=applying("regroup")).stored
    home = row_of(db, "A-3")
    with db.read() as connection:
        frozen = connection.execute(
            select(round_roster.c.place).where(round_roster.c.household == home["id"])
        ).scalar_one()
    assert home["place"] != frozen


@pytest.mark.parametrize("more", [{}, {"A_6": ("一组", "测六", 2, "")}])
def test_a_proposal_that_is_not_carried_out_makes_no_group(office, tmp_path, more):
    """A group that only a proposed, untaken move names is not made, alone or beside rows that enter; taken, it is."""
    db, scope = office
    path = later(tmp_path, A_3=("九组", "测三", 2, ""), **more)
    report = import_file(db, scope, path, options=ImportOptions(round="1"))
    assert (report.changes["groups_new"], report.stored) == (0, bool(more))
    with db.read() as connection:
        groups = (
            connection.exec_driver_sql("SELECT name FROM place WHERE level = 'group' ORDER BY name").scalars().all()
        )
        paths = connection.exec_driver_sql("SELECT count(*) FROM place_path WHERE place NOT IN (SELECT id FROM place)")
        assert (sorted(groups), paths.scalar_one()) == (sorted(["一组", "二组"]), 0)
    taken = import_file(db, scope, path, options=applying("regroup", "conflict", round="1"))
    assert taken.changes["groups_new"] == 1
    assert check_database(db, scope) == []


def test_additions_that_are_not_taken_make_no_group(office, tmp_path):
    """Households left out of the import bring no group of their own along."""
    db, scope = office
    path = later(tmp_path, A_6=("九组", "测六", 2, ""))
    report = import_file(db, scope, path, options=ImportOptions(round="1", take_additions=False))
    with db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT p.name, count(h.id) FROM place p LEFT JOIN household h ON h.place = p.id"
            " WHERE p.level = 'group' GROUP BY p.id"
        ).all()
    assert all(count for _, count in rows), (rows, report.changes)


def test_a_split_is_proposed_with_its_evidence(office, tmp_path):
    """A known household lost as many persons as a new one of its group has: a split; taken, it is its predecessor."""
    db, scope = office
    path = later(tmp_path, A_1=("一组", "测一", 3, ""), A_6=("一组", "测六", 2, ""))
    report = import_file(db, scope, path, options=ImportOptions(dry_run=True))
    (found,) = [one for one in report.proposals if one.kind == "split"]
    assert (found.code, found.before, found.after, found.taken) == ("A-6", "A-1", "A-6", False)
    assert "2" in found.evidence
    assert import_file(db, scope, path, options=applying("split", round="1")).stored
    assert row_of(db, "A-6")["predecessor"] == id_of(db, "A-1")
    assert row_of(db, "A-1")["predecessor"] is None


def test_without_a_single_pair_nothing_is_guessed(office, tmp_path):
    """Two new households of the same number of persons leave open which one split: none is proposed."""
    db, scope = office
    path = later(tmp_path, A_1=("一组", "测一", 3, ""), A_6=("一组", "测六", 2, ""), A_7=("一组", "测七", 2, ""))
    report = import_file(db, scope, path, options=ImportOptions(dry_run=True))
    assert not [one for one in report.proposals if one.kind == "split"]


def test_a_merger_waits_for_a_person(office, tmp_path):
    """One gained as many persons as one that is missing had: proposed and left; the missing one stays in D."""
    db, scope = office
    report = import_file(
        db, scope, later(tmp_path, without=("A-3",), A_2=("一组", "测二", 5, "")), options=applying(round="1")
    )
    assert ("merge", "A-3", "A-3", "A-2", False) in proposals(report)
    assert row_of(db, "A-3")["exited_on"] is None
    assert read_figures(db, scope, round_id="1", place_id=scope.area).counts.roster == 5


def test_a_merger_that_is_taken_passes_visits_and_issues_on(office, tmp_path):
    """The surviving household inherits visits and issues; the merged one leaves D with a successor; figures agree."""
    db, scope = office
    gone, heir = id_of(db, "A-3"), id_of(db, "A-2")
    record_visit(db, scope, entry=VisitEntry(new_id(), gone, date(2026, 3, 10), "effective"))
    raise_issue(
        db, scope,
        entry=IssueEntry(new_id(), row_of(db, "A-3")["place"], "household", "WATER", "断水", date(2026, 3, 10), (gone,)),
    )  # fmt: skip
    path = later(tmp_path, without=("A-3",), A_2=("一组", "测二", 5, ""))
    assert import_file(db, scope, path, options=applying("merge", round="1")).stored
    merged = row_of(db, "A-3")
    assert (merged["successor"], merged["exit_reason"], merged["exited_on"]) == (heir, "merged", TODAY)
    counts = read_figures(db, scope, round_id="1", place_id=scope.area).counts
    assert (counts.effective, counts.roster) == (1, 4)
    with db.read() as connection:
        concerned = set(connection.execute(select(issue_household.c.household)).scalars())
    assert concerned == {heir}
    assert check_database(db, scope) == []


def test_a_taken_merger_is_undone_without_a_trace(office, tmp_path):
    """Undoing the batch gives back every row of every table as it was, visits and issues included."""
    db, scope = office
    gone = id_of(db, "A-3")
    record_visit(db, scope, entry=VisitEntry(new_id(), gone, date(2026, 3, 10), "effective"))
    raise_issue(
        db, scope,
        entry=IssueEntry(new_id(), row_of(db, "A-3")["place"], "household", "WATER", "断水", date(2026, 3, 10), (gone,)),
    )  # fmt: skip
    before = fingerprint(db)
    path = later(tmp_path, without=("A-3",), A_1=("一组", "测一", 3, ""), A_2=("一组", "测二", 5, ""),
                 A_4=("一组", "测四", 4, ""), A_6=("一组", "测六", 2, ""))  # fmt: skip
    assert import_file(db, scope, path, options=applying("merge", "split", "conflict", round="1")).stored
    assert fingerprint(db) != before
    undo_last(db, scope)
    assert fingerprint(db) == before
    assert check_database(db, scope) == []

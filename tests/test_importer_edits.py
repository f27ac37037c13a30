"""An older export over newer edits: both values are listed, nothing is overwritten, what is chosen is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.idnumbers import check_id_number
from geo.importer import undo_last
from geo.store.households import NewHousehold, add_household, edit_household, move_household, set_point, set_tags
from tests import workbooks
from tests.test_importer_store import ROUND, select
from tests.workbooks import bring, dump, home, write_csv

HEADER = [*workbooks.HEADER, "联系电话", "重点标签"]


@pytest.fixture
def register(tmp_path: Path):
    """Return a register with three households of 孟溪村 (HP3 in the second group) in round 1."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    assert bring(db, scope, roster(tmp_path), round=ROUND).stored
    return db, scope


def roster(folder: Path, *more: list[object], name: str = "a.csv", **said: str) -> Path:
    """Write the file of the fixture, with some facts of HP1 said otherwise, and more rows."""
    facts = {"人口": "3", "备注": "", "村民组": "一组", "联系电话": "13800000001"} | said
    tail = [facts.pop("联系电话"), "低保"]
    # A note beside a visit is the visit's, so HP1 has none.
    first = home("HP1", 走访状态="", 走访日期="", **facts)
    rows = [[*first, *tail], [*home("HP2"), "", ""], [*home("HP3", 村民组="二组"), "", ""], *more]
    return write_csv(folder / name, rows, header=HEADER)


def row_of(register, code: str = "HP1") -> dict[str, object]:
    """Return a household's row."""
    with register[0].read() as connection:
        found = connection.exec_driver_sql("SELECT * FROM household WHERE code = ?", (code,)).mappings().one()
        return dict(found)


def edit(register, **changes: object) -> None:
    """Change facts of HP1 as a person does."""
    row = row_of(register)
    edit_household(*register, household_id=row["id"], rev=row["rev"], changes=changes)


def conflicts(report) -> list[tuple[object, ...]]:
    """Return (row, code, field, ours, theirs, taken) of every conflict."""
    found = [one for one in report.proposals if one.kind == "conflict"]
    assert all(one.who == "planner" and one.when for one in found)
    assert report.changes["conflicts"] == len(found)
    return [(one.row, one.code, one.field, one.before, one.after, one.taken) for one in found]


@pytest.mark.parametrize(
    ("head", "number", "listed"),
    [("李测他", "522201190003030020", 1), ("李测他", "522201190002020015", 0), ("王测一", "522201190003030020", 0)],
)
def test_another_head_under_a_known_key_is_listed(tmp_path: Path, head: str, number: str, listed: int):
    """Another name with another ID number may be another household: taken, but said; one of the two alone is a mending."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    first = write_csv(tmp_path / "a.csv", [home("HP1", 户主="王测一", 身份证号="522201190002020015")])
    assert not bring(db, scope, first).codes
    later = write_csv(tmp_path / "b.csv", [home("HP1", 户主=head, 身份证号=number)])
    report = bring(db, scope, later)
    found = [(one.row, one.field, one.value) for one in report.findings if one.code == "W_HEAD_CHANGED"]
    assert (report.stored, found) == (True, [(1, "户主", f"王测一 → {head}")] * listed)
    assert row_of((db, scope))["head_name"] == head
    assert "W_HEAD_CHANGED" not in bring(db, scope, later).codes


@pytest.mark.parametrize("same", [True, False], ids=["the same file", "another file"])
def test_what_people_changed_since_is_kept_and_listed(register, tmp_path: Path, *, same: bool):
    """The very same file, or another one with the old values, changes nothing; each fact is listed with both values."""
    edit(register, phone="13900000009", size=5, household_class="lifted", note="门前有井")
    before = dump(register[0])
    report = bring(*register, roster(tmp_path) if same else roster(tmp_path, name="b.csv", 备注="住坡上"))
    listed = [(1, "HP1", "联系电话", "13900000009", "13800000001", False), (1, "HP1", "人口", "5", "3", False)]
    assert conflicts(report) == (listed if same else [*listed, (1, "HP1", "备注", "门前有井", "住坡上", False)])
    assert (report.stored, report.changed) == (False, False)
    assert dump(register[0]) == before


def test_a_chosen_conflict_takes_the_files_value(register, tmp_path: Path):
    """By kind, by row or by household the file's value is taken; from then on files change the fact again."""
    edit(register, phone="13900000009")
    for chosen, taken in (("conflict:2", False), ("conflict:HP1", True)):
        report = bring(*register, roster(tmp_path), apply=frozenset({chosen}))
        assert (conflicts(report)[0][-1], report.stored) == (taken, taken)
    assert row_of(register)["phone"] == "13800000001"
    report = bring(*register, roster(tmp_path, name="c.csv", 联系电话="13700000007"))
    assert (conflicts(report), row_of(register)["phone"]) == ([], "13700000007")


def test_other_facts_of_an_edited_household_still_change(register, tmp_path: Path):
    """Only the fact that was edited is held: a file that writes another fact first does not open it either."""
    edit(register, phone="13900000009")
    report = bring(*register, roster(tmp_path, name="b.csv", 人口="4"))
    assert ([one[2] for one in conflicts(report)], row_of(register)["size"]) == (["联系电话"], 4)
    report = bring(*register, roster(tmp_path, name="c.csv", 人口="4", 联系电话="13800000001", 户主="王改"))
    assert [one[2] for one in conflicts(report)] == ["联系电话"]
    assert (row_of(register)["head_name"], row_of(register)["phone"]) == ("王改", "13900000009")


def test_what_people_emptied_stays_empty_and_blanks_erase_nothing(register, tmp_path: Path):
    """A number taken out by hand is not filled again; a blank cell of a file is no value."""
    edit(register, phone="")
    report = bring(*register, roster(tmp_path, name="b.csv", 人口=""))
    assert conflicts(report) == [(1, "HP1", "联系电话", "", "13800000001", False)]
    assert (row_of(register)["phone"], row_of(register)["size"]) == ("", 3)


def test_an_undone_choice_is_a_conflict_again(register, tmp_path: Path):
    """After the undo the person's value stands, and the file's is listed as before."""
    edit(register, phone="13900000009")
    bring(*register, roster(tmp_path), apply=frozenset({"conflict"}))
    undo_last(*register)
    assert row_of(register)["phone"] == "13900000009"
    assert [one[2] for one in conflicts(bring(*register, roster(tmp_path)))] == ["联系电话"]


def test_points_groups_and_tags_are_facts_as_well(register, tmp_path: Path):
    """A point set on the map, a group chosen by hand and a tag ended by hand stay until the file's is chosen."""
    row = row_of(register)
    rev = set_point(*register, household_id=row["id"], rev=row["rev"], lon=109.2, lat=27.7)
    move_household(*register, household_id=row["id"], rev=rev, place_id=row_of(register, "HP3")["place"])
    set_tags(*register, household_id=row["id"], kinds=["disabled"])
    moved = row_of(register)
    path = roster(tmp_path)
    report = bring(*register, path)
    fields = {one[2]: one[3:5] for one in conflicts(report)}
    assert fields["村民组"] == ("二组", "一组")
    assert fields["经度"][0] == "109.2, 27.7"
    assert fields["重点标签"] == ("", "低保")
    assert (set(fields), report.changed, row_of(register)) == ({"村民组", "经度", "重点标签"}, False, moved)
    assert bring(*register, path, apply=frozenset({"conflict"})).stored
    after = row_of(register)
    assert (after["place"], after["lon"], after["coord_source"]) == (row["place"], row["lon"], "import")
    held = select(register[0], "SELECT kind FROM household_tag WHERE until IS NULL ORDER BY kind")
    assert held == [("dibao",), ("disabled",)]


def test_a_household_entered_by_hand_is_filled_but_not_overwritten(register, tmp_path: Path):
    """What a person typed for a new household is newer than a file that names it later; what is blank is filled."""
    place = row_of(register)["place"]
    add_household(*register, new=NewHousehold("h9", "HP9", place, "王九", size=2))
    more = [*home("HP9", 户主="王玖", 人口="4", 走访状态="", 走访日期=""), "13600000006", ""]
    report = bring(*register, roster(tmp_path, more, name="b.csv"))
    assert conflicts(report) == [
        (4, "HP9", "户主", "王九", "王玖", False), (4, "HP9", "人口", "2", "4", False),
    ]  # fmt: skip
    after = row_of(register, "HP9")
    assert (after["head_name"], after["size"], after["phone"], after["coord_source"]) == (
        "王九", 2, "13600000006", "import",
    )  # fmt: skip


def test_an_earlier_file_does_not_overwrite_a_later_one(register, tmp_path: Path):
    """The same file after another one changes nothing; of ID numbers only the ends are listed."""
    numbers = [number for last in "0123456789X" if check_id_number(number := f"52220119800101001{last}")]
    numbers += [number for last in "0123456789X" if check_id_number(number := f"52220119800101003{last}")]
    first, second = (roster(tmp_path, name=f"{nth}.csv", 身份证号=number) for nth, number in enumerate(numbers))
    assert bring(*register, first).changes["households_changed"] == 1
    assert bring(*register, second).changes["households_changed"] == 1
    before = dump(register[0])
    report = bring(*register, first)
    listed = [(one[2], one[3], one[4]) for one in conflicts(report)]
    assert listed == [("身份证号", f"…{numbers[1][-4:]}", f"…{numbers[0][-4:]}")]
    assert (report.changed, dump(register[0])) == (False, before)
    assert not any(number in str(report.proposals) for number in numbers)

"""A newer list of units in a database: units go on or get successors, history stays, everything can be taken back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import shapely

from geo.cli import main
from geo.errors import Conflict, Invalid, NotAllowed
from geo.importer import import_file, undo_last
from geo.importer.succession import load_newer
from geo.model import IssueEntry, Scope
from geo.store.assignments import add_person, list_assignees
from geo.store.check import check_database
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.editions import open_book
from geo.store.issues import raise_issue
from geo.store.land import read_areas
from geo.store.places import list_below, list_children, search
from geo.store.reads import read_children, read_figures
from geo.store.rounds import RoundPlan, create_round
from tests import maps, workbooks
from tests.maps import group, square

LOGS = ("import_batch", "import_row", "audit_log", "setting")
#: Where the households of the register live in 2019: 桂花塘 moves and its code goes on to 两板桥, which is recoded.
HOMES = [
    ("环北街道", "桂花塘社区", "", "GH1"), ("环北街道", "两板桥社区", "", "LB1"), ("滑石乡", "三寨村", "一组", "SZ1"),
    ("滑石乡", "三寨村", "二组", "SZ2"), ("和平乡", "孟溪村", "一组", "MX1"),
]  # fmt: skip
Register = tuple[Database, Scope]


def id_of(code: str, edition: str = "2019-10-31") -> str:
    """Return the place id of a listed unit."""
    return f"u{edition}-{code}"


def bring(register: Register, folder: Path, homes: list[tuple[str, ...]], **options: object) -> None:
    """Import households (township, village, group, code), each effective on 2019-11-01."""
    rows = [
        workbooks.home(code, 乡镇=township, 村=village, 村民组=group, 经度=109.15 + nth / 1000)
        for nth, (township, village, group, code) in enumerate(homes)
    ]
    path = workbooks.write_csv(folder / f"{homes[0][3]}.csv", rows)
    assert workbooks.bring(*register, path, **options).stored


@pytest.fixture
def register(tmp_path: Path):
    """Give a register of the edition 2019 with a closed round of five households, an outline, a team and two issues."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", edition="2019-10-31")
    create_round(db, scope, plan=RoundPlan("第1轮", date(2019, 10, 1), date(2019, 11, 15), scope.area), baseline=[])
    bring((db, scope), tmp_path, HOMES, round="1")
    outline = maps.write_geojson(tmp_path / "o.geojson", [group("一组", square(), village="三寨村")])
    assert import_file(db, scope, outline).stored
    add_person(db, scope, name="王测", place_id=id_of("520602201205"))
    first = list_children(db, scope, place_id=id_of("520602201205"))[0].id
    for nth, where in enumerate((first, id_of("520602202203"))):
        entry = IssueEntry(f"i{nth}", where, "group" if nth == 0 else "village", "INF_R", "路", date(2019, 11, 2))
        raise_issue(db, scope, entry=entry)
    yield db, scope
    db.close()


def load(register: Register, to: str = "2020-06-30", *, drawn: dict[str, str] | None = None, **options: object):
    """Load an edition."""
    return load_newer(*register, book=open_book(drawn=drawn), to=to, **options)


def where(register: Register) -> dict[str, tuple[str, str]]:
    """Return household code → (code of its village, name of its place) as it is registered today."""
    with register[0].read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT h.code, v.code, p.name FROM household h JOIN place v ON v.id = h.village JOIN place p ON p.id = h.place"
        ).all()
    return {code: (village, place) for code, village, place in rows}


def figures(register: Register, level: str) -> dict[str, tuple[int, int]]:
    """Return place id → (effective, roster) of round 1, for units with a roster."""
    found = read_children(*register, round_id="1", place_id=register[1].area, level=level)
    return {one.place.id: (one.counts.effective, one.counts.roster) for one in found if one.counts.roster}


def test_units_move_and_history_stays(register):
    """Households go to the successors, groups with them; the old round's figures are those of the old units, unchanged."""
    levels = ("district", "township", "village", "group")
    before = {level: figures(register, level) for level in levels}
    report = load(register)
    assert (report.outcome, report.stored, report.edition) == ("accept", True, "2019-10-31")
    assert where(register) == {
        "GH1": ("520602007005", "桂花塘社区"), "LB1": ("520602002002", "两板桥社区"), "SZ1": ("520602009200", "一组"),
        "SZ2": ("520602009200", "二组"), "MX1": ("520602202203", "一组"),
    }  # fmt: skip
    assert {level: figures(register, level) for level in levels} == before
    assert before["village"][id_of("520602201205")] == (2, 2)
    assert check_database(*register) == []
    assert register[0].setting("edition") == "2020-06-30"


def test_what_is_reported(register):
    """Every unit that changed is listed with how, its households and groups; new units and codes of another meaning too."""
    report = load(register, dry_run=True)
    assert (report.stored, report.changed) == (False, True)
    assert report.counts == {"same": 79, "ask": 1, "moved": 20, "recoded": 7, "new": 5}
    by_code = {one.code: one for one in report.changes}
    assert (by_code["520602201205"].how, by_code["520602201205"].households, by_code["520602201205"].groups) == (
        "moved",
        2,
        2,
    )
    assert (by_code["520602001"].how, by_code["520602001"].candidates) == ("ask", (("520602007", "锦江街道"),))
    assert ("520602002002", "桂花塘社区", "两板桥社区") in report.reused
    assert report.moved == {"units": 32, "groups": 2, "households": 4, "issues": 1, "teams": 1}
    assert where(register)["GH1"] == ("520602002002", "桂花塘社区")


def test_nothing_is_left_of_a_trial_and_undo_is_exact(register):
    """A dry run stores nothing; taken back, every row of every table is as it was, the edition too."""
    before = workbooks.dump(register[0], without=LOGS)
    load(register, dry_run=True)
    assert workbooks.dump(register[0], without=LOGS) == before
    load(register)
    assert workbooks.dump(register[0], without=LOGS) != before
    undo_last(*register)
    assert workbooks.dump(register[0], without=LOGS) == before
    assert register[0].setting("edition") == "2019-10-31"
    assert load(register, "2023-06-30").stored


def test_the_same_edition_again_changes_nothing(register):
    """Loaded twice, the second time says that there is nothing to do."""
    load(register)
    again = load(register)
    assert (again.outcome, again.stored, again.changed) == ("accept", False, False)
    assert "没有任何改动" in again.message


def test_outlines_issues_and_teams_go_along(register):
    """A unit that goes on alone keeps its outline; open issues and who works there are found under the new unit."""
    load(register)
    new = id_of("520602009200", "2020-06-30")
    groups = {one.name: one.id for one in list_children(*register, place_id=new)}
    with register[0].read() as connection:
        outline = connection.exec_driver_sql("SELECT boundary FROM place WHERE id = ?", (groups["一组"],)).scalar_one()
        issues = {row.id: row.place for row in connection.exec_driver_sql("SELECT id, place FROM issue")}
    assert shapely.from_wkb(outline).equals(square())
    assert issues == {"i0": groups["一组"], "i1": id_of("520602202203")}
    for place in (new, id_of("520602201205")):
        assert "王测" in {one["name"] for one in list_assignees(*register, place_id=place)}


def test_the_next_round_stands_on_the_new_units(register):
    """A round made after has its roster under the new units; closed ones are in no list of today."""
    load(register)
    create_round(*register, plan=RoundPlan("第2轮", date(2019, 11, 16), date(2019, 12, 31), register[1].area))
    second = read_figures(*register, round_id="2", place_id=id_of("520602009200", "2020-06-30"))
    assert second.counts.roster == 2
    villages = {
        one.place.name for one in read_children(*register, round_id="2", place_id=register[1].area, level="village")
    }
    assert len(villages) == 96
    names = [one.code for one in list_below(*register, place_id=register[1].area, level="village")]
    assert (len(names), len(set(names))) == (96, 96)
    assert len(list_below(*register, place_id=register[1].area, level="village", with_closed=True)) == 96 + 27
    assert [hit["place"] for hit in search(*register, words="三寨村")][:2] == [
        id_of("520602009200", "2020-06-30"), id_of("520602201205"),
    ]  # fmt: skip
    assert check_database(*register) == []


def test_the_map_of_an_old_round_has_its_old_units(register):
    """Under the old round the old unit has land, today the new one; each looks back at both."""
    load(register)
    old, new = id_of("520602201205"), id_of("520602009200", "2020-06-30")
    then = {"level": "village", "round_id": round_id(register)}
    assert set(read_areas(*register, place_id=old, **then).shapes) == {old}
    assert not read_areas(*register, place_id=new, **then).shapes
    assert set(read_areas(*register, place_id=new, level="village").shapes) == {new}


def round_id(register: Register) -> str:
    """Return the id of round 1."""
    with register[0].read() as connection:
        return str(connection.exec_driver_sql("SELECT id FROM round WHERE number = 1").scalar_one())


def test_a_successor_has_to_be_drawn(register, tmp_path):
    """和平社区 ends in 2023 and has a household: asked; drawn to 和平村 it goes there."""
    bring(register, tmp_path, [("和平乡", "和平社区", "一组", "HP1")])
    report = load(register, "2023-06-30")
    assert (report.outcome, report.stored, [one.code for one in report.asks]) == ("ask", False, ["520602202001"])
    drawn = {"520602202001": "520602202209"}
    assert load(register, "2023-06-30", drawn=drawn).stored
    assert where(register)["HP1"] == ("520602202209", "一组")
    assert where(register)["SZ1"] == ("520602009200", "一组")


def test_units_that_merge(register, tmp_path):
    """Two villages drawn into one: groups of one name stay apart, households of one code keep the edition out."""
    bring(
        register,
        tmp_path,
        [
            ("和平乡", "和平社区", "一组", "HP1"),
            ("滑石乡", "滑石社区", "一组", "HS1"),
            ("漾头镇", "花园社区", "", "HY1"),
        ],
    )
    drawn = {"520602202001": "520602202203", "520602201001": "520602202203", "520602103001": "520602202203"}
    before = workbooks.dump(register[0], without=LOGS)
    report = load(register, "2023-06-30", drawn=drawn)
    assert {one.name: one.how for one in report.changes if one.code in drawn} == {
        "和平社区": "merged", "滑石社区": "merged", "花园社区": "merged",
    }  # fmt: skip
    found = where(register)
    assert {code: found[code] for code in ("MX1", "HP1", "HS1", "HY1")} == {
        "MX1": ("520602202203", "一组"), "HP1": ("520602202203", "和平社区一组"), "HS1": ("520602202203", "滑石社区一组"),
        "HY1": ("520602202203", "孟溪村"),
    }  # fmt: skip
    undo_last(*register)
    assert workbooks.dump(register[0], without=LOGS) == before
    bring(register, tmp_path, [("滑石乡", "滑石社区", "二组", "MX1")])
    clash = load(register, "2023-06-30", drawn=drawn)
    assert (clash.outcome, clash.stored, clash.clashes) == ("ask", False, (("MX1", "孟溪村", "滑石社区"),))


def test_what_cannot_be_loaded(register, tmp_path):
    """Older editions, other districts, lists without a day, other people and demo data are refused."""
    with pytest.raises(Invalid):
        load(register, "2018-10-31")
    with pytest.raises(NotAllowed):
        load_newer(register[0], Scope("l", "leader", register[1].area), book=open_book(), to="2023-06-30")
    with pytest.raises(NotAllowed):
        load_newer(register[0], Scope("p", "planner", id_of("520602202")), book=open_book(), to="2023-06-30")
    rows = "code,name,township_code,township\n530102001001,远村,530102001,远镇\n"
    for name, error in (("a_2030-01-01.csv", "units.other_district"), ("a_2031.csv", "units.needs_day")):
        (tmp_path / name).write_text(rows, encoding="utf-8")
        book = open_book([tmp_path / name])
        with pytest.raises(Invalid) as refused:
            load_newer(*register, book=book, to=book.days()[-1])
        assert refused.value.key == error
    demo = create_database(tmp_path / "d.sqlite", kind="demo", edition="2019-10-31")
    with pytest.raises(Invalid):
        load_newer(demo, register[1], book=open_book(), to="2023-06-30")
    demo.close()


def test_undo_waits_for_later_acts(register):
    """Once a round stands on the new units, the edition can no longer be taken back."""
    load(register)
    create_round(*register, plan=RoundPlan("第2轮", date(2019, 11, 16), date(2019, 12, 31), register[1].area))
    with pytest.raises(Conflict):
        undo_last(*register)


def test_the_command_line(tmp_path, capsys):
    """`units --load` says what changes, asks with exit code 4, loads with drawn successors, and `undo` takes it back."""
    db = tmp_path / "c.sqlite"
    rows = [workbooks.home("HP1", 村="和平社区")]
    path = workbooks.write_csv(tmp_path / "a.csv", rows)
    assert main(["import", str(path), "--db", str(db), "--edition", "2019"]) == 0
    capsys.readouterr()
    assert main(["units", "--load", "2023", "--db", str(db), "--json"]) == 4
    answer = json.loads(capsys.readouterr().out)
    (asked,) = [one for one in answer["changes"] if one["how"] == "ask" and one["households"]]
    assert (asked["name"], asked["candidates"]) == ("和平社区", [{"code": "520602202209", "name": "和平村"}])
    drawn = tmp_path / "drawn.csv"
    drawn.write_text("code,name,successor_code\n520602202001,和平社区,520602202209\n", encoding="utf-8")
    line = ["units", "--load", "2023-06-30", "--db", str(db), "--successors", str(drawn)]
    assert main([*line, "--dry-run"]) == 0
    assert "还没有写入" in capsys.readouterr().out
    assert main(line) == 0
    assert "和平社区 → 520602202209 和平村" in capsys.readouterr().out
    assert main(["coverage", "--db", str(db), "--place", "520602002002"]) == 1
    assert main(["undo", "--db", str(db), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "units_2023-06-30.csv"

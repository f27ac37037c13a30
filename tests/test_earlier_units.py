"""A file of an earlier list, read after a newer one was loaded: its units mean those that go on in their place."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from geo.cli import main
from geo.cli.units import read_drawn
from geo.importer import undo_last
from geo.importer.succession import load_newer
from geo.model import Scope
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.editions import open_book
from geo.store.rounds import RoundPlan, create_round
from tests import maps, workbooks
from tests.maps import group, square

LOGS = ("import_batch", "audit_log", "import_row")
#: Two communities that a person merges into 三寨村; 桂花塘 moves, and its code goes on to 两板桥.
HOMES = (
    ("环北街道", "桂花塘社区", "", "GH1"), ("环北街道", "两板桥社区", "", "LB1"), ("滑石乡", "三寨村", "一组", "SZ1"),
    ("滑石乡", "三寨村", "二组", "SZ2"), ("和平乡", "孟溪村", "一组", "MX1"),
)  # fmt: skip
CODES = {"桂花塘社区": "520602002002", "两板桥社区": "520602002003", "三寨村": "520602201205", "孟溪村": "520602202203"}


def rows(homes=HOMES, **more: object) -> list[list[object]]:
    """Return one row a household."""
    return [
        workbooks.home(code, 乡镇=township, 村=village, 村民组=group_, 经度=109.15 + nth / 1000, **more)
        for nth, (township, village, group_, code) in enumerate(homes)
    ]


@pytest.fixture
def register(tmp_path: Path):
    """Give an empty register of 2019 with a round."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", edition="2019-10-31")
    create_round(db, scope, plan=RoundPlan("第1轮", date(2019, 10, 1), date(2019, 11, 15), scope.area), baseline=[])
    yield db, scope
    db.close()


def load(register: tuple[Database, Scope], to: str = "2020-06-30", **drawn: str) -> None:
    """Load a newer list; `drawn` are successors (u<code>=code)."""
    book = open_book(drawn={old[1:]: new for old, new in drawn.items()})
    assert load_newer(*register, book=book, to=to).stored


def test_the_workbook_of_before_changes_nothing_and_says_whom_it_followed(register, tmp_path):
    """The very file stored under 2019, again under 2020: its four moved villages are followed, 0 changes, all named."""
    path = workbooks.write_csv(tmp_path / "a.csv", rows())
    assert workbooks.bring(*register, path, round="1").stored
    load(register)
    before = workbooks.dump(register[0], without=LOGS)
    report = workbooks.bring(*register, path, round="1")
    assert (report.outcome, report.changed, report.stored, report.questions) == ("accept", False, False, ())
    assert workbooks.dump(register[0], without=LOGS) == before
    followed = {(one.name, one.successor_code, one.rows) for one in report.followed}
    assert followed == {
        ("桂花塘社区", "520602007005", 1), ("两板桥社区", "520602002002", 1), ("三寨村", "520602009200", 2),
    }  # fmt: skip
    assert [one["code"] for one in report.as_dict()["followed"]] == sorted(CODES[one[0]] for one in followed)


@pytest.mark.parametrize("same_file", [True, False])
def test_codes_that_mean_another_village_today(register, tmp_path, same_file):
    """A file of codes alone: the same file is read in its own list; another one with names, too, where they disagree."""
    header = [*workbooks.HEADER, "村代码"]
    coded = [[*row, CODES[home[1]]] for row, home in zip(rows(), HOMES, strict=True)]
    if same_file:
        header, coded = header[2:], [row[2:] for row in coded]
    path = workbooks.write_csv(tmp_path / "a.csv", coded, header=header)
    assert workbooks.bring(*register, path, round="1").stored
    load(register)
    if not same_file:
        path.write_text(path.read_text(encoding="utf-8-sig") + "\n", encoding="utf-8")
    report = workbooks.bring(*register, path, round="1")
    assert (report.outcome, report.changed, report.questions) == ("accept", False, ())
    assert {one.successor_name for one in report.followed} == {"桂花塘社区", "两板桥社区", "三寨村"}


def test_groups_of_one_name_in_merged_villages_are_kept_apart(register, tmp_path):
    """三寨村 and 铜兴村 become one by hand, both with 一组: each row finds its own group again, and nothing is proposed."""
    homes = [
        ("滑石乡", "三寨村", "一组", "SZ1"),
        ("滑石乡", "老麻塘村", "一组", "LM1"),
        ("滑石乡", "老麻塘村", "二组", "LM2"),
    ]
    path = workbooks.write_csv(tmp_path / "a.csv", rows(homes))
    assert workbooks.bring(*register, path, round="1").stored
    with register[0].read() as connection:
        code = connection.exec_driver_sql("SELECT code FROM place WHERE name = '老麻塘村'").scalar_one()
    # 老麻塘村 is in no newer list of this book: a person says where it went.
    book = open_book()
    target = book.edition("2020-06-30").units
    target.pop(next(one for one, unit in target.items() if unit.name == "老麻塘村"))
    for day in ("2021-10-31", "2022-10-31", "2023-06-30"):
        book.edition(day).units.clear()
    book.drawn = {code: "520602009200"}
    assert load_newer(*register, book=book, to="2020-06-30").stored
    before = workbooks.dump(register[0], without=LOGS)
    for _ in range(2):
        report = workbooks.bring(*register, path, round="1")
        assert (report.outcome, report.changed, report.proposals) == ("accept", False, ())
        assert workbooks.dump(register[0], without=LOGS) == before
        path.write_text(path.read_text(encoding="utf-8-sig") + "\n", encoding="utf-8")
    with register[0].read() as connection:
        homes = connection.exec_driver_sql(
            "SELECT h.code, p.name FROM household h JOIN place p ON p.id = h.place"
        ).all()
    assert len({name for _, name in homes}) == 3


def list_homes(register: tuple[Database, Scope]) -> list[tuple[str, str, str, int]]:
    """Return code, village, place and whether the place is the village's of every household."""
    with register[0].read() as connection:
        found = connection.exec_driver_sql(
            "SELECT h.code, v.name, p.name, p.parent = v.id FROM household h JOIN place v ON v.id = h.village"
            " JOIN place p ON p.id = h.place ORDER BY h.code"
        ).all()
    return [tuple(one) for one in found]


def split_file(folder: Path, *lines: str) -> Path:
    """Write successors with a column for groups."""
    path = folder / "drawn.csv"
    path.write_text("\n".join(["code,group,successor_code", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("village", ["三寨村", "孟溪村"])
def test_a_village_is_split_group_by_group(register, tmp_path, capsys, village):
    """二组 goes to another village than the rest, whether the old one was closed or goes on; history stays; undo undoes."""
    township = "滑石乡" if village == "三寨村" else "和平乡"
    homes = [
        (township, village, "一组", "A1"), (township, village, "二组", "A2"), (township, village, "二组", "A3"),
        ("和平乡", "龙鱼村", "二组", "B1"),
    ]  # fmt: skip
    path = workbooks.write_csv(tmp_path / "a.csv", rows(homes))
    assert workbooks.bring(*register, path, round="1").stored
    old = workbooks.dump(register[0])
    with register[0].read() as connection:
        codes = dict(connection.exec_driver_sql("SELECT name, code FROM place WHERE level = 'village'").all())
    drawn = split_file(tmp_path, f"{codes[village]},2组,{codes['龙鱼村']}")
    command = ["units", "--load", "2020-06-30", "--db", str(register[0].path), "--successors", str(drawn)]
    assert main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(one["group"], one["successor_name"], one["households"]) for one in report["parts"]] == [
        ("二组", "龙鱼村", 2)
    ]
    where = list_homes(register)
    assert where == [
        ("A1", village, "一组", 1), ("A2", "龙鱼村", f"{village}二组", 1), ("A3", "龙鱼村", f"{village}二组", 1),
        ("B1", "龙鱼村", "二组", 1),
    ]  # fmt: skip
    assert check_database(*register) == []
    before = workbooks.dump(register[0], without=LOGS)
    for _ in range(2):
        again = workbooks.bring(*register, path, round="1")
        assert (again.outcome, again.changed, again.proposals) == ("accept", False, ())
        assert ("龙鱼村", 2) in {(one.successor_name, one.rows) for one in again.followed}
        assert workbooks.dump(register[0], without=LOGS) == before
        path.write_text(path.read_text(encoding="utf-8-sig") + "\n", encoding="utf-8")
    undo_last(*register)
    # Land is drawn from the rest, and anew once that has changed.
    logs = (*LOGS, "setting", "land_sheet")
    assert {name: rows_ for name, rows_ in workbooks.dump(register[0]).items() if name not in logs} == {
        name: rows_ for name, rows_ in old.items() if name not in logs
    }


def test_a_village_that_the_lists_lose_is_split(register, tmp_path):
    """A community of no later list: one group is drawn apart, the rest stays asked about until it is drawn, too."""
    with register[0].read() as connection:
        village = connection.exec_driver_sql(
            "SELECT v.name, v.code FROM place v JOIN place t ON t.id = v.parent WHERE t.code = '520602001' ORDER BY v.code"
        ).first()
    homes = [("市中街道", village[0], "一组", "A1"), ("市中街道", village[0], "二组", "A2")]
    assert workbooks.bring(*register, workbooks.write_csv(tmp_path / "a.csv", rows(homes)), round="1").stored
    book = open_book(parts={(village[1], "一组"): "520602202203"})
    known = book.edition("2020-06-30").units
    known.pop(next(code for code, unit in known.items() if unit.name == village[0]))
    asked = load_newer(*register, book=book, to="2020-06-30")
    assert (asked.outcome, [(one.code, one.households) for one in asked.asks]) == ("ask", [(village[1], 1)])
    book.parts = {(village[1], name): "520602202203" for name in ("一组", "二组")}
    assert [one.code for one in load_newer(*register, book=book, to="2020-06-30").asks] == [village[1]]
    book.parts = {(village[1], "一组"): "520602202203"}
    book.drawn = {village[1]: "520602202204"}
    assert load_newer(*register, book=book, to="2020-06-30").stored
    with register[0].read() as connection:
        found = connection.exec_driver_sql(
            "SELECT h.code, v.code FROM household h JOIN place v ON v.id = h.village ORDER BY h.code"
        ).all()
    assert [tuple(one) for one in found] == [("A1", "520602202203"), ("A2", "520602202204")]
    assert check_database(*register) == []


def test_groups_that_go_where_their_village_goes_are_no_split(register, tmp_path, capsys):
    """Rows of groups that say what the lists say, and groups of a village drawn to the same unit, split nothing."""
    assert workbooks.bring(*register, workbooks.write_csv(tmp_path / "a.csv", rows()), round="1").stored
    path = split_file(tmp_path, "520602201205,一组,520602009200", "520602201205,九组,520602009200",
                      "520602202203,,520602202203", "520602202203,一组,520602202203")  # fmt: skip
    assert read_drawn(path)[1] == {("520602201205", "一组"): "520602009200", ("520602201205", "九组"): "520602009200"}
    command = ["units", "--load", "2020-06-30", "--db", str(register[0].path), "--successors", str(path), "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["parts"] == []


def test_a_group_that_is_not_there_is_an_error(register, tmp_path, capsys):
    """A successor for a group that the village does not have: named, nothing is loaded."""
    assert workbooks.bring(*register, workbooks.write_csv(tmp_path / "a.csv", rows()), round="1").stored
    drawn = split_file(tmp_path, "520602201205,九组,520602202203")
    command = ["units", "--load", "2020-06-30", "--db", str(register[0].path), "--successors", str(drawn)]
    assert main(command) == 1
    assert "九组" in capsys.readouterr().err
    assert register[0].setting("edition") == "2019-10-31"


def test_several_lists_later(register, tmp_path):
    """A file of 2019 is followed through 2020 and 2021 to 2023."""
    path = workbooks.write_csv(tmp_path / "a.csv", rows())
    assert workbooks.bring(*register, path, round="1").stored
    for to in ("2020-06-30", "2021-10-31", "2023-06-30"):
        load(register, to)
        report = workbooks.bring(*register, path, round="1")
        assert (report.outcome, report.changed) == ("accept", False)


def test_a_new_household_of_an_old_name_enters_under_the_successor(register, tmp_path):
    """Rows that come later under the old names are additions in the villages of today, and still said to be followed."""
    assert workbooks.bring(*register, workbooks.write_csv(tmp_path / "a.csv", rows()), round="1").stored
    load(register)
    more = [*HOMES, ("滑石乡", "三寨村", "二组", "SZ3"), ("滑石乡", "三寨村", "九组", "SZ4")]
    report = workbooks.bring(*register, workbooks.write_csv(tmp_path / "b.csv", rows(more)), round="1")
    assert (report.stored, report.changes["households_new"], report.changes["groups_new"]) == (True, 2, 1)
    with register[0].read() as connection:
        found = connection.exec_driver_sql(
            "SELECT h.code, p.name, v.code FROM household h JOIN place p ON p.id = h.place JOIN place v ON v.id = h.village"
            " WHERE h.code IN ('SZ2', 'SZ3', 'SZ4') ORDER BY h.code"
        ).all()
    assert [tuple(one) for one in found] == [
        ("SZ2", "二组", "520602009200"), ("SZ3", "二组", "520602009200"), ("SZ4", "九组", "520602009200"),
    ]  # fmt: skip


def test_the_village_of_a_file_name_is_followed(register, tmp_path):
    """A file without a village column, named after a village that moved, goes to where it moved."""
    path = tmp_path / "滑石乡三寨村.csv"
    kept = [nth for nth, name in enumerate(workbooks.HEADER) if name not in ("乡镇", "村")]
    only = [row for row in rows() if row[1] == "三寨村"]
    workbooks.write_csv(
        path, [[row[nth] for nth in kept] for row in only], header=[workbooks.HEADER[nth] for nth in kept]
    )
    assert workbooks.bring(*register, path, round="1").stored
    load(register)
    report = workbooks.bring(*register, path, round="1")
    assert (report.outcome, report.changed, report.unit_from) == ("accept", False, "file")
    assert [(one.successor_code, one.rows) for one in report.followed] == [("520602009200", 2)]


def test_a_map_file_of_before_draws_the_successor(register, tmp_path):
    """Outlines of groups of 2019 are those of the same groups of today: 0 changes; a village's, too."""
    assert workbooks.bring(*register, workbooks.write_csv(tmp_path / "a.csv", rows()), round="1").stored
    path = maps.write_geojson(tmp_path / "o.geojson", [group("一组", square(), village="三寨村")])
    assert workbooks.bring(*register, path).stored
    load(register)
    report = workbooks.bring(*register, path)
    assert (report.changed, [one.successor_code for one in report.followed]) == (False, ["520602009200"])


def test_a_unit_without_a_successor_is_still_asked_about(register, tmp_path):
    """A village that nobody goes on for is a question, as before."""
    assert workbooks.bring(*register, workbooks.write_csv(tmp_path / "a.csv", rows()), round="1").stored
    load(register)
    unknown = workbooks.write_csv(tmp_path / "b.csv", rows([("滑石乡", "无名村", "一组", "X1")]))
    assert workbooks.bring(*register, unknown, round="1").outcome == "ask"


def test_the_command_line_says_whom_it_followed(register, tmp_path, capsys):
    """`import` prints one line a unit that was followed, and JSON lists them."""
    path = workbooks.write_csv(tmp_path / "a.csv", rows())
    assert workbooks.bring(*register, path, round="1").stored
    load(register)
    command = ["import", str(path), "--round", "1", "--db", str(register[0].path)]
    assert main(command) == 0
    assert "520602201205 三寨村（2 行）已按后续单位 520602009200 三寨村 对应" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["followed"]) == 3


@pytest.mark.parametrize(
    ("successor", "said"),
    [("520602999999", "520602999999"), ("520602009", "不是同一级"), ("520602007009,520602007005", "")],
)
def test_a_successor_that_cannot_be_is_an_error_and_nothing_is_loaded(register, tmp_path, capsys, successor, said):
    """A code that the newer list does not have, one of another level, or two for one unit: named, nothing is done."""
    drawn = tmp_path / "drawn.csv"
    with drawn.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "successor_code"])
        writer.writerows([["520602002002", one] for one in successor.split(",")])
    before = workbooks.dump(register[0])
    for command in (
        ["--load", "2020-06-30", "--db", str(register[0].path)],
        ["--edition", "2019", "--to", "2020"],
        ["--edition", "2019", "--to", "2020", "--codes", str(drawn)],
    ):
        assert main(["units", *command, "--successors", str(drawn)]) == 1
        out, err = capsys.readouterr()
        assert (out, len(err.strip().splitlines())) == ("", 1)
        assert said in err
        assert "520602002002" in err
    assert workbooks.dump(register[0]) == before

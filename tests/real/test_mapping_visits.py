"""Chicago's food inspections through `import --mapping`, against pandas alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geo.cli import main
from geo.model import Scope
from geo.store.cells import differing_cells
from geo.store.database import Database
from geo.store.places import root_place
from geo.store.reads import read_children, read_figures, read_homes

NAME = "chicago_food_inspections_2011_2014.csv.gz"
ROUNDS = {
    1: ("2012H1", date(2012, 1, 1), date(2012, 6, 30)),
    2: ("2012H2", date(2012, 7, 1), date(2012, 12, 31)),
    3: ("2013H1", date(2013, 1, 1), date(2013, 6, 30)),
    4: ("2013H2", date(2013, 7, 1), date(2013, 12, 31)),
}


@pytest.fixture(scope="module")
def table(shared_data: Path) -> pd.DataFrame:
    """Return the file as pandas reads it."""
    found = pd.read_csv(shared_data / "visits" / NAME, dtype=str, keep_default_na=False)
    found["day"] = pd.to_datetime(found["visit_date"]).dt.date
    return found


@pytest.fixture(scope="module")
def loaded(chicago: tuple[Path, dict[str, dict]]) -> tuple[Database, Scope, dict]:
    """Return the database with both files of Chicago, and the report of this one."""
    path, reports = chicago
    db = Database(path)
    return db, Scope("tester", "planner", root_place(db).id), reports[NAME]


def inside(table: pd.DataFrame, number: int) -> pd.DataFrame:
    return table[table["day"].between(*ROUNDS[number][1:])]


def test_nothing_is_lost(loaded, table):
    """27,600 visits of 12,367 premises are stored; those outside the half-years are counted and their rows listed."""
    _, _, report = loaded
    outside = [
        nth for nth, day in enumerate(table["day"], start=1) if not date(2012, 1, 1) <= day <= date(2013, 12, 31)
    ]
    assert (report["outcome"], report["rows_total"], report["rows_ok"]) == ("accept_with_warnings", 27_600, 27_600)
    assert (report["households"], report["changes"]["visits_new"]) == (12_367, 27_600) == (12_367, len(table))
    assert (report["outside"], report["changes"]["visits_outside"]) == (outside, len(outside))
    assert [(one["number"], one["name"]) for one in report["rounds"]] == [(n, one[0]) for n, one in ROUNDS.items()]


def test_every_premise_is_in_every_baseline(loaded):
    """Each of the four rounds has all 12,367 premises in its baseline."""
    db, *_ = loaded
    with db.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT r.number, count(*), sum(x.baseline) FROM round_roster x JOIN round r ON r.id = x.round GROUP BY 1"
        ).all()
    assert [tuple(row) for row in found] == [(number, 12_367, 12_367) for number in ROUNDS]


@pytest.mark.parametrize("number", ROUNDS)
def test_coverage_of_each_round_equals_pandas(loaded, table, number):
    """Distinct premises visited ÷ 12,367, as a whole and zip by zip (a premise counts where its first row lies)."""
    db, scope, _ = loaded
    reached = inside(table, number).drop_duplicates("unit_id")
    total = read_figures(db, scope, round_id=str(number), place_id=scope.area).share("kpi.coverage")
    assert (total.numerator, total.denominator) == (len(reached), 12_367)
    homes = table.drop_duplicates("unit_id").set_index("unit_id")["zip"].replace("", "unknown")
    found = {
        one.place.name.removeprefix("ZIP "): (
            one.share("kpi.coverage").numerator,
            one.share("kpi.coverage").denominator,
        )
        for one in read_children(db, scope, round_id=str(number), place_id=scope.area, level="village")
        if one.place.name.startswith("ZIP ")
    }
    visited = reached["unit_id"].map(homes).value_counts()
    assert found == {code: (int(visited.get(code, 0)), int(due)) for code, due in homes.value_counts().items()}


def test_what_the_command_line_prints_equals_pandas(loaded, table, capsys):
    """`coverage --round 1 --json` and `gaps --round 1 --json` on the loaded file give the same counts."""
    db, *_ = loaded
    reached = inside(table, 1)["unit_id"].nunique()
    assert main(["coverage", "--db", str(db.path), "--round", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["total"]["roster"], said["total"]["effective"]) == (12_367, reached)
    assert sum(row["effective"] for row in said["rows"]) == reached
    assert main(["gaps", "--db", str(db.path), "--round", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gaps"] == 12_367 - reached


def test_the_first_attribute_of_repeated_ids_is_kept(loaded, table):
    """Name, address and zip of each premise are its first row's; every row that says otherwise is listed."""
    db, _, report = loaded
    first = table.drop_duplicates("unit_id").set_index("unit_id")
    with db.read() as connection:
        stored = connection.exec_driver_sql(
            "SELECT h.code, h.head_name, h.note, p.name FROM household h JOIN place p ON p.id = h.village"
        ).all()
    assert {row[0]: tuple(row[1:]) for row in stored} == {
        unit: (row["unit_name"].strip(), row["address"].strip(), f"ZIP {row['zip'] or 'unknown'}")
        for unit, row in first.iterrows()
    }
    differs = pd.Series(data=False, index=table.index)
    said = {name: table[name].str.strip().replace("", None) for name in ("unit_name", "address")}
    said["zip"] = table["zip"].replace("", "unknown")
    said["point"] = (table["lon"] + "," + table["lat"]).replace(",", None)
    for texts in said.values():
        differs |= texts.notna() & (texts != texts.groupby(table["unit_id"]).transform("first"))
    listed = {one["row"] for one in report["findings"] if one["code"] == "W_ATTR_DIFFERS"}
    assert listed == {int(nth) + 1 for nth in table.index[differs]}


def test_missed_rounds_in_a_row_equal_pandas(loaded, table):
    """连漏 k 轮 equals the run of half-years without a visit, newest first."""
    db, scope, _ = loaded
    homes = read_homes(db, scope, round_id="4", place_id=scope.area)
    seen = {number: set(inside(table, number)["unit_id"]) for number in ROUNDS}
    expected = {
        code: next((nth for nth, number in enumerate((4, 3, 2, 1)) if code in seen[number]), 4)
        for code in homes["code"]
    }
    assert homes.set_index("code")["missed_rounds"].to_dict() == expected


def test_the_same_file_again_changes_nothing(loaded, shared_data, capsys):
    """The second time nothing is stored, and the command says so."""
    db, *_ = loaded
    path = str(shared_data / "visits" / NAME)
    assert main(["import", path, "--mapping", "chicago_food_inspections", "--db", str(db.path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["stored"], said["changed"], said["changes"]["visits_same"]) == (False, False, 27_600)


def test_cells_equal_a_recompute(loaded):
    """After the bulk load no cell of any round differs from a full recompute."""
    db, *_ = loaded
    with db.read() as connection:
        assert [differing_cells(connection, str(number)) for number in ROUNDS] == [[], [], [], []]

"""Features whose unit nobody knows: each is named with what to do, everywhere, until a later file brings it home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from openpyxl import load_workbook

from geo.cli import main
from geo.importer import undo_last
from geo.importer.outlines.aside import list_aside
from geo.model import Scope
from tests import maps, workbooks
from tests.maps import feature, group, square

CENTRE = shapely.Point(109.16, 27.69)
LOST = [
    group("一组", square()), group("二组", square(1), village="无名村"), feature(square(2), name="=1+1"),
    group("三组", square(3), village="孟希村"), feature(CENTRE, 村="孟希村", 村民组="四组"),
]  # fmt: skip


@pytest.fixture
def register(tmp_path: Path):
    """Give an empty register with the units of 2023."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    yield db, scope
    db.close()


def lost(register) -> list[str]:
    """Return what is kept aside by name."""
    return [one["label"] for one in list_aside(*register)]


def test_each_is_named_on_the_command_line_and_in_the_report(register, tmp_path, capsys):
    """Four of five features have no unit: one line each with its number, name, the units it is like, and what to do."""
    path, marked = maps.write_geojson(tmp_path / "a.geojson", LOST), tmp_path / "f.xlsx"
    command = ["import", str(path), "--db", str(register[0].path), "--findings", str(marked)]
    assert main([*command, "--dry-run", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    aside = {one["row"]: one for one in answer["areas"]["features"] if one["what"] == "aside"}
    assert sorted(aside) == [2, 3, 4, 5]
    assert any("孟溪村" in one for one in aside[4]["nearest"])
    assert main(command) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("留在一边：")]
    assert [line.split("“")[0] for line in lines] == [f"留在一边：第 {row} 块" for row in (2, 3, 4, 5)]
    assert "最像" in lines[2]
    assert all("补上村名" in line for line in lines)
    rows = [[cell.value for cell in row] for row in load_workbook(marked).worksheets[0].iter_rows(min_row=2)]
    assert [(row[0], row[3]) for row in rows if row[4] == "留在一边"] == [
        (2, "无名村/二组"), (3, "=1+1"), (4, "孟希村/三组"), (5, "孟希村/四组"),
    ]  # fmt: skip
    assert all(cell.data_type != "f" for sheet in load_workbook(marked) for row in sheet.iter_rows() for cell in row)


def test_the_list_shrinks_as_files_bring_them_home(register, tmp_path):
    """The same file adds none, a mended one takes its features off the list, an undo puts them back and empties it."""
    path = maps.write_geojson(tmp_path / "a.geojson", LOST)
    assert workbooks.bring(*register, path).stored
    assert lost(register) == ["无名村/二组", "=1+1", "孟希村/三组", "孟希村/四组"]
    assert not workbooks.bring(*register, path).changed
    mended = [*LOST[:3], group("三组", square(3)), feature(CENTRE, 村="孟溪村", 村民组="四组")]
    assert workbooks.bring(*register, maps.write_geojson(path, mended)).stored
    assert lost(register) == ["无名村/二组", "=1+1"]
    undo_last(*register)
    assert len(lost(register)) == 4
    undo_last(*register)
    assert lost(register) == []


def test_who_works_in_a_part_sees_own_ones(register, tmp_path):
    """Features nobody can place are shown to the whole district's planner, and to whoever brought them."""
    assert workbooks.bring(*register, maps.write_geojson(tmp_path / "a.geojson", LOST)).stored
    with register[0].read() as connection:
        village = connection.exec_driver_sql("SELECT id FROM place WHERE level = 'village' LIMIT 1").scalar_one()
    assert list_aside(register[0], Scope("other", "planner", village)) == []
    assert len(list_aside(register[0], Scope("planner", "planner", village))) == 4

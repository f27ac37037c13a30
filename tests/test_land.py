"""The land of units is drawn once, when an import ends, kept in the file, and drawn anew when an act may have moved it."""

from __future__ import annotations

import math
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import shapely

from geo.cli import main
from geo.model import Scope, VisitEntry
from geo.schema import household, land_sheet, place
from geo.store import land
from geo.store.database import Database
from geo.store.erasure import erase_household
from geo.store.households import edit_household, set_point
from geo.store.places import root_place
from geo.store.remember import Remembered
from geo.store.visits import record_visit
from tests.workbooks import home, write_csv
from tests.world import PLANNER

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from geo.areas import Areas


def list_sheets(db: Database) -> dict[tuple[str, str], int]:
    """Return the kept sheets: (unit, level) → the revision until which each is known to hold."""
    with db.read() as connection:
        return {(row.place, row.level): row.revision for row in connection.execute(land_sheet.select())}


def look(db: Database, place_id: str = "d", level: str = "village") -> Areas:
    """Return the land of the units under a place, as the map gets it."""
    return land.read_areas(db, PLANNER, place_id=place_id, level=level)


def draw_anew(db: Database, monkeypatch: pytest.MonkeyPatch, place_id: str = "d", level: str = "village") -> Areas:
    """Return the same land of a file that keeps none."""
    with db.write(counts=False) as connection:
        connection.execute(land_sheet.delete())
    monkeypatch.setattr(land, "_kept", Remembered(64))
    monkeypatch.setattr(land, "_cut", Remembered(64))
    return look(db, place_id, level)


def test_an_import_draws_the_land(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command leaves every sheet in the file; a process that starts later reads it and draws nothing; undone, it is gone."""
    path, rows = tmp_path / "r.sqlite", [home(f"A{nth}") for nth in range(6)]
    assert main(["import", str(write_csv(tmp_path / "a.csv", rows)), "--db", str(path), "--json"]) == 0
    with closing(Database(path)) as db:
        root = root_place(db).id
        scope = Scope("planner", "planner", root)
        assert {level for _, level in list_sheets(db)} == {"village", "group"}
        kept = land.read_areas(db, scope, place_id=root, level="village")
        assert [shape.is_valid for shape in kept.shapes.values()] == [True]
        monkeypatch.setattr(land, "_kept", Remembered(64))
        monkeypatch.setattr(land, "draw_units", None)
        assert land.read_areas(db, scope, place_id=root, level="village") == kept
        monkeypatch.undo()
        assert main(["undo", "--db", str(path)]) == 0
        assert not land.read_areas(db, scope, place_id=root, level="village").shapes
    capsys.readouterr()


def test_only_what_may_move_land_draws_it_anew(world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visit and an edit leave it as it is; a household that moves, an outline that is given, one that is erased change it at once."""
    groups = look(world, "v1", "group")
    drawn = look(world)
    entry = VisitEntry("new", "h05", date(2019, 11, 20), "effective", respondent="head")
    record_visit(world, PLANNER, entry=entry)
    with world.read() as connection:
        rev = connection.execute(household.select().where(household.c.id == "h02")).one().rev
    rev = edit_household(world, PLANNER, household_id="h02", rev=rev, changes={"size": 9})
    assert look(world) is drawn

    far = shapely.centroid(look(world, "v2", "group").frame)
    set_point(world, PLANNER, household_id="h02", rev=rev, lon=far.x, lat=far.y)
    moved = look(world, "v1", "group")
    assert moved.shapes != groups.shapes
    assert moved == draw_anew(world, monkeypatch, "v1", "group")
    assert moved.frame.equals(shapely.union_all(list(moved.shapes.values())))

    square = shapely.box(far.x - 0.01, far.y - 0.01, far.x + 0.01, far.y + 0.01)
    with world.write() as connection:
        connection.execute(place.update().where(place.c.id == "v1").values(boundary=shapely.to_wkb(square)))
    given = look(world)
    assert given.shapes["v1"].equals(square)
    assert given.given == {"v1"}
    assert math.isclose(sum(shapely.intersection(one, square).area for one in given.shapes.values()), square.area)
    assert look(world, "v1", "group").frame_given

    erase_household(world, Scope("admin", "admin", "d"), household_id="h01", reason="本人要求删除")
    assert not list_sheets(world)
    assert look(world, "v1", "group") == draw_anew(world, monkeypatch, "v1", "group")


def test_land_drawn_where_nothing_may_be_written(world: Database) -> None:
    """A file that is held is looked at all the same, and nothing is kept in it."""
    world.held = "damaged"
    assert look(world).shapes
    assert not list_sheets(world)


def test_an_import_is_done_even_where_its_land_cannot_be_drawn(
    world: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Geometry that fails is logged and left to the first look: what was stored before stays a success."""

    def fail(*_: object, **__: object) -> Areas:
        raise shapely.errors.GEOSException

    monkeypatch.setattr(land, "draw_units", fail)
    assert land.draw_ahead(world, PLANNER) == 0
    assert "GEOSException" in caplog.text
    assert not list_sheets(world)
    monkeypatch.undo()
    assert land.draw_ahead(world, PLANNER) > 0

"""The demo's figures, unit by unit, against the second reading of its tables."""

from __future__ import annotations

import copy
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from geo.cli import parser
from geo.demo import PRESETS, build_demo
from geo.demo.copies import multiply
from geo.demo.parameters import load_world
from geo.model import Scope
from geo.photos import make_photo
from geo.schema import attachment, household, matter, place, visit, visit_check
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.files import folder_of, read_file
from geo.store.homes import read_homes
from geo.store.places import root_place
from geo.store.reads import read_many
from geo.store.rounds import list_rounds
from tests.judge import Judge

TODAY = date(2019, 11, 20)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, Scope, Judge]:
    """Return 和平乡's demo world, a planner of it, and the second reading of its tables."""
    path = Path(tmp_path_factory.mktemp("demo")) / "d.sqlite"
    build_demo(path, preset="heping", today=TODAY)
    db = Database(path)
    return db, Scope("planner", "planner", root_place(db).id), Judge(path)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_count_of_every_unit(demo, number):
    """All counts of a round's district, townships, villages and groups agree, today, on its last day and in its middle."""
    db, scope, judge = demo
    one = list_rounds(db, scope)[number - 1]
    for day in (TODAY, one.ends_on, one.starts_on + timedelta(days=20)):
        told = judge.counts(one.id, day)
        found = read_many(db, scope, round_id=one.id, place_ids=list(told), as_of=day)
        assert {figures.place.id: dict(figures.counts.values) for figures in found} == told


def test_every_home_of_the_running_round(demo):
    """State, last visits, tries and missed rounds of each household of D agree."""
    db, scope, judge = demo
    one = list_rounds(db, scope)[-1]
    told = judge.of_homes(one.id, TODAY)
    homes = read_homes(db, scope, round_id=one.id, place_id=scope.area).set_index("household")
    assert homes["state"].to_dict() == {home: row["state"] for home, row in told.items()}
    for name in ("attempts", "misses", "missed_rounds"):
        assert homes[name].to_dict() == {home: row[name] for home, row in told.items()}
    for name in ("last_on", "last_effective_on"):
        days = {home: str(day) for home, day in homes[name].dropna().items()}
        assert days == {home: row[name] for home, row in told.items() if row[name]}


def test_copies_stand_side_by_side(demo: tuple[Database, Scope, Judge], tmp_path: Path) -> None:
    """The preset `stress`, offered too, makes copies with codes, names and longitudes of their own and sound figures."""
    assert PRESETS == parser.PRESETS
    path = tmp_path / "copies.sqlite"
    with demo[0].read() as connection:
        homes = connection.execute(select(func.count()).select_from(household)).scalar_one()
        lon = connection.execute(select(func.avg(household.c.lon))).scalar_one()
    shutil.copy(demo[0].path, path)
    shutil.copytree(folder_of(demo[0].path), folder_of(path))
    world = load_world(preset="stress", today=TODAY)
    given = copy.deepcopy(world.params)
    given["presets"]["stress"]["copies"] = 3
    many = Database(path)
    with many.write() as connection:
        multiply(connection, replace(world, params=given))
    with many.read() as connection:
        counts = connection.execute(
            select(func.count(), func.count(household.c.tile_id.distinct()), func.avg(household.c.lon))
        ).one()
        names = connection.execute(select(place.c.name).where(place.c.code == "992602202")).scalars().all()
    assert tuple(counts[:2]) == (3 * homes, 3 * homes)
    assert counts[2] == pytest.approx(lon + 0.7, abs=1e-4)
    assert names == ["和平土家族侗族乡（压测2）"]
    assert check_database(many, demo[1]) == []
    assert roster_of(many, demo[1]) == 3 * roster_of(demo[0], demo[1])


def test_some_issues_show_drawn_evidence(demo: tuple[Database, Scope, Judge]) -> None:
    """One issue in five that can be pictured shows how it was found, a measure done how it is now; each file is whole."""
    with demo[0].read() as connection:
        photos = connection.execute(select(attachment)).mappings().all()
    assert {(one["issue"] is None, one["measure"] is None) for one in photos} == {(True, False), (False, True)}
    assert all("演示图" in one["name"] for one in photos)
    sizes = {one["sha256"]: (one["width"], one["height"]) for one in photos}
    assert 2 < len(sizes) <= 14
    for key, size in sizes.items():
        redrawn = make_photo(read_file(demo[0].path, key))
        assert (redrawn.width, redrawn.height) == size


def roster_of(db: Database, scope: Scope) -> int:
    """Return the households of D in round 4."""
    (whole,) = read_many(db, scope, round_id="4", place_ids=[scope.area], as_of=TODAY)
    return int(whole.counts.roster)


def test_what_was_done_and_looked_into(demo):
    """Every unit has matters that say they are invented; at some doors each item of the check was asked, few a problem."""
    db, _, _ = demo
    with db.read() as connection:
        matters = connection.execute(select(matter)).mappings().all()
        asked = connection.execute(
            select(visit_check.c.item, visit_check.c.result, visit.c.outcome).join(
                visit, visit.c.id == visit_check.c.visit
            )
        ).all()
    assert len({one["number"].split("-")[0] for one in matters}) == 9
    assert all(one["title"].endswith("（虚构）") for one in matters)
    assert all(one["done_on"] is None or one["done_on"] > one["started_on"] for one in matters)
    assert {outcome for _, _, outcome in asked} == {"effective"}
    assert len(set(Counter(item for item, _, _ in asked).values())) == 1
    assert 0.02 < sum(result == "problem" for _, result, _ in asked) / len(asked) < 0.04

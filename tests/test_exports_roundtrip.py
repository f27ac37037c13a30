"""What is taken away and brought back changes nothing: rosters of random worlds, in every format that comes back."""

from __future__ import annotations

import shutil
import string
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from geo import codes
from geo.exports import FORMATS, ExportHead, draw_shapes, list_areas, tabulate_areas, tabulate_roster, write_table
from geo.schema import household, household_tag, round_roster
from geo.store.cells import rebuild_round
from geo.store.database import Database
from geo.store.places import insert_place, root_place
from geo.store.register import read_roster
from geo.store.rounds import RoundPlan, create_round
from geo.validate import parse_code, parse_name, parse_text
from tests.exported import HOSTILE
from tests.workbooks import TODAY, bring, dump, open_register
from tests.world import TAKER

HEAD = ExportHead("花名册", "碧江区", "第1轮", TODAY, "", "规划")
STAMP = {"created_at": "2019-01-01T00:00:00.000Z", "created_by": "random"}
#: Villages of two townships; the last one has households in groups and in none.
VILLAGES = ("520602202205", "520602202203", "520602200201")
GROUPS = ("一组", "二组", "十二组", "周家组")
#: Tables of an import that say that there was one; all others hold what is known.
MARKS = ("import_batch", "audit_log", "import_row")
#: What is counted of a file that changes nothing: a round's roster names not everybody of its villages.
KEPT = ("households_same", "roster_missing")


@dataclass(frozen=True)
class Home:
    village: int
    group: int | None
    code: str
    head_name: str
    phone: str
    note: str
    size: int | None
    household_class: str
    residence: str
    point: tuple[float, float, str] | None
    tags: tuple[tuple[str, int | None], ...]
    moved: int | None
    in_round: bool


_signs = st.characters(codec="utf-8", exclude_characters="\r\x85")
_free = st.one_of(
    st.sampled_from(HOSTILE), st.text(_signs, max_size=12), st.text("王测=+-@'\t\n\uff1d *张，、", max_size=8)
)
_plain_codes = st.text(string.ascii_uppercase + string.digits + "-", min_size=1, max_size=10)
#: What an import or a form has stored: a text that an import would store again as it is.
_names = _free.map(lambda said: parse_name(said.replace("\r", " "), longest=200)[0])
_notes = _free.map(lambda said: parse_text(said.replace("\r", " "), longest=2000)[0])
_codes = (
    st.one_of(_plain_codes, st.sampled_from(HOSTILE)).map(lambda said: parse_code(said, longest=60)[0]).filter(bool)
)
_phones = st.sampled_from(("", "13900001111", "08565221234", "0856-5221234", "139 0000 1111", "12345"))
_points = st.tuples(
    st.floats(109.0, 109.3), st.floats(27.6, 27.8), st.sampled_from(("gps", "map_click", "import"))
).map(lambda one: (round(one[0], 7), round(one[1], 7), one[2]))
_homes = st.builds(
    Home,
    village=st.integers(0, 2), group=st.none() | st.integers(0, 3), code=_codes, head_name=_names, phone=_phones,
    note=_notes, size=st.none() | st.integers(0, 70), household_class=st.sampled_from(codes.HOUSEHOLD_CLASSES),
    residence=st.sampled_from(codes.RESIDENCES), point=st.none() | _points,
    tags=st.lists(st.tuples(st.sampled_from(codes.TAG_KINDS), st.none() | st.integers(-3, 3)), max_size=3,
                  unique_by=lambda one: one[0]).map(tuple),
    moved=st.none() | st.integers(0, 3), in_round=st.booleans(),
)  # fmt: skip
_worlds = st.lists(_homes, min_size=1, max_size=8, unique_by=lambda one: (one.village, one.code))
_HOSTILE_WORLD = [
    Home(nth % 3, nth % 4, f"C-{nth}", parse_name(said.replace("\r", " "), longest=200)[0], "13900001111",
         parse_text(said.replace("\r", " "), longest=2000)[0], 3, "lifted", "at_home", (109.1, 27.7, "import"), (), moved=None, in_round=True)
    for nth, said in enumerate(HOSTILE)
]  # fmt: skip


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    """A database with the shipped units, groups in three villages, and one round without a roster."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite"
    db, scope = open_register(path, edition="2019-10-31")
    with db.write() as connection:
        for village in VILLAGES:
            parent = connection.exec_driver_sql("SELECT id FROM place WHERE code = ?", (village,)).scalar_one()
            for nth, name in enumerate(GROUPS):
                values = {"id": f"{village}-{nth}", "code": f"{village}{nth:03d}", "name": name, "level": "group",
                          "edition": "2019-10-31", **STAMP}  # fmt: skip
                insert_place(connection, values, parent=parent)
    plan = RoundPlan("第1轮", TODAY - timedelta(days=20), TODAY + timedelta(days=20), root_place(db).id)
    create_round(db, scope, plan=plan)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def settle(db: Database, world: list[Home]) -> str:
    """Store the households of a world with their tags and roster rows; return the round's id."""
    with db.write() as connection:
        ids = dict(connection.exec_driver_sql("SELECT code, id FROM place WHERE level = 'village'").all())
        round_id = str(connection.exec_driver_sql("SELECT id FROM round").scalar_one())
        for nth, home in enumerate(world):
            village = ids[VILLAGES[home.village]]
            at, now = (
                village if one is None else f"{VILLAGES[home.village]}-{one}" for one in (home.group, home.moved)
            )
            point = dict(zip(("lon", "lat", "coord_source"), home.point, strict=True)) if home.point else {}
            connection.execute(
                household.insert().values(
                    id=f"h{nth}", tile_id=nth + 1, code=home.code, village=village,
                    place=at if home.moved is None else now, head_name=home.head_name, phone=home.phone, note=home.note,
                    size=home.size, household_class=home.household_class, residence=home.residence, **point, **STAMP,
                )
            )  # fmt: skip
            for kind, until in home.tags:
                day = None if until is None else TODAY + timedelta(days=until)
                row = {"id": f"{kind}{nth}", "household": f"h{nth}", "kind": kind, "since": TODAY - timedelta(days=9)}
                connection.execute(household_tag.insert().values(**row, until=day, **STAMP))
            if home.in_round:
                connection.execute(
                    round_roster.insert().values(round=round_id, household=f"h{nth}", place=at, baseline=True)
                )
        rebuild_round(connection, round_id, TODAY)
    return round_id


def take_and_bring(db: Database, folder: Path, form: str, round_id: str | None) -> None:
    """Take the roster away, bring it back, and see that nothing was asked, refused, proposed or changed."""
    scope = replace(TAKER, area=root_place(db).id)
    frame = read_roster(db, scope, place_id=scope.area, round_id=round_id)
    table = tabulate_roster(frame)
    path = folder / f"roster.{FORMATS[form].suffix}"
    path.write_bytes(write_table(table, head=HEAD, form=form))
    before = dump(db)
    sheets = [name for name, _part in table.split()] if form == "xlsx" and len(table.split()) > 1 else [""]
    for sheet in sheets:
        report = bring(db, scope, path, sheet=sheet)
        if not len(table):
            return
        # A point outside the area is asked about, and stays what it is meanwhile.
        assert (report.rows_bad, [one for one in report.questions if one.blocking]) == ((), [])
        assert [one for one in report.proposals if one.kind != "missing"] == []
        changes = {name: count for name, count in report.changes.items() if count and name not in KEPT}
        assert changes == {}
        assert report.changes["households_same"] == report.rows_total
    assert dump(db, without=MARKS) == {name: rows for name, rows in before.items() if name not in MARKS}


def check(empty: Path, folder: Path, form: str, world: list[Home], *, of_round: bool) -> None:
    """Take the roster of a world away and bring it back."""
    path = folder / "world.sqlite"
    for old in folder.glob("world.sqlite*"):
        old.unlink()
    shutil.copy(empty, path)
    db = Database(path)
    try:
        round_id = settle(db, world)
        take_and_bring(db, folder, form, round_id if of_round else None)
    finally:
        db.close()


_FEW = settings(
    max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@settings(_FEW)
@given(world=_worlds, of_round=st.booleans())
@example(world=_HOSTILE_WORLD, of_round=True)
@example(world=_HOSTILE_WORLD, of_round=False)
def test_a_roster_comes_back_as_it_went(empty, tmp_path, form, world, of_round):
    """A roster taken away and brought back leaves every row of the register as it was, whatever people wrote in it."""
    check(empty, tmp_path, form, world, of_round=of_round)


@pytest.mark.parametrize("form", ["geojson", "kml", "shp", "gpkg"])
@settings(_FEW, max_examples=4)
@given(world=_worlds)
@example(world=_HOSTILE_WORLD)
def test_a_map_of_the_roster_comes_back_as_it_went(empty, tmp_path, form, world):
    """So does a roster taken away as points for a map, households without a point among them."""
    check(empty, tmp_path, form, world, of_round=True)


@pytest.mark.parametrize("form", ["geojson", "kml", "shp", "gpkg"])
def test_areas_come_back_as_they_went(empty, tmp_path, form):
    """Areas brought back change no outline that is known, and make none of those that were computed or are not there."""
    path = tmp_path / "world.sqlite"
    shutil.copy(empty, path)
    db = Database(path)
    settle(db, [Home(nth % 3, nth % 4, f"C-{nth}", "", "", "", None, "general", "at_home",
                     (109.1 + nth % 5 / 100, 27.7 + nth // 5 / 100, "gps"), (), None, in_round=True)
                for nth in range(30)])  # fmt: skip
    scope = replace(TAKER, area=root_place(db).id)
    ring = shapely.Polygon(
        [(109.1, 27.7), (109.2, 27.7), (109.2, 27.8), (109.1, 27.8)],
        [[(109.12, 27.72), (109.14, 27.72), (109.13, 27.74)]],
    )
    several = shapely.MultiPolygon([ring, shapely.box(109.21, 27.7, 109.22, 27.71)])
    with db.write() as connection:
        for code, shape in (
            (VILLAGES[0], ring),
            (VILLAGES[1], several),
            (f"{VILLAGES[2]}001", shapely.box(109.1, 27.6, 109.15, 27.65)),
        ):
            connection.exec_driver_sql("UPDATE place SET boundary = ? WHERE code = ?", (shapely.to_wkb(shape), code))
    frame = list_areas(db, scope, place_id=scope.area)
    assert frame["boundary"].value_counts().to_dict()["known"] == 3
    assert {"computed", "none"} <= set(frame["boundary"])
    file = tmp_path / f"areas.{FORMATS[form].suffix}"
    file.write_bytes(write_table(tabulate_areas(frame, draw_shapes), head=HEAD, form=form))
    before = dump(db)
    report = bring(db, scope, file)
    assert (report.rows_total, report.rows_ok, report.rows_bad) == (len(frame), len(frame), ())
    assert report.changes["outlines_same"] == 3
    assert not report.changed
    assert dump(db, without=MARKS) == {name: rows for name, rows in before.items() if name not in MARKS}
    db.close()

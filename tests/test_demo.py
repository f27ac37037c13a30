"""The demo world: the same every time, and true to its parameters."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import shape
from sqlalchemy import select

from geo import config
from geo.coverage import household_status
from geo.demo import TODAYS, build_demo
from geo.errors import Invalid
from geo.i18n import text
from geo.issues import highest_levels
from geo.schema import household, metadata, place_path
from geo.store.cells import differing_cells
from geo.store.database import Database
from geo.store.rounds import find_round

RUNNING, ENDED = TODAYS
HEPING = "u2019-10-31-520602202"
LAO_MA_TANG = "u2019-10-31-520602201203"
METRES = 111_195.0
Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return a builder of demo files that builds each preset and day once."""
    folder = tmp_path_factory.mktemp("demo")

    def build_once(preset: str, today: date = RUNNING) -> Path:
        path = folder / f"{preset}-{today}.sqlite"
        if not path.exists():
            build_demo(path, preset=preset, today=today)
        return path

    return build_once


def read(path: Path, statement: str, *params: str) -> pd.DataFrame:
    """Return the rows of a statement."""
    connection = sqlite3.connect(path)
    try:
        return pd.read_sql_query(statement, connection, params=params)
    finally:
        connection.close()


def dump_tables(path: Path) -> dict[str, str]:
    """Return the SHA-256 of every table of the file, dumped in the order of its columns."""
    connection = sqlite3.connect(path)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    hashes = {}
    for name in names:
        digest = hashlib.sha256()
        width = len(connection.execute(f'PRAGMA table_info("{name}")').fetchall())
        order = ", ".join(str(nth) for nth in range(1, width + 1))
        for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY {order}'):
            digest.update(repr(row).encode())
        hashes[name] = digest.hexdigest()
    connection.close()
    return hashes


def count_by_hand(path: Path, number: int, today: date) -> pd.DataFrame:
    """Return one row per household of D: place, effective, complete, overdue; computed apart from the product."""
    day = today.isoformat()
    rounds = read(path, "SELECT * FROM round WHERE number = ?", str(number)).iloc[0]
    roster = read(path, "SELECT * FROM round_roster WHERE round = ?", rounds["id"])
    visits = read(path, "SELECT * FROM visit WHERE round = ?", rounds["id"])
    voided = set(visits["void_of"].dropna())
    kept = visits[(visits["kind"] == "visit") & ~visits["id"].isin(voided) & (visits["visited_on"] <= day)]
    there = kept[kept["mode"] == "in_person"]
    effective = set(there.loc[there["outcome"] == "effective", "household"])
    tagged = set(
        read(path, "SELECT household FROM household_tag WHERE kind = 'away_all' AND since <= ?", day)["household"]
    )
    away = tagged | set(there.loc[there["outcome"] == "away_all", "household"])
    called = set(kept.loc[(kept["mode"] == "phone") & (kept["outcome"] == "effective"), "household"])
    entered = roster[(roster["baseline"] == 1) | (roster["added_on"] <= day)]
    gone = (entered["excluded_on"] <= day) & (entered["approved_on"] <= day) & ~entered["household"].isin(effective)
    homes = entered[~gone].copy()
    homes["effective"] = homes["household"].isin(effective)
    homes["complete"] = homes["effective"] | homes["household"].isin(away & called)
    due = read(path, "SELECT household, due_on FROM assignment WHERE round = ?", rounds["id"])
    due_days = dict(zip(due["household"], due["due_on"], strict=True))
    due_on = homes["household"].map(lambda home: due_days.get(home, rounds["ends_on"]))
    homes["overdue"] = ~homes["complete"] & (due_on < day)
    homes["village"] = homes["place"].str[:-2]
    return homes


def find_cleared(path: Path, homes: pd.DataFrame) -> list[str]:
    """Return the villages that are complete and have no open issue."""
    issues = read(path, "SELECT substr(place, 1, length(place) - 2) AS village, state FROM issue")
    unsettled = set(issues.loc[issues["state"] != "closed", "village"])
    complete = homes.groupby("village")["complete"].all()
    return sorted(set(complete[complete].index) - unsettled)


def test_two_builds_are_equal(build: Build, tmp_path: Path) -> None:
    """The same seed, preset and day give the same rows in every table; another seed gives others."""
    again, other = tmp_path / "again.sqlite", tmp_path / "other.sqlite"
    build_demo(again, preset="heping", today=RUNNING)
    build_demo(other, preset="heping", today=RUNNING, seed=1)
    expected = dump_tables(build("heping"))
    assert set(metadata.tables) <= set(expected)
    assert dump_tables(again) == expected
    assert dump_tables(other)["household"] != expected["household"]


def test_the_file_keeps_every_constraint(build: Build) -> None:
    """SQLite finds no broken page, check or foreign key, and the file is in WAL mode."""
    connection = sqlite3.connect(build("heping"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    database = Database(build("heping"))
    with database.read() as opened:
        assert opened.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()


@pytest.mark.parametrize(("preset", "households", "units"), [("heping", 3900, 9), ("bijiang_rural", 30000, 62)])
def test_size(build: Build, preset: str, households: int, units: int) -> None:
    """A preset has exactly its households in its units; each is in a group of its own unit, each group has six."""
    homes = read(
        build(preset),
        "SELECT h.id, h.village, h.place, p.parent, p.level FROM household h JOIN place p ON p.id = h.place",
    )
    assert len(homes) == households
    assert homes["village"].nunique() == units
    assert (homes["village"] == homes["parent"]).all()
    assert (homes["level"] == "group").all()
    assert homes.groupby("place").size().min() >= 6


def test_units_are_the_same_in_every_preset(build: Build) -> None:
    """和平乡 has the same households, rosters, visits, assignments and issues alone and in the whole district."""
    under = " IN (SELECT id FROM household WHERE village LIKE 'u2019-10-31-520602202%') ORDER BY 1, 2"
    for statement in (
        f"SELECT * FROM household WHERE id{under}",
        f"SELECT * FROM round_roster WHERE household{under}",
        f"SELECT * FROM visit WHERE household{under}",
        f"SELECT * FROM assignment WHERE household{under}",
        f"SELECT e.* FROM issue_event e JOIN issue_household h ON h.issue = e.issue WHERE h.household{under}",
    ):
        alone, within = read(build("heping"), statement), read(build("bijiang_rural"), statement)
        assert len(alone) > 500
        pd.testing.assert_frame_equal(alone, within)


def test_lao_ma_tang(build: Build) -> None:
    """老麻塘 has its published 958 households, 3,522 people and 13 groups; 牛场村 has its 周家组."""
    path = build("bijiang_rural")
    homes = read(path, "SELECT place, size FROM household WHERE village = ?", LAO_MA_TANG)
    assert (len(homes), homes["size"].sum(), homes["place"].nunique()) == (958, 3522, 13)
    names = read(path, "SELECT name FROM place WHERE parent = 'u2019-10-31-520602204201'")["name"]
    assert "周家组" in set(names)


def test_points(build: Build) -> None:
    """Every point lies in the district; neighbours are 12 to 25 m apart in the median; 3 % have no point."""
    homes = read(build("bijiang_rural"), "SELECT lon, lat, coord_source FROM household")
    outline = json.loads((config.DATA_DIR / "demo" / "bijiang_outline.geojson").read_text(encoding="utf-8"))
    district = shape(outline["features"][0]["geometry"])
    shapely.prepare(district)
    located = homes.dropna(subset=["lon", "lat"])
    assert shapely.contains_xy(district, located["lon"], located["lat"]).all()
    plane = located[["lon", "lat"]].to_numpy() * [METRES * np.cos(np.radians(27.7)), METRES]
    nearest = cKDTree(plane).query(plane, k=2)[0][:, 1]
    assert 12 <= np.median(nearest) <= 25
    assert 0.025 < 1 - len(located) / len(homes) < 0.035
    assert ((homes["coord_source"] == "none") == homes["lon"].isna()).all()


@pytest.mark.parametrize("preset", ["heping", "bijiang_rural"])
def test_the_running_round(build: Build, preset: str) -> None:
    """On 2019-11-20 round 4 has untouched and complete groups, overdue homes and cleared villages as it must."""
    path = build(preset)
    homes = count_by_hand(path, 4, RUNNING)
    groups = homes.groupby("place")["complete"]
    assert (~groups.any()).mean() >= 0.05
    assert groups.all().mean() >= 0.20
    assert 0.04 <= homes["overdue"].mean() <= 0.15
    cleared = find_cleared(path, homes)
    assert {f"{HEPING}201", f"{HEPING}202"} <= set(cleared)
    assert len(cleared) == (2 if preset == "heping" else 4)


@pytest.mark.parametrize(("preset", "number"), [("heping", 1), ("heping", 2), ("heping", 3), ("bijiang_rural", 4)])
def test_the_product_counts_the_same(build: Build, preset: str, number: int) -> None:
    """The product's own expression gives the households, the effective, complete and overdue ones counted by hand."""
    path = build(preset)
    by_hand = count_by_hand(path, number, RUNNING).set_index("household").sort_index()
    database = Database(path)
    with database.read() as connection:
        round_ = find_round(connection, str(number))
        result = connection.execute(household_status(round_, RUNNING))
        status = pd.DataFrame(result.all(), columns=list(result.keys()))
        assert differing_cells(connection, round_.id) == []
    database.close()
    status = status[status["roster"] == 1].set_index("household").sort_index()
    assert list(status.index) == list(by_hand.index)
    for name in ("effective", "complete", "overdue"):
        assert (status[name] == by_hand[name]).all()


@pytest.mark.parametrize(("preset", "today"), [("heping", RUNNING), ("heping", ENDED), ("bijiang_rural", RUNNING)])
def test_heping_is_exact(build: Build, preset: str, today: date) -> None:
    """和平乡: 215 households with issues, of them 104 put to the township and 25 to the district; 712 measures."""
    path = build(preset, today)
    database = Database(path)
    with database.read() as connection:
        levels = highest_levels(today).subquery("levels")
        wanted = (
            select(levels.c.level)
            .join(household, household.c.id == levels.c.household)
            .join(place_path, place_path.c.place == household.c.place)
            .where(place_path.c.ancestor == HEPING)
        )
        reached = list(connection.execute(wanted).scalars())
    database.close()
    assert [sum(level >= least for level in reached) for least in (0, 1, 2)] == [215, 104, 25]
    statement = (
        "SELECT i.max_level, ih.household FROM issue i JOIN issue_household ih ON ih.issue = i.id WHERE i.place LIKE ?"
    )
    rows = read(path, statement, f"{HEPING}%")
    assert rows["household"].nunique() == 215
    assert rows["max_level"].isin(["township", "district"]).sum() == 104
    assert (rows["max_level"] == "district").sum() == 25
    measures = read(
        path, "SELECT m.id FROM measure m JOIN issue i ON i.id = m.issue WHERE i.place LIKE ?", f"{HEPING}%"
    )
    assert len(measures) == 712


def test_nothing_lies_after_today(build: Build) -> None:
    """No day or moment of anything that happened lies after the database's day; only plans (due, revisit) may."""
    connection = sqlite3.connect(build("bijiang_rural"))
    planned = {"due_on", "original_due_on", "revisit_on", "ends_on"}
    checked = 0
    for name, table in metadata.tables.items():
        for column in table.columns:
            if column.name in planned or not (
                column.name.endswith(("_on", "_at")) or column.name in {"on", "at", "since"}
            ):
                continue
            latest = connection.execute(f'SELECT max(substr("{column.name}", 1, 10)) FROM "{name}"').fetchone()[0]
            checked += latest is not None
            assert latest is None or latest <= RUNNING.isoformat(), f"{name}.{column.name}"
    connection.close()
    assert checked > 20


def test_the_end_of_the_year_is_the_same_world(build: Build) -> None:
    """At the end every row of before is still there under its id, round 4 is closed and complete, every issue closed."""
    before, after = build("heping"), build("heping", ENDED)
    for table in ("visit", "household", "issue", "measure", "assignment", "matter"):
        ids = [set(read(path, f"SELECT id FROM {table}")["id"]) for path in (before, after)]
        assert ids[0] <= ids[1]
    statement = "SELECT * FROM visit WHERE visited_on <= '2019-11-20' ORDER BY id"
    pd.testing.assert_frame_equal(read(before, statement), read(after, statement))
    assert len(read(after, "SELECT id FROM visit")) > len(read(before, "SELECT id FROM visit"))
    assert set(read(before, "SELECT status FROM round ORDER BY number")["status"]) == {"closed", "open"}
    assert set(read(after, "SELECT status FROM round")["status"]) == {"closed"}
    homes = count_by_hand(after, 4, ENDED)
    assert homes["complete"].all()
    assert set(read(after, "SELECT state FROM issue")["state"]) == {"closed"}
    assert len(find_cleared(after, homes)) == 9


def test_histories_hold_together(build: Build) -> None:
    """Each history starts with `raised`, goes on from where it was, never back in time, and ends as the issue says."""
    path = build("bijiang_rural")
    events = read(path, "SELECT * FROM issue_event ORDER BY issue, seq")
    first = events.groupby("issue").head(1)
    assert set(first["kind"]) == {"raised"}
    assert (first["seq"] == 1).all()
    follows = events["issue"].eq(events["issue"].shift())
    for kind in ("state", "level"):
        assert (events[f"from_{kind}"] == events[f"to_{kind}"].shift())[follows].all()
    assert (events["on"] >= events["on"].shift())[follows].all()
    last = events.groupby("issue").tail(1).set_index("issue")
    issues = read(path, "SELECT * FROM issue").set_index("id").loc[last.index]
    assert (issues["state"] == last["to_state"]).all()
    assert (issues["level_now"] == last["to_level"]).all()
    closed = issues[issues["state"] == "closed"]
    assert (closed["raised_on"] <= closed["resolved_on"]).all()
    assert (closed["resolved_on"] <= closed["closed_on"]).all()
    assert set(closed["close_kind"]) == {"solved_on_spot", "solved", "explained"}
    assert issues.loc[~issues["state"].isin(("resolved", "closed")), "close_kind"].isna().all()


def test_issues_are_raised_at_visits(build: Build) -> None:
    """Every household issue was raised at an effective visit to that household, on that day."""
    rows = read(
        build("bijiang_rural"),
        "SELECT i.raised_on, v.visited_on, v.household AS visited, v.outcome, ih.household, i.scope FROM issue i "
        "JOIN visit v ON v.id = i.raised_by_visit LEFT JOIN issue_household ih ON ih.issue = i.id",
    )
    assert (rows["raised_on"] == rows["visited_on"]).all()
    assert set(rows["outcome"]) == {"effective"}
    of_homes = rows[rows["scope"] == "household"]
    assert (of_homes["visited"] == of_homes["household"]).all()
    assert rows.loc[rows["scope"] == "group", "household"].isna().all()
    assert 0.03 < (rows["scope"] == "group").mean() < 0.05


def test_corrections_stay_on_record(build: Build) -> None:
    """A voided visit has one void row and a replacement of another outcome on the same day."""
    path = build("bijiang_rural")
    rows = read(
        path,
        "SELECT w.outcome AS wrong, r.outcome AS right, w.visited_on AS was, r.visited_on AS is_on FROM visit x "
        "JOIN visit w ON w.id = x.void_of JOIN visit r ON r.id = substr(w.id, 1, length(w.id) - 1) WHERE x.kind = 'void'",
    )
    assert len(rows) == len(read(path, "SELECT id FROM visit WHERE kind = 'void'")) > 100
    assert (rows["wrong"] != rows["right"]).all()
    assert (rows["was"] == rows["is_on"]).all()


def test_who_comes(build: Build) -> None:
    """Two to five of the team come in person, one calls; a village has its five roles, each group its cadre."""
    path = build("heping")
    came = read(
        path,
        "SELECT v.mode, count(p.person) AS people FROM visit v LEFT JOIN visit_person p ON p.visit = v.id "
        "WHERE v.kind = 'visit' GROUP BY v.id",
    )
    people = came.groupby("mode")["people"].agg(["min", "max"])
    assert people.loc["in_person"].tolist() == [2, 5]
    assert people.loc["phone"].tolist() == [1, 1]
    members = read(path, "SELECT m.role, t.village FROM team_member m JOIN team t ON t.id = m.team")
    counts = members.groupby("role").size()
    five = ["county_lead", "township_lead", "team_captain", "first_secretary", "village_head"]
    assert counts[five].tolist() == [9] * 5
    assert counts["group_cadre"] == len(read(path, "SELECT id FROM place WHERE level = 'group'"))


def test_assignments_have_one_day_a_group(build: Build) -> None:
    """In round 4 a group's homes are due on one day, given to its cadre; 3 % of the homes are given to nobody."""
    path = build("bijiang_rural")
    rows = read(path, "SELECT a.due_on, a.person, h.place FROM assignment a JOIN household h ON h.id = a.household")
    assert (rows.groupby("place").agg(["nunique"]) == 1).all(axis=None)
    homes = count_by_hand(path, 4, RUNNING)
    assigned = set(read(path, "SELECT household FROM assignment")["household"])
    assert 0.025 < 1 - homes["household"].isin(assigned).mean() < 0.035


def test_nobody_is_real(build: Build) -> None:
    """Names bear the mark, phones the prefix, no ID number is stored, and the label says so."""
    path = build("bijiang_rural")
    homes = read(path, "SELECT head_name AS name, phone, id_hash, id_last4 FROM household")
    people = read(path, "SELECT name, phone FROM person")
    for table in (homes, people):
        assert table["name"].str.contains(text("demo.name_mark")).all()
        assert table["phone"].str.fullmatch(r"199\d{8}").all()
    assert homes[["id_hash", "id_last4"]].isna().all(axis=None)
    settings = read(path, "SELECT key, value FROM setting").set_index("key")["value"]
    params = json.loads((config.DATA_DIR / "demo" / "generator_params.json").read_text(encoding="utf-8"))
    assert settings["label"] == params["label_required"]
    assert (settings["kind"], settings["today"], settings["edition"]) == ("demo", "2019-11-20", "2019-10-31")
    assert (settings["preset"], settings["seed"]) == ("bijiang_rural", "520602")


def test_refusals_leave_nothing(tmp_path: Path) -> None:
    """An unknown preset or day and an occupied path are refused, and no file or draft is left or changed."""
    with pytest.raises(Invalid, match="demo_preset"):
        build_demo(tmp_path / "a.sqlite", preset="everything", today=RUNNING)
    with pytest.raises(Invalid, match="demo_today"):
        build_demo(tmp_path / "a.sqlite", preset="heping", today=date(2019, 6, 1))
    taken = tmp_path / "taken.sqlite"
    taken.write_bytes(b"mine")
    with pytest.raises(Invalid, match="database_exists"):
        build_demo(taken, preset="heping", today=RUNNING)
    assert taken.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [taken]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """When the build breaks after its draft was begun (no random stream has a negative seed), no file stands."""
    with pytest.raises(ValueError, match="non-negative"):
        build_demo(tmp_path / "a.sqlite", preset="heping", today=RUNNING, seed=-1)
    assert list(tmp_path.iterdir()) == []

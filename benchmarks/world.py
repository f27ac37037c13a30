"""A synthetic district of any size through the real schema: groups of 50 households, two rounds, visits, cells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import repeat
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from geo.model import Scope
from geo.schema import round_
from geo.store.cells import rebuild_round
from geo.store.create import create_database
from geo.store.database import Database, bulk_insert

TODAY = date(2019, 11, 20)
SCOPE = Scope("bench", "planner", "d")
HOMES_A_GROUP = 50
GROUPS_A_VILLAGE = 10
VILLAGES_A_TOWNSHIP = 10
#: Round 1 is over, round 2 is running.
ROUNDS = (
    ("r1", 1, date(2019, 5, 1), date(2019, 6, 30), "closed"),
    ("r2", 2, date(2019, 10, 1), date(2019, 12, 10), "open"),
)
STAMP = ("2019-01-01T00:00:00.000Z", "bench")
SEED = 20191120


@dataclass(frozen=True)
class World:
    """A built database and how many households it holds."""

    db: Database
    households: int


@contextmanager
def built_world(households: int) -> Iterator[World]:
    """Build a world of a number of households (a multiple of 50) in a temporary folder; it is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        db = create_database(Path(folder) / "bench.sqlite", kind="demo", edition="", today=TODAY)
        with db.write() as connection:
            groups = _insert_places(connection, households)
            _insert_households(connection, households, groups)
            _insert_rounds(connection, households, groups)
            _insert_visits(connection, households)
            for round_id, *_rest in ROUNDS:
                rebuild_round(connection, round_id, TODAY)
        yield World(db, households)
        db.close()


def _insert_places(connection: Connection, households: int) -> list[str]:
    """Insert district, townships, villages and groups with their paths; return the ids of the groups."""
    places = [("d", "90", "区", "district", None)]
    paths = [("d", "d", 0)]
    groups = []
    for number in range(-(-households // HOMES_A_GROUP)):
        village = number // GROUPS_A_VILLAGE
        township = village // VILLAGES_A_TOWNSHIP
        above = [("village", f"v{village:05d}"), ("township", f"t{township:04d}"), ("district", "d")]
        chain = [("group", f"g{number:06d}"), *above]
        new = 1 + (number % GROUPS_A_VILLAGE == 0) + (number % (GROUPS_A_VILLAGE * VILLAGES_A_TOWNSHIP) == 0)
        for depth in range(new):
            level, place_id = chain[depth]
            places.append((place_id, place_id, place_id, level, chain[depth + 1][1]))
            paths += [(place_id, other, up) for up, (_level, other) in enumerate(chain[depth:])]
        groups.append(chain[0][1])
    columns = ["id", "code", "name", "level", "parent", "edition", "created_at", "created_by"]
    # Parents first: foreign keys are checked row by row.
    places.sort(key=lambda row: ("district", "township", "village", "group").index(row[3]))
    bulk_insert(connection, "place", columns, [(*row, "bench", *STAMP) for row in places])
    bulk_insert(connection, "place_path", ["place", "ancestor", "depth"], paths)
    return groups


def _insert_households(connection: Connection, households: int, groups: list[str]) -> None:
    random = np.random.default_rng(SEED)
    lon = (109.0 + random.random(households)).round(6).tolist()
    lat = (27.5 + random.random(households) / 2).round(6).tolist()
    rows = (
        (f"h{n:07d}", n + 1, f"C{n:07d}", f"v{n // HOMES_A_GROUP // GROUPS_A_VILLAGE:05d}", groups[n // HOMES_A_GROUP],
         f"测{n % 997}", lon[n], lat[n], "gps", *STAMP)
        for n in range(households)
    )  # fmt: skip
    columns = [
        "id",
        "tile_id",
        "code",
        "village",
        "place",
        "head_name",
        "lon",
        "lat",
        "coord_source",
        "created_at",
        "created_by",
    ]
    bulk_insert(connection, "household", columns, rows)
    tagged = ((f"tag{n}", f"h{n:07d}", "elder_alone", "2019-01-01", *STAMP) for n in range(0, households, 17))
    bulk_insert(connection, "household_tag", ["id", "household", "kind", "since", "created_at", "created_by"], tagged)


def _insert_rounds(connection: Connection, households: int, groups: list[str]) -> None:
    for round_id, number, starts_on, ends_on, status in ROUNDS:
        connection.execute(
            round_.insert().values(
                id=round_id, programme="visits", name=f"第{number}轮", number=number, scope="d", starts_on=starts_on,
                ends_on=ends_on, target_bp=9500, status=status, away_phone_counts=True, created_at=STAMP[0],
                created_by=STAMP[1],
            )
        )  # fmt: skip
        rows = ((round_id, f"h{n:07d}", groups[n // HOMES_A_GROUP]) for n in range(households))
        bulk_insert(connection, "round_roster", ["round", "household", "place"], rows)


def _insert_visits(connection: Connection, households: int) -> None:
    """Insert round 1 for 95 % of the homes and round 2 for 70 %; one in five was not met and, in half, met later."""
    random = np.random.default_rng(SEED + 1)
    columns = ["id", "round", "household", "visited_on", "recorded_at", "recorded_by", "outcome", "reason"]
    for (round_id, _number, starts_on, *_rest), share in zip(ROUNDS, (0.95, 0.70), strict=True):
        homes = np.flatnonzero(random.random(households) < share)
        met = random.random(len(homes)) < 0.8
        again = random.random(len(homes)) < 0.5
        days = random.integers(0, 40, len(homes))
        dates = [(starts_on + timedelta(days=day)).isoformat() for day in range(60)]
        first = (
            (f"{round_id}a{n:07d}", round_id, f"h{n:07d}", dates[day], *STAMP, *_outcome(ok))
            for n, ok, day in zip(homes.tolist(), met.tolist(), days.tolist(), strict=True)
        )
        bulk_insert(connection, "visit", columns, first)
        later = [
            (n, day)
            for n, ok, more, day in zip(homes.tolist(), met, again, days.tolist(), strict=True)
            if more and not ok
        ]
        second = (
            (f"{round_id}b{n:07d}", round_id, f"h{n:07d}", dates[day + 5], *stamp, *_outcome(met=True))
            for (n, day), stamp in zip(later, repeat(STAMP))
        )
        bulk_insert(connection, "visit", columns, second)


def _outcome(met: bool) -> tuple[str, str | None]:  # noqa: FBT001 - one flag of one row
    return ("effective", None) if met else ("not_home", "at_work")

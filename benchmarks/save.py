"""Saving a visit with the figures of every level, against recomputing them in pandas: `python -m benchmarks.save`."""

from __future__ import annotations

import statistics
import sys

import pandas as pd

from benchmarks.measure import describe_machine, show_ms, show_table, time_fsync, time_median, time_once
from benchmarks.world import SCOPE, TODAY, World, built_world
from geo.model import VisitEntry
from geo.store.cells import differing_cells
from geo.store.reads import read_many
from geo.store.visits import record_visit

SIZES = (100_000, 1_000_000)
SAVES = 200
HEADS = (
    "households",
    "save + cells, median",
    "slowest of 200",
    "bare fsync",
    "2 × fsync + 2 ms",
    "pandas recompute",
    "ratio",
)


def measure_save(world: World) -> tuple[str, ...]:
    """Return one row of the table, after checking that cells and pandas agree on every group, village and township."""
    step = world.households // SAVES
    entries = [VisitEntry(f"new{n}", f"h{n * step:07d}", TODAY, "effective", respondent="head") for n in range(SAVES)]
    record_visit(world.db, SCOPE, entry=VisitEntry("warm", "h0000001", TODAY, "effective"))
    seconds, bare = [], []
    for entry in entries:
        seconds.append(time_once(lambda one=entry: record_visit(world.db, SCOPE, entry=one)))
        # In turns: the disk of a shared machine is not the same a second later.
        bare.append(time_fsync(world.db.path.parent, times=1))
    save, fsync = statistics.median(seconds), statistics.median(bare)
    frames = load_frames(world)
    recompute = time_median(lambda: recompute_cells(*frames), 3)
    check_equal(world, recompute_cells(*frames))
    return (
        f"{world.households:,}", show_ms(save), show_ms(max(seconds)), show_ms(fsync), show_ms(2 * fsync + 0.002),
        show_ms(recompute), f"{recompute / save:,.0f} ×",
    )  # fmt: skip


def load_frames(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return roster and visits of the running round as frames in memory: reading them is not counted."""
    with world.db.read() as connection:
        roster = pd.read_sql(
            "SELECT r.household, g.id AS grp, g.parent AS village, v.parent AS township FROM round_roster r"
            " JOIN place g ON g.id = r.place JOIN place v ON v.id = g.parent WHERE r.round = 'r2'",
            connection.connection.driver_connection,
        )
        visits = pd.read_sql(
            "SELECT household, outcome FROM visit WHERE round = 'r2' AND kind = 'visit'",
            connection.connection.driver_connection,
        )
    return roster, visits


def recompute_cells(roster: pd.DataFrame, visits: pd.DataFrame) -> dict[str, tuple[int, int, int]]:
    """Return place → (due, attempted, effective) for every group, village, township and the district."""
    attempted = roster["household"].isin(visits["household"].unique())
    effective = roster["household"].isin(visits.loc[visits["outcome"] == "effective", "household"].unique())
    counted = roster.assign(attempted=attempted, effective=effective)
    found = {}
    for level in ("grp", "village", "township"):
        sums = counted.groupby(level)[["attempted", "effective"]].agg(["sum", "size"])
        due = sums["attempted"]["size"]
        rows = zip(sums.index, due, sums["attempted"]["sum"], sums["effective"]["sum"], strict=True)
        found |= {place: (int(n), int(a), int(e)) for place, n, a, e in rows}
    found["d"] = (len(roster), int(attempted.sum()), int(effective.sum()))
    return found


def check_equal(world: World, expected: dict[str, tuple[int, int, int]]) -> None:
    """Raise where the cells after the saves are not what pandas and the full expression compute."""
    places = list(expected)
    for start in range(0, len(places), 10_000):
        part = places[start : start + 10_000]
        for one in read_many(world.db, SCOPE, round_id="r2", place_ids=part):
            counts = one.counts
            assert (counts.roster, counts.attempted, counts.effective) == expected[one.place.id], one.place.id
    with world.db.read() as connection:
        assert differing_cells(connection, "r2") == []


def report() -> str:
    """Return the table for all sizes."""
    rows = []
    for size in SIZES:
        with built_world(size) as world:
            rows.append(measure_save(world))
    return show_table(HEADS, rows)


if __name__ == "__main__":
    if sys.argv[1:]:
        SIZES = tuple(int(size) for size in sys.argv[1:])
    print(describe_machine(), report(), sep="\n\n")

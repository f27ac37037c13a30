"""Coverage of any township from the cells, against recomputing it in pandas: `python -m benchmarks.coverage`."""

from __future__ import annotations

import random
import statistics
import sys

from benchmarks.measure import describe_machine, show_ms, show_table, time_median, time_once
from benchmarks.save import load_frames, recompute_cells
from benchmarks.world import ROUNDS, SCOPE, SEED, World, built_world
from geo.store.cells import read_cells
from geo.store.places import list_below
from geo.store.reads import read_figures

SIZES = (100_000, 1_000_000)
READS = 300
HEADS = (
    "households",
    "townships",
    "cells of one township and round",
    "the same with rights, names, issues",
    "pandas recompute",
    "ratio",
)


def measure_coverage(world: World) -> tuple[str, ...]:
    """Return one row of the table: medians over random townships and both rounds."""
    townships = [one.id for one in list_below(world.db, SCOPE, place_id="d", level="township")]
    chosen = random.Random(SEED)
    asked = [(chosen.choice(townships), chosen.choice(ROUNDS)[0]) for _ in range(READS)]
    read_figures(world.db, SCOPE, round_id="r2", place_id="d")
    with world.db.read() as connection:
        cells = statistics.median(
            time_once(lambda one=one: read_cells(connection, one[1], [one[0]])[one[0]]) for one in asked
        )
    whole = statistics.median(
        time_once(lambda one=one: read_figures(world.db, SCOPE, round_id=one[1], place_id=one[0])) for one in asked
    )
    frames = load_frames(world)
    recompute = time_median(lambda: recompute_cells(*frames), 3)
    return (
        f"{world.households:,}", f"{len(townships)}", show_ms(cells), show_ms(whole), show_ms(recompute),
        f"{recompute / cells:,.0f} ×",
    )  # fmt: skip


def report() -> str:
    """Return the table for all sizes."""
    rows = []
    for size in SIZES:
        with built_world(size) as world:
            rows.append(measure_coverage(world))
    return show_table(HEADS, rows)


if __name__ == "__main__":
    if sys.argv[1:]:
        SIZES = tuple(int(size) for size in sys.argv[1:])
    print(describe_machine(), report(), sep="\n\n")

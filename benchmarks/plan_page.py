"""The part about planning of docs/benchmarks.md, written from what was kept; what was not measured is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.instances import show_instances
from benchmarks.kept import read_kept
from benchmarks.measure import show_table

TARGET = Path(__file__).parent.parent / "docs" / "benchmarks.md"
HEADING = "## Planning"
DISTRICT = ["villages", "homes", "order", "travel h", "team-days", "max/min median", "p90", "overlap", "seconds"]
STORED = ["households", "gaps", "order", "travel h", "team-days", "max/min median", "p90", "overlap", "seconds"]
VILLAGE = ["homes", "order", "travel h", "team-days", "max/min load", "overlap", "CPU s"]
REFERENCE = ["homes", "team-days", "travel h after 1 CPU-s", "PyVRP's after 15 CPU-s", "difference %"]
BESIDE = ["order", "villages", "travel h", "team-days", "seconds a village"]

HEAD = """## Planning

`python -m benchmarks.plan PIECE` measures one piece and keeps its rows in the file that GEO_BENCH_KEEP names; `page`
writes them here. Teams work seven hours a day, on foot, with a detour of 1.3; homes lie in clusters of about thirty and
take 15 to 30 minutes at the door. Travel is a small part of a team's time: what planning is worth is balance,
compactness and priority.

{machine}; {day}.
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows whose names begin with `start`, under a heading, with what is said of them and the heads of their table."""

    start: str
    title: str
    said: str
    heads: list[str]


PIECES = (
    Piece("district ", "A district", """Every village for itself, as many at once as there are cores; seconds of the
wall. Goals for 170 villages: under 60 s on two idle cores, travel at least 6 % below nearest neighbour with no more
team-days, median max/min load at most 1.25, ninth tenth at most 1.6.""", DISTRICT),
    Piece("ortools ", "Beside OR-tools", """Some villages of that district, planned as above, and by OR-tools' guided
local search, which is asked for fewest team-days and then least travel, not for balance.""", BESIDE),
    Piece("store ", "A stored district", """The gap list of a stored district, planned as `plan --db` does; reading and
the start of processes included.""", STORED),
    Piece("village ", "One village", """With half of the team-days every home of the highest priority is to be served,
where time allows.""", VILLAGE),
    Piece("reference ", "One village after one second", """The engine alone, on as many team-days as nearest neighbour
needs, and PyVRP with its own parameters. Goal: travel within 3 % of that of a run of 15 CPU-seconds.""", REFERENCE),
    Piece("growth ", "Growth", "The balanced plan of districts of more and more homes.", DISTRICT),
)  # fmt: skip
INSTANCES = """### Published instances

Gap to the best known cost; the product's seconds are of the CPU, the others' of the wall, VROOM's at most. Every answer
is costed again leg by leg (`benchmarks/instances.py`), and the cost of every published solution, counted by our
distances, is exactly what is published (`tests/real/test_routing.py`). Only the product takes prizes. Goals at 10 s: at
most 2 % up to 300 places, 5 % for n1001 and the tours.

"""


def write_page() -> None:
    """Put what is kept in the place of the part about planning; it is the last of the page."""
    known = read_kept()
    machine = next((str(value) for name, value in known.items() if name.startswith("machine ")), "")
    parts = [HEAD.format(machine=machine, day=datetime.now(UTC).date())]
    for one in PIECES:
        rows = [row for name, value in known.items() if name.startswith(one.start) for row in _rows_of(value)]
        if rows:
            parts.append(f"### {one.title}\n\n{one.said}\n\n{show_table(one.heads, rows)}\n")
    if any(name.startswith("instance ") for name in known):
        parts.append(INSTANCES + show_instances(known) + "\n")
    before = TARGET.read_text(encoding="utf-8").partition(HEADING)[0]
    TARGET.write_text(before + "\n".join(parts), encoding="utf-8")


def _rows_of(value: Any) -> list[list[object]]:
    """Return the rows of a piece, which may be a single one."""
    return value if isinstance(value[0], list) else [value]

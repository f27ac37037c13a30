"""docs/benchmarks-map.md, written from the runs that are stored: medians, goals reached or not, the machine."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import colours
from benchmarks.measure import describe_machine, show_table

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "benchmarks-map.md"
#: Kept in the repository, so that the page can be put together from runs of different days.
RESULTS = ROOT / "benchmarks" / "results" / "map.jsonl"
TILES = RESULTS.with_name("tiles.json")
NAMES = {
    "empty": "an empty Streamlit page", "ours": "**HouseholdTiles**", "maplibre": "MapLibre GL, MVT",
    "vectorgrid": "Leaflet.VectorGrid, MVT", "pydeck": "pydeck", "cluster": "FastMarkerCluster",
    "geojson": "folium.GeoJson", "circle": "folium.CircleMarker",
}  # fmt: skip
COLUMNS = {
    "paint": "first paint s", "server": "server ms", "http": "HTTP kB", "socket": "WebSocket kB",
    "zoom": "to zoom 14 ms", "pan": "pan at 14 ms", "fps": "dragged frames/s", "toggle": "legend ms",
    "filter": "filter through Python ms", "filter_server": "filter, server ms", "filter_kb": "filter kB",
    "filter_socket": "of it WebSocket kB", "server_mb": "server peak MB", "browser_mb": "browser peak MB",
}  # fmt: skip
#: Stage, figure, and what it must stay below.
GOALS = (
    ("100k", "paint", 1.8), ("100k", "toggle", 50), ("100k", "filter", 200), ("100k", "pan", 100),
    ("100k", "filter_kb", 20), ("100k", "filter_socket", 10), ("1M", "paint", 2.0), ("1M", "toggle", 50),
    ("1M", "filter", 200), ("1M", "pan", 100), ("1M", "filter_kb", 90), ("10M", "paint", 2.5), ("10M", "filter", 400),
    ("10M", "pan", 150),
)  # fmt: skip
#: Why a figure may miss its goal.
WHY = {
    "paint": "Streamlit's own start is most of it; frame, script, view and tiles come one after the other",
    "toggle": "all tiles of the screen are drawn anew on one core, then two frames pass",
    "pan": "new tiles are fetched and drawn on one core, then two frames pass",
    "filter": "run of the page, view and tiles come one after the other; to see it takes a picture, some 35 ms",
    "filter_kb": "the tiles of the screen are sent again",
}
FEWEST_FRAMES = 30
AHEAD_IN = ("paint", "filter")
Table = dict[tuple[str, str], dict[str, float]]

TEXT = """# Benchmarks of the map

`python -m benchmarks.map` writes this page; it measures for `--minutes` and goes on where it stopped.
`.tiles` measures the tiles, `.colours` the colours. {day}; {machine}.

Chromium headless, cold for each visit, 1366 × 768; **WebGL ran in software**, which MapLibre GL and pydeck are not made
for. Households of `benchmarks/map_world.py`: hamlets of 60, as dense as 1 M in 1,100 km² (10 M are a province, in one
process). HTTP holds some 2.9 MB of Streamlit itself. Server ms are processor time until the first paint, or for the
filter, whose clock starts with the press, the pointer standing on the switch. Vector tiles were encoded before the
clock ran; what a MapLibre worker fetches is not in its bytes.

## In the browser

Medians of {runs} runs of every way in turns ({fewest} to {most} a way). A way is compared with those of its own block.

{browser}

{loads}
{failed}
Not tried: CircleMarker above 10,000 and GeoJson, FastMarkerCluster, pydeck above 100,000 (they do not come to an end in
a minute); MapLibre GL and VectorGrid at 10 M (one vector tile of the first view would hold millions of points).
FastMarkerCluster has no states: no filter, and its first paint is that of its clusters. No figure (—): no such act, or
not tried or not done within 75 s because the first paint took more than 25 s.

## Goals

{goals}

{ahead}

## Building a tile (the fullest of its zoom)

{tiles}

## Colours

Smallest distance in OKLab × 100 (`python -m benchmarks.colours`) between what is seen beside one another: any two
states of the legend; any two classes of areas, and each and paper; on the map from zoom 13 a symbol and the area under
it; below, a symbol and its casing of paper, since no area touches it. Goal: at least {apart} for every eye that sees
colours; reached: {least}. In grey, shape alone names every state, at every zoom.

{eyes}
"""


def read_rows() -> list[dict[str, Any]]:
    """Return the stored runs."""
    return [json.loads(one) for one in RESULTS.read_text(encoding="utf-8").splitlines()] if RESULTS.exists() else []


def read_runs() -> tuple[Table, dict[str, list[float]], list[dict[str, Any]]]:
    """Return medians by (stage, way), the loads of each stage, and the runs that failed."""
    figures: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    loads: dict[str, list[float]] = defaultdict(list)
    failed = []
    for row in read_rows():
        loads[row["stage"]].append(row["load"])
        if row["figures"]:
            figures[row["stage"], row["way"]].append(row["figures"])
        else:
            failed.append(row)
    table: Table = {}
    for key, runs in figures.items():
        names = [name for name in COLUMNS if any(name in one for one in runs)]
        table[key] = {name: statistics.median(one[name] for one in runs if name in one) for name in names}
        table[key]["runs"] = sum(int(one.get("runs", 1)) for one in runs)
    return table, loads, failed


def write_page() -> str:
    """Write the page and return it."""
    table, loads, failed = read_runs()
    sizes = {row["stage"]: row["size"] for row in read_rows()}
    counts = [int(one["runs"]) for one in table.values()] or [0]
    page = TEXT.format(
        day=datetime.now(UTC).date(), machine=describe_machine(), runs=int(statistics.median(counts)),
        fewest=min(counts), most=max(counts), browser=_show_browser(table, sizes), loads=_show_loads(loads),
        failed="".join(f"{_say_failed(one)}\n" for one in failed), goals=_show_goals(table), ahead=_say_ahead(table),
        tiles=_show_tiles(), eyes=colours.show_eyes(), least=f"{colours.find_least():.1f}", apart=colours.GOAL,
    )  # fmt: skip
    TARGET.write_text(page, encoding="utf-8")
    return page


def _show_browser(table: Table, sizes: dict[str, int]) -> str:
    rows = []
    for (stage, way), medians in sorted(table.items(), key=lambda one: (sizes[one[0][0]], one[0][0])):
        slow = ", slow ways" if stage.endswith("slow") else ""
        rows.append([f"{sizes[stage]:,}{slow}", NAMES[way], *(_digits(name, medians.get(name)) for name in COLUMNS)])
    return show_table(("households", "way", *COLUMNS.values()), rows)


def _digits(name: str, value: float | None) -> str:
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return "—"
    return f"{value:.2f}" if name == "paint" else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _show_loads(loads: dict[str, list[float]]) -> str:
    said = (
        f"{stage} {min(seen):.1f}–{max(seen):.1f} (median {statistics.median(seen):.1f})"
        for stage, seen in loads.items()
    )
    return "Load average of the machine during the runs (the benchmark's own included): " + "; ".join(said) + "."


def _say_failed(row: dict[str, Any]) -> str:
    return f"{NAMES[row['way']]} at {row['size']:,}, run {row['run']}: {row['failed'].splitlines()[0]}."


def _show_goals(table: Table) -> str:
    rows = []
    for stage, name, goal in GOALS:
        found = table.get((stage, "ours"), {}).get(name)
        missed = f"**not reached**: {WHY.get(name, 'see the decisions')}"
        state = "not measured" if found is None else "reached" if found < goal else missed
        rows.append([stage, COLUMNS[name], f"< {goal:g}", _digits(name, found), state])
    frames = table.get(("100k", "ours"), {}).get("fps")
    reached = "not measured" if frames is None else "reached" if frames >= FEWEST_FRAMES else "**not reached**"
    rows.append(["100k", COLUMNS["fps"], f"≥ {FEWEST_FRAMES}", _digits("fps", frames), reached])
    ours, empty = (table.get(("100k", way), {}).get("paint") for way in ("ours", "empty"))
    if ours is not None and empty is not None:
        state = "reached" if ours - empty <= 0.5 else f"**not reached**: {WHY['paint']}"
        rows.append(["100k", "first paint above an empty page s", "≤ 0.5", f"{ours - empty:.2f}", state])
    return show_table(("households", "figure", "goal", "median", ""), rows)


def _say_ahead(table: Table) -> str:
    """Say for every compared way whether the product is ahead of it in first paint and filter, by the figures."""
    said = []
    for (stage, way), medians in table.items():
        if way in ("ours", "empty") or (stage, "ours") not in table:
            continue
        ours = table[stage, "ours"]
        said += [
            f"{stage}: {NAMES[way]} is ahead in {COLUMNS[name]} "
            f"({_digits(name, medians[name])} against {_digits(name, ours[name])})."
            for name in AHEAD_IN
            if name in medians and name in ours and ours[name] >= medians[name]
        ]
    return " ".join(said) or "In first paint and filter the product is ahead of every way that it was measured with."


def _show_tiles() -> str:
    if not TILES.exists():
        return "Not measured yet (`python -m benchmarks.tiles`)."
    found = json.loads(TILES.read_text(encoding="utf-8"))
    return "\n\n".join([found["said"], show_table(found["heads"], found["rows"])])

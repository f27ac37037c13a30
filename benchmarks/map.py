"""The map in a real browser against other ways to draw the same households: `python -m benchmarks.map`.

Needs Chromium and Linux and, for the comparison alone, packages that the product does not use:

    npm install --prefix build/bench maplibre-gl leaflet.vectorgrid leaflet.markercluster
    pip install --target build/bench/python mapbox-vector-tile
    pip install --target build/bench/duckdb duckdb==1.4.4 duckdb-ext-spatial==1.4.4.20260205

Every way draws the same households from the same server (`benchmarks/map_stand.py`), one after the other in every round
of runs; what counts is the ratio. "First paint" and "filter" end when the colours are on the screen, which is looked at
by pictures of it; the others end two frames after the library says that it is done.

A run is stored in benchmarks/results/map.jsonl as soon as it is done, and no run is made twice: with `--minutes` it
stops in time, and the next call goes on. `--fresh` forgets the runs of each chosen stage when its turn comes. After
each stage docs/benchmarks-map.md is written from what there is.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.map_page import RESULTS, read_rows, write_page
from benchmarks.map_visit import Visit
from tests.conftest import BROWSER_OPTIONS, find_browser

ROOT = Path(__file__).parent.parent
WEBGL = {"maplibre", "pydeck"}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SOFTWARE_WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")


@dataclass(frozen=True, slots=True)
class Stage:
    """Ways that are measured in turns at one size; stages of one size are compared within themselves."""

    name: str
    size: int
    ways: tuple[str, ...]


#: What matters most comes first.
STAGES = (
    Stage("100k", 100_000, ("empty", "ours", "maplibre", "vectorgrid")),
    Stage("1M", 1_000_000, ("ours", "maplibre", "vectorgrid")),
    Stage("10M", 10_000_000, ("ours",)),
    Stage("10k", 10_000, ("ours", "circle", "geojson", "cluster")),
    Stage("100k-slow", 100_000, ("ours", "pydeck", "cluster", "geojson")),
    Stage("1k", 1_000, ("ours", "circle", "geojson", "cluster", "pydeck", "maplibre", "vectorgrid")),
)


@contextmanager
def served(others: Path) -> Iterator[tuple[str, int]]:
    """Serve the page of the benchmark; give its address and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "benchmarks/map_stand_app.py", "--server.port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GEO_BENCH_OTHERS": str(others.resolve())}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with suppress(OSError), _DIRECT.open(f"{address}/healthz", timeout=2):
                break
            time.sleep(0.2)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


class Runs:
    """The runs that are stored, and the time that is left for more."""

    def __init__(self, *, minutes: float, wanted: int) -> None:
        self.ends = time.monotonic() + 60 * minutes
        self.wanted = wanted
        self.done = {(one["stage"], one["way"], one["run"]) for one in read_rows()}

    def forget(self, stage: Stage) -> None:
        """Forget the runs of a stage, of which every way is measured anew."""
        self.done = {one for one in self.done if one[0] != stage.name}
        kept = [json.dumps(one) for one in read_rows() if one["stage"] != stage.name]
        RESULTS.write_text("".join(f"{one}\n" for one in kept), encoding="utf-8")

    @property
    def is_late(self) -> bool:
        """Say whether no more run is to be begun."""
        return time.monotonic() > self.ends

    def missing(self, stage: Stage) -> list[str]:
        """Return the ways of a stage that have a run left."""
        return [way for way in stage.ways if any(self.lacks(stage, way, nth) for nth in range(1, self.wanted + 1))]

    def lacks(self, stage: Stage, way: str, nth: int) -> bool:
        """Say whether a run is not stored yet."""
        return (stage.name, way, nth) not in self.done

    def store(self, stage: Stage, way: str, nth: int, **found: Any) -> None:
        """Store a run, also one that failed; the first of each call (0) warms the server and does not count."""
        load = os.getloadavg()[0]
        row = {"stage": stage.name, "size": stage.size, "way": way, "run": nth, "load": load, **found}
        print(json.dumps(row), file=sys.stderr, flush=True)
        if nth:
            self.done.add((stage.name, way, nth))
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


def run_stage(stage: Stage, runs: Runs, others: Path, *, browsers: tuple[Any, Any]) -> None:
    """Measure the ways of a stage in turns, as far as the time goes."""
    if not runs.missing(stage) or runs.is_late:
        return
    with served(others) as (address, server):
        with _DIRECT.open(f"{address}/bench/warm/{stage.size}", timeout=400) as answer:
            answer.read()
        for nth in range(runs.wanted + 1):
            for way in runs.missing(stage):
                if runs.is_late or not runs.lacks(stage, way, nth):
                    continue
                try:
                    with closing(
                        Visit(browsers[way in WEBGL], address, way=way, size=stage.size, server=server)
                    ) as visit:
                        runs.store(stage, way, nth, figures=visit.measure())
                except Exception as error:  # noqa: BLE001 - one way that fails is a line of the table, not the end
                    runs.store(stage, way, nth, figures={}, failed=str(error)[:200])


def main() -> None:
    """Measure what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", default=",".join(one.name for one in STAGES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--others", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--fresh", action="store_true", help="forget the runs of the chosen stages")
    parser.add_argument("--only-page", action="store_true", help="write the page from what is stored")
    options = parser.parse_args()
    chosen = options.stages.split(",")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    if not options.only_page:
        runs = Runs(minutes=options.minutes, wanted=options.runs)
        with sync_playwright() as playwright:
            path = find_browser()
            plain = playwright.chromium.launch(executable_path=path, args=BROWSER_OPTIONS)
            # There is no graphics card here: WebGL runs in software, which is said beside the table.
            args = [*(one for one in BROWSER_OPTIONS if one != "--disable-gpu"), *SOFTWARE_WEBGL]
            with_webgl = playwright.chromium.launch(executable_path=path, args=args)
            for stage in STAGES:
                if stage.name not in chosen or runs.is_late:
                    continue
                if options.fresh:
                    runs.forget(stage)
                run_stage(stage, runs, options.others, browsers=(plain, with_webgl))
                write_page()
            plain.close()
            with_webgl.close()
    print(write_page())


if __name__ == "__main__":
    main()

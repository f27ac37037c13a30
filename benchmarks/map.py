"""The map in a real browser against other ways to draw the same households: `python -m benchmarks.map`.

Needs Chromium and, for the comparison alone, packages that the product does not use:

    npm install --prefix build/bench maplibre-gl leaflet.vectorgrid leaflet.markercluster
    pip install --target build/bench/python mapbox-vector-tile duckdb

Every way draws the same households from the same server (`benchmarks/map_stand.py`), one after the other in every round
of runs; what counts is the ratio. "First paint" and "filter" end when the colours are on the screen, which is looked at
by pictures of it; the others end two frames after the library says that it is done.
"""

from __future__ import annotations

import argparse
import io
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from benchmarks.measure import describe_machine, show_table
from tests.conftest import BROWSER_OPTIONS, find_browser

ROOT = Path(__file__).parent.parent
#: Way → the most households that it is tried with.
WAYS = {
    "ours": 10**7, "maplibre": 10**6, "vectorgrid": 10**6, "pydeck": 10**5, "cluster": 10**5, "geojson": 10**5,
    "circle": 10**4,
}  # fmt: skip
NAMES = {
    "ours": "HouseholdTiles", "maplibre": "MapLibre GL, MVT", "vectorgrid": "Leaflet.VectorGrid, MVT",
    "pydeck": "pydeck",
    "cluster": "FastMarkerCluster", "geojson": "folium.GeoJson", "circle": "folium.CircleMarker",
}  # fmt: skip
HEADS = (
    "households", "way", "first paint s", "HTTP kB", "WebSocket kB", "to zoom 14 ms", "pan at 14 ms",
    "dragged frames/s", "legend ms", "filter through Python ms", "filter kB", "browser heap MB",
)  # fmt: skip
RED, ORANGE = (0xA5, 0x0F, 0x15), (0xF5, 0xA3, 0x00)
LIMIT_S = 60
WEBGL = {"maplibre", "pydeck"}
SOFTWARE_WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
#: What each way calls done, as functions in the frame of the map.
SETTLED = f"""async () => {{
  const {{ grid }} = map_div._geoStage;
  const done = () => {{ const all = grid.current().filter((one) => one.current);
    return all.length > 0 && all.every(({{ el }}) => el.rows && !el.loading) && !grid.isLoading(); }};
  while (!done()) await new Promise((again) => setTimeout(again, 2));
  await {TWO_FRAMES}; }}"""
LEAFLET = f"""async () => {{
  const grids = []; map_div.eachLayer((one) => one instanceof L.GridLayer && grids.push(one));
  while (grids.some((one) => one.isLoading())) await new Promise((again) => setTimeout(again, 2));
  await {TWO_FRAMES}; }}"""
ZOOM = "map_div.setView(map_div.getCenter(), 14, { animate: false })"
PAN = "map_div.panBy([400, 0], { animate: false })"
HIDE = {
    "ours": "map_div._geoStage.toggle('visits', 1)",
    "vectorgrid": "window.hide = 1; map_div.eachLayer((one) => one instanceof L.GridLayer && one.redraw())",
    "geojson": """map_div.eachLayer((one) => one.feature
        && one.setStyle({ opacity: one.feature.properties.state === 1 ? 0 : 1 }))""",
}


@contextmanager
def served(others: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the page of the benchmark."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "benchmarks/map_stand_app.py", "--server.port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GEO_BENCH_OTHERS": str(others.resolve())}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(300):
            with suppress(OSError), direct.open(f"{address}/healthz", timeout=2):
                break
            time.sleep(0.2)
        yield address, process
    finally:
        process.terminate()
        process.wait(20)


class Visit:
    """One cold browser that opens one way of drawing."""

    def __init__(self, browser: Any, address: str, *, way: str, size: int) -> None:
        self.way = way
        self.context = browser.new_context(viewport={"width": 1366, "height": 768})
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * LIMIT_S)
        self.bytes = {"http": 0, "socket": 0}
        network = self.context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.on("Network.loadingFinished", lambda one: self._count("http", one["encodedDataLength"]))
        network.on(
            "Network.webSocketFrameReceived", lambda one: self._count("socket", len(one["response"]["payloadData"]))
        )
        self.network = network
        self.address = f"{address}/?kind={way}&size={size}"

    def _count(self, kind: str, amount: float) -> None:
        self.bytes[kind] += int(amount)

    def measure(self) -> dict[str, float]:
        """Open the page, go through what a user does, and return the figures."""
        start = time.perf_counter()
        self.page.goto(self.address, wait_until="commit")
        found = {"paint": self._wait_for({RED}, absent=set(), start=start)}
        found |= {"http": self.bytes["http"] / 1000, "socket": self.bytes["socket"] / 1000}
        for name in ("zoom", "pan", "toggle"):
            took = self._time(name)
            if took is not None:
                found[name] = took
            if name == "pan" and took is not None:
                found["fps"] = self._drag()
        if self.way != "cluster":
            before = sum(self.bytes.values())
            start = time.perf_counter()
            self.page.get_by_text("only", exact=True).click()
            found["filter"] = 1000 * self._wait_for({ORANGE}, absent={RED}, start=start)
            found["filter_kb"] = (sum(self.bytes.values()) - before) / 1000
        found["heap"] = self._heap()
        return found

    def close(self) -> None:
        """Forget the browser's state."""
        self.context.close()

    def _frame(self) -> Any:
        return next((one for one in self.page.frames if "/component/" in one.url or "/bench/" in one.url), None)

    def _time(self, name: str) -> float | None:
        """Return how long the page itself says that something takes, in ms."""
        frame = self._frame()
        if frame is None or self.way == "pydeck":
            return None
        if self.way == "maplibre":
            act, wait = f"() => bench.{name}()", "async () => {}"
        else:
            todo = {"zoom": ZOOM, "pan": PAN, "toggle": HIDE.get(self.way)}[name]
            if todo is None:
                return None
            act, wait = f"() => {{ {todo}; }}", SETTLED if self.way == "ours" else LEAFLET
        script = f"""async () => {{ const start = performance.now();
            await ({act})(); await ({wait})(); return performance.now() - start; }}"""
        took: float = frame.evaluate(script)
        if name == "toggle" and self.way == "ours":
            frame.evaluate(f"() => {{ {HIDE['ours']}; }}")
        return took

    def _drag(self) -> float:
        """Drag the map for a second or so and return the frames a second that it drew meanwhile."""
        frame, mouse = self._frame(), self.page.mouse
        frame.evaluate("""() => { window.drawn = []; const count = (at) => { window.drawn.push(at);
            if (window.drawn.length < 1000) requestAnimationFrame(count); }; requestAnimationFrame(count); }""")
        mouse.move(900, 450)
        mouse.down()
        for step in range(60):
            mouse.move(900 - 6 * step, 450 - 2 * step)
        times: list[float] = frame.evaluate("() => window.drawn.splice(0, 1000)")
        mouse.up()
        frames: float = 1000 * (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else float("nan")
        return frames

    def _wait_for(self, present: set[tuple[int, ...]], *, absent: set[tuple[int, ...]], start: float) -> float:
        """Return the seconds until some colours are on the screen and others are not."""
        while time.perf_counter() - start < LIMIT_S:
            try:
                picture = self.page.screenshot(type="png")
            except PlaywrightError:  # a browser that draws in software may have no picture to give just now
                continue
            shot = Image.open(io.BytesIO(picture)).convert("RGB").crop((250, 150, 1100, 700))
            seen = {colour for count, colour in shot.getcolors(1 << 24) if count >= 3}
            if self._shows_clusters() or (present <= seen and not absent & seen):
                return time.perf_counter() - start
        return float("nan")

    def _shows_clusters(self) -> bool:
        frame = self._frame() if self.way == "cluster" else None
        return frame is not None and frame.locator(".marker-cluster").count() > 0

    def _heap(self) -> float:
        values = {one["name"]: one["value"] for one in self._metrics()}
        return values.get("JSHeapUsedSize", float("nan")) / 1e6

    def _metrics(self) -> list[dict[str, Any]]:
        self.network.send("Performance.enable")
        metrics: list[dict[str, Any]] = self.network.send("Performance.getMetrics")["metrics"]
        return metrics


def run(sizes: list[int], runs: int, others: Path, *, chosen: list[str]) -> str:
    """Measure every way at every size, interleaved, and return the table of medians."""
    found: dict[tuple[int, str], list[dict[str, float]]] = {}
    with served(others) as (address, _), sync_playwright() as playwright:
        path = find_browser()
        plain = playwright.chromium.launch(executable_path=path, args=BROWSER_OPTIONS)
        # There is no graphics card here: WebGL runs in software, which is said beside the table.
        args = [*(one for one in BROWSER_OPTIONS if one != "--disable-gpu"), *SOFTWARE_WEBGL]
        with_webgl = playwright.chromium.launch(executable_path=path, args=args)
        for size in sizes:
            ways = [way for way, most in WAYS.items() if size <= most and way in chosen]
            # The first visit makes the households and warms the server; it is not counted.
            for nth in range(runs + 1):
                for way in ways:
                    browser = with_webgl if way in WEBGL else plain
                    visit = Visit(browser, address, way=way, size=size)
                    try:
                        figures = visit.measure()
                        said = {name: round(value, 1) for name, value in figures.items()}
                        print(f"{way} {size} {nth}: {said}", file=sys.stderr, flush=True)
                        if nth:
                            found.setdefault((size, way), []).append(figures)
                    except Exception as error:  # noqa: BLE001 - one way that fails is a line of the table, not the end
                        print(f"{way} {size}: {str(error)[:200]}", file=sys.stderr)
                    finally:
                        visit.close()
        plain.close()
        with_webgl.close()
    names = ("paint", "http", "socket", "zoom", "pan", "fps", "toggle", "filter", "filter_kb", "heap")
    rows = []
    for (size, way), measured in found.items():
        medians = {name: [one[name] for one in measured if name in one] for name in names}
        cells = [f"{statistics.median(medians[name]):.4g}" if medians[name] else "—" for name in names]
        rows.append([f"{size:,}", NAMES[way], *cells])
    return show_table(HEADS, rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--others", type=Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    sizes = [int(one) for one in options.sizes.split(",")]
    print(describe_machine())
    print(run(sizes, options.runs, options.others, chosen=options.ways.split(",")))
    print(describe_machine())


if __name__ == "__main__":
    main()

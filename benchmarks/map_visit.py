"""One cold browser that opens one way of drawing the households and goes through what a user does."""

from __future__ import annotations

import base64
import io
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Error as PlaywrightError

RED, ORANGE = (0xA5, 0x0F, 0x15), (0xF5, 0xA3, 0x00)
LIMIT_S = 75
#: Where the first paint took longer, moving and hiding take minutes: not tried.
PATIENT_S = 25
#: A page that answers nothing for so long is ended, so that the others get their turn.
GIVE_UP_S = 180
#: The part of the page whose pixels are looked at.
LOOKED_AT = {"x": 400, "y": 200, "width": 560, "height": 440, "scale": 1}
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
#: A colour is seen where this many pixels have it.
FEWEST_PX = 3
PICTURE = {"format": "png", "clip": LOOKED_AT, "optimizeForSpeed": True}
_TICKS = os.sysconf("SC_CLK_TCK")
Figures = dict[str, float]


class Visit:
    """One visit; `server` is the process id of the server."""

    def __init__(self, browser: Any, address: str, *, way: str, size: int, server: int) -> None:
        self.way, self.server = way, server
        self.before = find_renderers()
        forget_peak(server)
        self.context = browser.new_context(viewport={"width": 1366, "height": 768})
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * LIMIT_S)
        self.bytes = {"http": 0, "socket": 0}
        self.network = self.context.new_cdp_session(self.page)
        self.network.send("Network.enable")
        self.network.on("Network.loadingFinished", lambda one: self._count("http", one["encodedDataLength"]))
        self.network.on(
            "Network.webSocketFrameReceived", lambda one: self._count("socket", len(one["response"]["payloadData"]))
        )
        self.address = f"{address}/?kind={way}&size={size}"
        self.patience = threading.Timer(GIVE_UP_S, self._give_up)
        self.patience.daemon = True
        self.patience.start()

    def _count(self, kind: str, amount: float) -> None:
        self.bytes[kind] += int(amount)

    def measure(self) -> Figures:
        """Open the page, go through what a user does, and return the figures; ms, kB and MB but for "paint" (s)."""
        start, busy = time.perf_counter(), cpu_ms(self.server)
        self.page.goto(self.address, wait_until="commit")
        found = {"paint": self._wait_for({RED}, absent=set(), start=start)}
        found |= {"server": cpu_ms(self.server) - busy}
        found |= {"http": self.bytes["http"] / 1000, "socket": self.bytes["socket"] / 1000}
        if self.way != "empty" and found["paint"] < PATIENT_S:
            found |= self._move()
        if self.way != "cluster":
            with suppress(TimeoutError):
                found |= self._filter()
        found["server_mb"] = peak_mb(self.server)
        found["browser_mb"] = max((peak_mb(one) for one in find_renderers() - self.before), default=float("nan"))
        return found

    def close(self) -> None:
        """Forget the browser's state."""
        self.patience.cancel()
        self.context.close()

    def _give_up(self) -> None:
        for one in find_renderers() - self.before:
            os.kill(one, signal.SIGKILL)

    def _move(self) -> Figures:
        found = {}
        for name in ("zoom", "pan", "toggle"):
            took = self._time(name)
            if took is not None:
                found[name] = took
            if name == "pan" and took is not None:
                found["fps"] = self._drag()
        return found

    def _filter(self) -> Figures:
        switch = self.page.get_by_text("only", exact=True)
        # What a user does before the press is not waited for: the pointer stands on the switch.
        switch.hover()
        box = switch.bounding_box()
        before, busy, start = dict(self.bytes), cpu_ms(self.server), time.perf_counter()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        took = 1000 * self._wait_for({ORANGE}, absent={RED}, start=start)
        self.page.wait_for_timeout(150)
        return {
            "filter": took,
            "filter_server": cpu_ms(self.server) - busy,
            "filter_kb": (sum(self.bytes.values()) - sum(before.values())) / 1000,
            "filter_socket": (self.bytes["socket"] - before["socket"]) / 1000,
        }

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
                picture = self.network.send("Page.captureScreenshot", PICTURE)["data"]
            except PlaywrightError:  # a browser that draws in software may have no picture to give just now
                continue
            taken = time.perf_counter()
            shot = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA")).view(np.uint32)
            seen = {colour for colour in present | absent if np.count_nonzero(shot == _as_number(colour)) >= FEWEST_PX}
            if self._shows_clusters() or (present <= seen and not absent & seen):
                return taken - start
        raise TimeoutError(f"nothing to see after {LIMIT_S} s")

    def _shows_clusters(self) -> bool:
        frame = self._frame() if self.way == "cluster" else None
        return frame is not None and frame.locator(".marker-cluster, path.leaflet-interactive").count() > 0


def _as_number(colour: tuple[int, ...]) -> int:
    """Return an opaque colour as the number that its four bytes are."""
    return int.from_bytes(bytes((*colour, 255)), sys.byteorder)


def cpu_ms(process: int) -> float:
    """Return the processor time that a process has used, in ms (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / _TICKS


def peak_mb(process: int) -> float:
    """Return the most memory a process has held since `forget_peak`, in MB; not a number for one that is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))


def forget_peak(process: int) -> None:
    """Start counting a process's peak of memory anew."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


def find_renderers() -> set[int]:
    """Return the processes that draw pages for browsers started by this one."""
    parents, renderers = {}, set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                renderers.add(int(folder.name))
        except OSError:
            continue
    return {one for one in renderers if _descends(one, os.getpid(), parents)}


def _descends(process: int, ancestor: int, parents: dict[int, int]) -> bool:
    while process and process != ancestor:
        process = parents.get(process, 0)
    return process == ancestor

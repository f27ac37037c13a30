"""The open page of a map in a browser: its frame, where households are drawn, and what the screen shows there."""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image

from geo.codes import VISIT_STATES
from geo.palette import VISIT_SYMBOLS

#: Where a symbol shows its fill: right of its centre would be white in the half circle.
FILL_AT = {"partial": (-1.5, 0)}
#: Nothing is under way: every tile of the screen is there and drawn.
SETTLED = """() => { const { grid } = map_div._geoStage;
    const tiles = grid.current().filter((one) => one.current);
    return map_div.getContainer().getAttribute('aria-busy') === 'false' && !map_div._animatingZoom
        && !map_div._flyToFrame && tiles.length > 0 && tiles.every(({ el }) => el.rows && !el.loading); }"""


#: Takes names, figures and badges off the map, which would cover symbols.
WORDLESS = """() => new Promise((done) => { const { areas, sheet } = map_div._geoStage;
    areas.drawLabels = () => {}; sheet.redraw(); map_div.getPane('geo-badges').style.display = 'none';
    document.querySelectorAll('.geo-tip').forEach((one) => one.remove());
    requestAnimationFrame(() => requestAnimationFrame(done)); })"""
#: State, half size, and place (px of the map) of each symbol that stands for a square on the screen.
MARKS = """() => { const { grid } = map_div._geoStage; const size = map_div.getSize();
    return grid.current().filter((one) => one.current).flatMap(({ el }) => {
        const corner = el.getBoundingClientRect(); const by = el.width / corner.width;
        return (el.marks || []).map(({ state, r, x, y }) => [state, r, corner.left + x / by, corner.top + y / by]);
    }).filter(([, , x, y]) => x > 4 && y > 4 && x < size.x - 8 && y < size.y - 8); }"""


class MapPage:
    """The open page: the map's frame, where things are, and what the page says was clicked."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(address)
        self.iframe = page.locator("iframe[title*=st_folium]")
        self.iframe.wait_for(timeout=60_000)
        self.frame = self.iframe.element_handle().content_frame()
        self.settle()

    def settle(self) -> None:
        """Wait until the map has drawn what it fetched."""
        self.frame.wait_for_function("window.map_div && map_div._geoStage && map_div._geoStage.view")
        self.frame.wait_for_function(SETTLED, timeout=60_000)

    def run(self, script: str, argument: object = None) -> Any:
        """Run a script in the map's frame."""
        return self.frame.evaluate(script, argument)

    def where(self, number: int) -> tuple[float, float]:
        """Return where on the page a household is drawn."""
        box = self.iframe.bounding_box()
        x, y = self.run("id => { const p = map_div._geoStage.locate(id); return [p.x, p.y]; }", number)
        return box["x"] + x, box["y"] + y

    def count_drawn(self, state: str) -> int:
        """Count the households of a state at whose place the screen shows the state's colour."""
        shot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        fill = VISIT_SYMBOLS[state].fill
        wanted = tuple(int(fill[at : at + 2], 16) for at in (1, 3, 5))
        dx, dy = FILL_AT.get(state, (0, 0))
        found = 0
        for x, y in self.places_of(state):
            # The symbol stands on whole pixels, the place does not: one pixel around it decides.
            around = [(round(x + dx) + right, round(y + dy) + down) for right in (-1, 0, 1) for down in (-1, 0, 1)]
            pixels = [shot.getpixel(one) for one in around]
            found += any(max(abs(a - b) for a, b in zip(one, wanted, strict=True)) <= 3 for one in pixels)
        return found

    def look_at_marks(self) -> tuple[dict[str, list[int]], int]:
        """Look at the symbols that stand for squares below the zoom of households, with all words taken off the map.

        Returns by state how many have the right colour on the screen, and how many there are; then how many diamonds have
        paper around them.
        """
        self.run(WORDLESS)
        shot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        box = self.iframe.bounding_box()
        marked: dict[str, list[int]] = {}
        cased = 0
        for code, r, x, y in self.run(MARKS):
            state = VISIT_STATES[code]
            symbol = VISIT_SYMBOLS[state]
            wanted = tuple(int(symbol.fill[at : at + 2], 16) for at in (1, 3, 5))
            left, top = box["x"] + x, box["y"] + y
            right = marked.setdefault(state, [0, 0])
            right[0] += (
                max(abs(a - b) for a, b in zip(shot.getpixel((round(left), round(top))), wanted, strict=True)) <= 3
            )
            right[1] += 1
            beside = [
                shot.getpixel((round(left + r * out), round(top + r * out)))
                for out in (0.7, 0.85, 1.0, 1.15, 1.3, 1.45)
            ]
            cased += symbol.shape == "diamond" and any(min(pixel) >= 160 for pixel in beside)
        return marked, cased

    def places_of(self, state: str) -> list[tuple[float, float]]:
        """Return where the located households of a state are on the page."""
        box = self.iframe.bounding_box()
        script = """code => [...map_div._geoStage.grid.listed().values()].filter((home) => (home.code & 15) === code)
              .map((home) => { const p = map_div.latLngToContainerPoint(home.latlng); return [p.x, p.y]; })"""
        points = self.run(script, VISIT_STATES.index(state))
        return [(box["x"] + x, box["y"] + y) for x, y in points]

    def said(self) -> str:
        """Return what the page says was clicked."""
        return str(re.search(r"clicked: (.*?);", self.page.inner_text("body"))[1])

    def runs(self) -> int:
        """Return how often the page has run."""
        return int(re.search(r"runs: (\d+);", self.page.inner_text("body"))[1])

    def wait_said(self, words: str) -> None:
        """Wait until the page says that something was clicked."""
        self.page.get_by_text(f"clicked: {words}").wait_for(timeout=30_000)

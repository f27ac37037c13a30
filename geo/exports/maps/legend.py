"""The legend of a picture on paper: the map's own rows, each with its sign as a small drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo.exports.maps.signs import SYMBOLS, draw_hatches, draw_icon, draw_rings, draw_symbols, fill_area
from geo.i18n import text
from geo.palette import AREA_LINE, AREA_OPACITY, ISSUE_SYMBOLS

if TYPE_CHECKING:
    from geo.mapspec import MapSpec

_MIDDLE: Final = (11.0, 10.0)
_RING_OF: Final = {code: nth for nth, code in enumerate(ISSUE_SYMBOLS)}
_AREA: Final = "M2 3H20V17H2Z"


def draw_legend(
    spec: MapSpec, hidden: tuple[frozenset[int], frozenset[int]], *, classes: bool, empty: bool = True
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return the parts of the legend and the drawings they name, by file name.

    What the screen hides is said to be hidden. `classes`: also those of areas; `empty`: also rows that count nothing.
    """
    legend, icons = spec.data["legend"], _Icons({}, hidden)
    parts = []
    if classes:
        part = legend["classes"]
        kept = [row for row in part["rows"] if row["count"] or (empty and row["code"] != "none")]
        rows = [icons.row("area", row, _draw_area(row["code"]), f"{row['count']} {part['unit']}") for row in kept]
        parts.append({"title": part["title"], "sum": "", "rows": rows})
    symbols = SYMBOLS[spec.data["symbols"]]
    part = legend["visits"]
    shown = [(nth, row) for nth, row in enumerate(part["rows"]) if row["count"] or empty]
    rows = [icons.row("state", row, draw_symbols(symbols[nth], [_MIDDLE], 4.6), "", nth) for nth, row in shown]
    parts.append({"title": part["title"], "sum": part["sum"], "rows": rows})
    part = legend["issues"]
    rings = [(_RING_OF[row["code"]], row) for row in part["rows"] if row["count"] or empty]
    if rings:
        rows = [icons.row("ring", row, draw_rings(nth, [_MIDDLE], 3.4), "", nth) for nth, row in rings]
        if up := part.get("escalated"):
            square = draw_rings(_RING_OF["open"], [_MIDDLE], 3.4, square=True)
            rows.append(icons.row("up", {**up, "code": "up"}, square, ""))
        parts.append({"title": part["title"], "sum": "", "rows": rows})
    return parts, icons.files


@dataclass(frozen=True, slots=True)
class _Icons:
    """The drawings of a legend by file name, and what the screen hides."""

    files: dict[str, bytes]
    hidden: tuple[frozenset[int], frozenset[int]]

    def row(self, kind: str, row: dict[str, Any], drawing: str, count: str, nth: int = -1) -> dict[str, str]:
        """Return a row; its drawing goes among the files."""
        name = f"{kind}-{row['code']}.svg"
        self.files[name] = draw_icon(drawing)
        is_hidden = nth in self.hidden[kind == "ring"] and kind != "area"
        words = text("map.print.hidden", name=row["name"]) if is_hidden else str(row["name"])
        return {"icon": name, "name": words, "count": count or f"{row['count']:,}"}


def _draw_area(code: str) -> str:
    line = f'<path d="{_AREA}" fill="none" stroke="{AREA_LINE.stroke}"></path>'
    return f"{draw_hatches()}{fill_area(code, _AREA, AREA_OPACITY)}{line}"

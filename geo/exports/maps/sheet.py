"""The view of the screen on one sheet, one map or two side by side: A4 as PDF, or the same as a picture (PNG)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from geo.exports.maps.legend import draw_legend
from geo.exports.maps.picture import draw_picture, say_notes
from geo.printout import print_pdf, print_png

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.maps.picture import HomesDrawn
    from geo.exports.maps.viewport import Viewport
    from geo.mapspec import MapSpec


#: Millimetres that a picture may take: one alone beside its legend, one of two over its own.
_ALONE_MM: Final = (206.0, 146.0)
_OF_TWO_MM: Final = (134.0, 110.0)


@dataclass(frozen=True, slots=True, eq=False)
class MapShown:
    """One map of a sheet: the piece, the view, its households, what its legend hides, and what stands over it.

    `ground`: its base map (`geo.basemaps.draw_ground`), in whose system everything else is then; `credit`: whose it is,
    or that it did not come.
    """

    viewport: Viewport
    spec: MapSpec
    homes: HomesDrawn
    hidden: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    caption: str = ""
    ground: bytes = b""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class MapSheet:
    """What stands around the maps: title, the line (day, round, filter), the figures, the feet."""

    title: str
    line: str
    figures: str
    foot_left: str
    foot_right: str


def print_map(sheet: MapSheet, maps: Sequence[MapShown], *, form: Literal["pdf", "png"]) -> bytes:
    """Return the sheet with its one or two maps. Raises `Invalid` when no document comes out."""
    files: dict[str, bytes] = {}
    room = _ALONE_MM if len(maps) == 1 else _OF_TWO_MM
    data = {
        "title": sheet.title,
        "line": sheet.line,
        "figures": sheet.figures,
        "maps": [_lay_out(nth, one, room, files) for nth, one in enumerate(maps)],
        "foot_left": sheet.foot_left,
        "foot_right": sheet.foot_right,
    }
    if form == "png":
        return print_png("map-sheet", data, files=files)
    return print_pdf("map-sheet", data, files=files).content


def _lay_out(nth: int, shown: MapShown, room: tuple[float, float], files: dict[str, bytes]) -> dict[str, Any]:
    """Return what the template is told of one map; its drawings go among the files."""
    legend, icons = draw_legend(shown.spec, shown.hidden, classes=True)
    files |= {f"{nth}-{name}": drawing for name, drawing in icons.items()}
    files[f"{nth}-map.svg"] = draw_picture(
        shown.viewport, shown.spec, shown.homes, hidden=shown.hidden, ground=shown.ground
    )
    width_mm = min(room[0], room[1] * shown.viewport.width / shown.viewport.height)
    named = [{**part, "rows": [{**row, "icon": f"{nth}-{row['icon']}"} for row in part["rows"]]} for part in legend]
    return {
        "file": f"{nth}-map.svg",
        "width": round(width_mm, 1),
        "caption": shown.caption,
        "legend": named,
        "note": "　".join(one for one in (say_notes(shown.viewport, shown.spec), shown.credit) if one),
    }

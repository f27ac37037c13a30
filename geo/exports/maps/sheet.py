"""The view of the screen on one sheet: A4 as PDF, or the same as a picture (PNG)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from geo.exports.maps.legend import draw_legend
from geo.exports.maps.picture import draw_picture
from geo.printout import print_pdf, print_png

if TYPE_CHECKING:
    from geo.exports.maps.picture import HomesDrawn
    from geo.exports.maps.viewport import Viewport
    from geo.mapspec import MapSpec


#: Millimetres that the picture may take.
_ROOM_MM: Final = (206.0, 146.0)


@dataclass(frozen=True, slots=True)
class MapSheet:
    """What stands around the picture: title, the line (day, round, filter), the figures, the feet, what is hidden."""

    title: str
    line: str
    figures: str
    foot_left: str
    foot_right: str
    hidden: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())


def print_map(
    sheet: MapSheet, viewport: Viewport, spec: MapSpec, homes: HomesDrawn, *, form: Literal["pdf", "png"]
) -> bytes:
    """Return the sheet. Raises `Invalid` when no document comes out."""
    legend, files = draw_legend(spec, sheet.hidden, classes=True)
    files["map.svg"] = draw_picture(viewport, spec, homes, hidden=sheet.hidden)
    width_mm = min(_ROOM_MM[0], _ROOM_MM[1] * viewport.width / viewport.height)
    data = {
        "title": sheet.title,
        "line": sheet.line,
        "figures": sheet.figures,
        "map": "map.svg",
        "width": round(width_mm, 1),
        "legend": legend,
        "note": spec.data["footnote"],
        "foot_left": sheet.foot_left,
        "foot_right": sheet.foot_right,
    }
    if form == "png":
        return print_png("map-sheet", data, files=files)
    return print_pdf("map-sheet", data, files=files).content

"""Maps to take away: what is on the screen as one sheet (PDF, PNG), and the one-page briefing (汇报页)."""

from geo.exports.maps.briefing import Briefing, Figure, Worst, print_briefing
from geo.exports.maps.picture import HomesDrawn, cut_homes, draw_picture
from geo.exports.maps.sheet import MapSheet, MapShown, print_map
from geo.exports.maps.viewport import Viewport

__all__ = [
    "Briefing",
    "Figure",
    "HomesDrawn",
    "MapSheet",
    "MapShown",
    "Viewport",
    "Worst",
    "cut_homes",
    "draw_picture",
    "print_briefing",
    "print_map",
]

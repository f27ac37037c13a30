"""汇报页: one page for a meeting, its figures as they stand when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geo.exports.maps.legend import draw_legend
from geo.exports.maps.picture import draw_picture, say_notes
from geo.exports.maps.viewport import Viewport
from geo.i18n import text
from geo.printout import Printed, print_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.maps.picture import HomesDrawn
    from geo.mapspec import MapSpec

#: 170 × 110 mm at 4 px a mm.
_SIZE: Final = (680, 440)
_NOTHING: Final = (frozenset[int](), frozenset[int]())


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its name and what it is made of (n ÷ N)."""

    name: str
    value: str
    said: str


@dataclass(frozen=True, slots=True)
class Worst:
    """A unit of the list of the worst: its number in the map's spec, name, share, fraction, what is left."""

    area: int
    name: str
    share: str
    fraction: str
    left: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """What the page says: title and sentence, figures, the worst units and what they are, steps, feet."""

    title: str
    sentence: str
    figures: Sequence[Figure]
    worst_title: str
    worst: Sequence[Worst]
    steps: Sequence[str]
    foot: str
    formulas: str


def print_briefing(page: Briefing, spec: MapSpec, homes: HomesDrawn) -> Printed:
    """Return the page as PDF; the numbers on its map are those of the list. Raises `Invalid` when none comes out."""
    legend, files = draw_legend(spec, _NOTHING, classes=True, empty=False)
    bounds = spec.data["bounds"] or (109.0, 27.0, 110.0, 28.0)
    numbered = {one.area: nth for nth, one in enumerate(page.worst, start=1)}
    viewport = Viewport.around(bounds, _SIZE)
    files["map.svg"] = draw_picture(viewport, spec, homes, numbered=numbered)
    data = {
        "title": page.title, "sentence": page.sentence, "map": "map.svg", "legend": legend,
        "note": say_notes(viewport, spec),
        "figures": [{"name": one.name, "value": one.value, "said": one.said} for one in page.figures],
        "worst_title": page.worst_title,
        "worst": [[str(nth), one.name, one.share, one.fraction, one.left] for nth, one in enumerate(page.worst, 1)],
        "steps_title": text("brief.steps"), "steps": list(page.steps), "foot": page.foot, "formulas": page.formulas,
    }  # fmt: skip
    return print_pdf("briefing", data, files=files)

"""The look, once: colours, shapes and line patterns that screen, map, workbook and paper are checked against.

Colours are sRGB hex. A state is always fill and shape and outline together, so that it survives colour blindness
and grey print; a colour of state never touches a control, and the accent never means a state.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

INK: Final = "#1B2733"
INK2: Final = "#465463"
INK3: Final = "#5F6C79"
LINE: Final = "#D5DBE1"
LINE2: Final = "#E8ECF0"
CONTROL_BORDER: Final = "#7B8792"
LABELLED_BORDER: Final = "#B9C3CC"
PAPER: Final = "#FFFFFF"
WASH: Final = "#F4F6F8"
MAP_GROUND: Final = "#F3F4F1"
ACCENT: Final = "#1F4E79"
ACCENT2: Final = "#E9F0F7"
BAD: Final = "#A50F15"
BAD_GROUND: Final = "#FBECEC"
WARN_INK: Final = "#7A4E00"
WARN_GROUND: Final = "#FFF6E0"
VIOLET_GROUND: Final = "#F3EEF8"
DONE_INK: Final = "#1D6A8A"
DONE_GROUND: Final = "#EBF5F9"
BAR_GROUND: Final = "#E3E8ED"
#: 上门率 · 见面率 · 覆盖率.
RUNGS: Final = ("#9FB4C8", "#5E83A6", "#1F4E79")
#: Buckets of open issues and ways of closing; a hatched one is drawn in HATCH on white.
BUCKETS: Final = {"overdue": "#22303C", "undated": "hatch", "in_time": "#C5CED6"}
CLOSE_KINDS: Final = {
    "solved_on_spot": "#22303C",
    "solved": "#66788A",
    "explained": "hatch",
    "transferred_out": "#C5CED6",
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """How a household of one visit state looks.

    `order` 0 is drawn on top of all others; `left`: it is still to be reached.
    """

    fill: str
    shape: str
    order: int
    left: bool = True


OUTLINE: Final = "#22303C"
#: By `codes.VISIT_STATES`, in its order: what is drawn later (a smaller order) covers what is drawn before.
VISIT_SYMBOLS: Final[dict[str, Symbol]] = {
    "overdue": Symbol("#A50F15", "diamond", 0),
    "unvisited": Symbol("#F5A300", "square", 1),
    "missed": Symbol("#5B2A86", "triangle_up", 2),
    "refused": Symbol("#5B2A86", "triangle_down", 3),
    "partial": Symbol("#5AB4D6", "half_circle", 4),
    "effective": Symbol("#5AB4D6", "circle", 5, left=False),
    "excluded": Symbol("#7A7A7A", "cross", 6, left=False),
}


#: By `codes.COMPARED_STATES`: what was lost since an earlier round in the colours of what is left to do.
COMPARED_SYMBOLS: Final[dict[str, Symbol]] = {
    "missed_long": Symbol("#A50F15", "diamond", 0),
    "missed_again": Symbol("#5B2A86", "triangle_up", 1),
    "newly_missed": Symbol("#F5A300", "square", 2),
    "joined": Symbol("#7A7A7A", "triangle_down", 3),
    "recovered": Symbol("#5AB4D6", "plus", 4, left=False),
    "kept": Symbol("#5AB4D6", "circle", 5, left=False),
    "excluded": Symbol("#7A7A7A", "cross", 6, left=False),
}


@dataclass(frozen=True, slots=True)
class Ring:
    """How the worst open issue of a household looks: ink around the symbol, after a white gap; widths in px."""

    stroke: str
    width: float
    dash: tuple[int, ...] = ()
    mark: str = ""


#: By `codes.ISSUE_RINGS`; none has no ring.
ISSUE_SYMBOLS: Final[dict[str, Ring | None]] = {
    "none": None,
    "deferred": Ring("#555555", 1.4, dash=(3, 2)),
    "open": Ring("#111111", 1.4),
    "overdue": Ring("#111111", 2.6, mark="!"),
}

HATCH: Final = "#8A96A1"
#: Coverage classes of areas, hinged at the target; "none" (no household, no figure) is a hatch, not a colour. Any two
#: of them, and paper, are at least 14 apart for every eye (`python -m benchmarks.colours`).
AREA_FILLS: Final[dict[str, str]] = {
    "low": "#956B47",
    "mid": "#BC9A71",
    "near": "#EBC893",
    "met": "#A9D2FD",
    "full": "#5F84AD",
    "none": "hatch",
}
AREA_CLASSES: Final = tuple(AREA_FILLS)
#: Opacity of areas below the zoom of households, alone and over a base map, and under household symbols: at 0.32 an
#: area comes within 12 of a symbol for protan eyes, at 0.26 none within 14.
AREA_OPACITY: Final = 1.0
AREA_OPACITY_BASED: Final = 0.6
AREA_OPACITY_UNDER: Final = 0.26


@dataclass(frozen=True, slots=True)
class Marks:
    """Below the zoom of households: one symbol for a square of `side` px, half of its size from `least` to `most` px.

    Around its outline it has a casing of paper, so that no symbol touches the colour of an area. There are so many
    `sizes`, and a square of `full` households, and of more, has the largest. The widest symbol reaches `corner` times
    half of its size, and its outline `edge` px beyond.
    """

    side: int
    least: float
    most: float
    casing: float
    sizes: int
    full: int
    corner: float
    edge: float


CELL_MARKS: Final = Marks(side=16, least=2.8, most=4.4, casing=1.4, sizes=4, full=64, corner=1.36, edge=0.5)


@dataclass(frozen=True, slots=True)
class Line:
    """An outline: colour, width in px, and the dash that says a border is computed (示意)."""

    stroke: str
    width: float
    dash: tuple[int, ...] = ()


AREA_LINE: Final = Line("#6B7784", 1.0, (4, 3))
FRAME_LINE: Final = Line("#5F6C79", 1.4, (9, 5))
DISTRICT_LINE: Final = Line(INK, 1.4)

_BP: Final = 10_000
_LOW_BP: Final = 6_000
_MID_BP: Final = 8_000
_USUAL_TARGET_BP: Final = 9_500


def class_breaks(target_bp: int) -> tuple[int, int, int]:
    """Return the lower bounds of the classes mid, near and met in basis points: 60, 80 and the target.

    A target at or below 80 % pulls the two lower breaks down in proportion, so that five classes remain.
    """
    if target_bp > _MID_BP:
        return _LOW_BP, _MID_BP, target_bp
    scaled = (_LOW_BP * target_bp // _USUAL_TARGET_BP, _MID_BP * target_bp // _USUAL_TARGET_BP)
    return (*scaled, target_bp)


def area_class(done: int, due: int, *, target_bp: int) -> str:
    """Return the class of an area (`AREA_CLASSES`) with `done` of `due`; nothing due is none, not 0 %."""
    if due <= 0:
        return "none"
    if done >= due:
        return "full"
    low, mid, target = class_breaks(target_bp)
    if done * _BP >= target * due:
        return "met"
    if done * _BP >= mid * due:
        return "near"
    return "mid" if done * _BP >= low * due else "low"


def map_tokens() -> dict[str, Any]:
    """Return what the map's script draws with, as JSON-able data; `map_palette.js` holds the same."""
    rings = {
        code: ring and {"stroke": ring.stroke, "width": ring.width, "dash": list(ring.dash), "mark": ring.mark}
        for code, ring in ISSUE_SYMBOLS.items()
    }
    lines = {"area": AREA_LINE, "frame": FRAME_LINE, "district": DISTRICT_LINE}
    return {
        "ink": INK,
        "ink2": INK2,
        "paper": PAPER,
        "ground": MAP_GROUND,
        "accent": ACCENT,
        "outline": OUTLINE,
        "hatch": HATCH,
        "visits": _list_symbols(VISIT_SYMBOLS),
        "compared": _list_symbols(COMPARED_SYMBOLS),
        "issues": [{"code": code, "ring": ring} for code, ring in rings.items()],
        "areas": dict(AREA_FILLS),
        "opacity": {"cells": AREA_OPACITY, "based": AREA_OPACITY_BASED, "under": AREA_OPACITY_UNDER},
        "marks": asdict(CELL_MARKS),
        "lines": {
            name: {"stroke": one.stroke, "width": one.width, "dash": list(one.dash)} for name, one in lines.items()
        },
    }


def _list_symbols(symbols: dict[str, Symbol]) -> list[dict[str, Any]]:
    return [{"code": code, "fill": one.fill, "shape": one.shape, "left": one.left} for code, one in symbols.items()]

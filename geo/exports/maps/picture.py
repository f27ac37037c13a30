"""A picture of a view as SVG: areas by coverage, households by state, names and figures, scale bar, north arrow.

Names of places are escaped text of the drawing; no name of a person is in it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.geometry import shape as shape_of

from geo.crs import WGS84, from_wgs84, to_wgs84
from geo.exports.maps.marks import draw_marks
from geo.exports.maps.signs import SYMBOLS, draw_hatches, draw_rings, draw_symbols, fill_area
from geo.i18n import text
from geo.palette import (
    AREA_LINE,
    AREA_OPACITY,
    AREA_OPACITY_BASED,
    AREA_OPACITY_UNDER,
    DISTRICT_LINE,
    FRAME_LINE,
    INK,
    MAP_GROUND,
    PAPER,
)
from geo.tiles import from_grid, split_key
from geo.tiles.index import ESCALATED, RING_SHIFT, SHARED, STATE_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geo.crs import System
    from geo.exports.maps.viewport import Viewport
    from geo.mapspec import MapSpec
    from geo.tiles import TileIndex, Wanted

_FONT: Final = 'font-family="Noto Sans CJK SC"'
#: Half the size of a symbol at a zoom, as on the screen.
_LEAST_R, _MOST_R = 2.8, 5.0
#: How far a symbol reaches into the picture from outside, in px.
_REACH: Final = 20
#: How much of a base map is covered: by the paper all over it, by that of the unit looked at.
_VEIL: Final = 0.35
_SEEN_THROUGH: Final = 0.25
_LABELS: Final = 90
_COUNTS: Final = 400
_NO_HIDDEN: Final = (frozenset[int](), frozenset[int]())


@dataclass(frozen=True, slots=True, eq=False)
class HomesDrawn:
    """Households of a picture: rows of lon, lat (degrees), their bytes (`geo.tiles.index`)."""

    at: NDArray[np.float64]
    code: NDArray[np.uint8]


def cut_homes(index: TileIndex, wanted: Wanted, *, system: System = WGS84) -> HomesDrawn:
    """Return the located households that a view wants, in WGS84 or where a base map of another system has them."""
    mask = index.shown(slice(None), wanted)
    key, code = (index.key, index.code) if mask is None else (index.key[mask], index.code[mask])
    at = from_grid(*split_key(key))
    if index.system != system:
        at = from_wgs84(system, *to_wgs84(index.system, *at))
    return HomesDrawn(np.column_stack(at), code)


def shows_homes(viewport: Viewport, spec: MapSpec) -> bool:
    """Say whether a picture of this piece has a symbol a household; else it has one for each small square."""
    return bool(round(viewport.zoom) >= spec.data["points_from_zoom"])


def say_notes(viewport: Viewport, spec: MapSpec) -> str:
    """Return what is said under a picture: of borders that are computed, of households not on it, of its symbols."""
    said = (spec.data["footnote"], "" if shows_homes(viewport, spec) else text("map.marks"))
    return text("map.semicolon").join(one for one in said if one)


def draw_picture(
    viewport: Viewport, spec: MapSpec, homes: HomesDrawn, *,
    hidden: tuple[frozenset[int], frozenset[int]] = _NO_HIDDEN, numbered: Mapping[int, int] | None = None,
    ground: bytes = b"",
) -> bytes:  # fmt: skip
    """Return the SVG of a piece of the map. `hidden`: numbers of visit states and of rings that are not drawn.

    `numbered`: number of an area in the spec → the number printed on it in the place of its name. `ground`: the base
    map of the piece (JPEG); then view and households are in its system.
    """
    points = shows_homes(viewport, spec)
    inner = [
        f'<rect width="{viewport.width}" height="{viewport.height}" fill="{MAP_GROUND}"></rect>',
        draw_hatches(),
        _draw_ground(viewport, ground),
        _draw_areas(viewport, spec, points=points, based=bool(ground)),
        _draw_homes(viewport, spec, homes, hidden, points=points),
        _draw_labels(viewport, spec, numbered or {}),
        _draw_scale(viewport),
        _draw_north(viewport),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{viewport.width}" height="{viewport.height}" '
        f'viewBox="0 0 {viewport.width} {viewport.height}">{"".join(inner)}</svg>'
    ).encode()


def _draw_ground(viewport: Viewport, ground: bytes) -> str:
    """Return the base map with paper over it, so that signs on it stay legible in a grey copy."""
    if not ground:
        return ""
    place = f'width="{viewport.width}" height="{viewport.height}"'
    link = f"data:image/jpeg;base64,{b64encode(ground).decode()}"
    return (
        f'<image {place} preserveAspectRatio="none" href="{link}"></image>'
        f'<rect {place} fill="{PAPER}" fill-opacity="{_VEIL}"></rect>'
    )


def _draw_areas(viewport: Viewport, spec: MapSpec, *, points: bool, based: bool) -> str:
    opacity = AREA_OPACITY_UNDER if points else AREA_OPACITY_BASED if based else AREA_OPACITY
    paper = f'fill="{PAPER}" fill-opacity="{_SEEN_THROUGH if based else 1}"'
    shapes = json.loads(spec.shapes)
    drawn = []
    frame = spec.data["frame"]
    if frame and "frame" in shapes:
        line = DISTRICT_LINE if frame["level"] == "district" else FRAME_LINE
        dash = _dashed(line.dash) if frame["computed"] else ""
        drawn.append(
            f'<path d="{_trace(viewport, shapes["frame"])}" {paper} stroke="{line.stroke}" '
            f'stroke-width="{line.width}"{dash}></path>'
        )
    for area in spec.data["areas"]:
        trace = _trace(viewport, shapes[str(area["id"])])
        if trace:
            dash = _dashed(AREA_LINE.dash) if area["computed"] else ""
            drawn.append(
                f'{fill_area(area["cls"], trace, opacity)}<path d="{trace}" fill="none" stroke="{AREA_LINE.stroke}" '
                f'stroke-width="{AREA_LINE.width}"{dash}></path>'
            )
    return "".join(drawn)


def _dashed(dash: tuple[int, ...]) -> str:
    return f' stroke-dasharray="{" ".join(map(str, dash))}"' if dash else ""


def _trace(viewport: Viewport, geometry: dict[str, Any]) -> str:
    """Return the path of an area as far as it lies near the picture."""
    moved = shapely.transform(shape_of(geometry), viewport.place)
    near = shapely.box(-50, -50, viewport.width + 50, viewport.height + 50)
    kept = shapely.intersection(shapely.make_valid(moved), near)
    polygons = [one for one in shapely.get_parts(shapely.get_parts(kept)) if one.geom_type == "Polygon"]
    rings = [ring for one in polygons for ring in (one.exterior, *one.interiors)]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)) + "Z" for ring in rings)


def _draw_homes(
    viewport: Viewport, spec: MapSpec, homes: HomesDrawn, hidden: tuple[frozenset[int], frozenset[int]], *, points: bool
) -> str:
    at = viewport.place(homes.at) if len(homes.at) else homes.at
    state, ring = homes.code & STATE_BITS, (homes.code >> RING_SHIFT) & 3
    inside = ((at >= -_REACH) & (at <= (viewport.width + _REACH, viewport.height + _REACH))).all(axis=1)
    shown = inside & ~np.isin(state, list(hidden[0])) & ~np.isin(ring, list(hidden[1]))
    at, state, ring, code = at[shown], state[shown], ring[shown], homes.code[shown]
    up, shared = (code & ESCALATED) != 0, (code & SHARED) != 0
    symbols = SYMBOLS[spec.data["symbols"]]
    if not points:
        return draw_marks(at, state, symbols)
    r = min(_MOST_R, max(_LEAST_R, 2.9 + 0.6 * (viewport.zoom - 13)))
    rings = [
        draw_rings(nth, at[(ring == nth) & (up == square)].tolist(), r, square=square)
        for nth in (1, 2, 3)
        for square in (False, True)
    ]
    drawn = [draw_symbols(symbols[nth], at[state == nth].tolist(), r) for nth in reversed(range(len(symbols)))]
    return "".join([*rings, *drawn, _draw_counts(at[shared], r)])


def _draw_counts(at: NDArray[np.float64], r: float) -> str:
    """Return how many households of one dwelling stand at a point: SVG."""
    places, counts = np.unique(at.round(1), axis=0, return_counts=True)
    pairs = [(x, y, number) for (x, y), number in zip(places.tolist(), counts.tolist(), strict=True) if number > 1]
    return "".join(_write(x + r + 1, y + r + 4, str(number), size=9, bold=True) for x, y, number in pairs[:_COUNTS])


def _draw_labels(viewport: Viewport, spec: MapSpec, numbered: Mapping[int, int]) -> str:
    """Return names with figures, those of most households first; one that would cover another is left out."""
    areas = [one for one in spec.data["areas"] if one["at"]]
    areas.sort(key=lambda one: (one["id"] not in numbered, -one["N"], one["id"]))
    drawn: list[str] = []
    taken: list[tuple[float, float, float, float]] = []
    for area in areas:
        (x, y), *_ = viewport.place(np.array([area["at"]], dtype=np.float64))
        if not (0 <= x <= viewport.width and 0 <= y <= viewport.height):
            continue
        if area["id"] in numbered:
            words, drawing = "00", _mark(float(x), float(y), numbered[area["id"]])
        else:
            words = f"{area['name']} {area['figure']}"
            drawing = _write(float(x), float(y) + 4, words, anchor="middle")
        half = sum(6.2 if sign.isascii() else 12 for sign in words) / 2 + 2
        box = (x - half, y - 9, x + half, y + 9)
        if len(drawn) < _LABELS and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            drawn.append(drawing)
    return "".join(drawn)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _mark(x: float, y: float, number: int) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{PAPER}" stroke="{INK}"></circle>'
        f"{_write(x, y + 4, str(number), anchor='middle', bold=True)}"
    )


def _write(x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", bold: bool = False) -> str:
    weight = "700" if bold else "400"
    said = f'x="{x:.1f}" y="{y:.1f}" {_FONT} font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return (
        f'<text {said} fill="none" stroke="{PAPER}" stroke-width="3" stroke-linejoin="round">{escape(words)}</text>'
        f'<text {said} fill="{INK}">{escape(words)}</text>'
    )


def _draw_scale(viewport: Viewport) -> str:
    length, metres = viewport.scale_bar()
    words = f"{metres // 1000} {text('map.kilometres')}" if metres >= 1000 else f"{metres} {text('map.metres')}"  # noqa: PLR2004 - a kilometre
    right, bottom = viewport.width - 14 - 12 * len(words), viewport.height - 14
    line = f"M{right - length:.1f} {bottom - 6}V{bottom}H{right}V{bottom - 6}"
    return (
        f'<path d="{line}" fill="none" stroke="{PAPER}" stroke-width="4"></path>'
        f'<path d="{line}" fill="none" stroke="{INK}" stroke-width="1.4"></path>'
        f"{_write(right + 6, bottom, words)}"
    )


def _draw_north(viewport: Viewport) -> str:
    x = viewport.width - 22
    return (
        f'<path d="M{x} 12L{x + 6} 36L{x} 31L{x - 6} 36Z" fill="{INK}"></path>'
        f"{_write(x, 50, text('map.north'), anchor='middle')}"
    )

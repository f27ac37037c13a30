"""The small map of 总览: areas in the class of their coverage, numbered as the list beside it. Numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
import streamlit as st

from geo.i18n import text
from geo.palette import AREA_CLASSES, AREA_FILLS, AREA_LINE, HATCH, INK, area_class, class_breaks
from geo.ui.mapdata import read_areas
from geo.ui.navigation import find_page, has_page
from geo.ui.overview_view import draw_head
from geo.ui.session import view_params
from geo.ui.widgets import note

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geo.store.reads import Figures
    from geo.ui.overview_data import Overview
    from geo.ui.session import Session

_SIZE: Final = (392, 262)
_MARGIN: Final = 8
_NUMBERED: Final = 10
_LINE: Final = f'stroke="{AREA_LINE.stroke}" stroke-width="0.8" stroke-linejoin="round"'
#: A computed border (示意) is dashed, a given one is not.
_DASHED: Final = f' stroke-dasharray="{" ".join(map(str, AREA_LINE.dash))}"'
_TEXT: Final = f'font-family="sans-serif" font-size="12" font-weight="600" text-anchor="middle" fill="{INK}"'
#: A place without a household is hatched: no figure is not 0 %.
_HATCHED: Final = (
    '<defs><pattern id="none" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<path d="M0 0V6" stroke="{HATCH}" stroke-width="1.5"></path></pattern></defs>'
)


class _Paper:
    """Where a longitude and latitude (WGS84 degrees) lie on the drawing, in px from its upper left corner."""

    def __init__(self, shapes: list[BaseGeometry]) -> None:
        """Fit all shapes into the drawing, degrees of longitude shortened by the latitude."""
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
        self._west, self._north = float(west), float(north)
        self._shorter = float(np.cos(np.radians((south + north) / 2)))
        width, height = (_SIZE[0] - 2 * _MARGIN), (_SIZE[1] - 2 * _MARGIN)
        spans = (max((east - west) * self._shorter, 1e-9), max(north - south, 1e-9))
        self._scale = min(width / spans[0], height / spans[1])
        self._left = (_SIZE[0] - spans[0] * self._scale) / 2

    def place(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return px for rows of lon, lat."""
        x = self._left + (degrees[:, 0] - self._west) * self._shorter * self._scale
        y = _MARGIN + (self._north - degrees[:, 1]) * self._scale
        return np.column_stack([x, y])


def draw_map(session: Session, overview: Overview) -> None:
    """Draw where the worst units are, with the key of the classes and the way to the map."""
    link = (text("ov.map.open"), find_page("map"), view_params(session)) if has_page("map") else None
    draw_head(text("ov.map"), text("ov.map.note"), link=link)
    areas = read_areas(session, by_village=overview.level == "village")
    shapes = areas.shapes
    shown = [(nth, one, shapes[one.place.id]) for nth, one in enumerate(overview.units, 1) if one.place.id in shapes]
    if not shown:
        st.html(note(text("ov.map.none")))
        return
    target_bp = overview.round.target_bp
    st.image(_draw_svg(shown, target_bp, given=areas.given), width="stretch")
    st.html(_draw_key(target_bp))


def _draw_svg(shown: list[tuple[int, Figures, BaseGeometry]], target_bp: int, *, given: frozenset[str]) -> str:
    paper = _Paper([shape for _, _, shape in shown])
    paths = []
    for _, one, shape in shown:
        kind = area_class(one.counts.effective, one.counts.roster, target_bp=target_bp)
        fill = "url(#none)" if kind == "none" else AREA_FILLS[kind]
        dash = "" if one.place.id in given else _DASHED
        paths.append(f'<path d="{_trace(shape, paper)}" fill="{fill}"{dash}></path>')
    marks = [_mark(nth, shape, paper) for nth, one, shape in shown if nth <= _NUMBERED and one.counts.roster]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIZE[0]}" height="{_SIZE[1]}" '
        f'viewBox="0 0 {_SIZE[0]} {_SIZE[1]}">'
        f"{_HATCHED}<g {_LINE}>{''.join(paths)}</g>"
        f"{''.join(marks)}</svg>"
    )


def _trace(shape: BaseGeometry, paper: _Paper) -> str:
    moved = shapely.transform(shape, paper.place).simplify(0.6)
    rings = [ring for part in getattr(moved, "geoms", [moved]) for ring in (part.exterior, *part.interiors)]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)) + "Z" for ring in rings)


def _mark(number: int, shape: BaseGeometry, paper: _Paper) -> str:
    (x, y), *_ = paper.place(shapely.get_coordinates(shape.representative_point()))
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="#FFFFFF" stroke="{INK}"></circle>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" {_TEXT}>{number}</text>'
    )


def _draw_key(target_bp: int) -> str:
    low, mid, target = (f"{basis / 100:g}" for basis in class_breaks(target_bp))
    words = {
        "low": text("ov.class.low", a=low),
        "mid": f"{low}–{mid}",
        "near": f"{mid}–{target}",
        "met": f"{target}–100",
        "full": "100%",
    }
    parts = "".join(
        f'<span><i style="background:{AREA_FILLS[kind]}"></i>{words[kind]}</span>'
        for kind in AREA_CLASSES
        if kind in words
    )
    return f'<div class="class-key">{parts}</div>'

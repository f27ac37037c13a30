"""The small map of 总览: areas in the class of their coverage, numbered as the list beside it. Numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely
import streamlit as st

from geo.i18n import text
from geo.palette import AREA_CLASSES, AREA_FILLS, AREA_LINE, HATCH, INK, area_class, class_breaks
from geo.ui.mapdata import read_areas
from geo.ui.navigation import find_page, has_page
from geo.ui.overview_head import draw_head
from geo.ui.paper_map import PaperMap
from geo.ui.session import view_params
from geo.ui.widgets import note

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geo.store.reads import Figures
    from geo.ui.overview_data import Overview
    from geo.ui.session import Session

_SIZE: Final = (392, 262)
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
    paper = PaperMap([shape for _, _, shape in shown], _SIZE)
    paths = []
    for _, one, shape in shown:
        kind = area_class(one.counts.effective, one.counts.roster, target_bp=target_bp)
        fill = "url(#none)" if kind == "none" else AREA_FILLS[kind]
        dash = "" if one.place.id in given else _DASHED
        paths.append(f'<path d="{paper.trace(shape)}" fill="{fill}"{dash}></path>')
    marks = [_mark(nth, shape, paper) for nth, one, shape in shown if nth <= _NUMBERED and one.counts.roster]
    return paper.frame(f"{_HATCHED}<g {_LINE}>{''.join(paths)}</g>{''.join(marks)}")


def _mark(number: int, shape: BaseGeometry, paper: PaperMap) -> str:
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

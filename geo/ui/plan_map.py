"""The small map of 计划: the routes of one day, numbered, in a colour and line a team. Numbers only."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.palette import AREA_LINE, INK, MAP_GROUND
from geo.planning import StopRow, VillagePlan
from geo.ui.paper_map import PaperMap

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geo.areas import Areas

_SIZE: Final = (736, 382)
#: Colour and dashes of teams, by turns: told apart in grey too.
TEAM_LINES: Final = (
    ("#1F4E79", ""), ("#2A7A6F", "7 4"), ("#8A6034", "2 4"), ("#5B2A86", "10 3 2 3"), ("#7A7A7A", "4 2"),
)  # fmt: skip


def draw_day(village: VillagePlan, day: date, outlines: Areas | None = None) -> str:
    """Return an SVG: routes of the day with numbered stops, homes of other days near them as rings, the start a square.

    `outlines`: areas to lie beneath, those that reach into the drawing; computed ones dashed.
    """
    today = [stop for row in village.team_days if row.day == day for stop in row.stops]
    points = np.array([_at(stop) for stop in today] + ([village.start] if village.start else []))
    paper = PaperMap([shapely.multipoints(points)], _SIZE)
    parts = [f'<rect width="{_SIZE[0]}" height="{_SIZE[1]}" fill="{MAP_GROUND}"></rect>']
    if outlines is not None:
        near = shapely.multipoints(points).envelope
        parts += [_outline(paper, shape, given=one in outlines.given) for one, shape in outlines.shapes.items()
                  if shape.intersects(near)]  # fmt: skip
    for row in village.team_days:
        if row.day != day:
            parts += [_ring(paper, stop, _line_of(village, row.team)[0]) for stop in row.stops]
    for row in village.team_days:
        if row.day == day:
            colour, dash = _line_of(village, row.team)
            path = [_at(stop) for stop in row.stops]
            path = [village.start, *path, village.start] if village.start else path
            px = paper.place(np.array(path))
            trace = "L".join(f"{x:.1f} {y:.1f}" for x, y in px)
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            parts.append(f'<path d="M{trace}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes}></path>')
            parts += [_number(paper, stop, colour) for stop in row.stops]
    if village.start:
        (x, y), *_ = paper.place(np.array([village.start]))
        parts.append(f'<rect x="{x - 7:.1f}" y="{y - 7:.1f}" width="14" height="14" fill="{INK}"></rect>')
    return paper.frame("".join(parts))


def draw_swatch(village: VillagePlan, team: str) -> str:
    """Return the line of a team for the key beside the map: HTML."""
    colour, dash = _line_of(village, team)
    return f'<i style="display:inline-block;width:28px;border-top:3px {"dashed" if dash else "solid"} {colour}"></i>'


def _outline(paper: PaperMap, shape: BaseGeometry, *, given: bool) -> str:
    dash = "" if given else f' stroke-dasharray="{" ".join(map(str, AREA_LINE.dash))}"'
    return f'<path d="{paper.trace(shape)}" fill="#FFFFFF" stroke="{AREA_LINE.stroke}" stroke-width="0.8"{dash}></path>'


def _line_of(village: VillagePlan, team: str) -> tuple[str, str]:
    return TEAM_LINES[village.teams.index(team) % len(TEAM_LINES)]


def _at(stop: StopRow) -> tuple[float, float]:
    return (stop.lon or 0.0, stop.lat or 0.0)


def _ring(paper: PaperMap, stop: StopRow, colour: str) -> str:
    (x, y), *_ = paper.place(np.array([_at(stop)]))
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#FFFFFF" stroke="{colour}" stroke-width="1.4"></circle>'


def _number(paper: PaperMap, stop: StopRow, colour: str) -> str:
    (x, y), *_ = paper.place(np.array([_at(stop)]))
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7.5" fill="{colour}" stroke="#FFFFFF"></circle>'
        f'<text x="{x:.1f}" y="{y + 3.2:.1f}" font-family="sans-serif" font-size="9" font-weight="600" '
        f'text-anchor="middle" fill="#FFFFFF">{stop.seq}</text>'
    )

"""What the browser needs to draw one view of the map, as plain data.

Names of places are data: they travel in this JSON alone, fetched by the map's own script, which draws them with
`textContent` and `fillText`. Coordinates are lon, lat in WGS84 degrees.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping as geometry_of
from shapely.geometry.base import BaseGeometry

from geo.areas import label_point
from geo.codes import COMPARED_STATES, ISSUE_RINGS, VISIT_STATES
from geo.i18n import text
from geo.palette import AREA_CLASSES, area_class, class_breaks
from geo.tiles import POINTS_FROM_ZOOM

View = Literal["visits", "issues", "compare"]

#: The rings that the legend lists, worst first.
_LISTED_RINGS: Final = tuple(ring for ring in reversed(ISSUE_RINGS) if ring != "none")
_SHARES: Final[dict[View, str]] = {"visits": "kpi.coverage", "issues": "kpi.clear", "compare": "kpi.coverage"}
_MARGIN_DEG: Final = 0.002


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit drawn as an area: `done` of `due` are visits or issues, as the view asks.

    `shape` None: none of its households is located; it is listed in a corner, not drawn. `computed`: the border is
    not surveyed and is drawn dashed (示意). `unlocated` households are in every figure; `issues` counts open issues
    that concern the unit itself and no single household.
    """

    place: str
    name: str
    done: int
    due: int
    shape: BaseGeometry | None = None
    computed: bool = True
    unlocated: int = 0
    issues: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """The unit whose map it is: its id, name, level, and outline (None: the areas alone show how far it reaches)."""

    place: str
    name: str
    level: str
    outline: BaseGeometry | None = None
    computed: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pointer is told about one household: a heading and (label, value) rows."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def to_json(self) -> bytes:
        """Return the facts as UTF-8 JSON."""
        return _dump({"title": self.title, "rows": [list(row) for row in self.rows]})


@dataclass(frozen=True, slots=True)
class MapSpec:
    """One view: its data for the browser, and the place ids and names behind the areas' numbers (`places[number − 1]`).

    The shapes of the areas travel apart (`shapes`, by number, under the name in `data["shapes"]`): figures change with
    every save, shapes hardly ever.
    """

    data: dict[str, Any]
    places: tuple[str, ...]
    shapes: bytes = b"{}"
    names: tuple[str, ...] = ()

    def to_json(self, **more: object) -> bytes:
        """Return the data as UTF-8 JSON."""
        return _dump(self.data | more)

    def place_of(self, number: int) -> str | None:
        """Return the place id behind a number that came back from the browser; None for one that was never given."""
        return self.places[number - 1] if 1 <= number <= len(self.places) else None


def build_spec(
    view: View,
    frame: Frame,
    *,
    units: Sequence[Unit],
    states: Mapping[str, int],
    rings: Mapping[str, int],
    target_bp: int,
    levels: str,
    escalated: int = 0,
) -> MapSpec:
    """Return the view of one unit and the units below it (`levels` is their level: village or group).

    `states` and `rings` count households by `codes.VISIT_STATES` (in the view that compares rounds by
    `codes.COMPARED_STATES`) and `codes.ISSUE_RINGS`, unlocated ones included, so that the states sum to the roster and
    the excluded (`count_homes`).
    `escalated` counts households with an open issue that went up: their ring is a square.
    In the view of issues, an area's class is its clearance rate (清零率), in the others its coverage.
    """
    numbered = list(enumerate(units, start=1))
    shapes = _dump(_shapes(frame, numbered))
    legend = _legend(view, units, states=states, rings=rings, target_bp=target_bp, level=levels)
    legend["issues"] |= _tell_escalated(escalated)
    data = {
        "lang": "zh-CN",
        "view": view,
        "symbols": "compared" if view == "compare" else "visits",
        "place": frame.place,
        "points_from_zoom": POINTS_FROM_ZOOM,
        "shapes": hashlib.sha256(shapes).hexdigest()[:16],
        "bounds": _bounds(frame, units),
        "frame": _frame(frame),
        "areas": [_area(number, unit, view=view, target_bp=target_bp) for number, unit in numbered if unit.shape],
        "badges": [_badge(number, unit) for number, unit in numbered if unit.unlocated],
        "notes": [_note(number, unit, level=levels) for number, unit in numbered if unit.issues],
        "legend": legend,
        "footnote": _footnote(units, level=levels),
        "words": say_words(frame.name),
    }
    return MapSpec(data, tuple(unit.place for unit in units), shapes, tuple(unit.name for unit in units))


def _tell_escalated(number: int) -> dict[str, Any]:
    return {"escalated": {"name": text("map.legend.escalated"), "count": number}} if number else {}


def count_homes(homes: pd.DataFrame) -> tuple[dict[str, int], dict[str, int]]:
    """Return households by visit state and by ring, located or not, from columns state and ring (0 … 3).

    Excluded households count as a state (the states sum to the roster and the excluded) but in no ring.
    """
    states = Counter(homes["state"].tolist())
    rings = Counter(homes.loc[homes["state"] != "excluded", "ring"].tolist())
    return (
        {state: states[state] for state in VISIT_STATES},
        {ring: rings[code] for code, ring in enumerate(ISSUE_RINGS)},
    )


def _dump(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _bounds(frame: Frame, units: Sequence[Unit]) -> list[float] | None:
    """Return west, south, east, north of all that is drawn, with a margin."""
    shapes = [unit.shape for unit in units if unit.shape is not None]
    if frame.outline is not None:
        shapes.append(frame.outline)
    if not shapes:
        return None
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(np.array(shapes, dtype=object)))
    margin = _MARGIN_DEG if east - west < _MARGIN_DEG else 0.0
    return [west - margin, south - margin, east + margin, north + margin]


def _frame(frame: Frame) -> dict[str, Any] | None:
    if frame.outline is None:
        return None
    return {"computed": frame.computed, "level": frame.level}


def _shapes(frame: Frame, numbered: Sequence[tuple[int, Unit]]) -> dict[str, Any]:
    """Return number → GeoJSON geometry of the areas that are drawn, and that of the frame under "frame"."""
    drawn = {str(number): unit.shape for number, unit in numbered if unit.shape is not None}
    if frame.outline is not None:
        drawn["frame"] = frame.outline
    return {name: geometry_of(shapely.transform(shape, _shorten)) for name, shape in drawn.items()}


def _shorten(positions: Any) -> Any:
    """Round degrees to 0.1 m: what no screen shows would be half of the bytes; shared borders stay shared."""
    return np.round(positions, 6)


def _area(number: int, unit: Unit, *, view: View, target_bp: int) -> dict[str, Any]:
    share = _SHARES[view]
    hint = text("kpi.fraction", word_n=text(f"{share}.n"), n=unit.done, word_N=text(f"{share}.N"), N=unit.due)
    nothing = text("map.no_issues") if view == "issues" else text("map.no_households")
    return {
        "id": number,
        "cls": area_class(unit.done, unit.due, target_bp=target_bp),
        "n": unit.done,
        "N": unit.due,
        "computed": unit.computed,
        "name": unit.name,
        "figure": f"{unit.done}/{unit.due}" if unit.due else nothing,
        "hint": hint if unit.due else nothing,
        "at": [round(degrees, 6) for degrees in label_point(unit.shape)] if unit.shape is not None else None,
    }


def _badge(number: int, unit: Unit) -> dict[str, Any]:
    """Return the badge of a unit's unlocated households; without an area it says whose they are."""
    words = text("map.unlocated", n=unit.unlocated)
    return {"area": number, "n": unit.unlocated, "text": words, "name": unit.name, "drawn": unit.shape is not None}


def _note(number: int, unit: Unit, *, level: str) -> dict[str, Any]:
    words = text(f"map.issues_of.{level}", n=unit.issues)
    return {"area": number, "n": unit.issues, "text": words, "name": unit.name, "drawn": unit.shape is not None}


def _legend(
    view: View,
    units: Sequence[Unit],
    *,
    states: Mapping[str, int],
    rings: Mapping[str, int],
    target_bp: int,
    level: str,
) -> dict[str, Any]:
    classes = Counter(area_class(unit.done, unit.due, target_bp=target_bp) for unit in units)
    listed, words = (COMPARED_STATES, "compared") if view == "compare" else (VISIT_STATES, "state")
    due = sum(states[state] for state in listed if state != "excluded")
    return {
        "hint": text("map.legend.hint"),
        "visits": {
            "title": text("map.legend.compared" if view == "compare" else "map.legend.visits"),
            "rows": [{"code": one, "name": text(f"{words}.{one}"), "count": states[one]} for one in listed],
            "sum": text("map.legend.sum", N=due, x=states["excluded"]),
        },
        "issues": {
            "title": text("map.legend.issues"),
            "rows": [
                {"code": one, "name": text(f"ring.{one}"), "count": rings[one]}
                for one in _LISTED_RINGS
                if rings[one] or one != "deferred"
            ],
        },
        "classes": {
            "title": text(_SHARES[view]),
            "unit": text(f"level.{level}"),
            "rows": [
                {"code": one, "name": _class_name(one, target_bp=target_bp, view=view), "count": classes[one]}
                for one in AREA_CLASSES
            ],
        },
    }


def _class_name(code: str, *, target_bp: int, view: View) -> str:
    low, mid, target = (f"{bound / 100:g}" for bound in class_breaks(target_bp))
    if code == "none":
        return text("map.no_issues") if view == "issues" else text("map.no_households")
    bounds = {
        "low": {"b": low},
        "mid": {"a": low, "b": mid},
        "near": {"a": mid, "b": target},
        "met": {"a": target},
        "full": {},
    }
    return text(f"map.class.{code}", **bounds[code])


def _footnote(units: Sequence[Unit], *, level: str) -> str:
    parts = []
    if any(unit.computed and unit.shape is not None for unit in units):
        parts.append(text(f"map.computed.{level}"))
    if unlocated := sum(unit.unlocated for unit in units):
        parts.append(text("map.not_drawn", n=unlocated))
    return text("map.semicolon").join(parts)


def say_words(name: str) -> dict[str, str]:
    """Return the words of the map's own furniture; `name` is what it shows, for those who hear it."""
    keys = (
        "zoom_in", "zoom_out", "whole", "metres", "kilometres", "north", "failed", "pick_point", "draw_box",
        "draw_lasso", "draw_polygon", "legend_open", "legend_close", "marks", "semicolon",
    )  # fmt: skip
    return {**{key: text(f"map.{key}") for key in keys}, "map": text("map.label", place=name)}

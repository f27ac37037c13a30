"""The points of a source before and after, as one view of our own map layer: numbers and codes, words in its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geo.codes import VISIT_STATES
from geo.i18n import text
from geo.mapspec import Facts, MapSpec, say_words
from geo.tiles import MIN_ZOOM, build_index
from geo.tiles.answers import Still, TileView

if TYPE_CHECKING:
    from geo.crs.shifted import Floats
    from geo.importer.points import PointSource

#: What stands for what, in the order of drawing: as it stands, as proposed, undisputed points of the same groups.
_SYMBOLS: Final = (("before", "unvisited"), ("after", "effective"), ("around", "excluded"))
_MARGIN: Final = 0.15
_LEAST_DEG: Final = 0.002
#: Points as they stand, and neighbours, are shown whole where they are so near (degrees).
_NEAR_DEG: Final = 0.02


def draw_moves(source: PointSource, name: str) -> tuple[MapSpec, TileView, list[Facts]]:
    """Return the view of a source's points, its tiles (tile ids count from 1) and what the pointer is told of each.

    `name` is how the proposed reading is called. Points as they stand that are no degrees are left out.
    """
    moves = np.array(source.moves, dtype=np.float64).reshape(-1, 4)
    before = moves[np.isfinite(moves[:, 0])][:, :2]
    lots = (before, moves[:, 2:], np.array(source.around, dtype=np.float64).reshape(-1, 2))
    sides = [np.full(len(lot), side) for side, lot in enumerate(lots)]
    places, side = np.vstack(lots), np.concatenate(sides)
    codes = np.array([VISIT_STATES.index(state) for _, state in _SYMBOLS])
    homes = pd.DataFrame(
        {"place": "", "tile_id": np.arange(1, len(places) + 1), "lon": places[:, 0],
         "lat": np.clip(places[:, 1], -85, 85), "state": codes[side], "ring": 0, "dwelling": ""}
    )  # fmt: skip
    tiles = TileView(Still(build_index(homes, 1)), points_from=MIN_ZOOM)
    words = [text("import_points.as_it_stands"), name, text("import_points.around")]
    rows = [{"code": state, "name": words[nth], "count": len(lots[nth])} for nth, (_, state) in enumerate(_SYMBOLS)]
    facts = [
        Facts(words[int(which)], ((text("import_points.place"), f"{lon:.5f}, {lat:.5f}"),))
        for which, (lon, lat) in zip(side.tolist(), places.tolist(), strict=True)
    ]
    return MapSpec(_view(_frame(lots), rows), ()), tiles, facts


def _frame(lots: tuple[Floats, Floats, Floats]) -> list[float]:
    """Return west, south, east, north of what is proposed and, where that is near, of the rest, with a margin."""
    after = lots[1]
    reach = 2 * float(max(np.ptp(after, axis=0).max(), _LEAST_DEG)) + _NEAR_DEG
    near = [lot[(np.abs(lot - after.mean(axis=0)) < reach).all(axis=1)] for lot in (lots[0], lots[2])]
    shown = np.vstack([after, *near])
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = max(_MARGIN * float((high - low).max()), _LEAST_DEG)
    return [float(edge) for edge in (*(low - margin), *(high + margin))]


def _view(bounds: list[float], rows: list[dict[str, Any]]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"title": "", "rows": []}
    return {
        "lang": "zh-CN", "view": "visits", "symbols": "visits", "place": "import", "points_from_zoom": 0, "shapes": "",
        "bounds": bounds, "frame": None, "areas": [], "badges": [],
        "notes": [], "footnote": "", "words": say_words(text("import_points.title")),
        "legend": {
            "hint": "", "visits": {"title": text("import_points.legend"), "rows": rows}, "issues": nothing,
            "classes": nothing | {"unit": ""},
        },
    }  # fmt: skip

"""Coordinates of a file: usable WGS84 degrees, or left empty and listed; a repair is proposed, never silent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.importer.findings import Option
from geo.importer.meanings import SKIP
from geo.store.area import Area
from geo.validate import parse_degrees, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.validate import Cell

_LON: Final = (73.0, 136.0)
_LAT: Final = (3.0, 54.0)


def read_points(
    ledger: Ledger, lons: Sequence[Cell], lats: Sequence[Cell], *, area: Area | None, answers: Mapping[str, str]
) -> tuple[list[float | None], list[float | None]]:
    """Return lon and lat (WGS84 degrees) of every row; both are None where no usable point is given.

    Nothing is listed when no row has a coordinate. Answers: `points:swapped` = swap, `points:outside` = keep.
    """
    east, north = [parse_degrees(cell) for cell in lons], [parse_degrees(cell) for cell in lats]
    if all(code == "W_COORD_MISSING" for _, code in east) and all(code == "W_COORD_MISSING" for _, code in north):
        return [None] * len(lons), [None] * len(lats)
    x = np.array([math.nan if lon is None else lon for lon, _ in east])
    y = np.array([math.nan if lat is None else lat for lat, _ in north])
    good = np.isfinite(x) & np.isfinite(y) & (np.abs(x) <= 180) & (np.abs(y) <= 90) & (x != 0) & (y != 0)  # noqa: PLR2004 - the globe
    if area is not None:
        good &= area.holds(x, y)
    for nth in np.flatnonzero(~good).tolist():
        x[nth], y[nth] = _judge(ledger, nth, (lons[nth], east[nth]), (lats[nth], north[nth]), area, answers)
    return (
        [None if math.isnan(lon) else float(lon) for lon in x],
        [None if math.isnan(lat) else float(lat) for lat in y],
    )


_NOWHERE: Final = (math.nan, math.nan)


def _judge(
    ledger: Ledger, nth: int, lon: tuple[Cell, tuple[float | None, str]], lat: tuple[Cell, tuple[float | None, str]],
    area: Area | None, answers: Mapping[str, str],
) -> tuple[float, float]:  # fmt: skip
    """List what is wrong with one row's point; return the point to take, which is none unless a repair was chosen."""
    for key, (cell, (_, code)) in (("lon", lon), ("lat", lat)):
        if code:
            ledger.warn(code, nth, key, to_text(cell))
            return _NOWHERE
    x, y = float(lon[1][0] or 0), float(lat[1][0] or 0)
    shown = f"{to_text(lon[0])}, {to_text(lat[0])}"
    if x == 0 or y == 0:
        ledger.warn("W_COORD_ZERO", nth, "lon", shown)
    elif _is_swapped(x, y, area):
        ledger.warn("W_COORD_SWAPPED", nth, "lon", shown)
        _offer(ledger, nth, "swapped", "swap")
        if answers.get("points:swapped") == "swap":
            return y, x
    elif not (abs(x) <= 180 and abs(y) <= 90):  # noqa: PLR2004 - the globe
        ledger.warn("W_COORD_RANGE", nth, "lon" if abs(x) > 180 else "lat", shown)  # noqa: PLR2004 - the globe
    else:
        ledger.warn("W_COORD_OUT_OF_AREA", nth, "lon", shown)
        _offer(ledger, nth, "outside", "keep")
        if answers.get("points:outside") == "keep":
            return x, y
    return _NOWHERE


def _is_swapped(x: float, y: float, area: Area | None) -> bool:
    if area is not None and area.holds(y, x):
        return True
    return _LAT[0] <= x <= _LAT[1] and _LON[0] <= y <= _LON[1]


def _offer(ledger: Ledger, nth: int, value: str, repair: str) -> None:
    options = (Option(repair, repair), Option(SKIP, SKIP))
    code = "W_COORD_SWAPPED" if value == "swapped" else "W_COORD_OUT_OF_AREA"
    ledger.ask("points", nth, "lon", value, options=options, suggestion=SKIP, blocking=False, code=code)

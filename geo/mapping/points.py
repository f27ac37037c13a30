"""Points of a target: from its declared system to WGS84 degrees, or left empty and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs.systems import parse_system, to_wgs84
from geo.mapping.evaluate import evaluate, to_numbers
from geo.validate import parse_degrees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.mapping.ledger import Ledger
    from geo.mapping.spec import Target
    from geo.schema.mapped import MappedField
    from geo.store.area import Area

#: Seven digits after the point are a centimetre.
_DIGITS: Final = 7


def read_points(
    ledger: Ledger, target: Target, fields: dict[str, MappedField], mask: NDArray[np.bool_], *, area: Area | None
) -> tuple[list[float | None], list[float | None], list[str]]:
    """Return lon, lat (WGS84 degrees) of every row, None where there is no usable point, and what was written there.

    What was written is '' where the target's system is WGS84.

    Numbers are read in the target's system: x (lon) east, y (lat) north. Listed are W_COORD_UNPARSEABLE, _ZERO, _RANGE
    and _OUT_OF_AREA (outside `within`, or the known area of the database's district); a row without any is not.
    """
    if "lon" not in target.fields:
        return [None] * len(ledger.table), [None] * len(ledger.table), [""] * len(ledger.table)
    east = _read_numbers(ledger, target, fields, mask, "lon")
    north = _read_numbers(ledger, target, fields, mask, "lat")
    usable = np.isfinite(east) & np.isfinite(north)
    zero = usable & ((east == 0) | (north == 0))
    lon, lat = to_wgs84(parse_system(target.points.crs), east, north)
    fits = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # noqa: PLR2004 - the globe
    inside = fits & _is_inside(target, area, lon, lat)
    for code, wrong in (
        ("W_COORD_ZERO", zero),
        ("W_COORD_RANGE", usable & ~zero & ~fits),
        ("W_COORD_OUT_OF_AREA", usable & ~zero & fits & ~inside),
    ):
        for nth in np.flatnonzero(wrong & mask).tolist():
            shown = f"{east[nth]:g}, {north[nth]:g}"
            ledger.warn(code, nth, fields["lon"].header, shown, value=target.fields["lon"])
    good = (usable & ~zero & inside).tolist()
    written = [""] * len(good)
    if target.points.crs != "wgs84":
        pairs = zip(east.tolist(), north.tolist(), strict=True)
        written = [f"{x:.12g}, {y:.12g}" if fine else "" for (x, y), fine in zip(pairs, good, strict=True)]
    return _rounded(lon, good), _rounded(lat, good), written


def _rounded(degrees: NDArray[np.float64], good: list[bool]) -> list[float | None]:
    rounded = np.round(degrees, _DIGITS).tolist()
    return [one if fine else None for one, fine in zip(rounded, good, strict=True)]


def _read_numbers(
    ledger: Ledger, target: Target, fields: dict[str, MappedField], mask: NDArray[np.bool_], key: str
) -> NDArray[np.float64]:
    texts = evaluate(target.fields[key], ledger.table)
    numbers = to_numbers(texts)
    for nth in np.flatnonzero(np.isnan(numbers)).tolist():
        number, code = parse_degrees(texts[nth])
        if code == "W_COORD_UNPARSEABLE" and mask[nth]:
            ledger.warn(code, nth, fields[key].header, texts[nth], value=target.fields[key])
        numbers[nth] = np.nan if number is None else number
    return numbers


def _is_inside(
    target: Target, area: Area | None, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.bool_]:
    box = target.points.within
    if box is not None:
        west, south, east, north = box
        return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    if area is None:
        return np.ones(len(lon), dtype=bool)
    return np.asarray(area.holds(lon, lat), dtype=bool)

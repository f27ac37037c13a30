"""Which of two columns called X坐标 and Y坐标 is which: their numbers tell, whatever the headers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import is_easting, is_northing
from geo.validate import parse_degrees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.validate import Cell

_LONGITUDES: Final = (73.0, 136.0)
_LATITUDES: Final = (3.0, 54.0)
#: Larger numbers are metres of some projection, where the header's usual meaning counts.
_LEAST_METRES: Final = 10_000.0


def choose_axis(cells: Sequence[Cell], candidates: Sequence[str]) -> str | None:
    """Return `lon` or `lat` of the candidates for a column, whose middle number speaks for it.

    Degrees of China and Gauss-Krüger metres tell; other metres are the first candidate, other numbers None.
    """
    numbers = np.sort([number for number, _ in map(parse_degrees, cells) if number is not None])
    if not len(numbers):
        return None
    middle = numbers[len(numbers) // 2 : len(numbers) // 2 + 1]
    found = {
        "lon": bool(_within(middle, _LONGITUDES) or (is_easting(middle)[0] and abs(middle[0]) >= _LEAST_METRES)),
        "lat": bool(_within(middle, _LATITUDES) or is_northing(middle)[0]),
    }
    told = [key for key in candidates if found[key]]
    if told:
        return told[0]
    return candidates[0] if candidates and abs(middle[0]) >= _LEAST_METRES else None


def _within(middle: np.ndarray[tuple[int], np.dtype[np.float64]], bounds: tuple[float, float]) -> bool:
    return bool(bounds[0] <= middle[0] <= bounds[1])

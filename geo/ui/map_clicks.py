"""What comes back from the map: numbers and positions that our layer sends, or nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from geo.tiles.grid import MAX_LATITUDE
from geo.ui.household_tiles import Ring

_WITH_NUMBER: Final = frozenset({"household", "place", "unlocated", "issues"})
_FEWEST_CORNERS: Final = 3
_MOST_CORNERS: Final = 1000
_OF_VIEW: Final = frozenset({"share", "print"})
_MOST_PX: Final = 8000
_BITS: Final = 16
_BARE: Final = frozenset({"clear", "next", "previous"})
_MOST_ZOOM: Final = 24
_HALF_CIRCLE: Final = 180


#: Numbers of visit states and of rings that a legend hides.
Hidden: TypeAlias = tuple[frozenset[int], frozenset[int]]
NOTHING: Final[Hidden] = (frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a map stands: its centre (lon, lat in WGS84 degrees), zoom, size in px, and what its legend hides.

    `hidden` are the numbers of hidden visit states and of hidden rings; `beside` those of the map beside it, where
    there are two. `based`: a base map lies under it.
    """

    lon: float
    lat: float
    zoom: float
    size: tuple[int, int] = (986, 566)
    hidden: Hidden = NOTHING
    beside: Hidden = NOTHING
    based: bool = False


@dataclass(frozen=True, slots=True)
class Clicked:
    """What was clicked, by `kind`.

    "household": `number` is the tile id; "place", and its badges "unlocated" and "issues": `number` is the area's in
    the spec (`MapSpec.place_of`); "point": a position (lon, lat in WGS84 degrees); "clear": nothing any more (Esc);
    "drawn": `ring` is an area (lon, lat corners); "share", "print": where the map stands when that is asked for;
    "next", "previous": the household after or before the selected one in the register.
    """

    kind: str
    number: int = 0
    lon: float | None = None
    lat: float | None = None
    ring: Ring = ()
    standing: Standing | None = None


def read_click(drawing: object) -> Clicked | None:
    """Return what a drawing that came from the browser says, or None for anything that our layer does not send."""
    if not isinstance(drawing, dict) or not isinstance(drawing.get("properties"), dict):
        return None
    kind, number = drawing["properties"].get("kind"), drawing["properties"].get("id")
    if kind in _BARE:
        return Clicked(kind)
    if kind in _WITH_NUMBER:
        return Clicked(kind, number) if _is_number(number) and number > 0 else None
    geometry = drawing.get("geometry")
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "drawn":
        ring = read_ring(coordinates)
        return Clicked("drawn", ring=ring) if ring else None
    position = coordinates if kind == "point" or kind in _OF_VIEW else None
    if not isinstance(position, list) or len(position) != 2 or not all(map(_is_finite, position)):  # noqa: PLR2004 - lon, lat
        return None
    lon, lat = map(float, position)
    if kind == "point":
        return Clicked("point", lon=lon, lat=lat)
    standing = _read_standing(drawing["properties"], lon, lat)
    return None if standing is None else Clicked(kind, standing=standing)


def _read_standing(said: dict[str, Any], lon: float, lat: float) -> Standing | None:
    zoom, size = said.get("zoom"), _read_pair(said.get("size"))
    hidden, beside = _read_pair(said.get("hidden")), _read_pair(said.get("beside", [0, 0]))
    if (
        size is None
        or hidden is None
        or beside is None
        or not _is_finite(zoom)
        or not 0 <= float(zoom or 0) <= _MOST_ZOOM
    ):
        return None
    if abs(lon) > _HALF_CIRCLE or abs(lat) > MAX_LATITUDE:
        return None
    width, height = (min(max(one, 1), _MOST_PX) for one in size)
    at = (lon, lat, float(zoom or 0), (width, height))
    return Standing(*at, _read_bits(hidden), _read_bits(beside), based=said.get("based") is True)


def _read_bits(pair: tuple[int, int]) -> Hidden:
    states, rings = (frozenset(bit for bit in range(_BITS) if one >> bit & 1) for one in pair)
    return states, rings


def _read_pair(said: object) -> tuple[int, int] | None:
    match said:
        case [int(first), int(second)] if _is_number(first) and _is_number(second):
            return first, second
    return None


def read_ring(coordinates: object) -> Ring:
    """Return the corners of an area as our layer sends it, or none for anything else."""
    ring = coordinates[0] if isinstance(coordinates, list) and len(coordinates) == 1 else None
    if not isinstance(ring, list) or not _FEWEST_CORNERS <= len(ring) <= _MOST_CORNERS:
        return ()
    for corner in ring:
        if not isinstance(corner, list) or len(corner) != 2 or not all(map(_is_finite, corner)):  # noqa: PLR2004 - lon, lat
            return ()
        if abs(corner[0]) > _HALF_CIRCLE or abs(corner[1]) > MAX_LATITUDE:
            return ()
    return tuple((float(lon), float(lat)) for lon, lat in ring)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    return (_is_number(value) or isinstance(value, float)) and math.isfinite(value)  # type: ignore[arg-type]

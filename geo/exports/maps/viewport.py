"""A piece of the map: where positions lie on a picture of some size, as on the screen (Web-Mercator, EPSG:3857)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.basemaps import Piece
from geo.tiles.grid import MAX_LATITUDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TILE: Final = 256
#: Metres of a px at zoom 0 on the equator.
_WORLD_M: Final = 156_543.033928
_MOST_ZOOM: Final = 17.0
_NICE: Final = (5, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class Viewport:
    """A piece of the map: its centre (lon, lat in WGS84 degrees), the zoom, its size in px."""

    lon: float
    lat: float
    zoom: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: Sequence[float], size: tuple[int, int], *, margin: int = 24) -> Viewport:
        """Return the piece of a size (px) that shows bounds (west, south, east, north in degrees) whole."""
        west, south, east, north = bounds
        (left, top), (right, bottom) = _world(np.array([[west, north], [east, south]]))
        spans = (max(right - left, 1e-12), max(bottom - top, 1e-12))
        room = (size[0] - 2 * margin, size[1] - 2 * margin)
        zoom = min(math.log2(px / span) for px, span in zip(room, spans, strict=True))
        middle = (top + bottom) / 2
        lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * middle / _TILE))))
        return cls((west + east) / 2, lat, min(zoom, _MOST_ZOOM), *size)

    @property
    def scale(self) -> float:
        """Px of the picture to a px of zoom 0."""
        return float(2.0**self.zoom)

    def place(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return px from the upper left corner for rows of lon, lat (WGS84 degrees)."""
        middle = _world(np.array([[self.lon, self.lat]]))
        moved: NDArray[np.float64] = (_world(degrees) - middle) * self.scale + (self.width / 2, self.height / 2)
        return moved

    @property
    def piece(self) -> Piece:
        """The same piece of the world for its base map."""
        ((x, y),) = _world(np.array([[self.lon, self.lat]]))
        width, height = self.width / self.scale, self.height / self.scale
        return Piece(float(x) - width / 2, float(y) - height / 2, width, height, self.zoom)

    def scale_bar(self, most_px: float = 110) -> tuple[float, int]:
        """Return the length of a scale bar in px and the metres it stands for, a round number."""
        metre_px = self.scale / (_WORLD_M * math.cos(math.radians(self.lat)))
        power = 10 ** math.floor(math.log10(most_px / metre_px))
        length = next((times * power for times in _NICE if times * power * metre_px <= most_px), power)
        return length * metre_px, int(length) or 1


def _world(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return px at zoom 0 for rows of lon, lat (WGS84 degrees)."""
    lat = np.radians(np.clip(degrees[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    x = (degrees[:, 0] + 180) / 360
    y = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2
    return np.column_stack([x, y]) * _TILE

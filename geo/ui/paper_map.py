"""Outlines on a small drawing: where degrees lie in px, and the paths of shapes. Plain SVG that holds only numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_MARGIN: Final = 8
#: How far a line may move to be drawn with fewer corners, in px.
_COARSE_PX: Final = 0.6


class PaperMap:
    """A drawing of some size (px) that holds some shapes (WGS84 degrees), longitude shortened by the latitude."""

    def __init__(self, shapes: Sequence[BaseGeometry], size: tuple[int, int], *, cropped: bool = False) -> None:
        """Fit all shapes into the drawing; `cropped`: no higher than they need, but at least a quarter."""
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
        self._west, self._north = float(west), float(north)
        self._shorter = float(np.cos(np.radians((south + north) / 2)))
        width, height = (size[0] - 2 * _MARGIN), (size[1] - 2 * _MARGIN)
        spans = (max((east - west) * self._shorter, 1e-9), max(north - south, 1e-9))
        self._scale = min(width / spans[0], height / spans[1])
        needed = round(spans[1] * self._scale) + 2 * _MARGIN
        self.size = (size[0], max(needed, size[1] // 4)) if cropped else size
        self._left = (size[0] - spans[0] * self._scale) / 2

    def place(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return px for rows of lon, lat."""
        x = self._left + (degrees[:, 0] - self._west) * self._shorter * self._scale
        y = _MARGIN + (self._north - degrees[:, 1]) * self._scale
        return np.column_stack([x, y])

    def trace(self, shape: BaseGeometry) -> str:
        """Return the path of a polygon or multipolygon."""
        moved = shapely.transform(shape, self.place).simplify(_COARSE_PX)
        rings = [ring for part in getattr(moved, "geoms", [moved]) for ring in (part.exterior, *part.interiors)]
        return "".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)) + "Z" for ring in rings
        )

    def frame(self, inner: str) -> str:
        """Return the SVG around what is drawn."""
        width, height = self.size
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}">{inner}</svg>'
        )

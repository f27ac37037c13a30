"""Heights above the sea from the user's GeoTIFF: one band of metres, north up, in degrees or a projection."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from warnings import catch_warnings

import numpy as np
import pyproj
from PIL import Image, UnidentifiedImageError

from geo.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Tags of the TIFF and GeoTIFF specifications.
_SCALE, _TIEPOINT, _KEYS, _NODATA = 33550, 33922, 34735, 42113
#: Keys of the GeoKeyDirectory: raster type (2 = a value is a point), and the systems.
_RASTER_TYPE, _GEOGRAPHIC, _PROJECTED = 1025, 2048, 3072
_IS_POINT: Final = 2
_USER_DEFINED: Final = 32767
_WGS84: Final = 4326
#: A district at ten metres has fewer cells than this; a raster that has more is not read into memory.
_MOST_CELLS: Final = 80_000_000
_LOWEST_M, _HIGHEST_M = -500.0, 9_000.0


@dataclass(frozen=True, slots=True)
class Heights:
    """A raster of metres above the sea, NaN where there is none.

    `west`, `north` are of the centre of the first cell, `step_x`, `step_y` (southwards) of a cell, in units of the
    system `crs` (EPSG number).
    """

    metres: NDArray[np.float32]
    west: float
    north: float
    step_x: float
    step_y: float
    crs: int

    def at(self, lon: Floats, lat: Floats) -> Floats:
        """Return the height at points (lon, lat in WGS84 degrees), between the four nearest cells; NaN outside."""
        x, y = lon, lat
        if self.crs not in (_WGS84, 4490):
            x, y = pyproj.Transformer.from_crs(_WGS84, self.crs, always_xy=True).transform(lon, lat)
        column, row = (np.asarray(x) - self.west) / self.step_x, (self.north - np.asarray(y)) / self.step_y
        rows, columns = self.metres.shape
        # Half a cell beyond the outermost centres still lies on the raster.
        inside = (np.abs(column - (columns - 1) / 2) <= columns / 2) & (np.abs(row - (rows - 1) / 2) <= rows / 2)
        column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
        left, top = np.floor(column).astype(int), np.floor(row).astype(int)
        right, below = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        across, down = column - left, row - top
        cells = self.metres
        upper = cells[top, left] * (1 - across) + cells[top, right] * across
        lower = cells[below, left] * (1 - across) + cells[below, right] * across
        height: Floats = np.where(inside, upper * (1 - down) + lower * down, np.nan)
        return height


def read_heights(path: Path) -> Heights:
    """Return the heights of a GeoTIFF. Raises `Invalid` when it is none, too large, or does not say where it lies."""
    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    try:
        # What Pillow warns of, and reads past, is no height to plan by.
        with catch_warnings(action="error"), Image.open(path, formats=["TIFF"]) as image:
            tags: Any = image.tag_v2  # type: ignore[attr-defined]
            _check_image(image, tags, path.name)
            values = np.asarray(image).astype(np.float32)
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid("heights.too_large", file=path.name, n=_MOST_CELLS // 1_000_000) from error
    except (Warning, UnidentifiedImageError, OSError, SyntaxError, ValueError, OverflowError, struct.error) as error:
        raise Invalid("heights.unreadable", file=path.name) from error
    if values.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise Invalid("heights.unreadable", file=path.name)
    values[~((values >= _LOWEST_M) & (values <= _HIGHEST_M))] = np.nan
    if (nodata := _read_nodata(tags)) is not None:
        values[values == nodata] = np.nan
    keys = _read_keys(tags)
    west, north, step_x, step_y = _read_frame(tags, path.name, is_point=keys.get(_RASTER_TYPE) == _IS_POINT)
    return Heights(values, west, north, step_x, step_y, _find_system(keys, path))


def _check_image(image: Image.Image, tags: Any, name: str) -> None:
    """Look at what the file claims, before a cell is read. Raises `Invalid`."""
    if image.width * image.height > _MOST_CELLS:
        raise Invalid("heights.too_large", file=name, n=_MOST_CELLS // 1_000_000)
    if len(image.getbands()) != 1:
        raise Invalid("heights.unreadable", file=name)
    if _SCALE not in tags or _TIEPOINT not in tags:
        raise Invalid("heights.no_place", file=name)


def _read_frame(tags: Any, name: str, *, is_point: bool) -> tuple[float, float, float, float]:
    """Return west, north, step_x, step_y of `Heights`. Raises `Invalid` where they are no place on Earth."""
    try:
        (step_x, step_y), (column, row, _, x, y) = tags[_SCALE][:2], tags[_TIEPOINT][:5]
        middle = 0.0 if is_point else 0.5
        frame = float(x + (middle - column) * step_x), float(y - (middle - row) * step_y), float(step_x), float(step_y)
    except (TypeError, ValueError) as error:
        raise Invalid("heights.no_place", file=name) from error
    if not (np.isfinite(frame).all() and step_x > 0 and step_y > 0):
        raise Invalid("heights.no_place", file=name)
    return frame


def _read_nodata(tags: Any) -> float | None:
    try:
        return float(str(tags[_NODATA]).strip("\x00 ")) if _NODATA in tags else None
    except ValueError:
        return None


def _read_keys(tags: Any) -> dict[int, int]:
    """Return the keys whose value stands in the directory itself."""
    listed = tags.get(_KEYS, ())
    rows = [listed[at : at + 4] for at in range(4, len(listed) - 3, 4)] if isinstance(listed, tuple) else []
    return {int(key): int(value) for key, place, _, value in rows if place == 0}


def _find_system(keys: dict[int, int], path: Path) -> int:
    """Return the EPSG number; a file in degrees without one is taken as WGS84. Raises `Invalid`."""
    found = keys.get(_PROJECTED) or keys.get(_GEOGRAPHIC) or _WGS84
    if found == _USER_DEFINED:
        raise Invalid("heights.no_place", file=path.name)
    try:
        pyproj.CRS.from_epsg(found)
    except pyproj.exceptions.CRSError as error:
        raise Invalid("heights.no_place", file=path.name) from error
    return found

"""The base map of a whole piece of the map as one picture, put together from its tiles."""

from __future__ import annotations

import io
import math
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from PIL import Image

if TYPE_CHECKING:
    from geo.basemaps.pictures import Source

#: A tile: layer, zoom, column, row.
_Name: TypeAlias = "tuple[int, int, int, int]"

_TILE: Final = 256
#: Tiles fetched at once, and seconds that all of them may take: paper does not wait for a service that is not there.
_AT_ONCE: Final = 6
_SECONDS: Final = 12.0
#: Tiles of a piece at most, and the longest side of one of them in px.
_MOST_TILES: Final = 400
_LONGEST: Final = 1024
_QUALITY: Final = 88
#: What tiles are: decoders of other formats never see one.
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_EMPTY: Final = (243, 244, 241)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the world: left upper corner and size in px of zoom 0 (Web-Mercator, 256 px wide), and its zoom."""

    left: float
    top: float
    width: float
    height: float
    zoom: float


def draw_ground(source: Source, piece: Piece) -> bytes:
    """Return the base map of a piece as JPEG, to be stretched over it; empty where no tile of it came."""
    low, high = source.zooms
    zoom = min(max(round(piece.zoom), low), high)
    left, top, width, height = (one * 2.0**zoom for one in (piece.left, piece.top, piece.width, piece.height))
    columns = range(max(0, math.floor(left / _TILE)), min(1 << zoom, math.floor((left + width) / _TILE) + 1))
    rows = range(max(0, math.floor(top / _TILE)), min(1 << zoom, math.floor((top + height) / _TILE) + 1))
    names = [(layer, zoom, x, y) for layer in range(source.layers) for y in rows for x in columns]
    tiles = _fetch(source, names) if len(names) <= _MOST_TILES else {}
    if not tiles:
        return b""
    ground = Image.new("RGB", (max(1, round(width)), max(1, round(height))), _EMPTY)
    for name in names:
        if name in tiles:
            at = (round(name[2] * _TILE - left), round(name[3] * _TILE - top))
            ground.paste(tiles[name], at, tiles[name])
    target = io.BytesIO()
    ground.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()


def _fetch(source: Source, names: list[_Name]) -> dict[_Name, Image.Image]:
    """Return the tiles that came in time, with their transparency; those of no picture are left out."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    asked = {name: pool.submit(source.picture, *name) for name in names}
    wait(asked.values(), timeout=_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    came = {name: one.result() for name, one in asked.items() if one.done() and not one.cancelled()}
    opened = {name: _open(picture.body) for name, picture in came.items() if picture is not None}
    return {name: tile for name, tile in opened.items() if tile is not None}


def _open(body: bytes) -> Image.Image | None:
    try:
        tile = Image.open(io.BytesIO(body), formats=_FORMATS)
        if max(tile.size) > _LONGEST:
            return None
        return tile.convert("RGBA").resize((_TILE, _TILE))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None

"""Pictures from a PMTiles file, version 3 (its specification is public): a header, directories, tiles behind them.

Tiles are numbered zoom by zoom along a Hilbert curve. A directory lists runs of numbers with the place of their bytes;
a run of length 0 is the place of a further directory.
"""

from __future__ import annotations

import gzip
import mmap
import struct
import zlib
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from geo.basemaps.pictures import sniff_picture
from geo.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

    from geo.basemaps.pictures import Picture

MAGIC: Final = b"PMTiles\x03"
_HEADER: Final = struct.Struct("<8s11Q6B")
_WHOLE_HEADER: Final = 127
_NONE, _GZIP = 1, 2
#: Tile types that are pictures: png, jpeg, webp.
_PICTURES: Final = frozenset({2, 3, 4})
_DEEPEST: Final = 4
_MOST_BYTES: Final = 4_000_000
_DIRECTORIES_KEPT: Final = 64


class _Entry(NamedTuple):
    number: int
    offset: int
    length: int
    run: int


class PMTiles:
    """An open PMTiles file with pictures. Read only."""

    layers = 1

    def __init__(self, path: Path) -> None:
        """Open it. Raises `Invalid` for a file that is none, is packed in another way, or holds vector tiles."""
        with path.open("rb") as file:
            try:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:
                raise Invalid("basemap.unreadable", file=path.name) from error
        if len(self._bytes) < _WHOLE_HEADER:
            raise Invalid("basemap.unreadable", file=path.name)
        found = _HEADER.unpack_from(self._bytes)
        self._root, self._leaves, self._data = found[1:3], found[5], found[7]
        inside, outside, kind, low, high = found[13:18]
        if inside not in (_NONE, _GZIP) or outside not in (0, _NONE) or kind not in _PICTURES:
            raise Invalid("basemap.no_pictures", file=path.name)
        self._packed = inside == _GZIP
        self.zooms = (low, high)
        self._directory = lru_cache(_DIRECTORIES_KEPT)(self._read_directory)

    def picture(self, layer: int, zoom: int, x: int, y: int) -> Picture | None:  # noqa: ARG002 - there is one layer
        """Return a tile; None where there is none, or where the file is broken."""
        wanted = number_tile(zoom, x, y)
        offset, length = self._root
        try:
            for _ in range(_DEEPEST):
                found = _find(self._directory(offset, length), wanted)
                if found is None:
                    return None
                if found.run:
                    return sniff_picture(self._slice(self._data + found.offset, found.length))
                offset, length = self._leaves + found.offset, found.length
        except (IndexError, OSError, zlib.error, EOFError):
            return None
        return None

    def _slice(self, offset: int, length: int) -> bytes:
        return self._bytes[offset : offset + length] if length <= _MOST_BYTES else b""

    def _read_directory(self, offset: int, length: int) -> list[_Entry]:
        content = self._slice(offset, length)
        return _unpack(gzip.decompress(content) if self._packed else content)


def number_tile(zoom: int, x: int, y: int) -> int:
    """Return the number of a tile: those of all lower zooms, then its place along the Hilbert curve of its own."""
    along, side = 0, 1 << zoom
    step = side >> 1
    at_x, at_y = x, y
    while step:
        right, lower = int(bool(at_x & step)), int(bool(at_y & step))
        along += step * step * ((3 * right) ^ lower)
        if not lower:
            if right:
                at_x, at_y = side - 1 - at_x, side - 1 - at_y
            at_x, at_y = at_y, at_x
        step >>= 1
    return ((1 << 2 * zoom) - 1) // 3 + along


def _find(entries: list[_Entry], wanted: int) -> _Entry | None:
    at = bisect_right(entries, wanted, key=lambda one: one.number) - 1
    if at < 0:
        return None
    found = entries[at]
    return found if not found.run or wanted - found.number < found.run else None


def _unpack(content: bytes) -> list[_Entry]:
    """Return the entries of a directory: four lists of whole numbers, one after the other."""
    values = _numbers(content)
    count = next(values)
    steps, runs, lengths, places = ([next(values) for _ in range(count)] for _ in range(4))
    entries: list[_Entry] = []
    number = 0
    for step, run, length, place in zip(steps, runs, lengths, places, strict=True):
        number += step
        # 0: right behind the one before.
        offset = place - 1 if place or not entries else entries[-1].offset + entries[-1].length
        entries.append(_Entry(number, offset, length, run))
    return entries


class _numbers:  # noqa: N801 - reads like the generator it is
    """Whole numbers of seven bits a byte, the last byte of each below 128. Ends with `IndexError`."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def __next__(self) -> int:
        value = shift = 0
        while True:
            byte = self._content[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
                return value
            shift += 7

"""What one view of the map answers by name: tiles by their address, and what became different since a version."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.errors import NotFound
from geo.store.remember import Remembered
from geo.tiles.index import TileIndex, Wanted
from geo.tiles.tile import MIN_ZOOM, POINTS_FROM_ZOOM, encode_tile

_TILE: Final = re.compile(r"t/(\d{1,12})/(\d{1,2})/(\d{1,7})/(\d{1,7})")
#: Several tiles of one zoom in one answer: a request costs more than most tiles.
_TILES: Final = re.compile(r"ts/(\d{1,12})/(\d{1,2})/(\d{1,7}-\d{1,7}(?:_\d{1,7}-\d{1,7}){0,31})")
_CHANGES: Final = re.compile(r"changes/(\d{1,12})\.json")
_BYTES: Final = "application/octet-stream"
#: Views whose households are a part of an index, kept at once in the process; another one is cut anew.
_CUTS_KEPT: Final = 12
_cuts: Final[Remembered[TileIndex]] = Remembered(_CUTS_KEPT)


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes and their media type; `lasts`: these bytes will always stand under the name."""

    body: bytes
    media_type: str
    lasts: bool = False


class HasIndex(Protocol):
    """What can say how things are at this moment."""

    def now(self) -> TileIndex:
        """Return the index as it is now."""
        ...


@dataclass(frozen=True, slots=True)
class Still:
    """An index that nothing changes: a file's points, a test's."""

    index: TileIndex

    def now(self) -> TileIndex:
        """Return the index."""
        return self.index


@dataclass(frozen=True, slots=True)
class TileView:
    """One view: what it is cut from, which households it shows, and from which zoom on as points."""

    live: HasIndex
    wanted: Wanted = field(default_factory=Wanted)
    points_from: int = POINTS_FROM_ZOOM
    #: Which households a filter leaves (tile ids, sorted), asked anew after each save; None without a filter.
    pick: Callable[[], NDArray[np.uint32]] | None = None
    _picked: dict[int, NDArray[np.uint32]] = field(default_factory=dict, repr=False)
    _name: object = field(default_factory=object, repr=False)
    #: A screen asks in several requests at once: the first of them does what all of them need.
    _once: Lock = field(default_factory=Lock, repr=False)

    @property
    def version(self) -> int:
        """The version of the data as it is now."""
        return self.live.now().version

    def now(self) -> tuple[TileIndex, Wanted]:
        """Return the index as it is now, and which of its households the view shows."""
        index = self.live.now()
        if self.pick is None:
            return index, self.wanted
        picked = self._picked.get(index.version)
        if picked is None:
            picked = self.pick()
            self._picked.clear()
            self._picked[index.version] = picked
        return index, replace(self.wanted, among=picked)

    def cut(self) -> TileIndex:
        """Return the index of the households that the view shows, as it is now; all its tiles are cut from it."""
        index, wanted = self.now()
        key = (self._name, index.version)
        found = _cuts.get(key)
        if found is None:
            found = index.only(wanted)
            # An index that is whole is kept by whoever keeps it up to date.
            if found is not index:
                _cuts.put(key, found)
        return found

    def answer(self, name: str) -> Answer | None:
        """Return the answer to one of the names that a view has; None for any other name.

        `t/{version}/{z}/{x}/{y}`: a tile. `ts/{version}/{z}/{x}-{y}_{x}-{y}…`: up to 32 tiles, each behind its length
        (u32). `changes/{version}.json`. Tiles asked for by an older version are those of today, and are not to be kept.
        Raises `NotFound` for a tile that the map does not have.
        """
        if asked := _TILE.fullmatch(name):
            version, zoom, x, y = map(int, asked.groups())
            (body,), lasts = self._encode(zoom, [(x, y)], version)
            return Answer(body, _BYTES, lasts=lasts)
        if asked := _TILES.fullmatch(name):
            at = [tuple(map(int, one.split("-"))) for one in asked[3].split("_")]
            bodies, lasts = self._encode(int(asked[2]), [(x, y) for x, y in at], int(asked[1]))
            return Answer(b"".join(len(one).to_bytes(4, "little") + one for one in bodies), _BYTES, lasts=lasts)
        if asked := _CHANGES.fullmatch(name):
            return Answer(self._tell(int(asked[1])), "application/json")
        return None

    def _encode(self, zoom: int, at: list[tuple[int, int]], version: int) -> tuple[list[bytes], bool]:
        """Return tiles of one moment, and whether they are those of the version asked for."""
        with self._once:
            index = self.cut()
            if MIN_ZOOM <= zoom < self.points_from:
                index.cells(zoom)
        try:
            bodies = [encode_tile(index, zoom, x, y, points_from=self.points_from) for x, y in at]
        except ValueError as error:
            raise NotFound("web.no_tile") from error
        return bodies, version == index.version

    def _tell(self, since: int) -> bytes:
        index = self.live.now()
        # A filter may let somebody in or out whose symbol stayed the same.
        cells = index.changed_since(since) if self.pick is None or since == index.version else None
        told = {"version": index.version, "cells": None if cells is None else [list(cell) for cell in cells]}
        return json.dumps(told, separators=(",", ":")).encode()

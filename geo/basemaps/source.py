"""Which source gives the pictures of the base map that a file's setting names."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from geo.basemaps.mbtiles import MAGIC as SQLITE
from geo.basemaps.mbtiles import MBTiles
from geo.basemaps.pmtiles import MAGIC as PMTILES
from geo.basemaps.pmtiles import PMTiles
from geo.basemaps.services import Service
from geo.errors import Invalid, NotFound
from geo.store.remember import Remembered

if TYPE_CHECKING:
    from geo.basemaps.pictures import Source
    from geo.store.basemap import BaseMap

_SUFFIXES: Final = frozenset({".mbtiles", ".pmtiles"})
_open: Final[Remembered[Source]] = Remembered(4)
_lock: Final = Lock()


def open_source(base: BaseMap, *, key: str = "") -> Source:
    """Return what gives a base map's pictures, opened once.

    Raises `NotFound` for a file that is not there, `Invalid` for one that is no archive of pictures.
    """
    with _lock:
        found = _open.get((base, key))
        if found is None:
            found = _open_archive(Path(base.file)) if base.kind == "file" else Service(base, key=key)
            _open.put((base, key), found)
        return found


def list_archives(folder: Path) -> list[Path]:
    """Return the MBTiles and PMTiles files in a folder, by name; none where there is no folder."""
    found = (one for one in folder.glob("*.*") if one.suffix.lower() in _SUFFIXES and one.is_file())
    return sorted(found, key=lambda one: one.name)


def _open_archive(path: Path) -> Source:
    if not path.is_file():
        raise NotFound("basemap.gone", file=path.name)
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(PMTILES):
        return PMTiles(path)
    if start.startswith(SQLITE):
        return MBTiles(path)
    raise Invalid("basemap.unreadable", file=path.name)

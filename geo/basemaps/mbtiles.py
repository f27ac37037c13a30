"""Pictures from an MBTiles file: a SQLite file with one row a tile, rows counted from the south."""

from __future__ import annotations

import sqlite3
from threading import Lock
from typing import TYPE_CHECKING, Final

from geo.basemaps.pictures import sniff_picture
from geo.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

    from geo.basemaps.pictures import Picture

MAGIC: Final = b"SQLite format 3\x00"


class MBTiles:
    """An open MBTiles file with pictures (png, jpg, webp). Read only."""

    layers = 1

    def __init__(self, path: Path) -> None:
        """Open it. Raises `Invalid` for a file without such tiles, also one of vector tiles."""
        self._lock = Lock()
        try:
            self._file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            row = self._file.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
            first = self._file.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone()
        except sqlite3.Error as error:
            raise Invalid("basemap.unreadable", file=path.name) from error
        if first is None or not isinstance(first[0], bytes) or sniff_picture(first[0]) is None:
            raise Invalid("basemap.no_pictures", file=path.name)
        self.zooms = (int(row[0]), int(row[1]))

    def picture(self, layer: int, zoom: int, x: int, y: int) -> Picture | None:  # noqa: ARG002 - there is one layer
        """Return a tile; None where there is none."""
        asked = (zoom, x, (1 << zoom) - 1 - y)
        statement = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        with self._lock:
            row = self._file.execute(statement, asked).fetchone()
        return None if row is None else sniff_picture(bytes(row[0]))

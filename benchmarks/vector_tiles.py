"""The same households as Mapbox vector tiles, by two encoders that the product does not use.

pip install --target build/bench/python mapbox-vector-tile
pip install --target build/bench/duckdb duckdb==1.4.4 duckdb-ext-spatial==1.4.4.20260205
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.map_world import ONLY, index_of
from geo.tiles import TileIndex, split_key

EXTENT = 4096
_lock = Lock()


def find_others(folder: Path) -> tuple[bool, bool]:
    """Make the encoders importable, behind what is installed; say whether mapbox-vector-tile and DuckDB are there."""
    sys.path += [str(folder / "duckdb"), str(folder / "python")]
    found = importlib.util.find_spec("mapbox_vector_tile") is not None
    return found, bool(list(extension_files(folder))) and importlib.util.find_spec("duckdb") is not None


def extension_files(folder: Path) -> list[Path]:
    """Return DuckDB's spatial extension, as its package brings it."""
    return sorted((folder / "duckdb").glob("duckdb_ext/extensions/*/*/spatial.duckdb_extension"))


def encode_by_mapbox(index: TileIndex, zoom: int, at: tuple[int, int]) -> bytes:
    """Return the households of a tile by mapbox-vector-tile: a point each, with number and state."""
    import mapbox_vector_tile  # noqa: PLC0415 - not one of the product's packages

    rows = index.span(zoom, *at)
    key, number, code = (column[rows] for column in (index.key, index.tile_id, index.code))
    x, y = ((axis - (tile << (30 - zoom))) >> max(0, 18 - zoom) for axis, tile in zip(split_key(key), at, strict=True))
    features: list[dict[str, Any]] = [
        {"geometry": f"POINT ({a} {b})", "properties": {"id": c, "state": d & 15}}
        for a, b, c, d in zip(x.tolist(), y.tolist(), number.tolist(), code.tolist(), strict=True)
    ]
    layer = {"name": "homes", "features": features}
    encoded: bytes = mapbox_vector_tile.encode(layer, default_options={"y_coord_down": True, "extents": EXTENT})
    return encoded


class DuckTiles:
    """Households in a DuckDB table in memory, in Morton order as in the product's index, and tiles of them."""

    def __init__(self, index: TileIndex, folder: Path) -> None:
        """Load the table. y grows north, as ST_AsMVTGeom has it."""
        import duckdb  # noqa: PLC0415 - the same

        self._file = duckdb.connect(config={"allow_unsigned_extensions": True})
        self._file.execute(f"LOAD '{extension_files(folder)[0]}'")
        x, y = split_key(index.key)
        columns = {"x": x, "y": -y, "id": index.tile_id.astype(np.int64), "state": (index.code & 15).astype(np.int64)}
        self._file.register("fresh", pd.DataFrame(columns))
        self._file.execute("CREATE TABLE homes AS SELECT x, y, id, state, ST_Point(x, y) AS place FROM fresh")
        self._file.unregister("fresh")

    def encode(self, zoom: int, at: tuple[int, int], *, only: bool = False) -> bytes:
        """Return the households of a tile by ST_AsMVT."""
        side = 1 << (30 - zoom)
        west, north = at[0] * side, -at[1] * side
        east, south = west + side, north - side
        box = (
            f"{{'min_x': {west}::DOUBLE, 'min_y': {south}::DOUBLE, 'max_x': {east}::DOUBLE, 'max_y': {north}::DOUBLE}}"
        )
        state = f"AND state = {ONLY}" if only else ""
        rows = (
            f"SELECT id, state, ST_AsMVTGeom(place, {box}::BOX_2D, {EXTENT}, 64, true) AS place FROM homes "
            f"WHERE x >= {west} AND x < {east} AND y > {south} AND y <= {north} {state}"
        )
        with _lock:
            found = self._file.execute(f"SELECT ST_AsMVT(t, 'homes', {EXTENT}, 'place') FROM ({rows}) t").fetchone()
        return bytes(found[0]) if found and found[0] else b""


@cache
def duck_of(size: int, folder: Path) -> DuckTiles:
    """Return the table of a size, loaded once."""
    return DuckTiles(index_of(size), folder)


@lru_cache(4096)
def kept_tile(size: int, zoom: int, at: tuple[int, int], folder: Path, *, only: bool) -> bytes:
    """Return a tile as it was encoded the first time: the comparison of browsers must not wait for an encoder."""
    return duck_of(size, folder).encode(zoom, at, only=only)

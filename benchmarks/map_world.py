"""The households of the map benchmark: hamlets in a district of some 1,100 km², the same for every library."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from geo.tiles import TileIndex, Wanted, build_index, split_key

LON, LAT = 109.2, 27.7
SEED = 20191120
HOMES_A_HAMLET = 60
#: Shares of the states, in the order of `codes.VISIT_STATES`.
SHARES = (0.12, 0.05, 0.2, 0.01, 0.02, 0.59, 0.01)
ONLY = 1


@cache
def homes_of(size: int) -> pd.DataFrame:
    """Return one row a household: place, tile_id, lon, lat, state, ring, dwelling."""
    random = np.random.default_rng(SEED)
    hamlets = max(1, size // HOMES_A_HAMLET)
    middle = random.uniform((-0.17, -0.15), (0.17, 0.15), (hamlets, 2))
    own = np.arange(size) % hamlets
    at = middle[own] + random.normal(0, 0.0012, (size, 2))
    return pd.DataFrame(
        {
            "place": np.char.add("g", own.astype(str)), "tile_id": np.arange(1, size + 1), "lon": LON + at[:, 0],
            "lat": LAT + at[:, 1], "state": random.choice(7, size, p=SHARES),
            "ring": np.where(random.random(size) < 0.003, 3, 0), "dwelling": "",
        }
    )  # fmt: skip


@cache
def index_of(size: int) -> TileIndex:
    """Return the product's index of them."""
    return build_index(homes_of(size), 1)


@cache
def wanted_of(size: int, *, only: bool) -> Wanted:
    """Return everybody, or only those not visited: the filter through Python."""
    if not only:
        return Wanted()
    homes = homes_of(size)
    return Wanted(among=np.sort(homes.loc[homes["state"] == ONLY, "tile_id"].to_numpy(dtype=np.uint32)))


@lru_cache(4096)
def encoded_mvt(size: int, zoom: int, at: tuple[int, int], *, only: bool) -> bytes:
    """Return a tile as it was encoded the first time: the comparison of browsers must not wait for Python."""
    return encode_mvt(index_of(size), zoom, at, wanted_of(size, only=only))


def encode_mvt(index: TileIndex, zoom: int, at: tuple[int, int], wanted: Wanted) -> bytes:
    """Return the households of a tile as a Mapbox vector tile: a point each, with number and state."""
    import mapbox_vector_tile  # noqa: PLC0415 - not one of the product's packages

    rows = index.span(zoom, *at)
    mask = index.shown(rows, wanted)
    key, number, code = (
        column[rows] if mask is None else column[rows][mask] for column in (index.key, index.tile_id, index.code)
    )
    x, y = ((axis - (tile << (30 - zoom))) >> max(0, 18 - zoom) for axis, tile in zip(split_key(key), at, strict=True))
    features: list[dict[str, Any]] = [
        {"geometry": f"POINT ({a} {b})", "properties": {"id": c, "state": d & 15}}
        for a, b, c, d in zip(x.tolist(), y.tolist(), number.tolist(), code.tolist(), strict=True)
    ]
    layer = {"name": "homes", "features": features}
    encoded: bytes = mapbox_vector_tile.encode(layer, default_options={"y_coord_down": True, "extents": 4096})
    return encoded

"""The households of the map benchmark: hamlets in a district of some 1,100 km², the same for every library.

Above a million they lie in a wider land, as dense as the million: 10 M are a province.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from geo.tiles import TileIndex, Wanted, build_index

LON, LAT = 109.2, 27.7
SEED = 20191120
HOMES_A_HAMLET = 60
#: Shares of the states, in the order of `codes.VISIT_STATES`. The first is commonest among those who are left, so that
#: its colour is on the screen however many households share a symbol: that is looked for.
SHARES = (0.2, 0.05, 0.12, 0.01, 0.02, 0.59, 0.01)
ONLY = 1
REACH_DEG = (0.17, 0.15)


def reach_of(size: int) -> tuple[float, float]:
    """Return how far the land reaches from its middle, in degrees of longitude and latitude."""
    wider = max(1.0, (size / 1_000_000) ** 0.5)
    return REACH_DEG[0] * wider, REACH_DEG[1] * wider


def make_homes(size: int) -> pd.DataFrame:
    """Return one row a household: place, tile_id, lon, lat, state, ring, dwelling."""
    random = np.random.default_rng(SEED)
    hamlets = max(1, size // HOMES_A_HAMLET)
    reach = np.array(reach_of(size))
    middle = random.uniform(-reach, reach, (hamlets, 2))
    own = np.arange(size) % hamlets
    at = middle[own] + random.normal(0, 0.0012, (size, 2))
    names = np.char.add("g", np.arange(hamlets).astype(str))
    return pd.DataFrame(
        {
            "place": pd.Categorical.from_codes(own, names), "tile_id": np.arange(1, size + 1, dtype=np.uint32),
            "lon": LON + at[:, 0], "lat": LAT + at[:, 1], "state": random.choice(7, size, p=SHARES).astype(np.uint8),
            "ring": np.where(random.random(size) < 0.003, 3, 0).astype(np.uint8),
            "dwelling": pd.Categorical.from_codes(np.zeros(size, dtype=np.int8), [""]),
        }
    )  # fmt: skip


@cache
def homes_of(size: int) -> pd.DataFrame:
    """Return the same households whenever they are asked for: for the ways that draw from a table."""
    return make_homes(size)


@cache
def index_of(size: int) -> TileIndex:
    """Return the product's index of them."""
    return build_index(make_homes(size), 1)


@cache
def wanted_of(size: int, *, only: bool) -> Wanted:
    """Return everybody, or only those not visited: the filter through Python."""
    if not only:
        return Wanted()
    index = index_of(size)
    return Wanted(among=np.sort(index.tile_id[index.code & 15 == ONLY]))

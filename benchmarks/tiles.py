"""How long a map tile takes to build, against the same households as Mapbox vector tiles: `python -m benchmarks.tiles`.

`--others` names the folder with mapbox-vector-tile (see `benchmarks/map.py`); without it the table has one column less.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.map_world import encode_mvt, homes_of
from benchmarks.measure import describe_machine, show_ms, show_table, time_median
from geo.tiles import TileIndex, Wanted, build_index, encode_tile, split_key

ZOOMS = range(10, 17)
SIZES = (100_000, 1_000_000)
HEADS = (
    "households", "zoom", "households in the fullest tile", "product", "kB", "kB packed", "mapbox-vector-tile", "kB",
    "ratio",
)  # fmt: skip
ROOT = Path(__file__).parent.parent


def fullest(index: TileIndex, zoom: int) -> tuple[tuple[int, int], int]:
    """Return the tile of a zoom level that holds most households, and how many."""
    x, y = split_key(index.key)
    tiles, counts = np.unique((x >> (30 - zoom)) << 32 | (y >> (30 - zoom)), return_counts=True)
    most = int(tiles[counts.argmax()])
    return (most >> 32, most & 0xFFFFFFFF), int(counts.max())


def measure(size: int, *, with_mvt: bool) -> list[list[str]]:
    """Return the rows of one size."""
    homes = homes_of(size)
    start = time.perf_counter()
    index = build_index(homes, 1)
    print(f"index of {size:,}: {show_ms(time.perf_counter() - start)}")
    rows = []
    for zoom in ZOOMS:
        at, count = fullest(index, zoom)
        ours = time_median(lambda: encode_tile(index, zoom, *at), 9)  # noqa: B023 - timed at once
        body = encode_tile(index, zoom, *at)
        row = [f"{size:,}", str(zoom), f"{count:,}", show_ms(ours), f"{len(body) / 1000:.1f}",
               f"{len(gzip.compress(body, 1)) / 1000:.1f}"]  # fmt: skip
        if with_mvt:
            start = time.perf_counter()
            other = encode_mvt(index, zoom, at, Wanted())
            took = time.perf_counter() - start
            row += [show_ms(took), f"{len(other) / 1000:.1f}", f"{took / ours:,.0f} ×"]
        rows.append(row)
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--others", type=Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    # Behind what is installed, so that the product keeps its own numpy.
    sys.path.append(str(options.others / "python"))
    with_mvt = importlib.util.find_spec("mapbox_vector_tile") is not None
    rows = [row for size in options.sizes.split(",") for row in measure(int(size), with_mvt=with_mvt)]
    print(describe_machine())
    print(show_table(HEADS if with_mvt else HEADS[:6], rows))


if __name__ == "__main__":
    main()

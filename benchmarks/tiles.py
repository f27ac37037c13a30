"""How long a map tile takes to build, against the same households as vector tiles: `python -m benchmarks.tiles`.

`--others` names the folder with mapbox-vector-tile and DuckDB (see `benchmarks/vector_tiles.py`); without them the
table has fewer columns. What is measured goes into docs/benchmarks-map.md with the next `python -m benchmarks.map`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.map_page import TILES
from benchmarks.map_world import make_homes
from benchmarks.measure import describe_machine, peak_mb, settle_memory, show_ms, show_table, time_median
from benchmarks.vector_tiles import DuckTiles, encode_by_mapbox, find_others
from geo.tiles import MIN_ZOOM, POINTS_FROM_ZOOM, TileIndex, build_index, encode_tile, split_key

ZOOMS = range(10, 17)
SIZES = (100_000, 1_000_000, 10_000_000)
#: Above this only the product builds tiles: the others would take minutes each.
MOST_OF_OTHERS = 1_000_000
#: mapbox-vector-tile takes a minute for more.
MOST_OF_MAPBOX = 300_000
HEADS = (
    "households", "zoom", "in the tile", "product", "kB", "kB packed", "DuckDB ST_AsMVT", "mapbox-vector-tile",
    "MVT kB", "DuckDB ÷ product",
)  # fmt: skip
ROOT = Path(__file__).parent.parent


def fullest(index: TileIndex, zoom: int) -> tuple[tuple[int, int], int]:
    """Return the tile of a zoom level that holds most households, and how many."""
    x, y = split_key(index.key)
    tiles, counts = np.unique((x >> (30 - zoom)) << 32 | (y >> (30 - zoom)), return_counts=True)
    most = int(tiles[counts.argmax()])
    return (most >> 32, most & 0xFFFFFFFF), int(counts.max())


def measure(size: int, others: Path, *, mapbox: bool, duckdb: bool) -> tuple[str, list[list[str]]]:
    """Return what is to be said of an index of one size, and the rows of its table."""
    homes = make_homes(size)
    before, start = settle_memory(), time.perf_counter()
    index = build_index(homes, 1)
    took, held = time.perf_counter() - start, settle_memory() - before
    start = time.perf_counter()
    for zoom in range(MIN_ZOOM, POINTS_FROM_ZOOM):
        index.cells(zoom)
    cells = time.perf_counter() - start
    said = (
        f"{size:,}: index {show_ms(took)} from columns in memory, it holds {held:,.0f} MB; cells of every zoom below "
        f"{POINTS_FROM_ZOOM} {show_ms(cells)}; the process {peak_mb():,.0f} MB with them."
    )
    duck = DuckTiles(index, others) if duckdb and size <= MOST_OF_OTHERS else None
    rows = []
    for zoom in ZOOMS:
        at, count = fullest(index, zoom)
        ours = time_median(partial(encode_tile, index, zoom, *at), 15)
        body = encode_tile(index, zoom, *at)
        row = [f"{size:,}", str(zoom), f"{count:,}", show_ms(ours), f"{len(body) / 1000:.1f}",
               f"{len(gzip.compress(body, 1)) / 1000:.1f}"]  # fmt: skip
        by_duck = time_median(partial(duck.encode, zoom, at), 5) if duck else None
        row += [show_ms(by_duck)] if by_duck else ["—"]
        if mapbox and size <= MOST_OF_OTHERS and count <= MOST_OF_MAPBOX:
            start = time.perf_counter()
            encode_by_mapbox(index, zoom, at)
            row += [show_ms(time.perf_counter() - start)]
        else:
            row += ["—"]
        row += [f"{len(duck.encode(zoom, at)) / 1000:,.0f}"] if duck else ["—"]
        row += [f"{by_duck / ours:,.0f} ×"] if by_duck else ["—"]
        rows.append(row)
    return said, rows


def main() -> None:
    """Print the table and keep it for the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--others", type=Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    mapbox, duckdb = find_others(options.others)
    said, rows = [], []
    for size in options.sizes.split(","):
        words, more = measure(int(size), options.others, mapbox=mapbox, duckdb=duckdb)
        said.append(words)
        rows += more
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    said.insert(0, "Goals at 1 M: below 1 ms from zoom 13 on, below 5 ms at zoom 10.")
    said.append(f"Load average {load} at the end.")
    TILES.parent.mkdir(parents=True, exist_ok=True)
    TILES.write_text(json.dumps({"said": "\n".join(said), "heads": HEADS, "rows": rows}), encoding="utf-8")
    print(describe_machine())
    print("\n".join(said))
    print(show_table(HEADS, rows))


if __name__ == "__main__":
    main()

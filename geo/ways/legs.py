"""How long people take between points by what is known of the ways: roads, slopes, or the straight line."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from geo.errors import Invalid
from geo.plan.network import Network, travel_seconds
from geo.plan.travel import SPEEDS_KMH, Pace, Walk
from geo.store.ways import PACKED
from geo.ways.heights import Heights, read_heights
from geo.ways.packed import read_packed_heights, read_packed_network
from geo.ways.roads import read_network, read_osm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.plan.travel import Ways
    from geo.store.ways import WayFiles

    Floats = NDArray[np.float64]

#: A table of as many places as a village has homes is made once while people change its plan.
_TABLES: Final = 4
#: When files were written and how large they are.
_Stamps: TypeAlias = tuple[tuple[int, int], ...]


def measure_legs(
    files: WayFiles, lon: Floats, lat: Floats, *, ways: Ways, travel: str, pace: Pace
) -> NDArray[np.int64]:
    """Return the seconds between all points (lon, lat in WGS84 degrees), `UNREACHABLE` where there is no way.

    `ways` straight: the pace. slopes: Tobler on foot over the heights. roads: over the network by a way of moving
    (`SPEEDS_KMH`), on foot to and from it, by Tobler where there are heights. Raises `Invalid` where the file that
    is needed is not there or cannot be read, and for slopes that are not walked.
    """
    if ways == "straight":
        return Walk(pace).matrix(lon, lat)
    if ways == "slopes" and files.elevation is None:
        raise Invalid("ways.no_elevation")
    if ways == "slopes" and travel != "walk":
        raise Invalid("ways.on_foot")
    if ways == "roads" and not files.has_roads:
        raise Invalid("ways.no_roads")
    stamps = tuple(_stamp(path) for path in (files.roads, files.nodes, files.edges, files.elevation))
    return _measure(files, stamps, (ways, travel), pace.detour, lon.tobytes(), lat.tobytes())


def choose_ways(files: WayFiles) -> Ways:
    """Return the best that files allow. Raises `Invalid` for half of a network."""
    if (files.nodes is None) != (files.edges is None):
        raise Invalid("plan.half_network")
    return "roads" if files.has_roads else "slopes" if files.elevation is not None else "straight"


def _stamp(path: Path | None) -> tuple[int, int]:
    """Return what tells a file from the one that was at the same place before."""
    if path is None or not path.is_file():
        return (0, 0)
    found = path.stat()
    return (found.st_mtime_ns, found.st_size)


@lru_cache(_TABLES)
def _measure(
    files: WayFiles, stamps: _Stamps, how: tuple[Ways, str], detour: float, east: bytes, north: bytes
) -> NDArray[np.int64]:
    lon, lat = np.frombuffer(east), np.frombuffer(north)
    heights = None if files.elevation is None else _open_heights(files.elevation, stamps[3])
    walk = Walk(Pace(SPEEDS_KMH["walk"], detour), None if heights is None else heights.at)
    ways, travel = how
    if ways == "slopes":
        seconds = walk.matrix(lon, lat)
    else:
        network = _open_network(files.roads, files.nodes, files.edges, stamps[:3])
        seconds = travel_seconds(network, lon, lat, travel=travel, walk=walk)[0]
    seconds.setflags(write=False)
    return seconds


@lru_cache(2)
def _open_heights(path: Path, stamp: tuple[int, int]) -> Heights:  # noqa: ARG001 - tells files apart
    """Return the heights of a file, read once."""
    return read_packed_heights(path) if path.suffix == PACKED else read_heights(path)


@lru_cache(2)
def _open_network(
    roads: Path | None,
    nodes: Path | None,
    edges: Path | None,
    stamps: _Stamps,  # noqa: ARG001
) -> Network:
    given = [path for path in ((roads,) if roads is not None else (nodes, edges)) if path is not None]
    if not given:
        raise Invalid("ways.no_roads")
    if all(path.suffix == PACKED for path in given):
        return read_packed_network(*given)
    return read_osm(*given) if len(given) == 1 else read_network(*given)

"""Roads and heights in our own form: arrays in an .npz file, made once from the user's file and read by every plan."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.plan.network import Edge, Network, build_network
from geo.ways.heights import Heights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

#: Arrays of the nodes of a network; the others are of its edges.
_OF_NODES: Final = ("lon", "lat", "elev_m")
_OF_EDGES: Final = ("start", "end", "length_m", "oneway", "highway", "highways", "speed_kmh")
_OF_HEIGHTS: Final = ("metres", "frame", "crs")
#: Which arrays a file of a kind (`geo.store.ways.WAY_KINDS`) holds.
ARRAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "roads": (*_OF_NODES, *_OF_EDGES), "nodes": _OF_NODES, "edges": _OF_EDGES, "elevation": _OF_HEIGHTS,
}  # fmt: skip


def split_network(network: Network) -> dict[str, NDArray[Any]]:
    """Return a network as arrays: of nodes lon, lat (degrees WGS84) and elev_m, of edges the rest.

    `start` and `end` are indices of nodes, `highway` one of `highways`, OpenStreetMap's classes; `speed_kmh` is NaN
    where none is known.
    """
    edges = network.edges
    classes = list(dict.fromkeys(edge.highway for edge in edges))
    nth = {name: at for at, name in enumerate(classes)}
    speeds = [np.nan if edge.speed_kmh is None else edge.speed_kmh for edge in edges]
    return {
        "lon": network.lon, "lat": network.lat, "elev_m": network.elev_m,
        "start": np.array([network.place[edge.start] for edge in edges], dtype=np.int32),
        "end": np.array([network.place[edge.end] for edge in edges], dtype=np.int32),
        "length_m": np.array([edge.length_m for edge in edges], dtype=np.float64),
        "oneway": np.array([edge.oneway for edge in edges], dtype=np.bool_),
        "highway": np.array([nth[edge.highway] for edge in edges], dtype=np.int32),
        "highways": np.array(classes, dtype=np.str_), "speed_kmh": np.array(speeds, dtype=np.float64),
    }  # fmt: skip


def split_heights(heights: Heights) -> dict[str, NDArray[Any]]:
    """Return heights as arrays: `metres`, the other numbers of `Heights` as `frame`, and the EPSG number."""
    frame = np.array([heights.west, heights.north, heights.step_x, heights.step_y])
    return {"metres": heights.metres, "frame": frame, "crs": np.array([heights.crs], dtype=np.int32)}


def pack(arrays: Arrays, kind: str) -> bytes:
    """Return the file of a kind (`geo.store.ways.WAY_KINDS`)."""
    target = io.BytesIO()
    held: dict[str, Any] = {name: arrays[name] for name in ARRAYS[kind]}
    np.savez_compressed(target, **held)
    return target.getvalue()


def read_packed_network(*paths: Path) -> Network:
    """Return the network of a file of roads, or of one of nodes and one of edges."""
    held = _read(*paths)
    points = zip(held["lon"].tolist(), held["lat"].tolist(), held["elev_m"].tolist(), strict=True)
    classes, speeds = held["highways"].tolist(), held["speed_kmh"].tolist()
    edges = [
        Edge(str(start), str(end), length, oneway, classes[at], None if speed != speed else speed)  # noqa: PLR0124 - NaN
        for start, end, length, oneway, at, speed in zip(
            *(held[name].tolist() for name in ("start", "end", "length_m", "oneway", "highway")), speeds, strict=True
        )
    ]
    return build_network(((str(nth), *point) for nth, point in enumerate(points)), edges)


def read_packed_heights(path: Path) -> Heights:
    """Return the heights of a file of elevation."""
    held = _read(path)
    west, north, step_x, step_y = held["frame"].tolist()
    return Heights(held["metres"], west, north, step_x, step_y, int(held["crs"][0]))


def _read(*paths: Path) -> dict[str, NDArray[Any]]:
    held: dict[str, NDArray[Any]] = {}
    for path in paths:
        with np.load(path, allow_pickle=False) as file:
            held |= dict(file)
    return held

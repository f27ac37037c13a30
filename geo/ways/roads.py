"""The user's road network from files: tables of nodes and edges, or an OpenStreetMap extract (.osm.pbf, .osm)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.errors import Invalid
from geo.plan.network import Edge, Network, build_network
from geo.plan.travel import distance_m
from geo.schema.words import load_words
from geo.ways.tables import Row, read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What a table of nodes may call its ids.
_IDS: Final = ("node_id", "id", "node")
#: What a column or tag says of a one-way road, and of one that is none; reversible roads go both ways in turn.
_YES: Final = load_words().yes | {"t"}
_NO: Final = load_words().no | {"", "f", "reversible", "alternating"}
#: OpenStreetMap's word for a way that is one-way against the order of its nodes.
_BACKWARDS: Final = frozenset({"-1", "reverse"})
_ONEWAY: Final = re.compile(r'"oneway"=>"([^"]*)"')
#: What OpenStreetMap files begin with: a block with a header of the binary form, or the XML form's root.
_PBF_HEAD: Final = b"OSMHeader"
_XML_HEAD: Final = b"<osm"
_HEAD_BYTES: Final = 512


def read_network(nodes: Path, edges: Path) -> Network:
    """Return the network of two tables: nodes (node_id or id, lon, lat, elev_m), edges (from, to, length_m, oneway).

    Edges may have `highway` (OpenStreetMap's classes) and `speed_kmh`. Raises `Invalid`.
    """
    points = read_table(nodes)
    name = next((one for one in _IDS if points and one in points[0].cells), None)
    if name is None:
        raise Invalid("table.no_column", file=nodes.name, columns=_IDS[0])
    # Rows of text take far more memory than what they say: one table at a time.
    places = [_to_node(row, name) for row in points]
    del points
    return build_network(places, map(_to_edge, read_table(edges, needed=["from", "to", "length_m"])))


def read_osm(path: Path) -> Network:
    """Return the roads of an OpenStreetMap extract; every bend is a node, lengths are great-circle metres.

    Raises `Invalid` when it is no such file or holds no road.
    """
    import pyogrio.raw  # noqa: PLC0415 - tables need no GDAL

    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if _PBF_HEAD not in head and _XML_HEAD not in head:
        raise Invalid("roads.no_osm", file=path.name)
    try:
        _, _, lines, columns = pyogrio.raw.read(
            path, layer="lines", columns=["highway", "other_tags"], where="highway IS NOT NULL"
        )
    except (ValueError, RuntimeError) as error:
        # Of pyogrio, for what does not open, and for what breaks off.
        raise Invalid("roads.no_osm", file=path.name) from error
    found = list(_cut(shapely.from_wkb(lines), *columns))
    if not found:
        raise Invalid("roads.none", file=path.name)
    points = dict.fromkeys(end for edge in found for end in (edge.start, edge.end))
    return build_network([_to_point(one) for one in points], found)


def _to_point(name: str) -> tuple[str, float, float, float]:
    """Return a node from its name, which is its coordinates."""
    lon, lat = name.split(" ")
    return name, float(lon), float(lat), float("nan")


def _cut(lines: NDArray[np.object_], highways: NDArray[np.object_], tags: NDArray[np.object_]) -> Iterator[Edge]:
    """Yield an edge for each stretch between two bends; a node is named by its coordinates, which ways share."""
    for line, highway, others in zip(lines, highways, tags, strict=True):
        lon, lat = shapely.get_coordinates(line).T
        lengths = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
        names = [f"{east:.7f} {north:.7f}" for east, north in zip(lon, lat, strict=True)]
        said = _ONEWAY.search(others or "")
        oneway = said.group(1).lower() if said else ""
        if oneway in _BACKWARDS:
            names, lengths = names[::-1], lengths[::-1]
        for start, end, length in zip(names[:-1], names[1:], lengths, strict=True):
            yield Edge(start, end, float(length), oneway in _YES | _BACKWARDS, highway)


def _to_node(row: Row, name: str) -> tuple[str, float, float, float]:
    nothing = float("nan")
    lon, lat, elev = (row.number(one) if row.word(one) else nothing for one in ("lon", "lat", "elev_m"))
    return row.word(name), lon, lat, elev


def _to_edge(row: Row) -> Edge:
    # A table that was a frame of numbers says 1.0.
    said = row.word("oneway").lower().removesuffix(".0")
    if said not in _YES | _NO | _BACKWARDS:
        raise Invalid("table.no_tick", file=row.file, line=str(row.line), column="oneway", value=row.word("oneway"))
    start, end = row.word("from"), row.word("to")
    if said in _BACKWARDS:
        start, end = end, start
    speed = row.number("speed_kmh") if row.word("speed_kmh") else None
    if speed is not None and speed <= 0:
        raise Invalid(
            "table.no_number", file=row.file, line=str(row.line), column="speed_kmh", value=row.word("speed_kmh")
        )
    return Edge(start, end, row.number("length_m"), said in _YES | _BACKWARDS, row.word("highway"), speed)

"""The user's ways read in a process of their own (`geo.apart`): both ends, and arrays as frames between them.

`array` begins one with its type and shape, `bytes` adds to it (base64); `wrong` is the key of why there is none.
"""

from __future__ import annotations

import importlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.apart import ask
from geo.errors import FileRefused, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

#: Kinds of work; a network of tables is read from two files.
NETWORK: Final = "network"
#: What GDAL reads: with another driver than the one that the importer's map files have.
_BY_GDAL: Final = "roads"
_PART: Final = 3 << 20


def fetch_ways(folder: Path, *, kind: str) -> dict[str, NDArray[Any]]:
    """Return the arrays (`geo.ways.packed`) of a kind of file: one in `folder`/kind, or nodes and edges of `NETWORK`.

    Raises `Invalid` for a file that cannot be read as what it is said to be, or beyond what that process may use.
    """
    begun: list[tuple[str, np.dtype[Any], list[int], bytearray]] = []
    try:
        for frame in ask(__name__, folder, name=kind, wanted=kind, alone=kind == _BY_GDAL):
            if "wrong" in frame:
                raise Invalid(frame["wrong"], **frame["params"])
            if "array" in frame:
                begun.append((frame["array"], np.dtype(str(frame["type"])), frame["shape"], bytearray()))
            else:
                begun[-1][3].extend(b64decode(frame["bytes"]))
        return {name: np.frombuffer(raw, form).reshape(shape) for name, form, shape, raw in begun}
    except FileRefused as refused:
        raise Invalid("ways.too_much" if refused.code == "E_TOO_LARGE" else "ways.damaged") from refused


def prepare(name: str) -> None:
    """Load what reads such files, over there; of GDAL the one driver that roads need."""
    if name == _BY_GDAL:
        from geo.importer.outlines.geopackage import load_driver  # noqa: PLC0415 - before anything loads GDAL

        load_driver("OSM")
    importlib.import_module("geo.ways.heights" if name == "elevation" else "geo.ways.roads")


def answer(path: Path, *, name: str, wanted: str) -> Iterator[dict[str, Any]]:  # noqa: ARG001 - as `geo.apart` asks
    """Read the files of a kind, over there; yield their arrays."""
    try:
        arrays = _read(path, wanted)
    except FileRefused:
        raise
    except Invalid as wrong:
        yield {"wrong": wrong.key, "params": {name: str(value) for name, value in wrong.params.items()}}
        return
    for called, array in arrays.items():
        yield {"array": called, "type": array.dtype.str, "shape": array.shape}
        raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        for start in range(0, len(raw), _PART):
            yield {"bytes": b64encode(raw[start : start + _PART].tobytes()).decode("ascii")}


def _read(folder: Path, kind: str) -> dict[str, NDArray[Any]]:
    from geo.ways import heights, packed, roads  # noqa: PLC0415 - only there

    if kind == NETWORK:
        return packed.split_network(roads.read_network(_find(folder, "nodes"), _find(folder, "edges")))
    path = _find(folder, kind)
    return (
        packed.split_network(roads.read_osm(path))
        if kind == "roads"
        else packed.split_heights(heights.read_heights(path))
    )


def _find(folder: Path, kind: str) -> Path:
    """Return the one file of a kind."""
    (path,) = (folder / kind).iterdir()
    return path

"""Layers of map files: the asking end, the end that reads, and layers as frames between them; shapes cross as WKB.

`layer` begins a layer, `features` adds to it; `layers` names several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely

from geo.apart import ask
from geo.importer.outlines.features import Feature, Layer, Layers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FEATURES: Final = 2_000
#: Files that GDAL reads, or that may hold one.
_PACKAGES: Final = (".gpkg", ".zip")


def read_layer(path: Path, *, name: str, layer: str = "") -> Layer | Layers:
    """Return the layer of a map file as `outlines.files.read_layer` does, read in a process of its own.

    Raises `FileRefused` as `tables.read_sheets` does.
    """
    begun: dict[str, Any] = {}
    features: list[Feature] = []
    for frame in ask(__name__, path, name=name, wanted=layer):
        if "layers" in frame:
            return Layers(tuple(frame["layers"]))
        if "layer" in frame:
            begun = frame
        else:
            features += _hear_features(frame["features"])
    return Layer(begun["layer"], tuple(features), begun["system"], tuple(begun["codes"]), begun["cut_names"])


def prepare(name: str) -> None:
    """Load what reads map files, over there."""
    import geo.importer.outlines.files  # noqa: F401, PLC0415 - only there
    from geo.importer.outlines.geopackage import load_driver  # noqa: PLC0415

    if name.lower().endswith(_PACKAGES):
        load_driver()


def answer(path: Path, *, name: str, wanted: str) -> Iterator[dict[str, Any]]:
    """Read the layer, over there; yield its frames."""
    from geo.importer.outlines import files  # noqa: PLC0415 - only there

    return _say_layer(files.read_layer(path, name=name, layer=wanted))


def _say_layer(found: Layer | Layers) -> Iterator[dict[str, Any]]:
    if isinstance(found, Layers):
        yield {"layers": found.names}
        return
    yield {"layer": found.name, "system": found.system, "codes": found.codes, "cut_names": found.cut_names}
    for start in range(0, len(found.features), _FEATURES):
        part = found.features[start : start + _FEATURES]
        shapes = shapely.to_wkb([one.shape for one in part], hex=True)
        yield {
            "features": [
                [one.row, list(one.texts.items()), shape, one.problem, one.folder]
                for one, shape in zip(part, shapes, strict=True)
            ]
        }


def _hear_features(said: list[Any]) -> list[Feature]:
    shapes = shapely.from_wkb([shape for _, _, shape, _, _ in said])
    return [
        Feature(row, dict(texts), shape, problem, folder)
        for (row, texts, _, problem, folder), shape in zip(said, shapes, strict=True)
    ]

"""Layers of map files as frames: shapes cross as WKB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely

from geo.importer.outlines.features import Feature, Layer, Layers

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEATURES: Final = 2_000


def say_layer(found: Layer | Layers) -> Iterator[dict[str, Any]]:
    """Yield the frames of a layer, or of the names of several."""
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


def hear_features(said: list[Any]) -> list[Feature]:
    """Return the features of one frame."""
    shapes = shapely.from_wkb([shape for _, _, shape, _, _ in said])
    return [
        Feature(row, dict(texts), shape, problem, folder)
        for (row, texts, _, problem, folder), shape in zip(said, shapes, strict=True)
    ]


def hear_layer(said: dict[str, Any], features: list[Feature]) -> Layer:
    """Return a layer by its first frame and its features."""
    return Layer(said["layer"], tuple(features), said["system"], tuple(said["codes"]), said["cut_names"])

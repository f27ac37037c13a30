"""Files of users as the importer asks for them: tables and map files, each read in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo import apart
from geo.importer.apart import tables
from geo.importer.apart.tables import read_sheets

if TYPE_CHECKING:
    from pathlib import Path

    from geo.importer.outlines.features import Layer, Layers


def get_ready() -> None:
    """Start the program that reads, without waiting for it: whoever will soon have a file to read calls this."""
    apart.get_ready(tables.__name__)


def read_layer(path: Path, *, name: str, layer: str = "") -> Layer | Layers:
    """Return the layer of a map file, as `layers.read_layer` does."""
    from geo.importer.apart import layers  # noqa: PLC0415 - tables need no shapes

    return layers.read_layer(path, name=name, layer=layer)


__all__ = ["get_ready", "read_layer", "read_sheets"]

"""GeoPackage through GDAL, in a process of its own with limits of memory and time and one driver."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import shapely

from geo.errors import FileRefused
from geo.importer.outlines.features import Feature, Layer, Layers
from geo.importer.outlines.shapes import EMPTY, INVALID, check_shape

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_CHILD: Final = Path(__file__).with_name("geopackage_child.py")
_SECONDS: Final = 60
_MAGIC: Final = b"SQLite format 3\x00"
_TABLE: Final = b"gpkg_contents"
#: Letters that the WKB of an empty geometry has at most.
_EMPTY_HEX: Final = 42


def read_geopackage(path: Path, *, name: str, layer: str = "") -> Layer | Layers:
    """Return a layer of the file; of several, when none is chosen, their names.

    Raises `FileRefused`: E_NOT_SPREADSHEET (other bytes), E_FORBIDDEN_FORMAT (another SQLite file), E_CORRUPT, E_EMPTY.
    """
    head = path.read_bytes()[: 1 << 20]
    if head.lstrip().startswith(b"<"):
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    if not head.startswith(_MAGIC):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    if _TABLE not in head:
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    answer = _ask_child(path, layer, name=name)
    if not answer["layers"]:
        raise FileRefused("E_EMPTY", name=name)
    if "features" not in answer:
        return Layers(tuple(answer["layers"]))
    fields = answer["fields"]
    features = []
    for row, (texts, wkb) in enumerate(answer["features"], start=1):
        shape, problem = check_shape(_read_wkb(wkb))
        # A shape that only GDAL knows (a curve) is there, but none that we can read.
        problem = INVALID if wkb is not None and problem == EMPTY and len(wkb) > _EMPTY_HEX else problem
        features.append(Feature(row, dict(zip(fields, texts, strict=True)), shape, problem))
    return Layer(answer["layer"], tuple(features), answer["crs"])


def _read_wkb(wkb: str | None) -> BaseGeometry | None:
    return None if wkb is None else shapely.from_wkb(bytes.fromhex(wkb), on_invalid="ignore")


def _ask_child(path: Path, layer: str, *, name: str) -> dict[str, Any]:
    command = [sys.executable, "-I", str(_CHILD), str(path.resolve()), layer]
    try:
        said = subprocess.run(  # noqa: S603 - our own script; the file's name is one argument, and begins with a slash
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefused("E_TOO_LARGE", name=name, mb=20) from error
    if said.returncode != 0:
        raise FileRefused("E_CORRUPT", name=name)
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer

"""Households of a map file as a table: points (or rows without a shape) that carry a 户编号.

QGIS and field devices hand rosters back as GeoJSON, GeoPackage, KML or shapefile. What such a layer says in its
properties a table says in its columns; where it has no columns of coordinates, those of its points are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.crs import System
from geo.importer.headernames import look_up
from geo.importer.outlines.features import Layer
from geo.importer.outlines.systems import choose_system, move
from geo.importer.sheets import Sheet
from geo.schema import IMPORT_FIELDS, ROSTER_COLUMNS

if TYPE_CHECKING:
    from geo.importer.outlines.features import Feature
    from geo.validate import Cell

_HEADERS: Final = {field.key: field.header for field in IMPORT_FIELDS}
#: Short field names of a shapefile of the roster → its headers; a long text goes on in the fields _2, _3 ….
_SHORT: Final = {column.field: column.header for column in ROSTER_COLUMNS}
_KEY_FIELD: Final = next(column.field for column in ROSTER_COLUMNS if column.key == "code")
#: What KML readers add to every placemark.
_OF_KML: Final = ("name", "description")


def as_table(layer: Layer) -> Sheet | None:
    """Return a layer of households as a sheet, header first, a feature a row; None for a layer of anything else."""
    if any(one.shape is not None and one.shape.geom_type != "Point" for one in layer.features):
        return None
    names = list(dict.fromkeys(name for one in layer.features for name in one.texts))
    if _KEY_FIELD in names:
        return _sheet(layer, _join_short(names))
    told = {name: look_up(name) for name in names}
    if not any(kind == "field" and key == "code" and not guessed for kind, key, guessed in told.values()):
        return None
    return _sheet(layer, {name: [name] for name in names if name not in _OF_KML})


def _join_short(names: list[str]) -> dict[str, list[str]]:
    """Return header → the short fields that hold its text, in order."""
    columns: dict[str, list[str]] = {}
    for name in names:
        base, _, number = name.rpartition("_")
        field = base if number.isdecimal() and base in _SHORT else name
        columns.setdefault(_SHORT.get(field, name), []).append(name)
    return columns


def _sheet(layer: Layer, columns: dict[str, list[str]]) -> Sheet:
    header: list[Cell] = list(columns)
    rows: list[list[Cell]] = [
        ["".join(one.texts.get(name, "") for name in names) or None for names in columns.values()]
        for one in layer.features
    ]
    keys = {look_up(name)[1] for name in columns}
    if not {"lon", "lat"} & keys:
        header += [_HEADERS["lon"], _HEADERS["lat"]]
        system = choose_system(layer, "", None)
        points = (_locate(one, system if isinstance(system, System) else None) for one in layer.features)
        rows = [[*row, *point] for row, point in zip(rows, points, strict=True)]
    return Sheet(layer.name, [header, *rows])


def _locate(one: Feature, system: System | None) -> tuple[Cell, Cell]:
    """Return the point of a feature in WGS84 degrees, lon first; in the file's own numbers where nobody knows which."""
    if one.shape is None:
        return None, None
    shape = one.shape if system is None else move(one.shape, system)
    return float(shape.x), float(shape.y)

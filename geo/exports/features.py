"""Lists as GeoPackage and as zipped shapefile, through GDAL; lon, lat in WGS84 degrees (EPSG:4326)."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyogrio
import shapely

from geo.exports.qgis import add_style
from geo.exports.said import say_each
from geo.i18n import text
from geo.signs import hold_no_zero

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.head import ExportHead
    from geo.exports.table import Table
    from geo.schema import OutColumn
    from geo.workbook import Value

#: The longest text a dBase field holds, in bytes, and the longest name of one.
_DBF_BYTES: Final = 254
_DBF_NAME: Final = 10


def write_geopackage(table: Table, head: ExportHead) -> bytes:
    """Return the list as a GeoPackage of one layer under Chinese headers, with its style for QGIS."""
    with tempfile.TemporaryDirectory(prefix="geo-gpkg-") as folder:
        path = Path(folder) / f"{table.kind}.gpkg"
        columns = [
            (column, column.header, values) for column, values in zip(table.columns, table.read_all(), strict=True)
        ]
        about = {"IDENTIFIER": head.title, "DESCRIPTION": head.line(len(table))}
        _write(path, table, columns, driver="GPKG", layer=table.kind, layer_options=about)
        add_style(path, table)
        return path.read_bytes()


def write_shapefile(table: Table, head: ExportHead) -> bytes:
    """Return the list as a zipped shapefile in UTF-8, with a legend of its short field names (`fields.txt`).

    A text longer than a field holds goes on in further fields (`descr`, `descr_2` …): nothing is cut off.
    """
    columns = []
    for column, values in zip(table.columns, table.read_all(), strict=True):
        parts = _split_long(values) if column.holds == "text" else [values]
        columns += [(column, name_field(column.field, nth), part) for nth, part in enumerate(parts)]
    with tempfile.TemporaryDirectory(prefix="geo-shp-") as folder:
        path = Path(folder) / f"{table.kind}.shp"
        _write(path, table, columns, driver="ESRI Shapefile", encoding="UTF-8")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)
            archive.writestr("fields.txt", _legend(table, head, [(column, name) for column, name, _ in columns]))
        return out.getvalue()


def name_field(field: str, nth: int) -> str:
    """Return the name of the nth field (from 0) that a column takes: `descr`, `descr_2` …, at most ten letters."""
    mark = f"_{nth + 1}" if nth else ""
    return f"{field[: _DBF_NAME - len(mark)]}{mark}"


def _legend(table: Table, head: ExportHead, fields: Sequence[tuple[OutColumn, str]]) -> bytes:
    lines = [head.title, head.line(len(table)), "", text("exports.legend"), ""]
    lines += [f"{name}\t{column.header}" for column, name in fields]
    return "\r\n".join([*lines, ""]).encode("utf-8-sig")


def _split_long(values: Sequence[Value]) -> list[list[Value]]:
    """Return texts in pieces that a field holds each; no piece begins or ends in a blank, which readers take away."""
    known = {value: _pieces(hold_no_zero(str(value))) for value in set(values)}
    most = max(map(len, known.values()), default=1)
    if most == 1:
        return [[known[value][0] for value in values]]
    pieces = [known[value] for value in values]
    return [[one[nth] if nth < len(one) else "" for one in pieces] for nth in range(most)]


def _pieces(value: str) -> list[str]:
    found = []
    while len(raw := value.encode()) > _DBF_BYTES:
        most = len(raw[:_DBF_BYTES].decode("utf-8", "ignore"))
        cuts = (cut for cut in range(most, 0, -1) if not (value[cut - 1].isspace() or value[cut].isspace()))
        cut = next(cuts, most)
        found.append(value[:cut])
        value = value[cut:]
    return [*found, value]


def _write(path: Path, table: Table, columns: Sequence[tuple[OutColumn, str, list[Value]]], **options: Any) -> None:
    shapes = table.draw()
    located = np.array([shape is not None for shape in shapes], dtype=bool)
    geometry = np.full(len(shapes), None, dtype=object)
    geometry[located] = shapely.to_wkb(shapes[located])
    arrays = [_array(column, values) for column, _name, values in columns]
    pyogrio.raw.write(
        path,
        geometry=geometry,
        field_data=[array for array, _mask in arrays],
        field_mask=[mask for _array, mask in arrays],
        fields=[name for _column, name, _values in columns],
        geometry_type=table.geometry,
        crs="EPSG:4326",
        **options,
    )


def _array(column: OutColumn, values: list[Value]) -> tuple[Any, Any]:
    """Return a column for GDAL and which of its cells are empty (None: none is)."""
    if column.holds == "text":
        return np.array(say_each(values, lambda value: hold_no_zero(str(value))), dtype=object), None
    empty = np.array([value is None for value in values], dtype=bool)
    kind = np.int64 if column.holds == "whole" else np.float64
    return np.array([0 if value is None else value for value in values], dtype=kind), empty

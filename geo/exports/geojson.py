"""Lists as GeoJSON (RFC 7946): one feature a row under Chinese headers, geometry null where a row has no place.

Coordinates are lon, lat in WGS84 degrees. `about` says what the file is.
"""

from __future__ import annotations

import io
import json
from functools import partial
from typing import TYPE_CHECKING

import shapely

from geo.exports.said import say_each
from geo.exports.table import PART
from geo.signs import hold_no_zero

if TYPE_CHECKING:
    from geo.exports.head import ExportHead
    from geo.exports.table import Table
    from geo.workbook import Value


def write_geojson(table: Table, head: ExportHead) -> bytes:
    """Return the list as a feature collection, a feature a line."""
    heads = [json.dumps(column.header, ensure_ascii=False) for column in table.columns]
    shapes = table.draw()
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "utf-8", newline="")
    about = {"name": head.title, "about": head.as_dict(len(table))}
    start = json.dumps({"type": "FeatureCollection", **about}, ensure_ascii=False)
    out.write(f'{start[:-1]}, "features": [')
    mark = "\n"
    for nth, part in enumerate(table.read_parts()):
        geometries = shapely.to_geojson(shapes[nth * PART : (nth + 1) * PART])
        columns = [say_each(values, partial(_member, name)) for name, values in zip(heads, part, strict=True)]
        for geometry, cells in zip(geometries, zip(*columns, strict=True), strict=True):
            properties = ", ".join(cells)
            out.write(f'{mark}{{"type": "Feature", "properties": {{{properties}}}, "geometry": {geometry or "null"}}}')
            mark = ",\n"
    out.write("\n]}\n")
    out.flush()
    return raw.getvalue()


def _member(name: str, value: Value) -> str:
    return f"{name}: {json.dumps(hold_no_zero(value) if isinstance(value, str) else value, ensure_ascii=False)}"

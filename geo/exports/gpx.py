"""Lists as GPX 1.1 for hand-held devices: one waypoint a located row, or one track a row with an area.

A waypoint has a place: a row without one is a route without points behind them, or a track without segments among the
areas; the file's description counts them. Values are in extensions under the short field names, and once more for the
eye in `desc`. Coordinates are lat, lon in WGS84 degrees.
"""

from __future__ import annotations

import io
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

import shapely

from geo.exports.kml import describe, label_rows, xml_text
from geo.exports.said import say_each
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.head import ExportHead
    from geo.exports.table import Table
    from geo.schema import OutColumn
    from geo.workbook import Value

_NUMERIC: Final = re.compile(r"[\s\d.eE+-]*|\s*[+-]?(inf|nan|infinity)\s*", re.IGNORECASE)
#: Line feed and carriage return as their pictures.
_BREAKS: Final = {0x0A: 0x240A, 0x0D: 0x240D}
_START: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx version="1.1" creator="geo" xmlns="http://www.topografix.com/GPX/1/1" xmlns:ogr="http://osgeo.org/gdal">\n'
)


def write_gpx(table: Table, head: ExportHead) -> bytes:
    """Return the list as GPX."""
    shapes = table.draw()
    about = describe(table, head, shapes)
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "utf-8", newline="")
    out.write(f"{_START}<metadata><name>{xml_text(head.title)}</name><desc>{xml_text(about)}</desc></metadata>\n")
    values = table.read_all()
    located = [shape is not None for shape in shapes]
    lines, fields = [], []
    for column, said in zip(table.columns, values, strict=True):
        lines.append(say_each(said, partial(_line, f"{column.header}{text('list.colon')}")))
        fields.append(_fields(column, said, located if table.geometry == "Point" else [True] * len(located)))
    routes = []
    rows = zip(shapes, label_rows(table, values), zip(*lines, strict=True), zip(*fields, strict=True), strict=True)
    for shape, name, desc, extensions in rows:
        facts = f"<name>{_one_line(name)}</name><desc>{''.join(desc).rstrip()}</desc>"
        facts += f"<extensions>{''.join(extensions)}</extensions>"
        if shape is not None:
            out.write(_feature(shape, facts))
        elif table.geometry == "Point":
            routes.append(f"<rte>{facts}</rte>\n")
        else:
            out.write(f"<trk>{facts}</trk>\n")
    out.writelines(routes)
    out.write("</gpx>\n")
    out.flush()
    return raw.getvalue()


def _line(head: str, value: object) -> str:
    return "" if value in (None, "") else f"{xml_text(f'{head}{value}')}\n"


def _fields(column: OutColumn, said: Sequence[Value], located: Sequence[bool]) -> list[str]:
    """Return a column's elements; where all its texts could be numbers, its header stands before the first of them.

    That is the first of the waypoints and the first of the routes: each is a layer to GDAL.
    """
    name = f"ogr:{column.field}"
    fields = say_each(said, lambda value: "" if value in (None, "") else f"<{name}>{_one_line(value)}</{name}>")
    if column.holds == "text" and _looks_numeric(said):
        for kind in (True, False):
            first = next((row for row, field in enumerate(fields) if field and located[row] is kind), None)
            if first is not None:
                fields[first] = f"<{name}>{xml_text(column.header)}</{name}>{fields[first]}"
    return fields


def _looks_numeric(values: Sequence[Value]) -> bool:
    """Say whether all texts of a column could be numbers: GDAL would read codes and phones as such, and cut them off.

    A text among them, be it in one row, keeps it from that.
    """
    return all(_NUMERIC.fullmatch(str(value)) for value in values if value)


def _one_line(value: object) -> str:
    """Return a value as the text of an element of one line: readers of GPX drop the line breaks in it."""
    return xml_text(str(value).translate(_BREAKS))


def _feature(shape: Any, facts: str) -> str:
    if shape.geom_type == "Point":
        return f"<wpt {_at(shape.x, shape.y)}>{facts}</wpt>\n"
    rings = [ring for part in shape.geoms for ring in (part.exterior, *part.interiors)]
    segments = "".join(f"<trkseg>{_points(ring)}</trkseg>" for ring in rings)
    return f"<trk>{facts}{segments}</trk>\n"


def _points(ring: Any) -> str:
    return "".join(f"<trkpt {_at(lon, lat)}/>" for lon, lat in shapely.get_coordinates(ring).tolist())


def _at(lon: float, lat: float) -> str:
    return f"lat={quoteattr(repr(lat))} lon={quoteattr(repr(lon))}"

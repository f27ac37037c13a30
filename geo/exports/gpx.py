"""Lists as GPX 1.1 for hand-held devices: one waypoint a located row, or one track a row with an area.

GPX has no row without a place: those are counted in the file's description. Values are in extensions under the short
field names, and once more for the eye in `desc`. Coordinates are lat, lon in WGS84 degrees.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

import shapely

from geo.exports.kml import describe, label_rows, xml_text
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.head import ExportHead
    from geo.exports.table import Table
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
    out = io.StringIO()
    out.write(f"{_START}<metadata><name>{xml_text(head.title)}</name><desc>{xml_text(about)}</desc></metadata>\n")
    heads = [f"{column.header}{text('list.colon')}" for column in table.columns]
    fields = [f"ogr:{column.field}" for column in table.columns]
    values = table.read_all()
    numeric = {
        nth for nth, column in enumerate(table.columns) if column.holds == "text" and _looks_numeric(values[nth])
    }
    for row, (shape, name) in enumerate(zip(shapes, label_rows(table, values), strict=True)):
        if shape is None:
            continue
        said = [(nth, column[row]) for nth, column in enumerate(values) if column[row] not in (None, "")]
        desc = "\n".join(f"{heads[nth]}{value}" for nth, value in said)
        extensions = []
        for nth, value in said:
            if nth in numeric:
                numeric.remove(nth)
                extensions.append(f"<{fields[nth]}>{xml_text(table.columns[nth].header)}</{fields[nth]}>")
            extensions.append(f"<{fields[nth]}>{_one_line(value)}</{fields[nth]}>")
        facts = f"<name>{_one_line(name)}</name><desc>{xml_text(desc)}</desc>"
        out.write(_feature(shape, f"{facts}<extensions>{''.join(extensions)}</extensions>"))
    out.write("</gpx>\n")
    return out.getvalue().encode()


def _looks_numeric(values: Sequence[Value]) -> bool:
    """Say whether all texts of a column could be numbers: GDAL would then read codes and phones as such, cut off.

    The column's header before the first of them keeps it from that.
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

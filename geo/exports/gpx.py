"""Lists as GPX 1.1 for hand-held devices: one waypoint a located row, or one track a row with an area.

GPX has no row without a place: those are counted in the file's description. Values are in extensions under the short
field names, and once more for the eye in `desc`. Coordinates are lat, lon in WGS84 degrees.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

import shapely

from geo.exports.kml import describe, label_rows, xml_text
from geo.exports.table import PART
from geo.i18n import text

if TYPE_CHECKING:
    from geo.exports.head import ExportHead
    from geo.exports.table import Table

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
    tags = [f"ogr:{column.field}" for column in table.columns]
    for nth, part in enumerate(table.read_parts()):
        lines = [[_line(head, value) for value in values] for head, values in zip(heads, part, strict=True)]
        fields = [[_field(tag, value) for value in values] for tag, values in zip(tags, part, strict=True)]
        rows = zip(
            shapes[nth * PART : (nth + 1) * PART], label_rows(table, part), zip(*lines, strict=True),
            zip(*fields, strict=True), strict=True,
        )  # fmt: skip
        for shape, name, said, extensions in rows:
            if shape is not None:
                desc = xml_text("".join(said).strip("\n"))
                facts = f"<name>{xml_text(name)}</name><desc>{desc}</desc>"
                out.write(_feature(shape, f"{facts}<extensions>{''.join(extensions)}</extensions>"))
    out.write("</gpx>\n")
    return out.getvalue().encode()


def _line(head: str, value: object) -> str:
    return "" if value in (None, "") else f"{head}{value}\n"


def _field(tag: str, value: object) -> str:
    return "" if value in (None, "") else f"<{tag}>{xml_text(value)}</{tag}>"


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

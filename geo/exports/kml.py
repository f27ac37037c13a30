"""Lists as KML 2.2: one placemark a row with its values under Chinese headers; a row without a place has no geometry.

Coordinates are lon, lat in WGS84 degrees. No icon is fetched from anywhere: the looks are colours.
"""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

import shapely

from geo.exports.said import say_each
from geo.exports.table import PART
from geo.i18n import text
from geo.palette import AREA_LINE
from geo.signs import show_controls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geo.exports.head import ExportHead
    from geo.exports.table import Table
    from geo.workbook import Value

_TYPES: Final = {"text": "string", "whole": "int", "decimal": "double", "degrees": "double"}
#: Carriage returns would become line feeds when the file is read.
_KEEP: Final = {"\r": "&#13;"}


def write_kml(table: Table, head: ExportHead) -> bytes:
    """Return the list as a KML document."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "utf-8", newline="")
    shapes = table.draw()
    about = describe(table, head, shapes)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n')
    out.write(f"<name>{xml_text(head.title)}</name><description>{xml_text(about)}</description>\n")
    out.writelines(_looks(table))
    fields = "".join(
        f'<SimpleField type="{_TYPES[column.holds]}" name={quoteattr(column.header)}/>' for column in table.columns
    )
    out.write(f'<Schema id="list" name="list">{fields}</Schema>\n')
    tags = [f"<SimpleData name={quoteattr(column.header)}>" for column in table.columns]
    for nth, part in enumerate(table.read_parts()):
        data = [say_each(values, partial(_simple, tag)) for tag, values in zip(tags, part, strict=True)]
        for shape, name, look, *cells in zip(
            shapes[nth * PART : (nth + 1) * PART], label_rows(table, part), _look_of(table, part), *data, strict=True
        ):
            out.write(
                f"<Placemark><name>{xml_text(name)}</name>{look}<ExtendedData>"
                f'<SchemaData schemaUrl="#list">{"".join(cells)}</SchemaData></ExtendedData>'
                f"{_geometry(shape)}</Placemark>\n"
            )
    out.write("</Document></kml>\n")
    out.flush()
    return raw.getvalue()


def _simple(tag: str, value: Value) -> str:
    return "" if value is None else f"{tag}{xml_text(value)}</SimpleData>"


def describe(table: Table, head: ExportHead, shapes: NDArray[Any]) -> str:
    """Return the line about the file, and how many rows have no place: `3 户未定位`."""
    missing = int(sum(shape is None for shape in shapes))
    if not missing:
        return head.line(len(table))
    key = "exports.unlocated" if table.kind in ("gaps", "roster") else "exports.without_place"
    return f"{head.line(len(table))} · {text(key, n=missing)}"


def xml_text(value: object) -> str:
    """Return a value as the text of an XML element; what XML cannot hold is shown as its picture."""
    return escape(show_controls(str(value)), _KEEP)


def label_rows(table: Table, part: Sequence[Sequence[Value]]) -> Sequence[Value]:
    """Return what the rows of a part of the list are called on a map."""
    keys = [column.key for column in table.columns]
    return part[keys.index(table.style.label if table.style else "number")]


def _look_of(table: Table, part: Sequence[Sequence[Value]]) -> Sequence[str]:
    if table.style is None:
        return [""] * len(part[0])
    keys = [column.key for column in table.columns]
    said = part[keys.index(table.style.column)]
    whole = part[keys.index(table.style.of)] if table.style.of else said
    pairs = list(zip(said, whole, strict=True))
    looks = {pair: table.style.find(*pair) for pair in set(pairs)}
    return ["" if looks[pair] is None else f"<styleUrl>#look{looks[pair]}</styleUrl>" for pair in pairs]


def _looks(table: Table) -> Iterator[str]:
    for nth, look in enumerate(table.style.looks if table.style else ()):
        fill = look.fill or AREA_LINE.stroke
        colour = f"ff{fill[5:7]}{fill[3:5]}{fill[1:3]}".lower()
        yield (
            f'<Style id="look{nth}"><IconStyle><color>{colour}</color></IconStyle>'
            f"<LineStyle><color>{colour}</color><width>2</width></LineStyle>"
            f"<PolyStyle><color>40{colour[2:]}</color></PolyStyle></Style>\n"
        )


def _geometry(shape: Any) -> str:
    if shape is None:
        return ""
    if shape.geom_type == "Point":
        return f"<Point><coordinates>{_coordinates(shape)}</coordinates></Point>"
    parts = "".join(
        f"<Polygon><outerBoundaryIs>{_ring(part.exterior)}</outerBoundaryIs>"
        + "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in part.interiors)
        + "</Polygon>"
        for part in shape.geoms
    )
    return f"<MultiGeometry>{parts}</MultiGeometry>"


def _ring(ring: Any) -> str:
    return f"<LinearRing><coordinates>{_coordinates(ring)}</coordinates></LinearRing>"


def _coordinates(shape: Any) -> str:
    return " ".join(f"{lon!r},{lat!r}" for lon, lat in shapely.get_coordinates(shape).tolist())

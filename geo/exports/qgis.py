"""The look of a layer in QGIS, kept in the GeoPackage where QGIS looks for it (table `layer_styles`).

Colours and shapes are those of the map (`geo.palette`). QGIS reads QML; the style is the layer's default.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from geo.palette import AREA_LINE, OUTLINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geo.exports.table import Look, Style, Table

#: Shape of the map → simple marker of QGIS and its turn in degrees.
_MARKERS: Final = {
    "diamond": ("diamond", 0), "square": ("square", 0), "triangle_up": ("triangle", 0),
    "triangle_down": ("triangle", 180), "half_circle": ("semi_circle", 0), "circle": ("circle", 0),
    "cross": ("cross2", 0),
}  # fmt: skip
_STYLES: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_CONTENTS: Final = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', strftime('%Y-%m-%dT%H:%M:%fZ','now'))"""
_INSERT: Final = """
INSERT INTO layer_styles
  (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault,
   description, owner)
VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '')"""


def add_style(path: Path, table: Table) -> None:
    """Add the list's look to its GeoPackage; a list without one is left as it is."""
    if table.style is None:
        return
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_STYLES)
        connection.execute(_CONTENTS)
        connection.execute(_INSERT, (table.kind, table.kind, make_qml(table, table.style)))


def make_qml(table: Table, style: Style) -> str:
    """Return the QML of a list: one rule a look, by what its column begins with; labels from its label column."""
    headers = {column.key: column.header for column in table.columns}
    qgis = Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling")
    renderer = SubElement(qgis, "renderer-v2", type="RuleRenderer", symbollevels="1", enableorderby="0")
    rules = SubElement(renderer, "rules", key="rules")
    symbols = SubElement(renderer, "symbols")
    # Drawn in passes: the worst look, the first, comes last and covers the others.
    for nth in reversed(range(len(style.looks))):
        look = style.looks[nth]
        chosen = _choose(_measure(headers, style), style.looks, nth)
        SubElement(rules, "rule", key=f"look{nth}", symbol=str(nth), label=look.words, filter=chosen)
        kind = "marker" if table.geometry == "Point" else "fill"
        symbol = SubElement(symbols, "symbol", type=kind, name=str(nth), alpha="1", clip_to_extent="1")
        _add_layer(symbol, look.fill, look.shape, drawn=len(style.looks) - 1 - nth)
    SubElement(qgis, "previewExpression").text = _name(headers[style.label])
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tostring(qgis, encoding="unicode")


def _measure(headers: Mapping[str, str], style: Style) -> str:
    """Return the expression of what the looks are chosen by."""
    column = _name(headers[style.column])
    return f"100.0 * {column} / {_name(headers[style.of])}" if style.of else column


def _choose(column: str, looks: Sequence[Look], nth: int) -> str:
    """Return the expression of the rows that have the nth look."""
    look = looks[nth]
    if look.least is None:
        return f"{column} LIKE {_quote(look.words + '%')}"
    below = [f"{column} < {other.least:g}" for other in looks[:nth][-1:] if other.least is not None]
    return " AND ".join([f"{column} >= {look.least:g}", *below])


def _add_layer(symbol: Element, fill: str, shape: str, *, drawn: int) -> None:
    if shape in _MARKERS:
        name, turn = _MARKERS[shape]
        kind = "SimpleMarker"
        options = {"name": name, "angle": str(turn), "color": _rgba(fill), "outline_color": _rgba(OUTLINE),
                   "outline_style": "solid", "outline_width": "0.2", "size": "2.6"}  # fmt: skip
    else:
        kind = "SimpleFill"
        dashed = "dash" if shape == "computed" else "solid"
        options = {
            "color": _rgba(fill or "#FFFFFF"), "style": "solid" if fill else "no", "outline_style": dashed,
            "outline_color": _rgba(AREA_LINE.stroke), "outline_width": "0.3",
        }  # fmt: skip
    layer = SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": str(drawn)})
    for key, value in options.items():
        SubElement(layer, "prop", k=key, v=value)
    group = SubElement(layer, "Option", type="Map")
    for key, value in options.items():
        SubElement(group, "Option", type="QString", name=key, value=value)


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"{red},{green},{blue},255"


def _name(header: str) -> str:
    return '"' + header.replace('"', '""') + '"'


def _quote(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"

"""KML by a reader of our own on defusedxml: placemarks, their data and shapes; nothing it points at is fetched."""

from __future__ import annotations

import html.parser
import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from geo.errors import FileRefused
from geo.importer.outlines.features import Feature, Layer
from geo.importer.outlines.shapes import build_shape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_LINK: Final = "W_EXTERNAL_REF_IGNORED"
#: What makes a viewer fetch something.
_LINKING: Final = frozenset({"NetworkLink", "NetworkLinkControl", "GroundOverlay", "ScreenOverlay", "PhotoOverlay"})
_ROOTS: Final = frozenset({"kml", "Document", "Folder", "Placemark"})
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_DEEPEST: Final = 64
_PAIR: Final = 2


def read_kml(text: str, *, name: str) -> Layer:
    """Return the placemarks with their name, data (ExtendedData, tables in the description) and folder, in WGS84.

    Raises `FileRefused`: E_XML_ENTITY, E_CORRUPT, E_FORBIDDEN_FORMAT (other XML), E_EXTERNAL_REF (links alone).
    """
    try:
        # The text is decoded already, so what its declaration says of an encoding no longer counts.
        root = fromstring(_DECLARATION.sub("", text, count=1), forbid_dtd=True)
    except DefusedXmlException as error:
        raise FileRefused("E_XML_ENTITY", name=name) from error
    except (ParseError, ValueError) as error:
        raise FileRefused("E_CORRUPT", name=name) from error
    if _tag(root) not in _ROOTS:
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    links = 0
    features: list[Feature] = []
    for element, folder in _walk(root, name=name):
        if _tag(element) == "Placemark":
            features.append(_feature(len(features) + 1, element, folder))
        links += _tag(element) in _LINKING
    if links and not features:
        raise FileRefused("E_EXTERNAL_REF", name=name)
    return Layer("", tuple(features), "wgs84", (_LINK,) if links else ())


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _walk(root: Element, *, name: str) -> Iterator[tuple[Element, str]]:
    """Yield every element down to the placemarks, in the file's order, with the name of the folder it lies in."""
    waiting = [(root, "", 0)]
    while waiting:
        element, folder, depth = waiting.pop()
        if depth > _DEEPEST:
            raise FileRefused("E_CORRUPT", name=name)
        yield element, folder
        if _tag(element) == "Placemark":
            continue
        inside = (_child_text(element, "name") or folder) if _tag(element) == "Folder" else folder
        waiting += [(child, inside, depth + 1) for child in reversed(element)]


def _child_text(element: Element, tag: str) -> str:
    return next(((child.text or "").strip() for child in element if _tag(child) == tag), "")


def _feature(row: int, placemark: Element, folder: str) -> Feature:
    texts = _read_description(_child_text(placemark, "description"))
    texts |= dict(_read_data(placemark))
    if name := _child_text(placemark, "name"):
        texts.setdefault("name", name)
    shape, problem = build_shape(_read_geometry(placemark, 0))
    return Feature(row, texts, shape, problem, folder)


def _read_data(placemark: Element) -> Iterator[tuple[str, str]]:
    for element in placemark.iter():
        if _tag(element) == "SimpleData" and element.get("name"):
            yield str(element.get("name")), (element.text or "").strip()
        elif _tag(element) == "Data" and element.get("name"):
            yield str(element.get("name")), _child_text(element, "value")


class _Table(html.parser.HTMLParser):
    """Collects the cells of the tables in a description, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - their signature
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        self._in_cell = tag in ("td", "th") or (self._in_cell and tag not in ("tr", "table"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def _read_description(description: str) -> dict[str, str]:
    """Return key → value of the two-cell rows of tables in a description, as GIS programs write them."""
    if "<" not in description:
        return {}
    table = _Table()
    table.feed(description)
    rows = [[cell.strip() for cell in row] for row in table.rows]
    return {row[0]: row[1] for row in rows if len(row) == _PAIR and row[0]}


def _read_geometry(parent: Element, depth: int) -> dict[str, Any] | None:
    """Return the geometries directly below an element as one GeoJSON geometry; None where there is none."""
    found = [one for child in parent if (one := _geometry(child, depth)) is not None]
    if len(found) < _PAIR:
        return found[0] if found else None
    return {"type": "GeometryCollection", "geometries": found}


def _geometry(element: Element, depth: int) -> dict[str, Any] | None:
    tag = _tag(element)
    if tag == "MultiGeometry" and depth < _DEEPEST:
        return _read_geometry(element, depth + 1) or {"type": "GeometryCollection", "geometries": []}
    if tag == "Point":
        positions = _positions(element)
        return {"type": "Point", "coordinates": positions[0] if positions else []}
    if tag in ("LineString", "LinearRing"):
        return {"type": "LineString", "coordinates": _positions(element)}
    if tag == "Polygon":
        outer = [_positions(ring) for ring in _rings(element, "outerBoundaryIs")]
        inner = [_positions(ring) for ring in _rings(element, "innerBoundaryIs")]
        return {"type": "Polygon", "coordinates": [*outer, *inner] if any(outer) else []}
    return None


def _rings(polygon: Element, side: str) -> list[Element]:
    return [
        ring for boundary in polygon if _tag(boundary) == side for ring in boundary if _tag(ring) == "LinearRing"
    ]  # fmt: skip


_COMMA: Final = re.compile(r"\s*,\s*")


def _positions(element: Element) -> list[list[Any]]:
    """Return the positions of a coordinates element; a text that is no number stays one, and makes no shape."""
    written = _COMMA.sub(",", _child_text(element, "coordinates"))
    return [[_number(part) for part in tuple_.split(",")] for tuple_ in written.split()]


def _number(part: str) -> Any:
    try:
        return float(part)
    except ValueError:
        return part

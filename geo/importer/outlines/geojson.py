"""GeoJSON by the standard library: no driver, nothing fetched, whatever its `crs` member points at."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from geo.errors import FileRefused
from geo.importer.outlines.features import Feature, Layer
from geo.importer.outlines.shapes import build_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

_WGS84: Final = "wgs84"
_LINK: Final = "W_EXTERNAL_REF_IGNORED"
#: Names of systems that can be read without asking anybody: urn:ogc:def:crs:EPSG::4490, EPSG:4490, …:OGC:1.3:CRS84.
_EPSG_NAME: Final = re.compile(r"(?:urn:(?:x-)?ogc:def:crs:)?EPSG:[\w.]*:?(\d{4,6})", re.IGNORECASE)
_CRS84_NAME: Final = re.compile(r"(?:urn:(?:x-)?ogc:def:crs:)?OGC:(?:[\d.]*:)?CRS84h?", re.IGNORECASE)
_GEOMETRIES: Final = (
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
)  # fmt: skip


def read_geojson(text: str, *, name: str) -> Layer:
    """Return the features of a collection, a single feature or a bare geometry.

    Without a `crs` member the numbers are WGS84 degrees, as the format says; a member that is a link is not followed
    and left out. Raises `FileRefused`: E_CORRUPT (no whole JSON), E_FORBIDDEN_FORMAT (JSON of another kind).
    """
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileRefused("E_CORRUPT", name=name) from error
    kind = root.get("type") if isinstance(root, dict) else None
    if kind == "FeatureCollection" and isinstance(root.get("features"), list):
        features = tuple(_feature(row, one) for row, one in enumerate(root["features"], start=1))
    elif kind == "Feature":
        features = (_feature(1, root),)
    elif kind in _GEOMETRIES:
        features = (_feature(1, {"geometry": root}),)
    else:
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    system, codes = _read_system(root.get("crs"))
    return Layer(str(root.get("name") or ""), features, system, codes)


def _feature(row: int, one: Any) -> Feature:
    if not isinstance(one, dict):
        return Feature(row, {}, None, "R_GEOM_INVALID")
    shape, problem = build_shape(one.get("geometry"))
    return Feature(row, dict(_texts(one)), shape, problem)


def _texts(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the properties that are plain values; what is nested deeper says nothing of a unit."""
    properties = one.get("properties")
    for key, value in properties.items() if isinstance(properties, dict) else ():
        if isinstance(value, float) and value.is_integer():
            yield key, str(int(value))
        elif not isinstance(value, (dict, list)):
            yield key, "" if value is None else str(value)


def _read_system(crs: Any) -> tuple[str, tuple[str, ...]]:
    """Return the system a `crs` member names ('' where it names none that is known), and what to report of it."""
    if crs is None:
        return _WGS84, ()
    kind = crs.get("type") if isinstance(crs, dict) else None
    inner = crs.get("properties") if isinstance(crs, dict) else None
    if kind == "link" or (isinstance(inner, dict) and "href" in inner):
        return _WGS84, (_LINK,)
    named = str(inner.get("name") or inner.get("code") or "") if isinstance(inner, dict) else str(crs)
    if _CRS84_NAME.fullmatch(named.strip()):
        return _WGS84, ()
    match = _EPSG_NAME.fullmatch(named.strip()) or re.fullmatch(r"(\d{4,6})", named.strip())
    return f"EPSG:{match[1]}" if match else "", ()

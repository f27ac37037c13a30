"""Shapefiles by a reader of our own: .shp and .dbf are two plain tables of bytes, and the bytes decide the encoding.

After the ESRI Shapefile Technical Description (1998) and the dBASE III file format. Rings are put together by which
lies in which, whatever way they turn, for programs disagree about that.
"""

from __future__ import annotations

import re
import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from shapely.errors import ShapelyError

from geo.errors import FileRefused
from geo.importer.outlines.features import Feature, Layer
from geo.importer.outlines.shapes import EMPTY, INVALID, NAN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geo.importer.outlines.shapes import Built

_MAGIC: Final = 9994
_HEAD: Final = 100
_POINTS: Final = (1, 11, 21)
_LINES: Final = (3, 13, 23)
_POLYGONS: Final = (5, 15, 25)
_MANY_POINTS: Final = (8, 18, 28)
_LEAST_RING: Final = 3
_DELETED: Final = 0x2A
_FIELDS_FROM: Final = 32
_FIELD_END: Final = 0x0D
#: Language driver ids of a .dbf and the encodings they mean.
_LANGUAGES: Final = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}
#: What a .cpg file may say for the encodings of Chinese files.
_PAGES: Final = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "ansi 936": "gb18030",
                 "utf-8": "utf-8", "utf8": "utf-8", "65001": "utf-8", "gb18030": "gb18030", "big5": "big5"}  # fmt: skip
_NUMERIC: Final = (b"N", b"F")
#: A whole number with decimals, as a numeric field holds it.
_WHOLE: Final = re.compile(rb"^(-?\d+)\.0+$")
#: Bytes that the end of a cut-off character may have.
_CUT: Final = 3


class _Field(NamedTuple):
    """One column of a .dbf: its name as bytes, whether it holds numbers, its width in bytes."""

    name: bytes
    is_numeric: bool
    width: int


def read_shapefile(parts: Mapping[str, bytes], *, name: str, layer: str) -> Layer:
    """Return the features of a shapefile from its members (ending in small letters → bytes); .shp and .dbf are needed.

    Texts of a .dbf are in the encoding that reads them all: that of the .cpg, of the .dbf itself, UTF-8, GB 18030.
    Raises `FileRefused`: E_CORRUPT, E_ENCODING.
    """
    try:
        shapes = _read_shapes(parts["shp"])
        texts = _read_texts(parts["dbf"], parts.get("cpg", b""), name=name)
    except FileRefused:
        raise
    except (KeyError, struct.error, IndexError, ValueError) as error:
        raise FileRefused("E_CORRUPT", name=name) from error
    if len(shapes) != len(texts):
        raise FileRefused("E_CORRUPT", name=name)
    kept = [(text, built) for text, built in zip(texts, shapes, strict=True) if text is not None]
    features = tuple(Feature(row, text, *built) for row, (text, built) in enumerate(kept, start=1))
    prj = parts.get("prj", b"").decode("utf-8", "replace").strip("\ufeff\x00 \r\n\t")
    return Layer(layer, features, prj, cut_names=True)


def _read_shapes(raw: bytes) -> list[Built]:
    if len(raw) < _HEAD or struct.unpack_from(">i", raw)[0] != _MAGIC:
        raise ValueError(_MAGIC)
    found, at = [], _HEAD
    while at + 8 <= len(raw):
        length = 2 * struct.unpack_from(">i", raw, at + 4)[0]
        content = raw[at + 8 : at + 8 + length]
        if length < 4 or len(content) < length:  # noqa: PLR2004 - the type of a shape
            raise ValueError(length)
        found.append(_read_shape(content))
        at += 8 + length
    return found


def _read_shape(content: bytes) -> Built:
    kind = struct.unpack_from("<i", content)[0]
    if kind == 0:
        return None, EMPTY
    try:
        if kind in _POINTS:
            return _checked(np.frombuffer(content, "<f8", 2, 4).reshape(1, 2), shapely.Point)
        if kind in _MANY_POINTS:
            count = struct.unpack_from("<i", content, 36)[0]
            return _checked(np.frombuffer(content, "<f8", 2 * count, 40).reshape(-1, 2), shapely.MultiPoint)
        if kind not in (*_LINES, *_POLYGONS):
            return None, INVALID
        rings, code = _read_parts(content)
        if code:
            return None, code
        return (_polygons(rings) if kind in _POLYGONS else shapely.MultiLineString(rings)), ""
    except (struct.error, ShapelyError, ValueError):
        return None, INVALID


def _checked(points: NDArray[np.float64], make: type[BaseGeometry]) -> Built:
    if not len(points):
        return None, EMPTY
    return (make(points if make is shapely.MultiPoint else points[0]), "") if np.isfinite(points).all() else (None, NAN)


def _read_parts(content: bytes) -> tuple[list[NDArray[np.float64]], str]:
    count, points = struct.unpack_from("<ii", content, 36)
    starts = np.frombuffer(content, "<i4", count, 44)
    xy = np.frombuffer(content, "<f8", 2 * points, 44 + 4 * count).reshape(-1, 2)
    if not np.isfinite(xy).all():
        return [], NAN
    rings = [ring for ring in np.split(xy, starts[1:]) if len(ring)]
    return rings, "" if rings else EMPTY


def _polygons(rings: list[NDArray[np.float64]]) -> BaseGeometry:
    """Return the rings as polygons: one that lies in an odd number of others is a hole of the smallest of these."""
    if any(len(np.unique(ring, axis=0)) < _LEAST_RING for ring in rings):
        raise ValueError(len(rings))
    alone = [shapely.Polygon(ring) for ring in rings]
    if len(alone) == 1:
        return alone[0]
    areas = shapely.area(alone)
    inside = [shapely.point_on_surface(shapely.make_valid(one)) for one in alone]
    tree = shapely.STRtree(inside)
    holders: dict[int, list[int]] = {nth: [] for nth in range(len(alone))}
    for holder, one in enumerate(alone):
        for nth in tree.query(one).tolist():
            if nth != holder and areas[holder] > areas[nth] and shapely.contains_xy(one, inside[nth].x, inside[nth].y):
                holders[nth].append(holder)
    holes: dict[int, list[NDArray[np.float64]]] = {nth: [] for nth, held in holders.items() if len(held) % 2 == 0}
    for nth, held in holders.items():
        if len(held) % 2:
            holes[min((one for one in held if one in holes), key=areas.__getitem__)].append(rings[nth])
    parts = [shapely.Polygon(rings[nth], own) for nth, own in holes.items()]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _read_texts(raw: bytes, page: bytes, *, name: str) -> list[dict[str, str] | None]:
    """Return the texts of every record by field name; None for one marked as deleted."""
    count, start, width = struct.unpack_from("<IHH", raw, 4)
    if not width or start + count * width > len(raw):
        raise ValueError(count)
    fields, at = [], _FIELDS_FROM
    while at + 1 < start and raw[at] != _FIELD_END:
        fields.append(
            _Field(raw[at : at + 11].split(b"\0")[0].strip(), raw[at + 11 : at + 12] in _NUMERIC, raw[at + 16])
        )
        at += 32
    records = [raw[start + nth * width : start + (nth + 1) * width] for nth in range(count)]
    cells = [_cut_record(record, fields) for record in records]
    encoding = _choose_encoding([[one.name for one in fields], *cells], page, raw[29], name=name)
    names = [_decode(one.name, encoding) for one in fields]
    return [
        None if record[0] == _DELETED else dict(zip(names, (_decode(value, encoding) for value in values), strict=True))
        for record, values in zip(records, cells, strict=True)
    ]


def _cut_record(record: bytes, fields: list[_Field]) -> list[bytes]:
    ends = np.cumsum([1, *(one.width for one in fields)]).tolist()
    cells = [record[a:b].strip(b" \0") for a, b in pairwise(ends)]
    # A number that is not there is written as asterisks.
    return [
        _WHOLE.sub(rb"\1", cell.strip(b"*")) if one.is_numeric else cell
        for cell, one in zip(cells, fields, strict=True)
    ]


def _choose_encoding(lines: list[list[bytes]], page: bytes, language: int, *, name: str) -> str:
    said = _PAGES.get(page.decode("ascii", "replace").strip().lower(), "")
    for encoding in dict.fromkeys((said, _LANGUAGES.get(language, ""), "utf-8", "gb18030")):
        if encoding and all(_fits(value, encoding) for line in lines for value in line):
            return encoding
    raise FileRefused("E_ENCODING", name=name)


def _fits(value: bytes, encoding: str) -> bool:
    try:
        _decode(value, encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decode(value: bytes, encoding: str) -> str:
    """Return a value as text; its last character may be cut off at the width of the field."""
    try:
        return value.decode(encoding).strip()
    except UnicodeDecodeError as error:
        if error.start < len(value) - _CUT:
            raise
        return value[: error.start].decode(encoding).strip()

"""Small map files for tests, written as people's programs write them; nothing in them is a real boundary."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

#: A place in Bijiang's outline, in 和平乡: lon, lat.
WEST, SOUTH = 109.15, 27.68


def square(nth: int = 0, *, side: float = 0.01, row: int = 0) -> shapely.Polygon:
    """Return the nth square of a row of squares that touch, about 1 km wide."""
    west, south = round(WEST + nth * side, 6), round(SOUTH + row * side, 6)
    return shapely.box(west, south, round(west + side, 6), round(south + side, 6))


def feature(geometry: Any, **texts: object) -> dict[str, Any]:
    """Return a GeoJSON feature of a shape, of a geometry as written, or of none."""
    written = geometry if geometry is None or isinstance(geometry, dict) else shapely.geometry.mapping(geometry)
    return {"type": "Feature", "properties": texts, "geometry": written}


def group(name: str, geometry: Any, *, village: str = "孟溪村") -> dict[str, Any]:
    """Return a feature of a group of 孟溪村."""
    return feature(geometry, 村=village, 村民组=name)


def write_geojson(path: Path, features: Sequence[dict[str, Any]], **members: object) -> Path:
    """Write a collection; further members go beside its features."""
    content = {"type": "FeatureCollection", **members, "features": list(features)}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def write_kml(path: Path, inner: str, *, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> Path:
    """Write a KML document around some elements."""
    path.write_text(f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inner}</Document></kml>', "utf-8")
    return path


def placemark(name: str, shape: shapely.Polygon, data: str = "") -> str:
    """Return a placemark of a polygon."""
    rings = [("outerBoundaryIs", shape.exterior), *(("innerBoundaryIs", ring) for ring in shape.interiors)]
    written = "".join(
        f"<{side}><LinearRing><coordinates>{' '.join(f'{x},{y},0' for x, y in ring.coords)}</coordinates></LinearRing></{side}>"
        for side, ring in rings
    )
    return f"<Placemark><name>{name}</name>{data}<Polygon>{written}</Polygon></Placemark>"


def write_zip(path: Path, members: Mapping[str, bytes | str]) -> Path:
    """Write an archive of some members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def shape_bytes(shapes: Sequence[shapely.Polygon | None], *, turn: bool = False) -> bytes:
    """Return a .shp of polygons; `turn` winds every ring the wrong way."""
    records = b""
    for nth, shape in enumerate(shapes, start=1):
        if shape is None:
            content = struct.pack("<i", 0)
        else:
            oriented = shapely.orient_polygons(shape, exterior_cw=not turn)
            rings = [list(ring.coords) for ring in (oriented.exterior, *oriented.interiors)]
            starts = [sum(len(ring) for ring in rings[:at]) for at in range(len(rings))]
            points = [number for ring in rings for point in ring for number in point]
            content = struct.pack("<i4d2i", 5, *shape.bounds, len(rings), len(points) // 2)
            content += struct.pack(f"<{len(starts)}i{len(points)}d", *starts, *points)
        records += struct.pack(">2i", nth, len(content) // 2) + content
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(records)) // 2) + struct.pack(
        "<2i8d", 1000, 5, *[0.0] * 8
    )
    return head + records


def table_bytes(
    columns: Mapping[str, Sequence[str]], *, encoding: str = "gb18030", width: int = 40, language: int = 0
) -> bytes:
    """Return a .dbf of text columns; names are cut off at ten bytes, values at the width."""
    names = [name.encode(encoding)[:10] for name in columns]
    rows = list(zip(*columns.values(), strict=True))
    fields = b"".join(name.ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14) for name in names)
    body = b"".join(b" " + b"".join(cell.encode(encoding)[:width].ljust(width) for cell in row) for row in rows)
    start, length = 32 + len(fields) + 1, 1 + width * len(names)
    head = struct.pack("<4BIHH", 3, 126, 1, 1, len(rows), start, length) + bytes(17) + bytes([language]) + bytes(2)
    return head + fields + b"\r" + body + b"\x1a"


#: What a .prj says for CGCS2000 degrees, as ESRI's programs write it.
CGCS2000 = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,'
    '298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


def shapefile(
    stem: str, shapes: Sequence[shapely.Polygon | None], columns: Mapping[str, Sequence[str]], *,
    prj: str | None = CGCS2000, cpg: str | None = None, encoding: str = "gb18030", turn: bool = False,
) -> dict[str, bytes]:  # fmt: skip
    """Return the members of a shapefile by name."""
    members = {f"{stem}.shp": shape_bytes(shapes, turn=turn), f"{stem}.dbf": table_bytes(columns, encoding=encoding)}
    if prj is not None:
        members[f"{stem}.prj"] = prj.encode()
    if cpg is not None:
        members[f"{stem}.cpg"] = cpg.encode()
    return members

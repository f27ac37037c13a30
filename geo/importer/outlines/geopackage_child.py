"""Reads a GeoPackage with GDAL in a process of its own, which `geopackage` starts; it imports nothing of the product.

argv: path, layer ('' for the only one). One JSON document on stdout: `drivers` (those GDAL knows), `layers` (names of
those with shapes) and, where one is to be read, `layer`, `crs` ('' where the file leaves it open), `fields` and
`features`, each its texts and its WKB in hex.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 30
#: What GDAL may write to a file: nothing is to be written.
FILE_BYTES = 1 << 20
#: Every vector driver of the pinned GDAL but GPKG; a test reads `drivers` and fails when another one comes along.
SKIPPED = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRI Shapefile,ESRIJSON,Elasticsearch,"
    "FlatGeobuf,GDALG,GML,GPSBabel,GPX,GTFS,GeoJSON,GeoJSONSeq,GeoRSS,HTTP,Idrisi,JML,JSONFG,KML,LIBKML,LVBAG,MBTiles,"
    "MEM,MVT,MapInfo File,MapML,MiraMonVector,NGW,OAPIF,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_VRT,OSM,OpenFileGDB,PCIDSK,PDF,"
    "PDS4,PGDUMP,PLSCENES,PMTiles,S57,SQLite,SXF,Selafin,TopoJSON,VDV,VFK,VICAR,WAsP,WFS,XLSX"
)
UNUSED = ("geopandas", "pandas", "pyarrow", "shapely")
#: Beginnings of the names of systems that say that none is known (srs_id 0 and −1).
UNDEFINED = ("undefined", "unknown")


def limit_itself() -> None:
    """Take limits of memory, time and files and leave the network, as far as the system has such things."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - not there on every system

        for kind, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CPU, CPU_SECONDS),
            (resource.RLIMIT_FSIZE, FILE_BYTES),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, (most, most))
    with contextlib.suppress(ImportError, OSError, AttributeError, TypeError):
        import ctypes  # noqa: PLC0415 - only for this

        # CLONE_NEWUSER | CLONE_NEWNET: a network of its own without a way out. Where that is forbidden nothing is lost:
        # no driver that could fetch anything is registered.
        ctypes.CDLL(None).unshare(0x10000000 | 0x40000000)


def read_layer(path: str, layer: str) -> dict[str, object]:
    """Return what is in the file; only the names of its layers when there are several and none was chosen."""
    # What pyogrio would use to make tables of it, and what takes longest to load.
    sys.modules.update(dict.fromkeys(UNUSED))  # type: ignore[arg-type]  # None: the import system takes it for missing
    import pyogrio.raw  # noqa: PLC0415 - after the limits and the environment

    known = {"drivers": sorted(pyogrio.list_drivers())}
    layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind]
    if layer not in layers and (layer or len(layers) != 1):
        return {**known, "layers": layers}
    meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer or layers[0], force_2d=True, IMMUTABLE="YES")
    crs = str(meta["crs"] or "")
    named = crs.partition('"')[2] if "[" in crs else crs
    return {
        **known,
        "layers": layers,
        "layer": layer or layers[0],
        "crs": "" if named.lower().startswith(UNDEFINED) else crs,
        "fields": [str(name) for name in meta["fields"]],
        "features": [
            [[to_text(column[nth]) for column in columns], None if shape is None else bytes(shape).hex()]
            for nth, shape in enumerate(shapes)
        ],
    }


def to_text(value: object) -> str:
    """Return a value as the importer reads texts: whole numbers without a point, nothing as ''."""
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or plain != plain:  # noqa: PLR0124 - what is not equal to itself is not a number
        return ""
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain)


def main() -> int:
    """Read what the arguments say and write the answer; 1 when GDAL cannot read it."""
    os.environ.update(
        OGR_SKIP=SKIPPED,
        OGR_SQLITE_ALLOW_EXTERNAL_ACCESS="NO",
        GDAL_HTTP_PROXY="127.0.0.1:9",
        GDAL_DRIVER_PATH="disable",
        OPENBLAS_NUM_THREADS="1",
    )
    limit_itself()
    try:
        answer = read_layer(*sys.argv[1:3])
    except (RuntimeError, ValueError, MemoryError):
        return 1
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())

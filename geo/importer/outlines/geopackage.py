"""GeoPackage through GDAL with one driver; it runs only in the process that parses files (`geo.apart`)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import shapely

from geo.errors import FileRefused
from geo.importer.outlines.features import Feature, Layer, Layers
from geo.importer.outlines.shapes import EMPTY, INVALID, check_shape

if TYPE_CHECKING:
    from types import ModuleType

#: The one driver.
DRIVER: Final = "GPKG"
#: Every other vector driver of the pinned GDAL; should another one come along nothing is read (`load_driver`).
_OTHERS: Final = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRI Shapefile,ESRIJSON,Elasticsearch,"
    "FlatGeobuf,GDALG,GML,GPSBabel,GPX,GTFS,GeoJSON,GeoJSONSeq,GeoRSS,HTTP,Idrisi,JML,JSONFG,KML,LIBKML,LVBAG,MBTiles,"
    "MEM,MVT,MapInfo File,MapML,MiraMonVector,NGW,OAPIF,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_VRT,OSM,OpenFileGDB,PCIDSK,PDF,"
    "PDS4,PGDUMP,PLSCENES,PMTiles,S57,SQLite,SXF,Selafin,TopoJSON,VDV,VFK,VICAR,WAsP,WFS,XLSX"
)
#: What pyogrio would use to make tables, and what takes longest to load.
_UNUSED: Final = ("geopandas", "pandas", "pyarrow")
#: Beginnings of the names of systems that say that none is known (srs_id 0 and -1).
_UNDEFINED: Final = ("undefined", "unknown")
_MAGIC: Final = b"SQLite format 3\x00"
_TABLE: Final = b"gpkg_contents"
_HEAD: Final = 1 << 20
#: Bytes that the WKB of an empty geometry has at most.
_EMPTY_BYTES: Final = 21


def load_driver(driver: str = DRIVER) -> ModuleType:
    """Return pyogrio's plain reader, with GDAL limited to one driver. Raises `RuntimeError` when it has others.

    GDAL reads its environment once, so this must be the first thing in a process that loads it.
    """
    os.environ["OGR_SKIP"] = ",".join(sorted({DRIVER, *_OTHERS.split(",")} - {driver}))
    for name in _UNUSED:
        # None: the import system takes it for missing.
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    import pyogrio.raw  # noqa: PLC0415 - after its environment

    if tuple(pyogrio.list_drivers()) != (driver,):
        raise RuntimeError(*sorted(pyogrio.list_drivers()))
    reader: ModuleType = pyogrio.raw
    return reader


def read_geopackage(raw: bytes, *, name: str, layer: str = "") -> Layer | Layers:
    """Return a layer of the file; of several, when none is chosen, their names.

    Raises `FileRefused`: E_NOT_SPREADSHEET (other bytes), E_FORBIDDEN_FORMAT (another SQLite file), E_CORRUPT, E_EMPTY.
    """
    head = raw[:_HEAD]
    if head.lstrip().startswith(b"<"):
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    if not head.startswith(_MAGIC):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    if _TABLE not in head:
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    reader = load_driver()
    try:
        return _read(reader, raw, layer, name=name)
    except FileRefused:
        raise
    except (RuntimeError, ValueError) as error:
        raise FileRefused("E_CORRUPT", name=name) from error


def _read(reader: ModuleType, raw: bytes, layer: str, *, name: str) -> Layer | Layers:
    import pyogrio  # noqa: PLC0415 - loaded by `load_driver`

    layers = [str(one) for one, kind in pyogrio.list_layers(raw) if kind]
    if not layers:
        raise FileRefused("E_EMPTY", name=name)
    if layer not in layers and (layer or len(layers) != 1):
        return Layers(tuple(layers))
    chosen = layer or layers[0]
    meta, _, shapes, columns = reader.read(raw, layer=chosen, force_2d=True, IMMUTABLE="YES")
    crs = str(meta["crs"] or "")
    named = crs.partition('"')[2] if "[" in crs else crs
    fields = [str(one) for one in meta["fields"]]
    features = []
    for nth, wkb in enumerate(shapes):
        shape, problem = check_shape(None if wkb is None else shapely.from_wkb(bytes(wkb), on_invalid="ignore"))
        # A shape that only GDAL knows (a curve) is there, but none that we can read.
        problem = INVALID if wkb is not None and problem == EMPTY and len(wkb) > _EMPTY_BYTES else problem
        texts = (_to_text(column[nth]) for column in columns)
        features.append(Feature(nth + 1, dict(zip(fields, texts, strict=True)), shape, problem))
    return Layer(chosen, tuple(features), "" if named.lower().startswith(_UNDEFINED) else crs)


def _to_text(value: Any) -> str:
    """Return a value as the importer reads texts: whole numbers without a point, nothing as ''."""
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or plain != plain:  # noqa: PLR0124 - what is not equal to itself is not a number
        return ""
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain)

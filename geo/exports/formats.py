"""The formats a list can be taken away in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geo.exports.delimited import write_csv
from geo.exports.features import write_geopackage, write_shapefile
from geo.exports.geojson import write_geojson
from geo.exports.gpx import write_gpx
from geo.exports.kml import write_kml
from geo.exports.paper import write_pdf
from geo.exports.sheets import write_sheets

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.exports.head import ExportHead
    from geo.exports.table import Progress, Table

#: From so many rows on, who waits is told how far it is.
SHOW_PROGRESS_FROM: Final = 20_000


@dataclass(frozen=True, slots=True)
class Format:
    """One format: the ending of its files, their media type, what writes it, whether its rows have a place on a map."""

    suffix: str
    media_type: str
    write: Callable[[Table, ExportHead], bytes]
    spatial: bool = False


XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: Final[dict[str, Format]] = {
    "xlsx": Format("xlsx", XLSX_TYPE, write_sheets),
    "csv": Format("csv", "text/csv; charset=utf-8", write_csv),
    "pdf": Format("pdf", "application/pdf", write_pdf),
    "geojson": Format("geojson", "application/geo+json", write_geojson, spatial=True),
    "gpkg": Format("gpkg", "application/geopackage+sqlite3", write_geopackage, spatial=True),
    "kml": Format("kml", "application/vnd.google-earth.kml+xml", write_kml, spatial=True),
    "gpx": Format("gpx", "application/gpx+xml", write_gpx, spatial=True),
    "shp": Format("zip", "application/zip", write_shapefile, spatial=True),
}


def write_table(table: Table, *, head: ExportHead, form: str, progress: Progress | None = None) -> bytes:
    """Return the list as a file of a format (a key of `FORMATS`); `progress` is told how many rows are done.

    Raises `Invalid` when there are more rows than the format holds.
    """
    return FORMATS[form].write(table.with_progress(progress), head)

"""Plans to take away (路线): route sheets on paper, their twin to fill in, and tracks for devices and maps."""

from geo.exports.routes.files import ROUTE_FILES, RouteHead, write_route_files
from geo.exports.routes.sheets import print_route_sheets
from geo.exports.routes.tracks import amap_link, geo_link, write_geojson, write_gpx, write_kml, write_links
from geo.exports.routes.twin import say_why, write_twin

__all__ = [
    "ROUTE_FILES",
    "RouteHead",
    "amap_link",
    "geo_link",
    "print_route_sheets",
    "say_why",
    "write_geojson",
    "write_gpx",
    "write_kml",
    "write_links",
    "write_route_files",
    "write_twin",
]

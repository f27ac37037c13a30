"""Coordinate systems: WGS84, CGCS2000, GCJ-02, BD-09, Gauss-Krüger and whatever else pyproj knows by code. Pure.

Everywhere x is east or longitude and comes first, y is north or latitude; arrays go in and come out whole.
"""

from geo.crs.gauss import (
    MERIDIANS,
    Zone,
    degrees_of,
    fit_zone,
    gauss_system,
    meridian_of,
    metres_of,
    orient,
    split_zone,
    zone_of,
)
from geo.crs.shifted import (
    CHINA,
    bd09_from_gcj02,
    bd09_from_wgs84,
    gcj02_from_bd09,
    gcj02_from_wgs84,
    in_china,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from geo.crs.systems import (
    BD09,
    CGCS2000,
    GCJ02,
    WGS84,
    System,
    convert,
    epsg_system,
    from_wgs84,
    parse_definition,
    parse_system,
    to_wgs84,
)
from geo.crs.written import Angle, Pair, read_angle, read_pair

__all__ = [
    "BD09",
    "CGCS2000",
    "CHINA",
    "GCJ02",
    "MERIDIANS",
    "WGS84",
    "Angle",
    "Pair",
    "System",
    "Zone",
    "bd09_from_gcj02",
    "bd09_from_wgs84",
    "convert",
    "degrees_of",
    "epsg_system",
    "fit_zone",
    "from_wgs84",
    "gauss_system",
    "gcj02_from_bd09",
    "gcj02_from_wgs84",
    "in_china",
    "meridian_of",
    "metres_of",
    "orient",
    "parse_definition",
    "parse_system",
    "read_angle",
    "read_pair",
    "split_zone",
    "to_wgs84",
    "wgs84_from_bd09",
    "wgs84_from_gcj02",
    "zone_of",
]

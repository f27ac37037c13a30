"""A view of the map carried into the system that its base map is drawn in: areas, labels, and how far it reaches."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.crs import WGS84, from_wgs84

if TYPE_CHECKING:
    from geo.crs import System
    from geo.mapspec import MapSpec


def carry_spec(spec: MapSpec, system: System) -> MapSpec:
    """Return a view whose positions are those of a system, degrees as before; WGS84 leaves it as it is."""
    if system == WGS84:
        return spec
    shapes = {name: {**shape, "coordinates": _carry(shape["coordinates"], system)} for name, shape in _read(spec)}
    areas = [{**area, "at": area["at"] and _carry(area["at"], system)} for area in spec.data["areas"]]
    data = {**spec.data, "areas": areas, "bounds": _carry_bounds(spec.data["bounds"], system)}
    if data["shapes"]:
        data["shapes"] = f"{data['shapes']}-{system.name}"
    return replace(spec, data=data, shapes=json.dumps(shapes, separators=(",", ":")).encode())


def _read(spec: MapSpec) -> Any:
    return json.loads(spec.shapes).items()


def _carry(positions: Any, system: System) -> Any:
    """Return positions (lon, lat) nested as GeoJSON nests them, each carried into the system, to 0.1 m."""
    if not positions:
        return positions
    if not isinstance(positions[0], list):
        return _carry([positions], system)[0]
    if isinstance(positions[0][0], list):
        return [_carry(one, system) for one in positions]
    lon, lat = np.array(positions, dtype=np.float64)[:, :2].T
    return np.stack(from_wgs84(system, lon, lat), axis=1).round(6).tolist()


def _carry_bounds(bounds: list[float] | None, system: System) -> list[float] | None:
    if bounds is None:
        return None
    west, south, east, north = bounds
    lon, lat = from_wgs84(system, np.array([west, east, west, east]), np.array([south, south, north, north]))
    return [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())]

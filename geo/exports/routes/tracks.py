"""Routes for devices and maps: GeoJSON, GPX 1.1, KML 2.2 and links. Coordinates are WGS84.

No file names a head of a household. Only links to AMap are in GCJ-02, because AMap reads that; order everywhere is
lon, lat, but in GPX and geo: links.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final
from urllib.parse import quote

from geo import crs
from geo.exports.kml import xml_text
from geo.exports.routes.head import RouteHead, route_id
from geo.i18n import text
from geo.planning import PlanDocument, StopRow, TeamDayRow, VillagePlan

_DIGITS: Final = 6
_GPX: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="geo" '
    'xmlns="http://www.topografix.com/GPX/1/1">\n'
)
_KML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
#: Line colours of teams by turns (KML is alpha, blue, green, red).
_COLOURS: Final = ("ff794e1f", "ff6f7a2a", "ff34608a", "ff862a5b")


def name_route(village: VillagePlan, row: TeamDayRow) -> str:
    """Return how a route is called for people: village, day, team."""
    return text("route.name", village=village.name, day=row.day, team=row.team)


def write_geojson(document: PlanDocument, head: RouteHead) -> bytes:
    """Return a FeatureCollection: a line a team-day from the start point back to it, and a point a stop.

    `made_by` and `made_on` beside the features say who made the file and when.
    """
    features: list[dict[str, Any]] = []
    for village, row in document.list_routes():
        facts = {"route": route_id(head, row), "village": village.name, "day": row.day.isoformat(),
                 "team": row.team}  # fmt: skip
        line = {**facts, "kind": "route", "stops": len(row.stops), "travel_s": row.travel_s, "service_s": row.service_s}
        features.append(_feature("LineString", _path(village, row), line))
        for stop in row.stops:
            said = {"kind": "stop", "seq": stop.seq, "code": stop.code, "group": stop.group, "arrive_s": stop.arrive_s}
            more = {"priority": stop.priority, "due_on": stop.due_on.isoformat() if stop.due_on else None}
            features.append(_feature("Point", _at(stop), facts | said | more))
    made = {"made_by": head.user, "made_on": head.as_of.isoformat(), "round": head.round}
    return json.dumps({"type": "FeatureCollection", **made, "features": features}, ensure_ascii=False).encode()


def write_gpx(document: PlanDocument, head: RouteHead) -> bytes:
    """Return a route (rte) a team-day, its points numbered and called by 户编号."""
    out = [_GPX, f"<metadata><name>{xml_text(head.round)}</name><desc>{xml_text(head.made())}</desc></metadata>\n"]
    for village, row in document.list_routes():
        out.append(f"<rte><name>{xml_text(name_route(village, row))}</name>")
        out.append(f"<desc>{xml_text(route_id(head, row))}</desc>\n")
        if village.start is not None:
            out.append(f"{_rtept(village.start, text('route.start'))}\n")
        out += [f"{_rtept(_at(stop), f'{stop.seq} {stop.code}')}\n" for stop in row.stops]
        out.append("</rte>\n")
    return "".join([*out, "</gpx>\n"]).encode()


def write_kml(document: PlanDocument, head: RouteHead) -> bytes:
    """Return a folder a team-day with its line and its numbered points."""
    out = [_KML, f"<name>{xml_text(head.round)}</name><description>{xml_text(head.made())}</description>\n"]
    for village, row in document.list_routes():
        colour = _COLOURS[village.teams.index(row.team) % len(_COLOURS)]
        path = " ".join(f"{lon:.{_DIGITS}f},{lat:.{_DIGITS}f}" for lon, lat in _path(village, row))
        name = xml_text(name_route(village, row))
        out.append(f"<Folder><name>{name}</name>\n<Placemark><name>{name}</name><Style><LineStyle>")
        out.append(f"<color>{colour}</color><width>3</width></LineStyle></Style>")
        out.append(f"<LineString><coordinates>{path}</coordinates></LineString></Placemark>\n")
        for stop in row.stops:
            lon, lat = _at(stop)
            out.append(f"<Placemark><name>{stop.seq} {xml_text(stop.code)}</name><Point><coordinates>")
            out.append(f"{lon:.{_DIGITS}f},{lat:.{_DIGITS}f}</coordinates></Point></Placemark>\n")
        out.append("</Folder>\n")
    return "".join([*out, "</Document></kml>\n"]).encode()


def write_links(document: PlanDocument, head: RouteHead) -> bytes:
    """Return a CSV with links of every stop that open it in AMap (lng,lat in GCJ-02) and in any map (geo:lat,lng)."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([text(f"route.column.{name}") for name in ("route", "seq", "code", "amap", "geo", "made")])
    for _, row in document.list_routes():
        for stop in row.stops:
            lon, lat = _at(stop)
            writer.writerow([route_id(head, row), stop.seq, _plain(stop.code), amap_link(lon, lat, stop.code),
                             geo_link(lon, lat), _plain(head.made())])  # fmt: skip
    return target.getvalue().encode("utf-8-sig")


def amap_link(lon: float, lat: float, name: str) -> str:
    """Return the link that shows a point (WGS84) in AMap, which reads GCJ-02."""
    east, north = crs.gcj02_from_wgs84(lon, lat)
    return (
        f"https://uri.amap.com/marker?position={float(east):.{_DIGITS}f},{float(north):.{_DIGITS}f}&name={quote(name)}"
    )


def geo_link(lon: float, lat: float) -> str:
    """Return the link that shows a point (WGS84) in whatever map a device has (RFC 5870: latitude first)."""
    return f"geo:{lat:.{_DIGITS}f},{lon:.{_DIGITS}f}"


def _plain(value: str) -> str:
    """A text that a table program would take for a formula begins with an apostrophe."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _feature(kind: str, coordinates: object, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _at(stop: StopRow) -> tuple[float, float]:
    if stop.lon is None or stop.lat is None:
        raise ValueError(stop.household)
    return round(stop.lon, _DIGITS), round(stop.lat, _DIGITS)


def _path(village: VillagePlan, row: TeamDayRow) -> list[tuple[float, float]]:
    """Return the points of a team-day in order, from the start point back to it."""
    stops = [_at(stop) for stop in row.stops]
    return stops if village.start is None else [village.start, *stops, village.start]


def _rtept(at: tuple[float, float], name: str) -> str:
    lon, lat = at
    return f'<rtept lat="{lat:.{_DIGITS}f}" lon="{lon:.{_DIGITS}f}"><name>{xml_text(name)}</name></rtept>'

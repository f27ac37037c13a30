"""The page of the map benchmark: the same households by the way that the address names, and one filter."""

from __future__ import annotations

import folium
import pydeck
import streamlit as st
from folium.plugins import FastMarkerCluster, VectorGridProtobuf
from streamlit_folium import st_folium

from benchmarks.map_world import LAT, LON, ONLY, homes_of, index_of, reach_of, wanted_of
from geo.mapspec import MapSpec, say_words
from geo.tiles.answers import Still, TileView
from geo.ui.mapview import offer_map, show_map

COLOURS = ("#A50F15", "#F5A300", "#5B2A86", "#5B2A86", "#5AB4D6", "#5AB4D6", "#7A7A7A")
ZOOM = 11
HEIGHT = 560
NPM = "/bench/npm"
LIBRARIES = (("leaflet", "/vendor/leaflet/leaflet.js"), ("jquery", "/vendor/jquery/jquery.min.js"))
DOT = "function (row) { return L.circleMarker([row[0], row[1]], { radius: 3.5 }); }"


def draw_ours(size: int, *, only: bool) -> None:
    """Draw by the product's own layer."""
    nothing, (east, north) = {"title": "", "rows": []}, reach_of(size)
    bounds = [LON - east - 0.01, LAT - north - 0.01, LON + east + 0.01, LAT + north + 0.01]
    data = {
        "lang": "zh-CN", "view": "visits", "place": "bench", "points_from_zoom": 13, "shapes": "", "bounds": bounds,
        "symbols": "visits",
        "frame": None, "areas": [], "badges": [], "notes": [], "footnote": "", "words": say_words("bench"),
        "legend": {"hint": "", "visits": nothing, "issues": nothing, "classes": nothing | {"unit": ""}},
    }  # fmt: skip
    tokens = st.session_state.setdefault("tokens", {})
    if only not in tokens:
        tokens[only] = offer_map(MapSpec(data, ()), tiles=TileView(Still(index_of(size)), wanted_of(size, only=only)))
    show_map(tokens[only], height=HEIGHT)


def plain_map() -> folium.Map:
    """Return folium's map with nothing under it, its libraries from this machine."""
    base = folium.Map(location=(LAT, LON), zoom_start=ZOOM, tiles=None, zoom_control=False, maxZoom=20)
    base.default_js, base.default_css = list(LIBRARIES), [("leaflet_css", "/vendor/leaflet/leaflet.css")]
    return base


def draw_folium(kind: str, size: int, *, only: bool) -> None:
    """Draw by folium as its documentation shows it."""
    homes, base = homes_of(size), plain_map()
    shown = homes[homes["state"] == ONLY] if only else homes
    rows = zip(shown["lon"].tolist(), shown["lat"].tolist(), shown["state"].tolist(), strict=True)
    if kind == "circle":
        for lon, lat, state in rows:
            folium.CircleMarker((lat, lon), radius=3.5, color=COLOURS[state], fill=True, fill_opacity=1).add_to(base)
    elif kind == "geojson":
        features = [
            {
                "type": "Feature",
                "properties": {"state": state},
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
            }
            for lon, lat, state in rows
        ]
        folium.GeoJson(
            {"type": "FeatureCollection", "features": features},
            marker=folium.CircleMarker(radius=3.5, fill=True, fill_opacity=1),
            style_function=lambda one: {"color": COLOURS[one["properties"]["state"]]},
        ).add_to(base)
    elif kind == "cluster":
        layer = FastMarkerCluster([[lat, lon] for lon, lat, _ in rows], callback=DOT)
        layer.default_js = [("markercluster", f"{NPM}/leaflet.markercluster/dist/leaflet.markercluster.js")]
        layer.default_css = [("markercluster", f"{NPM}/leaflet.markercluster/dist/MarkerCluster.Default.css")]
        layer.add_to(base)
    else:
        style = f"{{weight: 0, fill: true, fillOpacity: 1, radius: 3.5, fillColor: {list(COLOURS)}[p.state]}}"
        styles = f"{{homes: (p) => (window.hide === p.state ? [] : {style})}}"
        options = f"{{vectorTileLayerStyles: {styles}, maxNativeZoom: 16}}"
        layer = VectorGridProtobuf(f"/bench/mvt/{size}/{int(only)}/{{z}}/{{x}}/{{y}}.pbf", "homes", options)
        layer.default_js = [("vectorgrid", f"{NPM}/leaflet.vectorgrid/dist/Leaflet.VectorGrid.bundled.min.js")]
        layer.add_to(base)
    st_folium(base, key="map", height=HEIGHT, use_container_width=True, returned_objects=[])


def draw_pydeck(size: int, *, only: bool) -> None:
    """Draw by pydeck's scatter plot."""
    homes = homes_of(size)
    shown = homes[homes["state"] == ONLY] if only else homes
    colours = [[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in COLOURS]
    table = shown[["lon", "lat"]].assign(colour=[colours[state] for state in shown["state"]])
    layer = pydeck.Layer("ScatterplotLayer", table, get_position=["lon", "lat"], get_fill_color="colour",
                         get_radius=1, radius_min_pixels=3.5)  # fmt: skip
    view = pydeck.ViewState(longitude=LON, latitude=LAT, zoom=ZOOM - 1)
    st.pydeck_chart(pydeck.Deck(layers=[layer], initial_view_state=view, map_style=None), height=HEIGHT)


st.set_page_config(layout="wide")
kind, size = st.query_params.get("kind", ""), int(st.query_params.get("size", "1000"))
only = st.toggle("only", key="only")
if kind == "ours":
    draw_ours(size, only=only)
elif kind == "maplibre":
    st.iframe(f"/bench/maplibre.html?size={size}&only={int(only)}&view={LON},{LAT},{ZOOM}", height=HEIGHT)
elif kind == "empty":
    st.html(f'<div style="height: {HEIGHT}px; background: {COLOURS[only]}"></div>')
elif kind == "pydeck":
    draw_pydeck(size, only=only)
elif kind:
    draw_folium(kind, size, only=only)
st.text(f"run {kind} {size} {only}")

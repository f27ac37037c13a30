"""The app around the map benchmark's page: the product's gate and routes, and what the compared libraries need."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from benchmarks.map_world import index_of
from benchmarks.vector_tiles import find_others, kept_tile
from geo.tiles import MIN_ZOOM, POINTS_FROM_ZOOM
from geo.web import build_middleware, build_routes, promptly

if TYPE_CHECKING:
    from starlette.requests import Request

#: Packages of npm and PyPI that only the comparison needs (`benchmarks/map.py` and `vector_tiles.py` say which).
OTHERS = Path(os.environ["GEO_BENCH_OTHERS"])
find_others(OTHERS)

PAGE = (Path(__file__).parent / "map_maplibre.html").read_text(encoding="utf-8")


async def send_mvt(request: Request) -> Response:
    """Send the same households as the product's tile of this address, as a Mapbox vector tile."""
    at = request.path_params
    size, zoom, x, y = (int(at[name]) for name in ("size", "z", "x", "y"))
    body = await run_in_threadpool(kept_tile, size, zoom, (x, y), OTHERS, only=at["only"] == "1")
    return Response(body, media_type="application/vnd.mapbox-vector-tile")


async def warm_up(request: Request) -> Response:
    """Make the households of a size and the product's index of them, as the product does when it starts."""
    index = await run_in_threadpool(index_of, int(request.path_params["size"]))
    for zoom in range(MIN_ZOOM, POINTS_FROM_ZOOM):
        await run_in_threadpool(index.cells, zoom)
    return Response(str(len(index)))


async def send_page(_: Request) -> Response:
    """Send the page of MapLibre GL."""
    return HTMLResponse(PAGE)


app = st.App(
    Path(__file__).parent / "map_stand.py",
    routes=[
        *build_routes(),
        Route("/bench/mvt/{size}/{only}/{z}/{x}/{y}.pbf", send_mvt),
        Route("/bench/warm/{size}", warm_up),
        Route("/bench/maplibre.html", send_page),
        Mount("/bench/own", StaticFiles(directory=Path(__file__).parent / "static")),
        Mount("/bench/npm", StaticFiles(directory=OTHERS / "node_modules")),
    ],
    middleware=build_middleware(),
    lifespan=promptly,
)

"""The app around the map's test page: the product's own gate and routes."""

from pathlib import Path

import streamlit as st

from geo.web import build_middleware, build_routes, promptly

app = st.App(
    Path(__file__).parent / "map_stand.py", routes=build_routes(), middleware=build_middleware(), lifespan=promptly
)

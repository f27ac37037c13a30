"""The ASGI application: `streamlit run app.py` and `uvicorn app:app` both serve it.

The main script is in `geo/ui/`, which has no `pages/` beside it: Streamlit would run a page found there by its name
alone, before the main script has run once.
"""

from pathlib import Path

import streamlit as st

from geo.ui import datasource
from geo.ui.warming import warm_up
from geo.web import Door, build_middleware, build_routes, refuse_unsafe

door = Door(datasource.database, path=datasource.serving_path)
settings = refuse_unsafe(door, option=st.get_option)
app = st.App(
    Path(__file__).parent / "geo" / "ui" / "main.py",
    routes=build_routes(door),
    middleware=build_middleware(door, settings),
    lifespan=warm_up,
)

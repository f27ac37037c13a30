"""What answers besides Streamlit: the gate before every request, exports and tiles, the files of the map."""

from geo.web.gate import build_middleware
from geo.web.routes import build_routes

__all__ = ["build_middleware", "build_routes"]

"""What answers besides Streamlit: the gate before every request, coming in, exports and tiles, the files of the map."""

from geo.web.door import Door
from geo.web.gate import build_middleware
from geo.web.promptly import promptly
from geo.web.routes import build_routes
from geo.web.starting import refuse_unsafe

__all__ = ["Door", "build_middleware", "build_routes", "promptly", "refuse_unsafe"]

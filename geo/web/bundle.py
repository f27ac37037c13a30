"""The map's own files as one script and one style sheet, under names that say what is in them: Leaflet's, then ours.

The map's frame asks for its scripts one after the other; one that browsers keep for good is there at once. The index
page asks for them ahead (`hints`), together with the parts of Streamlit that hold a component's frame, which Streamlit
asks for only when the page is there.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

OWN_FILES: Final = Path(__file__).parent.parent / "ui" / "static"
LEAFLET: Final = ("js_lib_leaflet", "static/js_lib_leaflet")
#: In the order in which the browser must run them.
_SCRIPTS: Final = (
    "map_palette", "map_tile", "map_raster", "map_symbols", "map_cells", "map_grid", "map_furniture", "map_areas",
    "map_outside", "map_select", "map_sheet", "map_base", "household_tiles",
)  # fmt: skip
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_COMPONENT: Final = "ComponentInstance.*.js"
_IMPORTS: Final = re.compile(r'(?:from|import)\s*"\./([\w.-]+\.js)"')


@dataclass(frozen=True, slots=True)
class Bundle:
    """One file: its address, its media type, and its bytes as they are and packed."""

    address: str
    media_type: str
    body: bytes
    packed: bytes


@cache
def script() -> Bundle:
    """Return Leaflet and our layer, in the order in which they must run."""
    files = [find_package_files(*LEAFLET) / "leaflet.js", *(OWN_FILES / f"{name}.js" for name in _SCRIPTS)]
    return _join(files, "map.js", "text/javascript")


@cache
def style() -> Bundle:
    """Return the styles of Leaflet and of our layer; Leaflet's pictures stay where they are."""
    return _join(
        [find_package_files(*LEAFLET) / "leaflet.css", OWN_FILES / "household_tiles.css"], "map.css", "text/css"
    )


def _join(files: list[Path], name: str, media_type: str) -> Bundle:
    body = b"\n".join(one.read_bytes() for one in files).replace(b"url(images/", b"url(/vendor/leaflet/images/")
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Bundle(f"/own/{digest}/{name}", media_type, body, gzip.compress(body, mtime=0))


async def send_bundle(request: Request) -> Response:
    """Send the script or the style sheet; nothing for a name that says something else is in it."""
    found = next((one for one in (script(), style()) if one.address == request.url.path), None)
    if found is None:
        return Response(status_code=404)
    packs = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if packs else {})
    return Response(found.packed if packs else found.body, media_type=found.media_type, headers=headers)


def hints(html: str) -> str:
    """Return what an index page is to ask for ahead, besides what it asks for already."""
    ahead = "".join(f'<link rel="prefetch" href="{one.address}">' for one in (script(), style()))
    parts = (one for one in _parts_of_component() if one not in html)
    return ahead + "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{one}">' for one in parts)


@cache
def _parts_of_component() -> list[str]:
    """Return Streamlit's module of a component's frame and what it imports; none where it has another name."""
    folder = find_package_files("streamlit", "static/static/js")
    found: dict[str, None] = {}
    waiting = sorted(one.name for one in folder.glob(_COMPONENT))
    while waiting:
        name = waiting.pop()
        if name not in found and (folder / name).is_file():
            found[name] = None
            waiting += _IMPORTS.findall((folder / name).read_text(encoding="utf-8"))
    return list(found)


def find_package_files(package: str, folder: str) -> Path:
    """Return the folder of an installed package without importing it.

    Raises `FileNotFoundError` when the package or the folder is missing.
    """
    spec = importlib.util.find_spec(package)
    for root in spec.submodule_search_locations or () if spec else ():
        if (found := Path(root) / folder).is_dir():
            return found
    raise FileNotFoundError(f"{package}/{folder}")

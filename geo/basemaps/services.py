"""Pictures of a map service, fetched by this process: the browser learns neither the service's address nor the key."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from http.client import HTTPException
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from geo.basemaps.pictures import sniff_picture
from geo.store.remember import Remembered

if TYPE_CHECKING:
    from geo.basemaps.pictures import Picture
    from geo.store.basemap import BaseMap

_LOG: Final = logging.getLogger(__name__)
_WMTS: Final = (
    "https://t{{n}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
)
#: Addresses of the layers of each service: `{n}` is one of its servers, from 1.
_ADDRESSES: Final = {
    "tianditu": tuple(_WMTS.format(layer=layer) for layer in ("vec", "cva")),
    "amap": ("https://webrd0{n}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",),
    "osm": ("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
}
_ZOOMS: Final = {"tianditu": (1, 18), "amap": (3, 18), "osm": (0, 19)}
_SERVERS: Final = 4
_SECONDS: Final = 6
_MOST_BYTES: Final = 1_000_000
_KEPT: Final = 512
#: Requests under way at once: a service that does not answer must not hold every thread of the server.
_AT_ONCE: Final = 6
#: Services ask who fetches.
_AGENT: Final = "geo-visit-coverage (map tiles for one organisation)"


class Service:
    """Tianditu, AMap or OSM, or a server of one's own that answers in their place."""

    def __init__(self, base: BaseMap, *, key: str) -> None:
        """Fetch from the base map's own address, else from the service's."""
        self._addresses = (base.url,) if base.url else _ADDRESSES[base.kind]
        self._key = quote(key, safe="")
        self._kept: Remembered[Picture] = Remembered(_KEPT)
        self._free = BoundedSemaphore(_AT_ONCE)
        self.layers = len(self._addresses)
        self.zooms = _ZOOMS[base.kind]

    def picture(self, layer: int, zoom: int, x: int, y: int) -> Picture | None:
        """Return a tile; None where the service gives none."""
        asked = (layer, zoom, x, y)
        found = self._kept.get(asked)
        if found is None and (found := self._fetch(*asked)) is not None:
            self._kept.put(asked, found)
        return found

    def _fetch(self, layer: int, zoom: int, x: int, y: int) -> Picture | None:
        address = self._addresses[layer]
        for name, value in (("z", zoom), ("x", x), ("y", y), ("n", 1 + (x + y) % _SERVERS), ("key", self._key)):
            address = address.replace(f"{{{name}}}", str(value))
        request = urllib.request.Request(address, headers={"User-Agent": _AGENT})  # noqa: S310 - http(s), set by an admin
        if not self._free.acquire(timeout=_SECONDS):
            return None
        try:
            with _OPENER.open(request, timeout=_SECONDS) as answer:
                body: bytes = answer.read(_MOST_BYTES + 1)
        except (OSError, HTTPException, ValueError) as error:
            # Neither the address nor the error's own text: both may hold the key.
            _LOG.warning("a base map tile did not come: %s", type(error).__name__)
            return None
        finally:
            self._free.release()
        return sniff_picture(body) if len(body) <= _MOST_BYTES else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: it could lead anywhere, with the key."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Refuse."""


_OPENER: Final = urllib.request.build_opener(_NoRedirect)

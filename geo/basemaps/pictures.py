"""One picture of a base map, and what gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

_STARTS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a tile, 256 px of Web-Mercator (EPSG:3857), and their media type."""

    body: bytes
    media_type: str


class Source(Protocol):
    """What gives the pictures of a base map: `layers` lie one on the other; tiles as XYZ, y grows south."""

    layers: int
    zooms: tuple[int, int]

    def picture(self, layer: int, zoom: int, x: int, y: int) -> Picture | None:
        """Return a tile; None where there is none."""
        ...


def sniff_picture(body: bytes) -> Picture | None:
    """Return bytes as the picture they are, by their first bytes; None for anything else."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return Picture(body, "image/webp")
    kind = next((kind for start, kind in _STARTS if body.startswith(start)), None)
    return None if kind is None else Picture(body, kind)
